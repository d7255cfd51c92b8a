"""When an obligation may be and must have been met: lengths, frames, pauses, extensions.

Windows are half-open, [open, due): the due moment itself is too late.
"""

from collections.abc import Iterator, Sequence

from fengsui.facts.fact import Fact
from fengsui.kit.days import (
    DayTables,
    add_months,
    add_working_days,
    day_of,
    midnight,
    next_working_day,
)
from fengsui.kit.instant import NEVER
from fengsui.loops.acts import Act, matches
from fengsui.protocols.model import Extension, Frame, Length, Obligation, Pause, Unit

LONG_AGO = -NEVER


def reach(start: int, length: Length | None, *, days: DayTables, zone: int) -> int:
    """The moment a length that starts at ``start`` is over.

    Seconds are added as they are. Civil days, working days and months leave the start day out and
    end at 24:00 of their last day (民法典 §201-§203).
    """
    if start == NEVER or length is None:
        return start
    if length.unit is Unit.SECONDS:
        return start + length.n
    first = day_of(days, zone, start)
    match length.unit:
        case Unit.DAYS:
            last = first + length.n
        case Unit.WORKING_DAYS:
            last = add_working_days(days, first, length.n)
        case Unit.MONTHS:
            last = add_months(first, length.n, rounding=length.rounding)
    if length.to_working_day:
        last = next_working_day(days, last)
    return midnight(days, zone, last + 1)


def frames(
    obligation: Obligation, anchor: Act, *, start_day: int, days: DayTables, zone: int
) -> Iterator[tuple[int, int, int]]:
    """Every (n, open, due) of an anchored obligation. ROLLING gives its first window only."""
    window = obligation.window
    start = reach(anchor.when, window.opens_after, days=days, zone=zone)
    match window.frame:
        case Frame.WITHIN | Frame.ROLLING:
            yield 0, start, reach(start, window.length, days=days, zone=zone)
        case Frame.BEFORE:
            # Of a date without a time the latest moment counts: a break is only called where there is one.
            due = anchor.when + (anchor.span + 1 if anchor.span else 0) - window.length.n
            yield 0, due - window.opens_after.n if window.opens_after else LONG_AGO, due
        case Frame.UNTIL:
            told = anchor.fact.data.get(window.data) if anchor.fact else None
            due = told if isinstance(told, int) else None
            if due is None:
                due = reach(start, window.length, days=days, zone=zone) if window.length else NEVER
            yield 0, start, due
        case Frame.ON_DAYS:
            first = day_of(days, zone, anchor.when) - start_day
            for n in window.days:
                yield n, midnight(days, zone, first + n), midnight(days, zone, first + n + 1)
        case Frame.EVERY:
            for n in range(window.times):
                opens = _edge(start, n, window.length, days=days, zone=zone)
                due = _edge(start, n + 1, window.length, days=days, zone=zone)
                if window.open_for:
                    due = _held(opens, window.open_for, days=days, zone=zone)
                yield n, opens, due


def _edge(start: int, n: int, length: Length, *, days: DayTables, zone: int) -> int:
    """Where the n-th of equal windows begins: elapsed from the start, or civil from its day on.

    Always counted from the start: 31 January, 28 February, 31 March, and not 28 March.
    """
    if length.unit is Unit.SECONDS:
        return start + n * length.n
    day = day_of(days, zone, start)
    match length.unit:
        case Unit.DAYS:
            day += n * length.n
        case Unit.WORKING_DAYS:
            day = add_working_days(days, day, n * length.n)
        case Unit.MONTHS:
            day = add_months(day, n * length.n, rounding=length.rounding)
    return midnight(days, zone, day)


def _held(opens: int, length: Length, *, days: DayTables, zone: int) -> int:
    """When a window that is only open for so long is over; of civil days the first is the one it opens on."""
    if length.unit is Unit.SECONDS:
        return opens + length.n
    return midnight(days, zone, day_of(days, zone, opens) + length.n)


def gaps(pause: Pause, acts: Sequence[Act]) -> Iterator[tuple[int, int]]:
    """The (begin, end) of every pause in time order; end is NEVER while it lasts."""
    begins = [a.when for a in acts if matches(pause.begin, a.fact)]
    ends = [a.when for a in acts if matches(pause.end, a.fact)]
    resumed = LONG_AGO
    for begin in begins:
        if begin < resumed:
            continue
        resumed = next((end for end in ends if end >= begin), NEVER)
        yield begin, resumed


def paused(
    due: int,
    obligation: Obligation,
    anchored_at: int,
    *,
    pauses: Sequence[Pause],
    acts: Sequence[Act],
    days: DayTables,
    zone: int,
) -> int:
    """The due moved by the time that does not count: whole civil days where it is counted in days."""
    length = obligation.window.length
    by_day = obligation.window.frame is Frame.ON_DAYS or (length and length.unit is not Unit.SECONDS)
    for pause in pauses:
        if obligation.key not in pause.of:
            continue
        for begin, end in gaps(pause, acts):
            begin = max(begin, anchored_at)
            if due == NEVER or begin >= due or end <= begin:
                continue
            if end == NEVER:
                return NEVER
            if by_day:
                lost = day_of(days, zone, end) - day_of(days, zone, begin)
                due = midnight(days, zone, day_of(days, zone, due - 1) + lost + 1)
            else:
                due += end - begin
    return due


def extended(
    due: int,
    first_due: int,
    obligation: Obligation,
    anchored_at: int,
    *,
    extensions: Sequence[Extension],
    acts: Sequence[Act],
    days: DayTables,
    zone: int,
) -> tuple[int, Fact | None]:
    """The due as granted, and the grant. One that comes at or after the due it would move is nothing."""
    granted = None
    for act in acts:
        for extension in extensions:
            if not anchored_at <= act.when < due or not grants(extension, obligation.key, act.fact):
                continue
            limit = NEVER
            if extension.at_most is not None:
                limit = reach(first_due, extension.at_most, days=days, zone=zone)
            asked = act.fact.data.get(extension.data)
            if isinstance(asked, int) and min(asked, limit) > due:
                due, granted = min(asked, limit), act.fact
    return due, granted


def grants(extension: Extension, key: str, fact: Fact) -> bool:
    """Whether the fact is a grant of this extension that speaks of the obligation ``key``."""
    if key not in extension.of or not matches(extension.pattern, fact):
        return False
    return not extension.target or fact.data.get(extension.target) == key
