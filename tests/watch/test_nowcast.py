"""Nowcasts: by hand, by what they are for, and against the reference."""

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.layouts import nowcast_table
from fengsui.watch.nowcast import METHODS, Belief, nowcast, share_by_hazard
from fengsui.watch.triangle import Triangle, triangle_from_cells, triangle_of
from tests.watch.reference import differences, number, reference, rows

DAY = np.datetime64("2023-01-01")


def small() -> Triangle:
    """Three days, delays 0 … 2; of each complete day half comes at once, a quarter on each day after."""
    counts = np.array([[4, 2, 2], [8, 4, np.nan], [6, np.nan, np.nan]])
    return Triangle(DAY + np.arange(3), counts, np.full(3, np.nan))


def line_list(seed: int, n_days: int = 60, mean: float = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    onsets = np.repeat(DAY + np.arange(n_days), rng.poisson(mean, n_days))
    return onsets, onsets + rng.binomial(10, 0.4, len(onsets))


def test_totals_count_only_days_that_are_old_enough():
    n, total = small().totals()
    assert n.tolist() == [18, 6, 2]
    assert total.tolist() == [18, 18, 8]


def test_the_share_reported_follows_from_the_hazards_backwards():
    # After 2 days all; of those within 2 days 2/8 on the last; of those within 1 day 6/18 on the last.
    assert share_by_hazard(small()) == pytest.approx([0.75 * 2 / 3, 0.75, 1.0])


def test_a_line_list_becomes_the_triangle_that_was_known_at_the_time():
    onsets = DAY + np.array([0, 0, 1, 1, 2])
    reports = DAY + np.array([0, 9, 2, 3, 2])
    found = triangle_of(onsets, reports, now=DAY + 2, longest=2)
    assert found.counts[0].tolist() == [1, 0, 0]
    assert found.counts[1, :2].tolist() == [0, 1]
    assert np.isnan(found.counts[1, 2])
    assert found.truth.tolist() == [2, 2, 1]
    assert found.so_far.tolist() == [1, 1, 1]


def test_a_report_before_onset_is_refused():
    with pytest.raises(BadInput):
        triangle_of(DAY + np.array([3]), DAY + np.array([1]), now=DAY + 5, longest=2)


@pytest.mark.parametrize("method", METHODS)
def test_a_nowcast_is_a_distribution_over_what_there_can_still_be(method):
    onsets, reports = line_list(1)
    triangle = triangle_of(onsets, reports, now=DAY + 50, longest=10)
    found = nowcast(triangle, method=method)
    assert found.pmf.sum(axis=1) == pytest.approx(np.ones(10), abs=1e-2)
    ruled_out = np.arange(found.pmf.shape[1])[None, :] < found.so_far[:, None]
    assert np.all(found.pmf[ruled_out] == 0)


def test_the_corrected_lawless_knows_that_the_delays_are_estimated():
    onsets, reports = line_list(2, 20, 3)
    triangle = triangle_of(onsets, reports, now=DAY + 15, longest=10)
    right, wrong = (nowcast(triangle, method="lawless", compat=mode) for mode in (None, "surveillance"))
    width = [found.quantile(0.975) - found.quantile(0.025) for found in (right, wrong)]
    assert width[0][-4] > width[1][-4]
    assert right.pmf.sum(axis=1) == pytest.approx(np.ones(10))


def test_a_day_without_a_report_so_far_may_still_have_had_cases():
    counts = small().counts.copy()
    counts[2, 0] = 0
    triangle = Triangle(small().dates, counts, small().truth)
    found = nowcast(triangle, method="lawless", n_days=1)
    # Only the likelihood of no report is left: F (1 - F)^N, with F = 8 / 14 by the hazards of this triangle.
    f = share_by_hazard(triangle)[0]
    assert found.pmf[0, :3] == pytest.approx([f, f * (1 - f), f * (1 - f) ** 2], rel=1e-6)


@pytest.mark.parametrize("method", ["lawless", "bayes.trunc"])
def test_ninety_five_of_a_hundred_intervals_hold_the_truth(method):
    inside = []
    for seed in range(12):
        onsets, reports = line_list(seed)
        found = nowcast(triangle_of(onsets, reports, now=DAY + 45, longest=10), method=method)
        inside += list((found.truth >= found.quantile(0.025)) & (found.truth <= found.quantile(0.975)))
    assert 0.88 < np.mean(inside) <= 1.0


def test_more_cases_than_were_thought_possible_widen_the_range():
    counts = small().counts.copy()
    counts[2, 0] = 500
    found = nowcast(Triangle(small().dates, counts, small().truth), belief=Belief(most=100), n_days=1)
    assert found.quantile(0.025)[0] >= 500


def test_an_unknown_method_is_refused():
    with pytest.raises(BadInput):
        nowcast(small(), method="crystal ball")


def test_scores_say_how_well_it_came_true():
    certain = nowcast(small(), method="lawless", n_days=3)
    assert np.isnan(certain.log_score()).all()
    known = Triangle(small().dates, small().counts, np.array([8.0, 16.0, 12.0]))
    found = nowcast(known, method="lawless", n_days=3)
    assert (found.log_score()[0], found.rank_score()[0]) == (0, 0)
    assert found.rank_score()[2] > 0


# --- against the reference ---------------------------------------------------------------------------------

KEY = ("case", "method", "date")
EXACT = ("lawless", "bayes.notrunc.bnb", "unif")


def run(**more) -> list[dict]:
    sources = [reference("nowcast_linelists.csv"), reference("nowcast_triangles.csv")]
    return nowcast_table(sources, reference("nowcast_cases.json"), compat="surveillance", **more).to_pylist()


def test_what_needs_no_chance_equals_the_reference():
    theirs = [row for row in rows("nowcast.csv") if row["method"] in EXACT]
    columns = ("observed_now", "nowcast_median", "lo", "hi", "pred_mean", "pmf_sum")
    ours = run()
    assert differences(ours, theirs, key=KEY, columns=columns) == []
    # What came of the days is known from line lists only.
    known = [row for row in theirs if row["case"] == 3]
    scores = ("final_truth", "logS", "RPS", "dist_median", "outside_ci")
    assert differences(ours, known, key=KEY, columns=scores) == []


def test_what_is_drawn_lies_within_a_count_or_two_of_the_reference():
    ours = {tuple(row[name] for name in KEY): row for row in run()}
    theirs = [row for row in rows("nowcast.csv") if row["method"] not in EXACT]
    assert len(theirs) == 58
    for row in theirs:
        mine = ours[tuple(row[name] for name in KEY)]
        for name in ("nowcast_median", "lo", "hi"):
            assert abs(mine[name] - row[name]) <= 1 + 0.02 * row[name], (row["method"], row["date"], name)
        assert mine["pred_mean"] == pytest.approx(row["pred_mean"], rel=0.03)


def test_distributions_equal_the_reference():
    dates = {}
    for row in rows("nowcast_pmf.csv"):
        dates.setdefault((row["case"], row["method"], row["date"]), []).append(number(row["p"]))
    triangles = {}
    for case in (1, 2, 3):
        cells = [row for row in rows("nowcast_triangles.csv") if row["case"] == case]
        triangles[case] = triangle_from_cells(
            np.array([row["date"] for row in cells], dtype="datetime64[D]"),
            np.array([row["delay"] for row in cells]),
            np.array([np.nan if row["n"] is None else row["n"] for row in cells], dtype=float),
        )
    for (case, method, date), theirs in dates.items():
        found = nowcast(triangles[case], method=method, rows=15 if case == 2 else None, compat="surveillance")
        at = int(np.flatnonzero(found.dates == np.datetime64(date))[0])
        assert found.pmf[at] == pytest.approx(theirs, rel=1e-6, abs=1e-12)
