"""The short way from a batch to what changed: histories at hand, the kernel before and after, the difference.

It is taken for subjects whose loops stand by themselves. Whoever was corrected, turned out to be
someone else, relates to others, or reached a milestone that another protocol reads or that is told to
others goes the long way (``upkeep``), which knows how to follow all of that. Both ways say the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fengsui.engines.lane_rows import LaneRows
from fengsui.engines.log import Arrival, FactLog
from fengsui.engines.numbering import Steps, Subjects, Words
from fengsui.engines.resident import MOST, Resident
from fengsui.engines.state import DUTY_WIDTH, LOOP_WIDTH, Change, Listing, joined
from fengsui.facts.batch import Batch
from fengsui.kit.instant import NEVER
from fengsui.loops.bulk import Derivation as Kernel
from fengsui.loops.bulk import Table
from fengsui.loops.columns import Columns
from fengsui.loops.kernel_diff import Side, differing
from fengsui.loops.kernel_rows import R_LOOP


@dataclass(frozen=True, slots=True)
class Outcome:
    """What changed on the short way, and the subject numbers that have to go the long way."""

    loops: Change
    duties: Change
    rest: np.ndarray


class Derived(NamedTuple):
    """The loops of one protocol, and the facts they were derived from."""

    table: Table
    cols: Columns


class Lane:
    """The short way through one store."""

    def __init__(
        self,
        kernel: Kernel,
        log: FactLog,
        *,
        words: Words,
        subjects: Subjects,
        steps: Steps,
        listing: Listing,
    ) -> None:
        self._kernel = kernel
        self._log = log
        self._subjects = subjects
        self._rows = LaneRows(kernel, log, words=words, subjects=subjects, steps=steps, listing=listing)
        self._marked = {name: _read_by_others(kernel, name) for name in kernel.plans}
        self.resident = Resident(kernel)

    def forget(self) -> None:
        """Throw away what is at hand."""
        self.resident.forget()
        self._rows.forget()

    def arrive(self, batch: Batch, arrival: Arrival, rows: Sequence[int]) -> Outcome:
        """What changes for the subjects of some new rows of a batch.

        Subjects the outcome's ``rest`` names are left out of the changes.
        """
        if self.resident.n > MOST:
            self.forget()
        subjects = np.unique(arrival.subjects[rows])
        self._bring(subjects, below=arrival.first)
        begins = self.resident.add(batch, arrival, rows)
        was, now = self.resident.columns(subjects, below=begins), self.resident.columns(subjects)
        sides = [
            (Derived(self._kernel.derive(name, was), was), Derived(self._kernel.derive(name, now), now))
            for name in self._kernel.plans
        ]
        rest = np.zeros(len(subjects), dtype=bool)
        for before, after in sides:
            rest[self._entangled(before.table)] = True
            rest[self._entangled(after.table)] = True
        loops, duties = [_nothing(LOOP_WIDTH)], [_nothing(DUTY_WIDTH)]
        for before, after in sides:
            if len(before.table) or len(after.table):
                changed_loops, changed_rows = _differing(before, after, rest)
                loops.append(self._change(before, after, changed_loops, subjects, self._rows.loops))
                duties.append(self._change(before, after, changed_rows, subjects, self._rows.duties))
        return Outcome(joined(loops), joined(duties), subjects[rest])

    def _bring(self, subjects: np.ndarray, *, below: int) -> None:
        """Read in those who are not at hand. Whoever was numbered in this batch has nothing to be read."""
        absent = self.resident.absent(subjects)
        absent = absent[absent < self._subjects.first_new]
        if not len(absent):
            return
        names = self._subjects.keys(absent.tolist())
        numbers = {key: number for number, key in names.items()}
        found = self._log.of_subjects(names.values())
        records = [(numbers[key], stored) for key, records in found.items() for stored in records]
        self.resident.bring(absent, [pair for pair in records if pair[1].seq < below])

    def _entangled(self, table: Table) -> np.ndarray:
        """The subjects (by index) with a loop that reached a milestone others read."""
        marked = [i for i, name in enumerate(table.milestones) if name in self._marked[table.name]]
        if not marked or not len(table):
            return np.empty(0, np.int64)
        return table.openings.subject[(table.reached[:, marked, 0] != NEVER).any(axis=1)]

    def _change(
        self,
        before: Derived,
        after: Derived,
        pairs: np.ndarray,
        subjects: np.ndarray,
        rows: Callable[[Table, Columns, np.ndarray, np.ndarray], np.ndarray],
    ) -> Change:
        """Pairs of indices (before, after; -1 none) as the rows they stand for, zeros where there is none."""
        had, has = pairs[:, 0] >= 0, pairs[:, 1] >= 0
        found = []
        for derived, which, there in ((before, pairs[had, 0], had), (after, pairs[has, 1], has)):
            made = rows(derived.table, derived.cols, subjects, which)
            if len(made) < len(pairs):
                whole = np.zeros((len(pairs), made.shape[1]), np.int64)
                whole[there] = made
                made = whole
            found.append(made)
        return Change(*found, had, has)


def _differing(before: Derived, after: Derived, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of loops and of rows that differ, but for the subjects (by index) in ``rest``."""
    one, other = before.table, after.table
    loops = np.empty((len(one) + len(other), 2), np.int64)
    rows = np.empty((len(one.times) + len(other.times), 2), np.int64)
    n_loops, n_rows = differing(_side(before), _side(after), loops, rows)
    loops, rows = loops[:n_loops], rows[:n_rows]
    if not rest.any():
        return loops, rows
    return (
        _without(loops, rest, one.openings.subject, other.openings.subject),
        _without(rows, rest, *(t.openings.subject[t.refs[:, R_LOOP]] for t in (one, other))),
    )


def _without(pairs: np.ndarray, rest: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The pairs whose subject is not in ``rest``; ``one``, ``other``: subject of each index of both sides."""
    is_new = pairs[:, 1] >= 0
    subject = np.empty(len(pairs), np.int64)
    subject[is_new], subject[~is_new] = other[pairs[is_new, 1]], one[pairs[~is_new, 0]]
    return pairs[~rest[subject]]


def _read_by_others(kernel: Kernel, name: str) -> frozenset[str]:
    """The milestones of a protocol that other protocols read or that are told to other subjects."""
    told = {tell.when for version in kernel.rules.versions[name] for tell in version.tells}
    return frozenset(kernel.rules.marked[name] | told)


def _side(derived: Derived) -> Side:
    t = derived.table
    return Side(t.openings.subject, derived.cols.ref[t.openings.fact], t.heads, t.governed, t.times, t.refs)


def _nothing(width: int) -> Change:
    rows, none = np.empty((0, width), np.int64), np.empty(0, dtype=bool)
    return Change(rows, rows, none, none)
