"""Which days are worked in a country: weekends, statutory holidays, and make-up working days (调休上班).

China moves working days around its holidays by a notice of the State Council's General Office each
autumn, and has changed a year's arrangement in the middle of it (Labour Day 2019, Spring Festival 2020).
The notices for 2019 to 2026 ship with their numbers in ``calendars/CN.csv`` and decide for those years; for
all other years and countries the ``holidays`` library does. It knows China's arrangements from 2001 on;
for years not yet arranged it can only tell the statutory days themselves, see ``published_until``. China's
two-day weekend dates from 1995-05-01; earlier Saturdays are counted as rest days all the same.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from fengsui.kit.civil import day_from
from fengsui.kit.errors import BadInput, Finding

FIRST_YEAR, LAST_YEAR = 1970, 2099
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Holidays:
    """The working-day calendar of a country ("CN") or a part of one by ISO 3166-2 ("US-NY").

    ``notices`` is a table of arrangements (``year,first,last,worked,name_zh,name_en,notice``) in place of
    the shipped one; each year named in it is taken from it alone. Raises BadInput when it is first asked
    about an unknown country, or reads a broken table. Cheap to make, but slow to ask the first time.
    """

    country: str
    notices: Path | None = None

    def is_working(self, day: int) -> bool:
        """Whether people work on a day (days since 1970-01-01); Monday to Friday outside of the tables."""
        table = working_days(self)
        return bool(table[day]) if 0 <= day < len(table) else (day + 3) % 7 < 5

    def published_until(self) -> int | None:
        """The first day no published arrangement reaches; None where there are no such arrangements."""
        years = [row.year for row in _arrangements(self)]
        return day_from(max(years) + 1, 1, 1) if years else None


@dataclass(frozen=True, slots=True)
class _Arrangement:
    """One line of a notice: from first to last, these days are off, or worked."""

    year: int
    first: int
    last: int
    worked: bool


@lru_cache(maxsize=32)
def working_days(holidays: Holidays) -> bytes:
    """One byte a day from 1970-01-01 to 2099-12-31: 1 where the day is worked."""
    table = bytearray(_by_library(holidays.country))
    rows = _arrangements(holidays)
    for year in {row.year for row in rows}:
        first, end = day_from(year, 1, 1), day_from(year + 1, 1, 1)
        table[first:end] = bytes((day + 3) % 7 < 5 for day in range(first, end))
    for row in rows:
        table[row.first : row.last + 1] = bytes([row.worked]) * (row.last + 1 - row.first)
    return bytes(table)


def _by_library(country: str) -> bytes:
    import holidays as library  # here, because it takes as long to import as all the rest

    code, _, part = country.partition("-")
    try:
        calendar = library.country_holidays(code, subdiv=part or None, years=range(FIRST_YEAR, LAST_YEAR + 1))
    except NotImplementedError as error:
        found = Finding("holiday calendar", "country", repr(country), "an ISO 3166 code such as CN or US-NY")
        raise BadInput("There is no working-day calendar of this country.", (found,)) from error
    days = range(date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR + 1, 1, 1).toordinal())
    return bytes(map(calendar.is_working_day, map(date.fromordinal, days)))


@lru_cache(maxsize=32)
def _arrangements(holidays: Holidays) -> tuple[_Arrangement, ...]:
    path = holidays.notices or Path(__file__).parent / "calendars" / f"{holidays.country}.csv"
    if holidays.notices is None and not path.exists():
        return ()
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        return tuple(_arrangement(row, f"{path.name}:{rows.line_num}") for row in rows)


def _arrangement(row: dict[str, str], where: str) -> _Arrangement:
    try:
        first, last = (date.fromisoformat(row[name]).toordinal() - _EPOCH for name in ("first", "last"))
        year, worked = int(row["year"]), {"yes": True, "no": False}[row["worked"]]
        if not FIRST_YEAR <= year <= LAST_YEAR or not 0 <= first <= last < first + 60:
            raise ValueError("out of range")
    except (KeyError, ValueError, TypeError) as error:
        expected = "year,first,last,worked with first ≤ last as 2021-09-18 and worked as yes or no"
        found = Finding(where, "arrangement", ",".join(map(str, row.values())), expected)
        raise BadInput("This table of working days cannot be taken.", (found,)) from error
    return _Arrangement(year, first, last, worked)
