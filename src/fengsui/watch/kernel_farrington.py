"""Farrington's detectors, compiled: one call for thousands of series-weeks.

A quasi-Poisson regression with a level per season block and one slope in time (Farrington and others 1996;
Noufaily and others 2013), fitted by iterated least squares. Its normal equations have the shape of an
arrow: per block a few sums, one slope across. So a fit needs no matrix, and time and memory grow with the
rows alone. Within a run of consecutive weeks exp(slope * t) is a geometric series, so that one
multiplication a row takes the place of an exponential; the deviance needs no logarithm, since the rows of
a block share theirs.
"""

import math

import numpy as np

from fengsui.watch.compiled import entry, inner, summing
from fengsui.watch.kernel_special import (
    EPS,
    HUGE_MEAN,
    count_quantile,
    nb_sf,
    norm_quantile,
    norm_sf,
    pois_sf,
    student_two_sided,
)

MAX_STEPS = 25
TOLERANCE = 1e-8
DELTA, PLUG_IN, MUAN = 0, 1, 2
N_OUT = 9
UPPER, ALARM, EXPECTED, MU0, PHI, SCORE, PVALUE, TREND, SLOPE = range(N_OUT)
FITTED, TOO_FEW, NOT_FITTED, NO_BASELINE = 0, 1, 2, 3


@inner
def baseline_rows(refs, now, w, n_blocks, past, rows, block):
    """Fill in the weeks of the baseline with their blocks; how many there are, -1 if history is too
    short.

    ``refs``: the reference weeks of the past years, the latest first. The last block is the window
    around them; the rest of each year is shared out among the others, the longer ones first. This week
    and the ``past`` before it are left out.
    """
    b = len(refs)
    n = 0
    if refs[b - 1] - w < 0:
        return -1
    for i in range(b - 1, -1, -1):
        after = refs[i - 1] if i else now
        for t in range(refs[i] - w, refs[i] + w + 1):
            rows[n], block[n] = t, n_blocks - 1
            n += 1
        if n_blocks == 1:
            continue
        left = after - w - 1 - (refs[i] + w)
        length, longer = left // (n_blocks - 1), left % (n_blocks - 1)
        if length < 1:
            return -1
        t = refs[i] + w + 1
        for j in range(n_blocks - 1):
            for _ in range(length + (1 if j < longer else 0)):
                rows[n], block[n] = t, j
                n += 1
                t += 1
    for t in range(now - w, now + 1):
        rows[n], block[n] = t, n_blocks - 1
        n += 1
    while n and rows[n - 1] >= now - past:
        n -= 1
    return n


@inner
def find_runs(n, block, t, runs):
    """Where runs of consecutive weeks of one block begin, and n at the end; how many there are."""
    n_runs = 0
    for i in range(n):
        if i == 0 or block[i] != block[i - 1] or t[i] != t[i - 1] + 1.0:
            runs[n_runs] = i
            n_runs += 1
    runs[n_runs] = n
    return n_runs


@summing
def collect(n_runs, runs, block, t, weight, residual, sums):
    """Per block the sums of weight, weight * t, weight * t * t, residual; returned: of residual * t.

    Run by run, since within one nothing has to be looked up.
    """
    sums[:] = 0.0
    right_t = 0.0
    for run in range(n_runs):
        start = runs[run]
        w0, w1, w2, r0, r1 = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(start, runs[run + 1]):
            step = float(i - start)
            w0 += weight[i]
            w1 += weight[i] * step
            w2 += weight[i] * step * step
            r0 += residual[i]
            r1 += residual[i] * step
        g, begin = block[start], t[start]
        sums[0, g] += w0
        sums[1, g] += begin * w0 + w1
        sums[2, g] += begin * (begin * w0 + 2.0 * w1) + w2
        sums[3, g] += r0
        right_t += begin * r0 + r1
    return right_t


@inner
def solve_arrow(sums, right_t, has_slope, level):
    """Solve the normal equations into ``level``; the slope, and the sum of squares it rests on."""
    slope, spread = 0.0, 0.0
    if has_slope:
        top = right_t
        for g in range(len(level)):
            if sums[0, g] > 0.0:
                mean = sums[1, g] / sums[0, g]
                spread += sums[2, g] - sums[1, g] * mean
                top -= mean * sums[3, g]
        slope = top / spread if spread > 0.0 else 0.0
    for g in range(len(level)):
        level[g] = (sums[3, g] - slope * sums[1, g]) / sums[0, g] if sums[0, g] > 0.0 else 0.0
    return slope, spread


