"""Scores of forecasts, worked out by hand, and beside the reference."""

import math

import numpy as np
import pyarrow as pa
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.scores import (
    LEVELS,
    dawid_sebastiani,
    is_covered,
    log_score,
    rank_score,
    weighted_interval_score,
)
from fengsui.watch.scoring import score_table
from tests.watch.reference import agree, rows


def test_the_weighted_interval_score_weighs_width_and_misses_by_hand():
    levels = np.array([0.1, 0.5, 0.9])
    # Median 10, interval of 80 % from 6 to 16; 18 came. Interval score: 10 + 2/0.2 * 2 = 30, weight 0.1;
    # the median's error 8, weight 0.5; divided by 1.5.
    score = weighted_interval_score(np.array([6.0, 10.0, 16.0]), np.array(18.0), levels=levels)
    assert score == pytest.approx((0.1 * 30 + 0.5 * 8) / 1.5)


def test_a_forecast_that_is_certain_and_right_scores_nothing():
    sure = np.full(len(LEVELS), 7.0)
    assert weighted_interval_score(sure, np.array(7.0), levels=np.array(LEVELS)) == 0
    assert weighted_interval_score(sure, np.array(9.0), levels=np.array(LEVELS)) == pytest.approx(2)


def test_an_interval_holds_its_ends():
    q = np.array([[1.0, 2, 3, 4, 5]])
    levels = (0.025, 0.25, 0.5, 0.75, 0.975)
    for truth, by_half, by_most in ((2, 1, 1), (4, 1, 1), (5, 0, 1), (6, 0, 0)):
        assert is_covered(q, np.array([truth]), levels=levels, share=0.5).tolist() == [by_half]
        assert is_covered(q, np.array([truth]), levels=levels, share=0.95).tolist() == [by_most]
    assert math.isnan(is_covered(q, np.array([np.nan]), levels=levels, share=0.5)[0])


def test_log_scores_of_small_counts_by_hand():
    assert log_score(0, 2.0) == pytest.approx(2)  # Poisson: e^-2
    assert log_score(2, 2.0) == pytest.approx(2 - math.log(2))  # 2² e^-2 / 2!
    assert log_score(0, 2.0, 1.0) == pytest.approx(math.log(3))  # geometric: 1 / (1 + mean)
    assert log_score(1, 2.0, 1.0) == pytest.approx(math.log(9 / 2))


def test_scores_are_those_of_the_reference():
    for row in rows("scores.csv"):
        x, mean, size = row["x"], row["mu"], row["size"]
        assert agree(float(log_score(x, mean, size)), row["logs_nb"])
        assert agree(float(log_score(x, mean)), row["logs_pois"])
        assert agree(rank_score(x, mean, size), row["rps_nb"])
        assert agree(rank_score(x, mean), row["rps_pois"])
        assert agree(dawid_sebastiani(x, mean, mean + mean * mean / size), row["dss_nb"])


def forecasts(model: str, shift: float, *, n: int = 4) -> list[dict]:
    """Forecasts of the counts 0, 1 … by one who is off by so many, and sure of it."""
    q = {f"q{level:g}": 0.0 for level in LEVELS}
    return [
        {"model": model, "series_id": "a", "origin": t, "horizon": 1, "t": t + 1, "observed": float(t)}
        | {"mean": t + shift, "sd": 1.0, **{name: t + shift for name in q}, "log_score": None}
        for t in range(n)
    ]


def test_the_table_of_scores_says_how_much_better_than_the_baseline():
    made = pa.Table.from_pylist(forecasts("last_value", 4.0) + forecasts("ours", 1.0))
    by_model = {(row["model"], row["horizon"]): row for row in score_table(made).to_pylist()}
    assert by_model["ours", 1]["wis"] == pytest.approx(1)
    assert by_model["ours", 0]["relative_wis"] == pytest.approx(0.25)
    assert by_model["ours", 1]["bias"] == pytest.approx(1)
    assert by_model["ours", 1]["cover95"] == 0
    assert by_model["ours", 1]["dss"] == pytest.approx(1)


def test_weeks_that_one_model_left_out_count_for_none():
    easy = forecasts("shirks", 0.0)
    for name in (f"q{level:g}" for level in LEVELS):
        easy[3][name] = None
    scores = score_table(pa.Table.from_pylist(forecasts("last_value", 4.0) + easy)).to_pylist()
    assert {(row["model"], row["n"]) for row in scores} == {("last_value", 3), ("shirks", 3)}


def test_a_table_without_quantiles_is_refused():
    with pytest.raises(BadInput):
        score_table(pa.table({"model": ["a"], "horizon": [1], "observed": [1.0]}))
