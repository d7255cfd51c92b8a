"""The likelihood of an endemic-epidemic panel with its two derivatives, and its maximum, compiled.

Meanings and sources: ``endemic_epidemic``. Arrays are [area, week]; a parameter is a number in ``theta``.
A component is own cases, neighbours' cases or endemic: 0, 1, 2; -1 stands for a parameter that is not there.
"""

import math

import numpy as np

from fengsui.watch.compiled import entry, inner
from fengsui.watch.kernel_special import digamma, trigamma

OWN, FAR, ENDEMIC = 0, 1, 2
MOST_STEPS = 200
SETTLED = 1e-11  # what another step would add to the log-likelihood, relative
LONGEST_STEP = 2.0  # of one parameter; all are logarithms or a power
LOWEST, HIGHEST = -20.0, 30.0


@inner
def _power_weights(logs, power, weights, first, second):
    """Weights exp(-power * log order), each row of sources adding up to 1, and their two derivatives."""
    n = len(logs)
    for j in range(n):
        total, mean, square = 0.0, 0.0, 0.0
        for i in range(n):
            if logs[j, i] < np.inf:
                w = math.exp(-power * logs[j, i])
                total += w
                mean += w * logs[j, i]
                square += w * logs[j, i] * logs[j, i]
        for i in range(n):
            weights[j, i] = first[j, i] = second[j, i] = 0.0
            if total > 0.0 and logs[j, i] < np.inf:
                m = mean / total
                w = math.exp(-power * logs[j, i]) / total
                off = m - logs[j, i]
                weights[j, i] = w
                first[j, i] = w * off
                second[j, i] = w * (off * off - (square / total - m * m))


@inner
def _spread(y, weights, out):
    """The neighbours' cases of the week before; NaN where one that counts is not known."""
    n, t_end = y.shape
    for i in range(n):
        for t in range(t_end):
            out[i, t] = 0.0
    for j in range(n):
        for i in range(n):
            if weights[j, i] != 0.0:
                for t in range(1, t_end):
                    out[i, t] += weights[j, i] * y[j, t - 1]


@inner
def _row(i, t, forces, model, theta, index, slope, parts, begin):
    """The mean of one area and week, NaN if unknown, and the rate of its neighbours' part.

    ``index``, ``slope``: which parameters move the mean and how much, those of component c from
    ``begin[c]`` on; ``parts``: what each component adds.
    """
    slots, bases, z, _, power_slot = model
    y, far, offset = forces
    m, mean, far_rate = 0, 0.0, 0.0
    for c in range(3):
        begin[c] = m
        parts[c] = 0.0
        if slots[c, i] < 0:
            continue
        force = y[i, t - 1] if c == OWN else (far[0, i, t] if c == FAR else offset[i, t])
        eta = theta[slots[c, i]]
        n_columns = bases[c, 1] - bases[c, 0]
        for k in range(n_columns):
            eta += theta[bases[c, 0] + k] * z[c, k, i, t]
        rate = math.exp(eta)
        parts[c] = rate * force
        mean += parts[c]
        index[m], slope[m] = slots[c, i], parts[c]
        m += 1
        for k in range(n_columns):
            index[m], slope[m] = bases[c, 0] + k, parts[c] * z[c, k, i, t]
            m += 1
        if c == FAR:
            far_rate = rate
            if power_slot >= 0:
                index[m], slope[m] = power_slot, rate * far[1, i, t]
                m += 1
    begin[3] = m
    return mean, far_rate


