"""Running loops in memory: facts come in, the loops they touch are derived again, their state is replaced.

It is made of the parts the stores are made of (linked histories, the kernel) and nothing else. State is
kept by obligation: from when it is broken, until when that lasts, and by which fact it was met; it is laid
out for one loop a subject, which is what the made-up input has.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.house.rules import NAME, inbound, rules_of, world
from fengsui.engines.replay import _Replay
from fengsui.loops.bulk import Derivation
from fengsui.loops.columns import Columns
from fengsui.loops.kernel_diff import breaks_of
from fengsui.loops.kernel_resident import Chains, collect, lengths, link
from fengsui.loops.kernel_rows import R_MET

WORKERS = 2
SHARED_FROM = 20_000  # touched subjects from which on a second thread pays
AT_ONCE = 1 << 16  # subjects derived together: what is worked on stays near the processor


@dataclass(frozen=True, slots=True)
class Rows:
    """Facts as numbers, in the order in which they arrived."""

    subject: np.ndarray
    when: np.ndarray
    code: np.ndarray
    place: np.ndarray
    tie: np.ndarray
    ref: np.ndarray
    extra: np.ndarray  # [facts, fields]

    def __len__(self) -> int:
        return len(self.subject)

    def __getitem__(self, part: slice) -> "Rows":
        return Rows(*(getattr(self, name)[part] for name in self.__slots__))


def compiled() -> Derivation:
    """The rules as the kernel reads them."""
    return Derivation(rules_of(inbound()), world())


def rows_of_file(path: str, derivation: Derivation, *, now: int) -> Rows:
    """The facts of a file in the order of their arrival, repeats left out."""
    file = _Replay(Path(path), derivation, NAME, now)
    cols = file._columns(0, int(file.table["subject"].max()) + 1)
    subject = np.repeat(np.arange(len(cols.start) - 1), np.diff(cols.start))
    order = np.argsort(cols.ref, kind="stable")
    columns = (subject, cols.when, cols.code, cols.place, cols.tie, cols.ref)
    return Rows(*(column[order] for column in columns), np.ascontiguousarray(cols.extra[:, order].T))


class AtHand:
    """Histories and state of so many subjects. Room for facts is made once."""

    def __init__(self, derivation: Derivation, *, subjects: int, facts: int, fields: int) -> None:
        self._derivation = derivation
        kinds = (np.int64, np.int64, np.int32, np.int32, np.int32, np.int64, np.int64)
        self._chains = Chains(
            np.full(subjects, -1, np.int64),
            *(np.empty(facts, kind) for kind in kinds),
            np.empty((facts, fields), np.int64),
        )
        self._chains.span[:] = 0
        self._n = 0
        self._threads = ThreadPoolExecutor(WORKERS)
        width = sum(max(1, len(o.window.days), o.window.times) for o in inbound().obligations)
        self.broken = np.zeros((subjects, width), np.int64)
        self.until = np.zeros((subjects, width), np.int64)
        self.met_by = np.full((subjects, width), -1, np.int32)

    def take(self, rows: Rows) -> int:
        """Add facts and bring the state of everyone they touch up to date; how many that were."""
        new, c = slice(self._n, self._n + len(rows)), self._chains
        c.when[new], c.code[new], c.place[new] = rows.when, rows.code, rows.place
        c.tie[new], c.ref[new], c.extra[new] = rows.tie, rows.ref, rows.extra
        link(c, rows.subject, self._n)
        self._n += len(rows)
        touched = rows.subject if len(rows) == 1 else np.unique(rows.subject)
        parts = list(_parts(touched))
        if len(parts) > 1:
            list(self._threads.map(self._derive, parts))
        elif parts:
            self._derive(touched)
        return len(touched)

    def _derive(self, subjects: np.ndarray) -> None:
        cols = self._columns(subjects)
        table = self._derivation.derive(NAME, cols)
        which = np.arange(len(table.times))
        broken, until = np.empty(len(which), np.int64), np.empty(len(which), np.int64)
        breaks_of(table.times, which, broken, until)
        loops = subjects[table.openings.subject]
        shape = (len(loops), self.broken.shape[1])
        self.broken[loops], self.until[loops] = broken.reshape(shape), until.reshape(shape)
        met = table.refs[:, R_MET]
        self.met_by[loops] = np.where(met >= 0, cols.ref[met], -1).reshape(shape)

    def _columns(self, subjects: np.ndarray) -> Columns:
        start = np.empty(len(subjects) + 1, np.int64)
        n = lengths(self._chains, subjects, self._n, start)
        long, short = np.empty((3, n), np.int64), np.empty((3, n), np.int32)
        extra = np.empty((self._chains.extra.shape[1], n), np.int64)
        cols = Columns(start, long[0], short[0], short[1], short[2], extra, long[1], long[2])
        collect(self._chains, subjects, self._n, cols)
        return cols


def _parts(subjects: np.ndarray) -> Iterator[np.ndarray]:
    """The touched subjects as the threads share them."""
    n = len(subjects)
    size = max(1, n) if n < SHARED_FROM else min(AT_ONCE, -(-n // WORKERS))
    for first in range(0, n, size):
        yield subjects[first : first + size]
