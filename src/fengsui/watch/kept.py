"""A morning, kept as one file, so that it can be looked at without being worked out again.

What is in it follows from the facts; it can be deleted. One row a series: its counts, what was expected, the
bound that held, and how many detectors exceeded theirs, step by step.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from fengsui.watch.counts import DAY, WEEK, Counts, Key
from fengsui.watch.judging import Verdicts
from fengsui.watch.morning import Morning
from fengsui.watch.reporting import Note
from fengsui.watch.signals import EPOCH, Signal

KEEP = {DAY: 63, WEEK: 104}  # steps of each series
MOST_KEPT = 60  # mornings; older files are removed
_META = b"morning"


@dataclass(frozen=True, eq=False)
class Line:
    """One series as it is drawn. Arrays of one length: the first day of each step, counts (NaN: not known),
    expectation and bound (NaN: none), how many detectors exceeded.
    """

    key: Key
    step: int
    days: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    bound: np.ndarray
    alarms: np.ndarray


@dataclass(frozen=True, slots=True)
class Facts:
    """What a morning says beside its series. ``at``: when it was worked out, by what was known then."""

    at: int
    signals: tuple[Signal, ...]
    raised: tuple[str, ...]
    held: tuple[str, ...]
    again: tuple[tuple[str, str], ...]
    cuts: dict[str, float]
    share: float
    load: float
    notes: tuple[Note, ...]
    n_series: int


@dataclass(frozen=True, eq=False)
class Kept:
    """A morning read back."""

    facts: Facts
    table: pa.Table

    def lines(
        self, *, areas: Sequence[str] = (), sources: Sequence[str] = (), all_ages: bool = True
    ) -> list[Line]:
        """The series of some areas and sources (of all, where none is named)."""
        chosen = np.ones(self.table.num_rows, dtype=bool)
        for name, wanted in (("area", areas), ("source", sources)):
            if wanted:
                chosen &= np.isin(self.table[name].to_numpy(zero_copy_only=False).astype(str), list(wanted))
        if all_ages:
            chosen &= self.table["age"].to_numpy(zero_copy_only=False).astype(str) == ""
        return [_line(row) for row in self.table.filter(pa.array(chosen)).to_pylist()]

    def within(self, areas: Iterable[str]) -> "Kept":
        """What of it is about some areas. Thresholds and the load stay: they are those of the region."""
        inside = frozenset(areas)
        table = self.table.filter(pa.array([code in inside for code in self.table["area"].to_pylist()]))
        signals = tuple(one for one in self.facts.signals if not inside.isdisjoint(one.areas))
        notes = tuple(note for note in self.facts.notes if note.key.area in inside)
        facts = replace(self.facts, signals=signals, notes=notes, n_series=table.num_rows)
        return Kept(facts, table)


def folder_beside(db: Path) -> Path:
    """Where the mornings of a region are kept: beside its database."""
    return db.with_name(db.name + ".watch")


def write_morning(folder: Path, found: Morning, *, at: int) -> Path:
    """Keep a morning in a folder, which is made; the same moment again takes the place of what was there."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = [_table(counts, verdicts, found.cuts) for counts, verdicts in found.parts]
    facts = Facts(
        at=at,
        signals=found.signals,
        raised=tuple(one.id for one in found.sorted.raised),
        held=tuple(one.id for one in found.sorted.held),
        again=tuple((one.id, told.id) for one, told in found.sorted.again),
        cuts=dict(found.cuts),
        share=found.share,
        load=found.load,
        notes=found.notes,
        n_series=sum(len(counts) for counts, _ in found.parts),
    )
    table = pa.concat_tables(tables) if tables else pa.table({})
    written = table.replace_schema_metadata({_META: json.dumps(asdict(facts))})
    path = folder / f"{at}.parquet"
    half = path.with_suffix(".half")
    parquet.write_table(written, half, compression="zstd")
    half.replace(path)
    for old in mornings(folder)[:-MOST_KEPT]:
        old.unlink(missing_ok=True)
    return path


def mornings(folder: Path) -> list[Path]:
    """The mornings kept in a folder, the oldest first."""
    found = folder.glob("*.parquet") if folder.is_dir() else ()
    return sorted((path for path in found if path.stem.isdigit()), key=lambda path: int(path.stem))


def latest(folder: Path, *, until: int) -> Kept | None:
    """The last morning up to a moment; None if there is none."""
    found = [path for path in mornings(folder) if int(path.stem) <= until]
    return read_morning(found[-1], found[-1].stat().st_mtime_ns) if found else None


@lru_cache(maxsize=4)
def read_morning(path: Path, changed: int = 0) -> Kept:
    """A morning that was kept. ``changed``: another number makes it be read afresh."""
    table = parquet.read_table(path)
    said = json.loads(table.schema.metadata[_META])  # with NaN, which msgspec does not read
    return Kept(msgspec.convert(said, Facts), table)


def _table(counts: Counts, verdicts: Sequence[Verdicts], cuts: dict[str, float]) -> pa.Table:
    n, steps = counts.observed.shape
    first = max(steps - KEEP[counts.step], 0)
    expected, bound = np.full((2, n, steps), np.nan, dtype=np.float32)
    alarms = np.zeros((n, steps), dtype=np.int8)
    for one in reversed(verdicts):  # of two with a bound the first detector's stays
        with np.errstate(invalid="ignore"):
            effective = one.expected + cuts[one.detector] * (one.bound - one.expected)
        has = ~np.isnan(effective) & (one.bound > one.expected)
        expected[one.row[has], one.at[has]] = one.expected[has]
        bound[one.row[has], one.at[has]] = effective[has]
        over = (one.exceedance > cuts[one.detector]) & (one.observed > one.expected)
        np.add.at(alarms, (one.row[over], one.at[over]), 1)
    columns = {
        "observed": counts.observed.astype(np.float32),
        "expected": expected,
        "bound": bound,
        "alarms": alarms,
    }
    first_day = int((counts.dates[first] - EPOCH).astype(np.int64)) if steps else 0
    return pa.table(
        {
            **{
                name: pa.array([getattr(key, name) for key in counts.keys], pa.string())
                for name in Key._fields
            },
            "step": pa.array(np.full(n, counts.step), pa.int8()),
            "first": pa.array(np.full(n, first_day), pa.int32()),
            **{name: _lists(values[:, first:]) for name, values in columns.items()},
        }
    )


def _lists(values: np.ndarray) -> pa.ListArray:
    offsets = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
    return pa.ListArray.from_arrays(offsets, pa.array(np.ascontiguousarray(values).ravel()))


def _line(row: dict) -> Line:
    n = len(row["observed"])
    arrays = (np.array(row[name], dtype=float) for name in ("observed", "expected", "bound", "alarms"))
    return Line(
        Key(*(row[name] for name in Key._fields)),
        row["step"],
        row["first"] + row["step"] * np.arange(n),
        *arrays,
    )
