"""The page about the language names everything there is, and what it shows can be used."""

import re
from pathlib import Path

import pytest

from fengsui.protocols import language
from fengsui.protocols.lint import lint_files
from fengsui.protocols.message import RULES, WARNING
from fengsui.protocols.model import InFlight

from .given import ZONE, kinds

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "protocol-language.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
TABLES = [name for name in vars(language) if name.endswith("_KEYS")]


@pytest.mark.parametrize("table", TABLES)
def test_every_key_of_the_language_is_on_the_page(table):
    said = set(re.findall(r"[@\w]+", PAGE))
    assert set(getattr(language, table)) <= said


def test_every_rule_is_on_the_page_and_no_other_with_warnings_marked():
    rows = dict(re.findall(r"^\| `([a-z-]+)`( ⚠)? \|", PAGE, flags=re.M))
    assert set(rows) >= set(RULES)
    marked = {name for name, mark in rows.items() if mark}
    assert marked == {name for name, rule in RULES.items() if rule.level == WARNING}


def test_every_value_a_key_may_take_is_on_the_page():
    choices = (language.RUNNING, language.CONFIDENCE, language.DISCHARGE, language.DATE_ONLY, language.PICKS)
    assert {value for values in choices for value in values} <= set(re.findall(r"\w+", PAGE))
    assert {way.value for way in InFlight} == set(language.RUNNING)


def test_the_files_on_the_page_break_no_rule(tmp_path):
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
    files = [tmp_path / f"{i}.yaml" for i in range(len(blocks))]
    for file, block in zip(files, blocks, strict=True):
        file.write_text(block, encoding="utf-8")
    assert len(blocks) == 2
    assert [m.in_("en") for m in lint_files(files, kinds(), zone=ZONE)] == []


def test_the_glossary_says_every_word_in_both_languages():
    rows = [line.split("|")[1:4] for line in GLOSSARY.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 40
    assert all(cell.strip() for row in rows for cell in row)
    assert {"loop", "fact", "protocol", "duty", "break"} <= {row[0].strip() for row in rows}
