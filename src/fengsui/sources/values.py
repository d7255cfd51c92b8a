"""The parts of a mapping that become the data of a fact, each already written as JSON.

The data of a fact are kept as one text, so a value need not exist by itself: what a cell comes to is written
once, and looked up with everything around it when the cell comes again.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from fengsui.facts.catalogue import Field, FieldType
from fengsui.sources import spec
from fengsui.sources.cells import CellError, in_its_own_words, remembered, translated, value_reader
from fengsui.sources.columns import Column, Rows, read_each, stripped
from fengsui.sources.parts import Parts, columns_in, nothing
from fengsui.sources.subjects import Part

_encoder = msgspec.json.Encoder()
Write = Callable[[Sequence[Any]], list[Any]]  # values, None where there is none, as they are to stand


def as_they_are(values: Sequence[Any]) -> list[Any]:
    """Values that stand for themselves: the place of a fact, and who did it."""
    return list(values)


def written_as(name: str) -> Write:
    """Values as entries of a JSON object, such as ``"ct":31.5``, "" where there is none."""
    head = f"{_encoder.encode(name).decode()}:"

    def entries(values: Sequence[Any]) -> list[str]:
        lines = _encoder.encode_lines(values).decode().split("\n")  # a line break in a text is written \\n
        if None in values:
            return ["" if v is None else head + line for v, line in zip(values, lines, strict=False)]
        return [head + line for line in lines[:-1]]

    return entries


def data_of_entries(columns: Sequence[Column], n: int) -> list[str]:
    """The data of ``n`` facts as ``facts.batch.data_text`` writes them, from a column of entries a field."""
    filled = [column.values for column in columns if any(column.values)]
    if not filled:
        return [""] * n
    if all(map(all, filled)):
        return [f"{{{','.join(entries)}}}" for entries in zip(*filled, strict=True)]
    whole = [",".join(filter(None, entries)) for entries in zip(*filled, strict=True)]
    return [text and f"{{{text}}}" for text in whole]


def value_part(parts: Parts, value: spec.ValueSpec | None, field: Field, *, write: Write) -> Part:
    """A value for a field, None where there is none to give; ``write`` says how it is to stand."""
    if value is None:
        return nothing
    if value.subject is not None:
        return _written(parts.subject(value.subject), write)
    if value.time is not None:
        return _written(_time_value(parts, value), write)
    column = ", ".join(value.columns or (value.template.columns if value.template else ())) or field.name
    convert = _converter(parts, value, field, column)
    if value.template is not None and not value.template.columns:
        constant = convert(value.template.parts[0]) if value.template.parts[0] else None
        [said] = write([constant])
        return lambda rows: Column([said] * rows.n)
    instead = convert(value.instead) if value.empty == "use" else None
    missing = parts.missing

    def of_cell(cell: str) -> object:
        cell = cell.strip()
        if cell not in missing:
            return convert(cell)
        if value.empty == "refuse":
            raise CellError(column, "nothing" if not cell else repr(cell), f"a value ({field.type})")
        return instead

    texts = _texts(parts, value)
    if field.type is FieldType.TEXT and value.table is None:  # mostly each its own: not worth remembering

        def whole(rows: Rows) -> Column:
            cells = texts(rows)
            found = stripped(cells, missing)
            return Column(found) if all(found) else read_each(of_cell, cells)

        return _written(whole, write)
    known = remembered(lambda cell: write([of_cell(cell)])[0])
    return lambda rows: read_each(known, texts(rows))


def _texts(parts: Parts, value: spec.ValueSpec) -> Callable[[Rows], Sequence[str]]:
    if len(value.columns) == 1:
        i = parts.index[value.columns[0]]
        return lambda rows: rows.column(i)
    text = parts.template(value.template) if value.template is not None else parts.cell(value.columns)
    return lambda rows: text(rows).values


def _written(part: Part, write: Write) -> Part:
    def written(rows: Rows) -> Column:
        column = part(rows)
        return Column(write(column.values), column.wrong)

    return written


def _converter(parts: Parts, value: spec.ValueSpec, field: Field, column: str) -> Callable[[str], object]:
    read = value_reader(field, column=column, areas=parts.given.areas, decimal=value.decimal)
    if value.table is not None:
        translate = translated(value.table, column=column, default=value.default)
        return lambda cell: in_its_own_words(read, translate(cell), cell=cell)
    if value.default is None:
        return read
    default = read(value.default)

    def lenient(cell: str) -> object:
        try:
            return read(cell)
        except CellError:
            return default

    return lenient


def _time_value(parts: Parts, value: spec.ValueSpec) -> Part:
    read = parts.maybe_time(value.time)
    error = CellError(columns_in(value.time), "nothing", "a value (time)")
    ends, refuse = value.time.end_of_day, value.empty == "refuse"

    def moments(rows: Rows) -> Column:
        found = read(rows)
        values = [
            None if moment is None else sum(moment) + 1 if ends and moment[1] else moment[0]
            for moment in found.values
        ]
        if not refuse or None not in values:
            return Column(values, found.wrong)
        missing = {place: error for place, at in enumerate(values) if at is None}
        return Column(values, {**missing, **found.wrong})

    return moments
