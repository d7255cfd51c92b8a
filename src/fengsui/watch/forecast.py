"""Forecasts of the next weeks with intervals: the endemic-epidemic model, and the plain ones beside it.

A forecast follows many possible courses week by week: counts of a week are drawn, and the next week's mean
follows from them. Parameters are drawn too, from what the fit leaves open, since intervals are too narrow
otherwise. The log score is the mean of the chances over all courses, so it is not drawn itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fengsui.watch.baseline import last_value, same_season
from fengsui.watch.endemic_epidemic import Fit, Panel, Terms, courses_start, fit, rates
from fengsui.watch.scores import LEVELS, log_chance

BASELINES = ("last_value", "same_season")
HOLD = 20.0  # times the most cases a week has had: a course is held there, to be seen and not to overflow
LEAST_MOST = 50.0  # cases, where there were hardly any
N_DRAWS = 1000


@dataclass(frozen=True, eq=False)
class Courses:
    """Possible courses of the next weeks: counts, and the means and sizes they were drawn with.

    ``counts``, ``means``: [week, area, course]; ``sizes``: [area, course], infinite for Poisson counts.
    """

    counts: np.ndarray
    means: np.ndarray
    sizes: np.ndarray

    def log_score(self, truth: np.ndarray) -> np.ndarray:
        """Minus the log of the chance of what came (``truth[week, area]``), NaN where that is not known."""
        known = np.isfinite(truth)
        seen = np.where(known, truth, 0.0)[:, :, None]
        logs = log_chance(seen, np.maximum(self.means, 1e-12), self.sizes[None])
        top = logs.max(axis=2)
        return np.where(known, -(top + np.log(np.mean(np.exp(logs - top[:, :, None]), axis=2))), np.nan)


def follow(
    fitted: Fit,
    *,
    horizon: int,
    rng: np.random.Generator,
    n_draws: int = N_DRAWS,
    start: np.ndarray | None = None,
) -> Courses:
    """Courses of the weeks after the panel.

    ``start``: the last week's counts, [area, course], where they are known only by a nowcast.
    """
    now = courses_start(fitted, n_draws) if start is None else np.asarray(start, dtype=float)
    n_areas = len(now)
    weeks = fitted.panel.n_weeks + np.arange(horizon)
    parts, weights, sizes = rates(fitted, weeks, drawn(fitted, n_draws, rng))
    counts, means = np.empty((horizon, n_areas, n_draws)), np.empty((horizon, n_areas, n_draws))
    is_poisson = ~np.isfinite(sizes)
    seen = np.nan_to_num(fitted.panel.counts).max(axis=1)
    most = HOLD * np.maximum(np.maximum(seen, LEAST_MOST), np.nan_to_num(now).max(axis=1))[:, None]
    for h in range(horizon):
        mean = parts[0][:, h] * now + parts[2][:, h]
        if weights is not None:
            far = weights[0].T @ now if len(weights) == 1 else np.einsum("cji,jc->ic", weights, now)
            mean = mean + parts[1][:, h] * far
        mean = np.where(np.isnan(mean), np.nan, np.minimum(mean, most))
        known = np.where(np.isnan(mean), 0.0, mean)
        shape = np.where(is_poisson, 1.0, sizes)
        spread = np.where(is_poisson, known, rng.standard_gamma(shape) * known / shape)
        now = np.where(np.isnan(mean), np.nan, rng.poisson(np.minimum(spread, 1e12)))
        counts[h], means[h] = now, mean
    return Courses(counts, means, sizes)


def drawn(fitted: Fit, n_draws: int, rng: np.random.Generator) -> np.ndarray:
    """Parameters as uncertain as the fit says, a row for each course; unknown errors count as none.

    A direction that the data hardly bound is not followed beyond two units: all parameters are logarithms.
    """
    known = np.isfinite(np.diag(fitted.covariance))
    theta = np.tile(fitted.theta, (n_draws, 1))
    values, vectors = np.linalg.eigh(fitted.covariance[np.ix_(known, known)])
    root = vectors * np.sqrt(np.clip(values, 0.0, 1.0))
    theta[:, known] += rng.standard_normal((n_draws, int(known.sum()))) @ root.T
    return theta


def forecast(
    panel: Panel,
    settings: Mapping[str, Terms],
    *,
    horizon: int,
    origins: Sequence[int],
    rng: np.random.Generator,
    freq: int = 52,
    baselines: Sequence[str] = BASELINES,
    n_draws: int = N_DRAWS,
) -> pa.Table:
    """Forecasts from the end of each of the ``origins`` (how many weeks were there), a row for each.

    Columns: ``model, series_id, origin, horizon, t`` (both from 1), ``observed`` (NaN in the future),
    ``mean, sd``, the quantiles ``q0.01`` … ``q0.99``, and ``log_score`` of the models. Every model is
    fitted anew with what was there at that origin.
    """
    pieces = []
    latest: dict[str, np.ndarray] = {}
    for origin in origins:
        past = panel.until(origin)
        truth = np.full((horizon, len(panel.areas)), np.nan)
        there = panel.counts[:, origin : origin + horizon].T
        truth[: len(there)] = there
        for name, terms in settings.items():
            fitted = fit(past, terms, start=latest.get(name))
            latest[name] = fitted.theta.copy()
            courses = follow(fitted, horizon=horizon, rng=rng, n_draws=n_draws)
            pieces.append(_rows(name, panel, origin, courses.counts, truth, courses.log_score(truth)))
        for name in baselines:
            draws = _plain(name, past, horizon, freq, n_draws, rng)
            pieces.append(_rows(name, panel, origin, draws, truth, np.full(truth.shape, np.nan)))
    return pa.concat_tables(pieces)


def _plain(
    name: str, past: Panel, horizon: int, freq: int, n_draws: int, rng: np.random.Generator
) -> np.ndarray:
    if name == "last_value":
        found = [last_value(row, horizon=horizon, n_draws=n_draws, rng=rng) for row in past.counts]
    else:
        found = [same_season(row, horizon=horizon, freq=freq) for row in past.counts]
    return np.stack(found, axis=1)


def _rows(
    name: str, panel: Panel, origin: int, draws: np.ndarray, truth: np.ndarray, log_scores: np.ndarray
) -> pa.Table:
    """The table of one model and origin, area by area and week by week; ``draws``: [week, area, draw]."""
    horizon, n = truth.shape
    draws = draws.transpose(1, 0, 2).reshape(n * horizon, -1)
    quantiles, mean, sd = (np.full((n * horizon, k), np.nan) for k in (len(LEVELS), 1, 1))
    known = ~np.isnan(draws).all(axis=1)
    if known.any():
        quantiles[known] = np.nanquantile(draws[known], LEVELS, axis=1).T
        mean[known, 0], sd[known, 0] = np.nanmean(draws[known], axis=1), np.nanstd(draws[known], axis=1)
    steps = np.tile(np.arange(1, horizon + 1), n)
    return pa.table(
        {
            "model": pa.array([name] * (n * horizon)),
            "series_id": pa.array(np.repeat(np.array(panel.areas, dtype=object), horizon), pa.string()),
            "origin": np.full(n * horizon, origin),
            "horizon": steps,
            "t": origin + steps,
            "observed": truth.T.ravel(),
            "mean": mean[:, 0],
            "sd": sd[:, 0],
            **{f"q{level:g}": quantiles[:, k] for k, level in enumerate(LEVELS)},
            "log_score": log_scores.T.ravel(),
        }
    )
