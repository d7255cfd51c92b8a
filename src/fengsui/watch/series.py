"""Time series as the detectors take them, and the table they are read from.

A week without a count and a week with zero cases are two things: detectors take complete series only, so
whoever builds the series decides what a gap is, and says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from fengsui.kit.errors import BadInput, Finding, NotFound

COLUMNS = ("series_id", "t", "observed")
OPTIONAL = ("date", "freq", "population", "state", "mu0", "alpha")
MISSING = ["NA", ""]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Counts of one thing in one place, one number a week (or day, or month), none missing.

    ``freq``: how many there are in a year. ``dates``: the first day of each (``datetime64[D]``), None where
    weeks are only counted. ``mu0``, ``alpha``: the in-control mean and dispersion, where they are known from
    elsewhere.
    """

    series_id: str
    observed: np.ndarray
    freq: int = 52
    dates: np.ndarray | None = None
    population: np.ndarray | None = None
    mu0: np.ndarray | None = None
    alpha: float | None = None

    def __len__(self) -> int:
        return len(self.observed)

    @property
    def is_dated(self) -> bool:
        """Whether reference weeks are found by the calendar."""
        return self.dates is not None

    def scale(self) -> np.ndarray:
        """The population, or ones."""
        return np.ones(len(self)) if self.population is None else self.population


def read_series(path: Path, *, freq: int = 52) -> list[Series]:
    """The series of a CSV file ``series_id,t,date,freq,observed,population,state``, in their order there.

    All but the first, second and fifth column may be missing. BadInput names the rows that cannot be taken.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    kept = {
        "date": pa.string(),
        "series_id": pa.string(),
        "observed": pa.float64(),
        "population": pa.float64(),
    }
    options = csv.ConvertOptions(column_types=kept, null_values=MISSING, strings_can_be_null=True)
    try:
        table = csv.read_csv(path, convert_options=options)
    except pa.ArrowInvalid as error:
        raise BadInput(str(path), (Finding(str(path), "file", str(error), "a table of series"),)) from error
    return series_of(table, where=str(path), freq=freq)


def series_of(table: pa.Table, *, where: str = "series", freq: int = 52) -> list[Series]:
    """The series of a table with the columns of ``read_series``; BadInput where a count is missing."""
    lacking = [name for name in COLUMNS if name not in table.column_names]
    if lacking:
        raise BadInput(where, tuple(Finding(where, name, "no such column", "a column") for name in lacking))
    names = table["series_id"].to_numpy(zero_copy_only=False)
    observed = table["observed"].to_numpy().astype(float)
    bad = np.flatnonzero(~(observed >= 0) | ~np.isfinite(observed))
    if len(bad):
        found = (Finding(f"{where}: row {i + 2}", "observed", str(observed[i]), "a count") for i in bad[:20])
        raise BadInput(where, tuple(found))
    starts = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1), len(names)]
    pieces = (table.slice(a, b - a) for a, b in pairwise(starts) if b > a)
    return [_one(piece, where, freq) for piece in pieces]


def _one(piece: pa.Table, where: str, freq: int) -> Series:
    name = piece["series_id"][0].as_py()
    t = piece["t"].to_numpy()
    if not np.array_equal(t, np.arange(1, len(t) + 1)):
        expected = "1, 2, 3 … without a gap"
        raise BadInput(where, (Finding(f"{where}: {name}", "t", f"{t[0]} … {t[-1]}", expected),))
    has = {column: _present(piece, column) for column in OPTIONAL}
    return Series(
        name,
        piece["observed"].to_numpy().astype(float),
        int(piece["freq"][0].as_py()) if has["freq"] else freq,
        piece["date"].to_numpy(zero_copy_only=False).astype("datetime64[D]") if has["date"] else None,
        piece["population"].to_numpy().astype(float) if has["population"] else None,
        piece["mu0"].to_numpy().astype(float) if has["mu0"] else None,
        float(piece["alpha"][0].as_py()) if has["alpha"] else None,
    )


def _present(piece: pa.Table, column: str) -> bool:
    return column in piece.column_names and piece[column].null_count == 0


def laid_end_to_end(parts: Iterable[np.ndarray]) -> np.ndarray:
    """One float array of them all; empty where there are none."""
    kept = [np.asarray(part, dtype=float) for part in parts]
    return np.concatenate(kept) if kept else np.empty(0)


def weeks_asked(series: Series, *, first: int, last_n: int | None, asked: object = None) -> np.ndarray:
    """Which t to judge: those ``asked`` ([from, to] or a list), else the last so many, not before
    ``first``.
    """
    n = len(series)
    if asked is not None:
        given = np.asarray(asked, dtype=np.int64)
        weeks = np.arange(given[0], given[1] + 1) if len(given) == 2 else given
        return weeks[(weeks >= first) & (weeks <= n)]
    return np.arange(max(first, n - last_n + 1 if last_n else first), n + 1)


def per_week(many: Sequence[Series], weeks: Sequence[np.ndarray], **columns: np.ndarray) -> pa.Table:
    """A table ``series_id, t, observed`` with more columns, a row for each week judged of each series."""
    names = [one.series_id for one, t in zip(many, weeks, strict=True) for _ in t]
    counts = [one.observed[t - 1] for one, t in zip(many, weeks, strict=True)]
    t = np.concatenate(weeks) if len(weeks) else np.empty(0, np.int64)
    data = {"series_id": pa.array(names, pa.string()), "t": t, "observed": laid_end_to_end(counts), **columns}
    return pa.table(data)


def alarms(values: np.ndarray) -> pa.Array:
    """Alarms as 1, 0, or nothing where the week could not be judged (NaN)."""
    unknown = np.isnan(values)
    return pa.array(np.where(unknown, 0, values).astype(np.int64), mask=unknown)
