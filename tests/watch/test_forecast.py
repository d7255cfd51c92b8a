"""Forecasts: what they know, how sure they are, whether they beat the plain ones; and the two commands."""

import csv
import json

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.watch.baseline import last_value, same_season
from fengsui.watch.endemic_epidemic import Panel, Part, Terms, fit
from fengsui.watch.forecast import follow, forecast
from fengsui.watch.panels import panel_of, terms_of, with_ways
from fengsui.watch.raw import Counts
from tests.cli.conftest import say


def made(n_weeks: int, *, seed: int, n_areas: int = 1) -> np.ndarray:
    """Counts that follow the model: three fifths of last week's go on, a season comes on top."""
    rng = np.random.default_rng(seed)
    y = np.full((n_areas, n_weeks), 20.0)
    for t in range(1, n_weeks):
        mean = 0.6 * y[:, t - 1] + np.exp(1.8 + 0.8 * np.sin(2 * np.pi * t / 52))
        y[:, t] = rng.poisson(mean * rng.gamma(8, 1 / 8, n_areas))
    return y


def test_means_one_week_ahead_are_those_of_the_formula():
    panel = Panel(("a",), np.array([[4.0, 6.0, 9.0, 10.0, 5.0]]))
    fitted = fit(panel, Terms(endemic=Part("none"), size="none"))
    courses = follow(fitted, horizon=2, rng=np.random.default_rng(1), n_draws=20_000)
    # The factor is 30/29, log-normal around it with an error of 30^-1/2; last week had 5.
    assert courses.counts[0].mean() == pytest.approx(5 * 30 / 29 * np.exp(1 / 60), rel=0.01)
    assert courses.counts[1].mean() == pytest.approx(5 * (30 / 29) ** 2 * np.exp(4 / 60), rel=0.02)


def test_intervals_hold_what_comes_as_often_as_they_say():
    whole = made(52 * 12, seed=3)
    panel = Panel(("a",), whole)
    made_of = forecast(
        panel,
        {"model": Terms(endemic=Part(waves=1))},
        horizon=4,
        origins=range(52 * 8, 52 * 12 - 4, 2),
        rng=np.random.default_rng(4),
        n_draws=400,
        baselines=(),
    )
    truth, low, high = (made_of[name].to_numpy() for name in ("observed", "q0.05", "q0.95"))
    assert 0.84 < np.mean((truth >= low) & (truth <= high)) < 0.96


def test_neighbours_cases_of_this_week_raise_next_weeks_forecast_here():
    rng = np.random.default_rng(6)
    source = rng.poisson(20, 200) * (rng.random(200) < 0.3)
    sink = np.concatenate([[0], rng.poisson(0.5 * source[:-1] + 0.2)])
    counts = np.vstack([source, sink]).astype(float)
    counts[:, -1] = (40, 0)
    ways = np.array([[0.0, 1.0], [0.0, 0.0]])
    fitted = fit(Panel(("source", "sink"), counts, weights=ways), Terms(far=Part(), endemic=Part("by_area")))
    courses = follow(fitted, horizon=1, rng=rng)
    assert courses.means[0, 1].mean() == pytest.approx(20, rel=0.25)


def test_a_forecast_sees_nothing_of_what_came_after_its_origin():
    whole = made(160, seed=7)
    changed = whole.copy()
    changed[:, 120:] = 500
    one, other = (
        forecast(Panel(("a",), draw), {"m": Terms()}, horizon=2, origins=[120], rng=np.random.default_rng(1))
        for draw in (whole, changed)
    )
    assert one["mean"].to_pylist() == other["mean"].to_pylist()


def test_after_a_last_week_that_is_not_known_nothing_is_forecast_unless_a_nowcast_is_handed_in():
    counts = made(120, seed=8)
    counts[0, -1] = np.nan
    fitted = fit(Panel(("a",), counts), Terms())
    rng = np.random.default_rng(1)
    assert np.isnan(follow(fitted, horizon=1, rng=rng, n_draws=50).counts).all()
    nowcast = rng.poisson(30, (1, 50)).astype(float)
    assert np.isfinite(follow(fitted, horizon=1, rng=rng, n_draws=50, start=nowcast).counts).all()


def test_a_series_with_hardly_a_case_does_not_explode():
    counts = np.zeros((1, 104))
    counts[0, [3, 30, 31, 60, 83]] = (1, 2, 1, 1, 3)
    counts[0, -1] = 2
    terms = terms_of({}, has_ways=False, freq=52)
    assert terms.is_shrunk
    courses = follow(fit(Panel(("a",), counts), terms), horizon=4, rng=np.random.default_rng(1))
    assert courses.counts[3].mean() < 5
    assert np.quantile(courses.counts[3], 0.975) < 20


def test_nothing_is_said_of_an_area_whose_last_week_is_unknown_and_the_others_go_on():
    counts = made(120, seed=8, n_areas=2)
    counts[0, -1] = np.nan
    table = forecast(
        Panel(("a", "b"), counts), {"m": Terms()}, horizon=1, origins=[120], rng=np.random.default_rng(1)
    )
    known = {(row["model"], row["series_id"]): not np.isnan(row["q0.5"]) for row in table.to_pylist()}
    assert known == {
        ("m", "a"): False,
        ("m", "b"): True,
        ("last_value", "a"): False,
        ("last_value", "b"): True,
        ("same_season", "a"): True,
        ("same_season", "b"): True,
    }