@inner
def predict(n_runs, runs, block, t, scale, level, slope, mu):
    """mu = scale * exp(level + slope * t), never below the smallest step of a double (as the reference)."""
    grow = math.exp(slope)
    for run in range(n_runs):
        start = runs[run]
        e = math.exp(level[block[start]] + slope * t[start])
        for i in range(start, runs[run + 1]):
            m = scale[i] * e
            mu[i] = m if m > EPS else EPS
            e *= grow


@summing
def deviance(n, y_terms, omega, mu, level, slope, y_sum, yt_sum):
    """The weighted deviance, from sums over the rows; not finite where the fit ran away."""
    total = 0.0
    for i in range(n):
        total += omega[i] * (y_terms[i] + mu[i])
    for g in range(len(level)):
        if y_sum[g] > 0.0:
            total -= level[g] * y_sum[g]
    return 2.0 * (total - slope * yt_sum)


@inner
def fit(n, n_runs, runs, block, rows_of, omega, has_slope, level, work):
    """Iterated least squares from mu = y + 0.1; (converged, slope, spread).

    Leaves the levels in ``level``, and in ``work`` the sums and weights of the last step and the fitted
    means.
    """
    t, y, log_y, y_terms, scale, log_scale, _ = rows_of
    sums, step, y_sum, weight, mu, residual = work
    for i in range(n):
        residual[i] = omega[i] * y[i]
    yt_sum = collect(n_runs, runs, block, t, omega, residual, sums)
    y_sum[:] = sums[3]
    for i in range(n):
        mu[i] = y[i] + 0.1
        weight[i] = omega[i] * mu[i]
        residual[i] = omega[i] * (mu[i] * (log_y[i] - log_scale[i]) + y[i] - mu[i])
    right_t = collect(n_runs, runs, block, t, weight, residual, sums)
    slope, spread = solve_arrow(sums, right_t, has_slope, level)
    before, change = np.inf, 0.0
    for step_no in range(MAX_STEPS):
        if step_no:
            for i in range(n):
                weight[i] = omega[i] * mu[i]
                residual[i] = omega[i] * (y[i] - mu[i])
            right_t = collect(n_runs, runs, block, t, weight, residual, sums)
            change, spread = solve_arrow(sums, right_t, has_slope, step)
            slope += change
            for g in range(len(level)):
                level[g] += step[g]
        predict(n_runs, runs, block, t, scale, level, slope, mu)
        dev = deviance(n, y_terms, omega, mu, level, slope, y_sum, yt_sum)
        for _ in range(MAX_STEPS):
            if math.isfinite(dev) or step_no == 0:
                break
            change /= 2.0
            slope -= change
            for g in range(len(level)):
                step[g] /= 2.0
                level[g] -= step[g]
            predict(n_runs, runs, block, t, scale, level, slope, mu)
            dev = deviance(n, y_terms, omega, mu, level, slope, y_sum, yt_sum)
        if not math.isfinite(dev):
            return False, slope, spread
        if abs(dev - before) / (abs(dev) + 0.1) < TOLERANCE:
            return True, slope, spread
        before = dev
    return False, slope, spread


@inner
def rank(sums, has_slope):
    """How many parameters the rows can tell apart."""
    n = 1 if has_slope else 0
    for g in range(sums.shape[1]):
        n += 1 if sums[0, g] > 0.0 else 0
    return n


@summing
def pearson(n, y, mu, weight):
    """The sum of weight * ((y - mu) / mu)^2."""
    total = 0.0
    for i in range(n):
        r = (y[i] - mu[i]) / mu[i]
        total += weight[i] * r * r
    return total


@inner
def reweigh(n, block, rows_of, phi, limit, has_slope, spread, work, omega):
    """Weights that take past outbreaks out of the baseline: from standardised Anscombe residuals."""
    t, y23 = rows_of[0], rows_of[6]
    sums, weight, mu = work[0], work[3], work[4]
    total = 0.0
    for i in range(n):
        g = block[i]
        share = 1.0 / sums[0, g]
        if has_slope and spread > 0.0:
            off = t[i] - sums[1, g] / sums[0, g]
            share += off * off / spread
        left = 1.0 - weight[i] * share
        if left < 10 * EPS:
            left = 0.0
        root = math.sqrt(mu[i])
        raw = -root if y23[i] == 0.0 else y23[i] / np.cbrt(root) - root
        s = 1.5 * raw / math.sqrt(phi * left)
        omega[i] = 1.0 / (s * s) if s > limit else 1.0
        total += omega[i]
    for i in range(n):
        omega[i] *= n / total


