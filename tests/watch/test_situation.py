"""The situation: curve and Rt of a line list, importation, rebound, positivity; by hand and as commands."""

import csv
import json

import numpy as np
import pyarrow as pa
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.epicurve import LineList, epidemic_curve, rt_of_draws
from fengsui.watch.importation import importation, rate_interval, rebounds, share_interval
from fengsui.watch.nowcast import Belief, drawn_totals, nowcast
from fengsui.watch.positivity import adjusted_incidence, positivity_table
from fengsui.watch.rt import Prior, estimate_rt
from fengsui.watch.serial import discretised
from fengsui.watch.triangle import triangle_from_cells, triangle_of
from tests.cli.conftest import say

FIRST = np.datetime64("2026-01-01")
INTERVAL = discretised(80, mean=5, sd=1.9)


def outbreak(*, seed: int, n_days: int = 60) -> LineList:
    """Twenty a day, reported after five days on average, a tenth infected elsewhere."""
    rng = np.random.default_rng(seed)
    onsets = np.repeat(FIRST + np.arange(n_days), rng.poisson(20, n_days))
    return LineList(
        onsets, onsets + rng.negative_binomial(3, 0.4, len(onsets)), rng.random(len(onsets)) < 0.1
    )


# --- the curve and its Rt -------------------------------------------------------------------------------


def test_the_curve_counts_what_was_reported_by_the_day_and_expects_the_rest():
    cases = outbreak(seed=1)
    now = FIRST + 49
    curve = epidemic_curve(cases, now=now, longest=15, interval=INTERVAL)
    local = cases.onsets[~cases.is_imported]
    in_the_end = np.bincount((local - FIRST).astype(int), minlength=60)[:50]
    expected, reported = curve["expected"].to_numpy(), curve["local"].to_numpy()
    assert curve.num_rows == 50
    assert reported[-3:].sum() < 0.5 * in_the_end[-3:].sum()
    low, high = curve["expected_low"].to_numpy(), curve["expected_high"].to_numpy()
    assert np.mean((low <= in_the_end) & (in_the_end <= high)) > 0.9
    assert np.all(expected >= reported)


def test_rt_of_the_last_days_does_not_fall_just_because_cases_are_not_reported_yet():
    levels, naive = [], []
    for seed in range(4):
        cases = outbreak(seed=seed)
        curve = epidemic_curve(cases, now=FIRST + 49, longest=15, interval=INTERVAL)
        levels.append(curve["rt"].to_numpy()[-1])
        reported = curve["local"].to_numpy(), curve["imported"].to_numpy()
        naive.append(estimate_rt(*reported, interval=INTERVAL)["mean"].to_numpy()[-1])
    assert np.mean(levels) == pytest.approx(0.9, abs=0.15)  # a tenth come from elsewhere
    assert np.mean(naive) < 0.6


def test_where_all_is_reported_rt_of_the_curve_is_coris():
    rng = np.random.default_rng(3)
    local, imported = rng.poisson(15, 40).astype(float), rng.poisson(1, 40).astype(float)
    drawn = rt_of_draws(
        np.repeat(local[None], 4_000, axis=0), imported, interval=INTERVAL, length=7, prior=Prior(), rng=rng
    )
    cori = estimate_rt(local, imported, interval=INTERVAL).to_pylist()
    for row in cori[10:]:
        at = row["t_end"] - 1
        assert drawn["rt"][at] == pytest.approx(row["mean"], rel=1e-9)
        assert drawn["rt_q975"][at] == pytest.approx(row["q975"], rel=0.05)


def test_the_interval_of_rt_is_wider_where_cases_are_still_to_come():
    curve = epidemic_curve(outbreak(seed=5), now=FIRST + 49, longest=15, interval=INTERVAL)
    width = curve["rt_q975"].to_numpy() - curve["rt_q025"].to_numpy()
    assert width[-1] > 1.25 * width[25]


def test_totals_drawn_for_a_day_are_spread_as_its_nowcast_says():
    cases = outbreak(seed=6)
    triangle = triangle_of(cases.onsets, cases.reports, now=FIRST + 49, longest=15)
    belief = Belief(n_draws=2_000)
    draws, said = drawn_totals(triangle, belief=belief), nowcast(triangle, belief=belief)
    assert draws.mean(axis=0) == pytest.approx(said.mean(), rel=0.05)
    assert np.all(draws >= said.so_far)


