"""The same time of the year in the years before: reference weeks, by number or by the calendar."""

from collections.abc import Sequence

import numpy as np

from fengsui.watch.series import Series

DAY = np.timedelta64(1, "D")
WEEK = 7


def years_before(dates: np.ndarray, years: int) -> np.ndarray:
    """The same days so many years before (``datetime64[D]``); 29 February becomes 1 March where it must."""
    months = dates.astype("datetime64[M]")
    days = (dates - months.astype("datetime64[D]")).astype(int)
    return (months - 12 * years).astype("datetime64[D]") + days * DAY


def reference_weeks(series: Series, t: np.ndarray, *, b: int) -> np.ndarray:
    """The weeks 1 … b years before each week t, an array of len(t) × b, counted from 0; -1 where there
    is none.

    Without dates a year has ``freq`` weeks. With dates it is the week whose first day is on the same
    weekday, nearest to the same day of that year; with months, the month of the same name.
    """
    now = np.asarray(t) - 1
    if not series.is_dated:
        found = now[:, None] - series.freq * np.arange(1, b + 1)[None, :]
        return np.where(found < 0, -1, found)
    today = series.dates[now]
    found = np.empty((len(now), b), np.int64)
    for year in range(1, b + 1):
        day = years_before(today, year)
        if series.freq > 12:
            off = (today - day).astype(int) % WEEK  # days on to the same weekday
            day = day + np.where(off <= WEEK // 2, off, off - WEEK) * DAY
        at = np.searchsorted(series.dates, day)
        inside = np.minimum(at, len(series) - 1)
        found[:, year - 1] = np.where(series.dates[inside] == day, inside, -1)
    return found


def references(many: Sequence[Series], weeks: Sequence[np.ndarray], *, b: int) -> np.ndarray:
    """The reference weeks of all the weeks of many series, one below the other (see ``reference_weeks``)."""
    if any(one.is_dated for one in many):
        return np.concatenate([reference_weeks(one, t, b=b) for one, t in zip(many, weeks, strict=True)])
    now = np.concatenate([np.empty(0, np.int64), *weeks]) - 1
    year = np.repeat([one.freq for one in many], [len(t) for t in weeks]).astype(np.int64)
    found = now[:, None] - year[:, None] * np.arange(1, b + 1)
    return np.where(found < 0, -1, found)


def clocks(many: Sequence[Series]) -> np.ndarray:
    """Time along each of many series laid end to end; only differences within a series mean anything."""
    if any(one.is_dated for one in many):
        return np.concatenate([clock(one) for one in many])
    return np.arange(sum(map(len, many)), dtype=float)


def clock(series: Series) -> np.ndarray:
    """Time along the series in its first step: 0, 1, 2 …, or for months what the calendar makes of it."""
    if not series.is_dated or len(series) < 2:
        return np.arange(len(series), dtype=float)
    days = (series.dates - series.dates[0]).astype(float)
    return days / days[1]
