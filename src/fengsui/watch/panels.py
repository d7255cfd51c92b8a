"""From files to panels: series on common weeks, neighbours, covariates, and forecasts of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.endemic_epidemic import Panel, Part, Terms
from fengsui.watch.forecast import BASELINES, N_DRAWS, forecast
from fengsui.watch.layouts import read_table
from fengsui.watch.raw import Counts, read_counts
from fengsui.watch.settings import filled, read_settings

NAME = "endemic_epidemic"
SETTINGS = {
    "own": "shared", "own_trend": False, "own_waves": 1, "own_columns": (),
    "far": None, "far_trend": False, "far_waves": 0, "far_columns": (),
    "endemic": "by_area", "endemic_trend": True, "endemic_waves": 1, "endemic_columns": (),
    "size": "by_area", "shrink": True, "power": False, "max_order": 5, "together": None,
}  # fmt: skip
LEVELS_OF_PARTS = ("none", "shared", "by_area")


def terms_of(given: Mapping[str, object], *, has_ways: bool, freq: float) -> Terms:
    """The terms that a setting names, far included wherever there are neighbours; BadInput if unknown."""
    asked = filled(given, SETTINGS)
    parts = {}
    for name in ("own", "far", "endemic"):
        level = asked[name] or ("shared" if has_ways else "none")
        _among(name, level, LEVELS_OF_PARTS)
        columns = tuple(asked[f"{name}_columns"])
        waves = int(asked[f"{name}_waves"])
        parts[name] = Part(level, trend=bool(asked[f"{name}_trend"]), waves=waves, columns=columns)
    size = _among("size", asked["size"], LEVELS_OF_PARTS)
    return Terms(
        **parts, size=size, is_power=bool(asked["power"]), period=float(freq), is_shrunk=bool(asked["shrink"])
    )


def _among(key: str, value: object, choices: Sequence[object]) -> object:
    if value not in choices:
        expected = "one of " + ", ".join(map(str, choices))
        raise BadInput("settings", (Finding("settings", key, str(value), expected),))
    return value


def panel_of(many: Sequence[Counts], *, where: str = "series") -> tuple[Panel, np.ndarray | None]:
    """Series of one step as a panel on common weeks, and their dates; what is below zero is unknown.

    With dates they are laid on a common calendar; without, all must be of the same length.
    """
    dated = [one.dates is not None for one in many]
    if not all(dated):
        lengths = {len(one) for one in many}
        if any(dated) or len(lengths) > 1:
            found = f"lengths {min(lengths)} to {max(lengths)}"
            expected = "dates on every row, or series of one length"
            raise BadInput(where, (Finding(where, "date", found, expected),))
        counts = np.stack([one.observed for one in many])
        return Panel(_names(many), _known(counts), _people(many, counts.shape, None)), None
    step = min(int(np.diff(one.dates).astype(int).min()) for one in many if len(one) > 1)
    first, last = min(one.dates[0] for one in many), max(one.dates[-1] for one in many)
    dates = np.arange(first, last + 1, step)
    at = [((one.dates - first).astype(int) // step) for one in many]
    off = [one.series_id for one in many if np.any((one.dates - first).astype(int) % step)]
    if off:
        raise BadInput(where, (Finding(where, "date", off[0], f"steps of {step} days from {first} on"),))
    counts = np.full((len(many), len(dates)), np.nan)
    for row, one, places in zip(counts, many, at, strict=True):
        row[places] = one.observed
    return Panel(_names(many), _known(counts), _people(many, counts.shape, at)), dates


def _names(many: Sequence[Counts]) -> tuple[str, ...]:
    return tuple(one.series_id for one in many)


def _known(counts: np.ndarray) -> np.ndarray:
    return np.where(counts >= 0, np.round(counts), np.nan)


def _people(many: Sequence[Counts], shape: tuple[int, int], at: Sequence | None) -> np.ndarray | None:
    """Populations on the common weeks, the nearest known one where a series has none; per mean area."""
    if any(one.population is None for one in many):
        return None
    people = np.empty(shape)
    for i, one in enumerate(many):
        places = np.arange(shape[1]) if at is None else at[i]
        people[i] = np.interp(np.arange(shape[1]), places, one.population)
    return people / people.mean() if people.mean() > 0 else None


def with_ways(panel: Panel, path: Path | None, *, max_order: int = 5) -> Panel:
    """The panel with the neighbours of a file ``area,neighbour[,weight]``.

    Without weights each border counts the same, both ways, and orders are numbers of borders crossed.
    """
    if path is None:
        return panel
    table = read_table(path)
    lacking = [name for name in ("area", "neighbour") if name not in table.column_names]
    if lacking:
        raise BadInput(
            str(path), tuple(Finding(str(path), name, "no such column", "a column") for name in lacking)
        )
    place = {name: i for i, name in enumerate(panel.areas)}
    pairs = [
        (place.get(str(a)), place.get(str(b)))
        for a, b in zip(table["area"].to_pylist(), table["neighbour"].to_pylist(), strict=True)
    ]
    weights = np.zeros((len(place), len(place)))
    given = table["weight"].to_pylist() if "weight" in table.column_names else [1.0] * len(pairs)
    known = [(pair, weight) for pair, weight in zip(pairs, given, strict=True) if None not in pair]
    if not known:
        expected = f"areas among {', '.join(panel.areas[:5])} …"
        raise BadInput(str(path), (Finding(str(path), "area", str(table["area"][0]), expected),))
    for (a, b), weight in known:
        weights[a, b] = weight
        if "weight" not in table.column_names:
            weights[b, a] = weight
    return replace(panel, weights=weights, orders=orders_of(weights > 0, max_order))


def orders_of(borders: np.ndarray, most: int) -> np.ndarray:
    """How many borders lie between two areas, up to ``most``; 0 to itself and beyond."""
    n = len(borders)
    orders, reached = np.zeros((n, n)), np.eye(n, dtype=bool)
    frontier = reached.copy()
    for order in range(1, most + 1):
        frontier = (frontier.astype(float) @ borders > 0) & ~reached
        orders[frontier] = order
        reached |= frontier
    return orders


def forecast_table(
    series: Path,
    *,
    settings: Path | None = None,
    ways: Path | None = None,
    columns: Path | None = None,
    horizon: int = 4,
    n_origins: int = 1,
    every: int = 1,
    baselines: Sequence[str] = BASELINES,
    n_draws: int = N_DRAWS,
    seed: int = 1,
) -> pa.Table:
    """Forecasts of every series of a file; with ``ways`` they are one panel, without each stands alone.

    ``n_origins``: from how many of the last weeks, ``every`` so many; each sees only what was before. One
    origin is the end of the file, more lie so that their horizon can be judged.
    """
    many = read_counts(series)
    named = {NAME: {}} if settings is None else read_settings(settings)
    groups = [many] if ways is not None else [[one] for one in many]
    rng = np.random.default_rng(seed)
    tables = []
    for group in groups:
        panel, dates = panel_of(group, where=str(series))
        panel = with_columns(panel, columns, dates)
        terms = {}
        for name, given in named.items():
            order = int(filled(given, SETTINGS)["max_order"])
            panel = with_ways(panel, ways, max_order=order)
            terms[name] = _modest(terms_of(given, has_ways=ways is not None, freq=group[0].freq), panel)
        made = forecast(
            panel,
            terms,
            horizon=horizon,
            origins=_origins(panel, n_origins, every, horizon),
            rng=rng,
            freq=group[0].freq,
            baselines=baselines,
            n_draws=n_draws,
        )
        tables.append(_dated(made, dates))
    return pa.concat_tables(tables)


def _modest(terms: Terms, panel: Panel) -> Terms:
    """Without yearly waves and trend where less than two years are there: they could be anything."""
    if panel.n_weeks >= 2 * terms.period:
        return terms
    own, far, endemic = (replace(part, trend=False, waves=0) for part in terms.parts())
    return replace(terms, own=own, far=far, endemic=endemic)


def _origins(panel: Panel, n: int, every: int, horizon: int) -> list[int]:
    if n <= 1:
        return [panel.n_weeks]
    last = panel.n_weeks - horizon
    return [origin for origin in range(last - (n - 1) * every, last + 1, every) if origin >= 3]


def with_columns(panel: Panel, path: Path | None, dates: np.ndarray | None) -> Panel:
    """The panel with the columns of a file ``series_id,t|date,…``, such as importations; weeks to come too.

    A value that is missing is 0; t counts from 1.
    """
    if path is None:
        return panel
    table = read_table(path)
    place = {name: i for i, name in enumerate(panel.areas)}
    where = str(path)
    if "series_id" not in table.column_names or not {"t", "date"} & set(table.column_names):
        raise BadInput(
            where, (Finding(where, "columns", ", ".join(table.column_names), "series_id, t or date"),)
        )
    rows = np.array([place.get(str(name), -1) for name in table["series_id"].to_pylist()])
    if "date" in table.column_names and dates is not None:
        step = int((dates[1] - dates[0]).astype(int))
        days = table["date"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
        t = (days - dates[0]).astype(int) // step
    else:
        t = table["t"].to_numpy().astype(int) - 1
    inside = (rows >= 0) & (t >= 0)
    found = {}
    for name in table.column_names:
        if name not in ("series_id", "t", "date"):
            column = np.zeros((len(place), max(panel.n_weeks, int(t[inside].max(initial=0)) + 1)))
            values = table[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
            column[rows[inside], t[inside]] = np.nan_to_num(values[inside])
            found[name] = column
    return replace(panel, columns=found)


def _dated(table: pa.Table, dates: np.ndarray | None) -> pa.Table:
    """The table with ``date``, the first day of the week that is forecast, after t."""
    t = table["t"].to_numpy()
    if dates is None or len(dates) < 2:
        days = pa.nulls(len(t), pa.date32())
    else:
        days = pa.array(dates[0] + (dates[1] - dates[0]) * (t - 1), pa.date32())
    return table.add_column(table.column_names.index("t") + 1, "date", days)