def test_a_weekly_triangle_has_weeks_for_rows_and_hides_what_came_later():
    weeks = np.repeat(np.datetime64("2026-01-05") + 7 * np.arange(4), 2)
    delays, counts = np.tile([0, 1], 4), np.array([5, 3, 6, 2, 7, 1, 8, 4.0])
    known = triangle_from_cells(weeks, delays, counts, now=np.datetime64("2026-01-19"))
    assert len(known.dates) == 3
    assert known.so_far.tolist() == [8, 8, 7]
    assert known.truth.tolist() == [8, 8, 8]
    with pytest.raises(BadInput):
        triangle_from_cells(weeks + np.array([0, 0, 0, 0, 0, 0, 3, 3]), delays, counts)


def test_the_command_draws_up_a_curve_for_each_area(tmp_path):
    path, out = tmp_path / "list.csv", tmp_path / "curve.csv"
    lines = ["area,onset,report,imported"]
    for area in ("north", "south"):
        cases = outbreak(seed=7)
        lines += [
            f"{area},{onset},{report},{int(flag)}"
            for onset, report, flag in zip(cases.onsets, cases.reports, cases.is_imported, strict=True)
        ]
    path.write_text("\n".join(lines) + "\n")
    said = say("watch", "curve", "--linelist", path, "--now", "2026-02-10", "--out", out, "--lang", "en")
    assert (said.code, said.err) == (0, "")
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["area"] for row in rows} == {"north", "south"}
    assert rows[-1]["date"] == "2026-02-10"
    assert say("watch", "curve", "--linelist", path, "--now", "soon").code == 2


def test_one_setting_does_for_all_areas_and_rows_say_their_days(tmp_path):
    cases, settings, out = tmp_path / "cases.csv", tmp_path / "rt.json", tmp_path / "out.csv"
    rng = np.random.default_rng(2)
    daily = {area: rng.poisson(10, 30) for area in ("north", "south", "west")}
    lines = ["area,t,date,local,imported"]
    lines += [f"{a},{t + 1},{FIRST + t},{n},1" for a, row in daily.items() for t, n in enumerate(row)]
    cases.write_text("\n".join(lines) + "\n")
    settings.write_text(
        json.dumps(
            {
                "*": {"config": {"mean_si": 5, "std_si": 1.9}},
                "west": {"window": 14, "config": {"mean_si": 4, "std_si": 2}},
            }
        )
    )
    assert say("watch", "rt", "--series", cases, "--config", settings, "--out", out, "--lang", "en").code == 0
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [sum(row["run_id"] == area for row in rows) for area in daily] == [23, 23, 16]
    last = [row for row in rows if row["run_id"] == "north"][-1]
    alone = estimate_rt(daily["north"], np.ones(30), interval=discretised(30, mean=5, sd=1.9)).to_pylist()[-1]
    assert float(last["mean"]) == pytest.approx(alone["mean"], rel=1e-12)
    assert last["date_end"] == "2026-01-30"


# --- importation ----------------------------------------------------------------------------------------


def test_the_interval_of_a_rate_of_nothing_seen_ends_at_the_rule_of_three_and_a_bit():
    low, high = rate_interval(np.array([0.0, 10.0]), np.array([1.0, 1.0]))
    assert low[0] == 0
    assert high[0] == pytest.approx(-np.log(0.025), rel=1e-9)  # e^-x = 2.5 %
    assert (low[1], high[1]) == (pytest.approx(4.7954, abs=1e-4), pytest.approx(18.3904, abs=1e-4))


def test_wilsons_interval_of_a_half_by_hand():
    low, high = share_interval(np.array([10.0]), np.array([20.0]))
    # z² = 3.8415: half width z/(2 √(n + z²))
    half = 1.959964 / (2 * np.sqrt(20 + 3.841459))
    assert (low[0], high[0]) == (pytest.approx(0.5 - half, abs=1e-6), pytest.approx(0.5 + half, abs=1e-6))


