"""Plain forecasts that a model must beat: the last value goes on; or the season comes as in past years.

The first is the baseline of the COVID-19 Forecast Hub (Cramer and others, PNAS 119 (2022) e2113561119): the
median is the last count, and the spread that of past changes from one week to the next, up as well as down.
"""

import numpy as np

LONGEST_PAST = 260  # weeks of past changes that are looked at
YEARS, BESIDE = 5, 2


def last_value(counts: np.ndarray, *, horizon: int, n_draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draws of the counts of the next weeks, ``[week, draw]``; NaN where the last count is not known.

    The change over h weeks is a sum of h changes of one week, each up or down with the same chance.
    """
    past = counts[-LONGEST_PAST:]
    changes = np.diff(past)
    changes = changes[~np.isnan(changes)]
    if not len(changes) or np.isnan(counts[-1]):
        return np.full((horizon, n_draws), np.nan)
    both = np.concatenate([changes, -changes])
    walk = np.cumsum(rng.choice(both, (horizon, (n_draws + 1) // 2)), axis=0)
    # Each course with its mirror image: so the median is the last count, as it is by definition.
    return np.maximum(0.0, counts[-1] + np.concatenate([walk, -walk], axis=1))


def same_season(counts: np.ndarray, *, horizon: int, freq: int) -> np.ndarray:
    """The counts of the same weeks and the two beside them in up to five past years, ``[week, count]``.

    NaN where no such week was before. Every one is as likely as the others.
    """
    n = len(counts)
    out = np.full((horizon, YEARS * (2 * BESIDE + 1)), np.nan)
    for h in range(horizon):
        at = n + h - freq * np.arange(1, YEARS + 1)[:, None] + np.arange(-BESIDE, BESIDE + 1)
        inside = (at >= 0) & (at < n)
        out[h] = np.where(inside, counts[np.clip(at, 0, n - 1)], np.nan).ravel()
    return out
