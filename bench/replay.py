"""Replay: from a Parquet file of facts to the state of every obligation and the list of all breaks.

Beside it, answering the same (states, when breaks began and ended, which fact fulfilled what): set SQL in
DuckDB and PostgreSQL, expressions in Polars, the readable meaning in Python, and a BPMN engine. All must
give the same answer, or there is no comparison.
"""

import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import Measured, Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.rules import NAME, inbound, rules_of, world
from bench.house.watch import Part, Watch
from bench.house.workload import SMALL, Workload
from bench.house.workload import inbound as inbound_file
from bench.peers.answer import STATES, agree, answer_of
from bench.peers.postgres_server import NotInstalled, program
from fengsui.engines.replay import FactFile, Replayed, replay, replay_rows
from fengsui.loops.bulk import Derivation

FULL = 846_000  # loops: ten million facts
PYTHON_LOOPS, SPIFF_LOOPS = 10_000, 500  # what the slow ones can bear


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are loops."""
    return run("replay", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """Measure all sides and compare."""
    small = inbound_file(ask.folder, min(SMALL, ask.size))
    large = inbound_file(ask.folder, ask.size)
    measured = {m.side.name: m for m in in_turn(_sides(large, small), runs=ask.runs, tell=ask.tell)}
    agree((name, m.value) for name, m in measured.items())
    slow = [*_slow(ask, "Python", most=PYTHON_LOOPS), *_slow(ask, "SpiffWorkflow", most=SPIFF_LOOPS)]
    return [*_table(measured, large.facts), *slow]


def _sides(large: Workload, small: Workload) -> list[Side]:
    given = {"path": large.path, "now": large.now}
    warm = given | {"small": small.path}
    sides = [
        Side("Fengsui", "bench.replay:from_file", warm),
        Side("DuckDB", "bench.peers.duckdb_sql:from_file", warm),
        Side("Polars", "bench.peers.polars_frames:from_file", warm),
        Side("Fengsui, read already", "bench.replay:from_memory", warm),
        Side("DuckDB, read already", "bench.peers.duckdb_sql:from_memory", warm),
        Side("Polars, read already", "bench.peers.polars_frames:from_memory", warm),
    ]
    try:
        program("postgres")
    except NotInstalled:
        return sides
    return [*sides, Side("PostgreSQL", "bench.peers.postgres_sql:from_file", given)]


def _table(measured: dict[str, Measured], facts: int) -> list[Row]:
    """Whole, alone, and the kernel by itself; each peer under ours."""
    whole = [("", "Fengsui"), ("DuckDB", "DuckDB"), ("Polars", "Polars"), ("PostgreSQL", "PostgreSQL")]
    alone = [(peer, f"{side}, read already") for peer, side in whole[:3]] + [("PostgreSQL", "PostgreSQL")]
    made = _block("replay from the file", _there(whole, measured), part="all", clock="cpu")
    made += _block("replay from the file, on the wall", _there(whole, measured), part="all", clock="wall")
    made += _block("replay, facts in memory", _there(alone, measured), part="derive", clock="cpu")
    kernel = measured["Fengsui, read already"]
    rates = [facts / cpu for cpu in kernel.cpu("kernel")]
    made.append(row_of("kernel alone", [rate / 1e6 for rate in rates], "M facts/CPU-s"))
    copied = measured.get("PostgreSQL")
    if copied:
        made.append(row_of("rows into the table", copied.cpu("copy"), "CPU-s", peer="PostgreSQL"))
    return made


def _there(sides: Iterable[tuple[str, str]], measured: dict[str, Measured]) -> list[tuple[str, Measured]]:
    return [(peer, measured[side]) for peer, side in sides if side in measured]


def _block(name: str, sides: list[tuple[str, Measured]], *, part: str, clock: str) -> list[Row]:
    made: list[Row] = []
    for peer, m in sides:
        # Taking rows into PostgreSQL is counted apart, so that it is not held against its derivation.
        kept = part if part in m.rounds[0].parts else "all"
        values = m.cpu(kept) if clock == "cpu" else m.wall(kept)
        unit = "CPU-s" if clock == "cpu" else "s"
        made.append(row_of(name, values, unit, peer=peer, own=made[0] if made else None, peak_mb=m.peak_mb))
    return made


def _slow(ask: Ask, peer: str, *, most: int) -> list[Row]:
    """Per fact, on as many loops as a slow peer can bear; ours beside it on the same file."""
    file = inbound_file(ask.folder, min(most, ask.size))
    given = {"path": file.path, "now": file.now}
    function = {"Python": "bench.peers.readable:from_file", "SpiffWorkflow": "bench.peers.spiff:from_file"}[
        peer
    ]
    own, other = in_turn(
        [
            Side("Fengsui", "bench.replay:from_file", given | {"small": file.path}),
            Side(peer, function, given | ({"loops": file.loops} if peer == "SpiffWorkflow" else {})),
        ],
        runs=ask.runs,
        tell=ask.tell,
    )
    agree([("Fengsui", own.value), (peer, other.value)])
    name = f"replay of {file.loops:,} loops"
    ours = row_of(name, _per_fact(own, file.facts), "CPU-µs/fact", peak_mb=own.peak_mb)
    theirs = _per_fact(other, file.facts)
    return [ours, row_of(name, theirs, "CPU-µs/fact", peer=peer, own=ours, peak_mb=other.peak_mb)]


def _per_fact(m: Measured, facts: int) -> list[float]:
    return [cpu / facts * 1e6 for cpu in m.cpu("all")]


def from_file(watch: Watch, *, path: str, small: str, now: int) -> dict[str, object]:
    """Our side, everything from the file on."""
    derivation = Derivation(rules_of(inbound()), world())
    replay(Path(small), derivation, NAME, now=now)  # loads the compiled kernel
    with watch.part("all"):
        found = replay(Path(path), derivation, NAME, now=now)
    return _answer(found, path, now=now)


def from_memory(watch: Watch, *, path: str, small: str, now: int) -> dict[str, object]:
    """Our side with the columns read already: ``derive`` is all of it, ``kernel`` the derivation in it."""
    derivation = Derivation(rules_of(inbound()), world())
    replay(Path(small), derivation, NAME, now=now)
    file = FactFile(Path(path), derivation)
    groups = list(file.groups())
    in_kernel = [0.0]

    def timed(name: str, cols: object, space: object, *, derive=derivation.derive) -> object:
        begun = time.process_time()
        table = derive(name, cols, space)
        in_kernel[0] += time.process_time() - begun
        return table

    derivation.derive = timed  # an attribute of this one object: the part that is the kernel's
    with watch.part("derive"):
        found = replay_rows(file, groups, NAME, now=now)
    watch.parts["kernel"] = Part(in_kernel[0], in_kernel[0])
    return _answer(found, path, now=now)


def _answer(found: Replayed, path: str, *, now: int) -> dict[str, object]:
    """What all sides are compared by; computed outside the clock."""
    counts = {STATES.index(name): n for name, n in found.counts.items()}
    keys = pq.read_table(path, columns=["key"])["key"].to_numpy()
    names = list(found.counts)
    met = found.met_by[np.isin(found.status, [names.index("fulfilled"), names.index("late")])]
    since, until = found.breaks["from_at"], found.breaks["until_at"]
    return answer_of(counts, since, until, now=now, met_by=keys[met].sum(dtype=np.int64)).as_json()


if __name__ == "__main__":
    sys.exit(main())
