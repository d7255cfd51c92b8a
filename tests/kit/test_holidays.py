"""Which days are worked, by the notices of the State Council and by the library for the rest."""

from datetime import date

import pytest

from fengsui.kit.errors import BadInput
from fengsui.kit.holidays import Holidays, working_days

CHINA = Holidays("CN")


def on(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


@pytest.mark.parametrize(
    "text",
    [
        "2019-04-28", "2019-05-05", "2020-01-19", "2021-02-07", "2021-02-20", "2021-09-18", "2021-09-26",
        "2021-10-09", "2022-10-08", "2022-10-09", "2023-10-07", "2024-02-04", "2025-01-26", "2026-01-04",
    ],
)  # fmt: skip
def test_weekend_days_that_make_up_for_a_holiday_are_worked(text):
    assert date.fromisoformat(text).weekday() >= 5
    assert CHINA.is_working(on(text))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2021-10-01", "2021-10-07"), ("2021-02-11", "2021-02-17"), ("2019-05-01", "2019-05-04"),
        ("2020-01-24", "2020-02-02"), ("2022-12-31", "2023-01-02"), ("2026-02-15", "2026-02-23"),
    ],
)  # fmt: skip
def test_no_day_of_a_holiday_is_worked(first, last):
    assert not any(CHINA.is_working(day) for day in range(on(first), on(last) + 1))


def test_the_spring_festival_of_2020_was_lengthened_and_its_make_up_day_taken_back():
    assert not CHINA.is_working(on("2020-02-01"))
    assert CHINA.is_working(on("2020-02-03"))


def test_the_library_knows_the_same_arrangements_day_for_day(tmp_path):
    no_notices = tmp_path / "none.csv"
    no_notices.write_text("year,first,last,worked,name_zh,name_en,notice\n", encoding="utf-8")
    by_library = working_days(Holidays("CN", notices=no_notices))
    from_2018, until_2027 = on("2018-01-01"), on("2027-01-01")
    assert working_days(CHINA)[from_2018:until_2027] == by_library[from_2018:until_2027]


def test_it_says_how_far_the_arrangements_are_published():
    assert CHINA.published_until() == on("2027-01-01")
    assert Holidays("DE").published_until() is None


def test_other_countries_and_their_parts_have_their_own_days():
    assert not Holidays("DE").is_working(on("2021-10-03"))
    assert not Holidays("DE").is_working(on("2021-12-24") + 1)
    assert Holidays("DE").is_working(on("2021-10-01"))
    lincoln = on("2021-02-12")
    assert Holidays("US").is_working(lincoln)
    assert not Holidays("US-NY").is_working(lincoln)


def test_a_country_that_rests_on_other_days_is_known_by_its_own_weekend():
    friday, sunday = on("2019-08-02"), on("2019-08-04")
    assert not Holidays("EG").is_working(friday)
    assert Holidays("EG").is_working(sunday)


def test_outside_of_the_tables_weekdays_are_worked():
    assert CHINA.is_working(on("1969-12-31"))  # a Wednesday
    assert not CHINA.is_working(on("2100-01-02"))  # a Saturday


def test_a_notice_of_ones_own_decides_for_its_years_and_no_others(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text(
        "year,first,last,worked,name_zh,name_en,notice\n2021,2021-08-09,2021-08-10,no,那达慕,Naadam,own\n"
        "2021,2021-08-14,2021-08-14,yes,,,own\n",
        encoding="utf-8",
    )
    own = Holidays("CN", notices=table)
    assert [own.is_working(on("2021-08-09") + i) for i in range(7)] == [
        False,
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    assert own.is_working(on("2021-10-01"))
    assert not own.is_working(on("2022-10-03"))


def test_an_unknown_country_is_refused():
    with pytest.raises(BadInput, match="XX") as caught:
        Holidays("XX").is_working(0)
    assert caught.value.findings[0].field == "country"


@pytest.mark.parametrize(
    "row",
    [
        "2021,2021-08-10,2021-08-09,no",
        "2021,2021-02-30,2021-03-01,no",
        "2021,2021-08-09,2021-08-09,maybe",
        "2021",
    ],
)
def test_a_broken_notice_is_refused_with_its_line(tmp_path, row):
    table = tmp_path / "broken.csv"
    table.write_text(f"year,first,last,worked\n{row}\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        Holidays("CN", notices=table).is_working(0)
    assert caught.value.findings[0].where == "broken.csv:2"
