"""A mapping made ready for the columns of one file: from the cells of a row to its facts.

Every part of the mapping becomes a small function of the row, once. The bulk of rows runs straight
through them and comes out as tuples; the first part that fails stops the row, and only then is every
part tried by itself, so that the ledger names all mistakes of a row and not just one.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from fengsui.facts.batch import Row
from fengsui.facts.check import AHEAD_AT_MOST
from fengsui.facts.effective import WITHDRAWN
from fengsui.kit.errors import BadInput, Finding
from fengsui.sources import spec
from fengsui.sources.cells import CellError, number_of, plain, remembered
from fengsui.sources.parts import Cells, Given, Part, Parts, columns_in
from fengsui.sources.surface import BY, PLACE

_encode = msgspec.json.Encoder().encode  # names are put in order here, so nothing is left to sort


class RowReader:
    """Turns rows of one file into facts. ``cells`` are in the order of ``columns``."""

    def __init__(self, mapping: spec.FileMapping, columns: Sequence[str], *, given: Given) -> None:
        try:
            parts = Parts(mapping, columns, given=given)
            self._facts = [_fact(fact, parts) for fact in mapping.facts]
        except CellError as error:
            finding = Finding(mapping.path, error.column, error.found, error.expected)
            raise BadInput(f"{mapping.path} cannot be used as it is", (finding,)) from None
        self._name_cells = [(column, parts.index[column]) for column in mapping.row]
        # Most mappings have no use for the number of the row, and need no longer row to hold it.
        named = {column for part in (*mapping.facts, mapping.source) for column in spec.columns_of(part)}
        counted = {spec.ROW, spec.FILE} & {*named, *mapping.row}
        self._is_longer = bool(counted) or any(fact.for_each for fact in mapping.facts)
        self._file = given.file
        # Facts that every row becomes, if there are no others: the common case, and half the way shorter.
        is_plain = not any(fact.when or fact.for_each for fact in mapping.facts)
        self._always = [fact.build for fact in self._facts] if is_plain else []

    def rows(self, cells: Cells, n: int) -> list[Row]:
        """The facts of row ``n``; none if no fact of the mapping applies. CellError at the first mistake."""
        if self._is_longer:
            cells = [*cells, str(n), self._file]
        if self._always:
            return [build(cells) for build in self._always]
        return [fact.build(each) for fact in self._facts for each in fact.rows_of(cells)]

    def findings(self, cells: Cells, n: int) -> tuple[Finding, ...]:
        """Everything wrong with row ``n``, each mistake once."""
        cells = [*cells, str(n), self._file]
        where = f"row {n}{self._named(cells)}"
        found = dict.fromkeys(
            Finding(where, error.column, error.found, error.expected)
            for fact in self._facts
            for error in fact.errors(cells)
        )
        return tuple(found)

    def _named(self, cells: Cells) -> str:
        named = ", ".join(
            f"{column} {cells[i].strip()}"
            for column, i in self._name_cells
            if cells[i].strip() and column != spec.ROW
        )
        return f" ({named})" if named else ""


@dataclass(frozen=True, slots=True)
class _Fact:
    """One fact of the mapping, ready: which rows it applies to, how it is built, its parts one by one."""

    rows_of: Callable[[Cells], Sequence[Cells]]
    build: Callable[[Cells], Row]
    parts: tuple[Part, ...]

    def errors(self, cells: Cells) -> Iterator[CellError]:
        """Everything wrong with the fact in this row."""
        try:
            rows = self.rows_of(cells)
        except CellError as error:
            yield error
            return
        for each in rows:
            wrong = [error for part in self.parts if (error := _error(part, each))]
            # What no part can see by itself: an act long after its own record.
            yield from wrong or filter(None, [_error(self.build, each)])


def _fact(fact: spec.FactSpec, parts: Parts) -> _Fact:
    # The item of for_each is one more cell at the end of the row, for this fact only.
    within = parts.with_item(fact.for_each.name) if fact.for_each else parts
    recorded_at = within.recorded_at(fact.recorded_at)
    known_only = fact.at.forms == spec.RECORDED
    made = (
        within.subject(fact.subject),
        (lambda cells: (recorded_at(cells), 0)) if known_only else within.time(fact.at),
        recorded_at,
        within.source,
        within.required(fact.key),
        within.value(fact.place, PLACE),
        within.value(fact.by, BY),
        within.record(fact.supersedes, needed=fact.kind == WITHDRAWN),
    )
    values = {name: within.value(of, fact.fields[name]) for name, of in sorted(fact.data.items())}
    return _Fact(
        rows_of=_rows_of(fact, parts),
        build=_fact_builder(fact.kind, made, data=_data_builder(values), column=columns_in(fact.at)),
        parts=(*made, *values.values()),
    )


def _rows_of(fact: spec.FactSpec, parts: Parts) -> Callable[[Cells], Sequence[Cells]]:
    """The row once if the conditions hold, or once for each item of ``for_each``, or not at all."""
    tests = [_test(condition, parts) for condition in fact.when]
    items = _items(fact.for_each, parts) if fact.for_each else None

    def rows_of(cells: Cells) -> Sequence[Cells]:
        for test in tests:
            if not test(cells):
                return ()
        return [[*cells, item] for item in items(cells)] if items else (cells,)

    return rows_of


def _items(each: spec.ForEach, parts: Parts) -> Callable[[Cells], list[str]]:
    cell = parts.cell((each.column,))
    separators = re.compile(f"[{re.escape(each.separators)}]")
    return lambda cells: list(
        dict.fromkeys(
            item for part in separators.split(cell(cells)) if (item := part.strip()) not in parts.missing
        )
    )


def _test(condition: spec.Condition, parts: Parts) -> Callable[[Cells], bool]:
    read = parts.cell((condition.column,))
    column, bound = condition.column, condition.bound
    values = frozenset(map(plain, condition.values))
    match condition.op:
        case "in":
            test = remembered(lambda cell: plain(cell) in values)
        case "not_in":
            test = remembered(lambda cell: plain(cell) not in values)
        case "below":
            test = remembered(lambda cell: bool(cell) and number_of(cell, column=column) < bound)
        case _:
            test = remembered(lambda cell: bool(cell) and number_of(cell, column=column) >= bound)
    return lambda cells: test(read(cells))


def _fact_builder(kind: str, parts: tuple[Part, ...], *, data: Part, column: str) -> Callable[[Cells], Row]:
    subject, time, recorded, source, key, place, by, supersedes = parts

    def build(cells: Cells) -> Row:
        at, span = time(cells)
        recorded_at = recorded(cells)
        if at > recorded_at + AHEAD_AT_MOST:
            days = (at - recorded_at) // 86400
            raise CellError(column, f"a time {days} days after its own record", "at most a day after")
        origin, name, other = source(cells), key(cells), supersedes(cells)
        if other is not None and other == f"{origin}:{name}":
            raise CellError(column, f"{name!r}, corrected by itself", "another record to supersede")
        return (
            kind,
            subject(cells),
            at,
            recorded_at,
            origin,
            name,
            span,
            place(cells),
            by(cells),
            data(cells),
            other,
        )

    return build


def _error(part: Part, cells: Cells) -> CellError | None:
    try:
        part(cells)
    except CellError as error:
        return error
    return None


def _data_builder(values: Mapping[str, Part]) -> Callable[[Cells], str]:
    named = tuple(values.items())
    if not named:
        return lambda cells: ""

    def data(cells: Cells) -> str:
        found = {}
        for name, value in named:
            given = value(cells)
            if given is not None:
                found[name] = given
        return _encode(found).decode() if found else ""

    return data
