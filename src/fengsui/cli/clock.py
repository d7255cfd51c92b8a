"""The only place where the command line asks the machine: what time it is, which language, which folder."""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from fengsui.kit.clock import Clock
from fengsui.kit.text import LANGS

DATABASE = "fengsui.db"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a command knows of the world outside: handed in whole, so that a test can be all of it.

    ``clock`` shows seconds UTC; ``ticks`` is a stop-watch in seconds; ``db`` the database where none is
    named.
    """

    clock: Clock
    ticks: Callable[[], float]
    lang: str
    db: Path
    out: TextIO
    err: TextIO
    shows_tracebacks: bool = False


def of_this_machine(arguments: Sequence[str]) -> Surroundings:
    """The machine as it is. ``arguments`` of the command line, of which only ``--lang`` is looked at."""
    return Surroundings(
        clock=lambda: int(time.time()),
        ticks=time.monotonic,
        lang=language(arguments, os.environ),
        db=Path(os.environ.get("FENGSUI_DB", DATABASE)),
        out=sys.stdout,
        err=sys.stderr,
        shows_tracebacks=bool(os.environ.get("FENGSUI_TRACEBACK")),
    )


def language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language asked for by ``--lang``, else by FENGSUI_LANG, else that of the terminal.

    It has to be known before the arguments are read, because mistakes in them are told in it too.
    """
    names = ("FENGSUI_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    asked = [*_asked(arguments), *(environment.get(name, "") for name in names)]
    spoken = next((text for text in asked if text), "en")
    return next((lang for lang in LANGS if spoken.lower().startswith(lang)), "en")


def _asked(arguments: Sequence[str]) -> list[str]:
    """What stands after ``--lang``, the last first."""
    words = iter(arguments)
    found = [
        next(words, "") if word == "--lang" else word.removeprefix("--lang=")
        for word in words
        if word == "--lang" or word.startswith("--lang=")
    ]
    return found[::-1]
