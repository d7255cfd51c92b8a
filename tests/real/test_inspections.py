"""Violations of Syracuse, held against a count of the file. See docs/real/syracuse.md."""

import pytest

from tests.real.walk import rows_of, second

pytestmark = pytest.mark.slow  # 23,000 facts
FILE = "inspections/syracuse_violations_a.csv"
ZONE = "America/New_York"
LAST = "2016-03-24"  # the day of the file


def subjects(rows) -> set[str]:
    return {f"violation/{row['violation_id']}" for row in rows}


def overdue(day: str) -> set[str]:
    """The violations whose date had passed by the end of a day without a closing, counted in the file."""
    end = f"{day} 23:59:59"
    return subjects(
        row
        for row in rows_of(FILE)
        if row["comply_by"]
        and max(row["comply_by"], row["violation_date"]) <= end
        and not (row["violation_status"] == "Closed" and (row["complaint_close"] or LAST) <= day)
    )


@pytest.mark.parametrize(("day", "n"), [("2012-07-31", 2158), ("2013-01-01", 1522)])
def test_the_overdue_of_any_earlier_day_are_those_of_the_file(walk, day, n):
    found = walk("syracuse").breaks("comply", as_of=day, standing=True)
    assert {row["subject"] for row in found} == overdue(day)
    assert len(found) == n


def test_the_overdue_of_the_last_day_are_the_open_ones_with_a_date(walk):
    found = walk("syracuse").breaks("comply", as_of=LAST, standing=True)
    assert {row["subject"] for row in found} == overdue(LAST)
    assert len(found) == 414


def test_every_date_that_was_ever_missed_is_a_break_that_began_then(walk):
    found = {row["subject"]: row for row in walk("syracuse").breaks("comply", as_of=LAST)}
    rows = {f"violation/{row['violation_id']}": row for row in rows_of(FILE)}
    late = [
        name
        for name, row in rows.items()
        if row["comply_by"]
        and (row["violation_status"] != "Closed" or (row["complaint_close"] or LAST) > row["comply_by"][:10])
    ]
    assert set(late) <= found.keys()
    assert len(found) == 3974
    began = {name: second(row["from_at"]) for name, row in found.items()}
    written = {n: max(rows[n]["comply_by"], rows[n]["violation_date"]) for n in found}
    assert began == {name: second(when, ZONE) for name, when in written.items()}


def test_what_is_open_in_a_completed_complaint_is_found_by_name(walk):
    found = walk("syracuse").breaks("settle", as_of=LAST, standing=True)
    rows = rows_of(FILE)
    forgotten = [row for row in rows if row["violation_status"] == "Open" and row["complaint_close"]]
    assert {row["subject"] for row in found} == subjects(forgotten)
    assert len(found) == 16


def test_without_a_date_nothing_is_owed_by_one_and_the_page_says_so(walk):
    here = walk("syracuse")
    undated = [row for row in rows_of(FILE) if not row["comply_by"]]
    assert len(undated) == 1194
    assert not subjects(undated) & {row["subject"] for row in here.breaks("comply", as_of=LAST)}
    row = next(row for row in undated if row["violation_status"] == "Open")
    [head] = here.ask("subject", f"violation/{row['violation_id']}", "--as-of", LAST)["loops"]
    page = explained(here, head["loop"])
    assert "No deadline set\n    Milestone  2012" in page
    assert "Put right by the date set: waiting" in page


def test_a_date_before_the_violation_is_shown_as_such(walk):
    here = walk("syracuse")
    early = [row for row in rows_of(FILE) if row["comply_by"] and row["comply_by"] < row["violation_date"]]
    assert len(early) == 5
    loops = {row["subject"]: row["loop"] for row in here.breaks("comply", as_of=LAST)}
    for row in early:
        page = explained(here, loops[f"violation/{row['violation_id']}"])
        assert f"The deadline given, {row['comply_by'][:16]}, lies before what it counts from" in page


def explained(here, loop: str) -> str:
    """The page of a loop, in English."""
    return here.say("explain", loop, "--as-of", LAST, "--lang", "en")
