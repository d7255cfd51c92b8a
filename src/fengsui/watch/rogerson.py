"""Poisson CUSUM with a mean that changes from week to week: Rogerson & Yamada, Stat Med 23 (2004) 2195.

Each week's excess over its own reference value k is scaled by h / h of that week, where h is the limit
that a chart of constant mean would need for the same average run length. Run lengths: Brook & Evans,
Biometrika 59 (1972) 539.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.glm import in_control
from fengsui.watch.series import Series, alarms, per_week, weeks_asked
from fengsui.watch.settings import COMPATIBLE, filled, one_of

DEFAULTS = {
    "ARL0": 500.0,
    "s": 1.0,
    "theta0t": None,
    "hValues": None,
    "digits": 1,
    "nt": 1,
    "distribution": "poisson",
}
LAST = 104
TENTHS = 10  # charts move in steps of 0.1


def average_run_length(h: float, k: float, mean: float, *, from_half: bool = False) -> float:
    """Expected weeks until a Poisson CUSUM from 0 (or h / 2) reaches h; h and k in tenths."""
    step = math.gcd(TENTHS, round(k * TENTHS))
    n = math.ceil(round(h * TENTHS) / step)
    back = round(k * TENTHS) // step
    per_case = TENTHS // step
    states = np.arange(n)
    counts = np.arange((n + back) // per_case + 2)
    log_pmf = counts * math.log(mean) - mean - np.array([math.lgamma(c + 1.0) for c in counts])
    pmf = np.exp(log_pmf)
    move = np.zeros((n, n))
    for count, chance in zip(counts, pmf, strict=True):
        to = np.maximum(states + per_case * count - back, 0)
        stays = to < n
        np.add.at(move, (states[stays], to[stays]), chance)
    runs = np.linalg.solve(np.eye(n) - move, np.ones(n))
    return float(runs[n // 2 if from_half else 0])


def reference_value(mean: float, raised: float) -> float:
    """k between two means, in tenths; never a half or a whole, where the chart could take few values only."""
    exact = (raised - mean) / math.log(raised / mean)
    k = round(exact * TENTHS)
    if k % (TENTHS // 2) == 0:
        k += 1 if exact * TENTHS > k else -1
    return k / TENTHS


@cache
def limit(mean: float, s: float, run_length: float) -> tuple[float, float]:
    """(h, k) of the chart for a mean (rounded to tenths) and a rise of s standard deviations.

    The smallest h whose run length comes closest to what is asked for.
    """
    k = reference_value(mean, mean + s * math.sqrt(mean))
    low, high = 1, 2
    while average_run_length(high / TENTHS, k, mean) < run_length:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if average_run_length(middle / TENTHS, k, mean) < run_length:
            low = middle
        else:
            high = middle
    misses = [abs(average_run_length(h / TENTHS, k, mean) - run_length) for h in (low, high)]
    return (low if misses[0] <= misses[1] else high) / TENTHS, k


def rogerson(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge the last two years; ``settings``: keys as in ``DEFAULTS``; bound: the count that would raise
    the alarm.

    ``theta0t``: the in-control means (else the series' own ``mu0``, else a seasonal fit to the weeks
    before); ``hValues``: rows (mean, h, k), else computed from ``ARL0`` and ``s``.
    """
    asked = filled(settings or {}, DEFAULTS, compat=compat)
    one_of(asked, "distribution", "poisson")
    if int(asked["digits"]) != 1 or float(asked["ARL0"]) <= 1 or float(asked["s"]) <= 0:
        found = f"{asked['digits']}, {asked['ARL0']}, {asked['s']}"
        raise BadInput("settings", (Finding("settings", "digits, ARL0, s", found, "1, above 1, above 0"),))
    weeks = [weeks_asked(one, first=1, last_n=asked["last"] or LAST, asked=asked["range"]) for one in many]
    parts = [_one(one, t, asked) for one, t in zip(many, weeks, strict=True)]
    theta, upper, alarm = (np.concatenate([part[i] for part in parts]) for i in range(3))
    return per_week(many, weeks, theta0=theta, upperbound=upper, alarm=alarms(alarm))


def _means(series: Series, t: np.ndarray, asked: Mapping[str, object]) -> np.ndarray:
    if asked["theta0t"] is not None:
        given = np.broadcast_to(np.asarray(asked["theta0t"], dtype=float), len(t))
    elif series.mu0 is not None:
        given = series.mu0[t - 1]
    else:
        before = series.observed[: t[0] - 1]
        given, _ = in_control(before, series.freq, t, has_trend=False, is_negative_binomial=False)
    return np.maximum(np.round(given, 1), 0.1)


def _one(series: Series, t: np.ndarray, asked: Mapping[str, object]) -> tuple[np.ndarray, ...]:
    if not len(t):
        return np.empty(0), np.empty(0), np.empty(0)
    theta = _means(series, t, asked)
    table = {round(float(row[0]), 1): (float(row[1]), float(row[2])) for row in asked["hValues"] or ()}
    s, run_length, size = float(asked["s"]), float(asked["ARL0"]), float(asked["nt"])
    values = [table.get(round(float(one), 1)) or limit(round(float(one), 1), s, run_length) for one in theta]
    centre = round(float(np.mean(theta)), 1)
    h = (table.get(centre) or limit(centre, s, run_length))[0]
    slack = 0.0 if asked["compat"] == COMPATIBLE else 1e-9  # a sum of tenths may miss the limit by a rounding
    total, upper, alarm = 0.0, np.empty(len(t)), np.empty(len(t))
    for i, (h_t, k_t) in enumerate(values):
        scale = h / h_t
        upper[i] = max(0.0, math.ceil(size * k_t + (h - total) / scale - slack))
        total = max(0.0, total + scale * (series.observed[t[i] - 1] - size * k_t))
        alarm[i] = total >= h - slack
    return theta, upper, alarm
