"""Published tables that are not series: places and days of single cases, and reporting triangles."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from fengsui.watch.tables import column_of, read_any


def _points(path: Path, declaration: Mapping) -> dict[str, np.ndarray]:
    """Columns by what they mean: area, x, y, day (days since a date, part days dropped), kind."""
    table = read_any(path)
    names = declaration["points"]
    out = {key: column_of(table, names[key], path).to_numpy() for key in ("x", "y")}
    out["area"] = np.array([str(area) for area in column_of(table, names["area"], path).to_pylist()])
    since = np.datetime64(date.fromisoformat(str(names["since"])))
    out["day"] = since + np.floor(column_of(table, names["days"], path).to_numpy()).astype("timedelta64[D]")
    if "kind" in names:
        out["kind"] = np.array([str(kind) for kind in column_of(table, names["kind"], path).to_pylist()])
    return out


def points_table(path: Path, declaration: Mapping, *, only: str | None = None) -> pa.Table:
    """Single cases ``area, date[, kind]`` in order of days; ``only``: of that kind."""
    points = _points(path, declaration)
    rows = np.argsort(points["day"], kind="stable")
    if only is not None and "kind" in points:
        rows = rows[points["kind"][rows] == only]
    columns = {
        "area": pa.array(points["area"][rows], pa.string()),
        "date": pa.array(points["day"][rows], pa.date32()),
    }
    if "kind" in points:
        columns["kind"] = pa.array(points["kind"][rows], pa.string())
    return pa.table(columns)


def places_table(path: Path, declaration: Mapping) -> pa.Table:
    """The places ``area, x, y`` of single cases: the middle of the cases of each area."""
    points = _points(path, declaration)
    names, which = np.unique(points["area"], return_inverse=True)
    n = np.bincount(which)
    middle = {key: np.bincount(which, weights=points[key]) / n for key in ("x", "y")}
    return pa.table({"area": pa.array(names, pa.string()), **middle})


def triangle_table(path: Path, declaration: Mapping) -> pa.Table:
    """A reporting triangle ``case, date, delay, n`` as ``fengsui watch nowcast`` reads it."""
    table = read_any(path)
    delays = declaration["delays"]
    dates = column_of(table, declaration["date"], path).to_pylist()
    cells = [column_of(table, delay, path).to_pylist() for delay in delays]
    n = len(delays)
    return pa.table(
        {
            "case": pa.array([path.stem] * len(dates) * n, pa.string()),
            "date": pa.array([day for day in dates for _ in range(n)], pa.date32()),
            "delay": pa.array(list(range(n)) * len(dates), pa.int64()),
            "n": pa.array([cells[k][row] for row in range(len(dates)) for k in range(n)], pa.float64()),
        }
    )