def test_the_last_value_goes_on_as_wide_as_past_changes():
    draws = last_value(
        np.array([10.0, 12, 10, 12, 10]), horizon=2, n_draws=4_000, rng=np.random.default_rng(1)
    )
    assert set(draws[0]) == {8.0, 12.0}
    assert np.median(draws[1]) == 10
    # Two changes of two: 6, 10 or 14, the middle as often as both ends together.
    assert np.mean(draws[1] == 10) == pytest.approx(0.5, abs=0.03)


def test_the_last_value_never_goes_below_zero():
    draws = last_value(np.array([9.0, 0.0]), horizon=1, n_draws=100, rng=np.random.default_rng(1))
    assert set(draws[0]) == {0.0, 9.0}


def test_the_same_season_is_the_weeks_around_in_past_years():
    found = same_season(np.arange(8.0), horizon=1, freq=4)
    # Week 9 was week 5 a year ago (2 … 6 around it) and week 1 two years ago, with two weeks not there.
    assert sorted(found[0][~np.isnan(found[0])].tolist()) == [0, 1, 2, 2, 3, 4, 5, 6]


def test_series_are_laid_on_one_calendar_and_what_is_missing_stays_unknown():
    monday = np.datetime64("2026-01-05")
    first = Counts("a", np.array([1.0, 2.0, 3.0]), dates=monday + 7 * np.arange(3))
    second = Counts("b", np.array([5.0, -2.0]), dates=monday + 7 * np.arange(1, 3))
    panel, dates = panel_of([first, second])
    assert panel.counts[0].tolist() == [1, 2, 3]
    assert np.isnan(panel.counts[1]).tolist() == [True, False, True]
    assert dates.tolist() == (monday + 7 * np.arange(3)).tolist()


def test_series_off_the_common_days_are_refused():
    first = Counts("a", np.ones(3), dates=np.datetime64("2026-01-05") + 7 * np.arange(3))
    second = Counts("b", np.ones(3), dates=np.datetime64("2026-01-06") + 7 * np.arange(3))
    with pytest.raises(BadInput):
        panel_of([first, second])


def test_a_file_of_neighbours_without_one_known_area_is_refused(tmp_path):
    path = tmp_path / "ways.csv"
    path.write_text("area,neighbour\nx,y\n")
    with pytest.raises(BadInput):
        with_ways(Panel(("a", "b"), np.ones((2, 5))), path)


def test_unknown_settings_of_a_model_are_refused():
    with pytest.raises(BadInput):
        terms_of({"own": "everywhere"}, has_ways=False, freq=52)
    with pytest.raises(BadInput):
        terms_of({"waves": 2}, has_ways=False, freq=52)


@pytest.fixture
def series_file(tmp_path):
    """Three areas over four years in which half of one area's cases come from its neighbour."""
    counts = made(208, seed=9, n_areas=3)
    lines = ["series_id,t,date,freq,observed"]
    monday = np.datetime64("2022-01-03")
    lines += [
        f"area {i},{t + 1},{monday + 7 * t},52,{int(y)}"
        for i, row in enumerate(counts)
        for t, y in enumerate(row)
    ]
    path = tmp_path / "series.csv"
    path.write_text("\n".join(lines) + "\n")
    (tmp_path / "ways.csv").write_text("area,neighbour\narea 0,area 1\narea 1,area 2\n")
    return path


def test_the_commands_forecast_and_score_past_weeks_and_ours_beats_the_plain_ones(series_file, tmp_path):
    out, scores = tmp_path / "forecasts.csv", tmp_path / "scores.csv"
    said = say(
        "watch", "forecast", "--series", series_file, "--neighbours", tmp_path / "ways.csv",
        "--origins", "12", "--every", "4", "--draws", "200", "--out", out, "--lang", "en",
    )  # fmt: skip
    assert (said.code, said.err) == (0, "")
    with out.open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert len(found) == 12 * 4 * 3 * 3  # origins, weeks ahead, areas, models
    first = found[0]
    assert first["date"] == str(np.datetime64("2022-01-03") + 7 * (int(first["t"]) - 1))
    assert say("watch", "score", "--forecasts", out, "--out", scores, "--lang", "en").code == 0
    with scores.open(encoding="utf-8") as file:
        by_model = {row["model"]: float(row["wis"]) for row in csv.DictReader(file) if row["horizon"] == "0"}
    assert by_model["endemic_epidemic"] < by_model["last_value"]
    assert by_model["endemic_epidemic"] < by_model["same_season"]


def test_a_forecast_from_now_is_scored_when_the_series_has_gone_on(series_file, tmp_path):
    out = tmp_path / "forecasts.csv"
    settings = tmp_path / "models.json"
    settings.write_text(json.dumps({"plain": {"endemic_waves": 0, "own_waves": 0}}))
    said = say(
        "watch", "forecast", "--series", series_file, "--config", settings, "--horizon", "1", "--draws", "50",
        "--baselines", "last_value", "--out", out, "--lang", "en",
    )  # fmt: skip
    assert said.code == 0
    with out.open(encoding="utf-8") as file:
        assert {row["observed"] for row in csv.DictReader(file)} == {"NA"}
    longer = series_file.read_text().splitlines()
    came = [
        line
        for i in range(3)
        for line in (*longer[1 + 208 * i : 209 + 208 * i], f"area {i},209,2025-12-29,52,25")
    ]
    series_file.write_text("\n".join([longer[0], *came]) + "\n")
    said = say("watch", "score", "--forecasts", out, "--series", series_file, "--json", "--lang", "en")
    rows = json.loads(said.out)["table"]
    assert {(row["model"], row["horizon"], row["n"]) for row in rows} == {
        (model, horizon, 3) for model in ("plain", "last_value") for horizon in (0, 1)
    }
