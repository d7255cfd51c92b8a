"""What a mapping means, as frozen values: how one row of a file becomes facts.

The surface, what a user writes, is described in ``docs/mappings.md`` and read by ``mapping``. Here every
name is resolved against the catalogue of kinds and every default is filled in.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fengsui.facts.catalogue import Field
from fengsui.kit.text import Text

REST = "rest"
ROW, FILE = "#row", "#file"  # columns every file has: the number of the row, the name of the file
GIVEN = ("given",)  # TimeSpec.forms: the moment handed in with the file
RECORDED = ("recorded",)  # TimeSpec.forms: the moment of the record, because nothing else is known
OWN_COLUMNS = "fengsui_"  # columns that the export of refused rows adds


@dataclass(frozen=True, slots=True)
class FileSpec:
    """The form of the file. ``header`` None: the first row names the columns, else these names do."""

    format: str = "csv"  # csv | xlsx | ndjson | parquet | json | fhir | cap
    encoding: str = ""  # empty: UTF-8, or GB18030 if it is not UTF-8
    delimiter: str = ","
    header: tuple[str, ...] | None = None
    sheet: str = ""  # xlsx: name of the sheet; empty: the first
    skip: int = 0  # rows before the header
    rows: str = ""  # json, cap: the path to what is a row; empty: the whole


@dataclass(frozen=True, slots=True)
class Template:
    """Text with columns in it: ("", "violation_id", "/closed") alternates literal, column, literal."""

    parts: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it needs."""
        return self.parts[1::2]


@dataclass(frozen=True, slots=True)
class Plus:
    """A length of time in a column, added to a time."""

    column: str
    seconds: int  # of one unit


@dataclass(frozen=True, slots=True)
class TimeSpec:
    """A time from one column, or a date column and a clock column, or days since an epoch.

    ``columns``: the first that is not empty. ``forms``: the ways it may be written, tried
    in turn: "iso" for ISO 8601 and the like, a pattern of
    %-directives, "unix", "unix_ms", "excel", "days" (then ``epoch`` is day 0), GIVEN or RECORDED.
    ``end_of_day``: a date without a time means the end of that day (midnight after it), not its start.
    """

    columns: tuple[str, ...]
    zone: str
    forms: tuple[str, ...] = ("iso",)
    clock: str = ""
    epoch: str = ""
    plus: tuple[Plus, ...] = ()
    end_of_day: bool = False


@dataclass(frozen=True, slots=True)
class IdSpec:
    """A number that identifies a subject: its scheme, its column, and the country that issued it."""

    scheme: str
    columns: tuple[str, ...]
    country: Template | None = None


@dataclass(frozen=True, slots=True)
class SubjectSpec:
    """Who or what a fact is about.

    ``ids`` in order, the first that is filled in counts. ``key`` is the source's own number of the
    subject within ``register``. ``by_row``: a subject without any of these is known by its row.
    """

    type: str
    ids: tuple[IdSpec, ...] = ()
    key: Template | None = None
    register: str = ""
    by_row: bool = False


@dataclass(frozen=True, slots=True)
class ValueSpec:
    """One value of a fact: from columns (the first that is not empty), or a template.

    ``table`` translates cells; ``default`` stands for cells it does not know. ``empty``: "omit",
    "refuse", or "use" with ``instead`` standing for an empty cell. ``decimal``: the mark in numbers.
    """

    columns: tuple[str, ...] = ()
    template: Template | None = None
    table: Mapping[str, str] | None = None
    default: str | None = None
    empty: str = "omit"
    instead: str | None = None
    decimal: str = "."
    time: TimeSpec | None = None
    subject: SubjectSpec | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a cell; an empty or missing cell is the text "". op: in, not_in, below, at_least."""

    column: str
    op: str
    values: frozenset[str] = frozenset()
    bound: float = 0.0


@dataclass(frozen=True, slots=True)
class RecordSpec:
    """Another record, by its key; ``source`` None: of the same source."""

    key: Template
    source: Template | None = None


@dataclass(frozen=True, slots=True)
class ForEach:
    """A cell that lists several things: one fact for each, which templates call ``name``."""

    column: str
    separators: str
    name: str


@dataclass(frozen=True, slots=True)
class FactSpec:
    """One fact that a row can become."""

    kind: str
    fields: Mapping[str, Field]
    key: Template
    subject: SubjectSpec
    at: TimeSpec
    data: Mapping[str, ValueSpec]
    place: ValueSpec | None = None
    by: ValueSpec | None = None
    supersedes: RecordSpec | None = None
    recorded_at: TimeSpec | None = None  # None: as the mapping says for all
    when: tuple[Condition, ...] = ()
    for_each: ForEach | None = None


@dataclass(frozen=True, slots=True)
class FileMapping:
    """A whole mapping. ``digest`` is over the text of its file; ``ignores`` may be (REST,)."""

    name: str
    title: Text
    file: FileSpec
    source: Template
    row: tuple[str, ...]
    facts: tuple[FactSpec, ...]
    missing: frozenset[str] = frozenset({""})
    ignores: tuple[str, ...] = ()
    recorded_by_file: bool = False  # recorded_at: file, so the moment has to be handed in
    digest: str = ""
    path: str = ""

    def columns(self) -> tuple[str, ...]:
        """Every column of the file it reads, each once, in the order of first use."""
        named = (*self.row, *self.source.columns)
        own = (column for column in named if column not in (ROW, FILE))
        return tuple(dict.fromkeys((*own, *self._columns_of_facts())))

    def _columns_of_facts(self) -> Iterator[str]:
        for fact in self.facts:
            made = (ROW, FILE, fact.for_each.name if fact.for_each else None)
            yield from (column for column in columns_of(fact) if column not in made)


def columns_of(spec: object) -> Iterator[str]:
    """The columns a part of a mapping reads, in the order in which it names them."""
    match spec:
        case Template():
            yield from spec.columns
        case Condition() | Plus() | ForEach():
            yield spec.column
        case TimeSpec():
            yield from (*spec.columns, *([spec.clock] if spec.clock else []))
            yield from _columns_of_all(spec.plus)
        case IdSpec():
            yield from spec.columns
            yield from columns_of(spec.country)
        case SubjectSpec():
            yield from _columns_of_all((*spec.ids, spec.key))
        case ValueSpec():
            yield from spec.columns
            yield from _columns_of_all((spec.template, spec.time, spec.subject))
        case RecordSpec():
            yield from _columns_of_all((spec.source, spec.key))
        case FactSpec():
            parts = (spec.key, spec.subject, spec.at, spec.place, spec.by, spec.supersedes)
            yield from _columns_of_all((*spec.when, spec.for_each, *parts, spec.recorded_at))
            yield from _columns_of_all(spec.data.values())


def _columns_of_all(specs: Iterable[object]) -> Iterator[str]:
    for spec in specs:
        yield from columns_of(spec)
