"""OutbreakP: has a constant level begun to rise? Frisén, Andersson & Schiöler, Stat Med 28 (2009) 1427.

The likelihood of any rising mean against that of a constant one, over all weeks so far: no shape and no
size of the rise has to be said beforehand. It asks whether there was a rise, and goes on answering long
after.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from fengsui.watch.kernel_fit import rising_ratio
from fengsui.watch.series import Series, alarms, laid_end_to_end, per_week, weeks_asked
from fengsui.watch.settings import filled, one_of

DEFAULTS = {"k": 100.0, "ret": "value"}
LAST = 40


def outbreak_p(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge the last weeks; the bound column holds the likelihood ratio, an alarm is a ratio above ``k``."""
    asked = filled(settings or {}, DEFAULTS, compat=compat)
    one_of(asked, "ret", "value")
    starts = np.cumsum([0, *map(len, many)])
    with np.errstate(over="ignore"):
        ratio = np.exp(rising_ratio(laid_end_to_end(one.observed for one in many), starts))
    weeks = [weeks_asked(one, first=1, last_n=asked["last"] or LAST, asked=asked["range"]) for one in many]
    picked = np.concatenate([start + t - 1 for start, t in zip(starts, weeks, strict=False)])
    alarm = (ratio[picked] > float(asked["k"])).astype(float)
    return per_week(many, weeks, upperbound=ratio[picked], alarm=alarms(alarm))
