"""Loops in flight: what a new version does to a loop that is running when it comes into force.

A version never reaches behind its own beginning: what had begun to be owed and was due by then, and whether
the loop ran, stays as it was. So a version that is only announced cannot touch what stands today, and what
is stored with it in mind answers for every moment before and after. Only RETROACTIVE, which is there to put
a wrong file right, does otherwise.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from fengsui.kit.instant import DAY, NEVER
from fengsui.loops.duty import Duty, settled_at
from fengsui.loops.reading import Account, Reading, account_under, closed_at, read
from fengsui.loops.windows import LONG_AGO
from fengsui.protocols.model import Agg, Frame, InFlight, Protocol


def govern(
    first: Protocol, versions: Sequence[Protocol], reading: Reading, account: Account
) -> tuple[list[Protocol], Reading, Account]:
    """The versions that governed the loop, the last one's reading, and what is owed in the end."""
    governed = [first]
    for newer in versions:
        switch = newer.valid_from
        if switch <= reading.opened.when or account.closed_at <= switch:
            continue
        if newer.in_flight is InFlight.PINNED:
            continue
        reading = read(newer, reading.opened, reading.facts, world=reading.world)
        account = switched(account, reading)
        governed.append(newer)
    return governed, reading, account


def switched(old: Account, reading: Reading) -> Account:
    """The account after the switch to the reading's version, by that version's own rule."""
    new, version = account_under(reading), reading.version
    match version.in_flight:
        case InFlight.RETROACTIVE:
            return new
        case InFlight.AT_ANCHOR:
            kept, taken = at_anchor(old.duties, new.duties, version)
        case InFlight.REMAINING:
            kept, taken = remaining(old.duties, new.duties, version)
    duties = (*kept, *_numbered(kept, taken))
    return Account(duties, max(closed_at(reading, duties), version.valid_from))


def each_of(version: Protocol) -> frozenset[str]:
    """The steps every fact of a milestone starts anew: their duties are told apart by that fact."""
    each = {m.name for m in version.milestones if m.agg is Agg.EACH}
    return frozenset(o.key for o in version.obligations if o.start in each)


def rolls_of(version: Protocol) -> frozenset[str]:
    """The steps whose every window is opened by the act that met the one before."""
    return frozenset(o.key for o in version.obligations if o.window.frame is Frame.ROLLING)


def _numbered(kept: Sequence[Duty], taken: Iterable[Duty]) -> Iterator[Duty]:
    """The duties taken over; one whose number is taken gets the next. Only EACH and ROLLING can need it."""
    last: dict[str, int] = {}
    used = {(d.key, d.n) for d in kept}
    for d in kept:
        last[d.key] = max(last.get(d.key, -1), d.n)
    for d in taken:
        n = last[d.key] + 1 if (d.key, d.n) in used else d.n
        last[d.key] = max(last.get(d.key, -1), n)
        used.add((d.key, n))
        yield d if n == d.n else replace(d, n=n)


# At anchor: each step follows the version in force when it began


def at_anchor(old: Sequence[Duty], new: Sequence[Duty], version: Protocol) -> tuple[list[Duty], list[Duty]]:
    """The duties that stay, and those the new version takes over.

    A step that began before the switch by either version's reckoning stays as it was: where a new version
    counts from an earlier moment than the old one did, it would otherwise be nobody's.
    """
    switch, each, rolls = version.valid_from, each_of(version), rolls_of(version)
    before = {_name(d, each) for d in old if _begins(d) < switch}
    by_new = {_name(d, each) for d in new if _begins(d) < switch}
    moved = {_name(d, each) for d in old} & by_new - before
    over = {d.key for d in old if d.key in rolls and min(d.ended_at, d.waived_at) <= switch}

    def is_taken(d: Duty) -> bool:
        name = _name(d, each)
        if d.key in rolls:  # the window that runs at the switch stays, those after it are the new version's
            return name not in moved and d.key not in over
        return name not in before and name not in by_new

    kept = [d for d in old if _begins(d) < switch or _name(d, each) in moved]
    return kept, [d for d in new if _begins(d) >= switch and is_taken(d)]


def _begins(duty: Duty) -> int:
    """When a duty begins: with what it counts from, or at its due where that lies before."""
    return min(duty.anchor_at, duty.due_at)


def _name(duty: Duty, each: frozenset[str]) -> tuple[str, str | None]:
    return duty.key, duty.anchor_fact if duty.key in each else None


# Remaining: what was settled or due stays, the rest follows the new version


def is_vested(duty: Duty, switch: int) -> bool:
    """Settled or due by the switch: what was owed then stays as it was."""
    return settled_at(duty) <= switch or duty.due_at <= switch


def remaining(old: Sequence[Duty], new: Sequence[Duty], version: Protocol) -> tuple[list[Duty], list[Duty]]:
    """The duties that stay, and those the new version takes over: not yet due by its own reckoning.

    A person who by the new rule should have been free before the switch is owed the release at once: its
    window is moved to begin at the switch (a day of it, if it never had a beginning). So is a rolling step
    that by the new, shorter rhythm is overdue. Other duties the new rule would have had earlier are not
    asked for in retrospect.
    """
    switch, each, rolls = version.valid_from, each_of(version), rolls_of(version)
    kept = [d for d in old if is_vested(d, switch)]
    owed = {d.key for d in old if not is_vested(d, switch)}
    frees = {o.key for o in version.obligations if o.frees}
    there = {(d.key, d.anchor_fact if d.key in each else d.n) for d in kept}
    runs = {d.key for d in kept if d.key in rolls and settled_at(d) > switch}
    over = {d.key for d in kept if d.key in rolls and min(d.ended_at, d.waived_at) <= switch}
    taken = []
    for duty in new:
        if duty.key in rolls:
            stays = duty.key in over or (duty.key in runs and duty.anchor_at <= switch)
            is_wanted = not stays and settled_at(duty) > switch
        else:
            is_there = (duty.key, duty.anchor_fact if duty.key in each else duty.n) in there
            is_wanted = not is_there and (duty.due_at > switch or duty.key in frees & owed)
        if is_wanted:
            taken.append(duty if duty.due_at > switch else _at_once(duty, switch))
    return kept, taken


def _at_once(duty: Duty, switch: int) -> Duty:
    due = switch + (max(0, duty.due_at - duty.open_at) if duty.open_at != LONG_AGO else DAY)
    until = NEVER if duty.until_at == NEVER else max(duty.until_at, due)
    return replace(duty, open_at=switch, due_at=due, first_due_at=due, until_at=until)
