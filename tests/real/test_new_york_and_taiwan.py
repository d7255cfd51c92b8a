"""New York violations and dengue in Taiwan: what was found, against the files. Pages: docs/real."""

from collections import Counter
from datetime import date, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from tests.real.walk import DATA, rows_of, second

FILE = "inspections/nyc_hpd_violations.csv"
LAST = "2020-02-25"
DENGUE = "linelists/taiwan_dengue_2013_2014.parquet"
END = "2015-02-01"


def day(text: str) -> date | None:
    return datetime.strptime(text, "%m/%d/%Y").date() if text else None  # noqa: DTZ007  (a day has no zone)


def numbers(rows) -> set[str]:
    """The violations of some rows of the file, or of some breaks."""
    return {
        row["subject"].removeprefix("violation/") if "subject" in row else row["ViolationID"] for row in rows
    }


def certified_by(row: dict[str, str]) -> date:
    return day(row["NewCertifyByDate"] or row["OriginalCertifyByDate"])


def closed_on(row: dict[str, str]) -> date | None:
    return day(row["CurrentStatusDate"]) if row["ViolationStatus"] == "Close" else None


# New York


def test_what_is_open_in_the_file_runs_and_nothing_else_does(walk):
    running = walk("nyc-hpd").ask("loops", "--limit", 1000, "--as-of", LAST)["rows"]
    assert numbers(running) == numbers(row for row in rows_of(FILE) if row["ViolationStatus"] == "Open")
    assert len(running) == 27


def test_a_certificate_is_late_unless_it_or_the_closing_came_by_its_day(walk):
    found = walk("nyc-hpd").breaks("certify", as_of=LAST)
    late = [
        row
        for row in rows_of(FILE)
        if not any(then and then <= certified_by(row) for then in (day(row["CertifiedDate"]), closed_on(row)))
    ]
    assert numbers(found) == numbers(late)
    assert len(found) == 68
    by = {row["ViolationID"]: certified_by(row) for row in late}
    began = {row["subject"].removeprefix("violation/"): second(row["from_at"]) for row in found}
    after = {number: f"{limit + timedelta(days=1)} 00:00" for number, limit in by.items()}
    assert began == {number: second(when, "America/New_York") for number, when in after.items()}


def test_the_three_certificates_that_came_late_ended_their_break_on_their_day(walk):
    found = walk("nyc-hpd").breaks("certify", as_of=LAST)
    rows = [row for row in rows_of(FILE) if row["CertifiedDate"]]
    late = {row["ViolationID"]: row for row in rows if day(row["CertifiedDate"]) > certified_by(row)}
    assert (len(rows), sorted(late)) == (33, ["10000033", "10000060", "10000062"])
    ended = {
        row["subject"].removeprefix("violation/"): second(row["until_at"]) for row in found if row["until_at"]
    }
    told = {number: f"{day(row['CertifiedDate'])} 00:00" for number, row in late.items()}
    assert {number: ended[number] for number in late} == {
        number: second(when, "America/New_York") for number, when in told.items()
    }


@pytest.mark.parametrize(
    ("step", "status", "n"),
    [("really_correct", "INVALID CERTIFICATION", 2), ("comply", "NOT COMPLIED WITH", 1)],
)
def test_a_false_certificate_and_a_second_look_in_vain_are_breaks_that_stand(walk, step, status, n):
    found = walk("nyc-hpd").breaks(step, as_of=LAST, standing=True)
    rows = [row for row in rows_of(FILE) if row["CurrentStatus"] == status]
    assert numbers(found) == numbers(rows)
    assert len(found) == n


def test_certificates_nobody_answered_for_years_are_named(walk):
    found = walk("nyc-hpd").breaks("answer", as_of=LAST)
    waits = {
        row["ViolationID"]: (day(row["CurrentStatusDate"]) - day(row["CertifiedDate"])).days
        for row in rows_of(FILE)
        if row["CertifiedDate"]
    }
    assert numbers(found) == {number for number, days in waits.items() if days > 77}
    assert sorted(days for days in waits.values() if days > 77) == [1341, 1471, 1471, 2261]
    assert Counter(waits.values()).most_common(1) == [(72, 24)]


# Taiwan


def cases() -> list[dict[str, str]]:
    return pq.read_table(DATA / DENGUE).to_pylist()


def days(row: dict[str, str], begin: str, end: str) -> int:
    return (date.fromisoformat(row[end]) - date.fromisoformat(row[begin])).days


@pytest.mark.slow  # 50,000 facts
def test_the_list_is_as_large_as_is_known_of_it(walk):
    walk("taiwan-dengue")
    rows = [row for row in cases() if row["date_onset"].startswith("2014")]
    assert len(rows) == 15_732
    assert sum(row["county_living"] == "Kaohsiung City" for row in rows) == 15_043


@pytest.mark.slow
def test_late_notifications_are_those_of_the_file_county_by_county(walk):
    found = walk("taiwan-dengue").breaks("notified", as_of=END)
    late = [row for row in cases() if days(row, "date_onset", "date_notification") > 5]
    assert Counter(row["place"] for row in found) == Counter(
        f"TW-{row['moi_county_living_code']}" for row in late
    )
    assert len(found) == 2957
    assert Counter(row["imported"] for row in late) == {"N": 2807, "Y": 150}


@pytest.mark.slow
def test_late_confirmations_began_on_the_fourth_day_after_the_notification(walk):
    found = walk("taiwan-dengue").breaks("confirmed", as_of=END)
    late = [row for row in cases() if days(row, "date_notification", "date_confirmation") > 3]
    began = Counter(
        second(f"{date.fromisoformat(row['date_notification']) + timedelta(days=4)} 00:00", "Asia/Taipei")
        for row in late
    )
    assert Counter(second(row["from_at"]) for row in found) == began
    assert len(found) == 658
    grew = [row for row in late if row["date_onset"][:7] in ("2014-07", "2014-08", "2014-09")]
    assert len(grew) == 456


@pytest.mark.slow
def test_on_a_day_of_the_outbreak_only_those_not_yet_notified_stand(walk):
    asked = date(2014, 10, 15)
    found = walk("taiwan-dengue").breaks("notified", as_of=str(asked), standing=True)
    waiting = [
        row
        for row in cases()
        if (asked - date.fromisoformat(row["date_onset"])).days > 5
        and date.fromisoformat(row["date_notification"]) > asked
    ]
    assert Counter(row["place"] for row in found) == Counter(
        f"TW-{row['moi_county_living_code']}" for row in waiting
    )
    assert waiting
