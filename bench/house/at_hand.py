"""Running loops in memory: facts come in, the loops they touch are derived again, their state is replaced.

It is made of the parts the stores are made of (linked histories, the kernel) and nothing else. State is
kept by obligation: from when it is broken, until when that lasts, and by which fact it was met; it is laid
out for one loop a subject, which is what the made-up input has.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.house.rules import NAME, inbound, rules_of, world
from fengsui.engines.replay import FactFile
from fengsui.loops.bulk import Derivation, Few
from fengsui.loops.compiled import entry
from fengsui.loops.kernel import settled
from fengsui.loops.kernel_resident import (
    C_CODE,
    C_FIELDS,
    C_PLACE,
    C_REF,
    C_SPAN,
    C_TIE,
    C_WHEN,
    Chains,
    link,
)
from fengsui.loops.kernel_rows import R_MET
from fengsui.loops.kernel_status import broken_from

AT_ONCE = 512  # subjects derived together: what is worked on stays near the processor


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


def rows_of_file(path: str, derivation: Derivation) -> Rows:
    """The facts of a file in the order of their arrival, repeats left out."""
    cols = FactFile(Path(path), derivation).columns()
    subject = np.repeat(np.arange(len(cols.start) - 1), np.diff(cols.start))
    order = np.argsort(cols.ref, kind="stable")
    columns = (subject, cols.when, cols.code, cols.place, cols.tie, cols.ref)
    return Rows(*(column[order] for column in columns), np.ascontiguousarray(cols.extra[:, order].T))


class AtHand:
    """Histories and state of so many subjects. Room for facts is made once."""

    def __init__(self, derivation: Derivation, *, subjects: int, facts: int, fields: int) -> None:
        self._chains = Chains(np.full(subjects, -1, np.int64), np.empty((facts, C_FIELDS + fields), np.int64))
        self._n = 0
        self._few = Few(derivation, NAME, self._chains)
        width = sum(max(1, len(o.window.days), o.window.times) for o in inbound().obligations)
        self.broken = np.zeros((subjects, width), np.int64)
        self.until = np.zeros((subjects, width), np.int64)
        self.met_by = np.full((subjects, width), -1, np.int32)

    def take(self, rows: Rows) -> int:
        """Add facts and bring the state of everyone they touch up to date; how many that were."""
        r = rows
        _add(self._chains, self._n, r.subject, r.when, r.code, r.place, r.tie, r.ref, r.extra)
        self._n += len(rows)
        touched = rows.subject if len(rows) == 1 else np.unique(rows.subject)
        self._derive(touched)  # a second thread took longer: what is read lies all over the memory
        return len(touched)

    def _derive(self, subjects: np.ndarray) -> None:
        few = self._few
        for first in range(0, len(subjects), AT_ONCE):
            some = subjects[first : first + AT_ONCE] if len(subjects) > AT_ONCE else subjects
            n, _ = few.derive(some, below=self._n)
            _keep(few.room, n, few.cols.ref, some, self.broken, self.until, self.met_by)


@entry
def _add(chains, first, subject, when, code, place, tie, ref, extra):
    """Write facts from number ``first`` on, and hang them to their subjects."""
    for i in range(subject.size):
        fact = chains.facts[first + i]
        fact[C_WHEN], fact[C_SPAN] = when[i], 0
        fact[C_CODE], fact[C_PLACE] = code[i], place[i]
        fact[C_TIE], fact[C_REF] = tie[i], ref[i]
        fact[C_FIELDS:] = extra[i]
    link(chains, subject, first)


@entry
def _keep(room, n, ref, subjects, broken, until, met_by):
    """Put the first ``n`` loops of a room into the state, a line each."""
    for loop in range(n):
        line, first = subjects[room.openings[0, loop]], room.heads[loop, 2]
        for row in range(first, room.heads[loop, 3]):
            since = broken_from(room.times, row)
            broken[line, row - first] = since
            until[line, row - first] = max(settled(room.times, row), since)
            met = room.refs[row, R_MET]
            met_by[line, row - first] = ref[met] if met >= 0 else -1
