"""Farrington's detector: is this week above what the same weeks of the years before lead to expect?

Farrington, Andrews, Beale & Catchpole, J R Stat Soc A 159 (1996) 547, and the flexible form of Noufaily
and others, Stat Med 32 (2013) 1206. A quasi-Poisson regression on past weeks, with less weight for those
that were outbreaks themselves; the bound is a quantile of what it predicts for this week.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch import kernel_farrington as kernel
from fengsui.watch.seasons import clocks, references
from fengsui.watch.series import Series, alarms, laid_end_to_end, per_week, weeks_asked
from fengsui.watch.settings import COMPATIBLE, filled, one_of

WHY = ("", "too few cases lately", "the fit did not converge", "history too short")
POWERS = {"2/3": 2 / 3, "1/2": 0.5, "none": 1.0}
LAST = 52  # weeks judged where no others are asked for; of months, two years
SMALL = np.arange(4096.0)
TABLES = np.array([np.log(SMALL + 0.1), SMALL * np.log(np.maximum(SMALL, 1.0)), np.cbrt(SMALL * SMALL)])
FLEXIBLE = {
    "b": 5,
    "w": 3,
    "reweight": True,
    "weightsThreshold": 2.58,
    "alpha": 0.05,
    "trend": True,
    "pThresholdTrend": 0.05,
    "limit54": [5, 4],
    "powertrans": "2/3",
    "populationOffset": False,
    "noPeriods": 1,
    "pastWeeksNotIncluded": None,
    "thresholdMethod": "delta",
}
CLASSIC = {
    "b": 5,
    "w": 3,
    "reweight": True,
    "alpha": 0.05,
    "trend": True,
    "limit54": [5, 4],
    "powertrans": "2/3",
    "populationOffset": False,
}


def farrington_flexible(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge weeks of many series by the flexible form; one row a week.

    ``settings``: keys as in ``FLEXIBLE``. By default the standard error of the prediction and the test of the
    trend rest on the Pearson dispersion, and a count above the bound is an alarm; ``compat="surveillance"``
    repeats the reference, which after re-weighting takes another sum for the dispersion.
    """
    asked = filled(settings or {}, FLEXIBLE, compat=compat)
    return _judge(many, asked, is_compatible=asked["compat"] == COMPATIBLE)


def farrington(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge weeks of many series by the form of 1996; one row a week. ``settings``: keys as in ``CLASSIC``.

    ``alpha`` is two-sided here. With ``compat="surveillance"`` a week with too few cases has the bound 0.
    """
    asked = filled(settings or {}, CLASSIC, compat=compat)
    rules = {**FLEXIBLE, **asked, "alpha": asked["alpha"] / 2, "weightsThreshold": 1.0}
    table = _judge(many, rules, is_compatible=False, may_shorten=False)
    if asked["compat"] == COMPATIBLE:
        upper = np.nan_to_num(table["upperbound"].to_numpy(), nan=0.0)
        table = table.set_column(table.column_names.index("upperbound"), "upperbound", pa.array(upper))
    return table


def years_used(n: int, freq: int, asked: Mapping[str, object]) -> int:
    """How many years a series of n weeks allows: those asked for, else three or two; 0 where none do."""
    for b in (asked["b"], 3, 2):
        if b <= asked["b"] and b * freq + asked["w"] + 2 <= n:
            return int(b)
    return 0


def _judge(
    many: Sequence[Series], asked: Mapping[str, object], *, is_compatible: bool, may_shorten: bool = True
) -> pa.Table:
    """Series with the same number of years at a time, put back into their order."""
    kind = one_of(asked, "thresholdMethod", "delta", "nbPlugin", "muan")
    one_of(asked, "powertrans", *POWERS)
    _refuse(asked)
    years = [years_used(len(one), one.freq, asked) for one in many]
    if not may_shorten:
        years = [b if b == asked["b"] else 0 for b in years]
    tables = []
    for b in sorted(set(years) - {0}):
        chosen = [one for one, used in zip(many, years, strict=True) if used == b]
        tables.append(_same_years(chosen, {**asked, "b": b, "kind": kind}, is_compatible=is_compatible))
    if not tables:
        return _table([], [], 0, np.empty((0, kernel.N_OUT)), np.empty(0, np.int64))
    if len(tables) == 1:
        return tables[0]
    table = pa.concat_tables(tables)
    place = {one.series_id: i for i, one in enumerate(many)}
    order = np.argsort([place[name] for name in table["series_id"].to_pylist()], kind="stable")
    return table.take(order)


def _refuse(asked: Mapping[str, object]) -> None:
    findings = []
    for key, low, high in (("alpha", 0.0, 1.0), ("b", 0, 100), ("noPeriods", 0, 53)):
        if not low < asked[key] <= high:
            findings.append(Finding("settings", key, str(asked[key]), f"above {low}, at most {high}"))
    if not 0 <= asked["w"] <= 25:
        findings.append(Finding("settings", "w", str(asked["w"]), "0 to 25"))
    if findings:
        raise BadInput("settings", tuple(findings))


def _same_years(many: Sequence[Series], asked: Mapping[str, object], *, is_compatible: bool) -> pa.Table:
    b, w, n_blocks = asked["b"], asked["w"], asked["noPeriods"]
    past = w if asked["pastWeeksNotIncluded"] is None else asked["pastWeeksNotIncluded"]
    weeks = [
        weeks_asked(
            one,
            first=b * one.freq + w + 2,
            last_n=asked["last"] or (LAST if one.freq > 12 else 24),
            asked=asked["range"],
        )
        for one in many
    ]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in many])])[:-1]
    n_weeks = [len(t) for t in weeks]
    bounds = np.repeat(starts, n_weeks).astype(np.int64)
    jobs = bounds + np.concatenate(weeks) - 1
    refs = references(many, weeks, b=b)
    room = max((jobs - bounds - refs.min(axis=1) if len(jobs) else [0]), default=0) + 2 * w + 2
    y = laid_end_to_end(one.observed for one in many)
    scale = laid_end_to_end(one.scale() for one in many) if asked["populationOffset"] else np.empty(0)
    columns = (y, clocks(many), scale, np.log(scale))
    enough, over = asked["limit54"]
    rules = (bool(asked["trend"]) and b >= 3, bool(asked["reweight"]), is_compatible)
    out, codes = kernel.run_weeks(
        jobs,
        bounds,
        np.ascontiguousarray(refs),
        columns,
        TABLES,
        (int(w), int(n_blocks), int(past), int(room)),
        (*rules, asked["kind"], float(enough), int(over)),
        (
            float(asked["alpha"]),
            float(asked["weightsThreshold"]),
            float(asked["pThresholdTrend"]),
            POWERS[asked["powertrans"]],
        ),
    )
    return _table(many, weeks, b, out, codes)


def _table(many: Sequence[Series], weeks: list, b: int, out: np.ndarray, codes: np.ndarray) -> pa.Table:
    why = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), list(WHY)).cast(pa.string())
    return per_week(
        many,
        weeks,
        b=np.full(len(codes), b),
        upperbound=out[:, kernel.UPPER],
        alarm=alarms(out[:, kernel.ALARM]),
        expected=out[:, kernel.EXPECTED],
        mu0=out[:, kernel.MU0],
        phi=out[:, kernel.PHI],
        score=out[:, kernel.SCORE],
        pvalue=out[:, kernel.PVALUE],
        trend_used=out[:, kernel.TREND],
        trend_coef=out[:, kernel.SLOPE],
        left_out=why,
    )
