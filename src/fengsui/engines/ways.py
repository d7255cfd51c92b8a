"""Ways into the log: by what a fact is called, and by its subject.

The tables ``by_tie`` and ``by_subject`` cover the log up to a mark. Facts after the mark, the tail, are
kept at hand by every process that has the file open, and are entered into the tables when there are
many. Whether a fact may have been told before is first asked of a bitmap, so that a new one is known to
be new without reading anything.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from fengsui.engines.numbering import rows_in
from fengsui.engines.sqlite_driver import Connection

LEAST_TAIL, MOST_TAIL = 100_000, 1_000_000  # facts; between, a sixteenth of what is entered
MANY = 256  # facts of a batch from which on the bitmap is worth making
BITS_A_FACT = 16  # of the bitmap, at least; one new fact in sixteen is looked up for nothing at most


class Ways:
    """``tail``: (seq, subject, tie) of the facts that are not entered yet."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seen: np.ndarray | None = None
        self.load()

    def load(self) -> None:
        """Read the tail."""
        self._entered_to = int(
            self._connection.execute("SELECT value FROM meta WHERE name = 'indexed_to'").fetchone()[0]
        )
        sql = "SELECT seq, subject, tie FROM fact WHERE seq > ?"
        rows = self._connection.execute(sql, (self._entered_to,)).fetchall()
        self._tail = [np.array(rows, dtype=np.int64).reshape(len(rows), 3)]
        self._seqs: dict[int, int | tuple[int, ...]] = {}
        self._remember(self._tail[0])
        self._seen = None

    @property
    def n_facts(self) -> int:
        """How many facts there are; also the last sequence number."""
        return self._entered_to + sum(map(len, self._tail))

    def suspects(self, ties: np.ndarray) -> np.ndarray:
        """bool[n]: whether a fact of such a tie may be in the log, or comes twice in this batch."""
        found = np.zeros(len(ties), dtype=bool)
        order = np.argsort(ties, kind="stable")
        twice = ties[order][1:] == ties[order][:-1]
        found[order[1:][twice]] = True
        if len(ties) < MANY:
            known = dict.fromkeys(ties.tolist())
            entered = rows_in(self._connection, "SELECT tie FROM by_tie WHERE tie IN ({})", known)
            told = {tie for (tie,) in entered} | (known.keys() & self._seqs.keys())
            return found | np.isin(ties, np.array(sorted(told), dtype=np.int64))
        place = self._place(ties)
        return found | (self._bitmap()[place >> 3] >> (place & 7).astype(np.uint8) & 1).astype(bool)

    def seqs(self, tie: int) -> list[int]:
        """The sequence numbers of the facts of a tie."""
        entered = self._connection.execute("SELECT seq FROM by_tie WHERE tie = ?", (tie,)).fetchall()
        return [*(seq for (seq,) in entered), *_several(self._seqs.get(tie, ()))]

    def of_subjects(self, subjects: Sequence[int]) -> list[int]:
        """The sequence numbers of all facts of some subjects, in order."""
        sql = "SELECT seq FROM by_subject WHERE subject IN ({})"
        found = [seq for (seq,) in rows_in(self._connection, sql, subjects)]
        wanted = np.array(subjects, dtype=np.int64)
        for part in self._tail:
            found += part[np.isin(part[:, 1], wanted), 0].tolist()
        return sorted(set(found))

    def extend(self, rows: np.ndarray) -> None:
        """New facts were written: int64[n, 3] seq, subject, tie."""
        self._tail.append(rows)
        self._remember(rows)
        if self._seen is not None:
            self._mark(rows[:, 2])

    def enter(self) -> None:
        """Enter the tail into the tables, if it has grown long."""
        n_tail = sum(map(len, self._tail))
        if n_tail < min(max(LEAST_TAIL, self._entered_to // 16), MOST_TAIL):
            return
        rows = np.concatenate(self._tail)
        run = self._connection.executemany
        run("INSERT INTO by_subject VALUES (?, ?)", _in_order(rows[:, (1, 0)]))
        run("INSERT INTO by_tie VALUES (?, ?)", _in_order(rows[:, (2, 0)]))
        self._entered_to += n_tail
        sql = "UPDATE meta SET value = ? WHERE name = 'indexed_to'"
        self._connection.execute(sql, (str(self._entered_to),))
        self._tail, self._seqs = [], {}

    def _remember(self, rows: np.ndarray) -> None:
        ties = rows[:, 2].tolist()
        new = dict(zip(ties, rows[:, 0].tolist(), strict=True))
        if len(new) == len(ties) and self._seqs.keys().isdisjoint(new):
            self._seqs |= new
            return
        for seq, tie in zip(rows[:, 0].tolist(), ties, strict=True):
            held = self._seqs.get(tie)
            self._seqs[tie] = seq if held is None else (*_several(held), seq)

    def _place(self, ties: np.ndarray) -> np.ndarray:
        """The bit of each tie: its upper bits."""
        return ties >> (32 - int(self._bitmap().size * 8).bit_length() + 1)

    def _bitmap(self) -> np.ndarray:
        n = self.n_facts
        if self._seen is None or self._seen.size * 8 < n * BITS_A_FACT // 2:
            bits = min(max((n * BITS_A_FACT).bit_length(), 16), 32)
            self._seen = np.zeros(1 << (bits - 3), dtype=np.uint8)
            for ties in self._ties():
                self._mark(ties)
        return self._seen

    def _mark(self, ties: np.ndarray) -> None:
        place = ties >> (32 - int(self._seen.size * 8).bit_length() + 1)
        np.bitwise_or.at(self._seen, place >> 3, np.uint8(1) << (place & 7).astype(np.uint8))

    def _ties(self) -> Iterator[np.ndarray]:
        cursor = self._connection.execute("SELECT tie FROM by_tie")
        while rows := cursor.fetchmany(100_000):
            yield np.array(rows, dtype=np.int64)[:, 0]
        yield from (part[:, 2] for part in self._tail)


def _in_order(rows: np.ndarray) -> Iterable[list[int]]:
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))].tolist()


def _several(seqs: int | tuple[int, ...]) -> tuple[int, ...]:
    return (seqs,) if isinstance(seqs, int) else seqs
