"""How good a detector is: of labelled series, what it found, how soon, and what it cost in false alarms.

The figures are those of the literature that compares detectors (Bédubourg & Le Strat, PLoS One 12 (2017)
e0181227; Noufaily and others, Bioinformatics 35 (2019) 3110). Their intervals come from drawing whole
series again (Efron, Ann Stat 7 (1979) 1), for the weeks of one series are not independent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fengsui.watch.methods import method_named, run_method
from fengsui.watch.scenarios import Labelled
from fengsui.watch.series import Series

BOOTSTRAPS = 1_000
INTERVAL = (0.025, 0.975)
SUMMED = (
    "outbreaks", "false", "quiet", "found", "at_once", "soon",
    "hits", "sick", "passes", "well", "delay", "share",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Alarms:
    """Alarms of a detector on series without and with outbreaks: 1, 0, or NaN where not judged.

    One row a series, one column a week judged.
    """

    quiet: np.ndarray
    struck: np.ndarray


def alarms_of(
    labelled: Labelled, method: str, settings: Mapping[str, object], *, compat: str | None = None
) -> Alarms:
    """Run a detector, by its name in ``methods``, over both."""
    weeks = labelled.cases.shape[1]
    return Alarms(
        *(_run(many, weeks, method, settings, compat) for many in (labelled.quiet, labelled.struck))
    )


def _run(
    many: Sequence[Series], weeks: int, method: str, settings: Mapping[str, object], compat: str | None
) -> np.ndarray:
    table = run_method(method, many, {"": {**settings, "last": weeks}}, compat=compat)
    place = {one.series_id: i for i, one in enumerate(many)}
    first = np.array([len(one) - weeks + 1 for one in many])
    row = np.array([place[name] for name in table["series_id"].to_pylist()], np.int64)
    found = np.full((len(many), weeks), np.nan)
    found[row, table["t"].to_numpy() - first[row]] = (
        table["alarm"].to_numpy(zero_copy_only=False).astype(float)
    )
    return found


def tallies(labelled: Labelled, alarms: Alarms) -> dict[str, np.ndarray]:
    """What is counted, one number a series; ``figures`` divides their sums.

    ``false`` of ``quiet`` weeks without any outbreak are alarmed. ``found``: an alarm in a week with cases
    of the outbreak; ``at_once``: in the first of them; ``soon``: in that or the next; ``hits`` of ``sick``
    such weeks; ``passes`` of ``well`` weeks beside them without an alarm. ``delay``: weeks from the first
    case to the first alarm, of those found; ``share``: the same over the outbreak's length, 1 where it was
    missed.
    """
    sick, judged = labelled.cases > 0, ~np.isnan(alarms.struck)
    rings = np.nan_to_num(alarms.struck) > 0
    hit = rings & sick
    found = hit.any(axis=1)
    begins, ends = sick.argmax(axis=1), sick.shape[1] - 1 - sick[:, ::-1].argmax(axis=1)
    delay = np.where(found, hit.argmax(axis=1) - begins, 0)
    return {
        "outbreaks": sick.any(axis=1),
        "false": np.nansum(alarms.quiet, axis=1),
        "quiet": (~np.isnan(alarms.quiet)).sum(axis=1),
        "found": found,
        "at_once": hit[np.arange(len(hit)), begins],
        "soon": found & (delay <= 1),
        "hits": hit.sum(axis=1),
        "sick": (sick & judged).sum(axis=1),
        "passes": (~rings & ~sick & judged).sum(axis=1),
        "well": (~sick & judged).sum(axis=1),
        "delay": delay,
        "share": np.where(found, delay / (ends - begins + 1), 1.0),
    }


def figures(counted: Mapping[str, np.ndarray]) -> dict[str, float]:
    """The figures of a set of series from what was counted in each; NaN where nothing was to be counted.

    ``FPR``: false alarms a quiet week; ``POD``: share of outbreaks found, and ``POD_1st_week``,
    ``POD_2_weeks``: by then; ``sensitivity`` and ``specificity`` by week; ``PPV``: share of alarms that
    fell into an outbreak; ``timeliness``: 0 at once, 1 missed; ``delay``: mean weeks to the first alarm of
    those found; ``cost``: false alarms over a series' weeks for each outbreak found.
    """
    return {name: float(value[0]) for name, value in _divided(_table(counted).sum(axis=0)[None]).items()}


def _table(counted: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.column_stack([np.asarray(counted[name], float) for name in SUMMED])


def _divided(sums: np.ndarray) -> dict[str, np.ndarray]:
    """The figures from rows of sums, in the order of ``SUMMED``."""
    total = dict(zip(SUMMED, sums.T, strict=True))
    alarmed = total["hits"] + total["well"] - total["passes"]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(total["found"] > 0, total["found"], np.nan)
        return {
            "FPR": total["false"] / total["quiet"],
            "POD": total["found"] / total["outbreaks"],
            "POD_1st_week": total["at_once"] / total["outbreaks"],
            "POD_2_weeks": total["soon"] / total["outbreaks"],
            "sensitivity": total["hits"] / total["sick"],
            "specificity": total["passes"] / total["well"],
            "PPV": total["hits"] / alarmed,
            "timeliness": total["share"] / total["outbreaks"],
            "delay": total["delay"] / found,
            "cost": total["false"] / found,
        }


def intervals(
    counted: Mapping[str, np.ndarray], rng: np.random.Generator, *, n: int = BOOTSTRAPS
) -> dict[str, tuple[float, float]]:
    """95 % intervals of the figures, from drawing the series ``n`` times again."""
    table = _table(counted)
    times = rng.multinomial(len(table), np.full(len(table), 1 / len(table)), size=n)
    return {name: _ends(values) for name, values in _divided(times @ table).items()}


def _ends(values: np.ndarray) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, INTERVAL) if len(known) else (np.nan, np.nan)
    return float(low), float(high)


def by_group(
    counted: Mapping[str, np.ndarray], group: Sequence[object]
) -> dict[object, dict[str, np.ndarray]]:
    """What was counted, apart for each group, in the order in which they come."""
    names = np.array(group, dtype=object)
    return {
        each: {name: values[names == each] for name, values in counted.items()}
        for each in dict.fromkeys(group)
    }


# What is compared where nothing else is asked: the settings of the comparison by Bédubourg & Le Strat, and
# our own. A name is a method and what tells its settings apart.
NOUFAILY = {
    "noPeriods": 10,
    "pastWeeksNotIncluded": 26,
    "pThresholdTrend": 1,
    "limit54": [0, 4],
    "alpha": 0.01,
}
CONTENDERS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "outbreak_odds": ("outbreak_odds", {}),
    "farrington_flexible nbPlugin": ("farrington_flexible", {**NOUFAILY, "thresholdMethod": "nbPlugin"}),
    "farrington_flexible delta": ("farrington_flexible", {**NOUFAILY, "thresholdMethod": "delta"}),
    "farrington_flexible muan": ("farrington_flexible", {**NOUFAILY, "thresholdMethod": "muan"}),
    "farrington_flexible as in 1996": (
        "farrington_flexible",
        {"noPeriods": 1, "weightsThreshold": 1, "limit54": [0, 4], "thresholdMethod": "delta", "alpha": 0.01},
    ),
    "ears C1": ("ears", {"method": "C1"}),
    "ears C2": ("ears", {"method": "C2"}),
    "ears C3": ("ears", {"method": "C3"}),
    "bayes3": ("bayes", {"b": 2, "w": 4, "actY": False}),
    "rki3": ("rki", {"b": 2, "w": 4, "actY": False}),
    "glr_nb": ("glr_nb", {"mu0": {"S": 1, "trend": True}}),
    "cusum rossi": ("cusum", {"trans": "rossi", "m": "glm"}),
    "moving_percentile": ("moving_percentile", {}),
}
# Where alpha turns the dial; with its default where it is left alone.
DIALS: Mapping[str, Callable[[float], dict[str, object]]] = {
    "outbreak_odds": lambda alpha: {"alpha": alpha},
    "farrington_flexible": lambda alpha: {"alpha": alpha},
    "farrington": lambda alpha: {"alpha": alpha},
    "boda": lambda alpha: {"alpha": alpha},
    "ears": lambda alpha: {"alpha": alpha},
    "bayes": lambda alpha: {"alpha": alpha},
    "cdc": lambda alpha: {"alpha": alpha},
    "moving_percentile": lambda alpha: {"percentile": 100 * (1 - alpha)},
}


@dataclass(frozen=True, slots=True)
class Contender:
    """A detector with its settings, under a name. ``alpha``: where its dial stands, None where it has
    none.
    """

    name: str
    method: str
    settings: Mapping[str, object]
    alpha: float | None = None


def contenders(
    names: Sequence[str], *, alphas: Sequence[float] = (), settings: Mapping[str, Mapping] | None = None
) -> list[Contender]:
    """Detectors by name: of ``CONTENDERS``, or of ``methods`` with its own defaults or named ``settings``.

    Each once for every alpha, if it has such a dial. BadInput for a name that is neither.
    """
    chosen = []
    for name in names or CONTENDERS:
        method, own = CONTENDERS.get(name, (name, {}))
        method = method_named(method)
        versions = [(name, own)] if not settings else [(f"{name} {key}", v) for key, v in settings.items()]
        dial = DIALS.get(method)
        for title, given in versions:
            if alphas and dial:
                chosen += [Contender(title, method, {**given, **dial(a)}, a) for a in alphas]
            else:
                chosen.append(Contender(title, method, given, given.get("alpha")))
    return chosen


def judged(
    labelled: Labelled,
    chosen: Sequence[Contender],
    rng: np.random.Generator,
    *,
    compat: str | None = None,
    apart: bool = False,
) -> list[dict[str, object]]:
    """A row for each detector, and each group where they are to be kept ``apart``.

    Each row: detector, alpha, group ("" for all), series, outbreaks, the figures, and the 95 % interval of
    each as ``low`` and ``high``.
    """
    rows = []
    for one in chosen:
        counted = tallies(labelled, alarms_of(labelled, one.method, one.settings, compat=compat))
        parts = {"": counted} | (by_group(counted, labelled.group) if apart else {})
        for group, part in parts.items():
            found = intervals(part, rng)
            rows.append(
                {
                    "detector": one.name,
                    "alpha": one.alpha,
                    "group": group,
                    "series": len(part["found"]),
                    "outbreaks": int(np.sum(part["outbreaks"])),
                    **figures(part),
                    "low": {name: low for name, (low, _) in found.items()},
                    "high": {name: high for name, (_, high) in found.items()},
                }
            )
    return rows
