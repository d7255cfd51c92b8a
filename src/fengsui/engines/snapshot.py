"""The questions of ``view.View`` answered from memory, for any as-of and any known-at.

Everything is derived from the facts once and then looked through row by row. Slow and obvious: it is
what the tables of a store are held against, and what shows the past.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from fengsui.engines.derivation import Derivation
from fengsui.engines.lookup import POSTS, versions_of
from fengsui.engines.people import People
from fengsui.engines.places import Scopes
from fengsui.engines.silence import COMPLETE, Silence, watermarks
from fengsui.engines.state import Listing, version_of
from fengsui.engines.view import Account, Break, Count, Head, Overdue
from fengsui.facts.effective import canonical, effective, known
from fengsui.facts.fact import Fact
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import NEVER
from fengsui.loops.duty import Duty, Status, broken_from, settled_at, status
from fengsui.loops.loop import Loop, is_running
from fengsui.loops.strata import Derived
from fengsui.protocols.model import Obligation, Protocol


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty with the loop it belongs to and the version and obligation it follows from."""

    loop: Loop
    duty: Duty
    version: Protocol
    obligation: Obligation

    @property
    def since(self) -> int:
        """From when on its break is shown."""
        return max(broken_from(self.duty), self.duty.anchor_at)

    @property
    def until(self) -> int:
        """When its break ends."""
        return max(settled_at(self.duty), broken_from(self.duty))


