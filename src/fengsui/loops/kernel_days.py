"""Days and lengths for the kernel: the same as ``kit.days`` and ``windows.reach``, compiled."""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from fengsui.kit.civil import civil_from, day_from, shift_months
from fengsui.kit.days import DayTables
from fengsui.kit.instant import DAY, NEVER
from fengsui.loops.compiled import leaf
from fengsui.loops.plan import UNITS
from fengsui.protocols.model import Unit

SECONDS = UNITS.index(Unit.SECONDS)
DAYS = UNITS.index(Unit.DAYS)
WORKING_DAYS = UNITS.index(Unit.WORKING_DAYS)
MONTHS = UNITS.index(Unit.MONTHS)

for function in (civil_from, day_from, shift_months):
    register_jitable(function)  # plain integer arithmetic: the kernel compiles the very same lines


class Days(NamedTuple):
    """The day tables as the kernel takes them."""

    midnight: np.ndarray  # int64[n_zones, N + 1]
    working_before: np.ndarray  # int32[N + 1]
    nth_working: np.ndarray  # int32


def days_of(tables: DayTables) -> Days:
    """The arrays of the day tables."""
    return Days(tables.midnight, tables.working_before, tables.nth_working)


@leaf
def day_of(days, zone, at):
    """The civil day of an instant."""
    midnight = days.midnight[zone]
    n = midnight.size - 1
    if at < midnight[0]:
        return (at - midnight[0]) // DAY
    if at >= midnight[n]:
        return n + (at - midnight[n]) // DAY
    day = min(max(at // DAY, 0), n - 1)
    while midnight[day] > at:
        day -= 1
    while midnight[day + 1] <= at:
        day += 1
    return day


@leaf
def midnight_of(days, zone, day):
    """The instant at which a civil day begins."""
    if day >= NEVER:
        return NEVER
    midnight = days.midnight[zone]
    n = midnight.size - 1
    if day < 0:
        return midnight[0] + day * DAY
    if day > n:
        return midnight[n] + (day - n) * DAY
    return midnight[day]


@leaf
def _worked_before(days, day):
    return days.working_before[min(max(day, 0), days.working_before.size - 1)]


@leaf
def _nth(days, k):
    if k < 0:
        return -1
    return days.nth_working[k] if k < days.nth_working.size else NEVER


@leaf
def add_working_days(days, day, n):
    """The n-th working day after a day that is not itself counted."""
    if n == 0 or day >= NEVER:
        return day
    k = _worked_before(days, day + 1) + n - 1 if n > 0 else _worked_before(days, day) + n
    return _nth(days, k)


@leaf
def edge(days, zone, start, table, row, at, k):
    """Where the k-th of equal windows begins, counted from ``start``; their length is ``table[row, at]`` …"""
    n, unit = k * table[row, at], table[row, at + 1]
    if unit == SECONDS:
        return start + n
    day = day_of(days, zone, start)
    if unit == DAYS:
        day = day + n
    elif unit == WORKING_DAYS:
        day = add_working_days(days, day, n)
    else:
        day = shift_months(day, n, table[row, at + 2] == 1)
    return midnight_of(days, zone, day)


@leaf
def reach(days, zone, start, table, row, at):
    """The moment a length is over: ``table[row, at]`` … is n, unit, rounding up, to a working day."""
    unit = table[row, at + 1]
    if start == NEVER or unit < 0:
        return start
    n = table[row, at]
    if unit == SECONDS:
        return start + n
    day = day_of(days, zone, start)
    if unit == DAYS:
        day = day + n
    elif unit == WORKING_DAYS:
        day = add_working_days(days, day, n)
    else:
        day = shift_months(day, n, table[row, at + 2] == 1)
    if table[row, at + 3] and day < NEVER:
        day = _nth(days, _worked_before(days, day))
    return midnight_of(days, zone, day + 1)
