"""Moving Epidemic Method: when does the yearly epidemic begin, and how strong is it?

Vega and others, Influenza Other Respi Viruses 7 (2013) 546 and 9 (2015) 234. Each past season is split
where a longer epidemic would add less than ``param`` per cent of the season's cases a week. The highest
weeks before those epidemics give the threshold, the highest weeks in them the levels of intensity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.series import Series, alarms, laid_end_to_end, per_week, weeks_asked
from fengsui.watch.settings import filled

DEFAULTS = {
    "param": 2.8,
    "seasons": 10,
    "least_seasons": 2,
    "n_values": 30,
    "level": 0.95,
    "intensity": [0.4, 0.9, 0.975],
    "season_start": None,
}


@dataclass(frozen=True, slots=True)
class Model:
    """What past seasons say: the threshold, the levels of intensity, and how the seasons were split."""

    threshold: float
    intensity: tuple[float, ...]
    epidemics: tuple[tuple[int, int], ...]  # first week and the one after the last, per season, from 0


def epidemic_of(season: np.ndarray, *, param: float) -> tuple[int, int]:
    """First week of the season's epidemic and the one after its last (from 0); (0, 0) without cases.

    Of all stretches of r weeks the one with most cases; the shortest r at which one week more adds less than
    ``param`` per cent.
    """
    total = season.sum()
    if not total > 0:
        return 0, 0
    ends = np.concatenate([[0.0], np.cumsum(season)])
    share, at = np.zeros(len(season) + 1), np.zeros(len(season) + 1, np.int64)
    for r in range(1, len(season) + 1):
        sums = ends[r:] - ends[:-r]
        at[r] = int(sums.argmax())
        share[r] = 100 * sums[at[r]] / total
    gains = np.diff(share[1:])
    small = np.flatnonzero(gains < param)
    r = int(small[0]) + 1 if len(small) else len(season)
    return int(at[r]), int(at[r]) + r


def fit_seasons(
    seasons: Sequence[np.ndarray], *, param: float, n_values: int, level: float, intensity: Sequence[float]
) -> Model:
    """The model of complete past seasons; the same number of highest weeks is taken from each.

    Threshold: the upper one-sided ``level`` point of a normal with the mean and spread of the highest
    weeks before the epidemics; intensities: the same of the highest weeks in them, on the log scale.
    """
    each = max(1, round(n_values / len(seasons)))
    splits = tuple(epidemic_of(season, param=param) for season in seasons)
    before, during = [], []
    for season, (first, end) in zip(seasons, splits, strict=True):
        before.append(np.sort(season[:first])[::-1][:each])
        during.append(np.sort(season[first:end])[::-1][:each])
    calm, high = np.concatenate(before), np.concatenate(during)
    z = NormalDist().inv_cdf
    spread = calm.std(ddof=1) if len(calm) > 1 else 0.0
    threshold = float(calm.mean() + z(level) * spread) if len(calm) else np.nan
    logs = np.log(high[high > 0])
    if len(logs) < 2:
        return Model(threshold, tuple(np.nan for _ in intensity), splits)
    levels = tuple(float(np.exp(logs.mean() + z(p) * logs.std(ddof=1))) for p in intensity)
    return Model(threshold, levels, splits)


def season_start(y: np.ndarray, freq: int) -> int:
    """The week of the year (from 0, counted from the first of the series) that on average is the calmest."""
    n = len(y) // freq * freq
    mean = y[:n].reshape(-1, freq).mean(axis=0)
    smooth = np.convolve(np.concatenate([mean[-2:], mean, mean[:2]]), np.ones(5) / 5, "valid")
    return int(smooth.argmin())


def mem(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge the current season (the last year at most) by the seasons before it; ``settings``: as in
    ``DEFAULTS``.

    An alarm is a week above the threshold; ``intensity`` is 0 … 4: below, low, medium, high, very high.
    """
    asked = filled(settings or {}, DEFAULTS, compat=compat)
    if int(asked["least_seasons"]) < 1 or not 0 < float(asked["level"]) < 1:
        found = f"{asked['least_seasons']}, {asked['level']}"
        raise BadInput("settings", (Finding("settings", "least_seasons, level", found, "from 1; 0 to 1"),))
    judged = [_one(one, asked) for one in many]
    weeks = [part[0] for part in judged]
    upper, alarm, level = (laid_end_to_end(part[i] for part in judged) for i in (1, 2, 3))
    return per_week(many, weeks, upperbound=upper, alarm=alarms(alarm), intensity=alarms(level))


def _one(series: Series, asked: Mapping[str, object]) -> tuple[np.ndarray, ...]:
    y, freq = series.observed, series.freq
    if len(y) < freq:
        return (np.empty(0, np.int64), *(np.empty(0) for _ in range(3)))
    start = asked["season_start"]
    start = season_start(y, freq) if start is None else int(start) % freq
    starts = np.arange(start, len(y), freq)
    weeks = weeks_asked(series, first=1, last_n=asked["last"] or freq, asked=asked["range"])
    upper, alarm, level = (np.full(len(weeks), np.nan) for _ in range(3))
    of_week = np.searchsorted(starts, weeks - 1, side="right") - 1
    for season in np.unique(of_week):
        past = range(max(0, season - int(asked["seasons"])), season)
        if len(past) < int(asked["least_seasons"]):
            continue
        model = fit_seasons(
            [y[starts[i] : starts[i] + freq] for i in past],
            param=float(asked["param"]),
            n_values=int(asked["n_values"]),
            level=float(asked["level"]),
            intensity=asked["intensity"],
        )
        here = of_week == season
        now = y[weeks[here] - 1]
        upper[here] = model.threshold
        alarm[here] = now > model.threshold
        level[here] = np.where(alarm[here] > 0, 1 + np.searchsorted(model.intensity, now), 0)
    kept = ~np.isnan(upper)
    return weeks[kept], upper[kept], alarm[kept], level[kept]
