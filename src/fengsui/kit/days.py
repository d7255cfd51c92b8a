"""Civil days, working days and months, with the tables from which the compiled kernel reads the same.

Two ways to count days live side by side (domain rules 0.2):

* protocol days: day 1 is the day it starts (隔离第 1 天), never shifted for holidays;
* legal periods: the day it starts on is not counted, the last day ends at 24:00, and a last day that is a
  holiday gives way to the next working day (Civil Code of the PRC 民法典 §§ 200 to 204: § 200 the Gregorian
  calendar, § 201 the first day, § 202 months without such a day, § 203 holidays and 24:00).

Everything is half-open. A legal period of n days from something that happened on day d (not counted) ends
at ``midnight(d + n + 1)``; protocol day n of a stay that starts on day d is
``[midnight(d + n - 1), midnight(d + n))``.

The tables reach from 1970-01-01 to 2099-12-31. Outside of them a day has 86,400 seconds and clocks are
not changed, so that a wrong year in a source (1900, 9999) gives a far day and not an error.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property, lru_cache

import numpy as np

from fengsui.kit.civil import civil_from, day_from, shift_months
from fengsui.kit.holidays import FIRST_YEAR, LAST_YEAR, Holidays, working_days
from fengsui.kit.instant import DAY, NEVER, zone_info

__all__ = [
    "N_DAYS",
    "Day",
    "DayTables",
    "Holidays",
    "add_months",
    "add_working_days",
    "civil_from",
    "day_from",
    "day_of",
    "day_tables",
    "midnight",
    "next_working_day",
]

Day = int  # days since 1970-01-01 in local civil time

N_DAYS = day_from(LAST_YEAR + 1, 1, 1) - day_from(FIRST_YEAR, 1, 1)  # 47,482


class DayTables:
    """When the days of some zones begin, and which days of one country are worked.

    Attributes, with N = N_DAYS: ``zones`` (names, in the order given), ``midnight`` (int64[n_zones, N+1],
    the second at which day d begins), ``is_working`` (bool[N]), ``working_before`` (int32[N+1], how many
    working days lie in [0, d)), ``nth_working`` (int32, the day of the k-th working day, from 0). The last
    three are built when first asked for; without a calendar they count Monday to Friday.
    """

    def __init__(self, zones: tuple[str, ...], *, holidays: Holidays | None) -> None:
        self.zones = zones
        self.holidays = holidays
        self.midnight = np.stack([_midnights(zone) for zone in zones])
        self.midnight.flags.writeable = False

    @cached_property
    def is_working(self) -> np.ndarray:
        if self.holidays is None:
            return _read_only((np.arange(N_DAYS) + 3) % 7 < 5)  # 1970-01-01 was a Thursday
        return _read_only(np.frombuffer(working_days(self.holidays), dtype=np.bool_))

    @cached_property
    def working_before(self) -> np.ndarray:
        counts = np.zeros(N_DAYS + 1, dtype=np.int32)
        np.cumsum(self.is_working, out=counts[1:])
        return _read_only(counts)

    @cached_property
    def nth_working(self) -> np.ndarray:
        return _read_only(np.flatnonzero(self.is_working).astype(np.int32))


def day_tables(zones: Sequence[str], *, holidays: Holidays | None = None) -> DayTables:
    """The tables for these zones and this calendar, built once. ValueError for a zone that is none."""
    return _tables(tuple(zones), holidays)


def day_of(tables: DayTables, z: int, at: int) -> Day:
    """The civil day of an instant in zone number ``z``; NEVER has none and stays NEVER."""
    if at >= NEVER:
        return NEVER
    begins = tables.midnight[z]
    if at < begins[0]:
        return int((at - begins[0]) // DAY)
    if at >= begins[N_DAYS]:
        return int(N_DAYS + (at - begins[N_DAYS]) // DAY)
    return bisect_right(begins, at, *_near(at)) - 1


def midnight(tables: DayTables, z: int, day: Day) -> int:
    """The instant at which a civil day begins in zone number ``z`` (00:00, or the first time there is)."""
    if day >= NEVER:
        return NEVER
    begins = tables.midnight[z]
    if day < 0:
        return int(begins[0]) + day * DAY
    if day > N_DAYS:
        return int(begins[N_DAYS]) + (day - N_DAYS) * DAY
    return int(begins[day])


def add_months(day: Day, n: int, *, rounding: str) -> Day:
    """The same day of the month, n months on; where there is none, the month's last day or the day after.

    "down" (31 January + 1 month = 28 or 29 February) is Civil Code § 202; "up" (1 March) is the US CDC's
    rule for intervals (CDSi). Count a series from its first day, not from the last result: 31 January + 2
    months is 31 March, while 28 February + 1 month is 28 March.
    """
    if rounding not in ("down", "up"):
        raise ValueError(f"expected rounding down or up, found {rounding!r}")
    return shift_months(day, n, rounding == "up")


def add_working_days(tables: DayTables, day: Day, n: int) -> Day:
    """The n-th working day after a day that is not itself counted (5个工作日内); before it for n < 0.

    ``n`` = 0 is the day itself. A result after 2099 is NEVER, one before 1970 is -1; days outside of the
    tables count as none.
    """
    if n == 0 or day >= NEVER:
        return day
    k = _worked_before(tables, day + 1) + n - 1 if n > 0 else _worked_before(tables, day) + n
    return _nth(tables, k)


def next_working_day(tables: DayTables, day: Day) -> Day:
    """The day itself if it is worked, else the next that is (Civil Code § 203); NEVER after 2099."""
    return NEVER if day >= NEVER else _nth(tables, _worked_before(tables, day))


def _worked_before(tables: DayTables, day: Day) -> int:
    return int(tables.working_before[min(max(day, 0), N_DAYS)])


def _nth(tables: DayTables, k: int) -> Day:
    if k < 0:
        return -1
    return int(tables.nth_working[k]) if k < len(tables.nth_working) else NEVER


def _near(at: int) -> tuple[int, int]:
    """Between which days to look: no zone is, or was since 1970, a whole day away from UTC."""
    d = at // DAY
    return max(d - 1, 0), min(d + 3, N_DAYS + 1)


@lru_cache(maxsize=64)
def _tables(zones: tuple[str, ...], holidays: Holidays | None) -> DayTables:
    return DayTables(zones, holidays=holidays)


@lru_cache(maxsize=256)
def _midnights(zone: str) -> np.ndarray:
    """When each day begins. A midnight skipped by a clock change is the change itself; of one that comes
    twice, the first (``fold=0``): where clocks went back over midnight (Newfoundland until 2011) the
    repeated last hour counts for the new day. A day a zone left out (Samoa, 2011-12-30) has no length."""
    offset_of = zone_info(zone).utcoffset
    offsets = list(map(offset_of, _first_seconds()))
    seconds = {offset: int(offset.total_seconds()) for offset in set(offsets)}
    east = np.fromiter(map(seconds.__getitem__, offsets), dtype=np.int64, count=N_DAYS + 1)
    return np.arange(N_DAYS + 1, dtype=np.int64) * DAY - east


@lru_cache(maxsize=1)
def _first_seconds() -> tuple[datetime, ...]:
    first = date(FIRST_YEAR, 1, 1).toordinal()
    return tuple(map(datetime.fromordinal, range(first, first + N_DAYS + 1)))


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
