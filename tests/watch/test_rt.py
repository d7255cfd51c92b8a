"""Rt, serial intervals, case reproduction numbers, back-projection."""

import json

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.backprojection import back_project
from fengsui.watch.kernel_fit import gamma_cdfs, gamma_mixture_quantiles
from fengsui.watch.layouts import rt_table, wallinga_teunis_table
from fengsui.watch.rt import QUANTILES, Prior, estimate_many, estimate_rt, estimate_uncertain, infectiousness
from fengsui.watch.serial import Uncertain, discretised
from fengsui.watch.wallinga_teunis import case_reproduction, wallinga_teunis
from tests.watch.reference import agree, differences, reference, rows

NEXT_DAY = np.array([0.0, 1.0])  # everybody infects on the day after


def test_the_discretised_interval_has_its_mean_and_its_whole_mass():
    interval = discretised(200, mean=5, sd=1.9)
    assert interval[0] == 0
    assert interval.sum() == pytest.approx(1, abs=1e-12)
    assert interval @ np.arange(200) == pytest.approx(5, rel=1e-9)


def test_an_interval_of_a_day_or_less_on_average_is_refused():
    with pytest.raises(BadInput):
        discretised(10, mean=1, sd=1)


def test_if_all_infect_on_the_next_day_rt_is_the_growth_a_day():
    cases = 2.0 ** np.arange(12)
    found = estimate_rt(cases, interval=NEXT_DAY, length=3, prior=Prior(1, 100)).to_pylist()[-1]
    # Posterior: shape 1e-4 + 2^9 + 2^10 + 2^11, scale 1 / (1e-4 + 2^8 + 2^9 + 2^10)
    shape, rate = 1e-4 + 3584, 1e-4 + 1792
    assert (found["t_start"], found["t_end"]) == (10, 12)
    assert found["mean"] == pytest.approx(shape / rate, rel=1e-12)
    assert found["sd"] == pytest.approx(np.sqrt(shape) / rate, rel=1e-12)
    assert found["q025"] < found["median"] < found["q975"]


def test_imported_cases_infect_but_are_not_infected_here():
    imported = np.full(20, 10.0)
    alone = estimate_rt(np.zeros(20), imported, interval=NEXT_DAY, prior=Prior(1, 10)).to_pylist()[-1]
    together = estimate_rt(imported, interval=NEXT_DAY, prior=Prior(1, 10)).to_pylist()[-1]
    assert alone["mean"] < 0.02
    assert together["mean"] == pytest.approx(1, abs=0.02)


def test_there_is_no_rt_before_one_interval_has_passed():
    interval = discretised(60, mean=9, sd=3)
    found = estimate_rt(np.full(60, 5.0), interval=interval, length=3).to_pylist()
    assert [row["t_end"] for row in found if np.isnan(row["mean"])] == [4, 5, 6, 7, 8, 9]


def test_infectiousness_is_what_the_days_before_add_up_to():
    found = infectiousness(np.array([1.0, 2.0, 4.0]), np.array([0.0, 0.75, 0.25]))
    assert np.isnan(found[0])
    assert found[1:].tolist() == [0.75, 1.75]


def test_many_areas_at_once_are_as_each_alone():
    cases = [(np.random.default_rng(seed).poisson(8, 40), None) for seed in range(3)]
    interval = discretised(40, mean=4, sd=2)
    many = estimate_many(cases, intervals=[interval] * 3, lengths=[7, 3, 7], priors=[Prior()] * 3)
    alone = [
        estimate_rt(local, interval=interval, length=n)
        for (local, _), n in zip(cases, [7, 3, 7], strict=True)
    ]
    assert [one.to_pylist() for one in many] == [one.to_pylist() for one in alone]


def test_an_uncertain_interval_widens_what_is_known_of_rt():
    cases = np.random.default_rng(5).poisson(30 * 1.05 ** np.arange(60))
    unsure = Uncertain(5, 1, (3, 7), 2, 0.5, (1, 3))
    sure = Uncertain(5, 1e-9, (3, 7), 2, 1e-9, (1, 3))
    wide, narrow = (
        estimate_uncertain(cases, interval=one, seed=1, n_intervals=200).to_pylist()[-1]
        for one in (unsure, sure)
    )
    exact = estimate_rt(cases, interval=discretised(60, mean=5, sd=2)).to_pylist()[-1]
    for name in ("mean", "sd", *QUANTILES):
        assert narrow[name] == pytest.approx(exact[name], rel=1e-6)
    assert wide["q975"] - wide["q025"] > 1.2 * (exact["q975"] - exact["q025"])


@pytest.mark.parametrize("shape", [0.05, 0.7, 1.0, 9.0, 400.0, 250_000.0])
def test_below_a_quantile_of_a_mixture_lies_the_share_asked_for(shape):
    p, scales = np.array(list(QUANTILES.values())), np.array([0.5, 0.8, 1.0, 4.0])
    given = np.append(scales, np.nan)  # one that is not there
    found = gamma_mixture_quantiles(p, np.array([shape]), given[None, :])[0]
    below = [gamma_cdfs(x / scales, np.full(4, shape)).mean() for x in found]
    assert below == pytest.approx(list(p), abs=5e-7)


def test_a_sure_interval_leaves_the_gamma_distribution_as_it_is():
    # Shape 1 is the exponential distribution: the p-quantile is -scale log(1 - p).
    found = gamma_mixture_quantiles(np.array([0.025, 0.5]), np.array([1.0]), np.full((1, 3), 2.0))[0]
    assert found == pytest.approx([-2 * np.log(0.975), 2 * np.log(2)], rel=1e-5)


