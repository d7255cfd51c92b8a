"""Nowcast: how many cases of the last days there will be once all are reported.

Lawless, Can J Stat 22 (1994) 15; Höhle & an der Heiden, Biometrics 70 (2014) 993. The delays of earlier
cases say what share F of a day's cases is known by now; from the known cases and F follows a
distribution of the total.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.settings import COMPATIBLE
from fengsui.watch.triangle import Triangle

log_gamma = np.frompyfunc(math.lgamma, 1, 1)
below = np.frompyfunc(lambda z: 0.5 * math.erfc(-z / math.sqrt(2)), 1, 1)


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed beforehand: totals of a day with mean and variance, delays with weight ``kappa``
    each.
    """

    mean: float = 50.0
    variance: float = 3000.0
    most: int = 300
    kappa: float = 0.1
    n_draws: int = 1000
    seed: int = 2023

    def log_prior(self) -> np.ndarray:
        """The log chances (up to a constant) of totals 0 … ``most``: Poisson with a gamma distributed
        mean.
        """
        n = np.arange(self.most + 1)
        size = self.mean**2 / (self.variance - self.mean)
        choose = (log_gamma(n + size) - log_gamma(n + 1.0)).astype(float)
        return choose + n * math.log(self.mean / (self.mean + size))


@dataclass(frozen=True, eq=False)
class Nowcast:
    """For each of the last days a distribution of its total: ``pmf[day, total]``; ``reported``: the
    share F.
    """

    dates: np.ndarray
    so_far: np.ndarray
    truth: np.ndarray
    pmf: np.ndarray
    reported: np.ndarray

    def quantile(self, p: float) -> np.ndarray:
        """The smallest total not exceeded with chance p; 0 where the distribution never gets there."""
        return (np.cumsum(self.pmf, axis=1) >= p).argmax(axis=1)

    def mean(self) -> np.ndarray:
        """The expected totals."""
        return self.pmf @ np.arange(self.pmf.shape[1]) / self.pmf.sum(axis=1)

    def median(self) -> np.ndarray:
        """The smallest total that is exceeded in less than half of all cases."""
        return (np.cumsum(self.pmf, axis=1) > 0.5 + 1e-9).argmax(axis=1)

    def log_score(self) -> np.ndarray:
        """Minus the log chance given to what came; NaN where that is not known."""
        known = np.isfinite(self.truth)
        at = np.where(known, np.minimum(self.truth, self.pmf.shape[1] - 1), 0).astype(int)
        with np.errstate(divide="ignore"):
            return np.where(known, -np.log(self.pmf[np.arange(len(at)), at]), np.nan)

    def rank_score(self) -> np.ndarray:
        """The ranked probability score, in cases: 0 for certainty that comes true."""
        step = np.arange(self.pmf.shape[1])[None, :] >= self.truth[:, None]
        score = ((np.cumsum(self.pmf, axis=1) - step) ** 2).sum(axis=1)
        return np.where(np.isfinite(self.truth), score, np.nan)


def share_by_hazard(triangle: Triangle, rows: int | None = None) -> np.ndarray:
    """F(0) … F(D) by reverse hazards, so that days still incomplete count as what they are (Lawless)."""
    n, total = triangle.totals(rows)
    stay = 1 - np.divide(n, total, out=np.zeros(len(n)), where=total > 0)
    return np.append(np.cumprod(stay[:0:-1])[::-1], 1.0)


def _lawless(triangle: Triangle, ages: np.ndarray, belief: Belief, rows: int | None, compat: str | None):
    n, total = triangle.totals(rows)
    share = share_by_hazard(triangle, rows)
    left = total - n
    terms = np.divide(n, total * left, out=np.zeros(len(n)), where=left > 0)
    unsure = np.append(np.cumsum(terms[:0:-1])[::-1], 0.0)[ages]  # of the share itself, Greenwood's sum
    f, known = share[ages], triangle.so_far[-len(ages) :]
    if compat == COMPATIBLE:
        pmf = [_normal_as_reference(one, at, belief.most) for one, at in zip(known, f, strict=True)]
    else:
        pmf = [_normal(one, at, var, belief.most) for one, at, var in zip(known, f, unsure, strict=True)]
    return np.array(pmf), f


