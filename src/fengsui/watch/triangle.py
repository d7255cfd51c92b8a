"""The reporting triangle: of the cases of each day, how many were reported after 0, 1, 2 … days."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fengsui.kit.errors import BadInput, Finding


@dataclass(frozen=True, eq=False)
class Triangle:
    """Counts by day of onset (rows, to ``now``) and delay (columns 0 … D); NaN what ``now`` cannot know yet.

    Delays longer than D count as D. ``truth``: what each row came to in the end, NaN where that is not known.
    """

    dates: np.ndarray
    counts: np.ndarray
    truth: np.ndarray

    @property
    def longest(self) -> int:
        """D, the longest delay (days)."""
        return self.counts.shape[1] - 1

    @cached_property
    def so_far(self) -> np.ndarray:
        """How many of each day are reported by now."""
        return np.nansum(self.counts, axis=1)

    def totals(self, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Per delay x, over the days that are x days old: reports after x days, and after at most x days.

        ``rows``: only of the latest so many days.
        """
        counts = self.counts if rows is None else self.counts[-rows:]
        known = ~np.isnan(counts)
        filled = np.where(known, counts, 0.0)
        return filled.sum(axis=0), np.where(known, np.cumsum(filled, axis=1), 0.0).sum(axis=0)


def triangle_of(
    onsets: np.ndarray,
    reports: np.ndarray,
    *,
    now: np.datetime64,
    longest: int,
    first: np.datetime64 | None = None,
) -> Triangle:
    """The triangle of a line list (``datetime64[D]``) as ``now`` saw it, from the first onset (or
    ``first``) on.
    """
    delays = (reports - onsets).astype(int)
    if len(onsets) == 0 or delays.min() < 0:
        found = "no cases" if len(onsets) == 0 else f"a report {-delays.min()} days before onset"
        raise BadInput("line list", (Finding("line list", "report", found, "reports on or after onset"),))
    first = onsets.min() if first is None else first
    dates = np.arange(first, now + np.timedelta64(1, "D"))
    rows = (onsets - first).astype(int)
    inside = (rows >= 0) & (rows < len(dates))
    truth = np.bincount(rows[inside], minlength=len(dates)).astype(float)
    seen = inside & (reports <= now)
    counts = np.zeros((len(dates), longest + 1))
    np.add.at(counts, (rows[seen], np.minimum(delays[seen], longest)), 1.0)
    ages = np.arange(len(dates))[::-1]
    counts[np.arange(longest + 1)[None, :] > ages[:, None]] = np.nan
    return Triangle(dates, counts, truth)


def triangle_from_cells(
    dates: np.ndarray, delays: np.ndarray, counts: np.ndarray, *, now: np.datetime64 | None = None
) -> Triangle:
    """The triangle of a table of cells; a step that is older than the longest delay is complete.

    Steps are as long as the shortest time between two dates (days, weeks). ``now``: the step that is today;
    what was reported after it is only known as the truth.
    """
    apart = np.diff(np.unique(dates)).astype(int)
    step = int(apart.min()) if len(apart) else 1
    days = np.arange(dates.min(), dates.max() + np.timedelta64(1, "D"), step)
    off = (dates - days[0]).astype(int)
    if np.any(off % step):
        expected = f"steps of {step} days from {days[0]} on"
        raise BadInput("triangle", (Finding("triangle", "date", str(dates[off % step > 0][0]), expected),))
    cells = np.full((len(days), int(delays.max()) + 1), np.nan)
    cells[off // step, delays.astype(int)] = counts
    is_complete = ~np.isnan(cells).any(axis=1)
    truth = np.where(is_complete, np.nansum(cells, axis=1), np.nan)
    if now is not None:
        kept = days <= now
        days, cells, truth = days[kept], cells[kept], truth[kept]
        ages = np.arange(len(days))[::-1]
        cells[np.arange(cells.shape[1])[None, :] > ages[:, None]] = np.nan
    return Triangle(days, cells, truth)
