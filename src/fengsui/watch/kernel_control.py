"""Control charts, compiled: EARS, CUSUM, and the generalised likelihood ratio, over many series at once.

Series lie end to end in one array; ``starts`` says where each begins, with the total length at its end.
"""

import math

import numpy as np

from fengsui.watch.compiled import entry, inner, summing

STANDARD, ROSSI, ANSCOMBE, ANSCOMBE_2ND, PEARSON_NB, ANSCOMBE_NB, NONE = range(7)


@entry
def moving_moments(y, starts, baseline, lag):
    """Mean and standard deviation of the ``baseline`` values that end ``lag`` + 1 before each one.

    Each window is summed afresh: running sums lose the digits that a bound needs when counts are large.
    """
    mean, sd = np.full(len(y), np.nan), np.full(len(y), np.nan)
    for s in range(len(starts) - 1):
        for i in range(starts[s] + baseline + lag, starts[s + 1]):
            total = 0.0
            for j in range(i - lag - baseline, i - lag):
                total += y[j]
            m = total / baseline
            squares = 0.0
            for j in range(i - lag - baseline, i - lag):
                squares += (y[j] - m) * (y[j] - m)
            mean[i], sd[i] = m, math.sqrt(squares / (baseline - 1))
    return mean, sd


@inner
def _anscombe_nb(x, m, alpha):
    """Anscombe's residual of a negative binomial count, in Hilbe's closed form."""
    curve = 3.0 / alpha * ((1.0 + alpha * x) ** (2 / 3) - (1.0 + alpha * m) ** (2 / 3))
    power = 3.0 * (np.cbrt(x * x) - np.cbrt(m * m))
    return (curve + power) / (2.0 * (alpha * m * m + m) ** (1 / 6))


@inner
def standardised(x, m, alpha, kind):
    """A count on the scale on which it is summed up."""
    if kind == STANDARD:
        return (x - m) / math.sqrt(m)
    if kind == ROSSI:
        return (x - 3.0 * m + 2.0 * math.sqrt(x * m)) / (2.0 * math.sqrt(m))
    if kind == ANSCOMBE:
        return 1.5 * (np.cbrt(x * x) - np.cbrt(m * m)) / m ** (1 / 6)
    if kind == ANSCOMBE_2ND:
        return 1.5 * (np.cbrt(x * x) - np.cbrt(m * m) + 1.0 / (9.0 * np.cbrt(m))) / m ** (1 / 6)
    if kind == PEARSON_NB:
        return (x - m) / math.sqrt(m + alpha * m * m)
    if kind == ANSCOMBE_NB:
        return _anscombe_nb(x, m, alpha)
    return x


@inner
def count_for(goal, m, alpha, kind, is_compatible):
    """The count whose standardised value is ``goal``: never below 0; rounded up for the standard scale.

    ``is_compatible``: on Rossi's scale square a root below 0 too, and take Anscombe's correction of the
    second order with the wrong sign of its power, as the reference does.
    """
    root = math.sqrt(m)
    if kind == STANDARD:
        return max(0.0, math.ceil(m + root * goal))
    if kind == ROSSI:
        inside = 4.0 * m + 2.0 * root * goal
        u = (math.sqrt(inside) if inside > 0.0 else 0.0) - root
        return u * u if u > 0.0 or (is_compatible and inside > 0.0) else 0.0
    if kind in (ANSCOMBE, ANSCOMBE_2ND):
        x23 = np.cbrt(m * m) + goal * m ** (1 / 6) / 1.5
        if kind == ANSCOMBE_2ND:
            x23 -= np.cbrt(m) / 9.0 if is_compatible else 1.0 / (9.0 * np.cbrt(m))
        return x23**1.5 if x23 > 0.0 else 0.0
    if kind == PEARSON_NB:
        return max(0.0, m + goal * math.sqrt(m + alpha * m * m))
    if kind == NONE:
        return max(0.0, goal)
    low, high = 0.0, max(1.0, 2.0 * m)
    while _anscombe_nb(high, m, alpha) < goal and high < 1e15:
        high *= 2.0
    for _ in range(200):
        middle = (low + high) / 2.0
        if _anscombe_nb(middle, m, alpha) < goal:
            low = middle
        else:
            high = middle
    return low if low > 0.0 else 0.0


@entry
def cusum(y, m, starts, k, h, alpha, kind, is_compatible):
    """The upper CUSUM from each start on, the count that would reach h, and whether h is reached.

    It is not set back after an alarm. NaN on from a week without a case where the in-control mean is 0. On
    two scales the reference gives no count but what is left to h once this week is in (``is_compatible``).
    """
    total, upper, alarm = np.empty(len(y)), np.empty(len(y)), np.empty(len(y))
    for s in range(len(starts) - 1):
        before = 0.0
        for i in range(starts[s], starts[s + 1]):
            goal = h + k - before
            upper[i] = 0.0
            if m[i] > 0.0 or kind == NONE:
                upper[i] = count_for(goal, m[i], alpha, kind, is_compatible)
            step = before + standardised(y[i], m[i], alpha, kind) - k
            before = step if not step <= 0.0 else 0.0
            total[i] = before
            if is_compatible and kind in (ANSCOMBE_NB, NONE):
                upper[i] = max(0.0, h - before)
            alarm[i] = np.nan if math.isnan(before) else (1.0 if before >= h else 0.0)
    return total, upper, alarm


