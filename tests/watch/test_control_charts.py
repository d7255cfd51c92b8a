"""EARS, CUSUM and likelihood ratio charts: by hand, and against the reference."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch import glm
from fengsui.watch.cusum import cusum
from fengsui.watch.ears import ears
from fengsui.watch.glm import fit_negative_binomial, fit_poisson, season_design
from fengsui.watch.glr import glr_nb
from fengsui.watch.methods import run_method
from fengsui.watch.series import Series, read_series
from tests.watch.reference import agree, differences, reference, rows

KEY = ("config_id", "series_id", "t")
WEEK = [4.0, 6.0, 5.0, 7.0, 3.0, 5.0, 5.0]  # mean 5, squared deviations 10, so variance 10 / 6


def one(values: list[float], **more) -> list[Series]:
    return [Series("a", np.array(values, dtype=float), **more)]


# --- EARS --------------------------------------------------------------------------------------------------


def test_c1_holds_today_against_the_seven_days_before():
    judged = ears(one([*WEEK, 8]), {"method": "C1"}).to_pylist()
    assert [row["t"] for row in judged] == [8]
    assert judged[0]["upperbound"] == pytest.approx(5 + 3.090232306167813 * math.sqrt(10 / 6), rel=1e-12)
    assert judged[0]["alarm"] == 0
    assert ears(one([*WEEK, 9]), {"method": "C1"})["alarm"].to_pylist() == [1]


def test_c2_leaves_out_two_days_so_that_an_outbreak_does_not_hide_itself():
    rising = [*WEEK, 12, 14, 16]
    assert ears(one(rising), {"method": "C2"}).to_pylist()[-1]["alarm"] == 1
    assert ears(one(rising), {"method": "C1", "range": [10, 10]})["alarm"].to_pylist() == [0]


def test_c3_can_be_asked_for_a_single_day():
    days = [*WEEK * 2, 8, 8, 8]
    assert ears(one(days), {"method": "C3", "range": [17, 17]})["t"].to_pylist() == [17]


def test_c3_adds_up_three_days_and_counts_today():
    sd, today = math.sqrt(10 / 6), 5 + 3.5 * math.sqrt(10 / 6)
    days = [*WEEK * 2, 5, 5]  # two ordinary days, then one with an excess of 2.5 beyond the first deviation
    flat = [*days[:-2], 5, 5, today]
    judged = ears(one(flat), {"method": "C3", "range": [17, 17], "alpha": 0.025}).to_pylist()[0]
    mean = np.mean(flat[7:14])
    assert mean == pytest.approx(5)
    assert judged["upperbound"] == pytest.approx(5 + sd * (1 + 1.959963984540054), rel=1e-9)
    assert judged["alarm"] == 1
    as_reference = ears(one(flat), {"method": "C3", "range": [17, 17]}, compat="surveillance").to_pylist()[0]
    assert as_reference["alarm"] == 0  # it never looks at today's count


def test_days_that_do_not_vary_give_c3_no_bound_unless_a_least_spread_is_said():
    flat = [5.0] * 20
    assert ears(one(flat), {"method": "C3", "last": 1})["alarm"].to_pylist() == [None]
    assert ears(one(flat), {"method": "C3", "last": 1, "minSigma": 1})["alarm"].to_pylist() == [0]


@pytest.mark.parametrize("name", ["earsC.csv", "earsC_daily.csv"])
def test_ears_equals_the_reference(name):
    settings = json.loads(reference("earsC_configs.json").read_text(encoding="utf-8"))
    source = "series.csv" if name == "earsC.csv" else "series_daily.csv"
    ours = run_method("ears", read_series(reference(source), freq=365), settings, compat="surveillance")
    wrong = differences(ours.to_pylist(), rows(name), key=KEY, columns=("observed", "upperbound", "alarm"))
    assert wrong == []


def test_c1_and_c2_need_no_correction():
    settings = {"C1": {"method": "C1"}, "C2": {"method": "C2", "minSigma": 0.5}}
    series = one(list(np.random.default_rng(3).poisson(6, 200)))
    right, same = (run_method("ears", series, settings, compat=mode) for mode in (None, "surveillance"))
    assert right.to_pylist() == same.to_pylist()


# --- CUSUM -------------------------------------------------------------------------------------------------


def test_a_cusum_adds_what_is_above_the_mean_and_never_falls_below_nothing():
    # Mean 4 before, so one count is (x - 4) / 2; k = 1/2: 8 adds 1.5, 4 takes 0.5.
    judged = cusum(one([4] * 10 + [8, 4, 0, 8, 8]), {"k": 0.5, "h": 2.5, "last": 5}).to_pylist()
    assert [row["cusum"] for row in judged] == pytest.approx([1.5, 1.0, 0.0, 1.5, 3.0])
    assert [row["alarm"] for row in judged] == [0, 0, 0, 0, 1]
    assert [row["upperbound"] for row in judged] == [10, 7, 8, 10, 7]


@pytest.mark.parametrize(
    "scale", ["rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none"]
)
def test_the_bound_of_a_cusum_is_the_count_that_would_raise_the_alarm(scale):
    before = [3, 5, 4, 4, 5, 3, 4, 4]
    settings = {"k": 0.7, "h": 3, "trans": scale, "last": 1}
    bound = cusum(one([*before, 4]), settings)["upperbound"][0].as_py()
    assert bound > (4 if scale != "none" else 3)
    for count, alarm in ((bound * 1.001, 1), (bound * 0.999, 0)):
        assert cusum(one([*before, count]), settings)["alarm"].to_pylist() == [alarm]


def test_where_there_never_was_a_case_there_is_no_chart():
    assert cusum(one([0] * 9 + [0, 1]), {"last": 2})["alarm"].to_pylist() == [None, None]


def test_cusum_equals_the_reference():
    settings = json.loads(reference("cusum_configs.json").read_text(encoding="utf-8"))
    ours = run_method(
        "cusum", read_series(reference("series.csv")), settings, compat="surveillance"
    ).to_pylist()
    columns = ("observed", "m", "cusum", "upperbound", "alarm")
    assert differences(ours, rows("cusum.csv"), key=KEY, columns=columns) == []


# --- likelihood ratio --------------------------------------------------------------------------------------


def test_the_likelihood_ratio_of_one_poisson_count_is_what_the_formula_says():
    series = one([9], mu0=np.array([4.0]), alpha=0.0)
    judged = glr_nb(series, {"range": [1, 1], "c.ARL": 50, "alpha": 0}).to_pylist()
    assert judged == []  # a year of training comes first, even where the mean is given
    long = [4.0] * 60 + [9.0]
    series = one(long, mu0=np.full(61, 4.0), alpha=0.0)
    judged = glr_nb(series, {"last": 1, "c.ARL": 50}).to_pylist()
    assert judged[0]["statistic"] == pytest.approx(9 * math.log(9 / 4) - 5)


def test_it_looks_for_the_most_telling_beginning_of_the_shift():
    long = [4.0] * 60 + [0.0, 9.0, 9.0]
    judged = glr_nb(one(long, mu0=np.full(63, 4.0), alpha=0.0), {"last": 3, "c.ARL": 50}).to_pylist()
    assert judged[-1]["statistic"] == pytest.approx(18 * math.log(18 / 8) - 10)


def test_the_mean_may_be_given_or_told_how_to_be_fitted():
    year = np.exp(2 + 0.5 * np.cos(2 * np.pi * np.arange(52) / 52))
    series = one(list(np.round(np.tile(year, 6))))
    means = [
        glr_nb(series, {"last": 3, **settings})["mu0"].to_pylist()
        for settings in (
            {"mu0": 5, "alpha": 0},
            {"mu0": {"S": 2, "trend": False}},
            {"mu0": {"S": 0, "trend": False}},
        )
    ]
    assert means[0] == [5, 5, 5]
    assert means[1] == pytest.approx(year[-3:], rel=0.1)
    assert means[2] == pytest.approx([series[0].observed[:309].mean()] * 3)


def test_the_negative_binomial_ratio_is_the_largest_over_all_beginnings_and_shifts():
    rng = np.random.default_rng(8)
    shifts, alpha = np.linspace(0, 3, 6001), 0.2
    for _ in range(20):
        mu = rng.uniform(1, 9, 12)
        x = rng.negative_binomial(1 / alpha, 1 / (1 + alpha * mu * rng.choice([0.7, 1, 2])))
        settings = {"mu0": mu, "alpha": alpha, "c.ARL": 1e9, "range": [60, 71]}
        found = glr_nb(one([*np.full(59, 3.0), *x]), settings)["statistic"].to_pylist()
        grown = np.exp(shifts)[:, None] * mu
        each = x * shifts[:, None] - (x + 1 / alpha) * np.log((1 + alpha * grown) / (1 + alpha * mu))
        by_hand = [max(each[:, s : i + 1].sum(axis=1).max() for s in range(i + 1)) for i in range(12)]
        assert found == pytest.approx(by_hand, abs=1e-4)


def test_after_an_alarm_it_begins_afresh():
    long = [4.0] * 60 + [20.0, 4.0]
    judged = glr_nb(one(long, mu0=np.full(62, 4.0), alpha=0.0), {"last": 2, "c.ARL": 5}).to_pylist()
    assert [row["alarm"] for row in judged] == [1, 0]
    assert judged[1]["statistic"] == 0


def test_the_number_of_cases_is_the_first_that_raises_the_alarm():
    long = [4.0] * 60 + [4.0]
    series = one(long, mu0=np.full(61, 4.0), alpha=0.1)
    cases = glr_nb(series, {"last": 1, "ret": "cases"})["statistic"][0].as_py()
    alarms = [
        glr_nb(one([*long[:-1], x], mu0=np.full(61, 4.0), alpha=0.1), {"last": 1})["alarm"][0].as_py()
        for x in (cases - 1, cases)
    ]
    assert alarms == [0, 1]


def given_means() -> list[Series]:
    """The series with the in-control means and dispersions the reference was given."""
    means, alphas = {}, {}
    for row in rows("glrnb.csv"):
        means.setdefault(row["series_id"], {})[row["t"]] = row["mu0"]
        if row["config_id"] == "G2_glrnb":
            alphas[row["series_id"]] = row["alpha"]
    found = []
    for series in read_series(reference("series.csv")):
        if series.series_id in means:
            mu = np.full(len(series), np.nan)
            for t, mean in means[series.series_id].items():
                mu[t - 1] = mean
            found.append(replace(series, mu0=mu, alpha=alphas[series.series_id]))
    return found


def test_likelihood_ratios_equal_the_reference():
    settings = json.loads(reference("glrnb_configs.json").read_text(encoding="utf-8"))
    ours = run_method("glr_nb", given_means(), settings).to_pylist()
    theirs = rows("glrnb.csv")
    # Without overdispersion (alpha 5e-10) six digits are all that the reference's own arithmetic has left.
    exact = [row for row in theirs if row["series_id"] != "S_edge_pop_growth"]
    wrong = differences(ours, exact, key=KEY, columns=("mu0", "alpha", "statistic", "alarm"))
    # Where means are near 0 the reference's search for the shift runs away, and an outbreak is nothing to it.
    assert {at[:2] for at, *_ in wrong} == {
        ("G2_glrnb", "S_edge_zero_then_outbreak"),
        ("G2_glrnb", "fluBYBW_9162"),
    }
    assert all(other == 0 < mine for _, column, other, mine in wrong if column == "statistic")
    rough = [row for row in theirs if row["series_id"] == "S_edge_pop_growth"]
    assert differences(ours, rough, key=KEY, columns=("alarm",)) == []


def test_the_fits_behind_them_equal_the_reference():
    series = {one.series_id: one for one in read_series(reference("series.csv"))}
    names, n_fits = ("b0", "b_t", "b_cos", "b_sin"), 0
    for row in rows("glm_fits.csv"):
        y = series[row["series_id"]].observed[: row["train_to"]]
        design = season_design(np.arange(1.0, len(y) + 1), 52, has_trend=True)
        is_poisson = row["model"] == "glm.poisson"
        fitted = fit_poisson(y, design) if is_poisson else fit_negative_binomial(y, design)
        # Where nothing happened the coefficients run off to minus infinity; where the reference gave up
        # before the end (it says so) there is no value to be equal to.
        if row["series_id"] in (
            "S_edge_zero_then_outbreak",
            "S_edge_const5",
            "m2",
            "S_edge_pop_growth",
            "n1",
        ):
            continue
        n_fits += 1
        scale = (
            1e-6 if is_poisson else 5e-6
        )  # its turns between mean and dispersion stop at 1e-8 of the likelihood
        assert all(
            abs(a - row[name]) < scale * max(1, abs(a)) for a, name in zip(fitted.coef, names, strict=True)
        )
        assert is_poisson or agree(fitted.theta, row["theta"], within=5e-6)
    assert n_fits > 50


def test_the_quick_fit_is_the_careful_one_and_leaves_it_what_is_nearly_singular():
    rng = np.random.default_rng(9)
    design = season_design(np.arange(1.0, 365), 52, has_trend=True)
    for mean in (0.3, 4.0, 60.0):
        y = rng.poisson(mean * rng.gamma(4, 0.25, 364)).astype(float)
        quick, careful = (
            glm._quick_fit(y, design, is_negative_binomial=True),
            glm._careful_negative_binomial(y, design),
        )
        assert quick.coef == pytest.approx(careful.coef, abs=1e-6)
        assert quick.theta == pytest.approx(careful.theta, rel=1e-6)
        quick, careful = (
            glm._quick_fit(y, design, is_negative_binomial=False),
            glm._careful_poisson(y, design),
        )
        assert quick.coef == pytest.approx(careful.coef, abs=1e-6)
    assert glm._quick_fit(np.zeros(364), design, is_negative_binomial=True) is None
    twice = np.column_stack([design, design[:, 1]])
    assert glm._quick_fit(y, twice, is_negative_binomial=False) is None
    assert fit_poisson(y, twice).mean(twice) == pytest.approx(fit_poisson(y, design).mean(design), rel=1e-6)


def test_counts_without_overdispersion_have_no_dispersion_to_fit():
    y = np.array([2.0, 3, 2, 3, 2, 3, 2, 3])
    fitted = fit_negative_binomial(y, np.ones((8, 1)))
    assert np.isinf(fitted.theta)
    assert fitted.coef[0] == pytest.approx(math.log(2.5))


def test_a_shift_down_or_in_the_slope_is_not_offered():
    with pytest.raises(BadInput):
        glr_nb(one([4.0] * 60), {"dir": "dec"})
