"""What one protocol version makes of one loop's facts: milestones, duties, when it closes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from fengsui.facts.fact import Fact
from fengsui.kit.instant import NEVER
from fengsui.loops.acts import Act, acts, matches
from fengsui.loops.allocate import Fits, Slot, allocate, fits, moment
from fengsui.loops.duty import Duty, settled_at
from fengsui.loops.loop import World
from fengsui.loops.windows import extended, frames, paused, reach
from fengsui.protocols.model import Agg, Frame, Milestone, Obligation, Owner, Place, Protocol, Stop

Moments = Mapping[str, tuple[Act, ...]]  # each milestone's acts; empty if it was not reached


@dataclass(frozen=True, slots=True)
class Reading:
    """One version's view of one loop: its facts in time order and the milestones they reach."""

    version: Protocol
    opened: Fact
    facts: tuple[Fact, ...]
    seen: tuple[Act, ...]
    reached: Moments
    world: World


@dataclass(frozen=True, slots=True)
class Account:
    """What is owed under it, and when the loop closes (NEVER: it runs)."""

    duties: tuple[Duty, ...]
    closed_at: int


@dataclass(frozen=True, slots=True)
class Lifted:
    """When an obligation stopped being owed, and by which facts."""

    ended_at: int = NEVER
    ended_fact: str | None = None
    waived_at: int = NEVER
    waived_fact: str | None = None


def read(version: Protocol, opened: Fact, facts: Sequence[Fact], *, world: World) -> Reading:
    """The facts as this version reads them, and every milestone they reach."""
    seen = tuple(acts(facts, version))
    reached: dict[str, tuple[Act, ...]] = {}
    reading = Reading(version, opened, tuple(facts), seen, reached, world)
    for milestone in version.milestones:
        reached[milestone.name] = _reach(milestone, reading)
    return reading


def account_under(reading: Reading) -> Account:
    """What is owed under this version alone."""
    version = reading.version
    lifted = {o.key: _lifted(reading, o.key) for o in version.obligations}
    duties: list[Duty] = []
    slots: list[Slot] = []
    for rank, obligation in enumerate(version.obligations):
        if not reading.reached[obligation.start]:
            duties += _waiting(reading, obligation, lifted[obligation.key])
        elif obligation.window.frame is Frame.ROLLING:
            duties += _rolled(reading, obligation, rank, lifted[obligation.key])
        else:
            slots += _slots(reading, obligation, rank)
    # A duty that ended before it opened was never there to be met, or to cut off another's late act. One that
    # ended at that very moment was: a date without a time both opens at midnight and ends there.
    owed = [slot for slot in slots if lifted[slot.obligation.key].ended_at >= slot.open_at]
    owed.sort(key=lambda slot: slot.obligation.series)
    for _, series in groupby(owed, key=lambda slot: slot.obligation.series):
        allocate(list(series), reading.seen)
    duties += [_duty(reading, slot, lifted[slot.obligation.key], slot.anchor) for slot in slots]
    ranks = {o.key: rank for rank, o in enumerate(version.obligations)}
    duties.sort(key=lambda d: (ranks[d.key], d.n))
    return Account(tuple(duties), closed_at(reading, duties))


def closed_at(reading: Reading, duties: Sequence[Duty]) -> int:
    """When the loop closed: at one of its closing milestones, or once every duty was settled."""
    if reading.version.closes:
        return _first(reading, reading.version.closes)[0]
    return max((settled_at(d) for d in duties), default=NEVER)


# Milestones


def _reach(milestone: Milestone, reading: Reading) -> tuple[Act, ...]:
    """The acts at which it is reached: none, one, or (EACH) several."""
    if milestone.agg is Agg.OPENING:
        return tuple(act for act in reading.seen if act.fact.id == reading.opened.id)
    if milestone.agg in (Agg.LATER_OF, Agg.EARLIER_OF):
        return _later_or_earlier(milestone, reading)
    found = [act for act in reading.seen if matches(milestone.pattern, act.fact)]
    if milestone.after is not None:
        bound = reading.reached[milestone.after]
        found = [a for a in found if bound and a.when + a.span >= bound[0].when]
    if milestone.before is not None and reading.reached[milestone.before]:
        found = [a for a in found if a.when < reading.reached[milestone.before][0].when]
    if milestone.not_by is not None:
        doers = {act.fact.by for act in reading.reached[milestone.not_by] if act.fact}
        found = [a for a in found if a.fact.by is not None and a.fact.by not in doers]
    if milestone.time:
        told = [(a.fact.data.get(milestone.time), a.fact) for a in found]
        found = [Act(when, 0, fact) for when, fact in told if isinstance(when, int)]
    match milestone.agg:
        case Agg.FIRST:
            return tuple(found[:1])
        case Agg.LAST:
            return tuple(found[-1:])
    return tuple(found)


