"""Made-up weekly series with outbreaks whose beginning is known: the 42 scenarios of Noufaily and others.

Noufaily and others, Stat Med 32 (2013) 1206, as used by Bédubourg & Le Strat, PLoS One 12 (2017) e0181227:
seven levels of counts, each with and without a trend, with no, one or two waves a year. Half of twelve
years is training, five years are a baseline with four outbreaks, and somewhere in the last 49 weeks one more
begins. An outbreak of size k has, on average, k standard deviations of cases; each falls a lognormal
number of weeks (0, 0.5²) after its beginning, rounded down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.layouts import read_table
from fengsui.watch.series import Series

WEEKS, YEAR = 624, 52
FIRST_BASELINE, FIRST_CURRENT = 313, 576  # t counts from 1
PAST_SIZES, N_PAST = (2, 3, 5, 10), 4
SIZES = range(1, 11)
SPREAD = 0.5
LABELLED = ("col", "y_without_current", "y_with_current", "outbreak_current")
FEWEST = 2  # cases of an outbreak
LEVELS = (
    # theta, beta, gamma1, gamma2, phi
    (0.1, 0.0025, 0.6, 0.6, 1.5),
    (-2.0, 0.005, 0.1, 0.3, 2.0),
    (1.5, 0.003, 0.2, -0.4, 1.0),
    (0.5, 0.002, 0.5, 0.5, 5.0),
    (2.5, 0.001, 1.0, 0.1, 3.0),
    (3.75, 0.001, 0.1, -0.1, 1.1),
    (5.0, 0.0001, 0.05, 0.01, 1.2),
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """log mean = theta + beta · t · trend + a wave a year and its overtones, ``waves`` of them; variance =
    phi · mean.
    """

    number: int
    theta: float
    beta: float
    cosine: float
    sine: float
    phi: float
    trend: bool
    waves: int

    def mean(self) -> np.ndarray:
        """The expected counts of all weeks."""
        t = np.arange(1, WEEKS + 1)
        log_mean = self.theta + self.trend * self.beta * t
        for j in range(1, self.waves + 1):
            angle = 2 * np.pi * j * t / YEAR
            log_mean = log_mean + self.cosine * np.cos(angle) + self.sine * np.sin(angle)
        return np.exp(log_mean)


SCENARIOS = tuple(
    Scenario(n + 1, *level, bool(trend), waves)
    for n, (level, trend, waves) in enumerate(
        (level, trend, waves) for level in LEVELS for trend in (0, 1) for waves in (0, 1, 2)
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Series without and with the outbreaks that are to be found, and what is known of these.

    The last weeks of each are judged: ``cases`` are those of the outbreak then, series × weeks. ``size``: of
    each outbreak, in standard deviations; ``group``: what each series belongs to.
    """

    quiet: Sequence[Series]
    struck: Sequence[Series]
    cases: np.ndarray
    size: np.ndarray
    group: Sequence[object]


def counts(mean: np.ndarray, phi: float, rng: np.random.Generator) -> np.ndarray:
    """Counts of variance phi · mean: Poisson for phi = 1, else negative binomial."""
    return rng.poisson(mean) if phi <= 1 else rng.negative_binomial(mean / (phi - 1), 1 / phi)


def outbreak(sd: float, size: float, weeks: int, rng: np.random.Generator) -> np.ndarray:
    """The cases of an outbreak in each of the ``weeks`` from its beginning; later ones are not seen."""
    n = 0
    while n < FEWEST:
        n = rng.poisson(size * sd)
    delay = np.floor(rng.lognormal(0.0, SPREAD, n)).astype(np.int64)
    return np.bincount(delay[delay < weeks], minlength=weeks)


def draw(n_each: int, rng: np.random.Generator) -> Labelled:
    """``n_each`` series of every scenario, in their order; the group of each is the scenario's number."""
    chosen = [scenario for scenario in SCENARIOS for _ in range(n_each)]
    rows = [_series(scenario, rng) for scenario in chosen]
    quiet = [Series(str(i), y.astype(float), YEAR) for i, (y, _, _) in enumerate(rows)]
    struck = [Series(str(i), (y + cases).astype(float), YEAR) for i, (y, cases, _) in enumerate(rows)]
    cases = np.array([cases[FIRST_CURRENT - 1 :] for _, cases, _ in rows], float)
    return Labelled(quiet, struck, cases, np.array([size for *_, size in rows]), [s.number for s in chosen])


def _series(scenario: Scenario, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    mean = scenario.mean()
    sd = np.sqrt(scenario.phi * mean)
    y = counts(mean, scenario.phi, rng)
    for t in rng.choice(np.arange(FIRST_BASELINE - 1, FIRST_CURRENT - 1), N_PAST, replace=False):
        y[t:] += outbreak(sd[t], rng.choice(PAST_SIZES), WEEKS - t, rng)
    size, t = int(rng.choice(SIZES)), int(rng.integers(FIRST_CURRENT - 1, WEEKS))
    cases = np.zeros(WEEKS, np.int64)
    while not cases.any():  # an outbreak all of whose cases fall beyond the end is none
        cases[t:] = outbreak(sd[t], size, WEEKS - t, rng)
    return y, cases, size


def read_labelled(path: Path, *, weeks: int = WEEKS - FIRST_CURRENT + 1) -> Labelled:
    """Labelled series of a CSV file ``col,t,y_without_current,y_with_current,outbreak_current``.

    The last ``weeks`` of each are judged; NotFound, or BadInput where there is no such table.
    """
    table = read_table(path)
    lacking = [name for name in LABELLED if name not in table.column_names]
    if lacking:
        raise BadInput(
            str(path), tuple(Finding(str(path), name, "no such column", "a column") for name in lacking)
        )
    name, quiet, struck, cases = (table[each].to_numpy(zero_copy_only=False) for each in LABELLED)
    cuts = np.flatnonzero(name[1:] != name[:-1]) + 1
    names = [str(part[0]) for part in np.split(name, cuts)]
    without, with_it = (
        [Series(one, y.astype(float), YEAR) for one, y in zip(names, np.split(counts, cuts), strict=True)]
        for counts in (quiet, struck)
    )
    seen = np.array([part[-weeks:] for part in np.split(cases, cuts)], float)
    return Labelled(without, with_it, seen, seen.sum(axis=1), [""] * len(names))
