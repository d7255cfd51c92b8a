"""What a row, a loop or a fact is to the policy: of whom, where, and whose work."""

from collections.abc import Iterable

from fengsui.access.policy import Thing
from fengsui.engines.view import Account, Break, Head, Overdue
from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.loops.duty import broken_from
from fengsui.loops.escalation import ladder
from fengsui.loops.loop import Loop
from fengsui.protocols.model import Protocol

REASSIGNED = "duty.reassigned"  # data: loop, duty, n, person (an officer), until (none: for good)


def of_duty_row(row: Overdue | Break) -> Thing:
    """A row of a list of duties."""
    return Thing(row.subject, _places(row.place), frozenset({(row.role, row.place)}))


def of_head(head: Head) -> Thing:
    """A row of a list of loops; whose work it is takes the loop itself."""
    return Thing(head.subject, _places(head.place))


def of_account(account: Account, *, areas: Areas, now: int) -> Thing:
    """A loop with its duties: all who owe something in it, were told of a break, or were given a duty."""
    thing = of_loop(account.loop, account.protocols, areas=areas, now=now)
    people = {str(f.data["person"]) for f in _given(account.facts, account.loop.id, now)}
    return Thing(thing.subject, thing.places, thing.owners, frozenset(people))


def of_record(account: Account, fact: Fact, *, areas: Areas, now: int) -> Thing:
    """One record of a loop: the work of who made it, and of those whose duty it met."""
    thing = of_account(account, areas=areas, now=now)
    versions = {version.version: version for version in account.protocols}
    met = [duty for duty in account.loop.duties if duty.met_fact == fact.id]
    owners = {
        (versions[duty.version].obligation(duty.key).by.role, duty.place)
        for duty in met
        if duty.version in versions
    }
    given = (given_to(account, duty.key, n=duty.n, now=now) for duty in met)
    people = frozenset({fact.by or ""} - {""}).union(*given)
    return Thing(thing.subject, thing.places, frozenset(owners), people)


def of_loop(loop: Loop, protocols: Iterable[Protocol], *, areas: Areas, now: int) -> Thing:
    """A loop without what was recorded beside it."""
    versions = {version.version: version for version in protocols}
    owners: set[tuple[str, str | None]] = set()
    places = {loop.place}
    for duty in loop.duties:
        version = versions.get(duty.version)
        if version is None:
            continue
        owners.add((version.obligation(duty.key).by.role, duty.place))
        places.add(duty.place)
        if broken_from(duty) <= now:
            rungs = ladder(duty, version, areas=areas)
            owners |= {(told.to.role, told.to.place) for told in rungs if told.at <= now}
    return Thing(loop.subject, _places(*places), frozenset(owners))


def given_to(account: Account, key: str, *, n: int, now: int) -> frozenset[str]:
    """The officers to whom one duty of a loop is given at ``now``."""
    given = _given(account.facts, account.loop.id, now)
    said = ((f.data.get("duty"), f.data.get("n"), f.data["person"]) for f in given)
    return frozenset(str(person) for duty, number, person in said if (duty, number) == (key, n))


def is_over(given: Fact, now: int) -> bool:
    """Whether the time has run out for which a duty was given to somebody."""
    until = given.data.get("until")
    return until is not None and int(until) <= now


def _given(facts: Iterable[Fact], loop: str, now: int) -> Iterable[Fact]:
    return (f for f in facts if f.kind == REASSIGNED and f.data.get("loop") == loop and not is_over(f, now))


def _places(*places: str | None) -> frozenset[str]:
    return frozenset(place for place in places if place)