def _later_or_earlier(milestone: Milestone, reading: Reading) -> tuple[Act, ...]:
    zone = zone_at(reading, place_of(reading, reading.version.jurisdiction))
    times = [
        reach(reading.reached[name][0].when, length, days=reading.world.days, zone=zone)
        for name, length in milestone.of
        if reading.reached[name]
    ]
    if milestone.agg is Agg.LATER_OF:
        return (Act(max(times), 0, None),) if len(times) == len(milestone.of) else ()
    return (Act(min(times), 0, None),) if times else ()


def _first(reading: Reading, names: Sequence[str]) -> tuple[int, str | None]:
    """The earliest of several milestones, and its fact; the first named decides a tie."""
    found = [reading.reached[name][0] for name in names if reading.reached[name]]
    if not found:
        return NEVER, None
    act = min(found, key=lambda a: a.when)
    return act.when, act.fact.id if act.fact else None


# Places and zones


def place_of(reading: Reading, name: str, *, anchor: tuple[str, Act] | None = None) -> str | None:
    """The area code of one of the protocol's places; None while the facts do not tell.

    ``anchor``: the milestone an obligation is anchored at, and the act, where each has its own.
    """
    place: Place | None = next((p for p in reading.version.places if p.name == name), None)
    if place is None:
        return None
    at = reading.reached.get(place.at, ())
    act = anchor[1] if anchor and anchor[0] == place.at else (at[0] if at else None)
    if act is None or act.fact is None:
        return None
    code = act.fact.data.get(place.data) if place.data else act.fact.place
    return code if isinstance(code, str) else None


def owed_at(reading: Reading, owner: Owner, *, anchor: tuple[str, Act] | None = None) -> str | None:
    """Where a duty is owed: the owner's place, else the loop's jurisdiction; lifted to its level.

    In a region that has no such level the place itself stands.
    """
    code = place_of(reading, owner.place, anchor=anchor)
    if code is None:
        code = place_of(reading, reading.version.jurisdiction)
    if code is None or owner.level not in reading.world.areas.levels:
        return code
    known = reading.world.areas.resolve(code)
    return reading.world.areas.ancestor(known, owner.level) if known else None


def zone_at(reading: Reading, code: str | None) -> int:
    """The zone (index) civil days are counted in: declared, or that of the place; 0 if unknown."""
    areas = reading.world.areas
    if reading.version.zone != "place":
        return reading.world.days.zones.index(reading.version.zone)
    known = areas.resolve(code) if code else None
    return int(areas.zone_of[areas.index[known]]) if known else 0


# Duties


def endings(reading: Reading, key: str) -> tuple[str, ...]:
    """The milestones that end an obligation once they are reached: of its stops, and of the closing."""
    stops = (stop for stop in reading.version.stops if key in stop.cancels)
    return (*(stop.when for stop in stops if _is_in_effect(stop, reading)), *reading.version.closes)


def _is_in_effect(stop: Stop, reading: Reading) -> bool:
    """Whether nothing that it makes an exception of was reached before it, or in the same second."""
    when, other = reading.reached[stop.when], reading.reached[stop.unless] if stop.unless else ()
    return not (when and other and other[0].when <= when[0].when)


def _lifted(reading: Reading, key: str) -> Lifted:
    """When the obligation is owed no longer: by a stop or the closing, and by a waiver."""
    version = reading.version
    ended_at, ended_fact = _first(reading, endings(reading, key))
    for act in reading.seen:
        for waiver in version.waivers:
            if key not in waiver.of or not matches(waiver.pattern, act.fact):
                continue
            if not waiver.target or act.fact.data.get(waiver.target) == key:
                return Lifted(ended_at, ended_fact, act.when, act.fact.id)
    return Lifted(ended_at, ended_fact)


def _windows(
    reading: Reading, obligation: Obligation, anchor: Act, *, zone: int
) -> Iterator[tuple[int, int, int, int, str | None]]:
    """Every (n, open, due, first due, id of the extension) of one anchor."""
    version, days = reading.version, reading.world.days
    for n, opens, first_due in frames(obligation, anchor, start_day=version.start_day, days=days, zone=zone):
        due = paused(
            first_due,
            obligation,
            anchor.when,
            pauses=version.pauses,
            acts=reading.seen,
            days=days,
            zone=zone,
        )
        due, grant = extended(
            due,
            first_due,
            obligation,
            anchor.when,
            extensions=version.extensions,
            acts=reading.seen,
            days=days,
            zone=zone,
        )
        yield n, opens, due, first_due, grant.id if grant else None


