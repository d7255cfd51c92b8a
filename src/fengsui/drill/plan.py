"""A plot played once: when each deed is done, and which duties are broken by it.

The plan says what is true before anything of it is told, so a break can be tried out and thrown away.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fengsui.drill.breaks import LATE, Kind
from fengsui.drill.calendar import Calendar
from fengsui.drill.chance import Chance
from fengsui.drill.moments import Moment
from fengsui.drill.plots import Plot, PlotDuty
from fengsui.kit.instant import NEVER


@dataclass(frozen=True, slots=True)
class Broken:
    """A duty that is not done in time: from when to when."""

    duty: PlotDuty
    from_at: int
    until_at: int


@dataclass(frozen=True, slots=True)
class Plan:
    """When everything happens. ``times``: deed, or deed.field → seconds, None if it never does."""

    times: Mapping[str, int | None]
    broken: tuple[Broken, ...]


def plan(
    plot: Plot,
    opened_at: int,
    *,
    broken: tuple[Kind, PlotDuty] | None,
    calendar: Calendar,
    chance: Chance,
) -> Plan:
    """Draw one course of things. What a broken deed leads to goes with it, and is broken as well.

    Raises ValueError where a duty would be broken that is neither the broken one nor a consequence of it:
    such a story contradicts itself.
    """
    times: dict[str, int | None] = {}
    spoiled: set[str] = set()
    for deed in plot.deeds.values():
        at = opened_at if deed.when is None else deed.when.at(times, calendar, chance=chance)
        if deed.when is not None and _deed_of(deed.when) in spoiled:
            spoiled.add(deed.name)
        if broken is not None and deed.name == broken[1].met_by:
            spoiled.add(deed.name)
            at = _spoiled(broken, times, calendar=calendar, chance=chance)
        times[deed.name] = at
        for field, value in deed.data.items():
            if isinstance(value, Moment):
                told_at = None if at is None else value.at(times, calendar, chance=chance)
                times[f"{deed.name}.{field}"] = told_at
    return Plan(times, tuple(_broken(plot, times, spoiled=spoiled, calendar=calendar)))


def _deed_of(moment: Moment) -> str:
    return moment.base.partition(".")[0]


def _spoiled(
    broken: tuple[Kind, PlotDuty], times: Mapping[str, int | None], *, calendar: Calendar, chance: Chance
) -> int | None:
    """When the deed of a broken duty is done: after its due, or never."""
    kind, duty = broken
    due = duty.due.at(times, calendar)
    if kind.how != LATE or due is None:
        return None
    return due + chance.minutes(kind.least, kind.most)


def _broken(
    plot: Plot, times: Mapping[str, int | None], *, spoiled: set[str], calendar: Calendar
) -> list[Broken]:
    found = []
    for duty in plot.duties:
        due = duty.due.at(times, calendar)
        if due is None:
            continue
        done = times[duty.met_by]
        ended = _ended(plot, duty, times)
        until = NEVER if duty.until is None else duty.until.at(times, calendar) or NEVER
        settled = min(NEVER if done is None else done, ended, until)
        if settled < due:
            continue
        if duty.met_by not in spoiled:
            name = f"{duty.protocol} {duty.key} {duty.n}"
            raise ValueError(f"the drill planned {name} for {done}, due {due}, without breaking it")
        found.append(Broken(duty, due, settled))
    return found


def _ended(plot: Plot, duty: PlotDuty, times: Mapping[str, int | None]) -> int:
    """When a duty is owed no longer, whether done or not."""
    ends = (
        times[deed]
        for deed, keys in plot.ends.items()
        if deed != duty.met_by and ("all" in keys or duty.key in keys)
    )
    return min((at for at in ends if at is not None), default=NEVER)
