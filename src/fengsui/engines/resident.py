"""Histories at hand: every fact there is as numbers, so that a batch need not read those before it.

It can be thrown away at any moment; what it holds stands in the log. As reading it from there takes a
hundred times as long as taking it over, it is also kept in the file, as it lies in memory, some tens of
thousands of facts at a time; what is younger is read from the log. 32 bytes a fact.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from fengsui.engines import chains
from fengsui.engines.kept import WHEN, WIDTH, Kept
from fengsui.engines.log import Arrival
from fengsui.engines.looks import Looks
from fengsui.engines.numbering import Words
from fengsui.engines.sqlite_driver import Connection
from fengsui.facts.batch import Batch
from fengsui.loops.bulk import Derivation
from fengsui.loops.columns import Columns

ROOM = 1 << 16  # facts and subjects, to begin with
KEPT = 50_000  # facts from which on they are written
AT_ONCE = 50_000  # facts read from the log together
_UNKNOWN = -2

_READ = (
    "SELECT seq, subject, kind, at, recorded_at, source, span, place, by, data, tie"
    " FROM fact WHERE seq > ? AND seq < ? ORDER BY seq"
)


class Resident:
    """Facts of subjects as the kernel reads them. Subjects are numbers (``numbering.Subjects``)."""

    def __init__(self, kernel: Derivation, kept: Kept, *, connection: Connection, words: Words) -> None:
        self._kernel = kernel
        self._connection = connection
        self._words = words
        self._looks = Looks(kernel)
        self._kept = kept
        self.forget()

    def forget(self) -> None:
        """Throw everything away."""
        self.n = 0  # the last sequence number that is at hand
        self._rows = np.zeros((ROOM, WIDTH), np.int64)
        self._last = np.zeros(ROOM, np.uint32)
        self._count = np.zeros(ROOM, np.int32)
        self._places = np.full(1024, _UNKNOWN, np.int32)  # the kernel's, by word
        self._looks.forget()
        self._n_kept: int | None = None  # the last sequence number that is written, once that is known

    @property
    def n_looks(self) -> int:
        """How many ways for facts to look were met."""
        return len(self._looks.sights)

    def catch_up(self, seq: int) -> None:
        """Have everything at hand that the log has below a sequence number."""
        if self._n_kept is None:
            self._take_over()
        while self.n + 1 < seq:
            self._read(min(seq, self.n + 1 + AT_ONCE))

    def add(self, batch: Batch, arrival: Arrival) -> np.ndarray:
        """Add the new rows of a batch, which need not be in the log yet. bool[n]: whether they can matter."""
        n = len(batch)
        look = self._looks.of_columns(batch.kind, batch.data, batch.by, batch.place, source=batch.source)
        is_new = np.zeros(n, dtype=bool)
        is_new[arrival.new] = True
        self._put(
            slice(arrival.first, arrival.first + n),
            subjects=np.where(is_new, arrival.subjects, 0),
            when=np.minimum(np.array(batch.at, np.int64), np.array(batch.recorded_at, np.int64)),
            span=batch.span,
            place=np.array(arrival.places, np.int64),
            look=look,
            tie=arrival.ties,
        )
        return self._looks.rows[look, 0] != 0

    def cut(self, seq: int) -> None:
        """Forget everything from a sequence number on, and what was numbered since."""
        self._n_kept = self._kept.last() if self.n else None
        self._places[len(self._words.texts) :] = _UNKNOWN
        if self.n >= seq:
            chains.cut(self._rows, self._last, self._count, seq, self.n + 1)
            self._rows[seq : self.n + 1] = 0
            self.n = seq - 1

    def columns(self, subjects: np.ndarray) -> Columns:
        """The facts of some subjects that any pattern matches."""
        start = np.zeros(len(subjects) + 1, np.int64)
        np.cumsum(self._count[subjects], out=start[1:])
        cols = self._room(start)
        chains.collect(self._rows, self._last, subjects, self._looks.rows, self._places, cols)
        return cols

    def before(self, cols: Columns, seq: int) -> Columns:
        """The same without the facts from a sequence number on."""
        start = np.empty_like(cols.start)
        chains.count_before(cols, seq, start)
        earlier = self._room(start)
        chains.copy_before(cols, seq, earlier)
        return earlier

    def shift(self, when: Mapping[int, int]) -> None:
        """Some facts turn out to count from another moment on."""
        for seq, moment in when.items():
            if seq <= self.n:
                self._rows[seq, WHEN] = moment

    def write(self) -> None:
        """Keep in the file what is not kept yet, if it is much by now."""
        if self._n_kept is None or self.n - self._n_kept < KEPT:
            return
        # What ends in a gap is not kept: another process may give these sequence numbers to other facts.
        rows = self._rows[self._n_kept + 1 : self.n + 1]
        there = np.flatnonzero(rows[:, chains.SUBJECT_BEFORE])
        n = int(there[-1]) + 1 if len(there) else 0
        if n >= KEPT:
            rows = rows[:n].copy()
            rows[:, chains.SUBJECT_BEFORE] &= ~chains.LOW  # the links are made anew
            self._kept.write(self._n_kept + 1, rows, sights=self._looks.sights, asked=self._looks.asked)
            self._n_kept += n

    def _take_over(self) -> None:
        """Read what is kept in the file; it is dropped if it was written by a program that asks otherwise."""
        if self._kept.asked() != self._looks.asked:
            self._kept.drop()
        self._looks.restore(self._kept.sights())
        for first, rows in self._kept.rows():
            end = first + len(rows)
            self._reserve(end, 1 + int((rows[:, chains.SUBJECT_BEFORE] >> 32).max(initial=0)))
            self._rows[first:end] = rows
            self._know(rows[:, chains.PLACE_LOOK] >> 32)
            self._hang(first, end)
        self._n_kept = self.n

    def _read(self, until: int) -> None:
        """Read facts from the log, up to before a sequence number."""
        rows = self._connection.execute(_READ, (self.n, until)).fetchall()
        self._reserve(until, 0)
        self.n = until - 1
        if not rows:
            return
        seq, subject, kind, at, recorded, source, span, place, by, data, tie = zip(*rows, strict=True)
        text = self._words.texts.__getitem__
        look = self._looks.of_columns(
            list(map(text, kind)),
            data,
            [name or None for name in by],
            [self._words.text(word) for word in place],
            source=list(map(text, source)),
        )
        self._put(
            np.array(seq, np.int64),
            subjects=np.array(subject, np.int64),
            when=np.minimum(np.array(at, np.int64), np.array(recorded, np.int64)),
            span=span,
            place=np.array(place, np.int64),
            look=look,
            tie=np.array(tie, np.int64),
        )

    def _put(
        self,
        where: slice | np.ndarray,
        *,
        subjects: np.ndarray,
        when: np.ndarray,
        span: Sequence[int],
        place: np.ndarray,
        look: np.ndarray,
        tie: np.ndarray,
    ) -> None:
        """Fill rows and hang them on; ``where``: their sequence numbers."""
        first, end = (where.start, where.stop) if isinstance(where, slice) else (where[0], where[-1] + 1)
        self._reserve(int(end), int(subjects.max(initial=0)) + 1)
        self._know(place)
        self._rows[where, WHEN] = when
        self._rows[where, chains.SPAN_TIE] = np.array(span, np.int64) << 32 | tie
        self._rows[where, chains.PLACE_LOOK] = place << 32 | look
        self._rows[where, chains.SUBJECT_BEFORE] = subjects << 32
        self._hang(int(first), int(end))

    def _hang(self, first: int, end: int) -> None:
        chains.hang(self._rows, self._last, self._count, self._looks.rows[:, 0], first, end)
        self.n = max(self.n, end - 1)

    def _know(self, places: np.ndarray) -> None:
        """Know the kernel's numbers of places given as words."""
        if len(self._words.texts) > len(self._places):
            self._places = _grown(self._places, 2 * len(self._words.texts), fill=_UNKNOWN)
        occurs = np.zeros(len(self._places), dtype=bool)
        occurs[places] = True
        for word in np.flatnonzero(occurs & (self._places == _UNKNOWN)).tolist():
            self._places[word] = self._kernel.places.number(self._words.text(word))

    def _room(self, start: np.ndarray) -> Columns:
        n = int(start[-1])
        long, short = np.empty((3, n), np.int64), np.empty((3, n), np.int32)
        extra = np.empty((max(1, self._looks.n_fields), n), np.int64)
        return Columns(start, long[0], short[0], short[1], short[2], extra, long[1], long[2])

    def _reserve(self, facts: int, subjects: int) -> None:
        if facts > len(self._rows):
            self._rows = _grown(self._rows, max(facts, len(self._rows) * 3 // 2))
        if subjects > len(self._last):
            room = max(2 * len(self._last), subjects)
            self._last, self._count = _grown(self._last, room), _grown(self._count, room)


def _grown(array: np.ndarray, room: int, *, fill: int = 0) -> np.ndarray:
    grown = np.zeros((room, *array.shape[1:]), array.dtype)  # which takes no memory until it is written to
    grown[: len(array)] = array
    if fill:
        grown[len(array) :] = fill
    return grown