@inner
def _chance(seen, mean, size, at_size, bend_size):
    """The log chance of a count; its slope and bend by the mean, by the log size, and across."""
    if size == np.inf:
        log_chance = seen * math.log(mean) - mean - math.lgamma(seen + 1.0)
        return log_chance, seen / mean - 1.0, -seen / (mean * mean), 0.0, 0.0, 0.0
    both, more = mean + size, seen + size
    log_chance = math.lgamma(more) - math.lgamma(size) - math.lgamma(seen + 1.0)
    log_chance += size * math.log(size / both) + (seen * math.log(mean / both) if seen > 0.0 else 0.0)
    by_mean = seen / mean - more / both
    bend = more / (both * both) - seen / (mean * mean)
    by_size = digamma(more) - at_size + math.log(size / both) + 1.0 - more / both
    size_bend = trigamma(more) - bend_size + 1.0 / size - 2.0 / both + more / (both * both)
    across = size * (seen - mean) / (both * both)
    return log_chance, by_mean, bend, size * by_size, size * size * size_bend + size * by_size, across


@inner
def _add_second(hess, by_mean, far_second, power_slot, index, slope, parts, begin):
    """Add the bends of the mean itself: within a component it is an exponential function."""
    for c in range(3):
        if not parts[c] > 0.0:
            continue
        for a in range(begin[c], begin[c + 1]):
            for b in range(begin[c], begin[c + 1]):
                if index[a] == power_slot and index[b] == power_slot:
                    hess[power_slot, power_slot] += by_mean * far_second
                else:
                    hess[index[a], index[b]] += by_mean * slope[a] * slope[b] / parts[c]


@inner
def _evaluate(first, forces, model, theta, grad, hess):
    """The log-likelihood of the weeks from ``first`` on; slopes and bends go into ``grad`` and ``hess``."""
    sizes, power_slot = model[3], model[4]
    y, far = forces[0], forces[1]
    n, t_end = y.shape
    grad[:] = 0.0
    hess[:, :] = 0.0
    total = 0.0
    index, slope = np.empty(len(theta), np.int64), np.empty(len(theta))
    parts, begin = np.zeros(3), np.zeros(4, np.int64)
    for i in range(n):
        d = sizes[i]
        size = math.exp(theta[d]) if d >= 0 else np.inf
        at_size, bend_size = (digamma(size), trigamma(size)) if d >= 0 else (0.0, 0.0)
        for t in range(first, t_end):
            seen = y[i, t]
            if math.isnan(seen):
                continue
            mean, far_rate = _row(i, t, forces, model, theta, index, slope, parts, begin)
            if math.isnan(mean):
                continue
            if mean <= 0.0:
                if seen > 0.0:
                    return -np.inf
                continue
            log_chance, l1, l2, s1, s2, across = _chance(seen, mean, size, at_size, bend_size)
            total += log_chance
            m = begin[3]
            if d >= 0:
                grad[d] += s1
                hess[d, d] += s2
            for a in range(m):
                if d >= 0:
                    hess[d, index[a]] += across * slope[a]
                    hess[index[a], d] += across * slope[a]
                grad[index[a]] += l1 * slope[a]
                for b in range(m):
                    hess[index[a], index[b]] += l2 * slope[a] * slope[b]
            _add_second(hess, l1, far_rate * far[2, i, t], power_slot, index, slope, parts, begin)
    return total


@inner
def _climb(grad, hess, damping, frozen, step):
    """The step that the bends, made steep enough, suggest; 0 where frozen. False if they cannot be."""
    p = len(grad)
    low = np.empty((p, p))
    for j in range(p):
        for i in range(j, p):
            low[i, j] = -hess[i, j]
        low[j, j] += damping * (abs(hess[j, j]) + 1e-8)
    for j in range(p):
        if frozen[j]:
            low[j, :] = 0.0
            low[:, j] = 0.0
            low[j, j] = 1.0
    for j in range(p):
        for k in range(j):
            low[j, j] -= low[j, k] * low[j, k]
        if not low[j, j] > 1e-14:
            return False
        low[j, j] = math.sqrt(low[j, j])
        for i in range(j + 1, p):
            for k in range(j):
                low[i, j] -= low[i, k] * low[j, k]
            low[i, j] /= low[j, j]
    for j in range(p):
        step[j] = 0.0 if frozen[j] else grad[j]
        for k in range(j):
            step[j] -= low[j, k] * step[k]
        step[j] /= low[j, j]
    for j in range(p - 1, -1, -1):
        for k in range(j + 1, p):
            step[j] -= low[k, j] * step[k]
        step[j] /= low[j, j]
    return True


