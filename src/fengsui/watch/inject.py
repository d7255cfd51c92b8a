"""Outbreaks put into a region's own history, where nobody has to guess how cases vary there.

An outbreak of size k has k standard deviations of cases on average, spread over its weeks by a stated
shape. The standard deviation is that of the series around its own level at that time, so that a size means
the same for a rare disease as for a common one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.scenarios import FEWEST, Labelled
from fengsui.watch.series import Series

NEAR = 6  # weeks on each side that make the level at a time
LOWEST = 0.05  # cases a week; below, a standard deviation would be that of nothing


@dataclass(frozen=True, slots=True)
class Plan:
    """What is put in: sizes (one is drawn for each series), shares of the cases by week, weeks judged."""

    sizes: Sequence[float] = (3.0, 5.0, 8.0)
    shape: Sequence[float] = (0.5, 0.42, 0.07, 0.01)
    weeks: int = 52

    def checked(self) -> "Plan":
        """The same; BadInput where it makes no outbreak."""
        found = []
        if not self.sizes or min(self.sizes) <= 0:
            found.append(Finding("plan", "sizes", str(list(self.sizes)), "numbers above 0"))
        if not self.shape or min(self.shape) < 0 or not 0.99 <= sum(self.shape) <= 1.01:
            found.append(Finding("plan", "shape", str(list(self.shape)), "shares that sum to 1"))
        if self.weeks < 1:
            found.append(Finding("plan", "weeks", str(self.weeks), "1 or more"))
        if found:
            raise BadInput("plan", tuple(found))
        return self


def spread(y: np.ndarray) -> float:
    """Variance over mean, at least 1, from the differences of neighbours: season and trend leave it
    alone.
    """
    mean = float(y.mean())
    return max(1.0, float((np.diff(y) ** 2).mean()) / (2 * mean)) if mean > 0 and len(y) > 1 else 1.0


def standard_deviation(y: np.ndarray, t: int) -> float:
    """That of the count of week t (from 0), by the weeks near it and the spread of the whole series."""
    near = y[max(0, t - NEAR) : t + NEAR + 1]
    return float(np.sqrt(spread(y) * max(LOWEST, near.mean())))


def inject(
    many: Sequence[Series], plan: Plan, rng: np.random.Generator, *, group: Sequence[object] | None = None
) -> Labelled:
    """Each series as it is, and with one outbreak beginning in one of its last ``plan.weeks``.

    BadInput for a series that is no longer than that. ``group``: what each series belongs to; nothing, if
    not given.
    """
    plan.checked()
    short = [one for one in many if len(one) <= plan.weeks]
    if short:
        expected = f"more than the {plan.weeks} weeks judged"
        found = (Finding(one.series_id, "weeks", str(len(one)), expected) for one in short[:20])
        raise BadInput("series", tuple(found))
    shares = np.array(plan.shape, float) / sum(plan.shape)
    cases = np.zeros((len(many), plan.weeks))
    sizes = rng.choice(np.array(plan.sizes, float), len(many))
    begins = rng.integers(0, plan.weeks, len(many))
    for row, (one, size, begin) in enumerate(zip(many, sizes, begins, strict=True)):
        sd = standard_deviation(one.observed, len(one) - plan.weeks + int(begin))
        cases[row, begin:] = _cases(size * sd, shares, plan.weeks - int(begin), rng)
    struck = [_with(one, extra) for one, extra in zip(many, cases, strict=True)]
    return Labelled(many, struck, cases, sizes, [""] * len(many) if group is None else group)


def _cases(mean: float, shares: np.ndarray, room: int, rng: np.random.Generator) -> np.ndarray:
    """Cases of the weeks there is room for; at least two in all, at least one of them seen."""
    seen = np.zeros(room)
    while not seen.any():
        n = 0
        while n < FEWEST:
            n = rng.poisson(mean) if mean > LOWEST else FEWEST
        drawn = rng.multinomial(n, shares)[:room]
        seen[: len(drawn)] = drawn
    return seen


def _with(one: Series, extra: np.ndarray) -> Series:
    y = one.observed.copy()
    y[len(y) - len(extra) :] += extra
    return replace(one, observed=y)
