"""Ways into tables that only grow: from a number their rows have (a checksum of a name, say) to the rows.

A way is kept as sorted columns, each covering a stretch of the table, which every process that has the
file open holds at hand and searches by halving. The last stretch, the tail, is not written yet: it is read
from the table itself. Short columns are put together into longer ones, so that there are never many.

Indexes of the database would do the same at several times the cost of the rows themselves, because
subjects, names and ids come in no order, and so nearly every row would touch a page of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fengsui.engines.sqlite_driver import Connection

TAIL = 50_000  # rows from which on the tail is written
SHORT_TAIL = 5_000  # the same, of a table whose rows are texts and take long to read
FAN_IN = 8  # columns of one length that are put together
BITS_A_FACT = 32  # of the bitmap, at least half of it; one new fact in sixty is looked up in vain at most
ODD = 0x9E37_79B1  # to spread the second bit of a tie
_WRITTEN = np.dtype("<u4")

Read = Callable[[int], np.ndarray]  # the rows above some row: int64[n, 2] row, number


class Column(NamedTuple):
    """A stretch of the table from ``first`` on: ``numbers`` in order, and where each stands in it."""

    first: int
    level: int
    numbers: np.ndarray
    offsets: np.ndarray


class Way:
    """Finds rows of one table by their number, below 2**32; several rows may have the same."""

    def __init__(self, connection: Connection, name: str, read: Read, *, is_short: bool = False) -> None:
        self._connection = connection
        self._name = name
        self._read = read
        self._is_short = is_short
        self.load()

    def load(self) -> None:
        """Start afresh; columns and tail are read when they are first asked for."""
        self._held: list[Column] | None = None
        self._parts: list[np.ndarray] | None = None

    def find(self, numbers: Sequence[int]) -> list[int]:
        """The rows that have one of these numbers, in order."""
        wanted = np.unique(np.array(numbers, dtype=np.int64))
        found = [self._in_tail(wanted)] if len(wanted) else []
        short = wanted.astype(_WRITTEN)  # of one kind with the columns, which would be copied otherwise
        for column in self._columns():
            low = np.searchsorted(column.numbers, short, "left")
            high = np.searchsorted(column.numbers, short, "right")
            n = high - low
            ends = np.cumsum(n)
            places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(low - ends + n, n)
            found.append(column.first + column.offsets[places].astype(np.int64))
        return np.sort(np.concatenate(found)).tolist() if found else []

    def extend(self, rows: np.ndarray) -> None:
        """New rows were written: int64[n, 2] row, number."""
        if self._parts is not None and len(rows):
            self._parts.append(rows)

    def write(self) -> None:
        """Write the tail, if it has grown long."""
        if self._length() < (SHORT_TAIL if self._is_short else TAIL):
            return
        rows = np.concatenate(self._tail())
        first, last = self._written_to() + 1, int(rows[-1, 0])
        self._put(Column(first, 0, *_in_order(rows[:, 1], rows[:, 0] - first)), span=last - first + 1)
        self._parts = []

    def _length(self) -> int:
        return sum(map(len, self._tail()))

    def _in_tail(self, wanted: np.ndarray) -> np.ndarray:
        if len(self._tail()) > 1:
            self._parts = [np.concatenate(self._tail())]
        rows, numbers = self._tail()[0].T if self._tail() else (wanted[:0], wanted[:0])
        place = np.minimum(np.searchsorted(wanted, numbers), len(wanted) - 1)
        return rows[wanted[place] == numbers]

    def _tail(self) -> list[np.ndarray]:
        if self._parts is None:
            self._parts = [self._read(self._written_to())]
        return self._parts

    def _written_to(self) -> int:
        sql = "SELECT coalesce(max(first + span), 1) - 1 FROM way WHERE name = ?"
        return self._connection.execute(sql, (self._name,)).fetchone()[0]

    def _put(self, column: Column, *, span: int) -> None:
        """Write a column; if there are many of its length by then, all of them as one."""
        columns = self._columns()
        columns.append(column)
        alike = [c for c in columns if c.level == column.level]
        if len(alike) == FAN_IN:
            for old in alike:
                columns.remove(old)
                sql = "DELETE FROM way WHERE name = ? AND first = ?"
                self._connection.execute(sql, (self._name, old.first))
            first = alike[0].first
            offsets = np.concatenate([c.offsets.astype(np.int64) + c.first - first for c in alike])
            merged = _in_order(np.concatenate([c.numbers for c in alike]), offsets)
            self._put(Column(first, column.level + 1, *merged), span=column.first + span - first)
            return
        entries = column.numbers.astype(_WRITTEN).tobytes() + column.offsets.astype(_WRITTEN).tobytes()
        row = (self._name, column.first, column.level, span, entries)
        self._connection.execute("INSERT INTO way VALUES (?, ?, ?, ?, ?)", row)

    def _columns(self) -> list[Column]:
        """The columns, by the stretch they cover."""
        if self._held is None:
            sql = "SELECT first, level, entries FROM way WHERE name = ? ORDER BY first"
            self._held = [
                Column(first, level, *np.frombuffer(entries, _WRITTEN).reshape(2, -1))
                for first, level, entries in self._connection.execute(sql, (self._name,))
            ]
        return self._held


class Ties(Way):
    """The way to facts by their tie, and a bitmap that says of most ties that no fact has them."""

    def load(self) -> None:
        """See ``Way.load``."""
        super().load()
        self._seen: np.ndarray | None = None

    def suspects(self, ties: np.ndarray) -> np.ndarray:
        """bool[n]: whether a fact of such a tie may be in the log, or comes twice in this batch."""
        ordered = np.sort(ties)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        found = np.isin(ties, twice) if len(twice) else np.zeros(len(ties), dtype=bool)
        self._reserve()
        seen = np.ones(len(ties), dtype=np.uint8)
        for place in _places(ties, self._seen):
            seen &= self._seen[place >> 3] >> (place & 7).astype(np.uint8)
        return found | (seen & 1).astype(bool)

    def extend(self, rows: np.ndarray) -> None:
        """See ``Way.extend``."""
        super().extend(rows)
        self._mark(rows[:, 1])

    def _reserve(self) -> None:
        """Make the bitmap, or a larger one, so that it has room for all facts there are."""
        n = self._written_to() + self._length()
        if self._seen is not None and self._seen.size * 8 >= n * BITS_A_FACT // 2:
            return
        bits = min(max((n * BITS_A_FACT).bit_length(), 16), 32)
        self._seen = np.zeros(1 << (bits - 3), dtype=np.uint8)
        for ties in self._every():
            self._mark(ties)

    def _mark(self, ties: np.ndarray) -> None:
        if self._seen is not None:
            for place in _places(ties.astype(np.int64), self._seen):
                np.bitwise_or.at(self._seen, place >> 3, np.uint8(1) << (place & 7).astype(np.uint8))

    def _every(self) -> Iterator[np.ndarray]:
        yield from (column.numbers for column in self._columns())
        yield from (part[:, 1] for part in self._tail())


def pairs(connection: Connection, sql: str) -> Read:
    """Reads the rows above some row with a query that has its place for it, and gives row and number."""

    def read(above: int) -> np.ndarray:
        rows = connection.execute(sql, (above,)).fetchall()
        return np.array(rows, dtype=np.int64).reshape(len(rows), 2)

    return read


def _in_order(numbers: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both below 2**32. Sorted as one number, which takes a tenth of sorting places by their numbers."""
    both = numbers.astype(np.uint64) << np.uint64(32) | offsets.astype(np.uint64)
    both.sort()
    return (both >> np.uint64(32)).astype(_WRITTEN), both.astype(_WRITTEN)


def _places(ties: np.ndarray, bitmap: np.ndarray) -> Iterator[np.ndarray]:
    """The two bits of each tie: its upper bits, and those of a multiple of it."""
    shift = 33 - int(bitmap.size * 8).bit_length()
    yield ties >> shift
    yield (ties * ODD & 0xFFFF_FFFF) >> shift
