"""The first hour, as the documentation tells it, line by line."""

import re
import shlex
from pathlib import Path

import pytest

from fengsui.cli.commands.intake.take import NOTHING_TAKEN

from .conftest import THEN_END, say
from .test_region import FACTS, MAPPING

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "first-hour.md"
TEXT = PAGE.read_text(encoding="utf-8")
LINES = re.findall(r"^\$ fengsui (.+)$", TEXT, re.MULTILINE)


def test_the_page_has_every_kind_of_question():
    said = {line.split()[0] for line in LINES}
    assert said >= {"status", "breaks", "explain", "handover", "protocol", "init", "intake", "replay"}


@pytest.mark.parametrize("line", [line for line in LINES if "mine.db" not in line])
def test_each_question_is_answered(drilled, line):
    oldest = say("breaks", "--json", *THEN_END, db=drilled).json["rows"][0]["loop"]
    said = say(*shlex.split(line.replace("LOOP", oldest)), db=drilled)
    assert (said.code, "✗" in said.err) == (0, False)
    assert said.out


def test_the_way_from_a_file_to_a_region_and_back_from_the_ledger_can_be_walked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("arrivals.csv").write_text(FACTS, encoding="utf-8")
    Path("arrivals.yaml").write_text(MAPPING, encoding="utf-8")
    for line in (line for line in LINES if "mine.db" in line):
        said = say(*shlex.split(line))
        assert (said.code, "✗" in said.err) == (0, False), line
        if "export" in line:
            text = Path("repair.csv").read_text(encoding="utf-8-sig")
            repaired = text.replace("CA3,yesterday", "CA3,2021-08-01")
            Path("repair.csv").write_text(repaired, encoding="utf-8-sig")
    assert say("intake", "refused", "list", "--db", "mine.db", "--json").json["n"] == 0


def test_the_exit_codes_of_the_page_are_those_of_the_program():
    from fengsui.kit import errors

    told = {int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)}
    raised = {
        each.exit_code
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.FengsuiError)
    }
    assert told == {0, 130, NOTHING_TAKEN} | raised
