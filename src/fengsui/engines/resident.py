"""Histories at hand: the facts of subjects met lately as numbers, so that a batch need not read them again.

It can be thrown away at any moment; what it holds stands in the log. A subject is read from the log
when it is first touched, and from then on its new facts are added as they arrive.
"""

from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np

from fengsui.engines.log import Stored
from fengsui.facts.batch import Batch, data_of
from fengsui.facts.fact import Fact
from fengsui.kit.instant import NEVER
from fengsui.loops.bulk import Derivation
from fengsui.loops.columns import Columns, look_of
from fengsui.loops.kernel_resident import Chains, collect, lengths, link

ROOM = 1 << 16  # facts, to begin with
MOST = 40_000_000  # facts, before everything is thrown away: about 3 GB
LOOKS = 200_000  # different (kind, data) remembered before that is thrown away


class Resident:
    """Facts of subjects as the kernel reads them. Subjects are numbers (``numbering.Subjects``)."""

    def __init__(self, kernel: Derivation) -> None:
        self._kernel = kernel
        self._readers = [tuple(field.split(":", 1)) for field in kernel.fields]
        self._looks: dict[tuple[str, str, str | None], tuple[int, ...]] = {}
        self.forget()

    def forget(self) -> None:
        """Throw everything away."""
        self.n = 0
        self._chains = _chains(ROOM, 1024, max(1, len(self._readers)))
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
            looks=[self._look(f.kind, f.by, None, f) for f in facts],
        )

    def add(self, batch: Batch, rows: Sequence[int], subjects: np.ndarray, *, first: int) -> int:
        """Add rows of a batch just written; ``first``: its first sequence number. Returns where they begin."""
        begins = self.n
        if self.n > MOST:
            raise MemoryError("forget first")
        pick = _picker(rows, len(batch))
        at, recorded = np.array(pick(batch.at), np.int64), np.array(pick(batch.recorded_at), np.int64)
        source, key = pick(batch.source), pick(batch.key)
        self._add(
            subjects,
            refs=np.asarray(rows, np.int64) + first,
            when=np.minimum(at, recorded),
            span=pick(batch.span),
            place=pick(batch.place),
            tie=[crc32(f"{s}:{k}".encode()) for s, k in zip(source, key, strict=True)],
            looks=list(map(self._look, pick(batch.kind), pick(batch.by), pick(batch.data))),
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
        looks: Sequence[tuple[int, ...]],
    ) -> None:
        n = len(subjects)
        if not n:
            return
        self._reserve(n, int(subjects.max()) + 1)
        new, c, number = slice(self.n, self.n + n), self._chains, self._kernel.places.number
        c.when[new], c.span[new], c.ref[new], c.tie[new] = when, span, refs, tie
        c.place[new] = list(map(number, place))
        table = np.array(looks, np.int64).reshape(n, 1 + len(self._readers))
        c.code[new] = table[:, 0]
        c.extra[new, : len(self._readers)] = table[:, 1:]
        link(c, subjects, self.n)
        self._is_here[subjects] = True
        self.n += n

    def _look(self, kind: str, by: str | None, data: str | None, fact: Fact | None = None) -> tuple[int, ...]:
        """The code of a fact and its extra columns; ``data`` as text, or the fact itself."""
        if fact is None:
            known = self._looks.get((kind, data, by))
            if known is not None:
                return known
            fact = Fact(kind, "", 0, 0, "", "", by=by, data=data_of(data))
        k = self._kernel
        look = (
            k.codebook.code(fact),
            *(
                look_of(use, name, fact, places=k.places, words=k.words, keys=k.keys)
                for use, name in self._readers
            ),
        )
        if data is not None:
            if len(self._looks) > LOOKS:
                self._looks.clear()
            self._looks[kind, data, by] = look
        return look

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


def _picker(rows: Sequence[int], n: int):
    """How to take rows out of a column: all of it if all are asked for."""
    return (lambda column: column) if len(rows) == n else (lambda column: [column[i] for i in rows])
