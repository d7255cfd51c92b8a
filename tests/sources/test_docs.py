"""The examples of docs/mappings.md are run, and it names everything a mapping can say."""

import re
from pathlib import Path

import pytest

from fengsui.facts.catalogue import Catalogue, FieldType, Lift
from fengsui.facts.fact import Fact
from fengsui.kit.ids import subject_id
from fengsui.kit.instant import show
from fengsui.sources import formats, mapping, surface
from fengsui.sources.spec import FILE, RECORDED, ROW, FileSpec
from tests.sources.made import KINDS, NOW, file, take

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mappings.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = r"```{}\n(.*?)```"
EXAMPLES = list(
    zip(*(re.findall(BLOCK.format(name), TEXT, re.DOTALL) for name in ("csv", "yaml", "facts")), strict=True)
)


def said(fact: Fact, zone: str, people: dict[str, str]) -> str:
    """A fact as the page shows it."""
    kind = KINDS.kinds[fact.kind]
    data = {
        name: show(value, zone=zone) if kind.fields[name].type is FieldType.TIME else people.get(value, value)
        for name, value in sorted(fact.data.items())
    }
    when = show(fact.at, zone=zone, span=fact.span)
    return f"{fact.kind} | {when} | {'; '.join(f'{name}={value}' for name, value in data.items())}".rstrip()


@pytest.mark.parametrize(("rows", "text", "facts"), EXAMPLES)
def test_an_example_gives_the_facts_the_page_shows(tmp_path, rows, text, facts):
    by = mapping.mapping_of(text, KINDS, file="mappings.md")
    report, store = take(file(tmp_path, rows), by)
    assert (report.refused, report.conflicts) == (0, 0)
    source = "".join(by.source.parts)
    people = {subject_id("person", scheme="source", number=f"{source}:P{n}"): f"P{n}" for n in (1, 2, 3)}
    zone = by.facts[0].at.zone
    shown = sorted(said(fact, zone, people) for fact in store.facts())
    assert shown == sorted(line.rstrip() for line in facts.splitlines())


def test_there_are_examples_and_the_moment_they_are_taken_is_the_pages():
    assert len(EXAMPLES) == 3
    assert show(NOW, zone="America/Chicago") == "2021-08-31 23:00"


def test_the_page_names_every_entry_of_the_language():
    keys = {
        *mapping.REQUIRED,
        *mapping.OPTIONAL,
        *mapping.FORMATS,
        *(name for name in FileSpec.__dataclass_fields__ if name != "format"),
        *surface.FACT_KEYS,
        *surface.TIME_KEYS,
        *surface.VALUE_KEYS,
        *surface.SUBJECT_KEYS,
        *surface.SCHEMES,
        *surface.UNITS,
        *(f"%{directive}" for directive in formats.DIRECTIVES if directive != "%"),
        *Lift.__dataclass_fields__,
        *FieldType,
        ROW,
        FILE,
        *RECORDED,
        *surface.PLAIN_FORMS,
    }
    words = set(re.findall(r"[%#]?\w+", " ".join(re.findall(r"`([^`\n]+)`|```.*?```", TEXT)) + TEXT))
    assert keys <= words


def test_the_page_names_every_shipped_mapping_of_a_real_file():
    for path in sorted((mapping.SHIPPED / "real").glob("*.yaml")):
        source, _, rest = path.stem.partition(".")
        assert f"`{path.stem}`" in TEXT or (f"`{source}." in TEXT and f"`.{rest}`" in TEXT), path.stem


def test_the_kind_of_the_page_is_a_kind(tmp_path):
    [text] = re.findall(BLOCK.format("kinds"), TEXT, re.DOTALL)
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    assert Catalogue.read([tmp_path]).kind("well.tested").fields["result"].required
