"""Replay from Parquet: years of facts, or a nation's, in one pass and in little memory.

The file holds facts as columns of numbers (subject, kind, at, recorded_at, key, place, and one
column a field of data); what the numbers stand for is in the schema's metadata under "fengsui".
Subjects are taken part by part, so that the working set stays small whatever the file's size.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq

from fengsui.facts.fact import Fact
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import NEVER
from fengsui.loops.bulk import Derivation
from fengsui.loops.columns import Columns
from fengsui.loops.kernel_group import count, scatter, unpack
from fengsui.loops.kernel_status import STATUSES, Kept, harvest

PART = 1 << 16  # subjects at a time
NEEDED = ("subject", "kind", "at", "recorded_at", "key", "place")


@dataclass(frozen=True)
class Replayed:
    """What follows from a file of facts at a moment.

    ``counts``: duties by status. ``status`` (uint8, index into ``STATUSES``) and ``met_by`` (int32, the
    row of the fact, -1 none) have one entry a duty, loop after loop. ``breaks``: every break that
    stands or ever stood, as arrays of one length; ``loop`` counts loops in the file's subject order,
    ``key`` is an index into ``keys``, ``until_at`` is NEVER while it stands.
    """

    n_facts: int
    n_loops: int
    counts: Mapping[str, int]
    status: np.ndarray
    met_by: np.ndarray
    breaks: Mapping[str, np.ndarray]
    keys: tuple[str, ...]


def replay(
    path: Path,
    derivation: Derivation,
    name: str,
    *,
    now: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Replayed:
    """Every duty and every break of protocol ``name`` that follows from the facts of a file at ``now``.

    Facts sent twice (same subject, key and time) count once. Raises BadInput for a file that is not
    laid out as told above.
    """
    return _Replay(path, derivation, name, now).run(progress)


class _Replay:
    def __init__(self, path: Path, derivation: Derivation, name: str, now: int) -> None:
        self.derivation, self.name, self.now = derivation, name, now
        self.fields = {f.split(":", 1)[1]: i for f, i in derivation.fields.items()}
        self.table, self.codes = _read(path, self.fields, derivation)
        confirm = {v.confirm_after for v in derivation.rules.versions[name]}
        self.confirm_after = max(confirm)

    def run(self, progress: Callable[[int, int], None]) -> Replayed:
        """Part after part."""
        n_subjects = int(self.table["subject"].max()) + 1 if len(self.table["subject"]) else 0
        counts = np.zeros(len(STATUSES), np.int64)
        parts: list[Kept] = []
        n_loops = n_facts = 0
        for lo in range(0, n_subjects, PART):
            cols = self._columns(lo, min(n_subjects, lo + PART))
            table = self.derivation.derive(self.name, cols)
            parts.append(self._harvest(table, cols, n_loops, counts))
            n_loops, n_facts = n_loops + len(table), n_facts + len(cols.when)
            progress(min(n_subjects, lo + PART), n_subjects)
        joined = Kept(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True))) if parts else None
        return Replayed(
            n_facts=n_facts,
            n_loops=n_loops,
            counts={str(s): int(c) for s, c in zip(STATUSES, counts, strict=True)},
            status=joined.status if joined else np.empty(0, np.uint8),
            met_by=joined.met_by if joined else np.empty(0, np.int32),
            breaks={n: getattr(joined, n) for n in Kept._fields[2:]} if joined else {},
            keys=self.derivation.key_names,
        )

    def _columns(self, lo: int, hi: int) -> Columns:
        t = self.table
        start = np.empty(hi - lo + 1, np.int64)
        n = count(t["subject"], lo, hi, start)
        pack = np.empty((n, 4), np.int64)
        args = (t["subject"], t["at"], t["recorded_at"], t["key"], t["code"], t["place"])
        scatter(*args, self.codes["place"], lo, hi, start, pack)
        long, short = np.empty((3, n), np.int64), np.empty((3, n), np.int32)
        cols = Columns(start, long[0], short[0], short[1], short[2], np.empty((1, 0), np.int64), *long[1:])
        m = unpack(pack, start, cols)
        extra = np.full((max(1, len(self.fields)), m), -1, np.int64)
        for field, i in self.fields.items():
            if field in t:
                extra[i] = self.codes[field][t[field][cols.ref[:m]]]
        return Columns(start, *(a[:m] for a in cols[1:5]), extra, cols.ref[:m], cols.tie[:m])

    def _harvest(self, table, cols: Columns, first_loop: int, counts: np.ndarray) -> Kept:
        n = len(table.times)
        kept = Kept(
            *(np.empty(n, kind) for kind in (np.uint8, np.int32, np.int32, np.int16, np.int16, np.int32)),
            *(np.empty(n, np.int64) for _ in range(2)),
        )
        breaks = harvest(
            table.times, table.refs, cols.ref, first_loop, self.now, self.confirm_after, counts, kept, 0, 0
        )
        return Kept(kept.status, kept.met_by, *(a[:breaks].copy() for a in kept[2:]))


def _read(path: Path, fields: Mapping[str, int], d: Derivation) -> tuple[dict, dict[str, np.ndarray]]:
    """The columns as arrays, and for each field what its numbers are to the kernel."""
    file = pq.ParquetFile(path)
    names = set(file.schema_arrow.names)
    said = (file.schema_arrow.metadata or {}).get(b"fengsui")
    missing = tuple(
        Finding(path.name, column, "no such column", "int") for column in NEEDED if column not in names
    )
    if said is None:
        missing += (Finding(path.name, "schema metadata", "no entry", 'JSON under "fengsui"'),)
    if missing:
        raise BadInput(f"{path.name} is not a file of facts", missing)
    tested = sorted({f for fs in d.codebook.asked.values() for f in fs if f in names})
    wanted = [*NEEDED, *{*tested, *(f for f in fields if f in names)}]
    table = _arrays(file, wanted)
    codes = msgspec.json.decode(said)["codes"]
    table["code"] = _looks(table, codes, tested, d)
    numbers = {"place": np.array([*(d.places.number(c) for c in codes["place"]), -1], np.int32)}
    for use, name in (field.split(":", 1) for field in d.fields):
        if name in names:
            none = NEVER if use == "time" else -1
            known = codes.get(name, codes["place"] if use == "area" else ())
            numbers[name] = np.array([*(_number(use, value, d) for value in known), none])
    return table, numbers


def _arrays(file: pq.ParquetFile, wanted: list[str]) -> dict[str, np.ndarray]:
    """The columns, read row group by row group into place: never twice in memory."""
    schema, at = file.schema_arrow, 0
    table = {c: np.empty(file.metadata.num_rows, schema.field(c).type.to_pandas_dtype()) for c in wanted}
    for group in range(file.num_row_groups):
        read = file.read_row_group(group, columns=wanted)
        for column in wanted:
            table[column][at : at + len(read)] = read[column].to_numpy()
        at += len(read)
    return table


def _looks(table: dict, codes: Mapping[str, list], tested: list[str], d: Derivation) -> np.ndarray:
    """The kernel's code of every row, from its kind and the fields that some pattern tests."""
    columns = ["kind", *tested]
    looks = np.zeros([len(codes[c]) for c in columns], np.int32)
    for at in product(*(range(n) for n in looks.shape)):
        kind, *values = (codes[c][i] for c, i in zip(columns, at, strict=True))
        data = {f: v for f, v in zip(tested, values, strict=True) if v}
        looks[at] = d.codebook.code(Fact(kind, "", 0, 0, "", "", data=data))
    return looks[tuple(table[c] for c in columns)]


def _number(use: str, value: object, d: Derivation) -> int:
    match use:
        case "area":
            return d.places.number(str(value))
        case "key":
            return d.keys.get(str(value), -1)
        case "time":
            return int(value)
    return d.words.number(value)
