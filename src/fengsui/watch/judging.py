"""Every detector chosen over many series at once, and its alarms on one scale.

The scale is the exceedance, as Farrington's detector has it: (observed - expected) / (bound - expected), so
that 1 is the bound whatever the detector. How often a detector exceeds 1 differs much between detectors and
regions; ``cut_for`` therefore asks the region's own past where to cut.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fengsui.watch.counts import DAY, WEEK, Counts, Judged, complete
from fengsui.watch.methods import METHODS

MOST = 20.0  # beyond this an exceedance says nothing more
NEAR = 0.5  # bound and expectation nearer than half a case are taken to be so far apart
RATIOS = ("outbreak_p", "outbreak_odds")  # their cut is one of odds, to which no count belongs but at 1
BESIDE = 8  # steps before, whose median is expected where a detector has no expectation of its own


@dataclass(frozen=True, slots=True)
class Detector:
    """A method with its settings. ``step``: the days of a step it looks at. ``least``: steps of history."""

    name: str
    method: str
    settings: Mapping[str, object] = field(default_factory=dict)
    step: int = WEEK
    least: int = 10


# Farrington as Noufaily and others (2013) set it up; EARS as published; the rest as their authors do. The
# odds of an outbreak keep a baseline for half a year of weeks, since a fit takes most of their time.
DETECTORS = (
    Detector(
        "farrington_flexible",
        "farrington_flexible",
        {
            "noPeriods": 10,
            "pastWeeksNotIncluded": 26,
            "thresholdMethod": "nbPlugin",
            "pThresholdTrend": 1.0,
            "alpha": 0.01,
        },
        least=104,
    ),
    Detector("outbreak_odds", "outbreak_odds", {"odds": 7.8, "refit": 26}, least=62),
    Detector("ears_c1_weekly", "ears", {"method": "C1", "minSigma": 0.5}),
    Detector("cusum", "cusum", {"trans": "rossi"}, least=52),
    Detector("glr_nb", "glr_nb", {"c.ARL": 5.0, "alpha": 0.0, "M": 26}, least=104),
    Detector("moving_percentile", "moving_percentile", {"years": 3, "reaches": False}, least=160),
    Detector("ears_c1", "ears", {"method": "C1", "minSigma": 0.5}, step=DAY),
    Detector("ears_c2", "ears", {"method": "C2", "minSigma": 0.5}, step=DAY, least=12),
    Detector("ears_c3", "ears", {"method": "C3", "minSigma": 0.5}, step=DAY, least=14),
)


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What a detector says of each series and step it could judge, one an entry.

    ``row``: which series of the counts; ``at``: which step (from 0); counts as floats; ``exceedance``: 1 at
    the bound; ``bound`` is NaN where the detector has none on the scale of counts.
    """

    detector: str
    row: np.ndarray
    at: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    bound: np.ndarray
    exceedance: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def where(self, chosen: np.ndarray) -> "Verdicts":
        """Some of them."""
        columns = (self.row, self.at, self.observed, self.expected, self.bound, self.exceedance)
        return Verdicts(self.detector, *(column[chosen] for column in columns))


def judge(counts: Counts, detectors: Sequence[Detector], *, back: int) -> list[Verdicts]:
    """What each detector that looks at such steps says of the last ``back`` steps.

    No verdict is given on a step whose count nobody knows, nor where a series is too short.
    """
    ready = complete(counts)
    found = []
    for one in detectors:
        if one.step != counts.step or not ready.series:
            continue
        long_enough = [i for i, series in enumerate(ready.series) if len(series) >= one.least]
        if long_enough:
            found.append(_judged(counts, ready, one, [ready.series[i] for i in long_enough], back))
    return found


