"""BODA, compiled: a negative binomial regression on past weeks, and what it predicts with all it does
not know.

The model is that of the flexible Farrington detector with a fitted dispersion instead of a
quasi-likelihood, so that its predictive distribution can be summed up over the uncertain mean.
"""

import math

import numpy as np

from fengsui.watch.compiled import entry, inner, summing
from fengsui.watch.kernel_farrington import (
    FITTED,
    NO_BASELINE,
    NOT_FITTED,
    TOO_FEW,
    baseline_rows,
    collect,
    find_runs,
    fit,
    predict,
    solve_arrow,
    take_rows,
)
from fengsui.watch.kernel_special import count_quantile, nb_sf, pois_sf

UPPER, ALARM, EXPECTED, SIZE = range(4)
ROUNDS, STEPS = 50, 50
MOST_SIZE = 1e9  # beyond, a negative binomial count cannot be told from a Poisson count


@summing
def size_step(n, y, mu, size, harmonic, harmonic2):
    """A Newton step towards the likeliest size; the sums of 1 / (size + j) and their squares are tabled."""
    for j in range(1, len(harmonic)):
        one = 1.0 / (size + j - 1.0)
        harmonic[j] = harmonic[j - 1] + one
        harmonic2[j] = harmonic2[j - 1] + one * one
    slope, bend = 0.0, 0.0
    for i in range(n):
        both, c = size + mu[i], int(y[i])
        slope += harmonic[c] + math.log(size / both) + 1.0 - (y[i] + size) / both
        bend += -harmonic2[c] + 1.0 / size - 2.0 / both + (y[i] + size) / (both * both)
    if bend < 0.0:
        return -slope / bend
    return size if slope > 0.0 else -size / 2.0


@inner
def likeliest_size(n, y, mu, size, harmonic, harmonic2):
    """The size for known means; infinite where counts vary no more than Poisson counts."""
    for _ in range(STEPS):
        step = size_step(n, y, mu, size, harmonic, harmonic2)
        new = size + step
        new = size / 2.0 if new <= 0.0 else min(new, 10.0 * size)
        if not new < MOST_SIZE:
            return np.inf
        if abs(new - size) < 1e-10 * size:
            return new
        size = new
    return size


@inner
def fit_means(n, n_runs, runs, block, rows_of, size, slope, has_slope, level, work):
    """Means for a known size, from where ``level`` and ``slope`` are; (converged, slope, spread)."""
    t, y, scale = rows_of[0], rows_of[1], rows_of[4]
    sums, step, _, weight, mu, residual = work
    spread = 0.0
    for _ in range(STEPS):
        for i in range(n):
            thin = 1.0 + mu[i] / size
            weight[i] = mu[i] / thin
            residual[i] = (y[i] - mu[i]) / thin
        right_t = collect(n_runs, runs, block, t, weight, residual, sums)
        change, spread = solve_arrow(sums, right_t, has_slope, step)
        slope += change
        largest = 1e3 * abs(change)
        for g in range(len(level)):
            level[g] += step[g]
            largest = max(largest, abs(step[g]))
        predict(n_runs, runs, block, t, scale, level, slope, mu)
        if not largest < 50.0:
            return False, slope, spread
        if largest < 1e-9:
            return True, slope, spread
    return False, slope, spread


@inner
def fit_both(n, n_runs, runs, block, rows_of, has_slope, level, work, omega, tables):
    """Means and size by turns; (converged, slope, spread, size)."""
    y, mu = rows_of[1], work[4]
    for i in range(n):
        omega[i] = 1.0
    ok, slope, spread = fit(n, n_runs, runs, block, rows_of, omega, has_slope, level, work)
    if not ok:
        return False, slope, spread, np.inf
    excess = 0.0
    for i in range(n):
        excess += (y[i] / mu[i] - 1.0) ** 2
    harmonic, harmonic2 = tables
    size = likeliest_size(n, y, mu, n / max(excess, 1e-12), harmonic, harmonic2)
    for _ in range(ROUNDS):
        if size == np.inf:
            return True, slope, spread, size
        ok, slope, spread = fit_means(n, n_runs, runs, block, rows_of, size, slope, has_slope, level, work)
        if not ok:
            return False, slope, spread, size
        new = likeliest_size(n, y, mu, size, harmonic, harmonic2)
        if abs(new - size) <= 1e-7 * size:
            return True, slope, spread, new
        size = new
    return True, slope, spread, size


