"""EARS C1, C2, C3: this day against the mean and spread of the days just before.

Hutwagner, Thompson, Seeman & Treadwell, J Urban Health 80 (2003) i89. C1 looks at the last days, C2 leaves
two out between, C3 adds up by how much C2 was exceeded over three days.
"""

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
import pyarrow as pa

from fengsui.watch import kernel_control as kernel
from fengsui.watch.series import Series, alarms, laid_end_to_end, per_week, weeks_asked
from fengsui.watch.settings import COMPATIBLE, filled, one_of

DEFAULTS = {"method": "C1", "baseline": 7, "minSigma": 0.0, "alpha": None}
GAP = 2  # days left out between baseline and today by C2 and C3


def ears(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge every day with enough days before it; one row a day. ``settings``: keys as in ``DEFAULTS``.

    The bound has no value where the days before do not vary and ``minSigma`` is 0 (C3).
    """
    asked = filled(settings or {}, DEFAULTS, compat=compat)
    kind = one_of(asked, "method", "C1", "C2", "C3")
    alpha = asked["alpha"] or (0.025 if kind == 2 else 0.001)
    z = NormalDist().inv_cdf(1 - alpha)
    y = laid_end_to_end(one.observed for one in many)
    starts = np.cumsum([0, *map(len, many)])
    baseline, least = int(asked["baseline"]), float(asked["minSigma"])
    mean, sd = kernel.moving_moments(y, starts, baseline, GAP if kind else 0)
    sd = np.maximum(sd, least)
    upper = mean + z * sd
    if kind == 2:
        upper = _bound_c3(y, mean, sd, z, is_compatible=asked["compat"] == COMPATIBLE)
    first = baseline + 1 + (0, GAP, 2 * GAP)[kind]
    weeks = [weeks_asked(one, first=first, last_n=asked["last"], asked=asked["range"]) for one in many]
    picked = np.concatenate([start + t - 1 for start, t in zip(starts, weeks, strict=False)])
    bound = upper[picked]
    with np.errstate(invalid="ignore"):
        alarm = np.where(np.isnan(bound), np.nan, y[picked] > bound)
    return per_week(many, weeks, upperbound=bound, alarm=alarms(alarm))


def _bound_c3(
    y: np.ndarray, mean: np.ndarray, sd: np.ndarray, z: float, *, is_compatible: bool
) -> np.ndarray:
    """The count that brings the excesses of three days, each beyond one standard deviation, above z.

    Where the two days before have done so already, one case is enough. The reference puts today's count
    where the mean belongs, so that only the two days before decide (and a whole day is lost).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        over = np.maximum(0.0, (y - mean) / sd - 1.0)
        left = z - np.roll(over, 1) - np.roll(over, 2)
        if is_compatible:
            return np.maximum(0.0, y + sd * left)
        return np.where(left < 0, 0.0, mean + sd * (1.0 + left))
