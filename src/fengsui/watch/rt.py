"""Rt from daily cases: how many each case infects, by windows of days, imported cases apart.

Cori, Ferguson, Fraser & Cauchemez, Am J Epidemiol 178 (2013) 1505; Thompson and others, Epidemics 29 (2019)
100356 for imported cases. Given R, local cases of a day are Poisson with mean R times the infectiousness of
all cases before, and R has a gamma prior: the posterior is a gamma distribution.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.kernel_fit import gamma_mixture_quantiles, gamma_quantiles
from fengsui.watch.serial import Uncertain, discretised

QUANTILES = {
    "q025": 0.025, "q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95, "q975": 0.975,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of R before the data: a gamma distribution."""

    mean: float = 5.0
    sd: float = 5.0

    @property
    def shape(self) -> float:
        """The shape of the gamma distribution."""
        return (self.mean / self.sd) ** 2

    @property
    def scale(self) -> float:
        """Its scale."""
        return self.sd**2 / self.mean


def windows(n: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last days (from 1) of all windows of so many days, from day 2 on."""
    starts = np.arange(2, n - length + 2)
    return starts, starts + length - 1


def infectiousness(cases: np.ndarray, interval: np.ndarray) -> np.ndarray:
    """What the cases of the days before add up to on each day, weighted by the serial interval; NaN on
    day 1.
    """
    after = np.array(interval[: len(cases)], dtype=float)
    after[0] = 0.0
    total = np.convolve(cases, after)[: len(cases)]
    total[0] = np.nan
    return total


def as_local_and_imported(local: np.ndarray, imported: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Daily local and imported cases; those of the first day have no source here, so they count as
    imported.
    """
    local = np.array(local, dtype=float)
    imported = np.zeros(len(local)) if imported is None else np.array(imported, dtype=float)
    if len(local) != len(imported) or len(local) < 2 or not np.all(local >= 0) or not np.all(imported >= 0):
        expected = "two rows of the same days, counts from 0 up"
        raise BadInput("cases", (Finding("cases", "local, imported", f"{len(local)} days", expected),))
    imported[0] += local[0]
    local[0] = 0.0
    return local, imported


def _sums(values: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    running = np.concatenate([[0.0], np.cumsum(np.nan_to_num(values))])
    return running[ends] - running[starts - 1]


def _posterior(
    local: np.ndarray, imported: np.ndarray, interval: np.ndarray, length: int, prior: Prior
) -> tuple[np.ndarray, np.ndarray]:
    """Shape and scale of each window's posterior; NaN while the epidemic is younger than one interval."""
    starts, ends = windows(len(local), length)
    force = infectiousness(local + imported, interval)
    shape = prior.shape + _sums(local, starts, ends)
    scale = 1 / (1 / prior.scale + _sums(force, starts, ends))
    is_young = ends <= np.arange(len(interval)) @ interval
    return np.where(is_young, np.nan, shape), np.where(is_young, np.nan, scale)


def estimate_rt(
    local: np.ndarray,
    imported: np.ndarray | None = None,
    *,
    interval: np.ndarray,
    length: int = 7,
    prior: Prior | None = None,
) -> pa.Table:
    """Rt of each window of ``length`` days: ``t_start, t_end, mean, sd`` and quantiles of the posterior.

    ``interval``: the chances of 0, 1, 2 … days between a case and those it infects.
    """
    return estimate_many(
        [(local, imported)], intervals=[interval], lengths=[length], priors=[prior or Prior()]
    )[0]


def estimate_many(
    cases: Sequence[tuple[np.ndarray, np.ndarray | None]],
    *,
    intervals: Sequence[np.ndarray],
    lengths: Sequence[int],
    priors: Sequence[Prior],
    quantiles: Sequence[str] = tuple(QUANTILES),
) -> list[pa.Table]:
    """Rt of many areas, a table each; ``quantiles``: which are wanted (they take most of the time)."""
    both = [as_local_and_imported(*one) for one in cases]
    given = zip(both, intervals, lengths, priors, strict=True)
    posteriors = [_posterior(*counts, interval, length, prior) for counts, interval, length, prior in given]
    shapes = np.concatenate([shape for shape, _ in posteriors])
    scales = np.concatenate([scale for _, scale in posteriors])
    wanted = np.array([QUANTILES[name] for name in quantiles])
    # Counts are whole numbers, so a few hundred shapes serve tens of thousands of windows.
    distinct, which = np.unique(shapes, return_inverse=True)
    bounds = gamma_quantiles(wanted, distinct)[which] * scales[:, None]
    tables, at = [], 0
    for (local, _), length, (shape, scale) in zip(both, lengths, posteriors, strict=True):
        starts, ends = windows(len(local), length)
        rows = bounds[at : at + len(shape)]
        at += len(shape)
        columns = {"t_start": starts, "t_end": ends, "mean": shape * scale, "sd": np.sqrt(shape) * scale}
        tables.append(pa.table({**columns, **{name: rows[:, i] for i, name in enumerate(quantiles)}}))
    return tables


def estimate_uncertain(
    local: np.ndarray,
    imported: np.ndarray | None = None,
    *,
    interval: Uncertain,
    seed: int,
    n_intervals: int = 500,
    length: int = 7,
    prior: Prior | None = None,
) -> pa.Table:
    """Rt where the serial interval is known only roughly: columns as of ``estimate_rt``.

    Intervals are drawn, Rt is not: given the intervals its distribution is a mixture of gamma distributions
    of one shape, with a scale for each interval, and its quantiles are computed. To draw from each of them
    too, as the reference does, costs more and adds noise.
    """
    prior = prior or Prior()
    rng = np.random.default_rng(seed)
    local, imported = as_local_and_imported(local, imported)
    starts, ends = windows(len(local), length)
    pairs = interval.draw(n_intervals, rng)
    kernels = np.array([discretised(len(local), mean=mean, sd=sd) for mean, sd in pairs])
    kernels[:, 0] = 0.0
    cases = local + imported
    back = np.subtract.outer(np.arange(len(cases)), np.arange(len(cases)))
    toeplitz = np.where(back > 0, cases[np.maximum(back, 0)], 0.0)  # [day, lag]: cases so many days before
    force = kernels @ toeplitz.T
    running = np.concatenate([np.zeros((n_intervals, 1)), np.cumsum(force, axis=1)], axis=1)
    scales = 1 / (1 / prior.scale + running[:, ends] - running[:, starts - 1])
    shapes = prior.shape + _sums(local, starts, ends)
    means = kernels @ np.arange(len(local))
    scales[means[:, None] >= ends[None, :]] = np.nan
    has_some = ~np.all(np.isnan(scales), axis=0)
    found = np.full((len(starts), 2 + len(QUANTILES)), np.nan)
    kept, shapes = scales[:, has_some], shapes[has_some]
    mean_scale = np.nanmean(kept, axis=0)
    spread = shapes * (shapes + 1) * np.nanmean(kept**2, axis=0) - (shapes * mean_scale) ** 2
    found[has_some, 0], found[has_some, 1] = shapes * mean_scale, np.sqrt(np.maximum(spread, 0.0))
    wanted = np.array(list(QUANTILES.values()))
    found[has_some, 2:] = gamma_mixture_quantiles(wanted, shapes, np.ascontiguousarray(kept.T))
    names = ("mean", "sd", *QUANTILES)
    columns = {name: found[:, i] for i, name in enumerate(names)}
    return pa.table({"t_start": starts, "t_end": ends, **columns})
