"""Ways into the log: by what a fact is called, and by its subject.

A way leads from a number (the tie of a fact's id, the number of its subject) to sequence numbers. It is
kept as sorted columns, each covering a stretch of the log, which every process that has the file open
holds at hand and searches by halving. The last stretch, the tail, is not written yet: it is read from
the log itself. Short columns are put together into longer ones, so that there are never many.

Indexes of the database would do the same at several times the cost of the facts themselves, because
subjects and names come in no order, and so nearly every fact would touch a page of its own.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fengsui.engines.sqlite_driver import Connection

TAIL = 50_000  # facts from which on the tail is written
FAN_IN = 8  # columns of one length that are put together
BITS_A_FACT = 32  # of the bitmap, at least half of it; one new fact in sixty is looked up in vain at most
ODD = 0x9E37_79B1  # to spread the second bit of a tie
WAYS = ("subject", "tie")
_WRITTEN = np.dtype("<u4")


class Column(NamedTuple):
    """A stretch of the log from ``first`` on: ``numbers`` in order, and where each stands in the stretch."""

    first: int
    level: int
    numbers: np.ndarray
    offsets: np.ndarray


class Ways:
    """Finds facts in the log by tie and by subject."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.load()

    def load(self) -> None:
        """Read the tail; the columns are read when they are first asked for."""
        self._written_to = self._connection.execute(
            "SELECT coalesce(max(first + span), 1) - 1 FROM way"
        ).fetchone()[0]
        rows = self._connection.execute(
            "SELECT seq, subject, tie FROM fact WHERE seq > ?", (self._written_to,)
        ).fetchall()
        self._tail = [np.array(rows, dtype=np.int64).reshape(len(rows), 3)] if rows else []
        self._columns: dict[str, list[Column]] = {}
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

    def find(self, way: str, numbers: Sequence[int]) -> list[int]:
        """The sequence numbers of all facts with one of these subjects, or ties, in order."""
        wanted = np.unique(np.array(numbers, dtype=np.int64))
        found = [part[np.isin(part[:, 1 + WAYS.index(way)], wanted), 0] for part in self._tail]
        short = wanted.astype(_WRITTEN)  # of one kind with the columns, which would be copied otherwise
        for column in self._read(way):
            low = np.searchsorted(column.numbers, short, "left")
            high = np.searchsorted(column.numbers, short, "right")
            n = high - low
            ends = np.cumsum(n)
            places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(low - ends + n, n)
            found.append(column.first + column.offsets[places].astype(np.int64))
        return np.sort(np.concatenate(found)).tolist() if found else []

    def extend(self, rows: np.ndarray) -> None:
        """New facts were written: int64[n, 3] seq, subject, tie."""
        if len(rows):
            self._tail.append(rows)
            self._mark(rows[:, 2])

    def write(self) -> None:
        """Write the tail, if it has grown long."""
        if sum(map(len, self._tail)) < TAIL:
            return
        rows = np.concatenate(self._tail)
        first, last = self._written_to + 1, int(rows[-1, 0])
        for i, way in enumerate(WAYS, 1):
            self._put(
                way, Column(first, 0, *_in_order(rows[:, i], rows[:, 0] - first)), span=last - first + 1
            )
        self._tail = []
        self._written_to = last

    def _put(self, way: str, column: Column, *, span: int) -> None:
        """Write a column; if there are many of its length by then, all of them as one."""
        columns = self._read(way)
        columns.append(column)
        alike = [c for c in columns if c.level == column.level]
        if len(alike) == FAN_IN:
            for old in alike:
                columns.remove(old)
                self._connection.execute("DELETE FROM way WHERE name = ? AND first = ?", (way, old.first))
            first = alike[0].first
            offsets = np.concatenate([c.offsets.astype(np.int64) + c.first - first for c in alike])
            merged = _in_order(np.concatenate([c.numbers for c in alike]), offsets)
            self._put(way, Column(first, column.level + 1, *merged), span=column.first + span - first)
            return
        entries = column.numbers.astype(_WRITTEN).tobytes() + column.offsets.astype(_WRITTEN).tobytes()
        row = (way, column.first, column.level, span, entries)
        self._connection.execute("INSERT INTO way VALUES (?, ?, ?, ?, ?)", row)

    def _read(self, way: str) -> list[Column]:
        """The columns of a way, by the stretch they cover."""
        if way not in self._columns:
            rows = self._connection.execute(
                "SELECT first, level, entries FROM way WHERE name = ? ORDER BY first", (way,)
            )
            self._columns[way] = [
                Column(first, level, *np.frombuffer(entries, _WRITTEN).reshape(2, -1))
                for first, level, entries in rows
            ]
        return self._columns[way]

    def _reserve(self) -> None:
        """Make the bitmap, or a larger one, so that it has room for all facts there are."""
        n = self._written_to + sum(map(len, self._tail))
        if self._seen is not None and self._seen.size * 8 >= n * BITS_A_FACT // 2:
            return
        bits = min(max((n * BITS_A_FACT).bit_length(), 16), 32)
        self._seen = np.zeros(1 << (bits - 3), dtype=np.uint8)
        for ties in self._ties():
            self._mark(ties)

    def _mark(self, ties: np.ndarray) -> None:
        if self._seen is not None:
            for place in _places(ties.astype(np.int64), self._seen):
                np.bitwise_or.at(self._seen, place >> 3, np.uint8(1) << (place & 7).astype(np.uint8))

    def _ties(self) -> Iterator[np.ndarray]:
        yield from (column.numbers for column in self._read("tie"))
        yield from (part[:, 2] for part in self._tail)


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
