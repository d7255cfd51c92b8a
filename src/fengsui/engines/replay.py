"""Replay from Parquet: years of facts, or a nation's, in one pass and in little memory.

The file holds facts as columns of numbers (subject, kind, at, recorded_at, key, place, and one
column a field of data); what the numbers stand for is in the schema's metadata under "fengsui".
What is read is sorted into buckets of subjects at once, and a bucket is derived beside the processor, in
arrays that are used again: on most machines memory written for the first time is what costs most.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow.parquet as pq

from fengsui.facts.fact import Fact
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import NEVER
from fengsui.loops.bulk import Derivation, columns_for
from fengsui.loops.columns import Columns
from fengsui.loops.kernel_group import CHUNK, Buckets, Dictionary, arrange, size_of, spread
from fengsui.loops.kernel_status import STATUSES, Kept, harvest

SUBJECT_BITS, MOST_BUCKETS = 10, 4_096  # subjects of a bucket: 1024, unless that made too many buckets
WORD_BITS = 63
NEEDED = ("subject", "kind", "at", "recorded_at", "key", "place")
Group = Mapping[str, np.ndarray]  # some rows, column by column


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
    file = FactFile(path, derivation)
    return replay_rows(file, file.groups(), name, now=now, progress=progress)


def replay_rows(
    file: "FactFile",
    groups: Iterable[Group],
    name: str,
    *,
    now: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Replayed:
    """``replay`` for rows that are read already or are just being read."""
    d = file.derivation
    buckets, n_facts = file.in_buckets(groups), 0
    counts, kept = np.zeros(len(STATUSES), np.int64), _Found()
    space = d.space(name, asks_reached=False)
    confirm_after = max(v.confirm_after for v in d.rules.versions[name])
    n_loops = n_rows = n_breaks = 0
    for cols, done in file.by_bucket(buckets):
        table = d.derive(name, cols, space)
        some = kept.with_room(n_rows + len(table.times), n_breaks + len(table.times))
        n_rows, n_breaks = harvest(
            table.heads, table.times, table.refs, cols.ref, n_loops, now, confirm_after, counts, some,
            n_rows, n_breaks,
        )  # fmt: skip
        n_loops, n_facts = n_loops + len(table), n_facts + int(cols.start[-1])
        progress(done, file.n_subjects)
    status, met_by, *breaks = kept.cut(n_rows, n_breaks)
    return Replayed(
        n_facts=n_facts,
        n_loops=n_loops,
        counts={str(s): int(c) for s, c in zip(STATUSES, counts, strict=True)},
        status=status,
        met_by=met_by,
        breaks=dict(zip(Kept._fields[2:], breaks, strict=True)),
        keys=d.key_names,
    )


class _Found:
    """What is kept, in arrays that grow where they are."""

    def __init__(self) -> None:
        kinds = (np.uint8, np.int32, np.int32, np.int16, np.int16, np.int32, np.int64, np.int64)
        self._arrays = Kept(*(np.empty(0, kind) for kind in kinds))

    def with_room(self, rows: int, breaks: int) -> Kept:
        """The arrays, with room for so many."""
        for i, array in enumerate(self._arrays):
            needed = rows if i < 2 else breaks
            if len(array) < needed:
                array.resize(2 * needed, refcheck=False)
        return self._arrays

    def cut(self, rows: int, breaks: int) -> Kept:
        """The arrays, as long as what is in them."""
        for i, array in enumerate(self._arrays):
            array.resize(rows if i < 2 else breaks, refcheck=False)
        return self._arrays


class _Told(NamedTuple):
    """A field of the file: its column there, where its digits begin, and which kinds are asked for it."""

    name: str
    offset: int
    asks: np.ndarray | None  # bool by kind; None: it can be read of all


class FactFile:
    """A Parquet file of facts, and what its numbers are to the kernel of a derivation.

    BadInput if it is not laid out as told above.
    """

    def __init__(self, path: Path, derivation: Derivation) -> None:
        self.derivation = derivation
        self._file = pq.ParquetFile(path)
        codes = _codes(self._file, path.name)
        d, names = derivation, set(self._file.schema_arrow.names)
        tested = sorted({f for fields in d.codebook.asked.values() for f in fields if f in names})
        self._tested, self._looks = tested, _looks(codes, tested, d)
        place = [d.places.number(code) for code in codes["place"]]
        entries = [np.arange(len(d.codebook)), np.array([-1, *place])]
        self._told: list[list[_Told]] = [[_Told("place", 0, None)]]
        for column in range(d.fields.width):
            told, entry = _column(column, codes, names, d)
            entries.append(entry)
            self._told.append(told)
        self._columns = sorted({*NEEDED, *tested, *(told.name for of in self._told for told in of)})
        self._shifts, self._dictionary = _dictionary(entries)
        self.n_facts = self._file.metadata.num_rows
        self.n_subjects = _range(self._file, "subject")[1] + 1 if self.n_facts else 0

    def groups(self) -> Iterator[Group]:
        """The rows as they are read, some at a time."""
        for i in range(self._file.num_row_groups):
            read = self._file.read_row_group(i, columns=self._columns)
            yield {name: read[name].to_numpy() for name in self._columns}

    def in_buckets(self, groups: Iterable[Group]) -> Buckets:
        """The rows sorted into buckets of subjects."""
        bits = max(SUBJECT_BITS, (self.n_subjects // MOST_BUCKETS).bit_length())
        n_buckets = (self.n_subjects >> bits) + 1
        layout = self._layout(bits)
        n_chunks = self.n_facts // CHUNK + n_buckets + 1
        buckets = Buckets(
            lines=np.empty((n_chunks * CHUNK, int(layout[:, 0].max()) + 1), np.int64),
            layout=layout,
            next=np.full(n_buckets, -1, np.int64),
            previous=np.empty(n_chunks, np.int64),
            used=np.zeros(1, np.int64),
            bits=bits,
        )
        first = 0
        for g in groups:
            spread(g["subject"], g["at"], g["recorded_at"], g["key"], self._look(g), first, buckets)
            first += len(g["subject"])
        return buckets

    def by_bucket(self, buckets: Buckets) -> Iterator[tuple[Columns, int]]:
        """The columns of one bucket after the other, good until the next, and how many subjects there were.

        The columns may be longer than ``start`` says.
        """
        size, fields = 1 << buckets.bits, self.derivation.fields.width
        cols, lines = columns_for(0, 0, fields=fields), np.empty((0, buckets.lines.shape[1]), np.int64)
        for b in range(len(buckets.next)):
            first = b << buckets.bits
            done = min(self.n_subjects, first + size)
            n = size_of(buckets, b)
            if n > len(lines):
                lines = np.empty((n + n // 4, lines.shape[1]), np.int64)
                cols = columns_for(0, n + n // 4, fields=fields)
                cols.extra[:] = -1
            start = np.zeros(done - first + 1, np.int64)
            arrange(buckets, b, self._dictionary, lines, start, cols)
            yield cols._replace(start=start), done

    def columns(self) -> Columns:
        """The columns of all subjects."""
        parts, n = [], 0
        for cols, _ in self.by_bucket(self.in_buckets(self.groups())):
            m = int(cols.start[-1])
            parts.append(Columns(cols.start[:-1] + n, *(column[..., :m].copy() for column in cols[1:])))
            n += m
        joined = Columns(*(np.concatenate(each, axis=-1) for each in zip(*parts, strict=True)))
        return joined._replace(start=np.append(joined.start, n))

    def _look(self, group: Group) -> np.ndarray:
        """int64: of every row, how it looks to the kernel, as bits of the dictionary."""
        index = group["kind"].astype(np.int64)
        for column, n in zip(self._tested, self._looks.shape[1:], strict=True):
            index *= n
            index += group[column]
            index += 1
        look = self._looks.ravel()[index]
        for of, shift in zip(self._told, self._shifts[1:-1], strict=True):
            for told in of:
                digit = (group[told.name].astype(np.int64) + (told.offset + 1)) << shift
                look |= digit if told.asks is None else np.where(told.asks[group["kind"]], digit, 0)
        return look

    def _layout(self, subject_bits: int) -> np.ndarray:
        """``Buckets.layout``: two words if everything fits, else a word each."""
        whens = [_range(self._file, column) for column in ("at", "recorded_at")]
        least = min(lo for lo, _ in whens), _range(self._file, "key")[0]
        when = (max(hi for _, hi in whens) - least[0]).bit_length()
        key = (_range(self._file, "key")[1] - least[1]).bit_length()
        look, row = self._shifts[-1], self.n_facts.bit_length()
        if subject_bits + when + look > WORD_BITS or key + row > WORD_BITS:
            return np.array([(i, 0, -1, 0) for i in range(5)], np.int64)
        ones = [(1 << n) - 1 for n in (subject_bits, when, key, row, look)]
        words, shifts = (0, 0, 1, 1, 0), (0, subject_bits, 0, key, subject_bits + when)
        return np.array(list(zip(words, shifts, ones, (0, *least, 0, 0), strict=True)), np.int64)


def _column(
    column: int, codes: Mapping[str, list], names: Collection[str], d: Derivation
) -> tuple[list[_Told], np.ndarray]:
    """The fields of the file that stand in one column of the kernel, and what their digits stand for."""
    told, entry = [], [-1]
    fields = [field.partition(":")[::2] for field, c in d.fields.columns.items() if c == column]
    for use, name in fields:
        if name not in names:
            continue
        asks = [(column, use, name) in d.fields.readers.get(kind, ()) for kind in codes["kind"]]
        known = codes.get(name, codes["place"] if use == "area" else ())
        told.append(_Told(name, len(entry), np.array(asks)))
        entry += [NEVER if use == "time" else -1, *(_number(use, value, d) for value in known)]
    if len(fields) == 1 and told:  # nothing else stands there, so it does not matter who asks
        told, entry = [told[0]._replace(offset=0, asks=None)], entry[1:]
    return told, np.array(entry)


def _codes(file: pq.ParquetFile, name: str) -> dict[str, list]:
    """What the numbers in the file stand for."""
    names = set(file.schema_arrow.names)
    said = (file.schema_arrow.metadata or {}).get(b"fengsui")
    missing = tuple(
        Finding(name, column, "no such column", "int") for column in NEEDED if column not in names
    )
    if said is None:
        missing += (Finding(name, "schema metadata", "no entry", 'JSON under "fengsui"'),)
    if missing:
        raise BadInput(f"{name} is not a file of facts", missing)
    return msgspec.json.decode(said)["codes"]


def _range(file: pq.ParquetFile, column: str) -> tuple[int, int]:
    """The least and the greatest number of a column, as the file's statistics say; read if they do not."""
    at, found = file.schema_arrow.names.index(column), []
    for i in range(file.num_row_groups if file.metadata.num_rows else 0):
        said = file.metadata.row_group(i).column(at).statistics
        if said is not None and said.has_min_max:
            found += [int(said.min), int(said.max)]
        else:
            read = file.read_row_group(i, columns=[column])[column].to_numpy()
            found += [int(read.min()), int(read.max())]
    return (min(found), max(found)) if found else (0, 0)


