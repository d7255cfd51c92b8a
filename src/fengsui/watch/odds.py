"""The odds of an outbreak: how much likelier are this week's and last week's counts with one than without?

The baseline is a quasi-Poisson regression on all past weeks, with a trend and waves of a year and half a
year (Serfling, Public Health Rep 78 (1963) 494; the overdispersion as in Noufaily and others, Stat Med 32
(2013) 1206). Which of them stay is decided by Schwarz' criterion (Ann Stat 6 (1978) 461) for
quasi-likelihoods. Past outbreaks weigh by the chance that they were none, as in a mixture fitted by turns
(Dempster, Laird & Rubin, J R Stat Soc B 39 (1977) 1).

An outbreak of size k adds k standard deviations of cases, half of them in its first week, the rest after.
Its size is not known, so the likelihood ratio is averaged over sizes 1 to 10; nor is when it began, so
that this week and last share the odds (Shiryaev, Theory Probab Appl 8 (1963) 22, cut after two weeks).
By Neyman and Pearson's lemma no other way of looking at two weeks finds more at the same cost, wherever a
limit on the odds is the same for all series: a series in which chance makes no noise needs no alarms to
show for it. Evidence that has raised an alarm is not used for another: where last week was over the limit,
only what is new this week counts.
"""

from collections.abc import Mapping, Sequence
from math import exp, log

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch import kernel_odds as kernel
from fengsui.watch.farrington import LAST
from fengsui.watch.series import Series, alarms, laid_end_to_end, per_week, weeks_asked
from fengsui.watch.settings import filled

DEFAULTS = {
    "odds": 7.8,
    "alpha": None,
    "b": None,
    "pastWeeksNotIncluded": 8,
    "refit": 4,
    "least": 2,
    "prior": 0.01,
    "sizes": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    "shape": [0.5, 0.42],
    "when": [0.4, 0.6],
    "populationOffset": False,
}
FEWEST = 1.0  # years of history
DAYS = 365.25
WHY = ("", "the fit did not converge", "history too short")
# Odds that so large a share of quiet weeks exceeds: 2,520 series drawn from the 42 scenarios of Noufaily and
# others, seed 2026. ``fengsui watch quality`` repeats it with any other seed.
CALIBRATED = {
    0.00279: 25.0, 0.00453: 16.0, 0.00656: 11.0, 0.00807: 9.0, 0.00915: 8.0, 0.01168: 6.5,
    0.00144: 50.0, 0.01976: 4.0, 0.03857: 2.0, 0.07441: 1.0,
}  # fmt: skip


def odds_limit(alpha: float) -> float:
    """The odds that make an alarm, for a share ``alpha`` of quiet weeks alarmed (see ``CALIBRATED``).

    Between what was measured, and beyond it, the logarithm of the one is straight in that of the other.
    """
    at = sorted(CALIBRATED)
    x, y = np.log(at), np.log([CALIBRATED[a] for a in at])
    i = int(np.clip(np.searchsorted(x, log(alpha)), 1, len(x) - 1))
    slope = (y[i] - y[i - 1]) / (x[i] - x[i - 1])
    return exp(y[i - 1] + slope * (log(alpha) - x[i - 1]))


