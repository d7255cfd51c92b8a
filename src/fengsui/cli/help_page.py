"""The help page of a command, in one language."""

from io import StringIO

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from fengsui.cli.options import text_of
from fengsui.kit.text import Text

USAGE = Text("用法", "Usage")
ARGUMENTS = Text("参数", "Arguments")
OPTIONS = Text("选项", "Options")
COMMANDS = Text("命令", "Commands")
ONE_OF_THEM = Text("命令 …", "COMMAND …")
THIS_PAGE = Text("显示本页", "this page")
MORE = Text("各命令的说明：{path} 命令 --help", "{path} COMMAND --help says more")
WIDTH = 100


def help_page(command, ctx) -> str:
    """Usage, what it is for, arguments, options, and the commands below it."""
    lang = ctx.obj.lang
    default = command.get_command(ctx, command.default) if getattr(command, "default", "") else None
    params = (default or command).get_params(ctx)
    parts = [
        Styled(f"{USAGE.in_(lang)}: {ctx.command_path} {_usage(command, params, lang)}\n", style="bold"),
        Padding(Styled(command.about.in_(lang) + "\n"), (0, 0, 0, 2)),
        *_section(ARGUMENTS.in_(lang), [_row(p, lang) for p in params if p.param_type_name == "argument"]),
    ]
    if hasattr(command, "abouts"):
        rows = [(name, about.in_(lang).split("\n")[0]) for name, about in command.abouts().items()]
        parts += _section(COMMANDS.in_(lang), rows)
    if default or not hasattr(command, "abouts"):
        parts += _section(OPTIONS.in_(lang), [_row(p, lang) for p in params if p.param_type_name == "option"])
    else:
        parts.append(Styled(MORE.in_(lang).format(path=ctx.command_path), style="dim"))
    return _written(parts, is_terminal=ctx.obj.out.isatty())


def _usage(command, params, lang: str) -> str:
    if hasattr(command, "abouts") and not command.default:
        return ONE_OF_THEM.in_(lang)
    names = [p.metavar if p.required else f"[{p.metavar}]" for p in params if p.param_type_name == "argument"]
    return " ".join([*names, "[--…]"])


def _row(param, lang: str) -> tuple[str, str]:
    said = THIS_PAGE.in_(lang) if param.name == "help" else text_of(param.help).in_(lang)
    if param.param_type_name == "argument":
        return param.metavar, said
    value = (
        ""
        if getattr(param, "is_flag", False) or param.name == "help"
        else f" {param.metavar or param.name.upper()}"
    )
    return f"{'/'.join([*param.opts, *param.secondary_opts])}{value}", said


def _section(title: str, rows: list[tuple[str, str]]) -> list[object]:
    if not rows:
        return []
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column()
    for left, right in rows:
        table.add_row(Styled(left), Styled(right))
    return [Styled(title, style="bold"), Padding(table, (0, 0, 1, 2))]


def _written(parts: list[object], *, is_terminal: bool) -> str:
    page = StringIO()
    Console(file=page, width=WIDTH, force_terminal=is_terminal, highlight=False).print(Group(*parts))
    return "\n".join(line.rstrip() for line in page.getvalue().rstrip().splitlines()) + "\n"
