"""Small files and mappings for tests, and the shortest way from both to facts."""

from pathlib import Path
from textwrap import dedent, indent

from fengsui.engines.plain import PlainStore
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.areas import Areas
from fengsui.kit.instant import parse
from fengsui.sources.intake import Report, intake
from fengsui.sources.mapping import mapping_of
from fengsui.sources.spec import FileMapping

KINDS = Catalogue.shipped()
AREAS = Areas.of_region()
NOW = parse("2021-09-01 12:00", zone="Asia/Shanghai")[0]

HEAD = """\
mapping: made.up
title: {zh: 试验, en: Made up}
file: {format: csv}
zone: Asia/Shanghai
source: lab
recorded_at: now
row: no
"""
TEST = """\
facts:
  - kind: test.result
    key: "{no}"
    subject: {type: person, key: "{who}"}
    at: {column: when}
    data: {result: {column: result}}
"""
ROWS = """\
no,who,when,result
1,ann,2021-08-06 15:00,negative
2,bob,2021-08-07 09:30,positive
"""


def mapping(facts: str = TEST, *, head: str = HEAD, **more: str) -> FileMapping:
    """A mapping of these facts; ``more`` are entries in front of them, or in place of those of the head."""
    lines = [line for line in head.splitlines() if line.split(":")[0] not in more]
    lines += [f"{key}: {value}" for key, value in more.items()]
    return mapping_of("\n".join([*lines, dedent(facts)]), KINDS, file="made.yaml")


def fact_with(**entries: str) -> str:
    """The facts of a mapping: the test result above with these entries changed or added."""
    given = {
        "kind": "test.result",
        "key": '"{no}"',
        "subject": '{type: person, key: "{who}"}',
        "at": "{column: when}",
        "data": "{result: {column: result}}",
        **entries,
    }
    lines = "\n".join(f"{key}: {value}" for key, value in given.items() if value)
    return "facts:\n  -\n" + indent(lines, "    ")


def file(folder: Path, text: str, name: str = "in.csv", encoding: str = "utf-8") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def take(path: Path, by: FileMapping, store: PlainStore | None = None, **more) -> tuple[Report, PlainStore]:
    """Take a file into a store, a new one unless it is given."""
    store = store or PlainStore()
    report = intake(path, by, store, **{"now": NOW, "areas": AREAS, **more})
    return report, store


def taken(folder: Path, rows: str, by: FileMapping, **more) -> list:
    """The facts of a file with these rows; none of them may be refused."""
    report, store = take(file(folder, rows), by, **more)
    assert not report.refused, [str(f) for entry in store.refused() for f in entry.findings]
    return store.facts()


def refused(folder: Path, rows: str, by: FileMapping, **more) -> list[str]:
    """What is said about the rows of a file that are refused."""
    _, store = take(file(folder, rows), by, **more)
    return [str(finding) for entry in store.refused() for finding in entry.findings]
