"""Space-time scan statistics, compiled: the likeliest cylinder of a table of areas × days, many times over.

A cylinder is a circle of areas around a centre times the last so many days. Its logarithm of the likelihood
ratio costs two logarithms, and there are millions of cylinders in each of a thousand replicates. But what is
expected in a cylinder is the same in all replicates: so the smallest count that reaches a given ratio is
tabulated once, and a replicate only compares whole numbers, eight or sixteen at a time. Cylinders that reach
it, few, are then looked at exactly.
"""

import math

import numpy as np

from fengsui.watch.compiled import entry, inner
from fengsui.watch.kernel_random import draw_below, draw_share

NEVER = 2**30  # a count that is not reached


@inner
def log_ratio_of(cases, expected, total):
    """The log likelihood ratio of more cases inside than outside; 0 where there are not more."""
    if cases <= expected:
        return 0.0
    inside = cases * math.log(cases / expected)
    left = total - cases
    return inside + (left * math.log(left / (total - expected)) if left > 0 else 0.0)


@entry
def counts_that_reach(level, shares, fractions, total, width):
    """The smallest counts with a log ratio of ``level`` or more: rows of shares, columns of fractions.

    ``shares``: lower edges of the bins of the circles' shares of all that is expected, rising; ``fractions``:
    the same of the time windows. Columns up to ``width`` and one row more are never reached.
    """
    out = np.full((len(shares) + 1, width), NEVER, np.int32)
    for d in range(len(fractions)):
        count = 1
        for b in range(len(shares)):
            expected = total * shares[b] * fractions[d]
            while count <= total and (count <= expected or log_ratio_of(count, expected, total) < level):
                count += 1
            out[b, d] = count if count <= total else NEVER
    return out


@inner
def _likeliest(recent, zones, least, fractions, total, is_taken, inside):
    """The cylinder with the largest log ratio: that, its centre, how many areas, how many days.

    Those below the level of ``least`` are not seen. ``inside`` is room to count in.
    """
    order, bins, shares, lengths = zones
    best, centre, n_areas, n_days = 0.0, -1, 0, 0
    width = recent.shape[1]
    for c in range(len(lengths)):
        inside[:] = 0
        for k in range(lengths[c]):
            area = order[c, k]
            if is_taken[area]:
                break
            row, cases = least[bins[c, k]], recent[area]
            below = np.int32(-1)  # its sign bit stays as long as every count is too small
            for d in range(width):
                inside[d] += cases[d]
                below &= np.int32(inside[d] - row[d])
            if below < 0:
                continue
            for d in range(len(fractions)):
                if inside[d] >= row[d]:
                    ratio = log_ratio_of(inside[d], total * shares[c, k] * fractions[d], total)
                    if ratio > best:
                        best, centre, n_areas, n_days = ratio, c, k + 1, d + 1
    return best, centre, n_areas, n_days


@entry
def likeliest(recent, zones, least, fractions, total, is_taken):
    """The cylinder with the largest log ratio among those without areas taken (see ``_likeliest``)."""
    inside = np.zeros(recent.shape[1], np.int32)
    return _likeliest(recent, zones, least, fractions, total, is_taken, inside)


@inner
def _add_up(recent):
    """Cases of one day into cases of the last days up to it."""
    for a in range(recent.shape[0]):
        for d in range(1, recent.shape[1]):
            recent[a, d] += recent[a, d - 1]


@entry
def permuted(case_areas, days_back, zones, least, fractions, seeds):
    """The largest log ratio where cases keep their areas and days but not which goes with which, by seed.

    ``days_back``: of each case within the longest window how many days ago it was; which areas they go to is
    drawn without replacement from the areas of all cases. 0 where no cylinder reaches ``least``.
    """
    n_areas, width, total = len(zones[3]), least.shape[1], len(case_areas)
    out, state = np.empty(len(seeds)), np.empty(1, np.uint64)
    recent, inside = np.empty((n_areas, width), np.int32), np.zeros(width, np.int32)
    dealt, is_taken = np.empty(total, np.int32), np.zeros(n_areas, np.bool_)
    for r in range(len(seeds)):
        state[0] = seeds[r]
        dealt[:] = case_areas
        recent[:] = 0
        for i in range(len(days_back)):
            j = i + draw_below(state, total - i)
            dealt[i], dealt[j] = dealt[j], dealt[i]
            recent[dealt[i], days_back[i]] += 1
        _add_up(recent)
        out[r] = _likeliest(recent, zones, least, fractions, total, is_taken, inside)[0]
    return out


@entry
def drawn(total, n_days, chances, others, zones, least, fractions, seeds):
    """The same where each case falls on any day and, by population, on any area, independently.

    ``chances``, ``others``: Walker's alias table of the populations; ``n_days``: how many days were studied.
    """
    n_areas, width = len(zones[3]), least.shape[1]
    out, state = np.empty(len(seeds)), np.empty(1, np.uint64)
    recent, inside = np.empty((n_areas, width), np.int32), np.zeros(width, np.int32)
    is_taken = np.zeros(n_areas, np.bool_)
    for r in range(len(seeds)):
        state[0] = seeds[r]
        recent[:] = 0
        for _ in range(total):
            back = draw_below(state, n_days)
            if back >= len(fractions):
                continue
            area = draw_below(state, n_areas)
            if draw_share(state) >= chances[area]:
                area = others[area]
            recent[area, back] += 1
        _add_up(recent)
        out[r] = _likeliest(recent, zones, least, fractions, total, is_taken, inside)[0]
    return out
