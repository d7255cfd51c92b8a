"""Civil days, months and working days, against their definitions."""

from calendar import monthrange
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.kit.days import (
    N_DAYS,
    Holidays,
    add_months,
    add_working_days,
    civil_from,
    day_from,
    day_of,
    day_tables,
    midnight,
    next_working_day,
)
from fengsui.kit.instant import DAY, NEVER

ZONES = (
    "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe",
    "Pacific/Apia", "America/Havana", "UTC",
)  # fmt: skip
SHANGHAI, BERLIN, NEW_YORK, SAO_PAULO, LORD_HOWE, APIA, HAVANA, LONDON_TIME = range(len(ZONES))
TABLES = day_tables(ZONES, holidays=Holidays("CN"))

days = st.integers(0, N_DAYS - 1)
working_days_of_the_notices = st.integers(day_from(2019, 1, 1), day_from(2026, 12, 31))


def on(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def hours(zone: int, text: str) -> float:
    return (midnight(TABLES, zone, on(text) + 1) - midnight(TABLES, zone, on(text))) / 3600


@given(st.integers(-700_000, 2_900_000))
def test_civil_dates_agree_with_the_standard_library(day):
    expected = date.fromordinal(day + date(1970, 1, 1).toordinal())
    assert civil_from(day) == (expected.year, expected.month, expected.day)
    assert day_from(*civil_from(day)) == day


def test_the_tables_reach_from_1970_to_2100():
    assert TABLES.zones == ZONES
    assert TABLES.midnight.shape == (len(ZONES), N_DAYS + 1)
    assert TABLES.midnight[LONDON_TIME, -1] == utc(2100, 1, 1)
    assert TABLES.is_working.shape == (N_DAYS,)
    assert TABLES.working_before.shape == (N_DAYS + 1,)


@given(days, st.sampled_from(range(len(ZONES))))
def test_a_day_begins_when_the_zone_says(day, z):
    start = datetime.fromordinal(day + date(1970, 1, 1).toordinal()).replace(tzinfo=ZoneInfo(ZONES[z]))
    assert midnight(TABLES, z, day) == start.timestamp()


@given(st.integers(0, utc(2099, 12, 31)), st.sampled_from(range(len(ZONES))))
def test_the_day_of_an_instant_is_the_date_on_the_wall(at, z):
    wall = datetime.fromtimestamp(at, ZoneInfo(ZONES[z])).date()
    assert civil_from(day_of(TABLES, z, at)) == (wall.year, wall.month, wall.day)


@given(st.integers(-(10**11), 10**12), st.sampled_from(range(len(ZONES))))
def test_every_instant_lies_within_its_day_inside_the_tables_and_outside(at, z):
    day = day_of(TABLES, z, at)
    assert midnight(TABLES, z, day) <= at < midnight(TABLES, z, day + 1)


@pytest.mark.parametrize("z", range(len(ZONES)))
@pytest.mark.parametrize(
    "text", ["2021-01-01", "2024-02-29", "2024-03-01", "2026-03-29", "2026-10-25", "1999-12-31"]
)
def test_a_second_before_midnight_is_the_day_before_and_a_second_after_is_not(z, text):
    begins = midnight(TABLES, z, on(text))
    assert [day_of(TABLES, z, begins + s) - on(text) for s in (-1, 0, 1)] == [-1, 0, 0]


@pytest.mark.parametrize(
    ("zone", "text", "length"),
    [
        (BERLIN, "2026-03-28", 24), (BERLIN, "2026-03-29", 23), (BERLIN, "2026-03-30", 24),
        (BERLIN, "2026-10-25", 25), (NEW_YORK, "2026-03-08", 23), (NEW_YORK, "2026-11-01", 25),
        (LORD_HOWE, "2026-04-05", 24.5), (APIA, "2011-12-29", 24), (APIA, "2011-12-30", 0),
        (APIA, "2011-12-31", 24), (SAO_PAULO, "2018-11-04", 23), (SAO_PAULO, "2019-02-16", 25),
        (HAVANA, "2026-11-01", 25), (SHANGHAI, "2026-03-29", 24),
    ],
)  # fmt: skip
def test_days_have_the_hours_their_zone_gave_them(zone, text, length):
    assert hours(zone, text) == length


def test_china_changed_its_clocks_from_1986_to_1991_and_at_no_other_time():
    lengths = np.diff(TABLES.midnight[SHANGHAI])
    odd = {date.fromordinal(int(d) + date(1970, 1, 1).toordinal()) for d in np.flatnonzero(lengths != DAY)}
    assert {day.year for day in odd} == {1986, 1987, 1988, 1989, 1990, 1991}
    assert len(odd) == 12
    assert hours(SHANGHAI, "1986-05-04") == 23
    assert hours(SHANGHAI, "1986-09-14") == 25


def test_outside_of_the_tables_days_go_on_with_24_hours():
    far = on("9999-12-31")
    assert midnight(TABLES, SHANGHAI, far) == midnight(TABLES, SHANGHAI, N_DAYS) + (far - N_DAYS) * DAY
    assert day_of(TABLES, SHANGHAI, midnight(TABLES, SHANGHAI, far)) == far
    assert midnight(TABLES, BERLIN, on("1900-01-01") + 1) - midnight(TABLES, BERLIN, on("1900-01-01")) == DAY


def test_never_stays_never():
    assert day_of(TABLES, SHANGHAI, NEVER) == NEVER
    assert midnight(TABLES, SHANGHAI, NEVER) == NEVER
    assert add_working_days(TABLES, NEVER, 5) == NEVER
    assert next_working_day(TABLES, NEVER) == NEVER


def test_a_legal_period_of_n_days_ends_at_the_end_of_the_nth_day_after():
    # Fourteen days from an entry on 2021-08-06, any hour: through 24:00 of 2021-08-20.
    entered = day_of(TABLES, SHANGHAI, utc(2021, 8, 6, 7))
    assert midnight(TABLES, SHANGHAI, entered + 14 + 1) == utc(2021, 8, 20, 16)


@pytest.mark.parametrize(
    ("anchor", "n", "down", "up"),
    [
        ("2021-01-31", 1, "2021-02-28", "2021-03-01"),
        ("2024-01-31", 1, "2024-02-29", "2024-03-01"),
        ("2021-01-31", 2, "2021-03-31", "2021-03-31"),
        ("2024-02-29", 12, "2025-02-28", "2025-03-01"),
        ("2021-08-31", 1, "2021-09-30", "2021-10-01"),
        ("2021-12-31", 2, "2022-02-28", "2022-03-01"),
        ("2021-08-15", 1, "2021-09-15", "2021-09-15"),
        ("2021-03-31", -1, "2021-02-28", "2021-03-01"),
        ("2021-11-30", 13, "2022-12-30", "2022-12-30"),
    ],
)
def test_months_round_down_to_the_last_day_or_up_to_the_day_after(anchor, n, down, up):
    assert add_months(on(anchor), n, rounding="down") == on(down)
    assert add_months(on(anchor), n, rounding="up") == on(up)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(-600, 600))
