"""Many series over the same days or weeks as one array, with what nobody knows kept apart from zero.

Detectors take complete series. What they get is the stretch between the first and the last known count;
a gap inside is filled with the median of the counts around it, and no verdict is given on what was filled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from fengsui.kit.errors import BadInput, Finding, NotFound
from fengsui.watch.series import MISSING, Series

DAY, WEEK = 1, 7
AROUND = 8  # known counts on either side whose median stands for one that is missing
MOST_MISSING = 0.3  # share of a series that may be filled in; beyond it nothing is judged
ALL_AGES = ""
COLUMNS = ("series_id", "t", "date", "freq", "observed", "population", "state")
WHAT = ("source", "disease", "area", "age")
MOST_FINDINGS = 20


class Key(NamedTuple):
    """What a series counts: of which stream, which disease, where, at which ages ("" for all)."""

    source: str
    disease: str
    area: str
    age: str = ALL_AGES

    @property
    def name(self) -> str:
        """The name of the series in tables."""
        return "/".join((self.source, self.disease, self.area, *([self.age] if self.age else [])))


@dataclass(frozen=True, eq=False)
class Counts:
    """``observed``: float[n_series, n_steps], NaN where nobody knows; ``dates``: the first day of each step.

    ``step``: days of a step (1, 7). ``population``: float of the same shape, what each count is out of
    (tests behind positives), or None. ``depth``: how deep each area lies in the tree, 0 the top.
    """

    keys: tuple[Key, ...]
    dates: np.ndarray
    observed: np.ndarray
    step: int = WEEK
    population: np.ndarray | None = None
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def freq(self) -> int:
        """Steps in a year."""
        return 365 if self.step == DAY else 52

    @property
    def is_known(self) -> np.ndarray:
        """bool[n_series, n_steps]: where somebody knows."""
        return ~np.isnan(self.observed)

    def pick(self, chosen: Sequence[int]) -> "Counts":
        """Some of the series."""
        rows = np.asarray(chosen, dtype=np.int64)
        out_of = None if self.population is None else self.population[rows]
        return Counts(tuple(self.keys[i] for i in rows), self.dates, self.observed[rows], self.step, out_of)

    def last(self, n: int) -> "Counts":
        """The last steps of every series."""
        first = max(len(self.dates) - n, 0)
        out_of = None if self.population is None else self.population[:, first:]
        return Counts(self.keys, self.dates[first:], self.observed[:, first:], self.step, out_of)

    def table(self) -> pa.Table:
        """One row a series and step, in the columns of the reference and what the series counts; null where
        nobody knows.
        """
        n, steps = self.observed.shape
        names = pa.DictionaryArray.from_arrays(
            np.repeat(np.arange(n, dtype=np.int32), steps),
            pa.array([key.name for key in self.keys], pa.string()),
        )
        what = {
            word: pa.DictionaryArray.from_arrays(
                np.repeat(np.arange(n, dtype=np.int32), steps),
                pa.array([getattr(key, word) for key in self.keys], pa.string()),
            )
            for word in WHAT
        }
        flat = self.observed.ravel()
        none = pa.nulls(n * steps, pa.float64())
        return pa.table(
            {
                "series_id": names,
                "t": np.tile(np.arange(1, steps + 1), n),
                "date": pa.array(np.tile(self.dates, n), pa.date32()),
                "freq": np.full(n * steps, self.freq),
                "observed": pa.array(flat, mask=np.isnan(flat)),
                "population": none
                if self.population is None
                else pa.array(self.population.ravel(), from_pandas=True),
                "state": pa.nulls(n * steps, pa.int64()),
                **what,
            }
        )


@dataclass(frozen=True, eq=False)
class Judged:
    """Complete stretches of some series for the detectors. ``rows``: which series of the counts each is.

    ``starts``: the step (from 0) of the first count of each stretch. Names are the places in ``rows``.
    """

    series: list[Series]
    rows: np.ndarray
    starts: np.ndarray


def complete(counts: Counts) -> Judged:
    """The stretches detectors can take: from the first to the last known count, gaps filled in."""
    known = counts.is_known
    series, rows, starts = [], [], []
    dates = counts.dates.astype("datetime64[D]")
    is_whole = known.all(axis=1)
    for i in range(len(counts)):
        low, high = (0, known.shape[1]) if is_whole[i] else _known_span(known[i])
        if high - low < 2 or (~known[i, low:high]).mean() > MOST_MISSING:
            continue
        y = counts.observed[i, low:high]
        if not is_whole[i]:
            y = filled_in(y)
        series.append(Series(str(len(rows)), np.maximum(y, 0.0), counts.freq, dates[low:high]))
        rows.append(i)
        starts.append(low)
    return Judged(series, np.array(rows, dtype=np.int64), np.array(starts, dtype=np.int64))


def _known_span(known: np.ndarray) -> tuple[int, int]:
    where = np.flatnonzero(known)
    return (int(where[0]), int(where[-1]) + 1) if len(where) else (0, 0)


def filled_in(y: np.ndarray) -> np.ndarray:
    """A series with the median of the known counts around in place of each that is missing."""
    missing = np.flatnonzero(np.isnan(y))
    if not len(missing):
        return y
    there = np.flatnonzero(~np.isnan(y))
    out = y.copy()
    for i in missing:
        at = np.searchsorted(there, i)
        out[i] = np.floor(np.median(y[there[max(at - AROUND, 0) : at + AROUND]]))
    return out


def read_counts(path: Path) -> Counts:
    """The series of a CSV file ``series_id,date,observed[,population,source,disease,area,age]``.

    Empty or NA is a count nobody knows, and so is a step that is not there. The step is a week where all
    dates of the file are weeks apart, else a day. Without ``area`` and the others, the series is taken to be
    of the area it is named after. BadInput names the rows that cannot be taken.
    """
    table = _read(path)
    days = table["date"].cast(pa.int32()).to_numpy()
    observed = table["observed"].to_numpy()
    bad = np.flatnonzero(np.isinf(observed) | (observed < 0))
    if len(bad):
        found = (
            Finding(f"{path}: row {i + 2}", "observed", str(observed[i]), "a count")
            for i in bad[:MOST_FINDINGS]
        )
        raise BadInput(str(path), tuple(found))
    offset = days - days.min() if len(days) else days
    step = WEEK if len(days) and not (offset % WEEK).any() else DAY
    names = table["series_id"].combine_chunks().dictionary_encode()
    rows, at = names.indices.to_numpy(), offset // step
    shape = (len(names.dictionary), int(at.max()) + 1 if len(at) else 0)
    array = np.full(shape, np.nan)
    _refuse_twice(path, rows, at)
    array[rows, at] = observed
    out_of = None
    if "population" in table.column_names and table["population"].null_count < table.num_rows:
        out_of = np.full(shape, np.nan)
        out_of[rows, at] = table["population"].to_numpy()
    first = np.zeros(shape[0], dtype=np.int64)
    first[rows[::-1]] = np.arange(len(rows))[::-1]
    keys = _keys(table.take(first), names.dictionary.to_pylist())
    dates = (days.min() if len(days) else 0) + step * np.arange(shape[1])
    return Counts(keys, dates.astype("datetime64[D]"), array, step, out_of)


def _read(path: Path) -> pa.Table:
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    types = {name: pa.string() for name in ("series_id", *WHAT)}
    types |= {"date": pa.date32(), "observed": pa.float64(), "population": pa.float64()}
    options = csv.ConvertOptions(column_types=types, null_values=MISSING, strings_can_be_null=False)
    try:
        table = csv.read_csv(path, convert_options=options)
    except pa.ArrowInvalid as error:
        raise BadInput(str(path), (Finding(str(path), "file", str(error), "a table of series"),)) from error
    needed = ("series_id", "date", "observed")
    lacking = [name for name in needed if name not in table.column_names]
    if lacking:
        raise BadInput(
            str(path), tuple(Finding(str(path), name, "no such column", "a column") for name in lacking)
        )
    undated = np.flatnonzero(pc.is_null(table["date"]).to_numpy(zero_copy_only=False))
    if len(undated):
        found = (Finding(f"{path}: row {i + 2}", "date", "nothing", "a day") for i in undated[:MOST_FINDINGS])
        raise BadInput(str(path), tuple(found))
    return table


def _refuse_twice(path: Path, rows: np.ndarray, at: np.ndarray) -> None:
    cells = rows.astype(np.int64) * (int(at.max()) + 1 if len(at) else 1) + at
    _, first = np.unique(cells, return_index=True)
    if len(first) < len(cells):
        again = np.setdiff1d(np.arange(len(cells)), first)[:MOST_FINDINGS]
        found = (
            Finding(f"{path}: row {i + 2}", "date", "the same step again", "each step once") for i in again
        )
        raise BadInput(str(path), tuple(found))


def _keys(table: pa.Table, names: Sequence[str]) -> tuple[Key, ...]:
    said = {word: table[word].to_pylist() for word in WHAT if word in table.column_names}
    return tuple(
        Key(
            said["source"][i] if "source" in said else "series",
            said["disease"][i] if "disease" in said else "cases",
            said["area"][i] if "area" in said else name,
            said["age"][i] if "age" in said else ALL_AGES,
        )
        for i, name in enumerate(names)
    )
