"""The PCR stream of a children's hospital, held against a count of the file. See docs/real/chop.md."""

from collections import defaultdict
from statistics import median

import pytest

from fengsui.engines.home import open_home
from fengsui.kit.instant import NEVER
from tests.real.walk import rows_of, second

FILE = "lab/chop_covid_pcr_2020.csv"
LAST = "2020-09-01"


def believed() -> list[dict[str, str]]:
    return [row for row in rows_of(FILE) if float(row["col_rec_tat"]) < 1000]


def test_a_result_that_took_twelve_hours_or_more_is_a_break(walk):
    slow = [row for row in believed() if float(row["rec_ver_tat"]) >= 12]
    found = walk("chop").breaks("result", as_of=LAST)
    assert len(found) == len(slow) == 423
    took = sorted(12 + (second(row["until_at"]) - second(row["from_at"])) / 3600 for row in found)
    assert took == pytest.approx(sorted(float(row["rec_ver_tat"]) for row in slow), abs=0.001)


def test_half_of_all_results_came_within_five_hours_of_the_receipt(walk):
    now = second(LAST, "America/New_York")
    with open_home(walk("chop").db) as home:
        loops = home.view(as_of=now, known_at=NEVER).whole_loops(now=now)
        results = [duty for loop in loops for duty in loop.duties if duty.key == "result"]
    assert len(results) == len(believed()) == 15_521
    assert median((duty.met_at - duty.open_at) / 3600 for duty in results) == pytest.approx(5.0)


def test_an_invalid_test_is_owed_a_repeat(walk):
    tests = defaultdict(list)
    for row in rows_of(FILE):
        travelled = float(row["col_rec_tat"])
        hour = 24 * int(row["pan_day"]) + (travelled if travelled < 1000 else 0) + float(row["rec_ver_tat"])
        tests[row["subject_id"]].append((hour, row["result"]))
    late = never = invalid = 0
    for own in tests.values():
        for hour in (hour for hour, result in own if result == "invalid"):
            invalid += 1
            # A time is only certain to the day, so one of the same day may have come after.
            repeats = [other for other, result in own if result != "invalid" and other + 24 > hour]
            late += bool(repeats) and min(repeats) >= hour + 72
            never += not repeats
    assert (invalid, late, never) == (301, 124, 156)
    found = walk("chop").breaks("repeat", as_of=LAST)
    assert len(found) == late + never
    assert sum(row["until_at"] is None for row in found) == never
