"""Protocols that stand on each other: a milestone of one opens another, or happens to someone else.

``P#m`` in a pattern is milestone ``m`` of protocol ``P`` of the same subject. It becomes a derived
fact with an id of its own making, so replays and redeliveries cannot make twins, and it is gone as
soon as what it followed from is corrected. Telling others works the same across subjects.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import chain, pairwise

from fengsui.facts.fact import Fact
from fengsui.kit.errors import BadInput
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text
from fengsui.loops.loop import Loop, World
from fengsui.loops.semantics import derive
from fengsui.protocols.model import InFlight, Milestone, Pattern, Protocol, Tell

DERIVED = "loop"  # the source of facts that follow from others


@dataclass(frozen=True)
class Rules:
    """Every version of every protocol, and how the names stand on each other.

    ``versions``: name → all versions in all areas. ``timeline``: (name, area code or None) → the
    versions that hold there, contiguous, by valid_from.
    """

    versions: Mapping[str, Sequence[Protocol]]
    timeline: Callable[[str, str | None], Sequence[Protocol]]

    def as_of(self, moment: int) -> "Rules":
        """The rules that had come into force by a moment.

        A version that is published and begins later is an announcement: it governs nothing shown then.
        """
        n = bisect_right(self._begins, moment)
        if n == len(self._begins):
            return self
        if n not in self._held:
            self._held[n] = self._cut(self._begins[n] - 1)
        return self._held[n]

    def _cut(self, moment: int) -> "Rules":
        def begun(versions: Sequence[Protocol]) -> tuple[Protocol, ...]:
            return tuple(v for v in versions if v.valid_from <= moment)

        held = {name: begun(versions) for name, versions in self.versions.items()}
        return Rules(
            {name: versions for name, versions in held.items() if versions},
            lambda name, area: begun(self.timeline(name, area)),
        )

    @cached_property
    def _begins(self) -> Sequence[int]:
        """The moments at which some version comes into force."""
        return sorted({v.valid_from for versions in self.versions.values() for v in versions})

    @cached_property
    def _held(self) -> dict[int, "Rules"]:
        """What ``as_of`` has cut so far, by how many moments have passed."""
        return {}

    @cached_property
    def steady_from(self) -> int:
        """The moment from which on no version that begins later changes what has happened by then.

        A switch leaves alone what was due before it (``flight``). What does reach behind it is a version
        that computes all anew, and one that reads a milestone otherwise on which others stand.
        """
        reaching = (
            newer.valid_from
            for name, versions in self.versions.items()
            for area in {v.area or None for v in versions} | {None}
            for older, newer in pairwise(self.timeline(name, area))
            if newer.in_flight is InFlight.RETROACTIVE or self._read_otherwise(older, newer)
        )
        return max(reaching, default=-NEVER)

    def _read_otherwise(self, older: Protocol, newer: Protocol) -> bool:
        """Whether two versions differ about a milestone that is read or told outside."""
        outside = self.marked[newer.name] | {t.when for v in (older, newer) for t in v.tells}
        named = [{m.name: m for m in v.milestones} for v in (older, newer)]
        whole = [(v.date_only, v.zone, v.tells) for v in (older, newer)]
        if outside and newer.in_flight is not InFlight.PINNED and whole[0] != whole[1]:
            return True
        return any(_meaning(named[0], name) != _meaning(named[1], name) for name in outside)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The names, each after those whose milestones it reads. A circle is BadInput."""
        needs = {
            name: {kind.partition("#")[0] for kind in _kinds(versions) if "#" in kind} & self.versions.keys()
            for name, versions in self.versions.items()
        }
        try:
            return tuple(TopologicalSorter({name: needs[name] for name in sorted(needs)}).static_order())
        except CycleError as error:
            raise BadInput(f"protocols read each other's milestones in a circle: {error.args[1]}") from error

    @cached_property
    def opening_kinds(self) -> Mapping[str, frozenset[str]]:
        """For each name, the kinds of fact that may open it, in any version."""
        return {
            name: frozenset(chain.from_iterable(v.opening.pattern.kinds for v in versions))
            for name, versions in self.versions.items()
        }

    @cached_property
    def marked(self) -> Mapping[str, frozenset[str]]:
        """For each name, its milestones that some protocol reads as ``name#milestone``."""
        kinds = [kind for versions in self.versions.values() for kind in _kinds(versions) if "#" in kind]
        return {
            name: frozenset(k.partition("#")[2] for k in kinds if k.partition("#")[0] == name)
            for name in self.versions
        }


