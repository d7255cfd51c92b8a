"""The made-up input: inbound travellers by the million, made once for each size and kept in a file."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.house.rules import world
from fengsui.drill.calendar import Calendar
from fengsui.drill.stream import AS_OF_DAY, ENTRY, KINDS, RESULTS, Stream, stream
from fengsui.drill.world import world_of
from fengsui.kit.instant import DAY

SEED = 20210801
START_AT = 1_627_747_200  # 2021-08-01 00:00 in Hohhot
RECIPE = 2  # part of the file's name: counts up when the same parameters give other rows

SMALL = 1_000  # loops of the file peers warm up on


@dataclass(frozen=True, slots=True)
class Workload:
    """A file of facts, how many facts and loops are in it, and the moment it is looked at from."""

    path: str
    facts: int
    loops: int
    now: int


def inbound(folder: Path, loops: int, *, day: int = AS_OF_DAY) -> Workload:
    """The file of so many travellers, in arrival order, as far as recorded by a day; made if it is not there.

    People arrive for sixty days. Before the last of them came there are fewer loops than were asked for.
    """
    path = folder / f"inbound-{loops}-{day}-{SEED}-{RECIPE}.parquet"
    if not path.exists():
        being_made = path.with_suffix(".part")
        _write(_until(travellers(loops), START_AT + day * DAY), being_made)
        being_made.rename(path)
    described = pq.ParquetFile(path)
    said = msgspec.json.decode(described.schema_arrow.metadata[b"fengsui"])
    return Workload(str(path), described.metadata.num_rows, said["n_loops"], said["as_of"])


def part_of(file: Workload, first: int, end: int) -> Stream:
    """Some rows of a file as a stream; only the row groups they lie in are read."""
    opened = pq.ParquetFile(file.path)
    said = msgspec.json.decode(opened.schema_arrow.metadata[b"fengsui"])
    names = [f.name for f in fields(Stream) if f.type is np.ndarray]
    read, at = [], 0
    for group in range(opened.num_row_groups):
        size = opened.metadata.row_group(group).num_rows
        if at < end and first < at + size:
            table = opened.read_row_group(group, columns=names)
            read.append(table.slice(max(0, first - at), min(end, at + size) - max(first, at)))
        at += size
    rows = pa.concat_tables(read)
    columns = {name: rows[name].to_numpy() for name in names}
    codes = said["codes"]
    places, laboratories = tuple(codes["place"]), tuple(codes["laboratory"])
    return Stream(**columns, places=places, laboratories=laboratories, n_loops=file.loops, as_of=file.now)


def _write(made: Stream, path: Path) -> None:
    """The columns a replay reads: each laboratory has its own reagent, which the stream need not say."""
    codes = {
        "kind": KINDS,
        "result": RESULTS,
        "place": made.places,
        "laboratory": made.laboratories,
        "reagent": [f"reagent of {name}" for name in made.laboratories],
    }
    said = {"codes": codes, "as_of": made.as_of, "n_loops": made.n_loops}
    table = pa.table(made.columns | {"reagent": made.laboratory})
    table = table.replace_schema_metadata({"fengsui": msgspec.json.encode(said)})
    pq.write_table(table, path, compression="zstd", compression_level=1, use_dictionary=False)


def travellers(loops: int) -> Stream:
    """The travellers as columns. No two deeds of one person fall into one second."""
    region = world().areas.region
    made = stream(
        loops,
        rng=np.random.default_rng(SEED),
        world=world_of(world().areas),
        calendar=Calendar(region.zone, country=region.country),
        start_at=START_AT,
    )
    return _apart(made)


def _until(made: Stream, moment: int) -> Stream:
    """What had been recorded by a moment, which is then the moment it is looked at from."""
    kept = made.recorded_at <= moment
    arrived = int((made.kind[kept] == ENTRY).sum()) if moment < made.as_of else made.n_loops
    columns = {name: column[kept] for name, column in made.columns.items()}
    return replace(made, **columns, as_of=min(moment, made.as_of), n_loops=arrived)


def _apart(made: Stream) -> Stream:
    """Move deeds of one person that fall into one second apart, all deliveries of a deed together.

    Which of two such deeds comes first is a rule of the engine (by a checksum of their names) that a peer
    could follow only at a cost that has nothing to do with the comparison.
    """
    first = np.unique(made.key, return_index=True)[1]
    subject, at = made.subject[first], made.at[first].copy()
    while True:
        order = np.lexsort((at, subject))
        same = (np.diff(subject[order]) == 0) & (np.diff(at[order]) == 0)
        if not same.any():
            break
        at[order[1:][same]] += 1
    moved = np.zeros(int(made.key.max()) + 1, dtype=np.int64)
    moved[made.key[first]] = at
    return replace(made, at=moved[made.key])
