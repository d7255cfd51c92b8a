"""Steps of likelihood fits that need special functions, compiled."""

import math

import numpy as np

from fengsui.watch.compiled import entry, inner
from fengsui.watch.kernel_special import count_quantile, digamma, gamma_cdf, gamma_quantile, trigamma


@entry
def dispersion_step(y, mu, theta):
    """A Newton step towards the likeliest size of negative binomial counts y with means mu."""
    slope, bend = 0.0, 0.0
    at_theta, bend_theta = digamma(theta), trigamma(theta)
    for i in range(len(y)):
        both = theta + mu[i]
        slope += digamma(theta + y[i]) - at_theta + np.log(theta / both) + 1.0 - (y[i] + theta) / both
        bend += (
            trigamma(theta + y[i]) - bend_theta + 1.0 / theta - 2.0 / both + (y[i] + theta) / (both * both)
        )
    if bend < 0.0:
        return -slope / bend
    return theta if slope > 0.0 else -theta / 2.0


@entry
def gamma_quantiles(p, shape):
    """Quantiles (of scale 1) for each shape in turn: an array of len(shape) × len(p)."""
    out = np.empty((len(shape), len(p)))
    for i in range(len(shape)):
        log_gamma = math.lgamma(shape[i])
        for j in range(len(p)):
            out[i, j] = gamma_quantile(p[j], shape[i], log_gamma)
    return out


LEAST_CHANCE = 1e-7  # tails of a distribution function below which it is not tabulated


@inner
def _tabulated(shape, log_gamma):
    """The distribution function of log X for a gamma variable X of scale 1, and its slope, on even knots.

    Returns the first knot, their distance, values, slopes. There are twelve knots and more to a standard
    deviation: a cubic between them is right to 1e-7.
    """
    low = max(math.log(max(gamma_quantile(LEAST_CHANCE, shape, log_gamma), 1e-300)), -690.0)
    high = math.log(gamma_quantile(1.0 - LEAST_CHANCE, shape, log_gamma))
    step = 0.08 / math.sqrt(shape + 1.0)
    n = int((high - low) / step) + 2
    below, slope = np.empty(n), np.empty(n)
    for i in range(n):
        at = low + i * step
        below[i] = gamma_cdf(math.exp(at), shape, False)
        slope[i] = math.exp(shape * at - math.exp(at) - log_gamma)
    return low, step, below, slope


@inner
def _mixed(at, logs, n, table):
    """The mean distribution function of log X + each of the first n logs, and its slope, at a place."""
    low, step, below, slope = table
    total, total_slope = 0.0, 0.0
    for i in range(n):
        place = (at - logs[i] - low) / step
        if place <= 0.0:
            continue
        if place >= len(below) - 1:
            total += 1.0
            continue
        k = int(place)
        u = place - k
        v = 1.0 - u
        values = below[k] * (1.0 + 2.0 * u) * v * v + below[k + 1] * (1.0 + 2.0 * v) * u * u
        total += values + step * u * v * (slope[k] * v - slope[k + 1] * u)
        total_slope += slope[k] * v + slope[k + 1] * u
    return total / n, total_slope / n


@entry
def gamma_mixture_quantiles(p, shapes, scales):
    """Quantiles of mixtures of gamma distributions of one shape: rows of shapes × p.

    ``scales``: a row for each shape, each scale as likely as the others, NaN: none; a row has one at least.
    """
    out, logs = np.empty((len(shapes), len(p))), np.empty(scales.shape[1])
    for i in range(len(shapes)):
        n = 0
        for j in range(scales.shape[1]):
            if not math.isnan(scales[i, j]):
                logs[n] = math.log(scales[i, j])
                n += 1
        smallest, largest, middle = logs[:n].min(), logs[:n].max(), logs[:n].mean()
        log_gamma = math.lgamma(shapes[i])
        table = _tabulated(shapes[i], log_gamma)
        for q in range(len(p)):
            alone = math.log(max(gamma_quantile(p[q], shapes[i], log_gamma), 1e-300))
            low, high, at = alone + smallest, alone + largest, alone + middle
            for _ in range(100):
                below, slope = _mixed(at, logs, n, table)
                if below < p[q]:
                    low = max(low, at)
                else:
                    high = min(high, at)
                new = at + (p[q] - below) / slope if slope > 0.0 else (low + high) / 2.0
                new = new if low <= new <= high else (low + high) / 2.0
                step = abs(new - at)
                at = new
                if step < 1e-9:
                    break
            out[i, q] = math.exp(at)
    return out


@entry
def gamma_cdfs(x, shape):
    """P(X <= x) of gamma distributions with scale 1, one for each pair."""
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = gamma_cdf(x[i], shape[i], False)
    return out


@entry
def count_quantiles(p, mean, phi):
    """The counts not exceeded with chance p, of counts with variance phi * mean (see ``count_quantile``)."""
    out = np.empty(len(mean))
    for i in range(len(mean)):
        out[i] = count_quantile(p, mean[i], phi[i])
    return out


@entry
def rising_ratio(y, starts):
    """For each count the log ratio of a mean that never falls to a constant one, over all counts so far.

    The likeliest rising mean is a staircase; a new count starts a step of its own, and steps merge as long as
    they would fall. So each count costs a constant time on average.
    """
    out = np.empty(len(y))
    total, length, score = np.empty(len(y)), np.empty(len(y)), np.empty(len(y))
    for s in range(len(starts) - 1):
        top, everything = -1, 0.0
        for i in range(starts[s], starts[s + 1]):
            everything += y[i]
            cases, weeks = y[i], 1.0
            while top >= 0 and total[top] * weeks >= cases * length[top]:
                cases, weeks = cases + total[top], weeks + length[top]
                top -= 1
            below = score[top] if top >= 0 else 0.0
            top += 1
            total[top], length[top] = cases, weeks
            score[top] = below + (cases * np.log(cases / weeks) if cases > 0.0 else 0.0)
            mean = everything / (i - starts[s] + 1)
            out[i] = score[top] - (everything * np.log(mean) if everything > 0.0 else 0.0)
    return out
