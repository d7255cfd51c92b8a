"""The short way from a batch to what changed: histories at hand, the kernel before and after, the difference.

It is taken for subjects whose loops stand by themselves. Whoever was corrected, turned out to be
someone else, relates to others, or reached a milestone that another protocol reads or that is told to
others goes the long way (``upkeep``), which knows how to follow all of that. Both ways say the same.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fengsui.engines.kept import Kept
from fengsui.engines.lane_rows import LaneRows
from fengsui.engines.log import Arrival, FactLog
from fengsui.engines.numbering import Steps, Subjects, Words
from fengsui.engines.resident import Resident
from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.state import D_SUBJECT, DUTY_WIDTH, L_SUBJECT, LOOP_WIDTH, Change, Listing, joined
from fengsui.engines.worklist import NO_COUNTS, counted
from fengsui.facts.batch import Batch
from fengsui.kit.instant import NEVER
from fengsui.loops.bulk import Derivation as Kernel
from fengsui.loops.bulk import Space, Table
from fengsui.loops.columns import Columns
from fengsui.loops.kernel_diff import Side, differing
from fengsui.loops.kernel_rows import R_LOOP

OPENING = np.uint64(1)  # the bit of the pattern that opens a loop
ASIDE = 4_096  # rows from which on a second thread is worth its while
PART = 2_048  # subjects derived together, so that what changed for some is written while others are derived


@dataclass(frozen=True, slots=True)
class Outcome:
    """What changed on the short way, and the subject numbers that have to go the long way.

    ``counts``: how counts change with it (``worklist.counted``).
    """

    loops: Change
    duties: Change
    counts: np.ndarray
    rest: np.ndarray


Rows = Callable[[Table, Columns, np.ndarray, np.ndarray], np.ndarray]


class Derived(NamedTuple):
    """The loops of one protocol, and the facts they were derived from."""

    table: Table
    cols: Columns


class Part(NamedTuple):
    """What came of some subjects: which are entangled with others, and of each protocol what changed.

    The rows are not named yet (``LaneRows.name_loops``).
    """

    subjects: np.ndarray
    entangled: np.ndarray
    changed: list[tuple[Table, Change, Change]]
    counts: np.ndarray  # as in Outcome


class Lane:
    """The short way through one store."""

    def __init__(
        self,
        kernel: Kernel,
        log: FactLog,
        *,
        connection: Connection,
        words: Words,
        subjects: Subjects,
        steps: Steps,
        listing: Listing,
    ) -> None:
        self._kernel = kernel
        kept = Kept(connection)
        self._rows = LaneRows(
            kernel, log, words=words, subjects=subjects, steps=steps, listing=listing, kept=kept
        )
        self._plans = list(kernel.plans.values())
        self._n_looks = -1
        self._opens = np.empty((len(self._plans), 0), dtype=bool)  # by protocol and code
        self._marked = {name: _read_by_others(kernel, name) for name in kernel.plans}
        self.resident = Resident(kernel, kept, connection=connection, words=words)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lane")
        self._ahead: list[Future] = []
        self._spaces: dict[str, tuple[Space, Space]] = {}

    def forget(self) -> None:
        """Throw away what is at hand."""
        self._stop()
        self.resident.forget()
        self._rows.forget()

    def cut(self, seq: int) -> None:
        """Forget the facts from a sequence number on, which were not written after all."""
        self._stop()
        self.resident.cut(seq)
        self._rows.cut(seq)

    def write(self) -> None:
        """At the end of a transaction: keep in the file what is at hand, if that is due."""
        self.resident.write()
        self._rows.write()

    def _stop(self) -> None:
        for part in self._ahead:
            part.exception()  # waits; what came of it is of no use any more
        self._ahead = []

    def begin(self, batch: Batch, arrival: Arrival, rows: np.ndarray) -> None:
        """Set out with some new rows of a batch, whether they are in the log yet or not.

        The kernel leaves the interpreter to others, so that a large batch can be written meanwhile.
        """
        self.resident.catch_up(arrival.first)
        self._rows.catch_up()
        matters = self.resident.add(batch, arrival)
        self._see()
        self._rows.prepare()
        subjects = np.unique(arrival.subjects[rows[matters[rows]]])
        run = self._thread.submit if len(rows) >= ASIDE else _at_once
        self._ahead = [
            run(self._compare, subjects[i : i + PART], arrival.first) for i in range(0, len(subjects), PART)
        ]

    def finish(self, winding: Callable[[np.ndarray], np.ndarray]) -> Iterator[Outcome]:
        """What changed, part by part. The rows must be in the log by now.

        ``winding``: which subject numbers go the long way after all. They, and those the outcome's
        ``rest`` names, are left out of the changes.
        """
        for part in self._ahead:
            found = part.result()
            yield self._outcome(found, found.entangled | winding(found.subjects))
        self._ahead = []

    def _outcome(self, found: Part, aside: np.ndarray) -> Outcome:
        loops, duties = [_nothing(LOOP_WIDTH)], [_nothing(DUTY_WIDTH)]
        others = found.subjects[aside & ~found.entangled]
        for table, changed_loops, changed_duties in found.changed:
            loops.append(_without(changed_loops, others, L_SUBJECT))
            duties.append(_without(changed_duties, others, D_SUBJECT))
            for change, name in ((loops[-1], self._rows.name_loops), (duties[-1], self._rows.name_duties)):
                name(table, change.old, change.had)
                name(table, change.new, change.has)
        loops, duties = joined(loops), joined(duties)
        counts = counted(loops, duties) if len(others) else found.counts
        return Outcome(loops, duties, counts, found.subjects[aside])

    def _compare(self, subjects: np.ndarray, first: int) -> Part:
        """Derive without and with the facts from sequence number ``first`` on, and say what differs."""
        now = self.resident.columns(subjects)
        was = self.resident.before(now, first)
        entangled = np.zeros(len(subjects), dtype=bool)
        pairs = []
        for name in self._opened(now):
            one, other = self._spaces_of(name)
            before = Derived(self._kernel.derive(name, was, one), was)
            after = Derived(self._kernel.derive(name, now, other), now)
            entangled[self._entangled(before.table)] = True
            entangled[self._entangled(after.table)] = True
            if len(before.table) or len(after.table):
                pairs.append((before, after))
        changed = [
            (after.table, *self._changed(before, after, subjects, entangled)) for before, after in pairs
        ]
        counts = [counted(*change) for _, *change in changed]
        return Part(subjects, entangled, changed, np.concatenate(counts) if counts else NO_COUNTS)

    def _changed(
        self, before: Derived, after: Derived, subjects: np.ndarray, aside: np.ndarray
    ) -> tuple[Change, Change]:
        """The loops and the duties that differ, but for those of subjects that are ``aside``."""
        loops, rows = _differing(before, after)
        sides = (before.table, after.table)
        if aside.any():
            loops = _but(loops, aside, *(t.openings.subject for t in sides))
            rows = _but(rows, aside, *(t.openings.subject[t.refs[:, R_LOOP]] for t in sides))
        return (
            _change(before, after, loops, subjects, rows=self._rows.loops),
            _change(before, after, rows, subjects, rows=self._rows.duties),
        )

    def _spaces_of(self, name: str) -> tuple[Space, Space]:
        """Where a protocol is derived without and with the new facts, part after part.

        The tables are good until the next part; all that is asked of one later is its name and versions.
        """
        if name not in self._spaces:
            self._spaces[name] = self._kernel.space(name), self._kernel.space(name)
        return self._spaces[name]

    def _see(self) -> None:
        """Know of every code which protocols a fact of it opens a loop of, also of codes met just now."""
        if self._n_looks != self.resident.n_looks:
            self._n_looks = self.resident.n_looks
            masks = self._kernel.codebook.masks
            lines = [np.bitwise_or.reduce([masks(plan) for plan in plans]) for plans in self._plans]
            self._opens = np.array(lines).reshape(len(lines), -1) & OPENING != 0

    def _opened(self, cols: Columns) -> list[str]:
        """The protocols of which any of these facts opens a loop."""
        present = np.flatnonzero(np.bincount(cols.code, minlength=1))
        opened = self._opens[:, present].any(axis=1)
        return [name for name, is_opened in zip(self._kernel.plans, opened, strict=True) if is_opened]

    def _entangled(self, table: Table) -> np.ndarray:
        """The subjects (by index) with a loop that reached a milestone others read."""
        marked = [i for i, name in enumerate(table.milestones) if name in self._marked[table.name]]
        if not marked or not len(table):
            return np.empty(0, np.int64)
        return table.openings.subject[(table.reached[:, marked, 0] != NEVER).any(axis=1)]


def _at_once(function: Callable, *arguments: object) -> Future:
    """The same as handing work to a thread, done by the time this returns."""
    done = Future()
    done.set_result(function(*arguments))
    return done


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


def _but(pairs: np.ndarray, aside: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The pairs whose subject is not ``aside``; ``one``, ``other``: subject of each index of both sides."""
    is_new = pairs[:, 1] >= 0
    subject = np.empty(len(pairs), np.int64)
    subject[is_new], subject[~is_new] = other[pairs[is_new, 1]], one[pairs[~is_new, 0]]
    return pairs[~aside[subject]]


def _without(change: Change, subjects: np.ndarray, column: int) -> Change:
    """A change without the rows of some subjects."""
    if not len(subjects):
        return change
    own = np.where(change.has, change.new[:, column], change.old[:, column])
    stays = ~np.isin(own, subjects)
    return Change(change.old[stays], change.new[stays], change.had[stays], change.has[stays])


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
