"""Log-linear regression of counts on matrices: Poisson, and negative binomial with its dispersion.

For a few long-run models per series (the in-control mean of a control chart). The thousands of small
fits of a morning's run are in ``kernel_farrington``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fengsui.watch.kernel_fit import dispersion_step
from fengsui.watch.kernel_glm import NEARLY_POISSON, SETTLED, fit_counts

MAX_STEPS, TOLERANCE = 25, 1e-8
MAX_ROUNDS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Coefficients of a log-linear regression; ``theta`` is the size of the negative binomial, inf:
    Poisson.
    """

    coef: np.ndarray
    theta: float
    is_converged: bool

    def mean(self, design: np.ndarray) -> np.ndarray:
        """The expected counts of the rows of a design."""
        return np.exp(design @ self.coef)


def season_design(t: np.ndarray, freq: float, *, has_trend: bool, harmonics: int = 1) -> np.ndarray:
    """Rows 1, (t,) cos, sin, … for the times t of a year with ``freq`` steps."""
    angles = [2 * np.pi * (s + 1) * t / freq for s in range(harmonics)]
    waves = [wave(angle) for angle in angles for wave in (np.cos, np.sin)]
    return np.column_stack([np.ones(len(t)), *([t] if has_trend else []), *waves])


@lru_cache(maxsize=64)
def _weeks_on(n: int, freq: float, has_trend: bool, harmonics: int) -> np.ndarray:
    """The design of the weeks 1 … n, which thousands of series share."""
    return season_design(np.arange(1.0, n + 1), freq, has_trend=has_trend, harmonics=harmonics)


def fit_poisson(y: np.ndarray, design: np.ndarray) -> Fit:
    """Fit by iterated least squares from mu = y + 0.1."""
    quick = _quick_fit(y, design, is_negative_binomial=False)
    return quick or _careful_poisson(y, design)


def _quick_fit(y: np.ndarray, design: np.ndarray, *, is_negative_binomial: bool) -> Fit | None:
    """The compiled fit, by normal equations; None where it gives up: nearly singular, or running away."""
    rows = np.ascontiguousarray(design.T, dtype=float)
    coef, size, status = fit_counts(np.asarray(y, dtype=float), rows, is_negative_binomial)
    return Fit(coef, float(size), True) if status == SETTLED else None


def _careful_poisson(y: np.ndarray, design: np.ndarray) -> Fit:
    """The fit by orthogonal decompositions, which says so where it does not settle."""
    coef, ok = _iterate(y, design, np.inf, y + 0.1)
    return Fit(coef, np.inf, ok)


def fit_negative_binomial(y: np.ndarray, design: np.ndarray) -> Fit:
    """Fit mean and dispersion by turns until neither moves; Poisson where there is no overdispersion."""
    quick = _quick_fit(y, design, is_negative_binomial=True)
    return quick or _careful_negative_binomial(y, design)


def _careful_negative_binomial(y: np.ndarray, design: np.ndarray) -> Fit:
    """The same by orthogonal decompositions."""
    start = _careful_poisson(y, design)
    mu = np.exp(np.clip(design @ start.coef, -30, 30))
    theta = _theta(y, mu, 0.0)
    if not theta < NEARLY_POISSON:
        return start
    coef, ok = start.coef, False
    for _ in range(MAX_ROUNDS):
        coef, ok = _iterate(y, design, theta, mu)
        if not ok:
            return start
        mu = np.exp(design @ coef)
        before, theta = theta, _theta(y, mu, theta)
        if not theta < NEARLY_POISSON:
            return start
        if abs(theta - before) <= 1e-10 * theta:
            return Fit(coef, theta, True)
    return Fit(coef, theta, False)


def _theta(y: np.ndarray, mu: np.ndarray, start: float) -> float:
    """The likeliest size for known means; inf where the counts vary no more than Poisson counts."""
    theta = start or len(y) / max(float(np.sum((y / mu - 1) ** 2)), 1e-12)
    for _ in range(100):
        step = dispersion_step(y, mu, theta)
        new = theta + step
        new = theta / 2 if new <= 0 else min(new, 10 * theta)
        if not np.isfinite(new) or new > NEARLY_POISSON:
            return np.inf
        if abs(new - theta) < 1e-12 * theta:
            return float(new)
        theta = new
    return float(theta)


def _iterate(y: np.ndarray, design: np.ndarray, theta: float, mu: np.ndarray) -> tuple[np.ndarray, bool]:
    """Iterated least squares for a given size; the coefficients, and whether they settled."""
    eta, before = np.log(mu), np.inf
    coef = np.zeros(design.shape[1])
    for _ in range(MAX_STEPS if np.isinf(theta) else 4 * MAX_STEPS):
        weight = mu / (1 + mu / theta)
        root = np.sqrt(weight)
        coef = np.linalg.lstsq(design * root[:, None], root * (eta + (y - mu) / mu), rcond=None)[0]
        eta = design @ coef
        if not np.all(np.abs(eta) < 700):
            return coef, False
        mu = np.maximum(np.exp(eta), np.finfo(float).eps)
        deviance = _deviance(y, mu, theta)
        if abs(deviance - before) / (abs(deviance) + 0.1) < TOLERANCE:
            return coef, True
        before = deviance
    return coef, False


def _deviance(y: np.ndarray, mu: np.ndarray, theta: float) -> float:
    safe = np.maximum(y, 1.0)
    own = np.where(y > 0, y * np.log(safe / mu), 0.0)
    if np.isinf(theta):
        return float(2 * np.sum(own - (y - mu)))
    return float(2 * np.sum(own - (y + theta) * np.log((y + theta) / (mu + theta))))


def in_control(
    y: np.ndarray,
    freq: float,
    weeks: Sequence[int] | np.ndarray,
    *,
    has_trend: bool,
    is_negative_binomial: bool,
    harmonics: int = 1,
) -> tuple[np.ndarray, float]:
    """The seasonal mean of ``weeks`` (t from 1) by a fit to y, the weeks 1 … len(y); and the dispersion
    alpha.
    """
    at = np.asarray(weeks, dtype=np.int64)
    whole = _weeks_on(max(len(y), int(at.max(initial=0))), freq, has_trend, harmonics)
    design = whole[: len(y)]
    fitted = fit_negative_binomial(y, design) if is_negative_binomial else fit_poisson(y, design)
    return fitted.mean(whole[at - 1]), 1 / fitted.theta
