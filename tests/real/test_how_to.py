"""The pages that lead from somebody's list to its breaks, followed to the letter."""

import re
import shlex
from pathlib import Path

import pytest

from fengsui.kit.ids import subject_id
from tests.cli.conftest import Said, say
from tests.real.walk import ROOT, commands, second

PAGES = ROOT / "docs" / "how-to"
FILE = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOW = second("2025-01-01")  # after all that happens on the pages


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_files(page: Path) -> None:
    """Save every file of a page, as it tells the reader to."""
    for name, text in FILE.findall(page.read_text(encoding="utf-8")):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")


def typed(line: str) -> Said:
    said = say(*shlex.split(line), now=NOW)
    assert said.code == 0, (line, said.err)
    return said


def broken(db: str, as_of: str, *more: str) -> set[tuple[str, str, int]]:
    rows = say("breaks", *more, "--as-of", as_of, "--json", db=Path(db), now=NOW).json["rows"]
    return {(row["subject"], row["key"], row["n"]) for row in rows}


def test_another_citys_inspections_give_their_breaks(folder):
    page = PAGES / "another-citys-inspections.md"
    write_files(page)
    said = {}
    for line in commands(page):
        if "refused export" in line:
            with Path("region/areas.csv").open("a", encoding="utf-8") as areas:
                areas.write("RV-E,RV,ward,东区,East\n")
        if "refused resend" in line:
            repair = Path("repair.csv")
            text = repair.read_text(encoding="utf-8-sig").replace("31/03/2024", "03/31/2024")
            repair.write_text(text, encoding="utf-8")
        said[line] = typed(line)
    db = Path("riverton.db")
    assert say("intake", "refused", "list", "--json", db=db, now=NOW).json["n"] == 0
    first = next(answer.out for line, answer in said.items() if line.startswith("intake refused list"))
    assert "East" in first
    assert "Inspected on" in first
    fix = {n: (f"violation/riverton-{n}", "fix", 0) for n in range(101, 107)}
    assert broken("riverton.db", "2024-03-31") == {fix[102]}
    assert broken("riverton.db", "2024-03-31", "--all") == {fix[102], fix[104]}
    assert broken("riverton.db", "2024-03-10") == {fix[102], fix[104]}
    [row] = say("breaks", "--as-of", "2024-03-31", "--json", db=db, now=NOW).json["rows"]
    assert (row["broken_at"], row["place"]) == ("2024-03-09T06:00:00Z", "RV-N")
    [loop] = say("subject", "violation/riverton-103", "--as-of", "2024-03-31", "--json", db=db, now=NOW).json[
        "loops"
    ]
    assert "No date set\n    Milestone  2024-03-06 09:05" in typed(f"explain {loop['loop']} --db {db}").out


def test_another_countrys_tracing_gives_its_breaks(folder):
    page = PAGES / "another-countrys-tracing.md"
    write_files(page)
    for line in commands(page):
        typed(line)
    assert say("intake", "refused", "list", "--json", db=Path("nordland.db"), now=NOW).json["n"] == 0
    k2, k3 = (subject_id("person", scheme="source", number=f"nordland:{k}") for k in ("K2", "K3"))
    standing = {(k2, "test", 0)}
    missed_of_late = {(k3, "call", 2), (k3, "call", 3)}
    assert broken("nordland.db", "2021-02-09") == standing | missed_of_late
    passed = {(k2, "call", 2), (k2, "again", 0), (k3, "call", 2), (k3, "call", 3)}
    assert broken("nordland.db", "2021-02-09", "--all") == standing | passed
