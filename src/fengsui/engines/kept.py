"""Histories as they are kept in the file: rows of numbers, a stretch of the log in one value.

They hold nothing that is not in the log, but for the numbers of looks, which hold under the protocols they
were given under.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from fengsui.engines.sqlite_driver import Connection

WIDTH = 4  # numbers a row
WHEN = 0  # the column that can change: the moment from which a fact counts
_WRITTEN = np.dtype("<i8")


class Kept:
    """The tables ``history``, ``opening`` and ``look``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last(self) -> int:
        """The last sequence number there is a row of."""
        sql = "SELECT first + length(rows) / ? - 1 FROM history ORDER BY first DESC LIMIT 1"
        found = self._connection.execute(sql, (WIDTH * _WRITTEN.itemsize,)).fetchone()
        return found[0] if found else 0

    def rows(self) -> Iterator[tuple[int, np.ndarray]]:
        """Every stretch: the first sequence number, and int64[n, WIDTH]."""
        sql = "SELECT first, rows FROM history ORDER BY first"
        for first, written in self._connection.cursor().execute(sql):
            yield first, _read(written)

    def openings(self) -> Iterator[np.ndarray]:
        """Loops that were met: int64[n, WIDTH], word of the protocol, subject, opening fact, id."""
        for (written,) in self._connection.execute("SELECT rows FROM opening ORDER BY id"):
            yield _read(written)

    def open(self, rows: np.ndarray) -> None:
        """Add loops."""
        self._connection.execute("INSERT INTO opening (rows) VALUES (?)", (_written(rows),))

    def asked(self) -> str:
        """Under what the looks were numbered: a digest of all that is asked of facts. Empty: of nothing."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = 'asked'").fetchone()
        return row[0] if row else ""

    def sights(self) -> list[str]:
        """Every look, in the order of their numbers."""
        return [text for (text,) in self._connection.execute("SELECT sight FROM look ORDER BY id")]

    def write(self, first: int, rows: np.ndarray, *, sights: Iterable[str], asked: str) -> None:
        """Add a stretch; ``sights``: of all looks there are."""
        sql = "INSERT INTO meta VALUES ('asked', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        self._connection.execute(sql, (asked,))
        self._connection.execute("INSERT INTO history VALUES (?, ?)", (first, _written(rows)))
        n = self._connection.execute("SELECT count(*) FROM look").fetchone()[0]
        new = [(i, sight) for i, sight in enumerate(sights) if i >= n]
        self._connection.executemany("INSERT INTO look VALUES (?, ?)", new)

    def shift(self, when: Mapping[int, int]) -> None:
        """Some facts, by sequence number, turn out to count from another moment on."""
        sql = "SELECT first, rows FROM history WHERE first <= ? ORDER BY first DESC LIMIT 1"
        for seq, moment in when.items():
            first, written = self._connection.execute(sql, (seq,)).fetchone() or (seq, b"")
            rows = _read(written).copy()
            if seq - first < len(rows):
                rows[seq - first, WHEN] = moment
                change = "UPDATE history SET rows = ? WHERE first = ?"
                self._connection.execute(change, (_written(rows), first))

    def drop(self) -> None:
        """Empty the tables."""
        self._connection.execute("DELETE FROM history")
        self._connection.execute("DELETE FROM opening")
        self._connection.execute("DELETE FROM look")


def _read(written: bytes) -> np.ndarray:
    return np.frombuffer(written, _WRITTEN).reshape(-1, WIDTH)


def _written(rows: np.ndarray) -> bytes:
    return rows.astype(_WRITTEN, copy=False).tobytes()
