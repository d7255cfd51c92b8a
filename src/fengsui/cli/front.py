"""Finding commands, and what happens around each of them: languages, errors, exit codes.

A file of ``cli/commands`` is a command, a folder is a group of commands. The docstring of the file is
its help, in both languages; its function ``command`` takes a ``Run`` and its own arguments, and what it
returns is the exit code (None: 0). A file is imported when its command is used, so that none pays for
another, and nothing but ``serve`` brings in the web.
"""

import ast
import inspect
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import cache
from importlib import import_module
from pathlib import Path

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from fengsui.cli import options
from fengsui.cli.clock import Surroundings
from fengsui.cli.errors import show_error, usage_error
from fengsui.cli.help_page import help_page
from fengsui.cli.run import Run
from fengsui.kit.errors import FengsuiError
from fengsui.kit.text import Text

COMMANDS = "fengsui.cli.commands"
BUG, INTERRUPTED = 1, 130
KEYWORD = inspect.Parameter.KEYWORD_ONLY
COMMON = (
    inspect.Parameter("as_json", KEYWORD, default=False, annotation=options.AsJson),
    inspect.Parameter("db", KEYWORD, default=None, annotation=options.Db),
    inspect.Parameter("as_of", KEYWORD, default=None, annotation=options.AsOf),
    inspect.Parameter("known_at", KEYWORD, default=None, annotation=options.KnownAt),
    inspect.Parameter("lang", KEYWORD, default=None, annotation=options.Lang),
)


def answer(arguments: Sequence[str], surroundings: Surroundings) -> int:
    """Run a command line; the exit code. What goes wrong is said on ``err``, without a traceback."""
    rest = list(arguments)
    if rest[:1] == ["--lang"]:  # said before the command; it is known already
        rest = rest[2:]
    try:
        with redirect_stdout(surroundings.out):  # where help pages go
            code = Folder("fengsui", COMMANDS).main(
                args=rest, prog_name="fengsui", standalone_mode=False, obj=surroundings
            )
        return code or 0
    except typer.TyperException as error:
        return usage_error(error, surroundings)
    except FengsuiError as error:
        show_error(error, surroundings)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough
        return 0
    except Exception as error:
        if surroundings.shows_tracebacks:
            traceback.print_exc(file=surroundings.err)
        show_error(error, surroundings)
        return BUG


class Command(TyperCommand):
    """One command, with a help page in the language of the terminal."""

    about: Text

    def format_help(self, ctx, formatter) -> None:
        """Write the help page."""
        formatter.write(help_page(self, ctx))


class Folder(TyperGroup):
    """The commands of a package; one without a name of its own is meant where no other is named."""

    def __init__(self, name: str, package: str) -> None:
        super().__init__(name=name)
        self.package = package
        self.about, self.files = contents(package)
        self.default = getattr(import_module(package), "DEFAULT", "")

    def list_commands(self, ctx) -> list[str]:
        """The names of the commands."""
        return sorted(self.files)

    def get_command(self, ctx, cmd_name: str):
        """The command of a name, imported now; None if there is none."""
        if cmd_name not in self.files:
            return None
        module = f"{self.package}.{self.files[cmd_name].stem}"
        if self.files[cmd_name].is_dir():
            return Folder(cmd_name, module)
        return command_of(cmd_name, module)

    def abouts(self) -> dict[str, Text]:
        """What each command is for, without importing any."""
        return {name: about_of(path) for name, path in sorted(self.files.items()) if name != self.default}

    def resolve_command(self, ctx, args: list[str]):
        """Names close to the one that was given are suggested."""
        self.commands = dict.fromkeys(self.files)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx, args: list[str]) -> list[str]:
        """Without arguments the help page is what was wanted."""
        if not args:
            args = ["--help"]
        elif self.default and args[0] not in self.files and args[0] != "--help":
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def format_help(self, ctx, formatter) -> None:
        """Write the help page."""
        formatter.write(help_page(self, ctx))


@cache
def contents(package: str) -> tuple[Text, dict[str, Path]]:
    """What a folder of commands is for, and the file of each of its commands by name."""
    folder = Path(import_module(package).__file__).parent
    found = [p for p in folder.iterdir() if not p.name.startswith("_") and (p.suffix == ".py" or p.is_dir())]
    return about_of(folder), {path.stem.strip("_").replace("_", "-"): path for path in found}


def about_of(path: Path) -> Text:
    """The docstring of a command's file, or of a folder's ``__init__``, in its two languages."""
    source = path / "__init__.py" if path.is_dir() else path
    said = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    paragraphs = said.split("\n\n")
    chinese = [p.replace("\n", "") for p in paragraphs if _is_chinese(p)]
    english = [p.replace("\n", " ") for p in paragraphs if not _is_chinese(p)]
    return Text("\n\n".join(chinese), "\n\n".join(english))


def _is_chinese(text: str) -> bool:
    return sum("\u4e00" <= letter <= "\u9fff" for letter in text) * 4 > len(text)


def command_of(name: str, module: str) -> TyperCommand:
    """The command of a file, with the options all commands take."""
    found = import_module(module)
    app = typer.Typer(add_completion=False)
    app.command(name, cls=Command)(with_common_options(found.command))
    command = get_command(app)
    command.about = about_of(Path(found.__file__))
    return command


def with_common_options(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """The function as the parser sees it: its own arguments, then the common ones, in place of ``run``."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    parameters = (context, *(one.replace(kind=KEYWORD) for one in own), *COMMON)

    def command(ctx: typer.Context, **given: object) -> int | None:
        common = {one.name: given.pop(one.name) for one in COMMON}
        with Run(ctx.obj, **common) as run:
            return function(run, **given)

    command.__signature__ = inspect.Signature(parameters)
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command
