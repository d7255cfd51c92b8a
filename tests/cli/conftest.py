"""A command line without a machine: arguments in; exit code, output and complaints out."""

import json
from dataclasses import dataclass
from io import StringIO
from itertools import count
from pathlib import Path

import pytest

from fengsui.cli.clock import Surroundings, language
from fengsui.cli.front import answer
from fengsui.kit.clock import fixed
from fengsui.kit.instant import parse

END = "2021-08-11T00:00"  # of the small drill
THEN_END = ("--as-of", END, "--known-at", END)
BUSY = 8000  # the one port somebody listens on
NOW = parse(END, zone="Asia/Shanghai")[0]


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The output, read as JSON."""
        return json.loads(self.out)


def say(*words: object, db: Path | None = None, now: int = NOW) -> Said:
    """Run one command line in this process, at ``now``; every second a stop-watch shows one more."""
    out, err = StringIO(), StringIO()
    arguments = [str(word) for word in words]
    ticks = count()
    surroundings = Surroundings(
        clock=fixed(now),
        ticks=lambda: float(next(ticks)),
        lang=language(arguments, {}),
        db=db or Path("nowhere.db"),
        out=out,
        err=err,
        is_free=lambda port: port != BUSY,
    )
    return Said(answer(arguments, surroundings), out.getvalue(), err.getvalue())


@pytest.fixture
def fengsui(tmp_path):
    """``fengsui("status", …)`` in a folder of its own, where ``fengsui.db`` is not there yet."""

    def run(*words: object, db: Path | None = None, now: int = NOW) -> Said:
        return say(*words, db=db or tmp_path / "fengsui.db", now=now)

    return run


@pytest.fixture(scope="session")
def drilled(tmp_path_factory) -> Path:
    """The database of a small drill: ten days, about 150 loops. Nobody writes to it."""
    folder = tmp_path_factory.mktemp("drill")
    said = say("drill", folder / "files", "--loops", 150, "--days", 10, db=folder / "region.db")
    assert said.code in (0, 1), said.err
    return folder / "region.db"


@pytest.fixture
def region(drilled, tmp_path):
    """``region("breaks", …)``: commands on a copy of the drilled database."""
    import shutil

    db = tmp_path / "region.db"
    for end in ("", "-wal"):
        if drilled.with_name(drilled.name + end).exists():
            shutil.copy(drilled.with_name(drilled.name + end), db.with_name(db.name + end))

    def run(*words: object, now: int = NOW) -> Said:
        return say(*words, db=db, now=now)

    return run