def test_draws_that_cannot_be_made_are_refused_instead_of_tried_for_ever():
    with pytest.raises(BadInput):
        Uncertain(5, 0.1, (50, 60), 2, 0.1, (1, 3)).draw(10, np.random.default_rng(1))


@pytest.mark.parametrize("cases", [[1.0], [3.0, -1.0, 2.0]])
def test_cases_that_are_none_are_refused(cases):
    with pytest.raises(BadInput):
        estimate_rt(np.array(cases), interval=NEXT_DAY)


def test_rt_equals_the_reference():
    ours = rt_table(reference("estimateR_incidence.csv"), reference("estimateR_configs.json"))
    columns = ("mean", "sd", *QUANTILES)
    key = ("run_id", "t_start", "t_end")
    assert differences(ours.to_pylist(), rows("estimateR.csv"), key=key, columns=columns) == []
    assert len(rows("estimateR.csv")) == ours.num_rows


def test_serial_intervals_equal_the_reference():
    by_kind = {}
    for row in rows("discr_si.csv"):
        by_kind.setdefault((row["mean_si"], row["std_si"]), []).append(row["p"])
    for (mean, sd), chances in by_kind.items():
        assert discretised(len(chances), mean=mean, sd=sd) == pytest.approx(chances, rel=1e-9, abs=1e-13)


def test_an_uncertain_interval_gives_what_the_seeds_of_the_reference_give():
    cases = [row for row in rows("estimateR_incidence.csv") if row["run_id"] == "R01_flu2009_param"]
    local, imported = (np.array([row[name] for row in cases], dtype=float) for name in ("local", "imported"))
    unsure = Uncertain(2.6, 1.0, (1.0, 4.2), 1.5, 0.5, (0.5, 2.5))
    ours = estimate_uncertain(local, imported, interval=unsure, seed=7, n_intervals=400).to_pylist()
    by_window = {}
    for row in rows("estimateR_uncertain_si.csv"):
        by_window.setdefault(row["t_end"], []).append(row)
    for row in ours:
        for name in ("mean", "q25", "median", "q75"):
            seeds = [one[name] for one in by_window[row["t_end"]]]
            room = 3 * np.std(seeds) + 0.05 * np.mean(seeds)
            assert abs(row[name] - np.mean(seeds)) < room, (row["t_end"], name)


# --- who infected whom -------------------------------------------------------------------------------------


def test_each_case_is_shared_out_among_those_that_could_have_infected_it():
    # Two cases on day 1, three on day 2, all from day 1: 1.5 each. Six on day 3, all from day 2: 2 each.
    assert case_reproduction(np.array([2, 3, 6]), interval=NEXT_DAY).tolist() == [1.5, 2.0, 0.0]
    half = np.array([0.0, 0.5, 0.5])
    # On day 3 each of 2 + 3 earlier cases is as likely a source: 6 / 5 each.
    assert case_reproduction(np.array([2, 3, 6]), interval=half)[1] == pytest.approx(6 / 5)


def test_the_mean_of_drawn_trees_is_the_expected_one():
    cases = np.random.default_rng(2).poisson(20, 40)
    interval = discretised(40, mean=4, sd=2)
    found = wallinga_teunis(cases, interval=interval, n_draws=400).to_pylist()
    middle = found[10]
    assert middle["Quantile.0.025.R."] < middle["Mean.R."] < middle["Quantile.0.975.R."]
    assert middle["Std.R."] < 0.2


def test_case_reproduction_numbers_equal_the_reference(tmp_path):
    settings = json.loads(reference("estimateR_configs.json").read_text(encoding="utf-8"))
    named = {
        "WT1_flu2009_param": settings["R01_flu2009_param"],
        "WT2_sars_nonparam": settings["R03_sars_nonparam"],
    }
    (tmp_path / "settings.json").write_text(json.dumps(named))
    ours = wallinga_teunis_table(reference("wallinga_teunis_incidence.csv"), tmp_path / "settings.json")
    key = ("run_id", "t_start", "t_end")
    theirs = rows("wallinga_teunis.csv")
    assert differences(ours.to_pylist(), theirs, key=key, columns=("Mean.R.",)) == []
    spread = {tuple(row[name] for name in key): row["Std.R."] for row in ours.to_pylist()}
    assert all(
        spread[tuple(row[name] for name in key)] == pytest.approx(row["Std.R."], rel=0.4, abs=0.02)
        for row in theirs
    )


# --- back-projection ---------------------------------------------------------------------------------------


def test_a_delay_of_two_days_moves_the_cases_two_days_back():
    cases = np.array([0.0, 0, 0, 0, 8, 0, 0, 0])
    found = back_project(cases, incubation=np.array([0.0, 0, 1]), k=0)
    assert found == pytest.approx([0, 0, 8, 0, 0, 0, 0, 0])


def test_back_projection_equals_the_reference():
    cases, delay = rows("backproj.csv"), rows("backproj_incubation.csv")
    found = back_project(
        np.array([row["observed"] for row in cases]), incubation=np.array([row["p"] for row in delay])
    )
    assert all(agree(mine, row["lambda_hat"]) for mine, row in zip(found, cases, strict=True))


def test_a_delay_that_does_not_add_up_is_refused():
    with pytest.raises(BadInput):
        back_project(np.ones(9), incubation=np.array([0.5, 0.4]))