@inner
def fit_robust(n, n_runs, runs, block, rows_of, has_slope, limit, level, work, omega):
    """Fit, weigh, fit again; a slope that keeps it from converging is given up.

    (converged, has_slope, slope, spread, Pearson dispersion). ``limit`` < 0: without weighing.
    """
    for i in range(n):
        omega[i] = 1.0
    spread, dispersion = 0.0, 0.0
    for round_no in range(2 if limit >= 0.0 else 1):
        if round_no:
            reweigh(n, block, rows_of, max(1.0, dispersion), limit, has_slope, spread, work, omega)
        ok, slope, spread = fit(n, n_runs, runs, block, rows_of, omega, has_slope, level, work)
        if not ok and has_slope:
            has_slope = False
            ok, slope, spread = fit(n, n_runs, runs, block, rows_of, omega, False, level, work)
        if not ok:
            return False, has_slope, slope, spread, np.nan
        dispersion = pearson(n, rows_of[1], work[4], work[3]) / (n - rank(work[0], has_slope))
    return True, has_slope, slope, spread, dispersion


@inner
def bound_delta(mu, se, phi, z, power, y):
    """Upper bound and p-value on the scale y^power, where the prediction is nearly normal."""
    tau = phi + se * se / mu
    if power == 1.0:
        sd = math.sqrt(mu * tau)
    elif power == 0.5:
        sd = math.sqrt(tau / 4.0)
    else:
        sd = math.sqrt(4.0 / 9.0 * np.cbrt(mu) * tau)
    upper = (mu**power + z * sd) ** (1.0 / power)
    return upper, norm_sf((y**power - mu**power) / sd)


@inner
def bound_count(mu, phi, alpha, y):
    """Upper bound and p-value of a count with mean mu and variance phi * mu."""
    if not math.isfinite(mu):
        return np.nan, np.nan
    upper = count_quantile(1.0 - alpha, mu, phi)
    if mu >= HUGE_MEAN:
        return upper, 1.0
    if phi > 1.0:
        return upper, nb_sf(y, mu / (phi - 1.0), 1.0 / phi)
    return upper, pois_sf(y, mu)


@inner
def write_bound(mu, se, phi, wants, kind, observed, out):
    """Write bound, p-value and the mean they rest on, as the threshold method has it.

    ``se``: of the logarithm of the mean.
    """
    alpha, _, _, power = wants
    z = norm_quantile(1.0 - alpha)
    if kind == DELTA:
        out[UPPER], out[PVALUE] = bound_delta(mu, se * mu, phi, z, power, observed)
        out[MU0] = mu
    else:
        out[MU0] = math.exp(math.log(mu) + (z * se if kind == MUAN else 0.0))
        out[UPPER], out[PVALUE] = bound_count(out[MU0], phi, alpha, observed)


@inner
def take_rows(k, n, rows, columns, tables, rows_of):
    """Copy the baseline of week k beside each other; the highest count in it.

    ``tables``: log(y + 0.1), y log y and y^(2/3) for the small whole counts, which most are.
    """
    y_all, time, scale_all, log_scale_all = columns
    t, y, log_y, y_terms, scale, log_scale, y23 = rows_of
    has_scale, highest = len(scale_all) > 0, 0.0
    for i in range(n):
        j = rows[i]
        count = y_all[j]
        t[i], y[i] = time[j] - time[k], count
        scale[i] = scale_all[j] if has_scale else 1.0
        log_scale[i] = log_scale_all[j] if has_scale else 0.0
        small = int(count) if count < tables.shape[1] else -1
        if small >= 0 and small == count:
            log_y[i], y_terms[i], y23[i] = tables[0, small], tables[1, small], tables[2, small]
        else:
            log_y[i], y23[i] = math.log(count + 0.1), np.cbrt(count * count)
            y_terms[i] = count * math.log(count) if count > 0.0 else 0.0
        y_terms[i] -= count * (1.0 + log_scale[i])
        highest = max(highest, count)
    return highest


