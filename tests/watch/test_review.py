"""What a series says about its own reporting: what is set aside, what only named, and what never is."""

import csv
import json

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.raw import Counts, read_counts
from fengsui.watch.review import WORDS, review
from tests.cli.conftest import say

FIRST = np.datetime64("2020-01-01")


def counts(*values: float, **beside: list[float]) -> Counts:
    """Days from 1 January 2020 on."""
    y = np.array(values, dtype=float)
    return Counts(
        "a", y, 365, FIRST + np.arange(len(y)), None, {name: np.array(v, float) for name, v in beside.items()}
    )


def kinds(one: Counts, **more) -> dict[int, str]:
    """What was remarked, by step from 0."""
    return {remark.t - 1: remark.kind for remark in review(one, **more).remarks}


def test_a_step_without_a_report_is_unknown_and_detectors_see_the_usual_level_there():
    found = review(counts(4, 6, 5, np.nan, 7, 5, 0))
    assert found.set_aside == (None, None, None, "missing", None, None, None)
    assert found.series.observed.tolist() == [4, 6, 5, 5, 7, 5, 0]
    assert np.isnan(found.beside["reported"][3])


def test_a_zero_that_was_reported_stays_a_zero():
    assert review(counts(0, 0, 1, 0, 0)).series.observed.tolist() == [0, 0, 1, 0, 0]
    assert kinds(counts(0, 0, 1, 0, 0)) == {}


def test_a_count_below_zero_takes_cases_back_and_is_never_judged():
    found = review(counts(5, 6, 4, 5, 6, 5, 4, -229, 5))
    assert found.set_aside[7] == "negative"
    assert found.series.observed[7] == 5


def test_a_rise_beside_as_large_a_fall_of_another_running_total_is_a_recount():
    quiet = [0.0] * 10
    assert kinds(counts(*quiet, 326, 0, cured=[30.0] * 10 + [-948, 3], dead=[0.0] * 10 + [1290, 0])) == {
        10: "recount"
    }


def test_a_rise_that_a_small_correction_beside_cannot_explain_is_still_judged():
    quiet = [0.0] * 10
    assert kinds(counts(*quiet, 326, 0, cured=[3.0] * 10 + [-25, 3])) == {}
    assert kinds(counts(*quiet, 1, 0, cured=[3.0] * 10 + [-2, 3])) == {}
    # Fewer tests than the day before take nobody back.
    assert kinds(counts(*quiet, 30, 0, tests=[100.0] * 10 + [-500, 100])) == {}


def test_cases_out_of_nothing_are_never_set_aside():
    found = review(counts(*[0] * 30, 2, 0, 0, 9, 40, 200))
    assert found.remarks == ()
    assert found.series.observed[-1] == 200


def test_a_leap_is_named_and_stays_to_be_judged():
    found = review(counts(*[20, 22, 19, 21, 20, 18, 22], 90, 21))
    assert [(remark.t, remark.kind, remark.is_set_aside) for remark in found.remarks] == [(8, "leap", False)]
    assert found.set_aside[7] is None
    assert found.series.observed[7] == 90


def test_a_leap_that_is_taken_back_the_next_time_is_set_aside():
    found = kinds(counts(*[20, 22, 19, 21, 20, 18, 22], 90, -65, 21))
    assert found == {7: "taken_back", 8: "negative"}


def test_a_day_without_any_where_there_always_were_some_is_silent_and_the_next_catches_up():
    found = kinds(counts(*[20, 22, 19, 21, 20, 18, 22], 0, 41, 20, 19))
    assert found == {7: "silent", 8: "catch_up"}


def test_more_than_a_silent_day_can_explain_is_not_caught_up_with():
    assert kinds(counts(*[20, 22, 19, 21, 20, 18, 22], 0, 95, 20)) == {7: "silent", 8: "leap"}


