"""Every loop that was ever shown, and whose it was: rows are only appended, and found by a way.

Ids of loops are checksums, so a tree of them would be touched on a page of its own for every loop.
"""

import numpy as np

from fengsui.engines.numbering import rows_in
from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.ways import Way

_LOW = 0xFFFF_FFFF
_ROWS = "SELECT n, id, subject FROM loop_shown WHERE n IN ({})"
_TAIL = "SELECT n, id FROM loop_shown WHERE n > ?"


class Shown:
    """The table ``loop_shown``. Loops and subjects are numbers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._way = Way(connection, "loop", self._read, is_short=True)
        self.load()

    def load(self) -> None:
        """Find the end of the table."""
        self._way.load()
        self._next = self._connection.execute("SELECT coalesce(max(n), 0) + 1 FROM loop_shown").fetchone()[0]

    def add(self, loops: np.ndarray, subjects: np.ndarray) -> None:
        """Enter loops under their subjects, but for those that were last shown so."""
        known = self._subjects_of(loops)
        rows = [
            (loop, subject)
            for loop, subject in zip(loops.tolist(), subjects.tolist(), strict=True)
            if known.get(loop) != subject
        ]
        numbered = [(n, *row) for n, row in enumerate(rows, self._next)]
        self._connection.executemany("INSERT INTO loop_shown VALUES (?, ?, ?)", numbered)
        self._way.extend(_numbers([row[:2] for row in numbered]))
        self._next += len(numbered)

    def subject_of(self, loop: int) -> int | None:
        """Whose a loop was when it was last shown anew; None if it never was."""
        return self._subjects_of(np.array([loop])).get(loop)

    def settle(self) -> None:
        """At the end of a transaction: make the way as long as the table, if that is due."""
        self._way.write()

    def _subjects_of(self, loops: np.ndarray) -> dict[int, int]:
        found = sorted(rows_in(self._connection, _ROWS, self._way.find(loops & _LOW)))
        return {loop: subject for _, loop, subject in found}  # of several rows, the last

    def _read(self, above: int) -> np.ndarray:
        return _numbers(self._connection.execute(_TAIL, (above,)).fetchall())


def _numbers(rows: list[tuple[int, int]]) -> np.ndarray:
    """Row and number of loops, given as row and id."""
    return np.array(rows, dtype=np.int64).reshape(len(rows), 2) & (-1, _LOW)
