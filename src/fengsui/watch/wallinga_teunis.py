"""Rt by who infected whom: the case reproduction number of those infected on a day.

Wallinga & Teunis, Am J Epidemiol 160 (2004) 509. Each case is shared out over the cases before it, in
proportion to how likely the serial interval makes each of them its source. Unlike Cori's Rt it looks
ahead: the last days are too low until those they infected have been reported.
"""

import numpy as np
import pyarrow as pa

from fengsui.watch.rt import windows


def sources(cases: np.ndarray, interval: np.ndarray) -> np.ndarray:
    """The chance that one case of day u was infected by one given case of day t: an array [t, u]."""
    n = len(cases)
    weights = np.zeros(n)
    weights[: min(n, len(interval))] = interval[:n]
    weights[0] = 0.0
    apart = np.subtract.outer(np.arange(n), np.arange(n)).T  # u - t
    given = np.where(apart > 0, weights[np.maximum(apart, 0)], 0.0)
    force = cases @ given
    return np.divide(given, force[None, :], out=np.zeros((n, n)), where=force[None, :] > 0)


def case_reproduction(cases: np.ndarray, *, interval: np.ndarray) -> np.ndarray:
    """How many a case of each day infected, by expectation."""
    counts = np.asarray(cases, dtype=float)
    return sources(counts, interval) @ counts


def wallinga_teunis(
    cases: np.ndarray, *, interval: np.ndarray, length: int = 7, n_draws: int = 100, seed: int = 1
) -> pa.Table:
    """The mean over the cases of each window, with a spread from ``n_draws`` drawn transmission trees.

    Columns as in the reference: ``t_start, t_end, Mean.R., Std.R.`` and two quantiles; no value for a window
    without cases.
    """
    counts = np.asarray(cases, dtype=float)
    shares = sources(counts, interval)
    expected = shares @ counts
    starts, ends = windows(len(counts), length)
    rng = np.random.default_rng(seed)
    drawn = np.zeros((n_draws, len(counts)))
    per_source = shares * counts[:, None]  # of a day's cases, the share infected by each earlier day
    for day, n in enumerate(counts.astype(np.int64)):
        share = per_source[:, day]
        if n and share.sum() > 0:
            drawn += rng.multinomial(n, share / share.sum(), size=n_draws)

    def over_windows(infected: np.ndarray) -> np.ndarray:
        running = np.concatenate([np.zeros((len(infected), 1)), np.cumsum(infected, axis=1)], axis=1)
        cumulated = np.concatenate([[0.0], np.cumsum(counts)])
        people = cumulated[ends] - cumulated[starts - 1]
        total = running[:, ends] - running[:, starts - 1]
        return np.divide(total, people, out=np.full(total.shape, np.nan), where=people > 0)

    spread = over_windows(drawn)
    return pa.table(
        {
            "t_start": starts,
            "t_end": ends,
            "Mean.R.": over_windows((counts * expected)[None, :])[0],
            "Std.R.": spread.std(axis=0, ddof=1),
            "Quantile.0.025.R.": np.quantile(spread, 0.025, axis=0),
            "Quantile.0.975.R.": np.quantile(spread, 0.975, axis=0),
        }
    )
