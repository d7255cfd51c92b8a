"""Knox' test and space-time cluster detection on points."""

import math
from itertools import groupby

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.points import knox, stcd
from tests.watch.reference import agree, rows

LAST_OF_CUSUM = {"0": "sum", "1": "largest"}


def points_of(case: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    kept = [row for row in rows("stcd_points.csv") if row["case"] == case and row["cusum"] == 0]
    return tuple(np.array([row[name] for row in kept]) for name in ("x", "y", "t"))


def test_stcd_has_the_statistic_alarm_and_start_of_the_reference():
    keyed = groupby(rows("stcd_points.csv"), key=lambda row: (row["case"], row["cusum"]))
    statistics = {key: [row["R"] for row in group] for key, group in keyed}
    for said in rows("stcd_summary.csv"):
        x, y, t = points_of(said["case"])
        found = stcd(
            x,
            y,
            t=t,
            radius=said["radius"],
            epsilon=said["epsilon"],
            threshold=said["threshold"],
            statistic=LAST_OF_CUSUM[str(said["cusum"])],
            compat="surveillance",
        ).to_pylist()
        expected = statistics[said["case"], said["cusum"]]
        assert all(agree(row["statistic"], r, within=1e-12) for row, r in zip(found, expected, strict=True))
        alarm = next((row for row in found if row["alarm"]), {"i": -1, "start": -1})
        assert (alarm["i"], alarm["start"]) == (said["idxFA"], said["idxCC"])


def test_the_sum_is_the_same_in_both_ways_where_no_two_cases_share_a_moment():
    x, y, t = points_of(1)
    asked = {"t": t, "radius": 0.05, "epsilon": 0.5, "threshold": 100}
    assert stcd(x, y, **asked).equals(stcd(x, y, **asked, compat="surveillance"))


def test_the_largest_statistic_falls_again_when_a_cluster_has_ended():
    x, y = np.array([*range(5, 15), 0, 0, 0, *range(15, 25)], float), np.zeros(23)
    asked = {"t": np.arange(23.0), "radius": 0.5, "epsilon": 1, "threshold": 9, "statistic": "largest"}
    ours = stcd(x, y, **asked)["statistic"].to_pylist()
    theirs = stcd(x, y, **asked, compat="surveillance")["statistic"].to_pylist()
    # The three cases in one place come 11th to 13th: 2^3 for three times 3/13 expected.
    assert ours[12] == pytest.approx(8 * math.exp(-9 / 13))
    # Of 23 the last alone is the likeliest: 2 for 1/23 expected; the three now make 8 e^(-39/23).
    assert ours[-1] == pytest.approx(2 * math.exp(-1 / 23))
    assert theirs[-1] == theirs[12] == ours[12]


def test_cases_of_one_day_are_one_cylinder_whichever_is_named_first():
    day = np.array([0.0, 0, 0, 1, 1])
    x, y = np.array([0.0, 0.1, 5, 0.2, 9]), np.zeros(5)
    other = np.array([2, 1, 0, 4, 3])
    asked = {"t": day, "radius": 1, "epsilon": 0.5, "threshold": 10}
    one, another = stcd(x, y, **asked), stcd(x[other], y[other], **asked)
    for end_of_day in (2, 4):
        assert one["statistic"][end_of_day].as_py() == pytest.approx(another["statistic"][end_of_day].as_py())


def test_knox_counts_the_pairs_of_the_reference():
    for said in rows("knox.csv"):
        x, y, t = points_of(said["stcd_case"])
        asked = {"t": t, "within": said["eps_s"], "days": said["eps_t"], "compat": "surveillance"}
        found = knox(x, y, **asked, rng=np.random.default_rng(5))
        counted = (found.n_pairs, found.n_close_in_time, found.n_close_in_space, found.n_close)
        columns = ("n_pairs", "close_time", "close_space", "statistic")
        assert counted == tuple(said[name] for name in columns)
        assert agree(found.expected, said["expected"], within=1e-12)
        assert agree(found.p_poisson, said["p_poisson"], within=1e-9)
        assert found.p_value == said["p_sim_B999_seed5"]


def test_knox_finds_nothing_where_time_and_place_have_nothing_to_do_with_each_other():
    rng = np.random.default_rng(7)
    p_values = [
        knox(
            rng.random(60),
            rng.random(60),
            t=rng.random(60),
            within=0.2,
            days=0.2,
            rng=rng,
            n_permutations=99,
        ).p_value
        for _ in range(200)
    ]
    # 200 draws from 0.01 … 1: the share at or below 0.1 has a standard error of 0.021.
    assert abs(np.mean(np.array(p_values) <= 0.1) - 0.1) < 0.07
    assert abs(np.mean(p_values) - 0.5) < 0.08


def test_the_same_seed_gives_the_same_p_value():
    x, y, t = np.random.default_rng(1).random((3, 40))
    one, two = (knox(x, y, t=t, within=0.3, days=0.1, rng=np.random.default_rng(3)) for _ in range(2))
    assert one == two


def test_the_poisson_p_value_is_the_chance_of_as_many_pairs_or_more():
    # Three cases, one pair close in time, one in space, the same pair: 1/3 expected, 1 - e^(-1/3) for any.
    asked = {"t": [0, 1, 9], "within": 1, "days": 1, "n_permutations": 9}
    ours = knox([0, 1, 9], [0, 0, 0], **asked, rng=np.random.default_rng(1))
    theirs = knox([0, 1, 9], [0, 0, 0], **asked, rng=np.random.default_rng(1), compat="surveillance")
    assert ours.expected == pytest.approx(1 / 3)
    assert ours.p_poisson == pytest.approx(1 - math.exp(-1 / 3))
    assert theirs.p_poisson == pytest.approx(1 - math.exp(-1 / 3) * (1 + 1 / 3))


def test_two_cases_are_one_pair_close_for_certain():
    found = knox([0, 1], [0, 0], t=[0, 1], within=1, days=1, rng=np.random.default_rng(1), n_permutations=9)
    assert (found.n_pairs, found.n_close, found.expected, found.p_value) == (1, 1, 1.0, 1.0)


def test_points_out_of_order_or_not_numbers_are_refused():
    asked = {"radius": 1, "epsilon": 1, "threshold": 1}
    with pytest.raises(BadInput, match="t"):
        stcd([0, 0], [0, 0], t=[1, 0], **asked)
    with pytest.raises(BadInput):
        stcd([0, math.nan], [0, 0], t=[0, 1], **asked)
    with pytest.raises(BadInput):
        stcd([0], [0], t=[0], radius=0, epsilon=1, threshold=1)
