"""Back-projection: from the days on which cases were reported to the days on which they were infected.

Becker, Watson & Carlin, Stat Med 10 (1991) 1527: expectation, maximisation, and a little smoothing (EMS).
"""

import math

import numpy as np

from fengsui.kit.errors import BadInput, Finding


def back_project(
    cases: np.ndarray, *, incubation: np.ndarray, k: int = 2, tolerance: float = 1e-4, most_steps: int = 250
) -> np.ndarray:
    """Expected infections per day. ``incubation``: the chances of 0, 1, 2 … days from infection to
    report.

    ``k``: width of the binomial smoother, an even number, 0 for none. Infections of the last days, of
    which nothing can have been reported yet, are 0.
    """
    y, delay = np.asarray(cases, dtype=float), np.asarray(incubation, dtype=float)
    if k % 2 or k < 0 or len(y) <= k or abs(delay.sum() - 1) > 1e-6 or np.any(delay < 0):
        found = f"k {k}, {len(y)} days, incubation adding up to {delay.sum():.6g}"
        raise BadInput("back-projection", (Finding("back-projection", "k, incubation", found, "even k; 1"),))
    n = len(y)
    later = np.subtract.outer(np.arange(n), np.arange(n))
    chance = np.where((later >= 0) & (later < len(delay)), delay[np.clip(later, 0, len(delay) - 1)], 0.0)
    reported = chance.sum(axis=0)
    smoother = np.array([math.comb(k, i) for i in range(k + 1)]) / 2**k
    inside = np.convolve(np.ones(n), smoother, "same")
    infections = np.full(n, y.mean())
    for _ in range(most_steps):
        expected = chance @ infections
        ratio = np.divide(y, expected, out=np.zeros(n), where=expected > 0)
        step = infections * (chance.T @ ratio)
        step = np.divide(step, reported, out=np.zeros(n), where=reported > 0)
        new = np.convolve(step, smoother, "same") / inside
        moved = np.linalg.norm(new - infections) / np.linalg.norm(infections) if infections.any() else 0.0
        infections = new
        if moved < tolerance:
            break
    return infections
