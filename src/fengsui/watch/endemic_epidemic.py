"""The endemic-epidemic model: where next week's cases come from, over areas that infect each other.

Held, Höhle & Hofmann, Stat Modelling 5 (2005) 187; Paul & Held, Stat Med 30 (2011) 1118; Meyer & Held, Ann
Appl Stat 8 (2014) 1612 for weights that fall with a power of the distance. The mean of area i in week t is

    own(i,t) * y(i,t-1)  +  far(i,t) * sum over j of w(j,i) * y(j,t-1)  +  endemic(i,t) * population(i,t)

each factor the exponential of a level, a trend, yearly waves and columns of the user's; counts are negative
binomial around it. The first two parts are the epidemic (own cases, neighbours'), the third is what comes
without them: season, importation. R's ``surveillance::hhh4`` fits the same model; tests compare.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.kernel_panel import fit_panel

Level = Literal["none", "shared", "by_area"]
PARTS = ("own", "far", "endemic")
SMALL = 1e-9
# Mean and standard deviation of what is believed of a parameter, by how its name ends: a case makes
# about half a case of next week's, neighbours a fraction, and seasons move a factor by two or so.
BELIEF = {
    "own.level": (-0.7, 0.7),
    "far.level": (-2.0, 1.5),
    "sin": (0.0, 0.7),
    "cos": (0.0, 0.7),
    "power": (1.5, 1.5),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One factor of the mean: its level, whether it has a trend, yearly waves, columns by name."""

    level: Level = "shared"
    trend: bool = False
    waves: int = 0
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What the model is made of.

    ``size``: of the negative binomial counts (variance mean + mean² / size), one for all areas, one each, or
    none (Poisson). ``is_power``: weights fall with a power of the order of neighbourhood, which is estimated.
    ``is_shrunk``: believe beforehand that factors are moderate (``BELIEF``), so that a series with hardly a
    case has no season that explodes; without, the fit is that of the reference.
    """

    own: Part = Part()
    far: Part = Part("none")
    endemic: Part = Part(trend=True, waves=1)
    size: Level = "shared"
    is_power: bool = False
    period: float = 52.0
    is_shrunk: bool = False

    def parts(self) -> tuple[Part, Part, Part]:
        """Own, far and endemic."""
        return self.own, self.far, self.endemic


@dataclass(frozen=True, eq=False)
class Panel:
    """Counts of areas by week: ``counts[area, week]``, NaN where not known; week 0 is the first.

    ``population``: multiplies the endemic part, ones if not said. ``weights[from, to]``: how much the cases
    of one area count in another. ``orders[from, to]``: borders between two areas, for power weights (0: no
    way, and an area to itself). ``columns``: further columns, each [area, week], weeks to come included.
    """

    areas: tuple[str, ...]
    counts: np.ndarray
    population: np.ndarray | None = None
    weights: np.ndarray | None = None
    orders: np.ndarray | None = None
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def n_weeks(self) -> int:
        """How many weeks there are."""
        return self.counts.shape[1]

    def until(self, n_weeks: int) -> "Panel":
        """What was there after so many weeks; columns keep the weeks to come."""
        people = None if self.population is None else self.population[:, :n_weeks]
        return Panel(self.areas, self.counts[:, :n_weeks], people, self.weights, self.orders, self.columns)


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model: parameters with names, their covariance (NaN where it is not to be had)."""

    panel: Panel
    terms: Terms
    names: tuple[str, ...]
    theta: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    is_settled: bool

    @property
    def errors(self) -> np.ndarray:
        """Standard errors of the parameters."""
        return np.sqrt(np.diag(self.covariance))

    def aic(self) -> float:
        """Akaike's criterion: the smaller, the better."""
        return 2 * len(self.theta) - 2 * self.log_likelihood


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where each parameter stands in ``theta``, and the columns that go with it."""

    names: tuple[str, ...]
    slots: np.ndarray
    bases: np.ndarray
    sizes: np.ndarray
    power_slot: int


def fit(panel: Panel, terms: Terms | None = None, *, start: np.ndarray | None = None) -> Fit:
    """The likeliest parameters, from the second week on. ``start``: parameters of an earlier fit.

    Weeks without a count, and weeks whose cases the week before are not known, say nothing. BadInput where
    the panel does not fit the terms.
    """
    terms = terms or Terms()
    _check(panel, terms)
    layout = _layout(panel, terms)
    z = covariates(panel, terms, np.arange(panel.n_weeks))
    theta = _start(panel, layout) if start is None else np.clip(start, -8.0, 8.0)
    weights, logs = _ways(panel, terms)
    model = (layout.slots, layout.bases, z, layout.sizes, layout.power_slot)
    counts = np.ascontiguousarray(panel.counts, dtype=float)
    belief = _belief(layout.names, terms)
    found = fit_panel(counts, 1, weights, logs, people_of(panel), model, belief, theta)
    value, _, bends, is_settled = found
    return Fit(panel, terms, layout.names, theta, _inverse(-bends), float(value), bool(is_settled))


def _belief(names: Sequence[str], terms: Terms) -> np.ndarray:
    """Means and precisions of the parameters; precision 0 where nothing is believed."""
    belief = np.zeros((2, len(names)))
    if not terms.is_shrunk:
        return belief
    for i, name in enumerate(names):
        bare = name.split("[")[0]
        last = bare.rsplit(".", 1)[-1].rstrip("0123456789")
        if (known := BELIEF.get(bare) or BELIEF.get(last)) is not None:
            belief[:, i] = known[0], 1 / known[1] ** 2
    return belief


def _inverse(information: np.ndarray) -> np.ndarray:
    """The inverse; of a parameter that the data say nothing of, NaN and no influence on the others."""
    known = np.diag(information) > SMALL
    out = np.full(information.shape, np.nan)
    try:
        inverse = np.linalg.inv(information[np.ix_(known, known)])
    except np.linalg.LinAlgError:
        return out
    inverse[:, np.diag(inverse) <= 0] = np.nan
    out[np.ix_(known, known)] = inverse
    return out


def people_of(panel: Panel) -> np.ndarray:
    """The factor of the endemic part."""
    given = np.ones(panel.counts.shape) if panel.population is None else panel.population
    return np.ascontiguousarray(given, dtype=float)


def _check(panel: Panel, terms: Terms) -> None:
    wrong = []
    n = len(panel.areas)
    if panel.counts.shape[0] != n or panel.n_weeks < 3:
        wrong.append(("counts", str(panel.counts.shape), f"{n} areas × three weeks or more"))
    if np.any(panel.counts < 0):
        wrong.append(("counts", str(np.nanmin(panel.counts)), "counts from 0 up"))
    way = panel.orders if terms.is_power else panel.weights
    if terms.far.level != "none" and (way is None or way.shape != (n, n)):
        wrong.append(("neighbours", "none", "weights from area to area, or orders of neighbourhood"))
    if all(part.level == "none" for part in terms.parts()):
        wrong.append(("terms", "none", "own, far or endemic"))
    for name in {name for part in terms.parts() for name in part.columns}:
        column = panel.columns.get(name)
        if column is None or column.shape[0] != n or column.shape[1] < panel.n_weeks:
            wrong.append((name, "not there for all areas and weeks", "a column"))
    if wrong:
        raise BadInput("panel", tuple(Finding("panel", *one) for one in wrong))


def _layout(panel: Panel, terms: Terms) -> _Layout:
    n, names = len(panel.areas), []
    slots, bases = np.full((3, n), -1, np.int64), np.zeros((3, 2), np.int64)
    for c, (label, part) in enumerate(zip(PARTS, terms.parts(), strict=True)):
        slots[c] = _levels(part.level, f"{label}.level", panel.areas, names)
        bases[c, 0] = len(names)
        if part.level != "none":
            names += [f"{label}.{name}" for name in _column_names(part)]
        bases[c, 1] = len(names)
    has_power = terms.is_power and terms.far.level != "none"
    names += ["power"] if has_power else []
    power_slot = len(names) - 1 if has_power else -1
    sizes = _levels(terms.size, "log_size", panel.areas, names)
    return _Layout(tuple(names), slots, bases, sizes, power_slot)


def _levels(level: Level, label: str, areas: Sequence[str], names: list[str]) -> np.ndarray:
    """The slots of a level, area by area; its parameters are added to the names."""
    if level == "none":
        return np.full(len(areas), -1, np.int64)
    at = len(names)
    if level == "by_area":
        names += [f"{label}[{area}]" for area in areas]
        return np.arange(at, at + len(areas))
    names.append(label)
    return np.full(len(areas), at, np.int64)


def _column_names(part: Part) -> list[str]:
    waves = [f"{wave}{k}" for k in range(1, part.waves + 1) for wave in ("sin", "cos")]
    return [*(["trend"] if part.trend else []), *waves, *part.columns]


def covariates(panel: Panel, terms: Terms, weeks: np.ndarray) -> np.ndarray:
    """The columns of the three parts for the weeks asked: [part, column, area, week]."""
    shape = (len(panel.areas), len(weeks))
    most = max(len(_column_names(part)) for part in terms.parts())
    z = np.zeros((3, most, *shape))
    for c, part in enumerate(terms.parts()):
        angle = 2 * np.pi * weeks / terms.period
        waves = [f(k * angle) for k in range(1, part.waves + 1) for f in (np.sin, np.cos)]
        shared = ([weeks.astype(float)] if part.trend else []) + waves
        given = [panel.columns[name][:, weeks] for name in part.columns]
        for k, column in enumerate([*(np.broadcast_to(one, shape) for one in shared), *given]):
            z[c, k] = column
    return z


def _start(panel: Panel, layout: _Layout) -> np.ndarray:
    """A third of the cases from the week before, a tenth from the neighbours, the rest endemic."""
    theta = np.zeros(len(layout.names))
    means = np.nanmean(np.where(np.isnan(panel.counts).all(axis=1)[:, None], 0.0, panel.counts), axis=1)
    people = np.nanmean(people_of(panel), axis=1)
    endemic = np.log((0.5 * means + 0.01) / np.maximum(people, 1e-12))
    for c, level in enumerate((np.log(0.35), np.log(0.1), None)):
        for i in range(len(panel.areas)):
            if layout.slots[c, i] >= 0:
                theta[layout.slots[c, i]] = endemic.mean() if level is None else level
    own = layout.slots[2]
    if len(set(own.tolist())) > 1:
        theta[own] = endemic
    theta[layout.sizes[layout.sizes >= 0]] = np.log(2.0)
    if layout.power_slot >= 0:
        theta[layout.power_slot] = 1.0
    return theta


def _ways(panel: Panel, terms: Terms) -> tuple[np.ndarray, np.ndarray]:
    n = len(panel.areas)
    nowhere = np.zeros((0, 0))
    if terms.far.level == "none":
        return np.zeros((n, n)), nowhere
    if not terms.is_power:
        return np.ascontiguousarray(panel.weights, dtype=float), nowhere
    with np.errstate(divide="ignore"):
        return np.zeros((n, n)), np.where(panel.orders > 0, np.log(panel.orders), np.inf)


def courses_start(fitted: Fit, n_courses: int) -> np.ndarray:
    """The last week's counts, the same for every course: [area, course]."""
    return np.repeat(np.asarray(fitted.panel.counts[:, -1:], dtype=float), n_courses, axis=1)


