"""Rows of a file as columns, and what is read from them: a value for each row, or why there is none.

A row at a time, most of the cost of a mapping is calling functions. A column at a time the same work is one
call that runs over some hundred cells, and a cell that was read before is looked up. Of the few that
cannot be read each keeps its own error, so that nothing is said about a file that a row could not say.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from fengsui.sources.cells import CellError, plain

Wrong = Mapping[int, CellError]  # place → why
NOTHING_WRONG: Wrong = MappingProxyType({})


class Column(NamedTuple):
    """What was read of each row, by place. Where something is ``wrong``, the value means nothing."""

    values: Sequence[Any]
    wrong: Wrong = NOTHING_WRONG


class Rows:
    """Some rows of a file, by column; a column nobody asks for costs nothing."""

    __slots__ = ("_columns", "_picked", "_places", "n")

    def __init__(self, columns: Sequence[Sequence[str]], n: int, places: Sequence[int] | None = None) -> None:
        self._columns, self._places, self.n = columns, places, n
        self._picked: dict[int, Sequence[str]] = {}

    def column(self, i: int) -> Sequence[str]:
        """The cells of one column, as they are written."""
        if self._places is None:
            return self._columns[i]
        if i not in self._picked:
            column = self._columns[i]
            self._picked[i] = [column[place] for place in self._places]
        return self._picked[i]

    def at(self, places: Sequence[int], *, item: Sequence[str] | None = None) -> "Rows":
        """The rows at some places, each as often as it is named; ``item``: one more column of as many."""
        if self._places is not None:
            places = [self._places[place] for place in places]
        rows = Rows(self._columns, len(places), places)
        if item is not None:
            rows._picked[len(self._columns)] = item
        return rows


def read_each(read: Callable[[Any], Any], given: Iterable[Any]) -> Column:
    """A reader over a column. ``given`` is gone through once if all can be read, twice if not."""
    given = given if isinstance(given, Sequence) else list(given)
    try:
        return Column(list(map(read, given)))
    except CellError:
        return _one_by_one(read, given)


def _one_by_one(read: Callable[[Any], Any], given: Sequence[Any]) -> Column:
    values: list[Any] = []
    wrong: dict[int, CellError] = {}
    for place, cell in enumerate(given):
        try:
            values.append(read(cell))
        except CellError as error:
            values.append(None)
            wrong[place] = error
    return Column(values, wrong)


def first_wrong(*columns: Column) -> Wrong:
    """What is wrong with values that are made of all these: of several errors of a row, the first."""
    found: dict[int, CellError] = {}
    for column in columns:
        if column.wrong:
            found = {**column.wrong, **found}
    return found or NOTHING_WRONG


def stripped(cells: Sequence[str], missing: frozenset[str]) -> list[str]:
    """Cells without blanks around them, "" for those that stand for nothing."""
    found = list(map(str.strip, cells))
    if len(missing) == 1 or missing.isdisjoint(found):  # "" itself is always missing
        return found
    return ["" if cell in missing else cell for cell in found]


def all_plain(cells: list[str]) -> list[str]:
    """``plain`` of every cell; a column of ASCII is looked at once and left as it is."""
    return cells if "".join(cells).isascii() else [c if c.isascii() else plain(c) for c in cells]
