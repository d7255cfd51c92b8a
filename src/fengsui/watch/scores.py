"""Scores of forecasts: how far a forecast distribution lay from what came. Small is good.

Weighted interval score: Bracher, Ray, Gneiting & Reich, PLoS Comput Biol 17 (2021) e1008618. The others:
Czado, Gneiting & Held, Biometrics 65 (2009) 1254. All are proper: nobody scores better by saying what he does
not believe.
"""

import math

import numpy as np

from fengsui.watch.nowcast import log_gamma

# The levels of the forecast hubs: eleven central intervals and the median.
LEVELS = (0.01, 0.025, *(round(0.05 * k, 2) for k in range(1, 20)), 0.975, 0.99)
REACHED = 1 - 1e-12  # chance after which a sum over counts may stop


def weighted_interval_score(quantiles: np.ndarray, truth: np.ndarray, *, levels: np.ndarray) -> np.ndarray:
    """The weighted interval score, in the unit of the counts: an array like ``truth``.

    ``quantiles``: like ``truth`` with one more axis, the last, for the levels. Twice the mean pinball loss,
    which is the same as weighing each interval by half its alpha and the median by one half.
    """
    off = np.asarray(truth, dtype=float)[..., None] - quantiles
    levels = np.asarray(levels)
    return 2 * np.mean(np.where(off >= 0, levels * off, (levels - 1) * off), axis=-1)


def is_covered(quantiles: np.ndarray, truth: np.ndarray, *, levels: np.ndarray, share: float) -> np.ndarray:
    """1 where the central interval of that share holds the truth, else 0; NaN where that is not known."""
    at = [int(np.argmin(np.abs(np.asarray(levels) - p))) for p in ((1 - share) / 2, (1 + share) / 2)]
    truth = np.asarray(truth, dtype=float)
    inside = (truth >= quantiles[..., at[0]]) & (truth <= quantiles[..., at[1]])
    return np.where(np.isnan(truth) | np.isnan(quantiles[..., at[0]]), np.nan, inside)


def log_chance(x: np.ndarray, mean: np.ndarray, size: np.ndarray | float = math.inf) -> np.ndarray:
    """The log chance of counts x, negative binomial with that mean and size; Poisson if it is infinite."""
    x, mean, size = np.broadcast_arrays(
        np.asarray(x, float), np.asarray(mean, float), np.asarray(size, float)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        poisson = np.where(x > 0, x * np.log(mean), 0.0) - mean - np.asarray(log_gamma(x + 1), float)
        finite = np.where(np.isfinite(size), size, 1.0)
        spread = np.asarray(log_gamma(x + finite) - log_gamma(finite) - log_gamma(x + 1), float)
        spread += finite * np.log(finite / (mean + finite))
        spread += np.where(x > 0, x * np.log(mean / (mean + finite)), 0.0)
    return np.where(np.isfinite(size), spread, poisson)


def log_score(x: np.ndarray, mean: np.ndarray, size: np.ndarray | float = math.inf) -> np.ndarray:
    """Minus the log chance that was given to what came."""
    return -log_chance(x, mean, size)


def dawid_sebastiani(x: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """The score that looks at mean and variance only: log variance + squared error / variance."""
    return np.log(variance) + (x - mean) ** 2 / variance


def rank_score(x: float, mean: float, size: float = math.inf) -> float:
    """The ranked probability score of one count: the sum of squared differences of distribution functions."""
    variance = mean + (mean * mean / size if math.isfinite(size) else 0.0)
    most = int(max(x, mean + 20 * math.sqrt(variance) + 40))
    below = np.cumsum(np.exp(log_chance(np.arange(most + 1), np.full(most + 1, mean), size)))
    while below[-1] < REACHED and most < 1e7:
        most *= 2
        below = np.cumsum(np.exp(log_chance(np.arange(most + 1), np.full(most + 1, mean), size)))
    return float(((below - (np.arange(most + 1) >= x)) ** 2).sum())
