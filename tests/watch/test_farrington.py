"""Farrington's detector: what it means, and that it is what the reference says it is."""

import json
import math

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.boda import boda
from fengsui.watch.farrington import FLEXIBLE, farrington, farrington_flexible
from fengsui.watch.methods import run_method
from fengsui.watch.seasons import reference_weeks
from fengsui.watch.series import Series, read_series
from tests.watch.reference import differences, reference, rows

WEEKS = 52
NOUFAILY = {
    "noPeriods": 10,
    "pastWeeksNotIncluded": 26,
    "pThresholdTrend": 1,
    "thresholdMethod": "nbPlugin",
    "alpha": 0.01,
}


def counts(mean: float, n: int = 8 * WEEKS, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean, n).astype(float)


def mondays(n: int) -> np.ndarray:
    return np.datetime64("2013-01-07") + 7 * np.arange(n)


def test_a_week_like_all_others_is_no_alarm_and_an_outbreak_is():
    y = counts(10)
    y[-1] = 10
    quiet = farrington_flexible([Series("a", y)], {**NOUFAILY, "last": 1}).to_pylist()[0]
    assert (quiet["alarm"], quiet["left_out"]) == (0, "")
    assert quiet["expected"] == pytest.approx(10, rel=0.25)
    y[-1] = 40
    assert farrington_flexible([Series("a", y)], {**NOUFAILY, "last": 1})["alarm"].to_pylist() == [1]


def test_without_trend_and_season_the_expectation_is_the_mean_of_the_same_weeks_before():
    y = counts(12)
    settings = {"trend": False, "reweight": False, "last": 1, "b": 3, "w": 2}
    judged = farrington_flexible([Series("a", y)], settings).to_pylist()[0]
    now = len(y) - 1
    before = np.concatenate([y[now - i * WEEKS - 2 : now - i * WEEKS + 3] for i in (1, 2, 3)])
    assert judged["expected"] == pytest.approx(before.mean(), rel=1e-7)
    spread = ((before - before.mean()) ** 2 / before.mean()).sum() / (len(before) - 1)
    assert judged["phi"] == pytest.approx(max(1.0, spread), rel=1e-6)


def test_a_past_outbreak_weighs_less_so_that_the_bound_is_not_lost():
    y = counts(10)
    spoilt = y.copy()
    spoilt[-1 - 2 * WEEKS] = 90
    settings = {**NOUFAILY, "last": 1}
    bounds = {
        name: farrington_flexible([Series("a", values)], {**settings, **more})["upperbound"][0].as_py()
        for name, values, more in (
            ("clean", y, {}),
            ("weighed", spoilt, {}),
            ("raw", spoilt, {"reweight": False}),
        )
    }
    assert bounds["clean"] <= bounds["weighed"] <= bounds["clean"] + 4
    assert bounds["raw"] > bounds["weighed"] + 4


def test_too_few_cases_lately_leave_a_week_out_and_it_says_so():
    y = counts(10)
    y[-4:] = [1, 0, 1, 2]
    judged = farrington_flexible([Series("a", y)], {"last": 1}).to_pylist()[0]
    assert (judged["alarm"], judged["left_out"]) == (0, "too few cases lately")
    assert np.isnan(judged["upperbound"])


def test_a_baseline_without_cases_is_not_fitted_into_an_alarm():
    y = np.zeros(8 * WEEKS)
    y[-1] = 30
    judged = farrington_flexible([Series("a", y)], {**NOUFAILY, "last": 1}).to_pylist()[0]
    assert (judged["alarm"], judged["left_out"]) == (None, "the fit did not converge")


def test_a_series_shorter_than_the_years_asked_for_is_judged_by_three_or_two():
    years = {
        n: farrington_flexible([Series("a", counts(9, n))])["b"].to_pylist() for n in (290, 208, 156, 100)
    }
    assert {n: set(b) for n, b in years.items()} == {290: {5}, 208: {3}, 156: {2}, 100: set()}


def test_by_the_calendar_the_reference_week_is_the_nearest_monday():
    series = Series("a", counts(9, 300), dates=mondays(300))
    weeks = reference_weeks(series, np.array([300]), b=2)[0]
    now = series.dates[299]
    assert [
        abs((series.dates[w] - (now - 365 * k)).astype(int)) <= 4 for k, w in ((1, weeks[0]), (2, weeks[1]))
    ]
    assert {int(series.dates[w].astype(int) % 7) for w in weeks} == {int(now.astype(int) % 7)}
    assert reference_weeks(series, np.array([40]), b=1).tolist() == [[-1]]


