"""What is to be told: each rung of the ladder that a break has reached, once for as long as it stands.

Nothing waits for a timer. A sweep asks which rungs *are* reached at a moment and which of them were not
told yet, so a service that stood still for a week tells everything that fell due meanwhile, and says
that it comes late. Of breaks that ended meanwhile too: somebody was owed that call.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Self

from fengsui.engines.outbox import Notice
from fengsui.engines.state import version_of
from fengsui.engines.view import Break, Overdue, View
from fengsui.kit.areas import Areas
from fengsui.kit.errors import NotFound
from fengsui.loops.duty import Status
from fengsui.loops.escalation import Told, rungs_from, told_by
from fengsui.loops.strata import Rules
from fengsui.protocols.model import Protocol

LATE = 600  # seconds after the rung was reached from which on a notice says that it comes late
EVERY = 1 << 40  # more breaks than there can be

# The version a ladder is read from: protocol, version ("": the one in force at the moment), place, moment.
VersionOf = Callable[[str, str, str | None, int], Protocol]


@dataclass(frozen=True)
class Ladders:
    """Reads the ladder of a break from the protocol it is governed by."""

    version_of: VersionOf
    areas: Areas
    longest: int  # seconds from a break to the last rung of any ladder

    @classmethod
    def of(cls, rules: Rules, areas: Areas) -> Self:
        """The ladders of a region."""
        rungs = (
            max(rung.after, version.confirm_after)
            for versions in rules.versions.values()
            for version in versions
            for rung in version.escalation
        )
        return cls(versions_of(rules), areas, max(rungs, default=0))

    def standing(self, view: View, *, now: int) -> Iterator[Notice]:
        """Every rung that has been reached at ``now`` by a break that stands."""
        for one in view.overdue(now=now, limit=EVERY):
            version = self._version(one.protocol, one.version, one.place, one.from_at)
            if version is not None:
                rungs = self._rungs(version, one.from_at, one.role, one.place)
                for told in told_by(rungs, version, stands=one.status, now=now):
                    yield notice(one, told)

    def ended(self, view: View, *, after: int, now: int) -> Iterator[Notice]:
        """Every rung reached in (after, now] by a break that has ended."""
        for one in view.breaks(now=now, since=after - self.longest - 1):
            if one.until_at > now:
                continue
            version = self._version(one.protocol, "", one.place, one.from_at)
            if version is None:
                continue
            confirmed = one.until_at >= one.from_at + version.confirm_after
            stands = Status.BREACHED if confirmed else Status.PROVISIONAL
            rungs = self._rungs(version, one.from_at, one.role, one.place)
            # What is missed for good is over as it begins, and yet everybody is told of it in turn.
            is_gone = one.until_at == one.from_at
            stands = Status.BREACHED if is_gone else stands
            for told in told_by(rungs, version, stands=stands, now=now if is_gone else one.until_at - 1):
                if told.at > after:
                    yield notice(one, told, over_at=one.until_at)

    def _rungs(self, version: Protocol, broken_at: int, role: str, place: str | None) -> tuple[Told, ...]:
        return rungs_from(broken_at, version, role=role, place=place, areas=self.areas)

    def _version(self, name: str, version: str, place: str | None, at: int) -> Protocol | None:
        """None for a protocol that this program does not know any more: nothing says who is told."""
        try:
            return self.version_of(name, version, place, at)
        except (NotFound, KeyError):
            return None


def notice(one: Overdue | Break, told: Told, *, over_at: int = 0) -> Notice:
    """The notice of one rung of one break."""
    return Notice(
        key=f"{one.loop}:{one.key}:{one.n}:{told.level}",
        loop=one.loop,
        protocol=one.protocol,
        duty=one.key,
        n=one.n,
        place=one.place or "",
        level=told.level,
        role=told.to.role,
        at_place=told.to.place or "",
        broken_at=one.from_at,
        reached_at=told.at,
        over_at=over_at,
    )


def is_late(one: Notice, *, now: int) -> bool:
    """Whether whoever is told only now should have been told well before."""
    return now - one.reached_at > LATE


def versions_of(rules: Rules) -> VersionOf:
    """Finds versions among the rules of a region."""

    def version_at(name: str, version: str, place: str | None, at: int) -> Protocol:
        if version:
            return version_of(rules, name, version, place=place)
        begun = [v for v in rules.timeline(name, place) if v.valid_from <= at]
        return begun[-1] if begun else rules.versions[name][0]

    return cache(version_at)
