"""A mapping made ready for the columns of one file: from rows to the facts they become.

Every part of the mapping becomes one function over columns, once. All parts are worked out for all rows,
also for those of which another part was wrong, so the ledger names every mistake of a row and not just one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fengsui.facts.check import AHEAD_AT_MOST
from fengsui.facts.effective import WITHDRAWN
from fengsui.kit.errors import BadInput, Finding
from fengsui.sources import spec
from fengsui.sources.cells import CellError, number_of, plain, remembered
from fengsui.sources.columns import Column, Rows, read_each
from fengsui.sources.parts import Given, Parts, columns_in
from fengsui.sources.subjects import Part
from fengsui.sources.surface import BY, PLACE
from fengsui.sources.values import as_they_are, data_of_entries, value_part, written_as

Cells = Sequence[str]
Columns = list[Sequence]  # in the order of facts.batch.COLUMNS
Errors = dict[int, list[CellError]]  # by place


@dataclass(frozen=True, slots=True)
class Made:
    """What became of some rows: facts as columns, the place of the row of each, and what is wrong where."""

    facts: Columns
    origin: Sequence[int]
    wrong: dict[int, tuple[Finding, ...]]


@dataclass(slots=True)
class _Facts:
    """The facts of one entry of the mapping, with those of rows that will not be taken."""

    columns: Columns = field(default_factory=list)
    origin: Sequence[int] = ()
    errors: Errors = field(default_factory=dict)


class RowReader:
    """Turns rows of one file into facts. The cells of a row are in the order of ``columns``."""

    def __init__(self, mapping: spec.FileMapping, columns: Sequence[str], *, given: Given) -> None:
        try:
            parts = Parts(mapping, columns, given=given)
            self._facts = [_fact_reader(fact, parts) for fact in mapping.facts]
        except CellError as error:
            finding = Finding(mapping.path, error.column, error.found, error.expected)
            raise BadInput(f"{mapping.path} cannot be used as it is", (finding,)) from None
        self._name_cells = [(column, parts.index[column]) for column in mapping.row if column != spec.ROW]
        named = {column for part in (*mapping.facts, mapping.source) for column in spec.columns_of(part)}
        self._is_numbered = spec.ROW in {*named, *mapping.row}  # most mappings have no use for it
        self._file = given.file

    def facts(self, cells: Sequence[Cells], numbers: Sequence[int]) -> Made:
        """The facts of rows with these numbers, in the order of the rows. ``cells``: one or more rows."""
        n = len(cells)
        columns = list(zip(*cells, strict=True))
        rows = Rows([*columns, list(map(str, numbers)) if self._is_numbered else (), [self._file] * n], n)
        made = [read(rows) for read in self._facts]
        errors: Errors = {}
        for found in made:
            for place, more in found.errors.items():
                errors.setdefault(place, []).extend(more)
        facts, origin = _in_order_of_rows([found for found in made if found.origin], errors)
        wrong = {
            place: self._findings(errors[place], cells[place], numbers[place]) for place in sorted(errors)
        }
        return Made(facts, origin, wrong)

    def _findings(self, errors: list[CellError], cells: Cells, n: int) -> tuple[Finding, ...]:
        """Everything wrong with a row, each mistake once."""
        where = f"row {n}{self._named(cells)}"
        found = dict.fromkeys(Finding(where, e.column, e.found, e.expected) for e in errors)
        return tuple(found)

    def _named(self, cells: Cells) -> str:
        cells = [*cells, "", self._file]
        named = ", ".join(
            f"{column} {cells[i].strip()}" for column, i in self._name_cells if cells[i].strip()
        )
        return f" ({named})" if named else ""


def _in_order_of_rows(made: Sequence[_Facts], errors: Errors) -> tuple[Columns, Sequence[int]]:
    """The facts of rows of which nothing is wrong, as the rows stand in the file."""
    if not made:
        return [], ()
    columns, origin = made[0].columns, made[0].origin
    if len(made) > 1:
        columns = [
            [v for part in joined for v in part] for joined in zip(*(m.columns for m in made), strict=True)
        ]
        origin = [place for found in made for place in found.origin]
    if len(made) == 1 and not errors:
        return columns, origin
    kept = [i for i, place in enumerate(origin) if place not in errors]
    kept.sort(key=origin.__getitem__)  # the facts of one row stay in the order of the mapping
    return [[column[i] for i in kept] for column in columns], [origin[i] for i in kept]


def _fact_reader(fact: spec.FactSpec, parts: Parts) -> Callable[[Rows], _Facts]:
    """One fact of the mapping over rows: of those it applies to, as often as it does."""
    choose = _chooser(fact, parts)
    # The item of for_each is one more cell at the end of the row, for this fact only.
    build = _fact_builder(fact, parts.with_item(fact.for_each.name) if fact.for_each else parts)

    def read(rows: Rows) -> _Facts:
        chosen, places, wrong = choose(rows)
        errors = {place: [error] for place, error in wrong.items()}
        if not places:
            return _Facts(errors=errors)
        columns, found = build(chosen)
        for i, more in found.items():
            errors.setdefault(places[i], []).extend(more)
        return _Facts(columns, places, errors)

    return read


def _chooser(
    fact: spec.FactSpec, parts: Parts
) -> Callable[[Rows], tuple[Rows, Sequence[int], dict[int, CellError]]]:
    """The rows a fact applies to, their places, and the errors of those for which that cannot be said.

    A row comes once if the conditions hold, or once for each item of ``for_each``, or not at all.
    """
    tests = [_test(condition, parts) for condition in fact.when]
    items = _items(fact.for_each, parts) if fact.for_each else None

    def choose(rows: Rows) -> tuple[Rows, Sequence[int], dict[int, CellError]]:
        places: Sequence[int] = range(rows.n)
        wrong: dict[int, CellError] = {}
        for test in tests:
            held = test(rows)
            wrong |= {places[i]: error for i, error in held.wrong.items()}
            if all(held.values):
                continue
            kept = [i for i, holds in enumerate(held.values) if holds]
            rows, places = rows.at(kept), [places[i] for i in kept]
            if not kept:
                break
        if items is None or not rows.n:
            return rows, places, wrong
        several = items(rows).values
        kept = [i for i, each in enumerate(several) for _ in each]
        return (
            rows.at(kept, item=[item for each in several for item in each]),
            [places[i] for i in kept],
            wrong,
        )

    return choose


def _items(each: spec.ForEach, parts: Parts) -> Part:
    cells = parts.cell((each.column,))
    separators = re.compile(f"[{re.escape(each.separators)}]")

    def items(cell: str) -> list[str]:
        stripped = map(str.strip, separators.split(cell))
        return list(dict.fromkeys(item for item in stripped if item not in parts.missing))

    return lambda rows: read_each(items, cells(rows).values)


def _test(condition: spec.Condition, parts: Parts) -> Part:
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
    return lambda rows: read_each(test, read(rows).values)


def _fact_builder(fact: spec.FactSpec, parts: Parts) -> Callable[[Rows], tuple[Columns, Errors]]:
    """The columns of the facts of rows, and every error of each row. Errors come in this order of parts."""
    recorded = parts.recorded_at(fact.recorded_at)
    envelope = (
        parts.subject(fact.subject),
        recorded if fact.at.forms == spec.RECORDED else parts.time(fact.at),
        recorded,
        parts.source,
        parts.required(fact.key),
        _place(fact, parts),
        value_part(parts, fact.by, BY, write=as_they_are),
        parts.record(fact.supersedes, needed=fact.kind == WITHDRAWN),
    )
    data = [
        value_part(parts, of, fact.fields[name], write=written_as(name))
        for name, of in sorted(fact.data.items())
    ]
    column = columns_in(fact.at)

    def build(rows: Rows) -> tuple[Columns, Errors]:
        found = [part(rows) for part in envelope]
        entries = [part(rows) for part in data]
        errors: Errors = {}
        for part in (*found, *entries):
            for i, error in part.wrong.items():
                errors.setdefault(i, []).append(error)
        subject, time, recorded_at, source, key, place, by, other = (part.values for part in found)
        if fact.at.forms == spec.RECORDED:
            at, span = recorded_at, [0] * rows.n
        else:
            at, span = zip(*time, strict=True)
        for i, error in _together(at, recorded_at, other, source=source, key=key, column=column):
            errors.setdefault(i, [error])  # the parts have to be right before they can be held together
        texts = data_of_entries(entries, rows.n)
        kind = [fact.kind] * rows.n
        return [kind, subject, at, recorded_at, source, key, span, place, by, texts, other], errors

    return build


def _place(fact: spec.FactSpec, parts: Parts) -> Part:
    """Where it happened: by the mapping, or else where the file is from."""
    told = value_part(parts, fact.place, PLACE, write=as_they_are)
    default = parts.given.place
    if default is None:
        return told

    def place(rows: Rows) -> Column:
        column = told(rows)
        return Column([default if code is None else code for code in column.values], column.wrong)

    return place


def _together(
    at: Sequence[int],
    recorded_at: Sequence[int],
    other: Sequence[str | None],
    *,
    source: Sequence[str],
    key: Sequence[str],
    column: str,
) -> list[tuple[int, CellError]]:
    """What no part can see by itself: an act long after its own record, a record that corrects itself."""
    ahead = [
        i for i, (act, record) in enumerate(zip(at, recorded_at, strict=True)) if act - record > AHEAD_AT_MOST
    ]
    errors = [
        (
            i,
            CellError(
                column,
                f"a time {(at[i] - recorded_at[i]) // 86400} days after its own record",
                "at most a day after",
            ),
        )
        for i in ahead
    ]
    if any(other):
        errors += [
            (i, CellError(column, f"{key[i]!r}, corrected by itself", "another record to supersede"))
            for i, name in enumerate(other)
            if name and name == f"{source[i]}:{key[i]}"
        ]
    return errors