def test_the_weeks_left_out_are_weeks_whatever_the_blocks():
    y = counts(10)
    loud = y.copy()
    loud[-26:-1] = 60
    for blocks in (1, 10):
        settings = {"noPeriods": blocks, "pastWeeksNotIncluded": 26, "last": 1, "reweight": False}
        before, after = (
            farrington_flexible([Series("a", one)], settings)["expected"][0] for one in (y, loud)
        )
        assert before == after


def test_many_series_at_once_are_judged_as_each_alone():
    many = [Series("a", counts(3)), Series("b", counts(30, 300, 2)), Series("c", counts(8, 156, 3))]
    together = farrington_flexible(many, NOUFAILY).to_pylist()
    alone = [row for one in many for row in farrington_flexible([one], NOUFAILY).to_pylist()]
    assert json.dumps(together) == json.dumps(alone)


def test_a_growing_population_explains_growing_counts():
    people = np.linspace(1e5, 2e5, 8 * WEEKS)
    series = Series("a", np.round(people / 1e4), population=people)
    settings = {**NOUFAILY, "trend": False, "last": 1, "thresholdMethod": "delta"}
    with_people = farrington_flexible([series], {**settings, "populationOffset": True}).to_pylist()[0]
    assert with_people["expected"] == pytest.approx(20, rel=0.02)
    assert farrington_flexible([series], settings)["expected"][0].as_py() < 18


@pytest.mark.parametrize(
    "settings",
    [{"alpha": 2}, {"thresholdMethod": "magic"}, {"powertrans": "3/4"}, {"bb": 3}, {"compat": "SAS"}],
)
def test_a_setting_that_means_nothing_is_refused(settings):
    with pytest.raises(BadInput):
        farrington_flexible([Series("a", counts(9))], settings)


def test_an_alarm_is_a_count_above_the_bound():
    many = [Series(str(seed), counts(6, seed=seed)) for seed in range(20)]
    judged = farrington_flexible(many, {**NOUFAILY, "alpha": 0.2}).to_pylist()
    assert sum(row["alarm"] for row in judged) > 50
    assert all(row["alarm"] == (row["observed"] > row["upperbound"]) for row in judged if not row["left_out"])


# --- against the reference ---------------------------------------------------------------------------------


def degenerate() -> set[tuple]:
    """Rows whose fit is singular to rounding: there the reference itself hangs on the last digit."""
    return {
        (row["config_id"], row["series_id"], row["t"]) for row in rows("farringtonFlexible_degenerate.csv")
    }


def run(name: str, settings: str, compat: str | None = "surveillance") -> list[dict]:
    given = json.loads(reference(settings).read_text(encoding="utf-8"))
    return run_method(name, read_series(reference("series.csv")), given, compat=compat).to_pylist()


KEY = ("config_id", "series_id", "t")


def test_the_flexible_form_equals_the_reference():
    ours = run("farrington_flexible", "farringtonFlexible_configs.json")
    left_out = degenerate()
    theirs = [row for row in rows("farringtonFlexible.csv") if tuple(row[k] for k in KEY) not in left_out]
    assert len(theirs) > 11_000
    columns = ("b", "upperbound", "alarm", "expected", "phi")
    assert differences(ours, theirs, key=KEY, columns=columns) == []
    # A constant series has no trend and no spread: which of both rounding shows is no finding.
    telling = [row for row in theirs if row["series_id"] != "S_edge_const5"]
    assert differences(ours, telling, key=KEY, columns=("mu0", "score", "pvalue", "trend_used")) == []
    moving = [row for row in telling if abs(row["trend_coef"] or 0) > 1e-12]
    assert differences(ours, moving, key=KEY, columns=("trend_coef",)) == []


def test_of_the_singular_fits_too_every_alarm_is_that_of_the_reference():
    ours = run("farrington_flexible", "farringtonFlexible_configs.json")
    assert differences(ours, rows("farringtonFlexible.csv"), key=KEY, columns=("alarm",)) == []


def test_the_form_of_1996_equals_the_reference():
    ours = run("farrington", "farrington_classic_configs.json")
    wrong = differences(ours, rows("farrington_classic.csv"), key=KEY, columns=("upperbound", "alarm"))
    # A constant series: its trend is rounding, kept by one program and dropped by the other.
    assert {(at[1], at[2], column) for at, column, *_ in wrong} <= {("S_edge_const5", 380, "upperbound")}


