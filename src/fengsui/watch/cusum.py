"""CUSUM of counts: small shifts that last are added up until they show.

Rossi, Lampugnani & Marchi, Stat Med 18 (1999) 2111, for the scales on which a Poisson count is nearly
normal; the in-control mean is that of the weeks before, flat or seasonal.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch import kernel_control as kernel
from fengsui.watch.glm import in_control
from fengsui.watch.series import Series, alarms, laid_end_to_end, per_week, weeks_asked
from fengsui.watch.settings import COMPATIBLE, filled, one_of

SCALES = ("standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none")
DEFAULTS = {"k": 1.04, "h": 2.26, "m": None, "trans": "standard", "alpha": 0.1}
LAST = 52


def cusum(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge the last year of each series by what came before; one row a week.

    ``settings``: keys as in ``DEFAULTS``; ``m``: a mean, "glm" (seasonal), or nothing (that of the weeks
    before); ``alpha``: the dispersion of the negative binomial scales.
    """
    asked = filled(settings or {}, DEFAULTS, compat=compat)
    kind = one_of(asked, "trans", *SCALES)
    weeks = [weeks_asked(one, first=2, last_n=asked["last"] or LAST, asked=asked["range"]) for one in many]
    means = [_in_control(one, t, asked["m"]) for one, t in zip(many, weeks, strict=True)]
    y = laid_end_to_end(one.observed[t - 1] for one, t in zip(many, weeks, strict=True))
    m = laid_end_to_end(means)
    starts = np.cumsum([0, *map(len, weeks)])
    alpha = float(asked["alpha"])
    limits = float(asked["k"]), float(asked["h"])
    total, upper, alarm = kernel.cusum(y, m, starts, *limits, alpha, kind, asked["compat"] == COMPATIBLE)
    return per_week(many, weeks, m=m, cusum=total, upperbound=upper, alarm=alarms(alarm))


def _in_control(series: Series, t: np.ndarray, asked: object) -> np.ndarray:
    if not len(t):
        return np.empty(0)
    before = series.observed[: t[0] - 1]
    if asked is None:
        return np.full(len(t), before.mean())
    if asked == "glm":
        mean, _ = in_control(before, series.freq, t, has_trend=False, is_negative_binomial=False)
        return mean
    given = np.asarray(asked, dtype=float)
    if given.ndim == 0:
        return np.full(len(t), float(given))
    if len(given) != len(t):
        raise BadInput("settings", (Finding("settings", "m", f"{len(given)} means", f"{len(t)} means"),))
    return given