@inner
def _reach(y, logs, power, far):
    """Neighbours' cases and their two derivatives by the power, into ``far``."""
    n = len(y)
    weights, first, second = np.empty((n, n)), np.empty((n, n)), np.empty((n, n))
    _power_weights(logs, power, weights, first, second)
    _spread(y, weights, far[0])
    _spread(y, first, far[1])
    _spread(y, second, far[2])


@inner
def _believe(theta, belief, grad, hess):
    """Add what is believed beforehand, normal around ``belief[0]`` with precisions ``belief[1]``."""
    total = 0.0
    for j in range(len(theta)):
        off = theta[j] - belief[0, j]
        total -= 0.5 * belief[1, j] * off * off
        grad[j] -= belief[1, j] * off
        hess[j, j] -= belief[1, j]
    return total


@inner
def _within(theta, step):
    """The share of a step that may be taken: not too far at once, and no parameter beyond its bounds."""
    share = 1.0
    for j in range(len(theta)):
        share = min(share, LONGEST_STEP / max(abs(step[j]), 1e-300))
        if step[j] < 0.0:
            share = min(share, (LOWEST - theta[j]) / step[j])
        elif step[j] > 0.0:
            share = min(share, (HIGHEST - theta[j]) / step[j])
    return share


@entry
def fit_panel(y, first, weights, logs, offset, model, belief, theta):
    """Climb from ``theta`` (changed in place): log-likelihood, slopes, bends, whether it is a maximum.

    ``weights``: from area to area, used where there is no power; ``logs``: log orders of neighbourhood,
    infinite where there is no way. ``belief``: means and precisions of what is believed beforehand.

    Newton's method; where the surface is not a hill the step is damped. A factor that the data want to be 0
    has no likeliest logarithm: it stays at the bound, the others go on.
    """
    power_slot, p = model[4], len(theta)
    far = np.zeros((3, *y.shape))
    if power_slot >= 0:
        _reach(y, logs, theta[power_slot], far)
    else:
        _spread(y, weights, far[0])
    grad, hess, step = np.empty(p), np.empty((p, p)), np.empty(p)
    new, new_grad, new_hess, new_far = np.empty(p), np.empty(p), np.empty((p, p)), far.copy()
    best = _evaluate(first, (y, far, offset), model, theta, grad, hess) + _believe(theta, belief, grad, hess)
    damping, frozen = 0.0, np.zeros(p, np.bool_)
    for _ in range(MOST_STEPS):
        for j in range(p):
            frozen[j] = (theta[j] <= LOWEST and grad[j] <= 0.0) or (theta[j] >= HIGHEST and grad[j] >= 0.0)
        value = -np.inf
        if _climb(grad, hess, damping, frozen, step):
            share = _within(theta, step)
            if (grad * step).sum() < SETTLED * (abs(best) + 1.0) and damping < 1e-3:
                theta += share * step  # the last digits: smaller than anything the likelihood can tell
                return best, grad, hess, True
            new[:] = theta + share * step
            for j in range(p):  # a bound that was reached is reached exactly
                new[j] = (
                    LOWEST if new[j] < LOWEST + 1e-9 else (HIGHEST if new[j] > HIGHEST - 1e-9 else new[j])
                )
            if power_slot >= 0:
                _reach(y, logs, new[power_slot], new_far)
            value = _evaluate(first, (y, new_far, offset), model, new, new_grad, new_hess)
            value += _believe(new, belief, new_grad, new_hess)
        if value >= best:
            theta[:], grad[:], hess[:, :], best = new, new_grad, new_hess, value
            far[:, :, :] = new_far
            damping = damping / 10.0 if damping > 1e-6 else 0.0
        else:
            damping = max(damping * 10.0, 1e-4)
            if damping > 1e12:
                break
    return best, grad, hess, False