def _normal_as_reference(known: float, f: float, most: int) -> np.ndarray:
    """Without the variance of the share, and with the mass below what is known counted a second time."""
    pmf = np.zeros(most + 1)
    first = int(known)
    spread = math.sqrt(known * (1 - f)) / f if f > 0 else 0.0
    if not spread > 0:
        pmf[min(first, most)] = 1.0
        return pmf
    cdf = below((np.arange(first, most + 1) - known / f) / spread).astype(float)
    pmf[first:] = np.diff(cdf, prepend=0.0) / (1 - cdf[0])
    return pmf


def _normal(known: float, f: float, unsure: float, most: int) -> np.ndarray:
    """The normal distribution on whole numbers from what is known up; with no report, the likelihood of
    none.
    """
    n = np.arange(most + 1)
    if not known or f <= 0:
        pmf = np.where(n >= known, (1 - f) ** np.maximum(n - known, 0), 0.0)
        return pmf / pmf.sum()
    variance = (known / f) ** 2 * unsure + known * (1 - f) / f**2
    if not variance > 0:
        return (n == known).astype(float)
    cdf = below((np.arange(known, most + 1) + 0.5 - known / f) / math.sqrt(variance)).astype(float)
    start = float(below((known - 0.5 - known / f) / math.sqrt(variance)))
    pmf = np.zeros(most + 1)
    pmf[int(known) :] = np.diff(cdf, prepend=start)
    return pmf / pmf.sum()


def _untruncated_weights(triangle: Triangle, belief: Belief, rows: int | None) -> np.ndarray:
    """The weight of each delay, as if the days still incomplete were complete."""
    n, _ = triangle.totals(rows)
    return n + belief.kappa


def _beta_negative_binomial(
    triangle: Triangle, ages: np.ndarray, belief: Belief, rows: int | None, compat: str | None
):
    weights = _untruncated_weights(triangle, belief, rows)
    known = triangle.so_far[-len(ages) :]
    before = np.cumsum(weights)[ages][:, None]
    after = weights.sum() - before
    n = np.arange(belief.most + 1)[None, :]
    late = np.maximum(n - known[:, None], 0)
    own = known[:, None]
    after = np.maximum(after, 1e-300)
    log_pmf = (
        log_gamma(n + 1.0) - log_gamma(own + 1.0) - log_gamma(late + 1.0)
        + log_gamma(before + own + 1) + log_gamma(after + late) - log_gamma(before + after + n + 1)
        + log_gamma(before + after) - log_gamma(before) - log_gamma(after)
    ).astype(float)  # fmt: skip
    pmf = np.where(n >= own, np.exp(log_pmf), 0.0)
    if compat != COMPATIBLE:
        pmf = pmf / pmf.sum(axis=1)[:, None]  # what lies beyond the most that is thought possible
    return pmf, (before / (before + after))[:, 0]


def _delay_draws(triangle: Triangle, belief: Belief, rows: int | None, *, is_truncated: bool) -> np.ndarray:
    """Drawn shares F(0) … F(D), a row for each draw."""
    rng = np.random.default_rng(belief.seed)
    n_draws = belief.n_draws
    if is_truncated:
        n, total = triangle.totals(rows)
        delays = np.arange(len(n))
        stay = rng.beta(
            (total - n + belief.kappa * delays)[1:], (n + belief.kappa)[1:], (n_draws, len(n) - 1)
        )
        return np.append(np.cumprod(stay[:, ::-1], axis=1)[:, ::-1], np.ones((n_draws, 1)), axis=1)
    weights = rng.standard_gamma(
        _untruncated_weights(triangle, belief, rows), (n_draws, triangle.longest + 1)
    )
    return np.cumsum(weights, axis=1) / weights.sum(axis=1)[:, None]


def _posteriors(triangle: Triangle, ages: np.ndarray, belief: Belief, shares: np.ndarray):
    """For each day what is known, and the chances of the totals from there up, a row for each draw."""
    prior, n = belief.log_prior(), np.arange(belief.most + 1)
    for own, age in zip(triangle.so_far[-len(ages) :].astype(int), ages, strict=True):
        f = np.clip(shares[:, age], 1e-300, 1 - 1e-12)
        choose = (log_gamma(n[own:] + 1.0) - log_gamma(n[own:] - own + 1.0)).astype(float)
        log_post = (prior[own:] + choose)[None, :] + np.log1p(-f)[:, None] * (n[own:] - own)[None, :]
        post = np.exp(log_post - log_post.max(axis=1)[:, None])
        yield own, post / post.sum(axis=1)[:, None]


