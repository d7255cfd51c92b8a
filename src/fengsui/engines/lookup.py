"""One subject at a time, for any moment and any state of knowledge: read its facts, derive, answer.

Nothing is read from the derived tables here, so the past needs no tables of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fengsui.engines.corrections import Corrections
from fengsui.engines.derivation import Derivation
from fengsui.engines.log import FactLog
from fengsui.engines.people import Cut, Histories, People
from fengsui.engines.silence import COMPLETE, watermarks
from fengsui.engines.state import Listing, version_of
from fengsui.engines.view import Account
from fengsui.facts.effective import effective
from fengsui.facts.fact import Fact
from fengsui.kit.errors import NotFound
from fengsui.loops.loop import Loop
from fengsui.loops.strata import Rules

POSTS = "post.assigned"


@dataclass(frozen=True, slots=True)
class Followed:
    """Whatever goes under one name: the facts that count, also derived ones, and the loops."""

    name: str
    facts: tuple[Fact, ...]
    loops: tuple[Loop, ...]


class Lookup:
    """Asks of subjects, loops and notices."""

    def __init__(self, log: FactLog, corrections: Corrections, derivation: Derivation) -> None:
        self._log = log
        self._corrections = corrections
        self._histories = Histories(log, corrections)
        self._derivation = derivation

    def account(
        self, loop: str, subject: str, *, as_of: int | None = None, known_at: int | None = None
    ) -> Account:
        """The loop of that id, of a subject. NotFound if there was none then."""
        followed = self.followed(subject, as_of=as_of, known_at=known_at)
        for found in followed.loops:
            if found.id == loop:
                return Account(found, versions_of(self._derivation.rules, found), followed.facts)
        raise NotFound(f"There is no loop {loop} at that moment.")

    def followed(self, subject: str, *, as_of: int | None = None, known_at: int | None = None) -> Followed:
        """What is known of a subject, and of all who are the same, and what follows from it."""
        cut = Cut(known_at)
        people = self._histories.people(cut)
        name = people.name(subject)
        histories = self._with_tellers(name, people, cut, as_of=as_of)
        derivation = self._derivation if as_of is None else self._derivation.at(as_of)
        derived = derivation.settle(histories, people, lambda other: ())
        facts = derivation.behind(name, histories, derived, people)
        return Followed(name, facts, derived[name].loops)

    def name(self, subject: str) -> str:
        """The name under which a subject is followed now."""
        return self._histories.people().name(subject)

    def subject_facts(self, subject: str, *, known_at: int | None = None) -> list[Fact]:
        """The facts that count for a subject and all who are the same, in the order of (at, id)."""
        cut = Cut(known_at)
        people = self._histories.people(cut)
        name = people.name(subject)
        return sorted(self._facts([name], people, cut)[name], key=_by_time)

    def notices(self, kind: str, *, known_at: int | None = None) -> list[Fact]:
        """The facts that count of a kind that speaks of the world at large, in the order of (at, id)."""
        records = {stored.fact.id: stored for stored in self._log.notices(kind)}
        records |= self._corrections.around(records)
        facts = effective((stored.fact for stored in records.values()), known_at=known_at)
        return [fact for fact in facts if fact.kind == kind]

    def watermarks(self, *, now: int, known_at: int | None = None) -> Mapping[str, int]:
        """Source → up to when it says it is complete."""
        return watermarks(self.notices(COMPLETE, known_at=known_at), now=now)

    def carriers(self, listing: Listing) -> set[tuple[str, int, str]]:
        """(kind, listing area, source) of the facts there are."""
        return {(kind, listing.of(place), source) for kind, place, source in self._log.carriers()}

    def _with_tellers(
        self, name: str, people: People, cut: Cut, *, as_of: int | None
    ) -> dict[str, list[Fact]]:
        """The facts of a name and of everyone it may hear from, at any remove, that happened by ``as_of``."""
        histories: dict[str, list[Fact]] = {}
        ahead = {name}
        while ahead:
            for one, facts in self._facts(ahead, people, cut).items():
                histories[one] = [fact for fact in facts if as_of is None or fact.when <= as_of]
            named = {x for one in ahead for fact in histories[one] for x in self._derivation.named(fact)}
            ahead = {people.name(x) for x in named} - histories.keys()
        return histories

    def _facts(self, names: Sequence[str] | set[str], people: People, cut: Cut) -> dict[str, list[Fact]]:
        members = [member for name in names for member in people.members(name)]
        found = self._histories.records(members).histories(people, cut)
        return {name: found.get(name, []) for name in names}


def versions_of(rules: Rules, loop: Loop) -> tuple:
    """The versions that govern a loop, in its order."""
    return tuple(version_of(rules, loop.protocol, name, place=loop.place) for name in loop.versions)


def _by_time(fact: Fact) -> tuple[int, str]:
    return fact.at, fact.id
