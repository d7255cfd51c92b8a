"""The short way from a batch to what changed: histories at hand, the kernel before and after, the difference.

It is taken for subjects whose loops stand by themselves. Whoever was corrected, turned out to be
someone else, relates to others, or reached a milestone that another protocol reads or that is told to
others goes the long way (``upkeep``), which knows how to follow all of that. Both ways say the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fengsui.engines.log import Arrival, FactLog, Stored
from fengsui.engines.numbering import Steps, Subjects, Words
from fengsui.engines.resident import MOST, Resident
from fengsui.engines.state import (
    DUTY_WIDTH,
    LOOP_WIDTH,
    VERSIONS,
    Change,
    Listing,
    loop_number,
)
from fengsui.facts.batch import Batch
from fengsui.facts.effective import SAME, WITHDRAWN
from fengsui.kit.instant import NEVER
from fengsui.loops.bulk import Derivation as Kernel
from fengsui.loops.bulk import Table
from fengsui.loops.columns import Columns
from fengsui.loops.kernel_diff import Side, breaks_of, differing
from fengsui.loops.kernel_rows import (
    R_KEY,
    R_LOOP,
    R_N,
    R_PLACE,
    R_VERSION,
    T_ANCHOR,
    T_DUE,
    T_ENDED,
    T_MET,
    T_OPEN,
    T_WAIVED,
)
from fengsui.loops.loop import loop_id

IDS = 2_000_000  # loop ids remembered before they are thrown away


@dataclass(frozen=True, slots=True)
class Outcome:
    """What changed on the short way, and the subject numbers that have to go the long way."""

    loops: Change
    duties: Change
    rest: np.ndarray


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
        self._words, self._subjects, self._steps = words, subjects, steps
        self._listing = listing
        tells = [tell for vs in kernel.rules.versions.values() for v in vs for tell in v.tells]
        self._relating = {SAME, WITHDRAWN, *(kind for tell in tells for kind in tell.relation.kinds)}
        self._marked = {name: _read_by_others(kernel, name) for name in kernel.plans}
        self.resident = Resident(kernel)
        self.forget()

    def forget(self) -> None:
        """Throw away what is at hand."""
        self.resident.forget()
        self._ids: dict[tuple[str, int], int] = {}
        self._aside: set[int] = set()
        self._place_rows = np.empty((0, 2), np.int64)

    def arrive(self, batch: Batch, arrival: Arrival, rows: Sequence[int], numbers: np.ndarray) -> Outcome:
        """What changes for the subjects of some new rows of a batch; ``numbers``: subject of each row.

        Subjects the outcome's ``rest`` names are left out of the changes.
        """
        if self.resident.n > MOST or len(self._ids) > IDS:
            self.forget()
        subjects = np.unique(numbers)
        self._bring(subjects, below=arrival.first)
        begins = self.resident.add(batch, rows, numbers, first=arrival.first)
        was, now = self.resident.columns(subjects, below=begins), self.resident.columns(subjects)
        pairs = [
            (self._kernel.derive(name, was), self._kernel.derive(name, now)) for name in self._kernel.plans
        ]
        rest = np.isin(subjects, np.array(sorted(self._aside), np.int64))
        for tables in pairs:
            for table in tables:
                rest[self._entangled(table)] = True
        loops, duties = [], []
        for before, after in pairs:
            if len(before) or len(after):
                changed = self._changes(before, was, after, now, subjects, rest)
                loops.append(changed[0])
                duties.append(changed[1])
        return Outcome(_joined(loops, LOOP_WIDTH), _joined(duties, DUTY_WIDTH), subjects[rest])

    def _bring(self, subjects: np.ndarray, *, below: int) -> None:
        absent = self.resident.absent(subjects)
        if not len(absent):
            return
        names = self._subjects.keys(absent.tolist())
        by_subject = self._log.of_subjects(names.values())
        numbers = {key: number for number, key in names.items()}
        # Who has a fact that speaks of another fact or another subject stays on the long way for good.
        self._aside |= {numbers[key] for key, told in by_subject.items() if any(map(self._sets_aside, told))}
        records = [(numbers[key], stored) for key, records in by_subject.items() for stored in records]
        self.resident.bring(absent, [pair for pair in records if pair[1].seq < below])

    def _sets_aside(self, stored: Stored) -> bool:
        return stored.fact.supersedes is not None or stored.fact.kind in self._relating

    def _entangled(self, table: Table) -> np.ndarray:
        """The subjects (by index) with a loop that reached a milestone others read."""
        marked = [i for i, name in enumerate(table.milestones) if name in self._marked[table.name]]
        if not marked or not len(table):
            return np.empty(0, np.int64)
        return table.openings.subject[(table.reached[:, marked, 0] != NEVER).any(axis=1)]

    def _changes(
        self, before: Table, was: Columns, after: Table, now: Columns, subjects: np.ndarray, rest: np.ndarray
    ) -> tuple[Change, Change]:
        one, other = _side(before, was), _side(after, now)
        loops = np.empty((len(before) + len(after), 2), np.int64)
        rows = np.empty((len(before.times) + len(after.times), 2), np.int64)
        n_loops, n_rows = differing(one, other, loops, rows)
        loops, rows = loops[:n_loops], rows[:n_rows]
        for pairs, of in ((loops, lambda table, i: table.openings.subject[i]), (rows, _subject_of_row)):
            subject = np.where(pairs[:, 1] >= 0, of(after, pairs[:, 1]), 0)
            gone = pairs[:, 1] < 0
            subject[gone] = of(before, pairs[gone, 0])
            pairs[rest[subject]] = -1
        loops, rows = loops[(loops >= 0).any(axis=1)], rows[(rows >= 0).any(axis=1)]
        return (
            _change(
                loops, [self._loops(t, c, subjects) for t, c in ((before, was), (after, now))], LOOP_WIDTH
            ),
            _change(
                rows, [self._duties(t, c, subjects) for t, c in ((before, was), (after, now))], DUTY_WIDTH
            ),
        )

    def _loops(self, t: Table, cols: Columns, subjects: np.ndarray):
        """How to turn loops of a table (by index) into rows of the state."""

        def rows(which: np.ndarray) -> np.ndarray:
            found = np.empty((len(which), LOOP_WIDTH), np.int64)
            place = self._places()[t.heads[which, 1]]
            found[:, 0] = self._loop_numbers(t, cols, subjects, which)
            found[:, 1] = subjects[t.openings.subject[which]]
            found[:, 2] = self._words.number(t.name)
            found[:, 3] = [self._versions(t, int(mask)) for mask in t.governed[which]]
            found[:, 4] = cols.when[t.openings.fact[which]]
            found[:, 5] = t.heads[which, 0]
            found[:, 6], found[:, 7] = place[:, 0], place[:, 1]
            return found

        return rows

    def _duties(self, t: Table, cols: Columns, subjects: np.ndarray):
        """How to turn rows of a table into duties of the state."""

        def rows(which: np.ndarray) -> np.ndarray:
            found = np.empty((len(which), DUTY_WIDTH), np.int64)
            times, refs = t.times[which], t.refs[which]
            loops, inverse = np.unique(refs[:, R_LOOP], return_inverse=True)
            broken, until = np.empty(len(which), np.int64), np.empty(len(which), np.int64)
            breaks_of(t.times, which, broken, until)
            place = self._places()[refs[:, R_PLACE]]
            found[:, 0] = self._loop_numbers(t, cols, subjects, loops)[inverse]
            found[:, 1] = self._key_words()[refs[:, R_KEY]]
            found[:, 2] = refs[:, R_N]
            found[:, 3] = subjects[t.openings.subject[refs[:, R_LOOP]]]
            found[:, 4] = self._words.number(t.name)
            found[:, 5] = [self._step(t, *pair) for pair in refs[:, (R_VERSION, R_KEY)].tolist()]
            found[:, 6], found[:, 7] = times[:, T_OPEN], times[:, T_DUE]
            found[:, 8], found[:, 9] = np.maximum(broken, times[:, T_ANCHOR]), broken
            found[:, 10], found[:, 11] = until, times[:, T_MET]
            found[:, 12], found[:, 13] = times[:, T_ENDED], times[:, T_WAIVED]
            found[:, 14], found[:, 15] = place[:, 0], place[:, 1]
            return found

        return rows

    def _loop_numbers(self, t: Table, cols: Columns, subjects: np.ndarray, which: np.ndarray) -> np.ndarray:
        """The stored numbers of loops; those met for the first time are worked out from their names."""
        seqs = cols.ref[t.openings.fact[which]].tolist()
        missing = {
            seq: i for seq, i in zip(seqs, which.tolist(), strict=True) if (t.name, seq) not in self._ids
        }
        if missing:
            names = self._subjects.keys({int(subjects[t.openings.subject[i]]) for i in missing.values()})
            for seq, fact in self._log.names_of(missing).items():
                subject = names[int(subjects[t.openings.subject[missing[seq]]])]
                self._ids[t.name, seq] = loop_number(loop_id(t.name, subject, fact))
        return np.array([self._ids[t.name, seq] for seq in seqs], np.int64)

    def _places(self) -> np.ndarray:
        """int64[n_places + 1, 2]: word and listing area of each place number; the last line is for none."""
        codes, had = self._kernel.places.codes, max(0, len(self._place_rows) - 1)
        if had != len(codes) or not len(self._place_rows):
            new = [(self._words.number(code), self._listing.of(code)) for code in codes[had:]]
            rows = [
                *self._place_rows[:had].tolist(),
                *new,
                (self._words.number(None), self._listing.of(None)),
            ]
            self._place_rows = np.array(rows, np.int64)
        return self._place_rows

    def _key_words(self) -> np.ndarray:
        return np.array([self._words.number(key) for key in self._kernel.key_names], np.int64)

    def _versions(self, t: Table, mask: int) -> int:
        governed = [v for bit, v in enumerate(t.versions) if mask >> bit & 1]
        governed.sort(key=lambda v: v.valid_from)
        return self._words.number(VERSIONS.join(v.version for v in governed))

    def _step(self, t: Table, version: int, key: int) -> int:
        v, name = t.versions[version], self._kernel.key_names[key]
        step = (t.name, v.version, name)
        return self._steps.known(step) or self._steps.add(step, v.obligation(name).by.role)


def _read_by_others(kernel: Kernel, name: str) -> frozenset[str]:
    """The milestones of a protocol that other protocols read or that are told to other subjects."""
    told = {tell.when for version in kernel.rules.versions[name] for tell in version.tells}
    return frozenset(kernel.rules.marked[name] | told)


def _side(t: Table, cols: Columns) -> Side:
    return Side(t.openings.subject, cols.ref[t.openings.fact], t.heads, t.governed, t.times, t.refs)


def _subject_of_row(t: Table, rows: np.ndarray) -> np.ndarray:
    return t.openings.subject[t.refs[rows, R_LOOP]]


def _change(pairs: np.ndarray, sides: Sequence, width: int) -> Change:
    """The rows of both sides, zeros where there is none."""
    both = []
    for i, rows in enumerate(sides):
        has = pairs[:, i] >= 0
        found = np.zeros((len(pairs), width), np.int64)
        if has.any():
            found[has] = rows(pairs[has, i])
        both.append((found, has))
    (old, had), (new, has) = both
    return Change(old, new, had, has)


def _joined(changes: Sequence[Change], width: int) -> Change:
    if not changes:
        nothing, none = np.empty((0, width), np.int64), np.empty(0, dtype=bool)
        return Change(nothing, nothing, none, none)
    return Change(
        *(np.concatenate([getattr(c, name) for c in changes]) for name in ("old", "new", "had", "has"))
    )