def _dictionary(entries: list[np.ndarray]) -> tuple[list[int], Dictionary]:
    """Where the bits of each digit begin, and of all of them end; and what the digits stand for."""
    shifts, digits, first = [0], [], 0
    for known in entries:
        n_bits = (len(known) - 1).bit_length()
        digits.append((shifts[-1], (1 << n_bits) - 1, first))
        shifts.append(shifts[-1] + n_bits)
        first += len(known)
    if shifts[-1] > WORD_BITS:
        raise BadInput(f"the fields protocols read have more than 2^{WORD_BITS} combinations of values")
    return shifts, Dictionary(np.array(digits, np.int64), np.concatenate(entries).astype(np.int64))


def _looks(codes: Mapping[str, list], tested: list[str], d: Derivation) -> np.ndarray:
    """The kernel's code for each kind and each value, or none, of the fields that some pattern tests."""
    known = [codes["kind"], *((None, *codes[column]) for column in tested)]
    looks = np.zeros([len(values) for values in known], np.int64)
    for at in product(*(range(n) for n in looks.shape)):
        kind, *values = (values[i] for values, i in zip(known, at, strict=True))
        data = {f: v for f, v in zip(tested, values, strict=True) if v}
        looks[at] = d.codebook.code(Fact(kind, "", 0, 0, "", "", data=data))
    return looks


def _number(use: str, value: object, d: Derivation) -> int:
    match use:
        case "area":
            return d.places.number(str(value))
        case "key":
            return d.keys.get(str(value), -1)
        case "time":
            return int(value)
    return d.words.number(value)
