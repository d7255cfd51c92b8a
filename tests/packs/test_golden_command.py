"""``fengsui protocol test``: what it prints, what it answers as data, and its exit code."""

from pathlib import Path

import pytest

from tests.cli.conftest import Said, say
from tests.packs.made import BROKEN, IN_TIME, KINDS, PROTOCOL, SECOND

HEAD, FACTS = BROKEN[: BROKEN.index("| at |")], BROKEN[BROKEN.index("| at |") : BROKEN.index("| as of |")]


@pytest.fixture
def run(tmp_path):
    """Folders of a pack of one's own, and the command on them: ``run("--json", good=IN_TIME)``."""
    for name, text in {"kinds/leak": KINDS, "pack/one": PROTOCOL, "pack/two": SECOND}.items():
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def answer(*more: str, **histories: str) -> Said:
        folder = tmp_path / "pack" / "golden"
        folder.mkdir(exist_ok=True)
        for name, text in histories.items():
            (folder / f"{name}.md").write_text(text, encoding="utf-8")
        own = ("--protocols", tmp_path / "pack", "--kinds", tmp_path / "kinds")
        return say("protocol", "test", *own, *more, "--lang", "en", db=tmp_path / "none.db")

    return answer


def test_the_histories_of_ones_own_pack_are_run_and_no_others(run):
    said = run(good=IN_TIME, broken=BROKEN)
    assert said.code == 0
    assert said.out.count("✓") == 2
    assert "2 golden histories, 12 rows, 0 failed" in said.out


def test_a_cell_that_differs_is_printed_with_file_line_and_both_values(run):
    wrong = IN_TIME.replace("| open | 2021-03-04 10:00 |", "| breached | 2021-03-04 10:00 |")
    said = run(good=IN_TIME, wrong=wrong)
    line = 1 + next(i for i, row in enumerate(wrong.splitlines()) if "breached" in row)
    assert said.code == 1
    assert f"golden/wrong.md:{line}: fix status: expected breached, found open" in said.out
    assert "2 golden histories, 10 rows, 1 failed" in said.out


def test_as_data_each_file_has_its_rows_and_what_differs(run):
    wrong = IN_TIME.replace("| owner@150702 |", "| owner@150700 |")
    said = run("--json", bad="# 空 / Empty\n\n`test.golden/leak`\n", wrong=wrong)
    assert said.code == 1
    assert (said.json["files"], said.json["failed"]) == (2, 2)
    bad, differs = said.json["goldens"]
    assert bad["wrong"][0]["found"] == "no row"
    assert (differs["rows"], differs["passed"], differs["protocols"]) == (5, False, ["test.golden/leak"])
    [miss] = differs["misses"]
    assert (miss["field"], miss["expected"], miss["found"]) == ("owner", "owner@150700", "owner@150702")


def test_what_is_left_out_is_listed_and_fails(run):
    said = run("--coverage", good=IN_TIME, broken=BROKEN)
    assert said.code == 1
    assert "Shown by no history: 7" in said.out
    assert [gap["name"] for gap in run("--coverage", "--json").json["gaps"]].count("leak.frozen") == 1


def test_what_new_prints_can_be_put_into_the_file_and_passes(run):
    asked = "| as of | step |\n|---|---|\n| 2021-03-04 16:00 | fix |\n| 2021-03-05 09:00 | fix |\n"
    said = run("--new", fresh=HEAD + FACTS + asked)
    assert said.code == 0
    table = "\n".join(line for line in said.out.splitlines() if line.startswith("|"))
    assert table.count("\n") == 7  # the head, and at two moments the loop and its two duties
    again = run(fresh=HEAD + FACTS + table + "\n")
    assert (again.code, "6 rows, 0 failed" in again.out) == (0, True)


def test_a_path_that_is_not_there_is_said_to_be_missing(run):
    said = run(str(Path("nowhere")))
    assert (said.code, "nowhere" in said.err) == (3, True)


@pytest.mark.slow
def test_both_engines_can_be_asked(run):
    wrong = BROKEN.replace("| fix | open |", "| fix | late |")
    said = run("--both", good=IN_TIME, wrong=wrong)
    assert said.code == 1
    assert said.out.count("expected late, found open") == 2
    assert "    kernel: " in said.out
