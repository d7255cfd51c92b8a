"""Prospective space-time scan: is there a circle of areas with too many cases in the last days, up to today?

Kulldorff, J R Stat Soc A 164 (2001) 61 (Poisson, by population); Kulldorff and others, PLoS Med 2 (2005) e59
(space-time permutation: cases only, so that what an area or a day always has is no cluster). Gumbel's
approximation of p-values: Abrams, Kulldorff & Kleinman, Int J Health Geogr 9 (2010) 61.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch import kernel_scan as kernel
from fengsui.watch.places import Areas, Cases
from fengsui.watch.settings import one_of

MODELS = ("permutation", "poisson")
BINS = 4096
LANES = 16  # columns are filled up to a multiple, so that the compiled loop has no rest
LEVELS = (9.0, 6.0, 4.0, 2.5, 1.5, 0.75, 0.0)  # where to look for the largest ratio, from above
PILOT = 19
EULER = 0.5772156649015329


@dataclass(frozen=True, slots=True)
class Reach:
    """How far is looked: the longest window (days), the largest circle (share of all that is expected), how
    many clusters are named.
    """

    days: int = 28
    largest: float = 0.5
    most: int = 10


@dataclass(frozen=True, slots=True, eq=False)
class _Space:
    """All cylinders: circles (areas by distance, bin and share of each circle, how many there are) and
    windows.
    """

    zones: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    edges: np.ndarray
    fractions: np.ndarray
    total: int

    def least(self, level: float) -> np.ndarray:
        """The table of the smallest counts that reach a log likelihood ratio."""
        width = -(-len(self.fractions) // LANES) * LANES
        return kernel.counts_that_reach(level, self.edges, self.fractions, self.total, width)


def scan(
    cases: Cases,
    areas: Areas,
    *,
    since: np.datetime64,
    until: np.datetime64,
    rng: np.random.Generator,
    model: str = "permutation",
    reach: Reach | None = None,
    n_replicates: int = 999,
    workers: int = 1,
) -> pa.Table:
    """The likeliest cluster that still lasts on ``until``, and others that share no area with it, a row each.

    Columns: ``rank, centre, areas`` (by distance, joined by spaces), ``n_areas, radius`` (in the unit of the
    distances), ``since, until, days, observed, expected, ratio, log_ratio, p_value, p_gumbel,
    recurrence_days``: how often chance alone would show one so strong, if it is looked for daily. Cases from
    ``since`` on are the background. Each p-value is that of the likeliest cluster where there is none, so
    for the others it errs on the safe side. The outcome is the same for any number of ``workers`` (threads).
    """
    reach = reach or Reach()
    is_poisson = one_of({"model": model}, "model", *MODELS) == 1
    n_days = int((until - since).astype(int)) + 1
    where, back = _studied(cases, since, until)
    _check(areas, n_days, reach, is_poisson=is_poisson, n_replicates=n_replicates, n_cases=len(where))
    weights = areas.population if is_poisson else np.bincount(where, minlength=len(areas))
    longest = min(reach.days, n_days)
    ages = np.arange(longest)
    fractions = (
        (ages + 1) / n_days if is_poisson else np.searchsorted(np.sort(back), ages, "right") / len(where)
    )
    space = _space(areas.distance, np.asarray(weights, float), fractions, reach.largest, len(where))
    if is_poisson:
        chances, others = _alias(np.asarray(weights, float))
        simulate = _Simulation(kernel.drawn, (len(where), n_days, chances, others), space)
    else:
        days_back = back[back < longest].astype(np.int32)
        simulate = _Simulation(kernel.permuted, (where.astype(np.int32), days_back), space)
    largest = simulate.largest(rng.integers(0, 2**64, n_replicates, dtype=np.uint64), workers)
    found = _clusters(_recent(where, back, len(areas), space), space, reach.most, float(largest.min()))
    return _table(found, areas, space, largest, until)


@dataclass(frozen=True, slots=True, eq=False)
class _Simulation:
    kernel: Callable
    given: tuple
    space: _Space

    def largest(self, seeds: np.ndarray, workers: int) -> np.ndarray:
        """The largest log ratio of each replicate: a few say from which level on the others must look."""
        first = self._descend(seeds[:PILOT], LEVELS, workers)
        start = 0.85 * float(first.min())
        rest = self._descend(seeds[PILOT:], (start, *(x for x in LEVELS if x < start)), workers)
        return np.concatenate([first, rest])

    def _descend(self, seeds: np.ndarray, levels: tuple[float, ...], workers: int) -> np.ndarray:
        out = np.zeros(len(seeds))
        left = np.arange(len(seeds))
        for level in levels:
            if not len(left):
                break
            out[left] = self._run(seeds[left], level, workers)
            left = left[out[left] == 0.0]
        return out

    def _run(self, seeds: np.ndarray, level: float, workers: int) -> np.ndarray:
        space, least = self.space, self.space.least(level)

        def one(part: np.ndarray) -> np.ndarray:
            return self.kernel(*self.given, space.zones, least, space.fractions, part)

        if workers <= 1:
            return one(seeds)
        with ThreadPoolExecutor(workers) as pool:
            return np.concatenate(list(pool.map(one, np.array_split(seeds, workers))))


def _studied(cases: Cases, since: np.datetime64, until: np.datetime64) -> tuple[np.ndarray, np.ndarray]:
    """Areas of the cases between the two days, and how many days before the last one each was."""
    back = (until - cases.when).astype(np.int64)
    is_in = (back >= 0) & (cases.when >= since)
    return cases.where[is_in], back[is_in]


def _check(
    areas: Areas, n_days: int, reach: Reach, *, is_poisson: bool, n_replicates: int, n_cases: int
) -> None:
    lacks_people = is_poisson and (areas.population is None or not np.sum(areas.population) > 0)
    wrong = {
        ("days", f"{reach.days} of {n_days}", "1 or more"): min(reach.days, n_days) < 1,
        ("largest", str(reach.largest), "above 0, at most 1"): not 0 < reach.largest <= 1,
        ("replicates", str(n_replicates), "1 or more"): n_replicates < 1,
        ("cases", str(n_cases), "2 or more between the two days"): n_cases < 2,
        ("population", "none", "people in each area, for model poisson"): lacks_people,
    }
    findings = tuple(Finding("scan", *said) for said, is_wrong in wrong.items() if is_wrong)
    if findings:
        raise BadInput("scan", findings)


def _space(
    distance: np.ndarray, weights: np.ndarray, fractions: np.ndarray, largest: float, total: int
) -> _Space:
    """The circles of each centre up to the largest; areas at one distance come into a circle together."""
    order = np.argsort(distance, axis=1, kind="stable")
    sorted_distance = np.take_along_axis(distance, order, axis=1)
    shares = np.cumsum(weights[order], axis=1) / weights.sum()
    is_in = (shares <= largest * (1 + 1e-12)) & np.isfinite(sorted_distance)
    lengths = is_in.sum(axis=1)
    n = max(1, int(lengths.max()))
    following = np.column_stack([sorted_distance[:, 1:], np.full(len(order), np.inf)])
    is_whole = following > sorted_distance * (1 + 1e-9)
    shares, is_whole = np.ascontiguousarray(shares[:, :n]), is_whole[:, :n]
    smallest = float(np.min(shares, where=shares > 0, initial=1.0))
    # By ratio, and a little below, so that no cylinder is missed where a share falls on an edge.
    edges = np.geomspace(smallest, 1.0, BINS) * (1 - 1e-9)
    bins = np.searchsorted(edges, shares, side="right") - 1
    bins[(shares <= 0) | ~is_whole] = BINS  # the row that is never reached
    zones = (np.ascontiguousarray(order[:, :n], np.int32), bins.astype(np.int32), shares, lengths)
    return _Space(zones, edges, np.ascontiguousarray(fractions, float), total)


def _alias(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Walker's table: area i stays with its chance, else it is its other one."""
    n = len(weights)
    chances, others = weights * (n / weights.sum()), np.arange(n)
    small, large = list(np.flatnonzero(chances < 1)), list(np.flatnonzero(chances >= 1))
    while small and large:
        low, high = small.pop(), large.pop()
        others[low] = high
        chances[high] -= 1 - chances[low]
        (small if chances[high] < 1 else large).append(high)
    chances[[*small, *large]] = 1.0  # what is left differs from 1 by rounding only
    return chances, others


