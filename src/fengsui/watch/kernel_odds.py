"""The odds of an outbreak, compiled: a seasonal baseline on all past weeks, and two weeks held against it.

The baseline is a quasi-Poisson regression on a trend and two waves a year, of which those stay that are
worth their degrees of freedom. Past weeks count by the chance that they were no outbreak themselves. See
``odds`` for what it means and where it comes from.
"""

import math

import numpy as np

from fengsui.watch.compiled import entry, inner, summing
from fengsui.watch.kernel_special import nb_sf, pois_sf

N_OUT = 6
UPPER, ALARM, EXPECTED, PHI, ODDS, PVALUE = range(N_OUT)
JUDGED, NOT_FITTED, NO_BASELINE = range(3)
# Columns kept, the whole model first: level, trend, one wave (cosine, sine), its first overtone.
MODELS = np.array(
    [
        [1, 1, 1, 1, 1, 1],
        [1, 0, 1, 1, 1, 1],
        [1, 1, 1, 1, 0, 0],
        [1, 0, 1, 1, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0],
    ]
)
N_COLUMNS = 6
SHORT = 2.0  # years; a shorter history tells neither season nor trend
STEPS, ROUNDS = 25, 3
SETTLED = 1e-7
PULL = 0.01  # prior precision of slopes and waves: a season without a single case has no endless depth
FAR = 30.0  # logarithms beyond are not counted on
NEARLY_POISSON = 1.0 + 1e-6


@summing
def _weighted(weight, a, b):
    total = 0.0
    for i in range(len(weight)):
        total += weight[i] * a[i] * b[i]
    return total


@summing
def _dot(a, b):
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@inner
def factorise(gram, n):
    """Cholesky's factor in the lower half, in place; whether there is one."""
    for j in range(n):
        for i in range(j, n):
            left = gram[i, j]
            for k in range(j):
                left -= gram[i, k] * gram[j, k]
            if i == j:
                if not left > 1e-12:
                    return False
                gram[j, j] = math.sqrt(left)
            else:
                gram[i, j] = left / gram[j, j]
    return True


@inner
def solve_factor(gram, n, right):
    """Solve with a factor of ``factorise``, in place; the squared length of the half-way solution."""
    length = 0.0
    for i in range(n):
        left = right[i]
        for k in range(i):
            left -= gram[i, k] * right[k]
        right[i] = left / gram[i, i]
        length += right[i] * right[i]
    for i in range(n - 1, -1, -1):
        left = right[i]
        for k in range(i + 1, n):
            left -= gram[k, i] * right[k]
        right[i] = left / gram[i, i]
    return length


@inner
def lay_out(time, year, offset, rows):
    """Level, trend, two waves a year and their overtones of consecutive weeks, ``rows``: columns × weeks.

    ``time`` in years, ``year``: the share of the year gone; the trend counts from the last week back.
    """
    for i in range(len(time)):
        angle = 2.0 * math.pi * year[i]
        c, s = math.cos(angle), math.sin(angle)
        rows[0, i] = 1.0
        rows[1, i] = time[i] - offset
        rows[2, i], rows[3, i] = c, s
        rows[4, i], rows[5, i] = 2.0 * c * c - 1.0, 2.0 * s * c


@inner
def means(kept, n_kept, rows, scale, coef, mu):
    """Expected counts, in place."""
    for i in range(len(mu)):
        eta = 0.0
        for j in range(n_kept):
            eta += coef[kept[j]] * rows[kept[j], i]
        mu[i] = scale[i] * math.exp(min(max(eta, -FAR), FAR))


@inner
def deviance(y, weight, mu):
    """The weighted deviance of Poisson counts."""
    total = 0.0
    for i in range(len(y)):
        own = y[i] * math.log(y[i] / mu[i]) if y[i] > 0.0 else 0.0
        total += weight[i] * (own - y[i] + mu[i])
    return 2.0 * total


