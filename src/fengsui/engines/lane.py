"""The short way from a batch to what changed: histories at hand, the kernel before and after, the difference.

It is taken for subjects whose loops stand by themselves. Whoever was corrected, turned out to be
someone else, relates to others, or reached a milestone that another protocol reads or that is told to
others goes the long way (``upkeep``), which knows how to follow all of that. Both ways say the same.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
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

ASIDE = 4_096  # rows from which on a second thread is worth its while


@dataclass(frozen=True, slots=True)
class Outcome:
    """What changed on the short way, and the subject numbers that have to go the long way."""

    loops: Change
    duties: Change
    rest: np.ndarray


Rows = Callable[[Table, Columns, np.ndarray, np.ndarray], np.ndarray]


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
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lane")
        self._ahead: Future | None = None

    def forget(self) -> None:
        """Throw away what is at hand."""
        if self._ahead:
            self._ahead.exception()  # waits; what came of it is of no use any more
            self._ahead = None
        self.resident.forget()
        self._rows.forget()

    def begin(self, batch: Batch, arrival: Arrival, rows: np.ndarray) -> None:
        """Set out with some new rows of a batch, whether they are in the log yet or not.

        The kernel leaves the interpreter to others, so that a large batch can be written meanwhile.
        """
        if self.resident.n > MOST:
            self.forget()
        subjects = np.unique(arrival.subjects[rows])
        self._bring(subjects, below=arrival.first)
        begins = self.resident.add(batch, arrival, rows)
        if len(rows) >= ASIDE:
            self._ahead = self._thread.submit(self._compare, subjects, begins)
        else:
            self._ahead = Future()
            self._ahead.set_result(self._compare(subjects, begins))

    def finish(self, winding: Callable[[np.ndarray], np.ndarray]) -> Outcome:
        """What changed. The rows must be in the log by now.

        ``winding``: which subject numbers go the long way after all. They, and those the outcome's
        ``rest`` names, are left out of the changes.
        """
        subjects, entangled, compared = self._ahead.result()
        self._ahead = None
        aside = entangled | winding(subjects)
        loops, duties = [_nothing(LOOP_WIDTH)], [_nothing(DUTY_WIDTH)]
        for before, after, changed_loops, changed_rows in compared:
            of_rows = [t.openings.subject[t.refs[:, R_LOOP]] for t in (before.table, after.table)]
            of_loops = [t.openings.subject for t in (before.table, after.table)]
            changed_loops = _without(changed_loops, aside, *of_loops)
            changed_rows = _without(changed_rows, aside, *of_rows)
            loops.append(_change(before, after, changed_loops, subjects, rows=self._rows.loops))
            duties.append(_change(before, after, changed_rows, subjects, rows=self._rows.duties))
        return Outcome(joined(loops), joined(duties), subjects[aside])

    def _compare(self, subjects: np.ndarray, begins: int) -> tuple[np.ndarray, np.ndarray, list[tuple]]:
        """Derive without and with the facts numbered from ``begins`` on, and say what differs.

        Which of the subjects are entangled with others, and for each protocol both derivations, and
        the pairs of loops and of rows that differ.
        """
        was, now = self.resident.columns(subjects, below=begins), self.resident.columns(subjects)
        entangled = np.zeros(len(subjects), dtype=bool)
        compared = []
        for name in self._kernel.plans:
            before = Derived(self._kernel.derive(name, was), was)
            after = Derived(self._kernel.derive(name, now), now)
            entangled[self._entangled(before.table)] = True
            entangled[self._entangled(after.table)] = True
            if len(before.table) or len(after.table):
                compared.append((before, after, *_differing(before, after)))
        return subjects, entangled, compared

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
    before: Derived, after: Derived, pairs: np.ndarray, subjects: np.ndarray, *, rows: Rows
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


def _differing(before: Derived, after: Derived) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of loops and of rows that differ."""
    one, other = before.table, after.table
    loops = np.empty((len(one) + len(other), 2), np.int64)
    rows = np.empty((len(one.times) + len(other.times), 2), np.int64)
    n_loops, n_rows = differing(_side(before), _side(after), loops, rows)
    return loops[:n_loops], rows[:n_rows]


def _without(pairs: np.ndarray, aside: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The pairs whose subject is not ``aside``; ``one``, ``other``: subject of each index of both sides."""
    if not aside.any():
        return pairs
    is_new = pairs[:, 1] >= 0
    subject = np.empty(len(pairs), np.int64)
    subject[is_new], subject[~is_new] = other[pairs[is_new, 1]], one[pairs[~is_new, 0]]
    return pairs[~aside[subject]]


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
