"""Serial intervals: how many days lie between the onset of a case and of those it infected.

Discretised as in Cori, Ferguson, Fraser & Cauchemez, Am J Epidemiol 178 (2013) 1505, web appendix 11: a gamma
distribution that begins one day after onset, averaged over the time of day of both onsets.
"""

from dataclasses import dataclass

import numpy as np

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.kernel_fit import gamma_cdfs

MOST_DRAWS = 10_000


def discretised(n: int, *, mean: float, sd: float) -> np.ndarray:
    """The chances of 0 … n-1 days for a mean above 1 and a standard deviation (days)."""
    if not (mean > 1 and sd > 0):
        found = f"mean {mean}, sd {sd}"
        raise BadInput(
            "serial interval", (Finding("serial interval", "mean, sd", found, "above 1, above 0"),)
        )
    shape, scale = ((mean - 1) / sd) ** 2, sd**2 / (mean - 1)
    days = np.arange(-2, n, dtype=float)
    x = np.maximum(days, 0.0) / scale
    below = gamma_cdfs(x, np.full(len(x), shape))
    first = shape * scale * gamma_cdfs(x, np.full(len(x), shape + 1.0))  # up to x, the mean's share
    partial = np.maximum(days, 0.0) * below - first
    return np.maximum(0.0, partial[2:] - 2 * partial[1:-1] + partial[:-2])


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A serial interval known only roughly: its mean and standard deviation (days) each normal within
    bounds.
    """

    mean: float
    mean_sd: float
    mean_within: tuple[float, float]
    sd: float
    sd_sd: float
    sd_within: tuple[float, float]

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n pairs (mean, sd), sd below the mean: an array of n × 2.

        The mean is drawn first and kept; only the sd is drawn again where it is not below. To drop both
        would make short intervals rarer than was said.
        """
        means = _within(self.mean, self.mean_sd, self.mean_within, np.full(n, np.inf), rng)
        return np.column_stack([means, _within(self.sd, self.sd_sd, self.sd_within, means, rng)])


def _within(
    centre: float, spread: float, bounds: tuple[float, float], below: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Normal draws inside the bounds and below the values of ``below``; BadInput where hardly any are."""
    kept = rng.normal(centre, spread, len(below))
    for _ in range(MOST_DRAWS):
        wrong = np.flatnonzero((kept < bounds[0]) | (kept > bounds[1]) | (kept >= below))
        if not len(wrong):
            return kept
        kept[wrong] = rng.normal(centre, spread, len(wrong))
    found = f"{centre} ± {spread} in {bounds}"
    expected = "bounds that hold a fair share of the draws"
    raise BadInput("serial interval", (Finding("serial interval", "bounds", found, expected),))
