"""Line lists of two outbreaks, held against the files. See docs/real/mers-korea.md, tianjin.md."""

from collections import Counter
from datetime import date

import pytest

from fengsui.kit.ids import subject_id
from tests.real.walk import rows_of

MERS = ("mers-korea", "linelists/mers_korea_2015_linelist.csv", "id", "dt_onset", "dt_diag", "2015-07-01")
TIANJIN = (
    "tianjin",
    "linelists/tianjin_2020_cases.csv",
    "case_id",
    "symptom_onset",
    "confirm_date",
    "2020-03-01",
)
SOURCES = {"mers-korea": "mers-korea-2015", "tianjin": "tianjin-2020"}
STEPS = {"mers-korea": "diagnosed", "tianjin": "confirmed"}


def person(page: str, number: str) -> str:
    return subject_id("person", scheme="source", number=f"{SOURCES[page]}:{number}")


def days(row: dict[str, str], begin: str, end: str) -> int:
    return (date.fromisoformat(row[end]) - date.fromisoformat(row[begin])).days


@pytest.mark.parametrize(("given", "n"), [(MERS, 59), (TIANJIN, 51)])
def test_a_diagnosis_on_the_sixth_day_or_later_is_a_break(walk, given, n):
    page, file, number, onset, found, last = given
    rows = [row for row in rows_of(file) if row[onset] not in ("", "NA")]
    late = {person(page, row[number]) for row in rows if days(row, onset, found) > 5}
    breaks = walk(page).breaks(STEPS[page], as_of=last)
    assert {row["subject"] for row in breaks} == late
    assert len(breaks) == n


@pytest.mark.parametrize(("given", "n"), [(MERS, 27), (TIANJIN, 10)])
def test_a_case_without_a_day_of_onset_is_named_and_stays_open(walk, given, n):
    page, file, number, onset, _, last = given
    without = {person(page, row[number]) for row in rows_of(file) if row[onset] in ("", "NA")}
    here = walk(page)
    breaks = here.breaks("onset_known", as_of=last, standing=True)
    assert {row["subject"] for row in breaks} == without
    assert len(breaks) == n
    running = here.ask("loops", "--limit", 1000, "--as-of", last)["rows"]
    assert {row["subject"] for row in running} == without


def test_a_report_before_the_diagnosis_is_no_break_and_one_two_days_after_is(walk):
    page, file, number, _, found, last = MERS
    delays = {person(page, row[number]): days(row, found, "dt_report") for row in rows_of(file)}
    assert Counter(delays.values()) == {-1: 7, 0: 136, 1: 18, 2: 1}
    [late] = walk(page).breaks("reported", as_of=last)
    assert delays[late["subject"]] == 2


@pytest.mark.parametrize(
    ("page", "file", "columns", "first"),
    [
        ("mers-korea", "linelists/mers_korea_2015_contacts.csv", ("from", "to"), ("SK_14", 38)),
        ("tianjin", "linelists/tianjin_2020_links.csv", ("from_case", "to_case"), ("TJ93", 6)),
    ],
)
def test_who_infected_whom_is_on_the_page_of_the_infected(walk, page, file, columns, first):
    here, last = walk(page), (MERS if page == "mers-korea" else TIANJIN)[-1]
    links = rows_of(file)
    by, n = first
    infected = {person(page, row[columns[1]]) for row in links if row[columns[0]] == by}
    assert len(infected) == n
    for name, facts in here.facts(infected, as_of=last).items():
        told = {fact.data["source"] for fact in facts if fact.kind == "infection.attributed"}
        assert person(page, by) in told, name
