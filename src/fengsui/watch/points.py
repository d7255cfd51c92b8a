"""Cases as points in space and time: do close ones come soon after each other (Knox), is a cluster emerging
(STCD)?

Knox, Appl Stat 13 (1964) 25; Assunção & Correa, Stat Med 28 (2009) 2817: Shiryaev–Roberts over all clusters
that may have begun at a case. No populations are asked for: what is expected follows from where and when
cases were anyway.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch import kernel_points as kernel
from fengsui.watch.settings import COMPATIBLE, one_of


@dataclass(frozen=True, slots=True)
class Knox:
    """Pairs of cases, those close in time, in space, in both; how many of both to expect; two p-values.

    ``p_poisson`` takes the pairs as independent; ``p_value`` is that of dealing out the times anew.
    """

    n_pairs: int
    n_close_in_time: int
    n_close_in_space: int
    n_close: int
    expected: float
    p_poisson: float
    p_value: float


def knox(
    x: np.ndarray,
    y: np.ndarray,
    *,
    t: np.ndarray,
    within: float,
    days: float,
    rng: np.random.Generator,
    n_permutations: int = 999,
    compat: str | None = None,
) -> Knox:
    """Whether cases ``within`` so much of each other are within so many ``days`` more often than by chance.

    ``compat="surveillance"``: ``p_poisson`` is the chance of more pairs than were seen, which makes too
    little of chance; here, of as many or more.
    """
    is_compatible = one_of({"compat": compat}, "compat", None, COMPATIBLE) == 1
    x, y, t = _checked(x, y, t)
    n = len(x)
    close = kernel.close_pairs(x, y, float(within))
    n_time = len(kernel.close_pairs(t, np.zeros(n), float(days)))
    n_close = int(kernel.close_in_time(close, t, float(days)))
    seeds = rng.integers(0, 2**64, n_permutations, dtype=np.uint64)
    simulated = kernel.shuffled_close_in_time(close, t, float(days), seeds)
    n_pairs = n * (n - 1) // 2
    expected = n_time * len(close) / n_pairs if n_pairs else 0.0
    return Knox(
        n_pairs,
        n_time,
        len(close),
        n_close,
        expected,
        float(kernel.poisson_tail(float(n_close + is_compatible), expected)),
        (1 + int(np.sum(simulated >= n_close))) / (1 + n_permutations),
    )


def stcd(
    x: np.ndarray,
    y: np.ndarray,
    *,
    t: np.ndarray,
    radius: float,
    epsilon: float,
    threshold: float,
    statistic: str = "sum",
    compat: str | None = None,
) -> pa.Table:
    """The statistic after each case, in order of time: ``i, statistic, alarm, start`` (numbers from 1).

    ``epsilon``: by which share more cases a cluster brings; ``threshold``: the mean number of cases between
    false alarms at least; ``statistic``: sum (Shiryaev–Roberts) or largest (CUSUM); ``start``: the case at
    which the likeliest cluster begins. Cases of one moment belong to the same cylinders, whichever is named
    first. ``compat="surveillance"`` takes them one after the other, and its largest value never falls again.
    """
    x, y, t = _checked(x, y, t)
    late = np.flatnonzero(np.diff(t) < 0)
    if len(late):
        found = f"{t[late[0] + 1]:g} after {t[late[0]]:g}"
        raise BadInput("points", (Finding(f"point {late[0] + 2}", "t", found, "times that never fall"),))
    if not (radius > 0 and epsilon > 0):
        found = f"{radius:g}, {epsilon:g}"
        raise BadInput("settings", (Finding("settings", "radius, epsilon", found, "above 0"),))
    takes_largest = one_of({"statistic": statistic}, "statistic", "sum", "largest") == 1
    is_compatible = one_of({"compat": compat}, "compat", None, COMPATIBLE) == 1
    first = np.arange(len(t)) if is_compatible else np.searchsorted(t, t)
    values, start = kernel.emerging(x, y, first, float(radius), float(epsilon), takes_largest)
    if takes_largest and is_compatible:
        values = np.maximum.accumulate(values)
    alarm = (values > threshold).astype(np.int64)
    return pa.table({"i": np.arange(1, len(t) + 1), "statistic": values, "alarm": alarm, "start": start + 1})


def _checked(x: np.ndarray, y: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y, t = (np.ascontiguousarray(values, dtype=float) for values in (x, y, t))
    if not len(x) == len(y) == len(t) or not np.all(np.isfinite([x, y, t])):
        found = f"{len(x)}, {len(y)}, {len(t)}"
        raise BadInput("points", (Finding("points", "x, y, t", found, "as many finite numbers of each"),))
    return x, y, t