@inner
def fit(y, weight, scale, rows, kept, n_kept, coef, work):
    """Newton steps from ``coef``, in place, leaving the means and the factor of the last step in ``work``.

    Returned: the deviance, and whether it settled.
    """
    mu, thick, off, gram, step = work
    means(kept, n_kept, rows, scale, coef, mu)
    before = deviance(y, weight, mu)
    for _ in range(STEPS):
        for i in range(len(y)):
            thick[i] = weight[i] * mu[i]
            off[i] = weight[i] * (y[i] - mu[i])
        for j in range(n_kept):
            step[j] = _dot(off, rows[kept[j]]) - (PULL * coef[kept[j]] if j else 0.0)
            for k in range(j + 1):
                gram[j, k] = _weighted(thick, rows[kept[j]], rows[kept[k]])
            gram[j, j] += PULL if j else 0.0
        if not factorise(gram, n_kept):
            return before, False
        solve_factor(gram, n_kept, step)
        for j in range(n_kept):
            coef[kept[j]] += min(max(step[j], -3.0), 3.0)
        means(kept, n_kept, rows, scale, coef, mu)
        after = deviance(y, weight, mu)
        if not math.isfinite(after):
            return after, False
        if abs(after - before) < SETTLED * (abs(after) + 0.1):
            return after, True
        before = after
    return before, True


@inner
def columns_of(model, kept):
    """Which columns a model keeps; how many."""
    n = 0
    for j in range(N_COLUMNS):
        if MODELS[model, j]:
            kept[n] = j
            n += 1
    return n


@inner
def dispersion(y, weight, mu, n_kept):
    """Pearson's variance over mean, at least 1."""
    total, rows = 0.0, 0.0
    for i in range(len(y)):
        total += weight[i] * (y[i] - mu[i]) ** 2 / mu[i]
        rows += weight[i]
    return max(1.0, total / max(1.0, rows - n_kept))


@inner
def choose(y, weight, scale, rows, coefs, kept, is_short, work):
    """The model with the least (deviance / dispersion + columns · log weeks); its fit is the last one
    made.

    ``coefs``: one row a model, where the search starts and what it found.
    """
    best, least, phi = len(MODELS) - 1, np.inf, 1.0
    for model in range(best if is_short else 0, len(MODELS)):
        n_kept = columns_of(model, kept)
        value, is_sound = fit(y, weight, scale, rows, kept, n_kept, coefs[model], work)
        if model == 0:
            phi = dispersion(y, weight, work[0], n_kept)
        price = value / phi + n_kept * math.log(len(y))
        if is_sound and price < least:
            best, least = model, price
    n_kept = columns_of(best, kept)
    _, is_sound = fit(y, weight, scale, rows, kept, n_kept, coefs[best], work)
    return best, n_kept, is_sound


@inner
def log_ratio(y, mu, phi, more):
    """How much likelier a count is (log) if ``more`` cases are expected than ``mu``; the same phi.

    Rises with the count, whatever phi is: one more case never speaks against an outbreak.
    """
    if phi < NEARLY_POISSON:
        return y * math.log1p(more / mu) - more
    size, grown = mu / (phi - 1.0), (mu + more) / (phi - 1.0)
    counted = math.lgamma(y + grown) - math.lgamma(y + size)
    return counted - math.lgamma(grown) + math.lgamma(size) - (grown - size) * math.log(phi)


@inner
def odds_now(y, mu, phi, sd, sizes, share):
    """The odds of an outbreak that began this week: the mean of the likelihood ratios over its sizes."""
    total = 0.0
    for size in sizes:
        total += math.exp(min(log_ratio(y, mu, phi, size * sd * share), FAR * 10))
    return total / len(sizes)


@inner
def odds_since(y, mu, phi, sd, sizes, shares):
    """The odds of one that began last week; ``y, mu, phi``: (last week's, this week's)."""
    total = 0.0
    for size in sizes:
        whole = size * sd
        ratio = log_ratio(y[0], mu[0], phi[0], whole * shares[0])
        ratio += log_ratio(y[1], mu[1], phi[1], whole * shares[1])
        total += math.exp(min(ratio, FAR * 10))
    return total / len(sizes)


