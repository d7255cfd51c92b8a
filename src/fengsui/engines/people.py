"""Subjects that turned out to be one, and the facts that count for each of them at a cut of knowledge."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from fengsui.engines.corrections import Corrections
from fengsui.engines.log import AFTER_ALL, FactLog, Stored
from fengsui.facts.effective import SAME, WITHDRAWN, canonical, ineffective
from fengsui.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class Cut:
    """Which records one knows of: recorded by ``known_at`` (None: all), and arrived before ``before``.

    ``recorded``: sequence numbers whose recording time was another one before that arrival.
    """

    known_at: int | None = None
    before: int = AFTER_ALL
    recorded: Mapping[int, int] = field(default_factory=dict)

    def read(self, records: Iterable[Stored]) -> list[Fact]:
        """The records as known at the cut."""
        facts = [self._as_told(stored) for stored in records if stored.seq < self.before]
        if self.known_at is None:
            return facts
        return [fact for fact in facts if fact.recorded_at <= self.known_at]

    def _as_told(self, stored: Stored) -> Fact:
        if stored.seq not in self.recorded:
            return stored.fact
        return replace(stored.fact, recorded_at=self.recorded[stored.seq])


NOW = Cut()


class People:
    """Who is the same as whom at a cut: ``name`` gives the one name of all of them."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._members: dict[str, list[str]] = defaultdict(list)
        for member, name in names.items():
            self._members[name].append(member)

    def __bool__(self) -> bool:
        return bool(self._names)

    def __contains__(self, subject: str) -> bool:
        return subject in self._names

    def name(self, subject: str) -> str:
        """The name under which a subject is followed."""
        return self._names.get(subject, subject)

    def members(self, name: str) -> list[str]:
        """Everyone who is followed under a name."""
        return self._members.get(name) or [name]

    def everyone(self) -> Iterable[str]:
        """All who are the same as someone else."""
        return self._names.keys()

    def differing(self, other: "People") -> set[str]:
        """The subjects that go by another name there."""
        both = self._names.keys() | other._names.keys()
        return {subject for subject in both if self.name(subject) != other.name(subject)}


class Histories:
    """Reads what counts for a subject, from the log, the corrections and who is the same as whom."""

    def __init__(self, log: FactLog, corrections: Corrections) -> None:
        self._log = log
        self._corrections = corrections

    def people(self, cut: Cut = NOW) -> People:
        """Who is the same as whom, as known at the cut."""
        records = {stored.fact.id: stored for stored in self._log.notices(SAME)}
        records |= self._corrections.around(records)
        return People(canonical(cut.read(records.values())))

    def records(self, keys: Iterable[str]) -> "Records":
        """Every record of some subjects, with the trees of corrections they stand in."""
        return self.with_trees(self._log.of_subjects(keys))

    def with_trees(self, records: Mapping[str, list[Stored]]) -> "Records":
        """All records of some subjects, with the trees."""
        flagged = self._corrections.flagged(records)
        ids = {stored.fact.id for key in flagged for stored in records[key]}
        return Records(records, list(self._corrections.around(ids).values()) if ids else [])

    def by_subject(self) -> Iterator[tuple[str, list[Stored]]]:
        """Every record there is, subject by subject."""
        return self._log.by_subject()


@dataclass(frozen=True, slots=True)
class Records:
    """Records by subject, and every record of the trees of corrections that touch them."""

    by_subject: Mapping[str, list[Stored]]
    tree: list[Stored]

    def histories(self, people: People, cut: Cut = NOW) -> dict[str, list[Fact]]:
        """For each name the facts that count, as known at the cut, of all who are followed under it.

        A name of which nothing counts is there too, without facts.
        """
        gone = ineffective(cut.read(self.tree))
        found: dict[str, list[Fact]] = defaultdict(list)
        for subject, records in self.by_subject.items():
            facts = [f for f in cut.read(records) if f.kind != WITHDRAWN and f.id not in gone]
            found[people.name(subject)] += facts
        return found
