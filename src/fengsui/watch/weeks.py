"""Weeks and their names: ISO weeks begin on Monday, the weeks of the US CDC (MMWR weeks) on Sunday.

Both belong to the year in which most of their days lie: ISO 8601 by the Thursday, the CDC by the Wednesday
(MMWR Week Fact Sheet). Days are counted from 1970-01-01, a Thursday.
"""

import numpy as np

from fengsui.kit.civil import civil_from, day_from
from fengsui.kit.errors import BadInput, Finding

WEEK = 7
_MONDAY, _SUNDAY = -3, -4  # the first of each before, or on, 1970-01-01
FIRST = {"iso": _MONDAY, "cdc": _SUNDAY}
KINDS = tuple(FIRST)


def first_of(kind: str) -> int:
    """A day on which a week of this kind begins; BadInput if it is neither iso nor cdc."""
    if kind not in FIRST:
        raise BadInput(kind, (Finding("--week", "week", repr(kind), " or ".join(KINDS)),))
    return FIRST[kind]


def week_start(days: np.ndarray | int, *, kind: str = "iso") -> np.ndarray | int:
    """The first day of the week each day lies in (days since 1970-01-01)."""
    first = first_of(kind)
    return (days - first) // WEEK * WEEK + first


def week_name(day: int, *, kind: str = "iso") -> str:
    """The week a day lies in, as it is written: 2020-W53."""
    start = week_start(int(day), kind=kind)
    year, _, _ = civil_from(start + WEEK // 2)  # the middle day: Thursday, or Wednesday
    fourth = day_from(year, 1, 4)  # always in week 1 of its year, by either count
    return f"{year}-W{(start - week_start(fourth, kind=kind)) // WEEK + 1:02d}"