def _averaged(
    triangle: Triangle,
    ages: np.ndarray,
    belief: Belief,
    rows: int | None,
    compat: str | None,
    *,
    is_truncated: bool,
):
    """The posterior of the total for each of many draws of the share, averaged."""
    shares = _delay_draws(triangle, belief, rows, is_truncated=is_truncated)
    pmf = np.zeros((len(ages), belief.most + 1))
    for day, (own, post) in enumerate(_posteriors(triangle, ages, belief, shares)):
        pmf[day, own:] = post.mean(axis=0)
    return pmf, shares[:, ages].mean(axis=0)


def drawn_totals(
    triangle: Triangle,
    *,
    rows: int | None = None,
    belief: Belief | None = None,
    delays: Triangle | None = None,
    seed: int = 2023,
) -> np.ndarray:
    """Possible totals of the last D days, ``[draw, day]``: the days of a draw share one delay distribution.

    By ``bayes.trunc``. Totals drawn day by day from ``nowcast`` would lose what the days have in common, and
    sums over them would look more certain than they are. ``delays``: a triangle of more cases to learn delays
    from. Without a ``belief`` the level of a day is believed to be that of the last D days, give or take as
    much: a fixed level would pull days of which little is known towards itself.
    """
    n_days = min(triangle.longest, len(triangle.dates))
    ages = np.minimum(np.arange(n_days)[::-1], triangle.longest)
    source = triangle if delays is None else delays
    known = triangle.so_far[-n_days:]
    if belief is None:
        level = max(0.5, known.sum() / max(share_by_hazard(source, rows)[ages].sum(), 1e-9))
        belief = Belief(mean=level, variance=level + level**2, seed=seed)
    most = int(max(belief.most, 3 * known.max(), belief.mean + 8 * belief.variance**0.5))
    belief = belief if most == belief.most else Belief(**{**_as_dict(belief), "most": most})
    shares = _delay_draws(source, belief, rows, is_truncated=True)
    rng = np.random.default_rng((belief.seed, int(triangle.counts.shape[0]), int(known.sum())))
    out = np.empty((belief.n_draws, n_days))
    for day, (own, post) in enumerate(_posteriors(triangle, ages, belief, shares)):
        reached = np.cumsum(post, axis=1) < rng.random(belief.n_draws)[:, None]
        out[:, day] = own + reached.sum(axis=1)
    return out


def _uniform(triangle: Triangle, ages: np.ndarray, belief: Belief, rows: int | None, compat: str | None):
    n, known = np.arange(belief.most + 1)[None, :], triangle.so_far[-len(ages) :, None]
    pmf = (n >= known).astype(float)
    return pmf / pmf.sum(axis=1)[:, None], np.ones(len(ages))


METHODS = {
    "lawless": _lawless,
    "bayes.notrunc": partial(_averaged, is_truncated=False),
    "bayes.notrunc.bnb": _beta_negative_binomial,
    "bayes.trunc": partial(_averaged, is_truncated=True),
    "unif": _uniform,
}


def nowcast(
    triangle: Triangle,
    *,
    method: str = "bayes.trunc",
    n_days: int | None = None,
    rows: int | None = None,
    belief: Belief | None = None,
    compat: str | None = None,
) -> Nowcast:
    """Distributions of the totals of the last ``n_days`` (D, if not said) days.

    ``rows``: learn delays from the latest so many days only. ``compat="surveillance"`` repeats the
    reference's Lawless, which leaves out a term of the variance and hands out more chance than there is,
    and its distributions cut off at the most that is thought possible.
    """
    if method not in METHODS:
        raise BadInput(method, (Finding("nowcast", "method", method, "one of " + ", ".join(METHODS)),))
    n_days = min(triangle.longest if n_days is None else n_days, len(triangle.dates))
    ages = np.minimum(np.arange(n_days)[::-1], triangle.longest)
    belief = belief or Belief()
    most = int(max(belief.most, triangle.so_far[-n_days:].max()))
    belief = belief if most == belief.most else Belief(**{**_as_dict(belief), "most": most})
    pmf, reported = METHODS[method](triangle, ages, belief, rows, compat)
    last = slice(-n_days, None)
    return Nowcast(triangle.dates[last], triangle.so_far[last], triangle.truth[last], pmf, reported)


def _as_dict(belief: Belief) -> Mapping[str, object]:
    return {name: getattr(belief, name) for name in Belief.__slots__}