def test_the_plug_in_bound_with_a_trend_always_kept_needs_no_correction():
    name = {"FF02_noufaily_nbPlugin"}
    corrected = [
        row
        for row in run("farrington_flexible", "farringtonFlexible_configs.json", None)
        if row["config_id"] in name
    ]
    left_out = degenerate()
    theirs = [
        row
        for row in rows("farringtonFlexible.csv")
        if row["config_id"] in name and tuple(row[k] for k in KEY) not in left_out
    ]
    assert differences(corrected, theirs, key=KEY, columns=("upperbound", "alarm")) == []


def test_the_corrected_form_with_delta_and_one_block_is_the_form_of_1996():
    """The reference's own form of 1996 has the right dispersion: the corrected flexible one must give it
    back.
    """
    series = read_series(reference("series.csv"))
    chosen = [one for one in series if one.series_id in ("agona", "S_noufaily_01", "momo_15")]
    emulated = {"weightsThreshold": 1, "alpha": 0.005, "b": 5, "w": 3, "limit54": [0, 4]}
    flexible = farrington_flexible(chosen, emulated)
    wanted = [
        row
        for row in rows("farrington_classic.csv")
        if row["config_id"] == "FC02_alpha01" and row["series_id"] in {one.series_id for one in chosen}
    ]
    ours = {(row["series_id"], row["t"]): row for row in flexible.to_pylist()}
    both = [(ours[row["series_id"], row["t"]], row) for row in wanted]
    assert len(both) == 152
    judged = [(one["upperbound"], other["upperbound"]) for one, other in both if not one["left_out"]]
    assert len(judged) == 152
    assert all(a == pytest.approx(b, rel=1e-6) for a, b in judged)


def test_the_defaults_are_those_of_the_reference():
    assert (FLEXIBLE["b"], FLEXIBLE["w"], FLEXIBLE["limit54"]) == (5, 3, [5, 4])
    assert farrington([Series("a", counts(9))], {"last": 3}).num_rows == 3


# --- BODA: the same baseline, all uncertainty summed up -----------------------------------------------------


def test_without_season_and_trend_boda_predicts_a_count_around_the_mean_of_the_past():
    y = counts(10, n=40 * WEEKS)
    settings = {"b": 30, "noPeriods": 1, "pastWeeksNotIncluded": 3, "trend": False, "last": 1}
    judged = boda([Series("a", y)], settings).to_pylist()[0]
    now = len(y) - 1
    before = np.concatenate([y[now - i * WEEKS - 3 : now - i * WEEKS + 4] for i in range(1, 31)])
    assert judged["expected"] == pytest.approx(before.mean(), rel=1e-7)
    # Of so many weeks the mean is known well: what is left is the noise of one count.
    assert judged["upperbound"] == plug_in(judged)


def plug_in(judged: dict) -> int:
    """The 95 % quantile of a negative binomial count with the mean and size that were fitted."""
    size, mu = judged["size"], judged["expected"]
    chances = [
        math.exp(
            math.lgamma(x + size) - math.lgamma(size) - math.lgamma(x + 1) + x * math.log(mu / (size + mu))
        )
        * (size / (size + mu)) ** size
        for x in range(200)
    ]
    return int((np.cumsum(chances) >= 0.95).argmax())


def test_what_boda_does_not_know_of_the_mean_widens_its_bound():
    wild = np.random.default_rng(3)
    many = [Series(str(i), wild.negative_binomial(2, 2 / 12, 4 * WEEKS).astype(float)) for i in range(30)]
    settings = {"b": 2, "noPeriods": 1, "last": 1, "trend": False, "pastWeeksNotIncluded": 3}
    judged = [row for row in boda(many, settings).to_pylist() if not row["left_out"] and row["size"] < 1e6]
    wider = [row["upperbound"] - plug_in(row) for row in judged]
    assert len(wider) > 20
    assert min(wider) >= 0
    assert np.mean(wider) > 1


def test_boda_lies_within_a_count_of_the_draws_of_the_reference():
    series = {one.series_id: one for one in read_series(reference("series.csv"))}
    by_run = {}
    for row in rows("bodaDelay.csv"):
        by_run.setdefault((row["series_id"], row["quantileMethod"]), []).append(row)
    for (name, _), theirs in by_run.items():
        years = 4 if name == "agona" else 5
        ours = boda([series[name]], {"b": years, "last": 12}).to_pylist()
        for mine, row in zip(ours, theirs, strict=True):
            assert (mine["t"], mine["alarm"]) == (row["t"], row["alarm"])
            if row["upperbound"] is not None:
                assert abs(mine["upperbound"] - row["upperbound"]) <= 1