class Snapshot:
    """Implements ``View`` for one moment. ``records``: every fact there is, also corrected ones."""

    def __init__(
        self,
        records: Iterable[Fact],
        derivation: Derivation,
        *,
        as_of: int | None = None,
        known_at: int | None = None,
    ) -> None:
        derivation = derivation if as_of is None else derivation.at(as_of)
        self._derivation = derivation
        self._listing = Listing(derivation.world.areas)
        self._scopes = Scopes(self._listing)
        self._as_of, self._known_at = as_of, known_at
        records = known(records, known_at)
        self._carriers = {(f.kind, self._listing.of(f.place), f.source) for f in records}
        self._facts = effective(records, known_at=known_at)
        self._people = People(canonical(records, known_at=known_at))

    def counts(self, *, now: int, area: str | None = None) -> list[Count]:
        """See ``View.counts``."""
        running: Counter[tuple[str, str | None]] = Counter()
        overdue: Counter[tuple[str, str | None]] = Counter()
        for loop in self._loops(area):
            running[loop.protocol, self._below(area, loop.place)] += is_running(loop, now)
        for owed in self._standing(now, area):
            overdue[owed.loop.protocol, self._below(area, owed.duty.place)] += 1
        cells = sorted((+running | +overdue), key=str)
        return [Count(name, code, running[name, code], overdue[name, code]) for name, code in cells]

    def overdue(
        self,
        *,
        now: int,
        area: str | None = None,
        protocol: str | None = None,
        role: str | None = None,
        limit: int = 100,
    ) -> list[Overdue]:
        """See ``View.overdue``."""
        found = [
            owed
            for owed in self._standing(now, area)
            if protocol in (None, owed.loop.protocol) and role in (None, owed.obligation.by.role)
        ]
        found.sort(key=lambda owed: (owed.since, owed.loop.id, owed.duty.key, owed.duty.n))
        return [self._overdue(owed, now) for owed in found[:limit]]

    def n_overdue(self, *, now: int, area: str | None = None) -> int:
        """See ``View.n_overdue``."""
        return sum(1 for _ in self._standing(now, area))

    def standing(self, *, now: int, area: str | None = None) -> Mapping[Status, int]:
        """See ``View.standing``."""
        return Counter(self._status(owed, now) for owed in self._standing(now, area))

    def breaks(
        self, *, now: int, area: str | None = None, protocol: str | None = None, since: int | None = None
    ) -> Iterator[Break]:
        """See ``View.breaks``."""
        for owed in self._owed(area):
            has_begun = owed.since <= now and (since is None or owed.until > since)
            if has_begun and protocol in (None, owed.loop.protocol):
                yield _break(owed)

    def loops(
        self,
        *,
        now: int,
        protocol: str | None = None,
        area: str | None = None,
        running: bool | None = None,
        subject: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> list[Head]:
        """See ``View.loops``."""
        found = [
            loop
            for loop in self._loops(area)
            if loop.opened_at <= now
            and protocol in (None, loop.protocol)
            and running in (None, is_running(loop, now))
            and (subject is None or loop.subject == self._people.name(subject))
        ]
        found.sort(key=lambda loop: (-loop.opened_at, loop.id))
        if after is not None:
            names = [loop.id for loop in found]
            if after not in names:
                raise NotFound(f"There is no loop {after}.")
            found = found[names.index(after) + 1 :]
        return [self._head(loop, now) for loop in found[:limit]]

    def loop(self, name: str, *, as_of: int | None = None, known_at: int | None = None) -> Account:
        """See ``View.loop``; the moment is the snapshot's own."""
        for loop in self._loops(None):
            if loop.id == name:
                versions = versions_of(self._derivation.rules, loop)
                return Account(loop, versions, self._facts_behind(loop.subject))
        raise NotFound(f"There is no loop {name} at that moment.")

    def whole_loops(
        self,
        *,
        now: int,
        protocol: str | None = None,
        area: str | None = None,
        from_at: int | None = None,
    ) -> Iterator[Loop]:
        """See ``View.whole_loops``."""
        for loop in self._loops(area):
            opened = loop.opened_at <= now and (from_at is None or loop.opened_at >= from_at)
            if opened and protocol in (None, loop.protocol):
                yield loop

    def subject_facts(self, subject: str, *, known_at: int | None = None) -> list[Fact]:
        """See ``View.subject_facts``; as known at the snapshot's own moment."""
        name = self._people.name(subject)
        return [fact for fact in self._facts if self._people.name(fact.subject) == name]

    def posts(self, *, known_at: int | None = None) -> list[Fact]:
        """See ``View.posts``."""
        return [fact for fact in self._facts if fact.kind == POSTS]

    def watermarks(self, *, now: int) -> Mapping[str, int]:
        """See ``View.watermarks``."""
        return watermarks((fact for fact in self._facts if fact.kind == COMPLETE), now=now)

    def silent_since(self, loop: Loop, duty: Duty, *, now: int) -> int:
        """See ``View.silent_since``."""
        version = version_of(self._derivation.rules, loop.protocol, duty.version, place=loop.place)
        kinds = version.obligation(duty.key).evidence.pattern.kinds
        return self._silence(now).since(kinds, self._listing.of(duty.place))

    @cached_property
    def _histories(self) -> dict[str, list[Fact]]:
        found: dict[str, list[Fact]] = defaultdict(list)
        for fact in self._facts:
            if self._as_of is None or fact.when <= self._as_of:
                found[self._people.name(fact.subject)].append(fact)
        return found

    @cached_property
    def _derived(self) -> dict[str, Derived]:
        return self._derivation.settle(self._histories, self._people, lambda name: ())

    def _silence(self, now: int) -> Silence:
        return Silence(self.watermarks(now=now), self._carriers)

    def _facts_behind(self, name: str) -> tuple[Fact, ...]:
        return self._derivation.behind(name, self._histories, self._derived, self._people)

    def _loops(self, area: str | None) -> Iterator[Loop]:
        within = self._within(area)
        return (loop for d in self._derived.values() for loop in d.loops if within(loop.place))

    def _owed(self, area: str | None) -> Iterator[Owed]:
        """Every duty that breaks or broke."""
        within = self._within(area)
        for loop in self._loops(None):
            for duty in loop.duties:
                if broken_from(duty) != NEVER and within(duty.place):
                    version = version_of(
                        self._derivation.rules, loop.protocol, duty.version, place=loop.place
                    )
                    yield Owed(loop, duty, version, version.obligation(duty.key))

    def _standing(self, now: int, area: str | None) -> Iterator[Owed]:
        return (owed for owed in self._owed(area) if owed.since <= now < owed.until)

    def _status(self, owed: Owed, now: int) -> Status:
        kinds = owed.obligation.evidence.pattern.kinds
        silent = self._silence(now).since(kinds, self._listing.of(owed.duty.place))
        return status(owed.duty, now, confirm_after=owed.version.confirm_after, silent_since=silent)

    def _within(self, area: str | None):
        areas = self._derivation.world.areas
        if area is None:
            return lambda place: True
        low, high = areas.span(areas.register(area))

        def within(place: str | None) -> bool:
            known = areas.resolve(place) if place else None
            return known is not None and low <= areas.index[known] < high

        return within

    def _below(self, area: str | None, place: str | None) -> str | None:
        """The area directly below ``area`` in which a place lies, as far down as lists are kept."""
        areas = self._derivation.world.areas
        known = areas.resolve(place) if place else None
        if known is None:
            return None
        path = areas.path(known)
        if area is None:
            area = path[0]
        if self._scopes.of(area).span or not self._scopes.of(area).is_coarse:
            return area
        deeper = path[path.index(area) + 1 :]
        return deeper[0] if deeper else area

    def _head(self, loop: Loop, now: int) -> Head:
        area = self._scopes.code(self._listing.of(loop.place))
        return Head(
            loop.id,
            loop.protocol,
            loop.versions,
            loop.subject,
            loop.opened_at,
            loop.closed_at if loop.closed_at <= now else NEVER,
            loop.place,
            area,
        )

    def _overdue(self, owed: Owed, now: int) -> Overdue:
        return Overdue(
            loop=owed.loop.id,
            protocol=owed.loop.protocol,
            subject=owed.loop.subject,
            key=owed.duty.key,
            n=owed.duty.n,
            title=owed.obligation.title,
            from_at=broken_from(owed.duty),
            due_at=owed.duty.due_at,
            role=owed.obligation.by.role,
            place=owed.duty.place,
            area=self._scopes.code(self._listing.of(owed.duty.place)),
            version=owed.duty.version,
            status=self._status(owed, now),
        )


def _break(owed: Owed) -> Break:
    return Break(
        loop=owed.loop.id,
        protocol=owed.loop.protocol,
        subject=owed.loop.subject,
        key=owed.duty.key,
        n=owed.duty.n,
        from_at=broken_from(owed.duty),
        until_at=owed.until,
        place=owed.duty.place,
        role=owed.obligation.by.role,
    )