def _slots(reading: Reading, obligation: Obligation, rank: int) -> list[Slot]:
    """The anchored instances of an obligation, not yet matched with acts."""
    each = reading.version.milestone(obligation.start).agg is Agg.EACH
    return [
        Slot(
            obligation=obligation,
            n=i if each else n,
            rank=rank * 1_000_000 + (i if each else n),
            anchor=anchor,
            open_at=opens,
            due_at=due,
            first_due_at=first_due,
            extended=grant,
            fits=_fits(reading, obligation, anchor),
        )
        for i, anchor in enumerate(reading.reached[obligation.start])
        for n, opens, due, first_due, grant in _windows(
            reading, obligation, anchor, zone=_zone(reading, obligation, anchor)
        )
    ]


def _zone(reading: Reading, obligation: Obligation, anchor: Act) -> int:
    return zone_at(reading, owed_at(reading, obligation.by, anchor=(obligation.start, anchor)))


def _fits(reading: Reading, obligation: Obligation, anchor: Act) -> Fits:
    evidence = obligation.evidence
    return fits(
        evidence,
        barred=_doer(reading, obligation, evidence.not_by, anchor),
        asked=_doer(reading, obligation, evidence.only_by, anchor),
    )


def _doer(reading: Reading, obligation: Obligation, milestone: str | None, anchor: Act) -> str | None:
    """Who did a milestone; of the one the obligation is anchored at, who did this anchor."""
    if milestone is None:
        return None
    reached = reading.reached[milestone]
    act = anchor if milestone == obligation.start else (reached[0] if reached else None)
    return act.fact.by if act and act.fact else None


def _rolled(reading: Reading, obligation: Obligation, rank: int, lifted: Lifted) -> list[Duty]:
    """One window after the other, each opened by the act that met the one before, until a stop."""
    anchor = reading.reached[obligation.start][0]
    zone = _zone(reading, obligation, anchor)
    counts = _fits(reading, obligation, anchor)
    candidates = [act for act in reading.seen if counts(act)]
    duties: list[Duty] = []
    earliest = None
    while True:
        _, opens, due, first_due, grant = next(_windows(reading, obligation, anchor, zone=zone))
        if earliest is None:
            earliest = opens
        met = next(
            ((moment(a, opens), i, a) for i, a in enumerate(candidates) if moment(a, opens) >= earliest), None
        )
        slot = Slot(obligation, len(duties), rank, anchor, opens, due, first_due, grant, counts)
        if met is not None:
            slot.met_at, slot.met_by = met[0], met[2].fact.id
        duties.append(_duty(reading, slot, lifted, reading.reached[obligation.start][0]))
        if met is None or met[0] >= lifted.ended_at:
            return duties
        anchor = Act(met[0], 0, met[2].fact)
        candidates = candidates[met[1] + 1 :]
        earliest = met[0] + obligation.evidence.apart


def _waiting(reading: Reading, obligation: Obligation, lifted: Lifted) -> list[Duty]:
    """The instances of an obligation whose anchor was not reached; none if each anchor makes its own."""
    if reading.version.milestone(obligation.start).agg is Agg.EACH:
        return []
    window = obligation.window
    place = owed_at(reading, obligation.by)
    times = dict.fromkeys(("anchor_at", "open_at", "due_at", "first_due_at", "met_at", "until_at"), NEVER)
    return [
        Duty(
            key=obligation.key,
            n=n,
            version=reading.version.version,
            place=place,
            ended_at=lifted.ended_at,
            ended_fact=lifted.ended_fact,
            waived_at=lifted.waived_at,
            waived_fact=lifted.waived_fact,
            **times,
        )
        for n in window.days or range(window.times or 1)
    ]


def _duty(reading: Reading, slot: Slot, lifted: Lifted, placed: Act) -> Duty:
    """The slot as a duty; ``placed`` is the anchor that says where it is owed."""
    return Duty(
        key=slot.obligation.key,
        n=slot.n,
        anchor_at=slot.anchor.when,
        open_at=slot.open_at,
        due_at=slot.due_at,
        first_due_at=slot.first_due_at,
        met_at=slot.met_at,
        ended_at=lifted.ended_at,
        waived_at=lifted.waived_at,
        until_at=slot.until_at,
        version=reading.version.version,
        place=owed_at(reading, slot.obligation.by, anchor=(slot.obligation.start, placed)),
        anchor_fact=slot.anchor.fact.id if slot.anchor.fact else None,
        met_fact=slot.met_by,
        ended_fact=lifted.ended_fact,
        waived_fact=lifted.waived_fact,
        extended_fact=slot.extended,
    )
