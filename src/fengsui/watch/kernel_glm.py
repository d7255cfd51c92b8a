"""A log-linear regression of counts on a few columns, compiled: Poisson or negative binomial."""

import math

import numpy as np

from fengsui.watch.compiled import entry, inner, summing
from fengsui.watch.kernel_special import digamma, trigamma

SETTLED, NOT_SETTLED = 0, 1
MOST_STEPS = 60
NEARLY_POISSON = 1e9  # a larger size parameter cannot be told from a Poisson count
ROUNDING = 1e-11  # a pivot that loses so much is nothing but rounding


@summing
def _weighted(weight, one, other):
    """The weighted sum of products."""
    total = 0.0
    for i in range(len(weight)):
        total += weight[i] * one[i] * other[i]
    return total


@inner
def _solve(gram, right):
    """Solve in place by Cholesky's way; False if the matrix is singular but for rounding."""
    p = len(right)
    for j in range(p):
        whole = gram[j, j]
        for k in range(j):
            gram[j, j] -= gram[j, k] * gram[j, k]
        if not gram[j, j] > ROUNDING * whole:
            return False
        gram[j, j] = math.sqrt(gram[j, j])
        for i in range(j + 1, p):
            for k in range(j):
                gram[i, j] -= gram[i, k] * gram[j, k]
            gram[i, j] /= gram[j, j]
    for j in range(p):
        for k in range(j):
            right[j] -= gram[j, k] * right[k]
        right[j] /= gram[j, j]
    for j in range(p - 1, -1, -1):
        for k in range(j + 1, p):
            right[j] -= gram[k, j] * right[k]
        right[j] /= gram[j, j]
    return True


@inner
def _step(y, rows, size, eta, mu, coef):
    """One step of iterated least squares, ``eta`` and ``mu`` in place: the largest change, NaN if it cannot
    be done.
    """
    p, n = rows.shape
    gram, weight, goal = np.empty((p, p)), np.empty(n), np.empty(n)
    for i in range(n):
        weight[i] = mu[i] / (1.0 + mu[i] / size)
        goal[i] = eta[i] + (y[i] - mu[i]) / mu[i]
    for j in range(p):
        coef[j] = _weighted(weight, rows[j], goal)
        for k in range(j + 1):
            gram[j, k] = _weighted(weight, rows[j], rows[k])
    if not _solve(gram, coef):
        return np.nan
    largest = 0.0
    for i in range(n):
        new = 0.0
        for j in range(p):
            new += coef[j] * rows[j, i]
        if not abs(new) < 30.0:  # counts beyond 1e13, or none expected at all: not for quick sums
            return np.nan
        largest = max(largest, abs(new - eta[i]))
        eta[i] = new
        mu[i] = math.exp(new)
    return largest


@inner
def _size_after(values, times, y, mu, size):
    """The likeliest size, a Newton step nearer; digamma functions are taken once for each different count."""
    slope, bend = 0.0, 0.0
    at_size, bend_size = digamma(size), trigamma(size)
    for v in range(len(values)):
        slope += times[v] * (digamma(size + values[v]) - at_size)
        bend += times[v] * (trigamma(size + values[v]) - bend_size)
    for i in range(len(y)):
        both = size + mu[i]
        share = (y[i] + size) / both
        slope += math.log(size / both) + 1.0 - share
        bend += 1.0 / size + (share - 2.0) / both
    if bend < 0.0:
        new = size - slope / bend
        return size / 2.0 if new <= 0.0 else min(new, 10.0 * size)
    return 2.0 * size if slope > 0.0 else size / 2.0


@inner
def _different(y):
    """The different counts and how often each is there."""
    ordered = np.sort(y)
    values, times, n = np.empty(len(y)), np.zeros(len(y)), 0
    for i in range(len(y)):
        if i == 0 or ordered[i] != ordered[i - 1]:
            values[n] = ordered[i]
            n += 1
        times[n - 1] += 1.0
    return values[:n], times[:n]


@entry
def fit_counts(y, rows, is_negative_binomial):
    """Coefficients, size (infinite: Poisson), and whether both have settled.

    ``rows``: the design, a row for each coefficient. A fit that does not settle soon, or nearly divides by
    nothing, is for a slower way that takes more care.
    """
    coef, eta, mu = np.empty(len(rows)), np.log(y + 0.1), y + 0.1
    status = NOT_SETTLED
    for _ in range(MOST_STEPS):
        change = _step(y, rows, np.inf, eta, mu, coef)
        if math.isnan(change):
            return coef, np.inf, NOT_SETTLED
        if change < 1e-8:
            status = SETTLED
            break
    if status == NOT_SETTLED or not is_negative_binomial:
        return coef, np.inf, status
    off = 0.0
    for i in range(len(y)):
        off += (y[i] / mu[i] - 1.0) ** 2
    values, times = _different(y)
    size = len(y) / max(off, 1e-12)
    for _ in range(100):
        new = _size_after(values, times, y, mu, size)
        if not new < NEARLY_POISSON:
            return coef, np.inf, SETTLED
        is_near = abs(new - size) < 1e-6 * size
        size = new
        if is_near:
            break
    # Mean and size hardly depend on each other: one step of each in turn goes as far as many.
    for _ in range(MOST_STEPS):
        change = _step(y, rows, size, eta, mu, coef)
        if math.isnan(change):
            return coef, size, NOT_SETTLED
        new = _size_after(values, times, y, mu, size)
        if not new < NEARLY_POISSON:
            return coef, size, NOT_SETTLED
        is_settled = change < 1e-8 and abs(new - size) < 1e-9 * size
        size = new
        if is_settled:
            return coef, size, SETTLED
    return coef, size, NOT_SETTLED
