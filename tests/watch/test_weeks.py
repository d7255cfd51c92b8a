"""Weeks by two counts."""

from datetime import date, timedelta

import pytest

from fengsui.kit.civil import day_from
from fengsui.kit.errors import BadInput
from fengsui.watch.weeks import week_name, week_start


def test_iso_weeks_are_those_of_the_standard_library_over_forty_years():
    first, epoch = date(1990, 1, 1), date(1970, 1, 1)
    for n in range(0, 14_610, 3):
        day = first + timedelta(days=n)
        year, week, _ = day.isocalendar()
        assert week_name((day - epoch).days) == f"{year}-W{week:02d}"


@pytest.mark.parametrize(
    ("day", "name"),
    [  # the CDC's own calendar of MMWR weeks
        ((2021, 1, 2), "2020-W53"),
        ((2021, 1, 3), "2021-W01"),
        ((2023, 1, 1), "2023-W01"),
        ((2022, 12, 31), "2022-W52"),
        ((2026, 1, 3), "2025-W53"),
    ],
)
def test_weeks_of_the_cdc_begin_on_sunday_and_belong_to_the_year_of_their_wednesday(day, name):
    assert week_name(day_from(*day), kind="cdc") == name


def test_a_week_begins_on_its_monday_or_its_sunday():
    wednesday = day_from(2026, 11, 25)
    assert week_start(wednesday) == wednesday - 2
    assert week_start(wednesday, kind="cdc") == wednesday - 3


def test_a_kind_of_week_there_is_not_is_refused():
    with pytest.raises(BadInput, match="iso or cdc"):
        week_start(0, kind="epi")
