"""Steps of likelihood fits that need special functions, compiled."""

import math

import numpy as np

from fengsui.watch.compiled import entry
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
