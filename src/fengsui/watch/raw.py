"""Counts as they came in: a week without a report is unknown, a correction may be below zero.

Detectors take complete series of counts from zero up (``series``); ``review`` makes those of these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.layouts import read_table
from fengsui.watch.series import COLUMNS, OPTIONAL, Series

OWN = (*COLUMNS, "date", "freq", "population", "state", "set_aside")


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What was reported of one thing in one place, by day or week, without a gap in time.

    ``observed``: NaN where nothing was reported. ``dates``: the first day of each step, None where steps are
    only counted. ``beside``: other figures of the same reports, by name.
    """

    series_id: str
    observed: np.ndarray
    freq: int = 52
    dates: np.ndarray | None = None
    population: np.ndarray | None = None
    beside: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.observed)

    def as_series(self) -> Series:
        """The same for detectors; BadInput where a count is unknown or below zero."""
        bad = np.flatnonzero(~(self.observed >= 0))
        if len(bad):
            found = (
                Finding(
                    f"{self.series_id}: t {i + 1}", "observed", str(self.observed[i]), "a count, or a review"
                )
                for i in bad[:20]
            )
            raise BadInput(self.series_id, tuple(found))
        return Series(self.series_id, self.observed, self.freq, self.dates, self.population)


def read_counts(path: Path, *, freq: int = 52) -> list[Counts]:
    """The counts of a CSV file in the layout of ``series.read_series``, with NA for what is unknown.

    Columns of other names are figures of the same reports.
    """
    table = read_table(path)
    lacking = [name for name in COLUMNS if name not in table.column_names]
    if lacking:
        where = str(path)
        raise BadInput(where, tuple(Finding(where, name, "no such column", "a column") for name in lacking))
    names = np.array([str(name) for name in table["series_id"].to_pylist()], dtype=object)
    columns = {name: table[name] for name in table.column_names}
    found = []
    for name in dict.fromkeys(names):
        rows = np.flatnonzero(names == name) if len(names) else np.empty(0, int)
        found.append(_one(name, {key: column.take(rows) for key, column in columns.items()}, path, freq))
    return found


def _one(name: str, columns: Mapping[str, pa.ChunkedArray], path: Path, freq: int) -> Counts:
    t = columns["t"].to_numpy(zero_copy_only=False)
    if not np.array_equal(t, np.arange(1, len(t) + 1)):
        expected = "1, 2, 3 … without a gap; NA in observed where nothing was reported"
        raise BadInput(str(path), (Finding(f"{path}: {name}", "t", f"{t[0]} … {t[-1]}", expected),))
    has = {key: key in columns and columns[key].null_count == 0 for key in OPTIONAL}
    beside = {key: _numbers(columns[key]) for key in columns if key not in (*OWN, *OPTIONAL)}
    return Counts(
        name,
        _numbers(columns["observed"]),
        int(columns["freq"][0].as_py()) if has["freq"] else freq,
        columns["date"].to_numpy(zero_copy_only=False).astype("datetime64[D]") if has["date"] else None,
        _numbers(columns["population"]) if has["population"] else None,
        {key: column for key, column in beside.items() if column is not None},
    )


def _numbers(column: pa.ChunkedArray) -> np.ndarray | None:
    """Numbers with NaN for what is missing; None where they are words."""
    if not (
        pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_null(column.type)
    ):
        return None
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False).copy()


def table_of(many: Iterable[Counts], *, set_aside: Mapping[str, list[str | None]] | None = None) -> pa.Table:
    """The table of ``read_counts``; with ``set_aside`` a column more, why a step is not to be judged."""
    pieces = []
    many = list(many)
    names = {key: None for one in many for key in one.beside}
    for one in many:
        n = len(one)
        observed = pa.array(one.observed, mask=np.isnan(one.observed))
        columns = {
            "series_id": pa.array([one.series_id] * n, pa.string()),
            "t": np.arange(1, n + 1),
            "date": pa.nulls(n, pa.date32()) if one.dates is None else pa.array(one.dates, pa.date32()),
            "freq": np.full(n, one.freq),
            "observed": observed,
            "population": pa.nulls(n, pa.float64()) if one.population is None else pa.array(one.population),
            **{key: pa.array(one.beside.get(key, np.full(n, np.nan)), from_pandas=True) for key in names},
        }
        if set_aside is not None:
            columns["set_aside"] = pa.array(set_aside[one.series_id], pa.string())
        pieces.append(pa.table(columns))
    return pa.concat_tables(pieces)


def truth_into(forecasts: pa.Table, many: Iterable[Counts]) -> pa.Table:
    """Forecasts with ``observed`` from series as they came, by ``series_id`` and ``t``."""
    came = {(one.series_id, t): value for one in many for t, value in enumerate(one.observed.tolist(), 1)}
    keys = zip(map(str, forecasts["series_id"].to_pylist()), forecasts["t"].to_pylist(), strict=True)
    truth = pa.array([came.get(key) for key in keys], pa.float64(), from_pandas=True)
    return forecasts.set_column(forecasts.column_names.index("observed"), "observed", truth)