def _judged(counts: Counts, ready: Judged, one: Detector, series: list, back: int) -> Verdicts:
    method = METHODS[one.method]
    run = getattr(import_module(f"fengsui.watch.{method.module}"), one.method)
    table = run(series, {**one.settings, "last": back})
    number = table["series_id"].combine_chunks()
    place = pc.cast(number, pa.int64()).to_numpy() if len(number) else np.empty(0, np.int64)
    row, at = ready.rows[place], ready.starts[place] + table["t"].to_numpy() - 1
    observed = table["observed"].to_numpy().astype(float)
    expected = _expected(table, counts, row, at)
    bound = table["upperbound"].to_numpy().astype(float) if "upperbound" in table.column_names else None
    exceedance = _exceedance(table, one, observed, expected, bound)
    if bound is None or one.method in RATIOS:
        bound = np.full(len(row), np.nan)
    is_alarm = pc.fill_null(table["alarm"], 0).to_numpy().astype(bool)
    # A bound that is only reached has the exceedance 1, an alarm always more: so that one cut serves all.
    exceedance = np.where(is_alarm, np.maximum(exceedance, 1.0 + 1e-9), np.minimum(exceedance, 1.0))
    verdicts = Verdicts(one.name, row, at, observed, expected, bound, exceedance)
    return verdicts.where(counts.is_known[row, at] & ~np.isnan(exceedance))


def _expected(table: pa.Table, counts: Counts, row: np.ndarray, at: np.ndarray) -> np.ndarray:
    """What the detector expects; else the median of the steps before."""
    for name in ("expected", "mu0", "theta0", "m"):
        if name in table.column_names:
            return table[name].to_numpy().astype(float)
    padded = np.pad(counts.observed, ((0, 0), (BESIDE, 0)), constant_values=np.nan)
    before = np.lib.stride_tricks.sliding_window_view(padded, BESIDE, axis=1)[row, at]
    with np.errstate(all="ignore"):
        return np.where(np.isnan(before).all(axis=1), np.nan, _median(before))


def _median(values: np.ndarray) -> np.ndarray:
    """The median of each row without its NaN; 0 for a row of nothing else."""
    n = (~np.isnan(values)).sum(axis=1)
    ordered = np.sort(values, axis=1)
    low, high = np.maximum((n - 1) // 2, 0), np.maximum(n // 2, 0)
    rows = np.arange(len(values))
    high = np.minimum(high, values.shape[1] - 1)
    return np.nan_to_num((ordered[rows, low] + ordered[rows, high]) / 2)


def _exceedance(
    table: pa.Table, one: Detector, observed: np.ndarray, expected: np.ndarray, bound: np.ndarray | None
) -> np.ndarray:
    if "statistic" in table.column_names:  # of a likelihood ratio: over its limit
        return np.minimum(table["statistic"].to_numpy() / float(one.settings["c.ARL"]), MOST)
    if "cusum" in table.column_names:
        return np.minimum(table["cusum"].to_numpy() / float(one.settings.get("h", 2.26)), MOST)
    if "odds" in table.column_names:  # by their logarithm: twice the exceedance, the odds squared
        odds = np.maximum(table["odds"].to_numpy(), 1e-300)
        return np.minimum(np.log(odds) / np.log(float(one.settings.get("odds", 7.8))), MOST)
    if one.method == "outbreak_p":
        return np.minimum(np.log(np.maximum(bound, 1.0)) / np.log(float(one.settings.get("k", 100.0))), MOST)
    with np.errstate(invalid="ignore"):
        return np.minimum((observed - expected) / np.maximum(bound - expected, NEAR), MOST)


def cut_for(verdicts: Verdicts, *, share: float) -> float:
    """The exceedance beyond which at most this share of all the region's judged steps lies; at least 1.

    Past outbreaks count among them, so the share of false alarms stays below what is asked for.
    """
    if not len(verdicts):
        return 1.0
    n_over = int(np.floor(share * len(verdicts)))
    ordered = np.sort(verdicts.exceedance)[::-1]
    return float(max(1.0, ordered[min(n_over, len(ordered) - 1)]))