def _meaning(milestones: Mapping[str, Milestone], name: str | None) -> tuple | None:
    """What a milestone says, with all it refers to; None if there is none of that name."""
    m = milestones.get(name) if name else None
    if m is None:
        return None
    referred = (m.after, m.before, m.not_by, *(other for other, _ in m.of))
    return replace(m, title=Text("", "")), *(_meaning(milestones, other) for other in referred)


@dataclass(frozen=True, slots=True)
class Telling:
    """A derived fact for every subject with a fact of ``relation`` whose ``field`` names ``about``.

    ``fact.subject`` is empty; ``to`` fills it in.
    """

    about: str
    relation: Pattern
    field: str
    fact: Fact

    def to(self, subject: str) -> Fact:
        """The fact as it happens to one related subject."""
        f = self.fact
        return Fact(
            f.kind, subject, f.at, f.recorded_at, f.source, f"{f.key}>{subject}", 0, f.place, f.by, f.data
        )


@dataclass(frozen=True, slots=True)
class Derived:
    """Everything that follows for one subject: its loops, and what they tell others."""

    loops: tuple[Loop, ...]
    tellings: tuple[Telling, ...]


def derive_subject(
    rules: Rules, facts: Sequence[Fact], *, subject: str, world: World, told: Iterable[Fact] = ()
) -> Derived:
    """All loops of one subject, from its effective facts and what other subjects' loops tell it."""
    facts = [*facts, *told]
    by_id = {fact.id: fact for fact in facts}
    kinds = {fact.kind for fact in facts}
    loops: list[Loop] = []
    tellings: list[Telling] = []
    for name in rules.order:
        if kinds.isdisjoint(rules.opening_kinds[name]):
            continue
        new = derive(lambda area, name=name: rules.timeline(name, area), facts, subject=subject, world=world)
        for loop in new:
            loops.append(loop)
            for mark in sorted(rules.marked[name]):
                added = list(reached_facts(loop, mark, f"{name}#{mark}", by_id))
                facts += added
                by_id |= {fact.id: fact for fact in added}
                kinds |= {fact.kind for fact in added}
            tellings += tellings_of(loop, rules, by_id)
    return Derived(tuple(loops), tuple(tellings))


def reached_facts(loop: Loop, milestone: str, kind: str, by_id: Mapping[str, Fact]) -> Iterator[Fact]:
    """The milestone as a derived fact: it happened when, where and with what its own fact says."""
    for i, reached in enumerate(loop.milestones.get(milestone, ())):
        cause = by_id.get(reached.fact) if reached.fact else None
        yield Fact(
            kind=kind,
            subject=loop.subject,
            at=reached.at,
            recorded_at=max(reached.at, cause.recorded_at) if cause else reached.at,
            source=DERIVED,
            key=f"{loop.id}#{milestone}" + (f".{i}" if i else ""),
            place=cause.place if cause and cause.place else loop.place,
            by=cause.by if cause else None,
            data=cause.data if cause else {},
        )


def tellings_of(loop: Loop, rules: Rules, by_id: Mapping[str, Fact]) -> Iterator[Telling]:
    """What a loop tells other subjects."""
    for tell in _tells(loop, rules):
        for fact in reached_facts(loop, tell.when, tell.fact, by_id):
            yield Telling(
                about=loop.subject,
                relation=tell.relation,
                field=tell.field,
                fact=Fact(
                    fact.kind,
                    "",
                    fact.at,
                    fact.recorded_at,
                    DERIVED,
                    f"{fact.key}!{tell.fact}",
                    data=fact.data,
                ),
            )


def _tells(loop: Loop, rules: Rules) -> Iterator[Tell]:
    """What it tells others: each version that governs it says so of what is reached in its own time."""
    versions = [v for v in rules.versions[loop.protocol] if v.version in loop.versions]
    versions.sort(key=lambda v: v.valid_from)
    for i, version in enumerate(versions):
        begins = version.valid_from if i else -NEVER
        ends = versions[i + 1].valid_from if i + 1 < len(versions) else NEVER
        for tell in version.tells:
            reached = loop.milestones.get(tell.when, ())
            if reached and begins <= reached[0].at < ends:
                yield tell


def _kinds(versions: Iterable[Protocol]) -> Iterator[str]:
    """Every kind any pattern of these versions names."""
    for v in versions:
        patterns = [v.opening.pattern, *(m.pattern for m in v.milestones if m.pattern)]
        patterns += [o.evidence.pattern for o in v.obligations]
        patterns += [x.pattern for x in (*v.extensions, *v.waivers)]
        patterns += [p for pause in v.pauses for p in (pause.begin, pause.end)]
        for pattern in patterns:
            yield from pattern.kinds