def rates(
    fitted: Fit, weeks: np.ndarray, theta: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray | None, np.ndarray]:
    """The three factors in weeks to come for each row of parameters: [area, week, course] each.

    With them the weights [course, from, to], None without neighbours, and the sizes [area, course].
    The endemic factor has the population in it; the last one known goes on. BadInput where a column does
    not reach so far.
    """
    panel, terms = fitted.panel, fitted.terms
    short = [name for name, column in panel.columns.items() if column.shape[1] <= weeks.max()]
    if used := [name for name in short if any(name in part.columns for part in terms.parts())]:
        expected = f"values up to week {weeks.max() + 1}"
        raise BadInput("panel", tuple(Finding("panel", name, "ends before", expected) for name in used))
    layout = _layout(panel, terms)
    z = covariates(panel, terms, weeks)
    parts = []
    for c in range(3):
        slots = layout.slots[c]
        low, high = layout.bases[c]
        shape = (len(slots), len(weeks), len(theta))
        log = np.zeros(shape) + theta.T[np.maximum(slots, 0)][:, None, :]
        for k in range(high - low):
            log = log + z[c, k][:, :, None] * theta[:, low + k]
        parts.append(np.where(slots[:, None, None] >= 0, np.exp(np.minimum(log, 50.0)), 0.0))
    parts[2] = parts[2] * people_of(panel)[:, -1][:, None, None]
    sizes = np.where(layout.sizes[:, None] >= 0, np.exp(theta.T[np.maximum(layout.sizes, 0)]), np.inf)
    if terms.far.level == "none":
        return parts, None, sizes
    return parts, _weights_of(panel, layout, theta), sizes


def _weights_of(panel: Panel, layout: _Layout, theta: np.ndarray) -> np.ndarray:
    """Weights for each course: the same for all, or by the power drawn for it."""
    if layout.power_slot < 0:
        return np.asarray(panel.weights, dtype=float)[None]
    with np.errstate(divide="ignore"):
        logs = np.where(panel.orders > 0, np.log(panel.orders), np.inf)
    raw = np.exp(-theta[:, layout.power_slot][:, None, None] * logs[None])
    raw[:, ~np.isfinite(logs)] = 0.0
    total = raw.sum(axis=2, keepdims=True)
    return np.divide(raw, total, out=np.zeros_like(raw), where=total > 0)
