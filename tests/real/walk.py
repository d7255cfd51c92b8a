"""The command lines of a page, run one after the other in this process, and what the breaks were then."""

import csv
import fcntl
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from fengsui.engines.home import open_home
from fengsui.facts.fact import Fact
from fengsui.kit.instant import DAY, parse
from tests.cli.conftest import say

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
DATABASE = re.compile(r"--db (\S+\.db)")


@dataclass(frozen=True)
class Walk:
    """What came of a page: its database."""

    db: Path

    def ask(self, *words: object):
        """What a command answers about this database, read from JSON."""
        said = say(*words, "--json", db=self.db)
        assert said.code == 0, said.err
        return said.json

    def say(self, *words: object) -> str:
        """What a command answers people."""
        said = say(*words, db=self.db)
        assert said.code == 0, said.err
        return said.out

    def facts(self, subjects: Iterable[str], *, as_of: str) -> dict[str, list[Fact]]:
        """The facts that count for each of some subjects."""
        with open_home(self.db) as home:
            now = second(as_of, home.areas.region.zone) + DAY
            view = home.view(as_of=now, known_at=now)
            return {name: view.subject_facts(name, known_at=now) for name in subjects}

    def breaks(self, key: str, *, as_of: str, standing: bool = False) -> list[dict]:
        """The breaks of one step at a moment: all there were by then, or those that stood."""
        every = () if standing else ("--all",)
        rows = self.ask("breaks", *every, "--limit", 10**6, "--as-of", as_of)["rows"]
        return [row for row in rows if row["key"] == key]


def commands(page: Path) -> list[str]:
    """The lines a reader is told to type."""
    return re.findall(r"^\$ fengsui (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)


def walked(page: Path, folder: Path) -> Walk:
    """Run the commands of a page; each has to succeed. Whoever shares the folder finds them run already."""
    if not DATA.is_dir():
        pytest.skip("the real files are not beside this repository (../shared/data)")
    folder.mkdir(exist_ok=True)
    lines = commands(page)
    db = folder / DATABASE.search(lines[0])[1]
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "walked").exists():
            for line in lines:
                words = DATABASE.sub("", line).replace("DATA/", f"{DATA}/")
                said = say(*shlex.split(words), db=db)
                assert said.code == 0, (line, said.err)
            (folder / "walked").touch()
    return Walk(db)


def rows_of(name: str) -> list[dict[str, str]]:
    """A real file, as it is."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def second(text: str, zone: str = "UTC") -> int:
    """A moment as the command line writes it, or as a file does, in seconds UTC."""
    return parse(text, zone=zone)[0]