def _recent(where: np.ndarray, back: np.ndarray, n_areas: int, space: _Space) -> np.ndarray:
    """Cases of each area in the last 1, 2, 3 … days."""
    width = -(-len(space.fractions) // LANES) * LANES
    out = np.zeros((n_areas, width), np.int64)
    is_in = back < len(space.fractions)
    np.add.at(out, (where[is_in], back[is_in]), 1)
    return np.cumsum(out, axis=1).astype(np.int32)


def _clusters(recent: np.ndarray, space: _Space, most: int, floor: float) -> list[tuple]:
    """The likeliest cylinder, then the likeliest without its areas, and so on while any reaches ``floor``.

    Below it even chance has always more: only the first is named then, however weak.
    """
    is_taken, found = np.zeros(len(recent), bool), []
    while len(found) < most:
        for level in (floor,) if found else (floor, 0.0):
            best = kernel.likeliest(
                recent, space.zones, space.least(level), space.fractions, space.total, is_taken
            )
            if best[0] > 0:
                break
        if best[0] <= 0:
            break
        found.append((*best, int(recent[space.zones[0][best[1], : best[2]], best[3] - 1].sum())))
        is_taken[space.zones[0][best[1], : best[2]]] = True
    return found


def gumbel_p(ratio: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """The chance of a larger ratio by the Gumbel distribution with mean and variance of the replicates'."""
    spread = np.std(largest, ddof=1) * np.sqrt(6) / np.pi if len(largest) > 1 else 0.0
    if not spread > 0:
        return (np.mean(largest) >= ratio).astype(float)
    return -np.expm1(-np.exp(-(ratio - (np.mean(largest) - EULER * spread)) / spread))


def _table(
    found: list[tuple], areas: Areas, space: _Space, largest: np.ndarray, until: np.datetime64
) -> pa.Table:
    order, _, shares, _ = space.zones
    ratio = np.array([each[0] for each in found], dtype=float)
    centre, n_areas, days, observed = (
        np.array([each[i] for each in found], dtype=np.int64) for i in range(1, 5)
    )
    expected = np.array(
        [space.total * shares[c, k - 1] * space.fractions[d - 1] for _, c, k, d, _ in found], dtype=float
    )
    outside = (space.total - observed) / (space.total - expected)
    with np.errstate(divide="ignore"):
        relative = observed / expected / outside
    ranks = (largest[None, :] >= ratio[:, None]).sum(axis=1)
    p_gumbel = gumbel_p(ratio, largest)
    members = [[areas.area_ids[a] for a in order[c, :k]] for c, k in zip(centre, n_areas, strict=True)]
    radius = [areas.distance[c, order[c, k - 1]] for c, k in zip(centre, n_areas, strict=True)]
    with np.errstate(divide="ignore"):
        recurrence = 1 / p_gumbel
    return pa.table(
        {
            "rank": np.arange(1, len(found) + 1),
            "centre": pa.array([areas.area_ids[c] for c in centre], pa.string()),
            "areas": pa.array([" ".join(names) for names in members], pa.string()),
            "n_areas": n_areas,
            "radius": np.array(radius, dtype=float),
            "since": pa.array((until - days + 1).astype("datetime64[D]"), pa.date32()),
            "until": pa.array(np.repeat(until, len(found)).astype("datetime64[D]"), pa.date32()),
            "days": days,
            "observed": observed,
            "expected": expected,
            "ratio": relative,
            "log_ratio": ratio,
            "p_value": (1 + ranks) / (1 + len(largest)),
            "p_gumbel": p_gumbel,
            "recurrence_days": recurrence,
        }
    )
