"""The odds of an outbreak: what makes them, and that a bound is the count at which they become an alarm."""

from math import exp

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.odds import CALIBRATED, odds_limit, outbreak_odds
from fengsui.watch.series import Series

WEEKS = 52


def poisson(mean: float, n: int = 8 * WEEKS, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean, n).astype(float)


def judged(y: np.ndarray, **settings: object) -> dict:
    return outbreak_odds([Series("a", y)], {"last": 1, **settings}).to_pylist()[0]


def test_the_odds_are_the_mean_likelihood_ratio_of_one_week_and_of_two():
    y = poisson(9.0)
    y[-3:] = [9, 12, 14]
    # One size and a level alone: counts that vary less than Poisson's have phi = 1.
    y[:-12] = 9.0
    found = judged(y, sizes=[2], shape=[0.5, 0.4])
    assert (found["phi"], found["expected"]) == (1.0, pytest.approx(9.0, rel=1e-3))
    mean, more = found["expected"], 2 * found["expected"] ** 0.5
    # Poisson: a count y is (1 + a / m)^y exp(-a) times likelier with a more cases. Two to three for the
    # weeks in which it may have begun.
    now = (1 + 0.5 * more / mean) ** 14 * exp(-0.5 * more)
    since = (1 + 0.5 * more / mean) ** 12 * (1 + 0.4 * more / mean) ** 14 * exp(-0.9 * more)
    # The predictive distribution is a little wider than Poisson's, for the mean is not known exactly.
    assert found["odds"] == pytest.approx(0.4 * now + 0.6 * since, rel=0.02)


def test_the_bound_is_the_highest_count_that_raises_no_alarm():
    y = poisson(6.0)
    bound = judged(y)["upperbound"]
    for more, alarm in ((0, 0), (1, 1)):
        y[-1] = bound + more
        found = judged(y)
        assert (found["alarm"], found["upperbound"]) == (alarm, bound)
        assert (found["odds"] > 7.8) == bool(alarm)


def test_two_weeks_that_are_each_a_little_high_make_an_alarm_together():
    y = poisson(10.0)
    y[-3:-1] = 10
    alone = judged(y)["upperbound"]
    y[-2] = alone - 1
    assert judged(y)["upperbound"] < alone


def test_what_has_raised_an_alarm_raises_no_second_one():
    y = poisson(10.0)
    y[-3:] = [10, 40, 11]
    assert judged(y[:-1])["alarm"] == 1
    assert judged(y)["alarm"] == 0
    y[-1] = 40
    assert judged(y)["alarm"] == 1


def test_a_past_outbreak_does_not_hide_the_next():
    y = poisson(10.0)
    clean = judged(y)["upperbound"]
    y[300:304] = [60, 80, 50, 20]
    assert judged(y)["upperbound"] <= clean + 2


def test_season_and_trend_are_expected_and_not_alarmed():
    t = np.arange(8 * WEEKS)
    mean = np.exp(2 + 0.002 * t + 0.7 * np.cos(2 * np.pi * t / WEEKS))
    y = np.random.default_rng(8).poisson(mean).astype(float)
    table = outbreak_odds([Series("a", y)], {"last": WEEKS})
    assert np.mean(np.abs(np.log(table["expected"].to_numpy() / mean[-WEEKS:]))) < 0.1
    assert sum(table["alarm"].to_pylist()) <= 2


def test_by_the_calendar_the_season_is_that_of_the_date():
    t = np.arange(8 * WEEKS)
    dates = np.datetime64("2015-01-05") + 7 * t
    day = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(float)
    mean = np.exp(3 + np.cos(2 * np.pi * day / 365.25))
    y = np.random.default_rng(9).poisson(mean).astype(float)
    table = outbreak_odds([Series("a", y, dates=dates)], {"last": WEEKS})
    assert np.mean(np.abs(np.log(table["expected"].to_numpy() / mean[-WEEKS:]))) < 0.1


def test_a_population_that_doubles_doubles_what_is_expected():
    people = np.where(np.arange(8 * WEEKS) < 6 * WEEKS, 1_000.0, 2_000.0)
    y = np.random.default_rng(4).poisson(people / 100).astype(float)
    series = Series("a", y, population=people)
    found = outbreak_odds([series], {"last": 1, "populationOffset": True}).to_pylist()[0]
    assert found["expected"] == pytest.approx(20, rel=0.05)


def test_a_week_is_judged_the_same_whatever_else_is_judged_with_it():
    y, other = poisson(7.0), poisson(3.0, seed=5)
    many = [Series("a", y), Series("b", other)]
    whole = [row for row in outbreak_odds(many, {"last": 30}).to_pylist() if row["t"] > len(y) - 5]
    assert outbreak_odds(many, {"last": 5}).to_pylist() == whole
    assert outbreak_odds([many[1]], {"last": 5}).to_pylist() == whole[5:]


def test_one_case_is_no_outbreak_even_where_there_never_was_any():
    y = np.zeros(8 * WEEKS)
    y[-1] = 1
    assert judged(y)["alarm"] == 0
    y[-1] = 2
    assert judged(y)["alarm"] == 1


def test_a_history_of_less_than_a_year_is_not_judged_and_it_says_so():
    found = outbreak_odds([Series("a", poisson(5.0, WEEKS + 6))], {"last": 1}).to_pylist()[0]
    assert (found["alarm"], found["left_out"]) == (None, "history too short")


def test_alpha_stands_for_the_odds_that_were_measured_for_it():
    assert odds_limit(0.01976) == pytest.approx(4.0)
    between = odds_limit(0.01)
    assert CALIBRATED[0.00915] > between > CALIBRATED[0.01168]
    assert odds_limit(0.001) > 25 > odds_limit(0.05)
    y = poisson(10.0)
    assert judged(y, alpha=0.001)["upperbound"] > judged(y, alpha=0.05)["upperbound"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("odds", 0), ("alpha", 0.9), ("shape", [1.0]), ("when", [0.5, 0.6]), ("sizes", []), ("refit", 0)],
)
def test_settings_that_mean_nothing_are_refused(key, value):
    with pytest.raises(BadInput) as error:
        judged(poisson(5.0), **{key: value})
    assert error.value.findings[0].field == key
