"""What went wrong, said so that it can be put right: on the error stream, in one language."""

from fengsui.cli.clock import Surroundings
from fengsui.kit.errors import BadInput, FengsuiError
from fengsui.kit.say import in_words
from fengsui.kit.text import Text
from fengsui.protocols.message import BadProtocol

A_BUG = Text(
    "程序内部出错：{error}。设置环境变量 FENGSUI_TRACEBACK=1 可看到详情。",
    "Something of ours went wrong: {error}. Set FENGSUI_TRACEBACK=1 to see where.",
)
SEE = Text("→ {path} --help", "→ {path} --help")
USAGE_ERRORS = {
    "NoSuchOption": Text("没有选项 {option}", "there is no option {option}"),
    "MissingParameter": Text("缺少 {name}", "{name} is missing"),
    "BadParameter": Text("{name} 的值不对：{said}", "the value of {name} cannot be: {said}"),
    "BadOptionUsage": Text("选项 {option} 的用法不对：{said}", "option {option} cannot be used so: {said}"),
}
OTHERWISE = Text("命令写得不对：{said}", "{said}")
SHOWN = 50  # findings; the rest is counted


def show_error(error: Exception, surroundings: Surroundings) -> None:
    """Write an error, its findings, and what else it was told along the way."""
    lang = surroundings.lang
    if not isinstance(error, FengsuiError):
        said = f"{type(error).__name__}: {error}"
        lines = [A_BUG.in_(lang).format(error=said)]
    elif isinstance(error, BadProtocol):
        lines = [in_words(error.args[0], lang), *_cut([m.in_(lang) for m in error.messages], lang)]
    elif isinstance(error, BadInput):
        lines = [in_words(error.args[0], lang), *_cut([found.in_(lang) for found in error.findings], lang)]
    else:
        lines = [error.in_(lang)]
    lines += getattr(error, "__notes__", [])
    _write(lines, surroundings)


def usage_error(error, surroundings: Surroundings) -> int:
    """Say what is wrong with the arguments, and where to read on; the exit code."""
    lang, param = surroundings.lang, getattr(error, "param", None)
    name = (param.metavar if param.param_type_name == "argument" else param.opts[0]) if param else ""
    values = {"option": getattr(error, "option_name", ""), "name": name, "said": error.format_message()}
    said = USAGE_ERRORS.get(type(error).__name__, OTHERWISE).in_(lang).format(**values)
    close = getattr(error, "possibilities", None)
    said += f" ({', '.join(sorted(close))}?)" if close else ""
    path = error.ctx.command_path if getattr(error, "ctx", None) else "fengsui"
    _write([said, SEE.in_(surroundings.lang).format(path=path)], surroundings)
    return error.exit_code


def _cut(lines: list[str], lang: str) -> list[str]:
    if len(lines) <= SHOWN:
        return lines
    more = Text("……另有 {n} 处", "… and {n} more").in_(lang).format(n=len(lines) - SHOWN)
    return [*lines[:SHOWN], more]


def _write(lines: list[str], surroundings: Surroundings) -> None:
    first, *rest = lines
    surroundings.err.write("".join([f"✗ {first}\n", *(f"  {line}\n" for line in rest)]))
    surroundings.err.flush()
