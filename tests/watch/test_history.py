"""Detectors that compare with a handful of past weeks."""

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.history import bayes, cdc, fixed_threshold, moving_percentile, rki
from fengsui.watch.mem import epidemic_of, fit_seasons, mem
from fengsui.watch.outbreak_p import outbreak_p
from fengsui.watch.rogerson import average_run_length, limit, reference_value, rogerson
from fengsui.watch.series import Series, read_series
from tests.watch.reference import agree, differences, reference, rows

KEY = ("series_id", "t")
WEEKS = 52


def one(values, **more) -> list[Series]:
    return [Series("a", np.array(values, dtype=float), **more)]


def test_the_bayesian_bound_is_the_quantile_of_what_the_past_predicts():
    # Six weeks without a case: size 1/2, p = 6/7; P(0) = 0.926, P(0 or 1) = 0.926 * (1 + 1/14) = 0.992
    judged = bayes(one([0] * 6 + [1]), {"last": 1, "alpha": 0.05}).to_pylist()[0]
    assert (judged["upperbound"], judged["alarm"]) == (1, 0)
    assert bayes(one([0] * 6 + [2]), {"last": 1, "alpha": 0.05})["alarm"].to_pylist() == [1]


def test_rki_uses_the_table_for_small_counts_and_two_deviations_for_large_ones():
    assert rki(one([0, 1, 1, 0, 1, 1, 5]), {"last": 1})["upperbound"].to_pylist() == [3.285]
    large = [30, 34, 26, 30, 34, 26]
    assert rki(one([*large, 40]), {"last": 1})["upperbound"][0].as_py() == pytest.approx(
        30 + 2 * np.sqrt(64 / 5)
    )


def test_cdc_compares_four_weeks_with_four_weeks():
    y = np.ones(6 * WEEKS)
    y[-4:] = [9, 0, 0, 0]
    judged = cdc(one(y), {"last": 1, "b": 3}).to_pylist()[0]
    assert judged["upperbound"] == pytest.approx(4.0)
    assert judged["alarm"] == 1


@pytest.mark.parametrize(
    ("name", "run", "settings"),
    [
        ("bayes1", bayes, {}),
        ("bayes2", bayes, {"b": 1}),
        ("bayes3", bayes, {"b": 2, "w": 4, "actY": False}),
        ("bayes_b3w6_a01", bayes, {"b": 3, "w": 6, "alpha": 0.01}),
        ("rki1", rki, {}),
        ("rki2", rki, {"b": 1}),
        ("rki3", rki, {"b": 2, "w": 4, "actY": False}),
        ("cdc_b3", cdc, {"b": 3}),
        ("outbreakP_k100", outbreak_p, {}),
    ],
)
def test_each_equals_the_reference(name, run, settings):
    theirs = [row for row in rows("other_algorithms.csv") if row["config_id"] == name]
    ours = run(read_series(reference("series.csv")), settings).to_pylist()
    wrong = differences(ours, theirs, key=KEY, columns=("observed", "upperbound", "alarm"))
    # A likelihood ratio beyond 1e100 runs out of digits in the reference, and at last becomes 0.
    ratios = {(row["series_id"], row["t"]): row["upperbound"] for row in ours}
    assert [each for each in wrong if name != "outbreakP_k100" or ratios[each[0]] < 1e100] == []
    assert len(theirs) > 1000


# --- CIDARS ------------------------------------------------------------------------------------------------


def five_years(now: float) -> np.ndarray:
    """Five years in which the 25 blocks that count are 1 … 25, and this week's count."""
    y = np.full(5 * WEEKS + 5, 100.0)
    t = len(y) - 1
    at = [t - year * WEEKS + beside for year in range(1, 6) for beside in range(-2, 3)]
    y[at] = np.arange(1, 26)
    y[t] = now
    return y


@pytest.mark.parametrize(("percentile", "bound"), [(50, 13), (75, 19), (100, 25)])
def test_the_moving_percentile_is_that_of_five_weeks_in_five_years(percentile, bound):
    judged = moving_percentile(one(five_years(bound)), {"percentile": percentile, "last": 1}).to_pylist()[0]
    assert (judged["upperbound"], judged["alarm"]) == (bound, 1)  # to reach it is enough
    below = moving_percentile(one(five_years(bound - 1)), {"percentile": percentile, "last": 1})
    assert below["alarm"].to_pylist() == [0]
    strict = {"percentile": percentile, "last": 1, "reaches": False}
    assert moving_percentile(one(five_years(bound)), strict)["alarm"].to_pylist() == [0]


def test_a_percentile_of_nothing_does_not_make_a_signal_of_nothing():
    y = np.zeros(6 * WEEKS)
    assert moving_percentile(one(y), {"last": 1})["alarm"].to_pylist() == [0]
    y[-1] = 1
    assert moving_percentile(one(y), {"last": 1})["alarm"].to_pylist() == [1]


