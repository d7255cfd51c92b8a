"""The parts of a mapping as functions of rows: texts, times, subjects, records.

A part of a mapping goes in, a function from rows to a column of values comes out. What can be worked out
beforehand is, so that a row costs little more than looking its cells up. ``values`` has the parts that
become the data of a fact.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import repeat

from fengsui.facts.check import SOURCE
from fengsui.kit.areas import Areas
from fengsui.sources import spec
from fengsui.sources.cells import CellError, TimeReader, number_of, remembered, time_reader
from fengsui.sources.columns import Column, Rows, Wrong, all_plain, first_wrong, read_each, stripped
from fengsui.sources.subjects import Part, subject_maker

Moment = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Given:
    """What comes with a file besides its rows."""

    recorded_at: int  # of facts whose mapping names no column for it
    areas: Areas | None
    file: str = ""  # its name
    secret: bytes = b""  # for the pseudonyms of persons, see kit.ids
    place: str | None = None  # of facts that are told without one


class Parts:
    """Makes the functions for a file whose cells come in the order of ``columns``, then row and file."""

    def __init__(self, mapping: spec.FileMapping, columns: Sequence[str], *, given: Given) -> None:
        self.index = {column: i for i, column in enumerate((*columns, spec.ROW, spec.FILE))}
        self.missing = mapping.missing
        self.given = given
        self.source = self._source_of(mapping.source)
        self.row = self.template(spec.Template(_joined(mapping.row)))

    def with_item(self, name: str) -> "Parts":
        """The same for rows that carry one more cell at their end, called ``name``."""
        wider = copy(self)
        wider.index = {**self.index, name: len(self.index)}
        return wider

    def cell(self, columns: tuple[str, ...]) -> Part:
        """The first of the columns that is filled in, without blanks around it, or ""."""
        missing = self.missing
        first, *others = [self.index[column] for column in columns]

        def texts(rows: Rows) -> Column:
            found = stripped(rows.column(first), missing)
            for i in others:
                if all(found):
                    break
                other = stripped(rows.column(i), missing)
                found = [one or another for one, another in zip(found, other, strict=True)]
            return Column(found)

        return texts

    def template(self, template: spec.Template) -> Part:
        """The text with its columns filled in; "" as soon as one of them is missing."""
        literals = template.parts[0::2]
        if len(literals) == 1:
            return lambda rows: Column([literals[0]] * rows.n)
        fillers = [self.cell((column,)) for column in template.columns]

        def filled(rows: Rows) -> Column:
            columns = [all_plain(fill(rows).values) for fill in fillers]
            if len(columns) == 1:
                [texts], (before, after) = columns, literals
                if not before and not after:
                    return Column(texts)
                return Column([text and f"{before}{text}{after}" for text in texts])
            woven: list = [repeat(literals[0])]
            for texts, literal in zip(columns, literals[1:], strict=True):
                woven += [texts, repeat(literal)]
            whole = ["".join(pieces) for pieces in zip(*woven)]  # noqa: B905 - literals have no end
            if all(map(all, columns)):
                return Column(whole)
            are_full = map(all, zip(*columns, strict=True))
            return Column([text if full else "" for text, full in zip(whole, are_full, strict=True)])

        return filled

    def required(self, template: spec.Template) -> Part:
        """A template that must come to something."""
        fill = self.template(template)
        column = ", ".join(template.columns)
        error = CellError(column, "nothing", "a value: it is part of the name of the record")

        def filled(rows: Rows) -> Column:
            texts = fill(rows).values
            if all(texts):
                return Column(texts)
            return Column(texts, {place: error for place, text in enumerate(texts) if not text})

        return filled

    def record(self, record: spec.RecordSpec | None, *, needed: bool) -> Part:
        """The id of another record."""
        if record is None:
            return nothing
        source = self._source_of(record.source) if record.source else self.source
        key = self.required(record.key) if needed else self.template(record.key)

        def name(rows: Rows) -> Column:
            keys = key(rows)
            if not any(keys.values):
                return Column([None] * rows.n, keys.wrong)
            sources = source(rows)
            names = [
                f"{of}:{text}" if text else None for of, text in zip(sources.values, keys.values, strict=True)
            ]
            # Where no record is named, it does not matter who would have told it.
            of_named = {i: error for i, error in sources.wrong.items() if keys.values[i]}
            return Column(names, first_wrong(keys, Column((), of_named)))

        return name

    def time(self, time: spec.TimeSpec) -> Part:
        """(at, span) of a row; a missing time is a mistake."""
        error = CellError(columns_in(time), "nothing", "a time")
        maybe = self.maybe_time(time)

        def moments(rows: Rows) -> Column:
            found = maybe(rows)
            if None not in found.values:
                return found
            missing = {i: error for i, moment in enumerate(found.values) if moment is None}
            return Column([moment or (0, 0) for moment in found.values], {**missing, **found.wrong})

        return moments

    def maybe_time(self, time: spec.TimeSpec) -> Part:
        """(at, span) of a row, None where there is none."""
        read = time_reader(time.forms, zone=time.zone, column=columns_in(time), epoch=time.epoch)
        if len(time.columns) == 1 and not time.clock:
            moments = self._moments_of_cells(time.columns[0], read)
        else:
            moments = self._moments_of_texts(self._dated(time), read)
        return self._later(moments, time.plus) if time.plus else moments

    def recorded_at(self, time: spec.TimeSpec | None) -> Part:
        """When the record was made; of a date, its last second, when it certainly was."""
        if time is None or time.forms == spec.GIVEN:
            moment = self.given.recorded_at
            return lambda rows: Column([moment] * rows.n)
        read = self.time(time)

        def last_second(rows: Rows) -> Column:
            moments = read(rows)
            return Column([at + span for at, span in moments.values], moments.wrong)

        return last_second

    def subject(self, subject: spec.SubjectSpec) -> Part:
        """The subject of a row."""
        own = subject.register
        return subject_maker(
            subject,
            cells_of={numbered.columns: self.cell(numbered.columns) for numbered in subject.ids},
            countries={of.country: self.template(of.country) for of in subject.ids if of.country},
            key=self.template(subject.key) if subject.key else None,
            register=(lambda rows: Column([own] * rows.n)) if own else self.source,
            row=self.row if subject.by_row else None,
            secret=self.given.secret,
        )

    def _moments_of_cells(self, column: str, read: TimeReader) -> Part:
        # Looked up by the cell as it is written, before anything is taken off it.
        i, missing = self.index[column], self.missing

        def of_cell(cell: str) -> Moment | None:
            cell = cell.strip()
            return None if cell in missing else read(cell)

        known = remembered(of_cell)
        return lambda rows: read_each(known, rows.column(i))

    def _moments_of_texts(self, text: Part, read: TimeReader) -> Part:
        known = remembered(lambda cell: read(cell) if cell else None)
        return lambda rows: read_each(known, text(rows).values)

    def _later(self, moments: Part, plus: tuple[spec.Plus, ...]) -> Part:
        more = [(self.cell((of.column,)), _length_reader(of)) for of in plus]

        def later(rows: Rows) -> Column:
            found = moments(rows)
            lengths = [read_each(read, cells(rows).values) for cells, read in more]
            values = [
                None if moment is None or None in added else (moment[0] + sum(added), moment[1])
                for moment, *added in zip(found.values, *(of.values for of in lengths), strict=True)
            ]
            return Column(values, _in_turn(found, lengths))

        return later

    def _dated(self, time: spec.TimeSpec) -> Part:
        date = self.cell(time.columns)
        if not time.clock:
            return date
        clock = self.cell((time.clock,))

        def written(rows: Rows) -> Column:
            pairs = zip(date(rows).values, clock(rows).values, strict=True)
            return Column([f"{day} {hour}".rstrip() if day else "" for day, hour in pairs])

        return written

    def _source_of(self, template: spec.Template) -> Part:
        if not template.columns:
            return self.template(template)
        fill = self.required(template)
        column = ", ".join(template.columns)

        def named(text: str) -> str:
            if text and not SOURCE.fullmatch(text):
                raise CellError(column, repr(text), "the name of a source, without blanks and colons")
            return text

        known = remembered(named)

        def sources(rows: Rows) -> Column:
            texts = fill(rows)
            names = read_each(known, texts.values)
            return Column(names.values, first_wrong(texts, names))

        return sources


def _length_reader(plus: spec.Plus) -> Callable[[str], int | None]:
    """Seconds that a cell adds; None for an empty cell."""

    def length(cell: str) -> int | None:
        return round(number_of(cell, column=plus.column) * plus.seconds) if cell else None

    return remembered(length)


def _in_turn(found: Column, lengths: Sequence[Column]) -> Wrong:
    """What is wrong with a time and what is added to it; what comes behind something missing is not read."""
    wrong = dict(found.wrong)
    over = {i for i, moment in enumerate(found.values) if moment is None}
    for length in lengths:
        for i, seconds in enumerate(length.values):
            if seconds is None and i not in over:
                over.add(i)
                if i in length.wrong:
                    wrong[i] = length.wrong[i]
    return wrong


def columns_in(time: spec.TimeSpec) -> str:
    """How messages name the place of a time: every column it is made of."""
    return ", ".join(spec.columns_of(time))


def nothing(rows: Rows) -> Column:
    """The part that is not in the mapping."""
    return Column([None] * rows.n)


def _joined(columns: tuple[str, ...]) -> tuple[str, ...]:
    """The parts of a template that joins columns by slashes."""
    parts = [""]
    for column in columns:
        parts += [column, "/"]
    return (*parts[:-1], "")