def test_cases_after_enough_days_without_any_are_a_rebound():
    days = FIRST + np.array([0, 1, 5, 34, 35, 90])
    assert rebounds(days, quiet=28) == [(FIRST + 34, 28), (FIRST + 90, 54)]
    assert rebounds(days, quiet=29) == [(FIRST + 90, 54)]
    assert rebounds(days[:3]) == []


def imported() -> pa.Table:
    """Three origins through two ports; one came back after months, one is new."""
    rows = [
        ("2026-01-03", "X", "air", 1), ("2026-05-10", "X", "air", 2), ("2026-05-20", "Y", "rail", 4),
        ("2026-05-21", "Y", "rail", 4), ("2026-04-20", "Z", "air", 3), ("2026-07-01", "Z", "air", 50),
    ]  # fmt: skip
    return pa.Table.from_pylist(
        [
            {"date": np.datetime64(day).astype(object), "origin": origin, "port": port, "cases": n}
            for day, origin, port, n in rows
        ]
    )


def test_importation_by_origin_says_share_rate_first_seen_and_what_came_back():
    people = pa.Table.from_pylist(
        [
            {"date": np.datetime64(day).astype(object), "origin": origin, "travellers": n}
            for day, origin, n in (
                ("2026-05-12", "X", 1000),
                ("2026-05-15", "Q", 500),
                ("2026-01-15", "X", 9999),
            )
        ]
    )
    found = importation(imported(), until=np.datetime64("2026-05-25"), travellers=people)
    by = {(row["by"], row["name"]): row for row in found.to_pylist()}
    x, y, z, q = (by["origin", name] for name in "XYZQ")
    assert (x["cases"], y["cases"], z["cases"], z["before"]) == (2, 8, 0, 3)
    assert x["share"] == pytest.approx(0.2)
    assert x["rate"] == pytest.approx(200)
    assert (x["quiet_days"], str(x["rebound_on"]), x["is_new"]) == (126, "2026-05-10", 0)
    assert (y["is_new"], y["rebound_on"]) == (1, None)
    assert np.isnan(y["rate"])
    # Nobody from Q was a case: the rate is 0, and may be 738 a 100,000.
    assert (q["cases"], q["rate"]) == (0, 0)
    assert q["rate_high"] == pytest.approx(-np.log(0.025) / 500 * 100_000)
    assert by["port", "rail"]["cases"] == 8
    assert next(row["name"] for row in found.to_pylist() if row["by"] == "origin") == "Y"


def test_the_command_counts_importations_up_to_the_day_asked(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text("date,origin\n2026-05-10,X\n2026-05-11,X\n2026-06-30,X\n")
    said = say("watch", "importation", "--cases", path, "--until", "2026-05-20", "--json", "--lang", "en")
    assert said.code == 0
    (row,) = json.loads(said.out)["table"]
    assert (row["cases"], row["last_seen"]) == (2, "2026-05-11")
    path.write_text("when,origin\n2026-05-10,X\n")
    assert say("watch", "importation", "--cases", path, "--lang", "en").code == 2


# --- tests and positivity -------------------------------------------------------------------------------


def test_twice_the_cases_at_twice_the_tests_lie_between_no_rise_and_a_doubling():
    cases, tests = np.array([10.0, 20.0]), np.array([100.0, 200.0])
    usual = 100.0
    assert adjusted_incidence(cases, tests, usual=usual, power=0).tolist() == [10, 20]
    assert adjusted_incidence(cases, tests, usual=usual, power=1).tolist() == [10, 10]
    assert adjusted_incidence(cases, tests, usual=usual) == pytest.approx([10, 20 / np.sqrt(2)])


def test_nobody_tested_is_no_positivity_and_more_positives_than_tests_are_no_share():
    rows = positivity_table("a", np.array([0.0, 5, 9]), np.array([0.0, 50, 6])).to_pylist()
    assert [row["positivity"] for row in rows[1:2]] == [0.1]
    assert np.isnan(rows[0]["positivity"])
    assert np.isnan(rows[2]["positivity"])
    assert rows[1]["low"] < 0.1 < rows[1]["high"]