@inner
def weigh(y, mu, phi, sizes, share, prior, weight):
    """Weights: the chance that a past week was no outbreak. A week below expectation was none."""
    for i in range(len(y)):
        weight[i] = 1.0
        sd = math.sqrt(phi * mu[i])
        if y[i] > mu[i] + sd:
            weight[i] = 1.0 / (1.0 + prior * odds_now(y[i], mu[i], phi, sd, sizes, share))


@inner
def fit_baseline(y, scale, rows, is_short, believed, weight, coefs, kept, work):
    """Fit and weigh by turns; (columns kept, sound, dispersion). The chosen model's row is ``coefs[0]``.

    ``believed``: (sizes, share of the first week, prior odds that a week is in an outbreak).
    """
    sizes, share, prior = believed
    mean, people = 0.0, 0.0
    for i in range(len(y)):
        mean, people, weight[i] = mean + y[i], people + scale[i], 1.0
    coefs[:] = 0.0
    coefs[:, 0] = math.log((mean + 0.5) / people)
    best, n_kept, is_sound, phi = 0, 1, False, 1.0
    for _ in range(ROUNDS):
        best, n_kept, is_sound = choose(y, weight, scale, rows, coefs, kept, is_short, work)
        if not is_sound:
            break
        phi = dispersion(y, weight, work[0], n_kept)
        weigh(y, work[0], phi, sizes, share, prior, weight)
    if is_sound:
        _, is_sound = fit(y, weight, scale, rows, kept, n_kept, coefs[best], work)
        phi = dispersion(y, weight, work[0], n_kept)
    coefs[0] = coefs[best]
    return n_kept, is_sound, phi


@inner
def expected(time, year, offset, scale, kept, n_kept, coef, gram, phi, row, picked):
    """The mean of one week and the squared standard error of its logarithm."""
    lay_out(time, year, offset, row)
    eta = 0.0
    for j in range(n_kept):
        picked[j] = row[kept[j], 0]
        eta += coef[kept[j]] * picked[j]
    return scale * math.exp(min(max(eta, -FAR), FAR)), phi * solve_factor(gram, n_kept, picked)


@inner
def is_told(y, mu, spread, phi, believed, limit):
    """Whether last week was over the limit by itself or with the week before (``y, mu, spread``: latest
    first).
    """
    sizes, shares, when = believed
    value = when[0] * odds_now(y[1], mu[1], spread[1], math.sqrt(phi * mu[1]), sizes, shares[0])
    pair = (y[2], y[1]), (mu[2], mu[1]), (spread[2], spread[1])
    return value + when[1] * odds_since(*pair, math.sqrt(phi * mu[2]), sizes, shares) > limit


@inner
def odds_of(count, y, mu, spread, phi, believed, has_told):
    """The odds of this week if it had ``count`` cases, over the two weeks in which it may have begun."""
    sizes, shares, when = believed
    value = when[0] * odds_now(count, mu[0], spread[0], math.sqrt(phi * mu[0]), sizes, shares[0])
    if not has_told:
        pair = (y[1], count), (mu[1], mu[0]), (spread[1], spread[0])
        value += when[1] * odds_since(*pair, math.sqrt(phi * mu[1]), sizes, shares)
    return value


@inner
def highest_quiet(y, mu, spread, phi, believed, has_told, limit, least):
    """The highest count that is no alarm, -1 if even none would be one."""
    floor = max(0.0, least if has_told else least - y[1])
    low, step = floor - 1.0, 1.0
    while odds_of(low + step, y, mu, spread, phi, believed, has_told) <= limit and step < 1e12:
        low += step
        step *= 2.0
    high = low + step
    while high - low > 1.0:
        middle = math.floor((low + high) / 2.0)
        if odds_of(middle, y, mu, spread, phi, believed, has_told) > limit:
            high = middle
        else:
            low = middle
    return low


