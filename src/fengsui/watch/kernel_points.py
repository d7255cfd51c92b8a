"""Points in space and time, compiled: pairs close in both (Knox), and clusters as they emerge (STCD)."""

import math

import numpy as np

from fengsui.watch.compiled import entry
from fengsui.watch.kernel_random import draw_below
from fengsui.watch.kernel_special import pois_sf


@entry
def close_pairs(x, y, within):
    """The pairs of points no further apart than ``within``: an array of pairs × 2, the later one first."""
    n_pairs = 0
    for i in range(len(x)):
        for j in range(i):
            n_pairs += math.sqrt((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2) <= within
    out, at = np.empty((n_pairs, 2), np.int32), 0
    for i in range(len(x)):
        for j in range(i):
            if math.sqrt((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2) <= within:
                out[at, 0], out[at, 1] = i, j
                at += 1
    return out


@entry
def close_in_time(pairs, t, within):
    """How many of the pairs are no further apart in time than ``within``."""
    n = 0
    for i in range(len(pairs)):
        n += abs(t[pairs[i, 0]] - t[pairs[i, 1]]) <= within
    return n


@entry
def shuffled_close_in_time(pairs, t, within, seeds):
    """The same with the times dealt out anew to the points, once for each seed."""
    out, dealt, state = np.empty(len(seeds), np.int64), np.empty(len(t)), np.empty(1, np.uint64)
    for r in range(len(seeds)):
        state[0] = seeds[r]
        dealt[:] = t
        for i in range(len(t) - 1, 0, -1):
            j = draw_below(state, i + 1)
            dealt[i], dealt[j] = dealt[j], dealt[i]
        n = 0
        for i in range(len(pairs)):
            n += abs(dealt[pairs[i, 0]] - dealt[pairs[i, 1]]) <= within
        out[r] = n
    return out


@entry
def poisson_tail(x, mean):
    """The chance that a Poisson count is x or more."""
    return pois_sf(x, mean)


@entry
def emerging(x, y, first_of_time, radius, epsilon, takes_largest):
    """For each point the statistic over all clusters begun at one before, and which is likeliest.

    ``first_of_time``: for each point the first one of its time. A cluster that began at point k is the
    cylinder of that radius around k since its time; it and all that is near k are counted up as points come,
    so each new one costs a look at each before it, where counting afresh would cost the square of that.
    """
    n = len(x)
    statistic, likeliest = np.empty(n), np.empty(n, np.int64)
    near, inside = np.zeros(n), np.zeros(n)  # near k at any time; of these since the time of k
    grows, reach = math.log1p(epsilon), radius * radius
    for i in range(n):
        inside[i] = near[i] = 1.0
        total, best = 0.0, -1.0
        for k in range(i):
            is_near = (x[i] - x[k]) ** 2 + (y[i] - y[k]) ** 2 <= reach
            near[k] += is_near
            inside[k] += is_near
            near[i] += is_near
            inside[i] += is_near and k >= first_of_time[i]
        for k in range(i + 1):
            expected = near[k] * (i + 1 - first_of_time[k]) / (i + 1)
            ratio = math.exp(grows * inside[k] - epsilon * expected)
            total += ratio
            if ratio > best:
                best, likeliest[i] = ratio, k
        statistic[i] = best if takes_largest else total
    return statistic, likeliest