def test_a_fixed_threshold_counts_the_cases_of_a_block():
    y = [0, 1, 0, 1, 1, 0, 0, 0, 0]
    judged = fixed_threshold(one(y), {"threshold": 2, "block": 3}).to_pylist()
    assert [row["alarm"] for row in judged] == [0, 1, 1, 1, 0, 0, 0]
    assert [row["alarm"] for row in fixed_threshold(one(y), {}).to_pylist()] == y


# --- Moving Epidemic Method --------------------------------------------------------------------------------

SEASON = np.array([1, 1, 2, 1, 1, 2, 3, 1, 30, 60, 80, 50, 20, 3, 2, 1, 1, 1], dtype=float)


def test_the_epidemic_is_the_stretch_beyond_which_little_is_added():
    # 260 cases: 92 % in the five middle weeks; a sixth adds 3 (1.2 %), below 2.8 %.
    assert epidemic_of(SEASON, param=2.8) == (8, 13)
    assert epidemic_of(np.zeros(18), param=2.8) == (0, 0)


def test_the_threshold_rests_on_the_highest_weeks_before_and_the_levels_on_those_in_the_epidemics():
    model = fit_seasons([SEASON, SEASON], param=2.8, n_values=4, level=0.95, intensity=[0.5])
    calm = np.array([3, 2, 3, 2])
    assert model.threshold == pytest.approx(2.5 + 1.6448536269514722 * calm.std(ddof=1))
    assert model.intensity[0] == pytest.approx(np.sqrt(80 * 60))
    assert model.epidemics == ((8, 13), (8, 13))


def test_a_week_above_the_threshold_is_an_alarm_with_its_intensity():
    year = np.concatenate([SEASON, np.ones(34)])
    series = [Series("a", np.concatenate([np.tile(year, 4), [1, 1, 2, 40, 200]]), freq=WEEKS)]
    judged = mem(series, {"season_start": 0, "last": 5}).to_pylist()
    assert [row["alarm"] for row in judged] == [0, 0, 0, 1, 1]
    assert [row["intensity"] for row in judged] == [0, 0, 0, 2, 4]


def test_a_first_season_has_nothing_to_be_judged_by():
    assert mem(one(np.ones(WEEKS + 5)), {}).num_rows == 0
    with pytest.raises(BadInput):
        mem(one(np.ones(WEEKS)), {"level": 2})


# --- Rogerson ----------------------------------------------------------------------------------------------


def test_the_run_length_of_a_chart_that_stops_at_the_first_case_is_one_over_its_chance():
    # h = 0.5, k = 0.5 and any case makes at least 0.5.
    assert average_run_length(0.5, 0.5, 0.2) == pytest.approx(1 / (1 - np.exp(-0.2)))


def test_run_lengths_and_reference_values_equal_the_reference():
    for row in rows("arlCusum_poisson.csv"):
        found = [
            average_run_length(row["h"], row["k"], row["theta"], from_half=half) for half in (False, True)
        ]
        assert agree(found[0], row["ARL"])
        assert agree(found[1], row["FIR_ARL"])
    for row in rows("findK_poisson.csv"):
        assert reference_value(row["theta0"], row["theta1"]) == pytest.approx(row["k_round1"])


def test_limits_have_the_run_length_of_the_reference():
    for row in rows("rogerson_hvalues.csv"):
        h, k = limit(row["theta0"], float(row["s"]), 500.0)
        assert k == pytest.approx(row["k"])
        # Counts are whole, so neighbouring limits may be one and the same chart.
        miss = abs(average_run_length(h, k, row["theta0"]) - 500)
        assert miss <= abs(row["ARL"] - 500) * (1 + 1e-6)


def test_rogerson_equals_the_reference_given_its_limits():
    limits = {}
    for row in rows("rogerson_hvalues.csv"):
        limits.setdefault(row["case"], []).append((row["theta0"], row["h"], row["k"]))
    for case, values in limits.items():
        theirs = [row for row in rows("rogerson.csv") if row["case"] == case]
        settings = {
            "theta0t": [row["theta0"] for row in theirs],
            "hValues": values,
            "s": float(theirs[0]["s"]),
            "last": len(theirs),
        }
        ours = rogerson(one([row["observed"] for row in theirs]), settings, compat="surveillance").to_pylist()
        assert differences(ours, theirs, key=("t",), columns=("observed", "upperbound", "alarm")) == []


def test_a_mean_that_is_not_given_is_the_season_before():
    year = np.exp(2 + 0.7 * np.sin(2 * np.pi * np.arange(WEEKS) / WEEKS))
    y = np.round(np.tile(year, 6))
    y[-1] += 15
    judged = rogerson(one(y), {"last": 20}).to_pylist()
    assert [row["alarm"] for row in judged] == [0] * 19 + [1]
    assert judged[-1]["theta0"] == pytest.approx(year[-1], abs=0.3)