@inner
def judge(y, mu, spread, phi, believed, limit, least, out):
    """Write odds, bound, p-value and alarm of a week (``y, mu, spread``: of it and the two before)."""
    has_told = is_told(y, mu, spread, phi, believed, limit)
    out[EXPECTED], out[PHI] = mu[0], phi
    out[ODDS] = odds_of(y[0], y, mu, spread, phi, believed, has_told)
    out[UPPER] = highest_quiet(y, mu, spread, phi, believed, has_told, limit, least)
    out[ALARM] = 1.0 if y[0] > out[UPPER] else 0.0
    wide = spread[0]
    if wide < NEARLY_POISSON:
        out[PVALUE] = pois_sf(y[0], mu[0])
    else:
        out[PVALUE] = nb_sf(y[0], mu[0] / (wide - 1.0), 1.0 / wide)


@inner
def fit_history(y, time, year, scale, believed, room):
    """Fit the baseline to weeks laid end to end; (columns kept, sound, dispersion)."""
    rows, weight, coefs, kept, work = room
    n = len(y)
    lay_out(time, year, time[n - 1], rows[:, :n])
    is_short = time[n - 1] - time[0] < SHORT - 0.1
    mu, thick, off, gram, step = work
    own = (mu[:n], thick[:n], off[:n], gram, step)
    return fit_baseline(y, scale, rows[:, :n], is_short, believed, weight[:n], coefs, kept, own)


@inner
def workspace(n):
    """Room for a history of n weeks: design, weights, coefficients, columns kept, and what fits need."""
    coefs, kept = np.zeros((len(MODELS), N_COLUMNS)), np.zeros(N_COLUMNS, np.int64)
    work = (np.empty(n), np.empty(n), np.empty(n), np.zeros((N_COLUMNS, N_COLUMNS)), np.zeros(N_COLUMNS))
    return np.empty((N_COLUMNS, n)), np.empty(n), coefs, kept, work


@entry
def run_odds(jobs, bounds, columns, lengths, rhythm, believed, wants):
    """Judge every week of ``jobs``; an array of weeks × ``N_OUT`` and the outcome of each.

    ``jobs``: rows of all series laid end to end, one per week to judge, in order; ``bounds``: where its
    series begins; ``columns``: counts, time in years, share of the year gone, population; ``lengths``: for
    each, the most weeks of history (0: all) and the fewest; ``rhythm``: (weeks left out, weeks from fit to
    fit); ``believed``: (sizes, shares of an outbreak's weeks, chances that it began this week and last, prior
    odds); ``wants``: (odds of an alarm, fewest cases).
    """
    y, time, year, scale = columns
    (most, fewest), (past, every) = lengths, rhythm
    sizes, shares, when, prior = believed
    out, codes = np.full((len(jobs), N_OUT), np.nan), np.full(len(jobs), NO_BASELINE)
    room = workspace(np.max(jobs - bounds) + 1 if len(jobs) else 1)
    row, picked = np.empty((N_COLUMNS, 1)), np.zeros(N_COLUMNS)
    counts, centres, spread = np.empty(3), np.empty(3), np.empty(3)
    fitted_to, n_kept, is_sound, phi = -1, 0, False, 1.0
    for job in range(len(jobs)):
        k, start = jobs[job], bounds[job]
        # The last week of the baseline stands still for some weeks, so that one fit serves them all.
        end = start + (k - start - past) // every * every
        begin = max(start, end - most[job]) if most[job] else start
        if end - begin < fewest[job] or k - start < 2:
            continue
        if end != fitted_to:
            fitted_to = end
            n_kept, is_sound, phi = fit_history(
                y[begin:end], time[begin:end], year[begin:end], scale[begin:end],
                (sizes, shares[0], prior), room,
            )  # fmt: skip
        codes[job] = NOT_FITTED
        if not is_sound:
            continue
        coef, kept, gram = room[2][0], room[3], room[4][3]
        for lag in range(3):
            i = k - lag
            counts[lag] = y[i]
            centres[lag], error = expected(
                time[i : i + 1], year[i : i + 1], time[end - 1], scale[i],
                kept, n_kept, coef, gram, phi, row, picked,
            )  # fmt: skip
            spread[lag] = phi + centres[lag] * error
        judge(counts, centres, spread, phi, (sizes, shares, when), wants[0], wants[1], out[job])
        codes[job] = JUDGED
    return out, codes
