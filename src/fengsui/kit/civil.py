"""The calendar as plain integer arithmetic: days since 1970-01-01 to year, month, day and back.

Proleptic Gregorian, exact for every year, and without objects, so that a compiled kernel can use these very
functions (numba: ``register_jitable`` on each, where it is needed). The method counts in eras of 400 years
(146,097 days) that begin on 1 March, which puts the leap day last: day of year and month then follow from
linear formulas (153 days in five months).
"""

_ERA = 146097  # days in 400 years
_SHIFT = 719468  # days from 0000-03-01 to 1970-01-01


def day_from(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a civil date; a day past the month's end runs on into the next month."""
    y = year - 1 if month <= 2 else year
    era = y // 400
    year_of_era = y - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * _ERA + day_of_era - _SHIFT


def civil_from(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month of a number of days since 1970-01-01."""
    z = day + _SHIFT
    era = z // _ERA
    day_of_era = z - era * _ERA
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day_of_month = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    return year_of_era + era * 400 + (1 if month <= 2 else 0), month, day_of_month


def shift_months(day: int, n: int, up: bool) -> int:
    """The day ``n`` months on; where that month has no such day, its last day or (``up``) the day after."""
    year, month, day_of_month = civil_from(day)
    months = year * 12 + month - 1 + n
    y = months // 12
    m = months - y * 12 + 1
    following = day_from(y + 1, 1, 1) if m == 12 else day_from(y, m + 1, 1)
    wanted = day_from(y, m, 1) + day_of_month - 1
    if wanted < following:
        return wanted
    return following if up else following - 1
