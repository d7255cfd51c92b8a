"""What people do at their posts: one verb a file, each of which writes facts or says why not.

A new command is a new file: it is found by its name, on pages, in the API and at the command line alike.
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from fengsui.kit.errors import NotFound


@cache
def names() -> tuple[str, ...]:
    """Every command there is."""
    folder = Path(__file__).parent / "verbs"
    return tuple(sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")))


def command(name: str) -> ModuleType:
    """The command of a name. NotFound."""
    if name not in names():
        raise NotFound(f"There is no command {name!r}; there are: {', '.join(names())}.")
    return import_module(f"fengsui.commands.verbs.{name}")
