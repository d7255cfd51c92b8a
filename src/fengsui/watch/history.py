"""Detectors that hold this week against a handful of past weeks: Bayes, RKI, CDC, and the two of CIDARS.

Bayes: Riebler 2004 (predictive negative binomial under Jeffreys' prior). RKI: Altmann 2003, with the
intervals of Crow & Gardner, Biometrika 46 (1959) 441, where counts are low. CDC: Stroup and others, Stat
Med 8 (1989) 323. Moving percentile and fixed threshold: the national automated-alert system of China
(Yang and others, 2011).
"""

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.kernel_fit import count_quantiles
from fengsui.watch.seasons import reference_weeks
from fengsui.watch.series import Series, alarms, laid_end_to_end, per_week, weeks_asked
from fengsui.watch.settings import filled, one_of

LAST = 26
# Upper ends of Crow and Gardner's 95 % intervals for counts 0 … 20.
CROW_GARDNER = np.array(
    [
        3.285, 5.323, 6.686, 8.102, 9.598, 11.177, 12.817, 13.765, 14.921, 16.768,
        17.633, 19.050, 20.335, 21.364, 22.945, 23.762, 25.400, 26.306, 27.735, 28.966, 30.017,
    ]
)  # fmt: skip
BAYES = {"b": 0, "w": 6, "actY": True, "alpha": 0.05}
RKI = {"b": 0, "w": 6, "actY": True}
CDC = {"b": 5, "m": 1, "alpha": 0.025}
MOVING_PERCENTILE = {
    "years": 5,
    "beside": 2,
    "block": 1,
    "percentile": 80.0,
    "interpolation": "linear",
    "reaches": True,
    "least": 1,
}
FIXED_THRESHOLD = {"threshold": 1, "block": 1}
INTERPOLATIONS = ("linear", "lower", "higher", "nearest", "midpoint", "weibull", "hazen", "median_unbiased")


def _counted(series: Series) -> Series:
    """The series without its dates: these methods count weeks back."""
    return Series(series.series_id, series.observed, series.freq)


def _past(series: Series, t: np.ndarray, *, b: int, w: int, act_y: bool) -> np.ndarray:
    """Counts of the weeks ±w around this one in b years before, and of the w weeks just before."""
    around = reference_weeks(_counted(series), t, b=b)[:, :, None] + np.arange(-w, w + 1)
    weeks = [around.reshape(len(t), b * (2 * w + 1))]
    if act_y:
        weeks.append((t - 1)[:, None] - np.arange(w, 0, -1))
    return series.observed[np.concatenate(weeks, axis=1)]


def _judged(
    many: Sequence[Series], asked: Mapping[str, object], *, first: int, per_year: int
) -> list[np.ndarray]:
    return [
        weeks_asked(
            one, first=per_year * one.freq + first, last_n=asked["last"] or LAST, asked=asked["range"]
        )
        for one in many
    ]


def _windows(many: Sequence[Series], asked: Mapping[str, object]) -> tuple[list[np.ndarray], np.ndarray]:
    b, w, act_y = int(asked["b"]), int(asked["w"]), bool(asked["actY"])
    if b < 0 or w < 0 or not (b or act_y):
        expected = "b or actY, and w from 0"
        raise BadInput("settings", (Finding("settings", "b, w, actY", f"{b}, {w}, {act_y}", expected),))
    weeks = _judged(many, asked, first=w + 1, per_year=b)
    parts = [_past(one, t, b=b, w=w, act_y=act_y) for one, t in zip(many, weeks, strict=True)]
    return weeks, np.concatenate(parts) if parts else np.empty((0, 1))


def _table(
    many: Sequence[Series], weeks: list[np.ndarray], upper: np.ndarray, *, reaches: bool = False
) -> pa.Table:
    y = laid_end_to_end(one.observed[t - 1] for one, t in zip(many, weeks, strict=True))
    alarm = np.where(np.isnan(upper), np.nan, (y >= upper) if reaches else (y > upper))
    return per_week(many, weeks, upperbound=upper, alarm=alarms(alarm))