def test_months_agree_with_their_definition(anchor, n):
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + n, 12)
    length = monthrange(year, month + 1)[1]
    last = on(date(year, month + 1, min(anchor.day, length)).isoformat())
    day = on(anchor.isoformat())
    assert add_months(day, n, rounding="down") == last
    assert add_months(day, n, rounding="up") == last + (anchor.day > length)


@given(st.integers(-200_000, 200_000), st.integers(-600, 600))
def test_later_days_never_come_due_earlier_by_months(day, n):
    for rounding in ("down", "up"):
        assert add_months(day, n, rounding=rounding) <= add_months(day + 1, n, rounding=rounding)


def test_months_are_rounded_down_or_up_and_no_other_way():
    with pytest.raises(ValueError, match="down or up"):
        add_months(0, 1, rounding="half")


def test_five_working_days_before_the_national_holiday_run_over_it():
    # Monday 2021-09-27: 28, 29, 30 September, then 8 October (Friday) and 9 October (Saturday, made up).
    assert add_working_days(TABLES, on("2021-09-27"), 5) == on("2021-10-09")


def test_the_start_day_is_not_counted_whether_worked_or_not():
    friday, saturday, monday = on("2021-08-06"), on("2021-08-07"), on("2021-08-09")
    assert add_working_days(TABLES, friday, 1) == add_working_days(TABLES, saturday, 1) == monday
    assert add_working_days(TABLES, monday, 0) == monday


def test_a_last_day_that_is_off_gives_way_to_the_next_working_day():
    assert next_working_day(TABLES, on("2021-10-01")) == on("2021-10-08")
    assert next_working_day(TABLES, on("2021-09-18")) == on("2021-09-18")
    assert next_working_day(TABLES, on("2021-09-19")) == on("2021-09-22")


@given(working_days_of_the_notices, st.integers(1, 400))
def test_the_nth_working_day_after_has_n_working_days_up_to_it(day, n):
    then = add_working_days(TABLES, day, n)
    assert TABLES.is_working[then]
    assert int(TABLES.is_working[day + 1 : then + 1].sum()) == n


@given(working_days_of_the_notices, st.integers(0, 400))
def test_going_on_and_back_by_working_days_comes_home_to_a_working_day(day, n):
    start = next_working_day(TABLES, day)
    assert add_working_days(TABLES, add_working_days(TABLES, start, n), -n) == start
    assert add_working_days(TABLES, add_working_days(TABLES, start, -n), n) == start


@given(days)
def test_the_next_working_day_is_the_first_that_is_worked(day):
    then = next_working_day(TABLES, day)
    if then == NEVER:
        assert not TABLES.is_working[day:].any()
    else:
        assert TABLES.is_working[then]
        assert not TABLES.is_working[day:then].any()


def test_the_working_tables_count_the_same_days():
    assert TABLES.working_before[-1] == TABLES.is_working.sum() == len(TABLES.nth_working)
    assert TABLES.is_working[TABLES.nth_working].all()
    assert np.array_equal(TABLES.working_before[TABLES.nth_working], np.arange(len(TABLES.nth_working)))


def test_working_days_beyond_the_tables_are_never_and_before_them_are_minus_one():
    assert add_working_days(TABLES, N_DAYS - 1, 5) == NEVER
    assert add_working_days(TABLES, on("9999-12-31"), 1) == NEVER
    assert next_working_day(TABLES, N_DAYS) == NEVER
    assert add_working_days(TABLES, 3, -30) == -1
    assert add_working_days(TABLES, on("1900-01-01"), 1) == TABLES.nth_working[0]


def test_without_a_calendar_monday_to_friday_are_worked():
    plain = day_tables(["UTC"])
    assert [bool(plain.is_working[on("2021-10-01") + i]) for i in range(7)] == [
        True,
        False,
        False,
        *[True] * 4,
    ]
    assert add_working_days(plain, on("2021-09-27"), 5) == on("2021-10-04")


def test_the_same_tables_are_built_once_and_cannot_be_written_to():
    assert day_tables(list(ZONES), holidays=Holidays("CN")) is TABLES
    for array in (TABLES.midnight, TABLES.is_working, TABLES.working_before, TABLES.nth_working):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_an_unknown_zone_is_refused():
    with pytest.raises(ValueError, match="Mars/Olympus"):
        day_tables(["Mars/Olympus"])