@inner
def tail(x, log_mu, se, size, nodes, shares):
    """The chance of x or more cases, summed over the uncertain mean."""
    total = 0.0
    for j in range(len(nodes)):
        mu = math.exp(log_mu + se * nodes[j])
        total += shares[j] * (pois_sf(x, mu) if size == np.inf else nb_sf(x, size, size / (size + mu)))
    return total


@inner
def predictive_quantile(alpha, log_mu, se, size, nodes, shares):
    """The smallest count that is exceeded with chance alpha at most."""
    mu = math.exp(log_mu)
    low, step = count_quantile(1.0 - alpha, mu, 1.0 if size == np.inf else 1.0 + mu / size), 1.0
    if tail(low + 1.0, log_mu, se, size, nodes, shares) <= alpha:
        while low > 0.0 and tail(low, log_mu, se, size, nodes, shares) <= alpha:
            low -= 1.0
        return low
    while tail(low + step + 1.0, log_mu, se, size, nodes, shares) > alpha and step < 1e12:
        low += step
        step *= 2.0
    high = low + step
    while high - low > 1.0:
        middle = math.floor((low + high) / 2.0)
        if tail(middle + 1.0, log_mu, se, size, nodes, shares) <= alpha:
            high = middle
        else:
            low = middle
    return high


@inner
def mean_error(sums, last, has_trend, spread):
    """The standard error of this week's mean on the log scale, from the sums of the last fit."""
    share = 1.0 / sums[0, last]
    if has_trend and spread > 0.0:
        centre = sums[1, last] / sums[0, last]
        share += centre * centre / spread
    return math.sqrt(share)


@inner
def recent_cases(y, k, over):
    """The cases of the last ``over`` weeks, week k among them."""
    total = 0.0
    for i in range(max(0, k - over + 1), k + 1):
        total += y[i]
    return total


@entry
def run_boda(jobs, bounds, refs, columns, tables, shape, rules, quadrature):
    """Judge weeks as ``run_weeks`` of Farrington does; (UPPER, ALARM, EXPECTED, SIZE) and the outcome of
    each.

    ``rules``: (has a trend, fewest cases, in how many weeks, alpha); ``quadrature``: nodes and shares of
    a standard normal.
    """
    w, n_blocks, past, room, highest = shape
    has_trend, enough, over, alpha = rules
    nodes, shares = quadrature
    out, codes = np.full((len(jobs), 4), np.nan), np.full(len(jobs), NO_BASELINE)
    rows, block, runs = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room + 1, np.int64)
    rows_of = (
        np.empty(room), np.empty(room), np.empty(room), np.empty(room),
        np.empty(room), np.empty(room), np.empty(room),
    )  # fmt: skip
    level, omega = np.empty(n_blocks), np.empty(room)
    harmonic, harmonic2 = np.zeros(highest + 2), np.zeros(highest + 2)
    work = (
        np.empty((4, n_blocks)), np.empty(n_blocks), np.empty(n_blocks),
        np.empty(room), np.empty(room), np.empty(room),
    )  # fmt: skip
    for job in range(len(jobs)):
        k = jobs[job]
        n = baseline_rows(refs[job], k - bounds[job], w, n_blocks, past, rows, block)
        if n < 2:
            continue
        for i in range(n):
            rows[i] += bounds[job]
        most = int(take_rows(k, n, rows, columns, tables, rows_of)) + 1
        n_runs = find_runs(n, block, rows_of[0], runs)
        sums_of = (harmonic[:most], harmonic2[:most])
        ok, _, spread, size = fit_both(
            n, n_runs, runs, block, rows_of, has_trend, level, work, omega, sums_of
        )
        codes[job] = NOT_FITTED
        if not ok:
            continue
        log_mean = level[n_blocks - 1]
        out[job, EXPECTED], out[job, SIZE], codes[job] = math.exp(log_mean), size, TOO_FEW
        if recent_cases(columns[0], k, over) >= enough:
            se = mean_error(work[0], n_blocks - 1, has_trend, spread)
            upper = predictive_quantile(alpha, log_mean, se, size, nodes, shares)
            out[job, UPPER], out[job, ALARM] = upper, 1.0 if columns[0][k] > upper else 0.0
            codes[job] = FITTED
    return out, codes
