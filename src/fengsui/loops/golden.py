"""Golden histories: what happened, and at which moment which step must stand how, as tables one can read.

A file in ``golden/`` beside the protocols is Markdown. A line of names in backquotes says which protocols
it shows; tables headed ``at`` and ``kind`` tell the facts, tables headed ``as of`` and ``step`` what is
expected. Whatever else stands in it is for people. ``docs/protocol-language.md`` has the columns.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fengsui.facts.batch import row_of
from fengsui.facts.catalogue import Catalogue, Field, FieldType
from fengsui.facts.check import SUBJECT, Checker
from fengsui.facts.fact import Fact
from fengsui.facts.yaml_file import Node, nearest_first, read_text
from fengsui.kit.errors import BadInput
from fengsui.kit.instant import NEVER, zone_info
from fengsui.kit.text import Text
from fengsui.loops.duty import Status
from fengsui.loops.golden_table import Backdrop, Reading, Row, tables

LOOP = "loop"  # in place of a step: the loop as a whole
NONE, RUNNING, CLOSED = "none", "running", "closed"
SOURCE = "golden"  # of a fact whose source is not told
NEVER_WRITTEN = ("—", "-", "never")
NAMES = re.compile(r"(?:`[^`]+`[\s,、，·]*)+")
ZONE = re.compile(r"zone: *(\S+)")


@dataclass(frozen=True, slots=True)
class Expected:
    """One row: a step of one subject at a moment, or (``step`` is LOOP) the loop itself.

    None: the cell is blank and nothing is claimed. Times are (first second, seconds it may be later);
    NEVER for a dash. ``loop``: which of the subject's, in the order they opened; 0 the last.
    """

    line: int
    as_of: int
    known_at: int
    protocol: str | None
    subject: str
    loop: int
    step: str
    n: int | None
    status: str | None
    due: tuple[int, int] | None
    done: tuple[int, int] | None
    version: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Golden:
    """One file. ``file``: how it is called in messages; ``protocols``: those it shows."""

    file: str
    path: Path
    title: Text
    protocols: tuple[str, ...]
    zone: str
    facts: tuple[Fact, ...]
    rows: tuple[Expected, ...]
    lines: tuple[int, ...]  # of the facts
    subjects: frozenset[str]  # everyone who has facts or is named in one

    @property
    def moments(self) -> tuple[tuple[int, int], ...]:
        """Every (as of, known at) that is asked about, in order."""
        return tuple(sorted({(row.as_of, row.known_at) for row in self.rows}))


def golden_files(paths: Sequence[Path]) -> list[Path]:
    """The golden histories among files and folders: ``*.md`` in a folder called golden, or named itself."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.rglob("*.md")) if path.is_dir() else [path]
        found |= dict.fromkeys(one for one in inside if not path.is_dir() or one.parent.name == "golden")
    return list(found)