@inner
def judge(k, n, rows, block, runs, columns, tables, rules, wants, level, rows_of, omega, work, out):
    """Fit the baseline of one week and write its bound; the outcome as one of the four codes."""
    y_all, scale_all = columns[0], columns[2]
    has_trend, is_reweighed, is_compatible, kind, enough, over = rules
    _, limit, p_trend, _ = wants
    highest = take_rows(k, n, rows, columns, tables, rows_of)
    n_runs = find_runs(n, block, rows_of[0], runs)
    limit = limit if is_reweighed else -1.0
    last = len(level) - 1
    keep, slope = has_trend, 0.0
    for attempt in range(2):
        is_sound, keep, slope, spread, pearson_phi = fit_robust(
            n, n_runs, runs, block, rows_of, keep, limit, level, work, omega
        )
        if not is_sound:
            return NOT_FITTED
        mu = max(math.exp(level[last]), EPS) * (scale_all[k] if len(scale_all) else 1.0)
        phi = max(1.0, pearson_phi)
        spread_phi = pearson_phi
        free = n - rank(work[0], keep)
        if is_compatible and is_reweighed:
            spread_phi = pearson(n, rows_of[1], work[4], omega) / free
        if attempt or not keep:
            break
        t_value = slope * math.sqrt(spread / spread_phi)
        is_real = p_trend >= 1.0 or student_two_sided(t_value, free) < p_trend
        if is_real and mu <= highest:
            break
        keep = False
    share = 1.0 / work[0][0, last]
    if keep:
        centre = work[0][1, last] / work[0][0, last]
        share += centre * centre / spread
    se = math.sqrt((spread_phi if is_compatible and is_reweighed else phi) * share)
    out[PHI], out[TREND], out[SLOPE] = phi, 1.0 if keep else 0.0, slope if keep else np.nan
    write_bound(mu, se, phi, wants, kind, y_all[k], out)
    recent = 0.0
    for i in range(max(0, k - over + 1), k + 1):
        recent += y_all[i]
    return decide(y_all[k], mu, se, wants[0], kind, is_compatible, recent >= enough, out)


@inner
def decide(observed, mu, se, alpha, kind, is_compatible, is_enough, out):
    """Write score, expectation and alarm of a week whose bound is written."""
    score_from = mu
    if is_compatible and kind == DELTA:
        out[MU0] = math.exp(mu + norm_quantile(1.0 - alpha) * se * mu)
    elif is_compatible:
        score_from = math.log(mu)
    out[SCORE] = (observed - score_from) / (out[UPPER] - score_from)
    out[ALARM] = 0.0
    if not is_enough:
        out[UPPER] = np.nan
        return TOO_FEW
    out[EXPECTED] = mu
    is_over = out[SCORE] > 1.0 if is_compatible else observed > out[UPPER]
    out[ALARM] = 1.0 if is_over and observed != 0.0 else 0.0
    return FITTED


@entry
def run_weeks(jobs, bounds, refs, columns, tables, shape, rules, wants):
    """Judge every week of ``jobs``; an array of weeks × ``N_OUT`` and the outcome of each.

    ``jobs``: rows of all series laid end to end, one per week to judge; ``bounds``: where the series of
    that week begins; ``refs``: its reference weeks, the latest first, counted from there (-1: there is
    none); ``columns``: counts, time, population and its logarithm (empty: none) of all series end to end;
    ``tables``: see ``take_rows``; ``shape``: (w, blocks, weeks left out, longest baseline).
    """
    w, n_blocks, past, room = shape
    out = np.full((len(jobs), N_OUT), np.nan)
    codes = np.full(len(jobs), NO_BASELINE)
    rows, block, runs = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room + 1, np.int64)
    rows_of = (
        np.empty(room), np.empty(room), np.empty(room), np.empty(room),
        np.empty(room), np.empty(room), np.empty(room),
    )  # fmt: skip
    level, omega = np.empty(n_blocks), np.empty(room)
    work = (
        np.empty((4, n_blocks)), np.empty(n_blocks), np.empty(n_blocks),
        np.empty(room), np.empty(room), np.empty(room),
    )  # fmt: skip
    for job in range(len(jobs)):
        start = bounds[job]
        n = baseline_rows(refs[job], jobs[job] - start, w, n_blocks, past, rows, block)
        if n < 2:
            continue
        for i in range(n):
            rows[i] += start
        codes[job] = judge(
            jobs[job],
            n,
            rows,
            block,
            runs,
            columns,
            tables,
            rules,
            wants,
            level,
            rows_of,
            omega,
            work,
            out[job],
        )
    return out, codes
