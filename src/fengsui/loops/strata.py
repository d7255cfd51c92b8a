"""Protocols that stand on each other: a milestone of one opens another, or happens to someone else.

``P#m`` in a pattern is milestone ``m`` of protocol ``P`` of the same subject. It becomes a derived
fact with an id of its own making, so replays and redeliveries cannot make twins, and it is gone as
soon as what it followed from is corrected. Telling others works the same across subjects.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import chain

from fengsui.facts.fact import Fact
from fengsui.kit.errors import BadInput
from fengsui.kit.instant import NEVER
from fengsui.loops.loop import Loop, World
from fengsui.loops.semantics import derive
from fengsui.protocols.model import Pattern, Protocol, Tell

DERIVED = "loop"  # the source of facts that follow from others


@dataclass(frozen=True)
class Rules:
    """Every version of every protocol, and how the names stand on each other.

    ``versions``: name → all versions in all areas. ``timeline``: (name, area code or None) → the
    versions that hold there, contiguous, by valid_from.
    """

    versions: Mapping[str, Sequence[Protocol]]
    timeline: Callable[[str, str | None], Sequence[Protocol]]

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
