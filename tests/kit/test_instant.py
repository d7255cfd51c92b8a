"""Reading and showing points in time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.kit.clock import fixed
from fengsui.kit.instant import DAY, NEVER, parse, show, show_length

SHANGHAI, BERLIN, NEW_YORK = "Asia/Shanghai", "Europe/Berlin", "America/New_York"
ZONES = [SHANGHAI, BERLIN, NEW_YORK, "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "UTC"]

AUGUST_6_AT_3_PM = int(datetime(2021, 8, 6, 7, tzinfo=UTC).timestamp())


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "text",
    [
        "2021-08-06 15:00",
        "2021-08-06 15:00:00",
        "2021-08-06T15:00",
        "2021-08-06 15:00:00.0",
        "2021-08-06 15:00:00,750",
        "2021-08-06T15:00:00+08:00",
        "2021-08-06T15:00:00.123+0800",
        "2021-08-06 15:00 +08",
        "2021-08-06T07:00Z",
        "2021-08-06t07:00:00z",
        "2021-08-06T02:30:00-04:30",
        "2021/8/6 15:00",
        "2021.8.6 15:00",
        "2021-8-6 15:00",
        "20210806150000",
        "20210806T1500",
        "20210806T150000+0800",
        "2021年8月6日 15:00",
        "2021年8月6日15时",
        "2021年08月06日15时00分",
        "2021年8月6日15点00分00秒",
        "２０２１－０８－０６　１５：００",
        "  2021-08-06  15:00 ",
    ],
)
def test_the_same_moment_is_read_from_every_way_of_writing_it(text):
    assert parse(text, zone=SHANGHAI) == (AUGUST_6_AT_3_PM, 0)


@pytest.mark.parametrize(
    "text", ["2021-08-06", "2021/8/6", "2021.08.06", "2021年8月6日", "20210806", " 2021-08-06 "]
)
def test_a_date_is_read_as_the_whole_of_that_civil_day(text):
    assert parse(text, zone=SHANGHAI) == (utc(2021, 8, 5, 16), DAY - 1)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("2026-03-28", 24), ("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25), ("2026-10-26", 24)],
)
def test_a_date_spans_as_many_hours_as_that_day_had(text, hours):
    at, span = parse(text, zone=BERLIN)
    assert span + 1 == hours * 3600
    assert show(at, zone=BERLIN, span=span) == text


def test_twenty_four_hundred_is_the_end_of_its_day():
    assert parse("2021-08-06 24:00", zone=SHANGHAI) == parse("2021-08-07 00:00", zone=SHANGHAI)
    assert parse("2021-12-31T24:00:00", zone=NEW_YORK) == parse("2022-01-01 00:00", zone=NEW_YORK)
    assert parse("2021年8月6日24时", zone=SHANGHAI) == parse("2021-08-07 00:00", zone=SHANGHAI)


def test_a_skipped_hour_is_read_with_the_offset_before_the_change():
    at, _ = parse("2026-03-29 02:30", zone=BERLIN)
    assert at == utc(2026, 3, 29, 1, 30)
    assert show(at, zone=BERLIN) == "2026-03-29 03:30"


def test_of_a_repeated_hour_the_first_pass_is_meant_unless_an_offset_says_otherwise():
    assert parse("2026-10-25 02:30", zone=BERLIN)[0] == utc(2026, 10, 25, 0, 30)
    assert parse("2026-10-25 02:30 +01:00", zone=BERLIN)[0] == utc(2026, 10, 25, 1, 30)


def test_an_offset_in_the_text_goes_before_the_zone():
    assert parse("2021-08-06T07:00:00Z", zone=NEW_YORK) == (AUGUST_6_AT_3_PM, 0)


def test_leap_days_are_read_and_others_like_them_refused():
    assert parse("2024-02-29 12:00", zone="UTC")[0] == utc(2024, 2, 29, 12)
    with pytest.raises(ValueError, match="a day the calendar has"):
        parse("2023-02-29", zone="UTC")


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "44414", "2021-08", "06/08/2021", "8月6日", "2021-13-01", "2021-08-06 25:00",
        "2021-08-06 24:01", "2021-08-06 15:60", "2021-08-06 15:00:60", "2021-08-06-15:00", "2021-8/6",
        "0001-01-01", "0001-01-01 00:00", "2021-08-06 15:00 +16:00", "2021-08-06 15:00:00 GMT",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_saying_what_was_expected(text):
    with pytest.raises(ValueError, match="expected"):
        parse(text, zone=SHANGHAI)


def test_a_zone_that_does_not_exist_is_refused_by_name():
    with pytest.raises(ValueError, match="Asia/Hohhot"):
        parse("2021-08-06", zone="Asia/Hohhot")


def test_the_last_day_of_the_calendar_can_be_read():
    at, span = parse("9999-12-31", zone=SHANGHAI)
    assert at < NEVER
    assert span == DAY - 1
    assert show(at, zone=SHANGHAI) == "—"


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001
def test_reading_agrees_with_the_standard_library_in_every_zone(clock, zone):
    clock = clock.replace(microsecond=0)
    expected = int(clock.replace(tzinfo=ZoneInfo(zone)).timestamp())
    for text in (f"{clock:%Y-%m-%d %H:%M:%S}", f"{clock:%Y/%m/%d %H:%M:%S}", f"{clock:%Y%m%d%H%M%S}"):
        assert parse(text, zone=zone) == (expected, 0)


@given(st.integers(utc(1950, 1, 1), utc(2100, 1, 1)), st.sampled_from(ZONES))
def test_what_is_shown_is_read_back_except_in_a_repeated_hour(at, zone):
    moment = datetime.fromtimestamp(at, ZoneInfo(zone))
    read, _ = parse(show(at, zone=zone), zone=zone)
    assert read == at or moment.fold == 1


def test_seconds_are_shown_only_where_there_are_any():
    assert show(AUGUST_6_AT_3_PM, zone=SHANGHAI) == "2021-08-06 15:00"
    assert show(AUGUST_6_AT_3_PM + 7, zone=SHANGHAI) == "2021-08-06 15:00:07"


def test_a_reading_that_may_mean_many_moments_is_shown_with_both_ends():
    assert show(AUGUST_6_AT_3_PM, zone=SHANGHAI, span=7200) == "2021-08-06 15:00 to 2021-08-06 17:00"
    assert (
        show(AUGUST_6_AT_3_PM, zone=SHANGHAI, span=7200, lang="zh") == "2021-08-06 15:00 至 2021-08-06 17:00"
    )


def test_never_is_shown_as_a_dash():
    assert show(NEVER, zone=SHANGHAI) == "—"
    assert show_length(NEVER, lang="zh") == "—"


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0 秒", "0 s"),
        (59, "59 秒", "59 s"),
        (3600, "1 小时", "1 h"),
        (3 * DAY + 4 * 3600 + 59, "3 天 4 小时", "3 d 4 h"),
        (2 * DAY + 59, "2 天", "2 d"),
        (-90 * 60, "-1 小时 30 分钟", "-1 h 30 min"),
    ],
)
def test_a_length_is_shown_in_its_two_largest_units(seconds, zh, en):
    assert (show_length(seconds, lang="zh"), show_length(seconds, lang="en")) == (zh, en)


def test_a_fixed_clock_always_shows_the_same():
    clock = fixed(AUGUST_6_AT_3_PM)
    assert [clock(), clock()] == [AUGUST_6_AT_3_PM] * 2
