"""Loops in flight: what a new version does to a loop that is running when it comes into force."""

from collections.abc import Sequence
from dataclasses import replace

from fengsui.kit.instant import DAY, NEVER
from fengsui.loops.duty import Duty, settled_at
from fengsui.loops.reading import Account, Reading, account_under, closed_at, read
from fengsui.loops.windows import LONG_AGO
from fengsui.protocols.model import InFlight, Protocol


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
    new, switch = account_under(reading), reading.version.valid_from
    match reading.version.in_flight:
        case InFlight.RETROACTIVE:
            return new
        case InFlight.AT_ANCHOR:
            kept = [d for d in old.duties if d.anchor_at < switch]
            taken = [d for d in new.duties if d.anchor_at >= switch]
        case InFlight.REMAINING:
            kept = [d for d in old.duties if is_vested(d, switch)]
            taken = list(remaining(old.duties, new.duties, reading.version))
    seen = {(d.key, d.n) for d in kept}
    duties = (*kept, *(d for d in taken if (d.key, d.n) not in seen))
    return Account(duties, closed_at(reading, duties))


def is_vested(duty: Duty, switch: int) -> bool:
    """Settled or due by the switch: what was owed then stays as it was."""
    return settled_at(duty) <= switch or duty.due_at <= switch


def remaining(old: Sequence[Duty], new: Sequence[Duty], version: Protocol) -> list[Duty]:
    """The duties the new version takes over: those not yet due by its own reckoning, and the release.

    A person who by the new rule should have been free before the switch is owed the release at
    once: its window is moved to begin at the switch (a day of it, if it never had a beginning).
    Other duties the new rule would have had earlier are not asked for in retrospect.
    """
    switch = version.valid_from
    owed = {d.key for d in old if not is_vested(d, switch)}
    frees = {o.key for o in version.obligations if o.frees}
    taken = []
    for duty in new:
        if duty.due_at > switch:
            taken.append(duty)
        elif duty.key in frees & owed:
            taken.append(_at_once(duty, switch))
    return taken


def _at_once(duty: Duty, switch: int) -> Duty:
    due = switch + (duty.due_at - duty.open_at if duty.open_at != LONG_AGO else DAY)
    until = NEVER if duty.until_at == NEVER else max(duty.until_at, due)
    return replace(duty, open_at=switch, due_at=due, first_due_at=due, until_at=until)
