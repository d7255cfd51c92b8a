"""Histories at hand: the facts of subjects met lately as numbers, so that a batch need not read them again.

It can be thrown away at any moment; what it holds stands in the log. A subject is read from the log
when it is first touched, and from then on its new facts are added as they arrive.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from zlib import crc32

import numpy as np

from fengsui.engines.log import Arrival, Stored
from fengsui.engines.looks import Looks
from fengsui.facts.batch import Batch
from fengsui.kit.instant import NEVER
from fengsui.loops.bulk import Derivation
from fengsui.loops.columns import Columns
from fengsui.loops.kernel_resident import Chains, collect, lengths, link

ROOM = 1 << 16  # facts, to begin with
MOST = 40_000_000  # facts, before everything is thrown away: about 3 GB


class Resident:
    """Facts of subjects as the kernel reads them. Subjects are numbers (``numbering.Subjects``)."""

    def __init__(self, kernel: Derivation) -> None:
        self._kernel = kernel
        self._looks = Looks(kernel)
        self.forget()

    def forget(self) -> None:
        """Throw everything away."""
        self.n = 0
        self._chains = _chains(ROOM, 1024, max(1, self._looks.n_fields))
        self._is_here = np.zeros(1024, dtype=bool)

    def absent(self, subjects: np.ndarray) -> np.ndarray:
        """Those of these subjects whose facts are not at hand."""
        self._reserve(0, int(subjects.max()) + 1 if len(subjects) else 0)
        return subjects[~self._is_here[subjects]]

    def bring(self, subjects: np.ndarray, records: Iterable[tuple[int, Stored]]) -> None:
        """Take in everything the log has of some absent subjects: (subject number, record)."""
        self._is_here[subjects] = True
        rows = sorted(records, key=lambda pair: pair[1].seq)
        facts = [stored.fact for _, stored in rows]
        self._add(
            np.array([number for number, _ in rows], np.int64),
            refs=np.array([stored.seq for _, stored in rows], np.int64),
            when=np.array([f.when for f in facts], np.int64),
            span=[f.span for f in facts],
            place=[f.place for f in facts],
            tie=[crc32(f.id.encode()) for f in facts],
            looks=self._looks.of_facts(facts),
        )

    def add(self, batch: Batch, arrival: Arrival, rows: Sequence[int]) -> int:
        """Add some new rows of a batch just written. Returns where they begin here."""
        begins = self.n
        pick = _picker(rows, len(batch))
        at, recorded = np.array(pick(batch.at), np.int64), np.array(pick(batch.recorded_at), np.int64)
        self._add(
            arrival.subjects[rows],
            refs=np.asarray(rows, np.int64) + arrival.first,
            when=np.minimum(at, recorded),
            span=pick(batch.span),
            place=pick(batch.place),
            tie=arrival.ties[rows],
            looks=self._looks.of_columns(
                pick(batch.kind),
                pick(batch.data),
                pick(batch.by),
                pick(batch.place),
                source=pick(batch.source),
            ),
        )
        return begins

    def columns(self, subjects: np.ndarray, *, below: int | None = None) -> Columns:
        """The facts of some subjects; ``below``: only those numbered before it (see ``add``)."""
        below = self.n if below is None else below
        start = np.empty(len(subjects) + 1, np.int64)
        n = lengths(self._chains, subjects, below, start)
        long, short = np.empty((3, n), np.int64), np.empty((3, n), np.int32)
        extra = np.empty((self._chains.extra.shape[1], n), np.int64)
        cols = Columns(start, long[0], short[0], short[1], short[2], extra, long[1], long[2])
        collect(self._chains, subjects, below, cols)
        return cols

    def _add(
        self,
        subjects: np.ndarray,
        *,
        refs: np.ndarray,
        when: np.ndarray,
        span: Sequence[int],
        place: Sequence[str | None],
        tie: Sequence[int],
        looks: np.ndarray,
    ) -> None:
        n = len(subjects)
        if not n:
            return
        self._reserve(n, int(subjects.max()) + 1)
        new, c, number = slice(self.n, self.n + n), self._chains, self._kernel.places.number
        c.when[new], c.span[new], c.ref[new], c.tie[new] = when, span, refs, tie
        c.place[new] = list(map(number, place))
        c.code[new] = looks[:, 0]
        c.extra[new, : looks.shape[1] - 1] = looks[:, 1:]
        link(c, subjects, self.n)
        self._is_here[subjects] = True
        self.n += n

    def _reserve(self, n: int, subjects: int) -> None:
        c = self._chains
        if self.n + n > len(c.when):
            room = max(2 * len(c.when), self.n + n)
            self._chains = c = Chains(c.last, *(_grown(a, room, self.n) for a in c[1:]))
        if subjects > len(c.last):
            room, had = max(2 * len(c.last), subjects), len(c.last)
            last = np.full(room, -1, np.int64)
            last[:had] = c.last
            self._chains = Chains(last, *c[1:])
            self._is_here = _grown(self._is_here, room, had)
            self._is_here[had:] = False


def _chains(facts: int, subjects: int, fields: int) -> Chains:
    kinds = (np.int64, np.int64, np.int32, np.int32, np.int32, np.int64, np.int64)
    return Chains(
        np.full(subjects, -1, np.int64),
        *(np.empty(facts, kind) for kind in kinds),
        np.full((facts, fields), NEVER, np.int64),
    )


def _grown(array: np.ndarray, room: int, used: int) -> np.ndarray:
    grown = np.empty((room, *array.shape[1:]), array.dtype)
    grown[:used] = array[:used]
    return grown


def _picker(rows: Sequence[int], n: int) -> Callable[[Sequence], Sequence]:
    """How to take rows out of a column: all of it if all are asked for."""
    if len(rows) == n:
        return lambda column: column
    if len(rows) < 2:
        return lambda column: [column[i] for i in rows]
    return itemgetter(*rows)
