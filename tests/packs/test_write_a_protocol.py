"""The guide from nothing to a linted and tested protocol, followed to the letter."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Said, say
from tests.real.walk import ROOT, commands, second

PAGE = ROOT / "docs" / "how-to" / "write-a-protocol.md"
FILE = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOW = second("2024-12-01")


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """A folder with every file of the page, and what each of its command lines said there."""
    folder = tmp_path_factory.mktemp("guide")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, text in FILE.findall(PAGE.read_text(encoding="utf-8")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        yield folder, {line: typed(line) for line in commands(PAGE)}


def typed(line: str) -> Said:
    """What a line of the page says; it has to succeed."""
    if "explain LOOP" in line:
        [row] = {row["loop"] for row in breaks() if row["key"] == "check"}
        line = line.replace("LOOP", row)
    said = say(*shlex.split(line), "--lang", "en", now=NOW)
    assert said.code == 0, (line, said.out, said.err)
    return said


def breaks() -> list[dict]:
    return say("breaks", "--as-of", "2024-04-16", "--db", "lakeside.db", "--json", now=NOW).json["rows"]


def of(said: dict[str, Said], beginning: str) -> str:
    """What the line that begins so said."""
    [answer] = [answer.out for line, answer in said.items() if line.startswith(beginning)]
    return answer


def test_the_protocol_of_the_guide_passes_the_linter_and_is_said_in_words(walked):
    _, said = walked
    assert "1 files: 0 errors, 0 warnings" in of(said, "protocol lint")
    assert "again within 7 × 24 h of the last, from: Opened to children" in of(said, "protocol show")
    assert "not by whoever did: Mended" in of(said, "protocol show")


def test_its_golden_histories_pass_and_leave_nothing_out(walked):
    _, said = walked
    assert "2 golden histories, 18 rows, 0 failed" in of(said, "protocol test --db")
    assert "Shown by no history: 0" in of(said, "protocol test --coverage")


def test_a_wrong_expectation_is_found_with_its_line(walked):
    folder, _ = walked
    text = (folder / "protocols" / "golden" / "neglected.md").read_text(encoding="utf-8")
    wrong = folder / "wrong.md"
    wrong.write_text(text.replace("| 2024-04-17 24:00 |", "| 2024-04-15 24:00 |"), encoding="utf-8")
    said = say("protocol", "test", wrong, "--db", "lakeside.db", "--lang", "en", now=NOW)
    line = 1 + [row.split("|")[1:4] for row in text.splitlines()].index([" 2024-04-17 23:59 ", " mend ", " "])
    assert said.code == 1
    assert f"wrong.md:{line}: mend due: expected 2024-04-16 00:00, found 2024-04-18 00:00" in said.out


def test_without_the_stop_the_linter_objects_as_the_page_says(walked):
    folder, _ = walked
    text = (folder / "protocols" / "playground.yaml").read_text(encoding="utf-8")
    head, rest = text.split("stops:\n")
    one = folder / "without.yaml"
    one.write_text(head.replace('"2024"', '"2025"') + rest.split("\n", 1)[1], encoding="utf-8")
    said = say("protocol", "lint", one, "--db", "lakeside.db", "--lang", "en", now=NOW)
    assert said.code == 2
    assert "without.yaml:" in said.out


def test_the_list_of_the_guide_breaks_where_the_page_says_and_the_explanation_says_why(walked):
    _, said = walked
    found = {(row["subject"], row["key"], row["broken_at"]) for row in breaks()}
    assert found == {
        ("playground/Mill Lane", "inspect", "2024-04-15T08:00:00Z"),  # 10:00 in Zurich
        ("playground/Station", "inspect", "2024-04-15T09:00:00Z"),
        ("playground/Station", "check", "2024-04-14T14:00:00Z"),
    }
    assert "done by the same person as the step it checks" in of(said, "explain")


def test_the_guide_names_every_file_it_has_saved():
    page = PAGE.read_text(encoding="utf-8")
    names = [name for name, _ in FILE.findall(page)]
    assert names == [
        "region/region.yaml",
        "region/areas.csv",
        "kinds/playground.yaml",
        "protocols/playground.yaml",
        "protocols/golden/in-order.md",
        "protocols/golden/neglected.md",
        "book.csv",
        "book.yaml",
    ]
    assert all(page.count(f"`{Path(name)}`") >= 1 for name in names)