@inner
def log_ratio(x, mu, kappa, alpha):
    """log f(x; mu e^kappa) - log f(x; mu) for a Poisson (alpha = 0) or negative binomial count."""
    if alpha == 0.0:
        return x * kappa - mu * math.expm1(kappa)
    return x * kappa - (x + 1.0 / alpha) * math.log1p(alpha * mu * math.expm1(kappa) / (1.0 + alpha * mu))


@summing
def _slope(x, mu, alpha, start, now, x_now, grown):
    """First and second derivative (the second with its sign turned) of the log likelihood of a shift.

    ``grown``: by what factor the mean has gone up.
    """
    inverse = 1.0 / (1.0 + alpha * mu[now] * grown)
    slope = (x_now - mu[now] * grown) * inverse
    bend = mu[now] * grown * (1.0 + alpha * x_now) * inverse * inverse
    for i in range(start, now):
        mean = mu[i] * grown
        inverse = 1.0 / (1.0 + alpha * mean)
        slope += (x[i] - mean) * inverse
        bend += mean * (1.0 + alpha * x[i]) * inverse * inverse
    return slope, bend


@inner
def _best_kappa(x, mu, alpha, start, now, x_now, kappa, at_zero, goal):
    """The upward shift that makes the counts from ``start`` to ``now`` likeliest; 0 if its log ratio is below
    the goal.

    ``at_zero``: the slope without a shift, above 0. The log likelihood of a shift is concave: it is nowhere
    above its tangent there, and has one summit. Newton steps from ``kappa``, at most 1 up and at most half
    the way down, cannot miss it: unbounded ones run away where means are small. They double the digits, and
    the ratio is flat at its summit: after a step below 1e-5 nothing is left to gain.
    """
    for _ in range(200):
        slope, bend = _slope(x, mu, alpha, start, now, x_now, math.exp(kappa))
        if slope <= 0.0 and kappa * at_zero <= goal:
            return 0.0
        step = min(max(slope / bend if bend > 0.0 else 0.0, -0.5 * kappa), 1.0)
        kappa += step
        if abs(step) < 1e-5:
            break
    return kappa


@inner
def _ratio_nb(x, mu, alpha, start, now, x_now, kappa):
    total = log_ratio(x_now, mu[now], kappa, alpha)
    for i in range(start, now):
        total += log_ratio(x[i], mu[i], kappa, alpha)
    return total


@inner
def generalised_ratio(x, mu, alpha, first, now, x_now):
    """The largest log likelihood ratio of an upward shift that began somewhere in ``first`` … ``now``."""
    best, at_zero = 0.0, 0.0
    sum_x, sum_mu = 0.0, 0.0
    for start in range(now, first - 1, -1):
        cases = x_now if start == now else x[start]
        sum_x += cases
        sum_mu += mu[start]
        if alpha == 0.0:
            if sum_x > sum_mu:
                best = max(best, sum_x * math.log(sum_x / sum_mu) - sum_x + sum_mu)
            continue
        at_zero += (cases - mu[start]) / (1.0 + alpha * mu[start])
        if at_zero > 0.0:
            guess = max(math.log(sum_x / sum_mu), 0.0)
            kappa = _best_kappa(x, mu, alpha, start, now, x_now, guess, at_zero, best)
            if kappa > 0.0:
                best = max(best, _ratio_nb(x, mu, alpha, start, now, x_now, kappa))
    return best


@inner
def _statistic(x, mu, alpha, first, now, x_now, theta, before):
    if math.isnan(theta):
        return generalised_ratio(x, mu, alpha, first, now, x_now)
    return max(0.0, before + log_ratio(x_now, mu[now], theta, alpha))


@inner
def _cases_for(x, mu, alpha, first, now, theta, before, limit):
    """The smallest count of this week that reaches the limit."""
    low, high = -1.0, 1.0
    while _statistic(x, mu, alpha, first, now, high, theta, before) < limit and high < 1e9:
        low, high = high, 2.0 * high
    while high - low > 1.0:
        middle = math.floor((low + high) / 2.0)
        if _statistic(x, mu, alpha, first, now, middle, theta, before) < limit:
            low = middle
        else:
            high = middle
    return high


@entry
def likelihood_ratio(x, mu, alpha, starts, theta, limit, wants_cases, window):
    """The (generalised) likelihood ratio of each week against its in-control mean; after an alarm afresh.

    ``theta``: the shift on the log scale, NaN where it is estimated; ``alpha``: one per series; ``window``:
    how many weeks back a shift may have begun, -1: to the start. Returns what is asked for (the statistic, or
    the number of cases that would have raised the alarm) and the alarms.
    """
    out, alarm = np.zeros(len(x)), np.zeros(len(x))
    for s in range(len(starts) - 1):
        first, before = starts[s], 0.0
        for i in range(starts[s], starts[s + 1]):
            oldest = first if window < 0 else max(first, i - window)
            now = _statistic(x, mu, alpha[s], oldest, i, x[i], theta, before)
            out[i] = _cases_for(x, mu, alpha[s], oldest, i, theta, before, limit) if wants_cases else now
            before = now
            if now >= limit:
                alarm[i], first, before = 1.0, i + 1, 0.0
    return out, alarm