def read_golden(path: Path, setting: Backdrop, *, file: str = "") -> Golden:
    """A file as it is. Raises BadInput with the line of everything that is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    return read_golden_text(text, setting, file=file or str(path), path=path)


def names_in(text: str) -> tuple[str, ...]:
    """The protocols a history says it shows."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(name.strip() for line in lines if NAMES.fullmatch(line) for name in line.split("`")[1::2])


def read_golden_text(text: str, setting: Backdrop, *, file: str, path: Path = Path()) -> Golden:
    """The same from a text."""
    lines = text.splitlines()
    names = names_in(text)
    zone = next((m[1] for line in lines if (m := ZONE.fullmatch(line.strip()))), setting.zone)
    about = next((setting.about[name] for name in names if name in setting.about), "")
    reading = Reading(file, zone, f"{about}/1", setting)
    _check_head(reading, names)
    found = list(tables(lines, reading)) if not reading.findings else []
    told = [row for heads, rows in found if "kind" in heads for row in rows]
    facts = [fact for n, row in enumerate(told, 1) if (fact := _fact(row, reading, n=n))]
    rows = [one for heads, rows in found if "as of" in heads for row in rows if (one := _row(row, reading))]
    if not rows and not reading.findings:
        reading.wrong(1, "as of", "no row", "at least one row of what is expected at a moment")
    if reading.findings:
        raise BadInput(f"{file} cannot be read as it is", tuple(reading.findings))
    heading = next((line.lstrip("# ").strip() for line in lines if line.startswith("#")), path.stem)
    zh, _, en = heading.partition(" / ")
    whose = {name for fact in facts for name in _named(fact, setting.kinds)}
    return Golden(
        file,
        path,
        Text(zh.strip(), en.strip() or zh.strip()),
        names,
        zone,
        tuple(facts),
        tuple(rows),
        tuple(row.line for row in told),
        frozenset(whose),
    )


def _check_head(reading: Reading, names: Sequence[str]) -> None:
    known = reading.setting.about
    for name in names:
        if name not in known:
            reading.wrong(1, "protocol", repr(name), f"one of {nearest_first(name, known)}")
    if not names:
        reading.wrong(1, "protocol", "no name", "a line with the name of a protocol in backquotes")
    try:
        zone_info(reading.zone)
    except ValueError as error:
        reading.wrong(1, "zone", repr(reading.zone), str(error).removeprefix("expected "))


def _named(fact: Fact, kinds: Catalogue) -> Iterator[str]:
    yield fact.subject
    fields = kinds.kind(fact.kind).fields
    yield from (v for k, v in fact.data.items() if k in fields and fields[k].type is FieldType.SUBJECT)


def _fact(row: Row, reading: Reading, *, n: int) -> Fact | None:
    at = reading.time(row, "at")
    recorded = reading.time(row, "recorded", exact=True)
    kind = row.cell("kind") or ""
    data = _data(row, kind, reading)
    if at is None:
        if not row.cell("at"):
            reading.wrong(row.line, "at", "nothing", "when it happened")
        return None
    fact = Fact(
        kind,
        row.cell("subject") or reading.subject,
        at[0],
        recorded[0] if recorded else at[0],
        row.cell("source") or SOURCE,
        row.cell("key") or str(n),
        span=at[1],
        place=row.cell("place"),
        by=row.cell("by"),
        data=data,
        supersedes=row.cell("supersedes"),
    )
    checker = Checker(reading.setting.kinds, reading.setting.areas)
    for finding in checker.of_row(row_of(fact)):
        reading.wrong(row.line, finding.field, finding.found, finding.expected)
    return fact


def _data(row: Row, kind: str, reading: Reading) -> dict[str, object]:
    """The cell ``data``: a mapping as YAML writes it in one line, without its braces."""
    text = row.cell("data")
    if text is None:
        return {}
    known = reading.setting.kinds.kinds.get(kind)
    fields = known.fields if known else {}
    try:
        entries = read_text("{" + text + "}", file=reading.file).entries()
    except BadInput as error:
        reading.wrong(row.line, "data", repr(text), f"name: value, name: value ({error.findings[0].found})")
        return {}
    return {name: _value(node, fields.get(name), row, reading) for name, node in entries.items()}


def _value(node: Node, of: Field | None, row: Row, reading: Reading) -> object:
    match of.type if of else None:
        case FieldType.TIME:
            moment = reading.moment(row.line, f"data.{of.name}", node.written, exact=True)
            return moment[0] if moment else None
        case FieldType.NUMBER | FieldType.INTEGER | FieldType.YES_NO:
            return node.value
    return node.written or node.value


def _row(row: Row, reading: Reading) -> Expected | None:
    as_of, known = reading.time(row, "as of", exact=True), reading.time(row, "known", exact=True)
    step = row.cell("step")
    if step is None or as_of is None:
        reading.wrong(row.line, "step", "nothing", "a moment and a step of the protocol, or loop")
        return None
    protocol, subject = row.cell("protocol"), row.cell("subject") or reading.subject
    if protocol and protocol not in reading.setting.about:
        names = nearest_first(protocol, reading.setting.about)
        reading.wrong(row.line, "protocol", repr(protocol), f"one of {names}")
    if not SUBJECT.fullmatch(subject):
        reading.wrong(row.line, "subject", repr(subject), "type/name, such as person/2")
    _check_status(row, step, reading)
    numbers = {name: _number(row, name, reading) for name in ("n", "loop")}
    return Expected(
        row.line,
        as_of[0],
        known[0] if known else as_of[0],
        protocol,
        subject,
        numbers["loop"] or 0,
        step,
        numbers["n"],
        row.cell("status"),
        _expected_time(row, "due", reading),
        _expected_time(row, "done", reading),
        row.cell("version"),
        row.cell("owner"),
    )


def _check_status(row: Row, step: str, reading: Reading) -> None:
    allowed = (RUNNING, CLOSED, NONE) if step == LOOP else (*Status, NONE)
    status = row.cell("status")
    if status is not None and status not in allowed:
        reading.wrong(row.line, "status", repr(status), f"one of {', '.join(allowed)}")


def _expected_time(row: Row, column: str, reading: Reading) -> tuple[int, int] | None:
    """A due is a moment; what was done on a day without a time may be expected as that day."""
    if row.cell(column) in NEVER_WRITTEN:
        return NEVER, 0
    return reading.time(row, column, exact=column == "due")


def _number(row: Row, column: str, reading: Reading) -> int | None:
    text = row.cell(column)
    if text is None:
        return None
    if not re.fullmatch(r"-?\d+", text):
        reading.wrong(row.line, column, repr(text), "a whole number")
        return None
    return int(text)
