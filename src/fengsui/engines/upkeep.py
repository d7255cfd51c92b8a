"""Keeping what is owed in step with the facts: derive again whom a batch touches, write the difference.

Late, repeated, corrected and back-dated facts, and people who turn out to be one, are all the same
operation. The state before is derived from the facts as they stood before; it is never read back from
the tables, so there is no second account that could go wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from fengsui.engines.corrections import Corrections
from fengsui.engines.derivation import Derivation
from fengsui.engines.kept import Kept
from fengsui.engines.log import Arrival, FactLog, Stored
from fengsui.engines.numbering import Steps, Subjects, Words
from fengsui.engines.people import Cut, Histories, People, Records
from fengsui.engines.record import Causes
from fengsui.engines.shown import Shown
from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.state import Change, Listing, Numberer, State, changes, joined
from fengsui.engines.tellings import Tellings
from fengsui.engines.worklist import Worklist, counted
from fengsui.facts.batch import Batch, fact_of
from fengsui.facts.effective import SAME
from fengsui.loops.strata import Derived

if TYPE_CHECKING:
    from fengsui.engines.lane import Lane


MANY = 256  # new facts of a batch from which on the short way is worth opening


class Upkeep:
    """One writer's hand on the derived tables.

    Subjects whose loops stand by themselves go the short way (``lane``), the others the long one.
    """

    def __init__(
        self,
        connection: Connection,
        derivation: Derivation,
        *,
        words: Words,
        subjects: Subjects,
        steps: Steps,
        log: FactLog,
        shown: Shown,
    ) -> None:
        self.derivation = derivation
        self.subjects = subjects
        self.corrections = Corrections(connection, log, subjects)
        self.histories = Histories(log, self.corrections)
        self.tellings = Tellings(connection, log, subjects, derivation)
        listing = Listing(derivation.world.areas)
        self.worklist = Worklist(connection, listing, shown)
        self._shown = shown
        self._numberer = Numberer(words, steps, listing, derivation.rules)
        self._open_lane = partial(open_lane, connection, derivation, log, words, subjects, steps, listing)
        self._log = log
        self._kept = Kept(connection)
        self._has_shifted = False  # some fact, in this transaction
        self._lane: Lane | None = None
        self.load()

    def load(self) -> None:
        """Start afresh from what the file holds."""
        self._load()
        if self._lane:
            self._lane.forget()

    def undone(self) -> None:
        """The transaction was rolled back, and the log is loaded again."""
        self._load()
        if self._lane and self._has_shifted:
            self._lane.forget()
        elif self._lane:
            self._lane.cut(self._log.next)

    def settle(self) -> None:
        """At the end of a transaction: keep in the file what is at hand, if that is due."""
        self._shown.settle()
        if self._lane:
            self._lane.write()

    def drop(self) -> None:
        """Throw away the histories that are kept: the protocols read them otherwise now."""
        self._kept.drop()

    def _load(self) -> None:
        self._shown.load()
        self.corrections.load()
        self.people = self.histories.people()
        self._winding = Flags()
        self._winding.add(self.corrections.subjects())
        self._winding.add(self.tellings.related())
        self._winding.add(list(self.subjects.known(self.people.everyone()).values()))
        self._rows = np.empty(0, np.int64)  # of the batch, sent on the short way

    def begin(self, batch: Batch, arrival: Arrival) -> None:
        """Send those who can go the short way on it; the facts may be written meanwhile."""
        self._rows = np.empty(0, np.int64)
        self._has_shifted = False
        if not self.derivation.rules.versions:
            return
        new = np.array(arrival.new, dtype=np.int64)
        rows = new[~self._winding.of(arrival.subjects[new])]
        if self._lane is None and (len(rows) < MANY or (MANY and not self.derivation.pays(len(rows)))):
            return
        self._lane = self._lane or self._open_lane()
        self._lane.begin(batch, arrival, rows)
        self._rows = rows

    def finish(self, batch: Batch, arrival: Arrival, *, lsn: int) -> int:
        """Bring the derived tables in step with a batch just written; the number of transitions."""
        if arrival.shifted:
            self._shift(arrival.shifted)
        tree = self.corrections.arrive(batch, arrival)
        related = self._mention(batch, arrival)
        old = self.people
        names_new = SAME in batch.kind and any(batch.kind[i] == SAME for i in arrival.new)
        if names_new or any(stored.fact.kind == SAME for stored in tree):
            self.people = self.histories.people()
            self._wind(self.people.everyone())
        if not self.derivation.rules.versions:
            return 0
        touched = {stored.fact.subject for stored in tree} | self._recounted(arrival)
        touched |= old.differing(self.people)
        self._wind(touched | related)
        found, counts, rest = self._short_way(batch, arrival)
        if touched or rest or not found:
            then = Cut(before=arrival.first, recorded=arrival.earlier)
            found.append(self._long_way(touched | rest, old, then))
            self.worklist.put(*found[-1])
            counts.append(counted(*found[-1]))
        loops, duties = (joined(side) for side in zip(*found, strict=True))
        causes = self._causes(batch, arrival)
        return self.worklist.settle(loops, duties, np.concatenate(counts), lsn=lsn, causes=causes)

    def _recounted(self, arrival: Arrival) -> set[str]:
        """The subjects for whom it matters that a fact of theirs was recorded earlier than known.

        That is if it counts from another moment on, or if its record is told to others or goes the long
        way anyway. What stands by itself only asks when a fact counts.
        """
        shifted = {arrival.moved[seq][1] for seq in arrival.shifted}
        others = {subject for _, subject in arrival.moved.values()} - shifted
        numbers = self.subjects.known(others)
        winding = self._winding.of(np.array(list(numbers.values()), np.int64))
        return shifted | set(compress(numbers, winding)) | self.tellings.tellers(others)

    def _shift(self, when: Mapping[int, int]) -> None:
        """Let facts count from another moment on in the histories at hand and in those that are kept."""
        self._has_shifted = True
        self._kept.shift(when)
        if self._lane:
            self._lane.resident.shift(when)

    def _short_way(
        self, batch: Batch, arrival: Arrival
    ) -> tuple[list[tuple[Change, Change]], list[np.ndarray], set[str]]:
        """What changed for those who went the short way, how counts do, and who is left for the long one.

        What changed is in the tables when this returns: one part is written while the next is derived.
        """
        if not len(self._rows):
            return [], [], {batch.subject[i] for i in arrival.new}
        found, counts, aside = [], [], [np.empty(0, np.int64)]
        for outcome in self._lane.finish(self._winding.of):
            self.worklist.put(outcome.loops, outcome.duties)
            found.append((outcome.loops, outcome.duties))
            counts.append(outcome.counts)
            aside.append(outcome.rest)
        new = np.array(arrival.new, dtype=np.int64)
        numbers = arrival.subjects[new]
        rest = new[self._winding.of(numbers) | np.isin(numbers, np.concatenate(aside))]
        return found, counts, {batch.subject[i] for i in rest.tolist()}

    def _long_way(self, touched: set[str], old: People, then: Cut) -> tuple[Change, Change]:
        """What changes for these subjects and everyone concerned with them."""
        records, after = self.settled(touched, old)
        before = self.derivation.once(records.histories(old, then), old, self.tellings.of)
        self.tellings.write(before.keys() | after.keys(), after)
        return changes(self.state(before), self.state(after))

    def _wind(self, keys: Iterable[str]) -> None:
        """From now on these subjects go the long way, also if the first fact of one is still to come."""
        self._winding.add(self.subjects.numbers(sorted(keys)))

    def state(self, derived: Mapping[str, Derived]) -> State:
        """What was derived, as columns."""
        loops = [loop for name in derived for loop in derived[name].loops]
        numbers = self.subjects.numbers([loop.subject for loop in loops])
        return self._numberer.state(loops, numbers)

    def settled(self, touched: set[str], old: People) -> tuple[Records, dict[str, Derived]]:
        """The records of everyone concerned if these subjects were touched, and what follows now."""
        tellings, people = self.tellings, self.people
        concerned = self._concerned(touched, old)
        while True:
            records = self.histories.records(concerned)
            after = self.derivation.settle(records.histories(people), people, tellings.of)
            changed = {name for name, derived in after.items() if derived.tellings != tellings.of(name)}
            listeners = self.listeners(changed, old) - concerned
            if not listeners:
                return records, after
            concerned |= self._concerned(listeners, old)

    def listeners(self, names: Iterable[str], old: People) -> set[str]:
        """The subjects related to anyone who is or was followed under these names."""
        names = set(names)
        return self.tellings.listeners(self._together(names, old)) if names else set()

    def _concerned(self, subjects: set[str], old: People) -> set[str]:
        """These subjects, all who are or were the same, and all who hear from them, at any remove."""
        concerned: set[str] = set()
        ahead = subjects
        while ahead:
            ahead = self._together(ahead, old) - concerned
            concerned |= ahead
            names = {old.name(subject) for subject in ahead}
            ahead = self.listeners(self.tellings.tellers(names), old)
        return concerned

    def _together(self, subjects: set[str], old: People) -> set[str]:
        """These subjects and all who are, or were before this batch, the same as one of them."""
        found: set[str] = set()
        ahead = subjects
        while ahead:
            found |= ahead
            same = {m for s in ahead for people in (old, self.people) for m in people.members(people.name(s))}
            ahead = same - found
        return found

    def _mention(self, batch: Batch, arrival: Arrival) -> set[str]:
        """Enter the facts that relate a subject to another; the subjects they are of."""
        kinds = {kind for kind in set(batch.kind) if self.tellings.relates(kind)}
        if not kinds:
            return set()
        rows = list(batch.rows())
        chosen = [i for i in arrival.new if batch.kind[i] in kinds]
        self.tellings.mention(Stored(arrival.first + i, fact_of(rows[i])) for i in chosen)
        return {batch.subject[i] for i in chosen}

    def _causes(self, batch: Batch, arrival: Arrival) -> Causes:
        """The first new fact of every subject, also under the name it is followed by."""
        new = np.array(arrival.new, dtype=np.int64)
        subjects, facts = arrival.subjects[new], arrival.first + new
        renamed = [i for i in arrival.new if batch.subject[i] in self.people] if self.people else []
        if renamed:
            names = self.subjects.numbers([self.people.name(batch.subject[i]) for i in renamed])
            subjects = np.concatenate([subjects, names])
            facts = np.concatenate([facts, arrival.first + np.array(renamed)])
        return Causes.of(subjects, facts)


class Flags:
    """A set of small numbers."""

    def __init__(self) -> None:
        self._is_in = np.zeros(1024, dtype=bool)

    def add(self, numbers: Sequence[int]) -> None:
        """Put numbers in."""
        if len(numbers):
            self._reserve(max(numbers))
            self._is_in[list(numbers)] = True

    def of(self, numbers: np.ndarray) -> np.ndarray:
        """bool[n]: which of these are in."""
        if len(numbers):
            self._reserve(int(numbers.max()))
        return self._is_in[numbers]

    def _reserve(self, number: int) -> None:
        if number >= len(self._is_in):
            grown = np.zeros(2 * (number + 1), dtype=bool)
            grown[: len(self._is_in)] = self._is_in
            self._is_in = grown


def open_lane(
    connection: Connection,
    derivation: Derivation,
    log: FactLog,
    words: Words,
    subjects: Subjects,
    steps: Steps,
    listing: Listing,
) -> "Lane":
    """The short way. The kernel is only imported, and compiled, when there is enough to do for it."""
    from fengsui.engines.lane import Lane

    subjects.hold_all()
    return Lane(
        derivation.kernel,
        log,
        connection=connection,
        words=words,
        subjects=subjects,
        steps=steps,
        listing=listing,
    )
