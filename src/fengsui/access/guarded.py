"""A view that shows an actor what the policy lets them see, whoever asks it and for whatever page.

Every page of the board is made from a view and from nothing else, so the filter stands there once. Rows
beyond what an actor may list are left out or, for those who may glance at them, shown under another
pseudonym, which leads nowhere.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

from fengsui.access.actors import Actor
from fengsui.access.policy import VERBS, Grant, Policy, Reach, Thing, covers, own_area
from fengsui.access.refusal import Denied, Refusal
from fengsui.access.things import of_account, of_duty_row, of_head, of_loop
from fengsui.engines.view import Account, Break, Count, Head, Overdue, View
from fengsui.facts.fact import Fact
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import NEVER
from fengsui.loops.duty import Duty, Status
from fengsui.loops.loop import Loop, World
from fengsui.loops.naming import place_text
from fengsui.protocols.library import Library

LOOKED_AT = 1_000  # loops that are derived to fill one page with one's own work, at most
MASK = "~"  # a pseudonym of a pseudonym begins with it
Row = TypeVar("Row")


@dataclass(frozen=True)
class Guarded:
    """Implements ``View`` for one actor. ``verb``: list, search or export for rows, open for one record.

    Only lists show what may merely be glanced at: a search that finds a mask would say who is known.
    ``salt`` makes the pseudonyms of what lies beyond one's reach: the same for one salt, and not to be
    found out from a subject's own.
    """

    inner: View
    actor: Actor
    policy: Policy
    world: World
    library: Library
    now: int
    salt: bytes
    verb: str = "list"

    def counts(self, *, now: int, area: str | None = None) -> list[Count]:
        """See ``View.counts``."""
        found: Counter[tuple[str, str | None]] = Counter()
        overdue: Counter[tuple[str, str | None]] = Counter()
        for code in self._counted(area):
            for count in self.inner.counts(now=now, area=code):
                found[count.protocol, count.area] += count.running
                overdue[count.protocol, count.area] += count.overdue
        return [Count(*cell, found[cell], overdue[cell]) for cell in sorted(found, key=str)]

    def n_overdue(self, *, now: int, area: str | None = None) -> int:
        """See ``View.n_overdue``."""
        return sum(self.inner.n_overdue(now=now, area=code) for code in self._counted(area))

    def standing(self, *, now: int, area: str | None = None) -> Mapping[Status, int]:
        """See ``View.standing``."""
        found: Counter[Status] = Counter()
        for code in self._counted(area):
            found.update(self.inner.standing(now=now, area=code))
        return found

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
        found: list[Overdue] = []
        for code in self._listed(area):

            def some(n: int, code: str | None = code) -> list[Overdue]:
                return self.inner.overdue(now=now, area=code, protocol=protocol, role=role, limit=n)

            found += self._enough(some, of_duty_row, limit=limit)
        found.sort(key=lambda row: (row.from_at, row.loop, row.key, row.n))
        return found[:limit]

    def breaks(
        self, *, now: int, area: str | None = None, protocol: str | None = None, since: int | None = None
    ) -> Iterator[Break]:
        """See ``View.breaks``."""
        for code in self._listed(area):
            rows = self.inner.breaks(now=now, area=code, protocol=protocol, since=since)
            yield from self._shown(rows, of_duty_row)

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
        """See ``View.loops``; for those who see their own work only, among the latest LOOKED_AT."""
        asked = {"now": now, "protocol": protocol, "running": running}
        if subject is not None:
            heads = self.inner.loops(**asked, subject=subject, limit=limit)
            return list(islice(self._shown(heads, self._thing_of), limit))
        found: list[Head] = []
        for code in self._listed(area):

            def some(n: int, code: str | None = code) -> list[Head]:
                return self.inner.loops(**asked, area=code, limit=n, after=after)

            most = NEVER if self._lists_places else LOOKED_AT
            found += self._enough(some, self._thing_of, limit=limit, most=most)
        found.sort(key=lambda head: (-head.opened_at, head.id))
        return found[:limit]

    def loop(self, name: str, *, as_of: int | None = None, known_at: int | None = None) -> Account:
        """See ``View.loop``. Denied if it is beyond what the actor may see."""
        account = self.inner.loop(name, as_of=as_of, known_at=known_at)
        if not self._covers(self.verb, of_account(account, areas=self.world.areas, now=self.now)):
            raise Denied(Refusal("nothing_of_yours"))
        return account

    def whole_loops(
        self,
        *,
        now: int,
        protocol: str | None = None,
        area: str | None = None,
        from_at: int | None = None,
    ) -> Iterator[Loop]:
        """See ``View.whole_loops``."""
        for code in self._listed(area):
            loops = self.inner.whole_loops(now=now, protocol=protocol, area=code, from_at=from_at)
            yield from self._shown(loops, self._thing_of_loop)

    def subject_facts(self, subject: str, *, known_at: int | None = None) -> list[Fact]:
        """See ``View.subject_facts``; nothing of a subject of whom the actor may see no loop.

        Of a subject without a loop: those facts that were told from places within reach.
        """
        facts = self.inner.subject_facts(subject, known_at=known_at)
        if self._reaches_all or subject in {self.actor.officer, self.actor.subject}:
            return facts
        heads = self.inner.loops(subject=subject, now=self.now, limit=100)
        if any(self._covers(self.verb, self._thing_of(head, known_at=known_at)) for head in heads):
            return facts
        if heads:
            return []
        return [f for f in facts if self._covers(self.verb, Thing(f.subject, frozenset({f.place} - {None})))]

    def posts(self, *, known_at: int | None = None) -> list[Fact]:
        """See ``View.posts``: who holds which post is known to everybody at a post."""
        return self.inner.posts(known_at=known_at) if self.actor.held(self.now) else []

    def watermarks(self, *, now: int) -> Mapping[str, int]:
        """See ``View.watermarks``."""
        return self.inner.watermarks(now=now)

    def silent_since(self, loop: Loop, duty: Duty, *, now: int) -> int:
        """See ``View.silent_since``."""
        return self.inner.silent_since(loop, duty, now=now)

    def is_own_work(self, thing: Thing) -> bool:
        """Whether a thing is the actor's own work, or about themselves."""
        grants = self.policy.grants(self.actor, self.verb, at=self.now)
        narrow = (replace(grant, reach=min(grant.reach, Reach.OWN_WORK)) for grant in grants)
        return covers(narrow, self.actor, thing, areas=self.world.areas)

    def mask(self, subject: str) -> str:
        """Another pseudonym of a subject."""
        kind, _, _ = subject.partition("/")
        return f"{kind}/{MASK}{blake2b(subject.encode(), key=self.salt[:64], digest_size=4).hexdigest()}"

    @property
    def _reaches_all(self) -> bool:
        grants = self.policy.grants(self.actor, self.verb, at=self.now)
        return any(grant.reach is Reach.EVERYWHERE for grant in grants)

    @property
    def _lists_places(self) -> bool:
        """Whether a row's place is enough to know that it may be listed."""
        grants = (*self._grants(self.verb), *self._glances)
        return any(grant.reach >= Reach.OWN_PLACE for grant in grants)

    @property
    def _glances(self) -> tuple[Grant, ...]:
        return self._grants("glance") if self.verb == "list" else ()

    def _grants(self, verb: str) -> tuple[Grant, ...]:
        return self.policy.grants(self.actor, verb, at=self.now)

    def _covers(self, verb: str, thing: Thing) -> bool:
        return covers(self._grants(verb), self.actor, thing, areas=self.world.areas)

    def _counted(self, area: str | None) -> list[str | None]:
        """The areas whose numbers may be seen; none where a list merely asks what to offer as a filter."""
        try:
            return self.within("counts", area)
        except Denied:
            return []

    def _listed(self, area: str | None) -> list[str | None]:
        return self.within("glance" if self._glances else self.verb, area)

    def within(self, verb: str, area: str | None) -> list[str | None]:
        """The areas to be read for a question about ``area``; Denied if none of it is within reach."""
        areas = self.world.areas
        if area is not None:
            areas.get(area)
        grants = self._grants(verb)
        if not grants:
            raise Denied(Refusal("not_at_your_post", {"verb": VERBS[verb]}))
        reached = {None if g.reach is Reach.EVERYWHERE else own_area(g.post, areas) for g in grants}
        if None in reached:
            return [area]
        inside = {code for code in reached if area is None or areas.covers(area, code)}
        if area is not None and any(areas.covers(code, area) for code in reached):
            inside = {area}
        if not inside:
            raise Denied(Refusal("outside_your_area", {"area": place_text(areas, area)}))
        return [c for c in sorted(inside) if not any(o != c and areas.covers(o, c) for o in inside)]

    def _enough(
        self,
        some: Callable[[int], Sequence[Row]],
        thing: Callable[[Row], Thing],
        *,
        limit: int,
        most: int = NEVER,
    ) -> list[Row]:
        """The first ``limit`` rows that may be shown; reads on until there are so many."""
        n = limit
        while True:
            rows = some(min(n, most))
            shown = list(islice(self._shown(rows, thing), limit))
            if len(shown) == limit or len(rows) < n or n >= most:
                return shown
            n *= 4

    def _shown(self, rows: Iterable[Row], thing: Callable[[Row], Thing]) -> Iterator[Row]:
        if self._reaches_all:
            yield from rows
            return
        for row in rows:
            what = thing(row)
            if self._covers(self.verb, what):
                yield row
            elif covers(self._glances, self.actor, what, areas=self.world.areas):
                yield replace(row, subject=self.mask(row.subject))

    def _thing_of(self, head: Head, *, known_at: int | None = None) -> Thing:
        by_place = of_head(head)
        if self._lists_places and self._covers(self.verb, by_place):
            return by_place
        try:
            account = self.inner.loop(head.id, as_of=self.now, known_at=known_at)
        except NotFound:  # on record only later than the moment that is asked about
            return by_place
        return of_account(account, areas=self.world.areas, now=self.now)

    def _thing_of_loop(self, loop: Loop) -> Thing:
        known = loop.protocol in self.library.names
        versions = self.library.everywhere(loop.protocol) if known else ()
        return of_loop(loop, versions, areas=self.world.areas, now=self.now)


@dataclass(frozen=True, slots=True)
class NoLedger:
    """The ledger for those who may not see rows that could not be taken: they hold what files held."""

    def refused(self, *, open_only: bool = True) -> Iterator:
        """Nothing."""
        return iter(())