def test_zeros_that_last_are_believed():
    found = review(counts(*[20, 22, 19, 21, 20, 18, 22], 0, 0, 0, 0, 0))
    assert found.set_aside[7:] == ("silent", "silent", None, None, None)
    assert found.series.observed[-1] == 0


def test_growth_of_a_running_total_over_days_without_one_is_that_of_several_days():
    y = [20, 22, 19, 21, 20, 18, 22, np.nan, 40, 20]
    covers = [1.0] * 7 + [np.nan, 2.0, 1.0]
    assert kinds(counts(*y, covers=covers)) == {7: "missing", 8: "catch_up"}
    assert kinds(counts(*y, covers=[1.0] * 10)) == {7: "missing"}


def test_more_cases_by_nothing_but_more_tests_are_named():
    usual = [20, 22, 19, 21, 20, 18, 22]
    tests = [200.0, 210, 190, 205, 200, 190, 210]
    assert kinds(counts(*usual, 40, tests=[*tests, 500])) == {7: "effort"}
    assert kinds(counts(*usual, 60, tests=[*tests, 500])) == {}


def test_what_lies_before_a_long_time_without_reports_is_not_used():
    found = review(counts(9, 9, *[np.nan] * 9, 3, 4, 5))
    assert found.series.observed.tolist() == [3, 4, 5]
    assert found.series.dates[0] == FIRST + 11
    assert [remark.kind for remark in found.remarks] == ["cut"]


def test_a_series_that_was_never_reported_is_nothing():
    assert review(counts(np.nan, np.nan)) is None


def test_a_known_revision_is_set_aside_with_its_note():
    found = review(counts(1, 2, 300, 2), known={FIRST + 2: "clinical diagnoses counted from today"})
    assert found.set_aside[2] == "known"
    assert found.remarks[0].note.startswith("clinical")


def test_every_kind_is_said_in_both_languages():
    assert all(text.zh and text.en for text in WORDS.values())


def test_counts_that_were_not_reviewed_are_refused_by_detectors():
    with pytest.raises(BadInput):
        counts(1, np.nan, 2).as_series()


def test_the_commands_withhold_an_alarm_that_is_a_correction_and_keep_the_others(tmp_path):
    raw, reviewed, remarks, alarms = (tmp_path / f"{name}.csv" for name in ("raw", "rev", "rem", "alarms"))
    quiet = [0] * 20
    y, cured = [*quiet, 326, *quiet, 5, 0], [*([2] * 20), -948, *([2] * 22)]
    lines = [f"a,{t},{FIRST + t - 1},365,{n},{c}" for t, (n, c) in enumerate(zip(y, cured, strict=True), 1)]
    raw.write_text("\n".join(["series_id,t,date,freq,observed,cured", *lines]) + "\n")
    settings = tmp_path / "ears.json"
    settings.write_text(json.dumps({"usual": {"method": "C1"}}))
    said = say("watch", "review", "--series", raw, "--remarks", remarks, "--out", reviewed, "--lang", "en")
    assert (said.code, said.err) == (0, "")
    assert "taken back by as much" in remarks.read_text()
    run = ("watch", "run", "ears", "--config", settings, "--out", alarms, "--lang", "en", "--series")
    assert say(*run, reviewed).code == 0
    with alarms.open(encoding="utf-8") as file:
        rows = {int(row["t"]): row for row in csv.DictReader(file)}
    assert (rows[21]["alarm"], rows[21]["set_aside"]) == ("NA", "recount")
    assert rows[42]["alarm"] == "1"
    assert [t for t, row in rows.items() if row["alarm"] == "1"] == [42]


def test_a_file_keeps_unknown_weeks_and_figures_beside_the_count(tmp_path):
    path = tmp_path / "raw.csv"
    path.write_text("series_id,t,observed,tests\n17,1,NA,5\n17,2,-3,6\n")
    (one,) = read_counts(path)
    assert one.series_id == "17"
    assert np.isnan(one.observed[0])
    assert one.observed[1] == -3
    assert one.beside["tests"].tolist() == [5, 6]