def outbreak_odds(
    many: Sequence[Series], settings: Mapping[str, object] | None = None, *, compat: str | None = None
) -> pa.Table:
    """Judge weeks of many series by the odds of an outbreak; one row a week.

    ``settings``: keys as in ``DEFAULTS``. ``odds``: what makes an alarm; ``alpha``, the share of quiet
    weeks that may be alarmed, goes before it.
    ``b``: most years of history, all if None. ``least``: the fewest cases in two weeks worth an alarm.
    ``upperbound`` is the highest count that would be none, given last week's. BadInput if a setting is
    out of range.
    """
    asked = filled(settings or {}, DEFAULTS, compat=compat)
    _refuse(asked)
    weeks = [
        weeks_asked(one, first=one.freq + 2, last_n=asked["last"] or LAST, asked=asked["range"])
        for one in many
    ]
    starts = np.cumsum([0, *map(len, many)])[:-1]
    bounds = np.repeat(starts, [len(t) for t in weeks]).astype(np.int64)
    jobs = bounds + np.concatenate([np.empty(0, np.int64), *weeks]).astype(np.int64) - 1
    freq = np.repeat([one.freq for one in many], [len(t) for t in weeks]).astype(np.int64)
    y, scale = laid_end_to_end(one.observed for one in many), np.ones(sum(map(len, many)))
    if asked["populationOffset"]:
        scale = laid_end_to_end(one.scale() for one in many)
    time, year = _years(many)
    out, codes = kernel.run_odds(
        jobs,
        bounds,
        (y, time, year, scale),
        (freq * int(asked["b"] or 0), (freq * FEWEST).astype(np.int64)),
        (int(asked["pastWeeksNotIncluded"]), int(asked["refit"])),
        (
            np.array(asked["sizes"], float),
            np.array(asked["shape"], float),
            np.array(asked["when"], float),
            float(asked["prior"]),
        ),
        (odds_limit(asked["alpha"]) if asked["alpha"] else float(asked["odds"]), float(asked["least"])),
    )
    why = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), list(WHY)).cast(pa.string())
    return per_week(
        many,
        weeks,
        upperbound=out[:, kernel.UPPER],
        alarm=alarms(out[:, kernel.ALARM]),
        expected=out[:, kernel.EXPECTED],
        phi=out[:, kernel.PHI],
        odds=out[:, kernel.ODDS],
        pvalue=out[:, kernel.PVALUE],
        left_out=why,
    )


def _years(many: Sequence[Series]) -> tuple[np.ndarray, np.ndarray]:
    """Time in years along each series, and the share of the year gone, all series end to end."""
    counted = [np.arange(len(one)) / one.freq for one in many]
    if not any(one.is_dated for one in many):
        time = laid_end_to_end(counted)
        return time, time % 1.0
    time = laid_end_to_end(
        (one.dates - one.dates[0]).astype(float) / DAYS if one.is_dated else own
        for one, own in zip(many, counted, strict=True)
    )
    year = laid_end_to_end(
        _share_gone(one.dates) if one.is_dated else own % 1.0 for one, own in zip(many, counted, strict=True)
    )
    return time, year


def _share_gone(dates: np.ndarray) -> np.ndarray:
    year = dates.astype("datetime64[Y]")
    return (dates - year.astype("datetime64[D]")).astype(float) / DAYS


def _refuse(asked: Mapping[str, object]) -> None:
    limits = (
        ("alpha", asked["alpha"] or 0.01, 0.0, 0.5),
        ("odds", asked["odds"], 0.0, 1e12),
        ("prior", asked["prior"], 0.0, 1.0),
        ("refit", asked["refit"], 0, 53),
        ("pastWeeksNotIncluded", asked["pastWeeksNotIncluded"], 1, 520),
    )
    wrong = [(key, value, f"above {a}, at most {b}") for key, value, a, b in limits if not a < value <= b]
    if len(asked["shape"]) != 2 or not all(0 < share < 1 for share in asked["shape"]):
        wrong.append(("shape", asked["shape"], "two shares, of this week and the next"))
    if len(asked["when"]) != 2 or not abs(sum(asked["when"]) - 1.0) < 1e-6 or min(asked["when"]) < 0:
        wrong.append(("when", asked["when"], "two shares that sum to 1, of this week and last"))
    if not asked["sizes"] or not all(size > 0 for size in asked["sizes"]):
        wrong.append(("sizes", asked["sizes"], "sizes above 0"))
    if wrong:
        found = (Finding("settings", key, str(value), expected) for key, value, expected in wrong)
        raise BadInput("settings", tuple(found))
