"""Likelihood ratio charts for seasonal counts: has the mean gone up, since when and by how much unknown?

Höhle & Paul, Comput Stat Data Anal 52 (2008) 4357. The in-control mean is a seasonal regression with a
trend; the shift is estimated (generalised likelihood ratio) or given (``theta``, on the log scale).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from fengsui.watch import kernel_control as kernel
from fengsui.watch.glm import in_control
from fengsui.watch.series import Series, alarms, laid_end_to_end, per_week, weeks_asked
from fengsui.watch.settings import filled, one_of

DEFAULTS = {
    "c.ARL": 5.0,
    "alpha": None,
    "theta": None,
    "ret": "value",
    "change": "intercept",
    "M": -1,
    "mu0": None,
    "Mtilde": 1,
    "dir": "inc",
}
LAST = 104
LEAST = 52  # weeks of training before the first that is judged


def glr_nb(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge the last two years of each series; one row a week. ``settings``: keys as in ``DEFAULTS``.

    ``alpha``: variance mu + alpha * mu², 0: Poisson, nothing: estimated. Mean and dispersion that come
    with the series (``mu0``, ``alpha``) are taken as given; so are means given as ``mu0`` in the
    settings, which may also be ``{"S": waves a year, "trend": true}``; without, one wave and no trend.
    """
    asked = filled(settings or {}, DEFAULTS, compat=compat)
    wants_cases = one_of(asked, "ret", "value", "cases") == 1
    one_of(asked, "change", "intercept")
    one_of(asked, "dir", "inc")
    weeks = [
        weeks_asked(one, first=LEAST + 1, last_n=asked["last"] or LAST, asked=asked["range"]) for one in many
    ]
    models = [_in_control(one, t, asked) for one, t in zip(many, weeks, strict=True)]
    x = laid_end_to_end(one.observed[t - 1] for one, t in zip(many, weeks, strict=True))
    mu = laid_end_to_end(mean for mean, _ in models)
    alpha = np.array([alpha for _, alpha in models], dtype=float)
    starts = np.cumsum([0, *map(len, weeks)])
    theta = np.nan if asked["theta"] is None else float(asked["theta"])
    statistic, alarm = kernel.likelihood_ratio(
        x, mu, alpha, starts, theta, float(asked["c.ARL"]), wants_cases, int(asked["M"])
    )
    used = np.repeat(alpha, np.diff(starts))
    return per_week(many, weeks, mu0=mu, alpha=used, statistic=statistic, alarm=alarms(alarm))


def _in_control(series: Series, t: np.ndarray, asked: Mapping[str, object]) -> tuple[np.ndarray, float]:
    alpha = asked["alpha"] if asked["alpha"] is not None else series.alpha
    if not len(t):
        return np.empty(0), 0.0
    if series.mu0 is not None:
        return series.mu0[t - 1], 0.0 if alpha is None else float(alpha)
    given, wave = asked["mu0"], {"S": 1, "trend": False}
    if given is not None and not isinstance(given, Mapping):
        return np.broadcast_to(np.asarray(given, dtype=float), len(t)), 0.0 if alpha is None else float(alpha)
    wave |= {key: value for key, value in (given or {}).items() if key in wave}
    before = series.observed[: t[0] - 1]
    mean, estimated = in_control(
        before,
        series.freq,
        t,
        has_trend=bool(wave["trend"]),
        is_negative_binomial=alpha is None or alpha > 0,
        harmonics=int(wave["S"]),
    )
    return mean, estimated if alpha is None else float(alpha)
