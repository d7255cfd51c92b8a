"""The only place where the command line asks the machine: the time, the language, the folder, a port."""

import os
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TextIO

from fengsui.cli import warm
from fengsui.engines.address import Address, address_of
from fengsui.kit.clock import Clock
from fengsui.kit.text import LANGS

DATABASE = "fengsui.db"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a command knows of the world outside: handed in whole, so that a test can be all of it.

    ``clock`` shows seconds UTC; ``ticks`` is a stop-watch in seconds; ``db`` the database where none is
    named; ``is_free`` tells whether a port of this machine can be listened on; within ``compiling`` the
    kernel is compiled beside what is done.
    """

    clock: Clock
    ticks: Callable[[], float]
    lang: str
    db: Address
    out: TextIO
    err: TextIO
    is_free: Callable[[int], bool]
    shows_tracebacks: bool = False
    compiling: Callable[[], AbstractContextManager[None]] = nullcontext


def of_this_machine(arguments: Sequence[str]) -> Surroundings:
    """The machine as it is. ``arguments`` of the command line, of which only ``--lang`` is looked at."""
    return Surroundings(
        clock=lambda: int(time.time()),
        ticks=time.monotonic,
        lang=language(arguments, os.environ),
        db=address_of(os.environ.get("FENGSUI_DB", DATABASE)),
        out=sys.stdout,
        err=sys.stderr,
        is_free=can_listen,
        shows_tracebacks=bool(os.environ.get("FENGSUI_TRACEBACK")),
        compiling=warm.compiling,
    )


def can_listen(port: int) -> bool:
    """Whether nobody listens on a port of the loopback yet."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


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