def bayes(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge by the predictive distribution of the next count; ``settings``: keys as in ``BAYES``."""
    asked = filled(settings or {}, BAYES, compat=compat)
    weeks, past = _windows(many, asked)
    n = past.shape[1]
    size = past.sum(axis=1) + 0.5  # mean and variance / mean of what Jeffreys' prior leads to
    return _table(
        many, weeks, count_quantiles(1 - float(asked["alpha"]), size / n, np.full(len(size), (n + 1) / n))
    )


def rki(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge by mean and two standard deviations, up to a mean of 20 by a table; ``settings``: as in
    ``RKI``.
    """
    asked = filled(settings or {}, RKI, compat=compat)
    weeks, past = _windows(many, asked)
    mean = past.mean(axis=1)
    low = np.minimum(mean, len(CROW_GARDNER) - 1).astype(int)
    spread = past.std(axis=1, ddof=1) if past.shape[1] > 1 else np.zeros(len(mean))
    return _table(many, weeks, np.where(mean <= len(CROW_GARDNER) - 1, CROW_GARDNER[low], mean + 2 * spread))


def cdc(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge the last four weeks against four-week blocks of the years before; ``settings``: as in ``CDC``.

    ``m``: how many blocks beside the same one of each year.
    """
    asked = filled(settings or {}, CDC, compat=compat)
    b, m = int(asked["b"]), int(asked["m"])
    z = NormalDist().inv_cdf(1 - float(asked["alpha"]) / 2)
    weeks = _judged(many, asked, first=4 * m + 4, per_year=b)
    upper, blocks = [], []
    for one, t in zip(many, weeks, strict=True):
        ends = np.concatenate([[0.0], np.cumsum(one.observed)])
        at = t[:, None] - one.freq * np.arange(1, b + 1)[None, :]
        at = (at[:, :, None] + 4 * np.arange(-m, m + 1)).reshape(len(t), b * (2 * m + 1))
        past = ends[at] - ends[at - 4]
        upper.append(past.mean(axis=1) + z * past.std(axis=1, ddof=1) * np.sqrt(1 + 1 / past.shape[1]))
        blocks.append(ends[t] - ends[t - 4])
    bound = laid_end_to_end(upper)
    alarm = (laid_end_to_end(blocks) > bound).astype(float)
    return per_week(many, weeks, upperbound=bound, alarm=alarms(alarm))


def _blocks(series: Series, length: int) -> np.ndarray:
    """Sums of the last ``length`` counts, this one among them; NaN where there are fewer."""
    ends = np.concatenate([[0.0], np.cumsum(series.observed)])
    sums = np.full(len(series), np.nan)
    sums[length - 1 :] = ends[length:] - ends[: len(series) - length + 1]
    return sums


def moving_percentile(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge by a percentile of the same block, and those beside it, in the years before.

    ``settings``: keys as in ``MOVING_PERCENTILE``. ``block``: how many counts make one (7 for daily
    counts). What is published leaves open how the percentile is interpolated and whether reaching it is
    enough: both are parameters here. ``least``: the fewest cases worth a signal, since a percentile may
    be 0.
    """
    asked = filled(settings or {}, MOVING_PERCENTILE, compat=compat)
    years, beside, block = int(asked["years"]), int(asked["beside"]), int(asked["block"])
    one_of(asked, "interpolation", *INTERPOLATIONS)
    weeks = _judged(many, asked, first=(beside + 1) * block, per_year=years)
    steps = block * np.arange(-beside, beside + 1)
    upper, now = [], []
    for one, t in zip(many, weeks, strict=True):
        sums = _blocks(one, block)
        same = reference_weeks(one, t, b=years)[:, :, None]
        at = np.where(same < 0, -1, same + steps).reshape(len(t), years * len(steps))
        past = np.where(at < 0, np.nan, sums[at])  # by the calendar, a year may not be there
        upper.append(np.percentile(past, float(asked["percentile"]), axis=1, method=asked["interpolation"]))
        now.append(sums[t - 1])
    bound, count = laid_end_to_end(upper), laid_end_to_end(now)
    is_over = (count >= bound) if asked["reaches"] else (count > bound)
    alarm = np.where(np.isnan(bound), np.nan, is_over & (count >= float(asked["least"])))
    return per_week(many, weeks, upperbound=bound, alarm=alarms(alarm))


def fixed_threshold(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """A signal as soon as so many cases fall into one block of counts; ``settings``: as in
    ``FIXED_THRESHOLD``.
    """
    asked = filled(settings or {}, FIXED_THRESHOLD, compat=compat)
    block, threshold = int(asked["block"]), float(asked["threshold"])
    weeks = [weeks_asked(one, first=block, last_n=asked["last"], asked=asked["range"]) for one in many]
    count = laid_end_to_end(_blocks(one, block)[t - 1] for one, t in zip(many, weeks, strict=True))
    alarm = (count >= threshold).astype(float)
    return per_week(many, weeks, upperbound=np.full(len(count), threshold), alarm=alarms(alarm))
