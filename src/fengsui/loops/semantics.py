"""The meaning of a protocol, for one subject, to be read in one sitting. It is the definition.

``derive`` takes the effective facts of a subject and the versions of one protocol and gives its
loops. Facts are a set: nothing here depends on the order they arrived in. The kernel computes the
same over columns; where the two differ, this is right.
"""

from collections.abc import Callable, Iterator, Sequence

from fengsui.facts.fact import Fact
from fengsui.loops.acts import matches, tie
from fengsui.loops.flight import govern
from fengsui.loops.loop import Loop, Reached, World, loop_id
from fengsui.loops.reading import account_under, place_of, read
from fengsui.protocols.model import Protocol

Timeline = Callable[[str | None], Sequence[Protocol]]  # the versions that hold in an area, by valid_from


def derive(timeline: Timeline, facts: Sequence[Fact], *, subject: str, world: World) -> list[Loop]:
    """The loops of ``subject`` under one protocol, in the order they opened.

    ``timeline`` gives the versions for an area code (None: the area is not known), contiguous and
    without overlap. ``facts`` are effective (superseded ones left out) and of this subject.
    """
    return [
        _loop(timeline, opening, own, subject=subject, world=world)
        for opening, own in shared_out(timeline, facts)
    ]


def shared_out(timeline: Timeline, facts: Sequence[Fact]) -> list[tuple[tuple[Fact, Protocol], list[Fact]]]:
    """Every loop's opening fact, with the version in force then, and the facts that are the loop's own.

    A fact belongs to the last loop that had begun by the latest moment it may have happened. Only an
    opening fact is always its own loop's, however early the next one begins to look.
    """
    openings = list(_openings(timeline(None), facts))
    opens = {opened.id for opened, _ in openings}
    shared = []
    for i, opening in enumerate(openings):
        later = openings[i + 1 :]
        own = [f for f in facts if (f.id == opening[0].id if f.id in opens else _belongs(f, opening, later))]
        shared.append((opening, own))
    return shared


def in_force(versions: Sequence[Protocol], at: int) -> Protocol | None:
    """The version that holds at a moment, if any."""
    return next((v for v in versions if v.valid_from <= at < v.valid_until), None)


def _openings(versions: Sequence[Protocol], facts: Sequence[Fact]) -> Iterator[tuple[Fact, Protocol]]:
    """The facts that open a loop, each with the version in force when it happened."""
    opened_at, again_after = None, 0
    for fact in sorted(facts, key=lambda f: (f.when, tie(f.id), f.id)):
        version = in_force(versions, fact.when)
        if version is None or not matches(version.opening.pattern, fact):
            continue
        if opened_at is None or fact.when - opened_at >= again_after:
            opened_at, again_after = fact.when, version.opening.again_after
            yield fact, version


def _belongs(fact: Fact, opening: tuple[Fact, Protocol], later: Sequence[tuple[Fact, Protocol]]) -> bool:
    latest = fact.when + fact.span
    return _begins(*opening) <= latest and not any(_begins(*other) <= latest for other in later)


def _begins(opened: Fact, version: Protocol) -> int:
    return opened.when - version.opening.looks_back


def _loop(
    timeline: Timeline,
    opening: tuple[Fact, Protocol],
    facts: Sequence[Fact],
    *,
    subject: str,
    world: World,
) -> Loop:
    """One loop, carried through every version that came into force while it ran."""
    opened, base = opening
    reading = read(base, opened, facts, world=world)
    place = place_of(reading, base.jurisdiction)
    versions = timeline(place)
    first = in_force(versions, opened.when) or base  # an overlay of its area may hold from the start
    if first != base:
        reading = read(first, opened, facts, world=world)
    governed, reading, account = govern(first, versions, reading, account_under(reading))
    return Loop(
        id=loop_id(base.name, subject, opened.id),
        protocol=base.name,
        versions=tuple(v.version for v in governed),
        subject=subject,
        opened_at=opened.when,
        opened_by=opened.id,
        closed_at=account.closed_at,
        place=place,
        milestones={
            name: tuple(Reached(act.when, act.fact.id if act.fact else None) for act in acts)
            for name, acts in reading.reached.items()
        },
        duties=account.duties,
    )
