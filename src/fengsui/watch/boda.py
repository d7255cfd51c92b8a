"""BODA: Bayesian outbreak detection, with the posterior taken as normal around the likeliest values.

Manitz & Höhle, Biom J 55 (2013) 509; Salmon, Schumacher, Stark & Höhle, Biom J 57 (2015) 1051. A bound
is a quantile of the predictive distribution: negative binomial noise around a mean that is itself
uncertain. It is summed up by Gauss and Hermite's rule, where the reference draws a hundred or a thousand
means.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from fengsui.watch import kernel_boda as kernel
from fengsui.watch.farrington import LAST, TABLES, WHY, years_used
from fengsui.watch.seasons import clocks, references
from fengsui.watch.series import Series, alarms, laid_end_to_end, per_week, weeks_asked
from fengsui.watch.settings import filled, one_of

DEFAULTS = {
    "b": 5,
    "w": 3,
    "noPeriods": 10,
    "pastWeeksNotIncluded": 26,
    "alpha": 0.05,
    "trend": True,
    "limit54": [5, 4],
    "inferenceMethod": "asym",
    "quantileMethod": "MC",
    "mc.munu": 100,
    "mc.y": 10,
    "delay": False,
}
N_NODES = 24


def boda(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge weeks of many series; one row a week; ``settings``: keys as in ``DEFAULTS``.

    How the reference draws (``quantileMethod``, ``mc.munu``, ``mc.y``) makes no difference here: nothing
    is drawn. Series with fewer years than asked for are judged by as many as they have, at least two.
    """
    asked = filled(settings or {}, DEFAULTS, compat=compat)
    one_of(asked, "inferenceMethod", "asym")
    one_of(asked, "quantileMethod", "MC", "MM")
    one_of(asked, "delay", False)
    years = [_years(one, asked) for one in many]
    tables = [
        _same_years([one for one, used in zip(many, years, strict=True) if used == b], {**asked, "b": b})
        for b in sorted(set(years) - {0})
    ]
    if not tables:
        tables = [_same_years([], asked)]
    table = pa.concat_tables(tables)
    place = {one.series_id: i for i, one in enumerate(many)}
    return table.take(np.argsort([place[name] for name in table["series_id"].to_pylist()], kind="stable"))


def _years(series: Series, asked: Mapping[str, object]) -> int:
    return years_used(len(series), series.freq, asked)


def _same_years(many: Sequence[Series], asked: Mapping[str, object]) -> pa.Table:
    b, w = int(asked["b"]), int(asked["w"])
    weeks = [
        weeks_asked(one, first=b * one.freq + w + 2, last_n=asked["last"] or LAST, asked=asked["range"])
        for one in many
    ]
    starts = np.cumsum([0, *map(len, many)])[:-1]
    bounds = np.repeat(starts, [len(t) for t in weeks]).astype(np.int64)
    jobs = bounds + np.concatenate([np.empty(0, np.int64), *weeks]).astype(np.int64) - 1
    refs = references(many, weeks, b=b)
    room = int(max((jobs - bounds - refs.min(axis=1)).max(initial=0), 0)) + 2 * w + 2
    y = laid_end_to_end(one.observed for one in many)
    columns = (y, clocks(many), np.empty(0), np.empty(0))
    nodes, shares = np.polynomial.hermite_e.hermegauss(N_NODES)
    enough, over = asked["limit54"]
    past = int(asked["pastWeeksNotIncluded"])
    out, codes = kernel.run_boda(
        jobs,
        bounds,
        refs,
        columns,
        TABLES,
        (w, int(asked["noPeriods"]), past, room, int(y.max(initial=0))),
        (bool(asked["trend"]), float(enough), int(over), float(asked["alpha"])),
        (nodes, shares / shares.sum()),
    )
    why = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), list(WHY)).cast(pa.string())
    return per_week(
        many,
        weeks,
        upperbound=out[:, kernel.UPPER],
        alarm=alarms(out[:, kernel.ALARM]),
        expected=out[:, kernel.EXPECTED],
        size=out[:, kernel.SIZE],
        left_out=why,
    )
