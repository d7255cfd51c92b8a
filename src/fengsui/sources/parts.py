"""The parts of a mapping as functions of a row: cells, texts, times, subjects, values.

A part of a mapping goes in, a function from the cells of a row to a value comes out. What can be worked
out beforehand is, so that a row costs little more than looking cells up.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass

from fengsui.facts.catalogue import Field, FieldType
from fengsui.facts.check import SOURCE
from fengsui.kit.areas import Areas
from fengsui.sources import spec
from fengsui.sources.cells import (
    CellError,
    TimeReader,
    number_of,
    plain,
    remembered,
    time_reader,
    translated,
    value_reader,
)
from fengsui.sources.subjects import subject_maker

Cells = Sequence[str]
Part = Callable[[Cells], object]
TextPart = Callable[[Cells], str]


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with a file besides its rows."""

    recorded_at: int  # of facts whose mapping names no column for it
    areas: Areas | None
    file: str = ""  # its name
    secret: bytes = b""  # for the pseudonyms of persons, see kit.ids


class Parts:
    """Makes the functions for a file whose cells come in the order of ``columns``, then row and file."""

    def __init__(self, mapping: spec.FileMapping, columns: Sequence[str], *, given: Given) -> None:
        self.index = {column: i for i, column in enumerate((*columns, spec.ROW, spec.FILE))}
        self.missing = mapping.missing
        self._given = given
        self.source = self._source_of(mapping.source)
        self.row = self.template(spec.Template(_joined(mapping.row)))

    def with_item(self, name: str) -> "Parts":
        """The same for rows that carry one more cell at their end, called ``name``."""
        wider = copy(self)
        wider.index = {**self.index, name: len(self.index)}
        return wider

    def cell(self, columns: tuple[str, ...]) -> TextPart:
        """The first of the columns that is filled in, without blanks around it, or ""."""
        missing = self.missing
        if len(columns) == 1:
            i = self.index[columns[0]]

            def one(cells: Cells) -> str:
                cell = cells[i].strip()
                return "" if cell in missing else cell

            return one
        places = [self.index[column] for column in columns]

        def first(cells: Cells) -> str:
            return next((cell for i in places if (cell := cells[i].strip()) not in missing), "")

        return first

    def template(self, template: spec.Template) -> TextPart:
        """The text with its columns filled in; "" as soon as one of them is missing."""
        parts = template.parts
        if len(parts) == 1:
            return lambda cells: parts[0]
        if len(parts) == 3:
            before, column, after = parts
            i, missing = self.index[column], self.missing

            def one(cells: Cells) -> str:
                cell = cells[i].strip()
                if cell in missing:
                    return ""
                return f"{before}{cell if cell.isascii() else plain(cell)}{after}"

            return one
        fillers = [self.cell((column,)) for column in template.columns]
        literals = parts[0::2]

        def several(cells: Cells) -> str:
            texts = [plain(fill(cells)) for fill in fillers]
            if not all(texts):
                return ""
            return literals[0] + "".join(map("".join, zip(texts, literals[1:], strict=True)))

        return several

    def required(self, template: spec.Template) -> TextPart:
        """A template that must come to something."""
        fill = self.template(template)
        column = ", ".join(template.columns)

        def filled(cells: Cells) -> str:
            text = fill(cells)
            if not text:
                raise CellError(column, "nothing", "a value: it is part of the name of the record")
            return text

        return filled

    def record(self, record: spec.RecordSpec | None, *, needed: bool) -> Callable[[Cells], str | None]:
        """The id of another record."""
        if record is None:
            return nothing
        source = self._source_of(record.source) if record.source else self.source
        key = self.required(record.key) if needed else self.template(record.key)

        def name(cells: Cells) -> str | None:
            text = key(cells)
            return f"{source(cells)}:{text}" if text else None

        return name

    def time(self, time: spec.TimeSpec) -> Callable[[Cells], tuple[int, int]]:
        """(at, span) of a row; a missing time is a mistake."""
        column = columns_in(time)
        if len(time.columns) == 1 and not time.clock and not time.plus:
            i, missing, read = self.index[time.columns[0]], self.missing, self._reader_of(time)

            def simple(cells: Cells) -> tuple[int, int]:
                cell = cells[i].strip()
                if cell in missing:
                    raise CellError(column, "nothing", "a time")
                return read(cell)

            return simple
        maybe = self._maybe_time(time)

        def moment(cells: Cells) -> tuple[int, int]:
            found = maybe(cells)
            if found is None:
                raise CellError(column, "nothing", "a time")
            return found

        return moment

    def recorded_at(self, time: spec.TimeSpec | None) -> Callable[[Cells], int]:
        """When the record was made; of a date, its last second, when it certainly was."""
        if time is None or time.forms == spec.GIVEN:
            moment = self._given.recorded_at
            return lambda cells: moment
        read = self.time(time)

        def last_second(cells: Cells) -> int:
            at, span = read(cells)
            return at + span

        return last_second

    def subject(self, subject: spec.SubjectSpec) -> TextPart:
        """The subject of a row."""
        register = (lambda cells: subject.register) if subject.register else self.source
        return subject_maker(
            subject,
            cells_of={numbered.columns: self.cell(numbered.columns) for numbered in subject.ids},
            countries={of.country: self.template(of.country) for of in subject.ids if of.country},
            key=self.template(subject.key) if subject.key else None,
            register=register,
            row=self.row if subject.by_row else None,
            secret=self._given.secret,
        )

    def value(self, value: spec.ValueSpec | None, field: Field) -> Part:
        """A value for a field, None where there is none to give."""
        if value is None:
            return nothing
        if value.subject is not None:
            return self.subject(value.subject)
        if value.time is not None:
            return self._time_value(value)
        column = ", ".join(value.columns or (value.template.columns if value.template else ())) or field.name
        convert = self._converter(value, field, column)
        if value.template is not None and not value.template.columns:
            constant = convert(value.template.parts[0]) if value.template.parts[0] else None
            return lambda cells: constant
        instead = convert(value.instead) if value.empty == "use" else None
        refuse = value.empty == "refuse"
        missing = self.missing

        def of_cell(cell: str) -> object:
            cell = cell.strip()
            if cell not in missing:
                return convert(cell)
            if refuse:
                raise CellError(column, "nothing" if not cell else repr(cell), f"a value ({field.type})")
            return instead

        if field.type is not FieldType.TEXT or value.table is not None:
            of_cell = remembered(of_cell)
        if len(value.columns) == 1:
            i = self.index[value.columns[0]]
            return lambda cells: of_cell(cells[i])
        text = self.template(value.template) if value.template is not None else self.cell(value.columns)
        return lambda cells: of_cell(text(cells))

    def _converter(self, value: spec.ValueSpec, field: Field, column: str) -> Callable[[str], object]:
        read = value_reader(field, column=column, areas=self._given.areas, decimal=value.decimal)
        if value.table is not None:
            translate = translated(value.table, column=column, default=value.default)
            return lambda cell: read(translate(cell))
        if value.default is None:
            return read
        default = read(value.default)

        def lenient(cell: str) -> object:
            try:
                return read(cell)
            except CellError:
                return default

        return lenient

    def _time_value(self, value: spec.ValueSpec) -> Part:
        read = self._maybe_time(value.time)
        column = columns_in(value.time)
        ends, refuse = value.time.end_of_day, value.empty == "refuse"

        def moment(cells: Cells) -> int | None:
            found = read(cells)
            if found is None:
                if refuse:
                    raise CellError(column, "nothing", "a value (time)")
                return None
            at, span = found
            return at + span + 1 if ends and span else at

        return moment

    def _maybe_time(self, time: spec.TimeSpec) -> Callable[[Cells], tuple[int, int] | None]:
        text = self._dated(time)
        read = self._reader_of(time)
        plus = [(self.cell((more.column,)), more.seconds, more.column) for more in time.plus]

        def moment(cells: Cells) -> tuple[int, int] | None:
            cell = text(cells)
            return read(cell) if cell else None

        def later(cells: Cells) -> tuple[int, int] | None:
            found = moment(cells)
            if found is None:
                return None
            at, span = found
            for number, seconds, of in plus:
                cell = number(cells)
                if not cell:
                    return None
                at += round(number_of(cell, column=of) * seconds)
            return at, span

        return later if plus else moment

    def _reader_of(self, time: spec.TimeSpec) -> TimeReader:
        return time_reader(time.forms, zone=time.zone, column=columns_in(time), epoch=time.epoch)

    def _dated(self, time: spec.TimeSpec) -> TextPart:
        date = self.cell(time.columns)
        if not time.clock:
            return date
        clock = self.cell((time.clock,))
        return lambda cells: f"{day} {clock(cells)}".rstrip() if (day := date(cells)) else ""

    def _source_of(self, template: spec.Template) -> TextPart:
        if not template.columns:
            return self.template(template)
        fill = self.required(template)
        column = ", ".join(template.columns)

        def named(text: str) -> str:
            if not SOURCE.fullmatch(text):
                raise CellError(column, repr(text), "the name of a source, without blanks and colons")
            return text

        return (
            (lambda cells: check(fill(cells))) if (check := remembered(named)) and template.columns else fill
        )


def columns_in(time: spec.TimeSpec) -> str:
    """How messages name the place of a time: every column it is made of."""
    return ", ".join(spec.columns_of(time))


def nothing(cells: Cells) -> None:
    """The part that is not in the mapping."""
    return None


def _joined(columns: tuple[str, ...]) -> tuple[str, ...]:
    """The parts of a template that joins columns by slashes."""
    parts = [""]
    for column in columns:
        parts += [column, "/"]
    return (*parts[:-1], "")
