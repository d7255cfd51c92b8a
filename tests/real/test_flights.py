"""Flights home from Wuhan, held against a count of the file. See docs/real/repatriation.md."""

from datetime import date, datetime, timedelta

import pytest

from tests.real.walk import rows_of

FILE = "ports/repatriation_flights_2020.csv"
LAST = "2020-03-01"


def day(text: str) -> date | None:
    """A day as the file writes it; None where it has none, or none that exists."""
    try:
        return datetime.strptime(text.strip(), "%d/%m/%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


@pytest.fixture
def flights(walk) -> dict[str, dict[str, str]]:
    """The rows that can be taken: Denmark's test is dated on the 31st of February."""
    walk("repatriation")
    named = {_name(row): row for row in rows_of(FILE)}
    return {name: row for name, row in named.items() if row["tested_by"] != "31/02/2020"}


def _name(row: dict[str, str]) -> str:
    return f"flight/{row['flight_id'].strip()}/{row['country_destination'].strip()}"


def done_in(row: dict[str, str], field: str, days: int) -> bool:
    """Whether it was done on the day of the landing or up to so many days after."""
    landed, done = day(row["date_repatriated"]), day(row[field])
    return done is not None and landed <= done <= landed + timedelta(days=days)


@pytest.mark.parametrize(
    ("step", "field", "days", "n"), [("tested", "tested_by", 3, 9), ("freed", "date_ended", 15, 3)]
)
def test_what_was_not_done_in_time_by_the_days_of_the_file_is_a_break(walk, flights, step, field, days, n):
    breaks = walk("repatriation").breaks(step, as_of=LAST)
    assert {row["subject"] for row in breaks} == {
        name for name, row in flights.items() if not done_in(row, field, days)
    }
    assert len(breaks) == n


def test_the_row_with_a_day_that_does_not_exist_is_refused_and_all_others_are_taken(walk, flights):
    here = walk("repatriation")
    loops = here.facts(flights, as_of=LAST)
    assert len(flights) == 14
    assert all(any(fact.kind == "flight.landed" for fact in facts) for facts in loops.values())
    denmark = "flight/uk_fl1/denmark"
    assert here.facts([denmark], as_of=LAST)[denmark] == []


def test_a_test_dated_before_the_flight_is_no_test_of_those_aboard(walk, flights):
    [korea] = [name for name in flights if "southkorea_fl1" in name]
    assert day(flights[korea]["tested_by"]) < day(flights[korea]["date_repatriated"])
    standing = walk("repatriation").breaks("tested", as_of=LAST, standing=True)
    assert korea in {row["subject"] for row in standing}


def test_the_first_flight_to_japan_had_two_positive_at_first_and_five_in_the_end(walk, flights):
    [japan] = [name for name in flights if "japan_fl2" in name]
    facts = {fact.kind: fact.data for fact in walk("repatriation").facts([japan], as_of=LAST)[japan]}
    assert facts["flight.landed"]["aboard"] == 210
    tested = facts["flight.tested"]
    assert (tested["persons"], tested["positive"], tested["confirmed"]) == (210, 2, 5)
