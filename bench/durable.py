"""Facts taken durably into SQLite: checked, stored, derived, worklist and transitions written.

Beside it the bare insert of the same rows into the same tables, one transaction a batch: what any program
would pay that does nothing but keep them. Then the cost of a batch at ever longer histories: it follows the
batch. What follows the history is what a process does once, before its first large batch: it takes over the
histories that are kept in the file.

Each run takes a million facts, because what facts are found by is written for many of them at once: a few
batches would miss what that costs.
"""

import sys
from collections.abc import Iterator
from dataclasses import asdict

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import Measured, Round, Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.rules import world
from bench.house.store import checker, copy_of, loops_for, rules, with_history
from bench.house.watch import Part, Watch
from bench.house.workload import Workload, part_of
from bench.house.workload import inbound as inbound_file
from bench.peers.bare_insert import BareTables
from fengsui.engines.sqlite import SqliteStore
from fengsui.facts.batch import Batch

FULL = 10_000_000  # facts in the history: most of those of 1.13 million loops
TAKEN = 1_000_000  # facts of a run
BATCHES = (10_000, 100_000)
HISTORIES = (10_000, 100_000, 1_000_000, 10_000_000)
LAW_BATCH, LAW_BATCHES = 10_000, 5
RUNS = 3  # each copies the database and takes a million facts


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are facts already stored."""
    return run("durable", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """Both batch sizes beside the bare insert, then the cost at each history."""
    made: list[Row] = []
    taken = min(TAKEN, ask.size // 4)
    for size in sorted({min(size, max(10, taken // 4)) for size in BATCHES}):
        made += _beside_bare(ask, size=size, taken=taken)
    return [*made, *_law(ask)]


def _beside_bare(ask: Ask, *, size: int, taken: int) -> list[Row]:
    given = _given(ask, facts=ask.size, size=size, count=taken // size)
    own, bare = in_turn(
        [
            Side("Fengsui", "bench.durable:take", given),
            Side("bare insert", "bench.durable:insert", given),
        ],
        runs=ask.runs or RUNS,
        tell=ask.tell,
    )
    name, total = f"durable, batches of {size:,}", size * (taken // size)
    slowest = max(
        times.wall for r in own.rounds for part, times in r.parts.items() if part.startswith("take")
    )
    note = f"the slowest batch took {slowest:.2f} s; what is found by is written many facts at once"
    ours = row_of(name, _rates(own, total), "k facts/s", peak_mb=own.peak_mb, note=note)
    beside = row_of(
        name,
        _rates(bare, total),
        "k facts/s",
        peer=bare.side.name,
        own=ours,
        peak_mb=bare.peak_mb,
        more_is_better=True,
    )
    cpu = [sum(times.cpu for times in _timed(r)) / total * 1e6 for r in own.rounds]
    checks = [seconds / total * 1e6 for seconds in own.wall("check")]
    return [
        ours,
        beside,
        row_of(f"{name}, processors", cpu, "CPU-µs/fact"),
        row_of(f"{name}: of this, the check", checks, "µs/fact"),
    ]


def _law(ask: Ask) -> list[Row]:
    """What a batch costs at each history."""
    made: list[Row] = []
    size = min(LAW_BATCH, max(100, ask.size // 100))
    for facts in sorted({min(facts, ask.size) for facts in HISTORIES}):
        given = _given(ask, facts=facts, size=size, count=LAW_BATCHES)
        (own,) = in_turn([Side("Fengsui", "bench.durable:take", given)], runs=1, tell=ask.tell)
        parts = own.rounds[0].parts
        values = [parts[f"take {i}"].wall / size * 1e6 for i in range(1, LAW_BATCHES + 1)]
        name = f"a batch of {size:,} after {facts:,} facts"
        cpu = [parts[f"take {i}"].cpu / size * 1e6 for i in range(1, LAW_BATCHES + 1)]
        made += [
            row_of(name, values, "µs/fact", peak_mb=own.peak_mb),
            row_of(f"{name}, processors", cpu, "CPU-µs/fact"),
            row_of(f"the first batch of a process after {facts:,} facts", [parts["first"].cpu], "CPU-s"),
        ]
    return made


def _given(ask: Ask, *, facts: int, size: int, count: int) -> dict[str, object]:
    """A history, and what is to be done after it."""
    ask.tell(f"history of {facts:,} facts")
    loops = loops_for(facts, more=size * (count + 1))
    path = with_history(ask.folder, loops=loops, facts=facts)
    file = asdict(inbound_file(ask.folder, loops))
    return {"path": str(path), "file": file, "facts": facts, "size": size, "count": count}


def _rates(m: Measured, total: int) -> list[float]:
    """Thousands of facts a second of every round, checking included."""
    return [total / sum(times.wall for times in _timed(r)) / 1e3 for r in m.rounds]


def _timed(one: Round) -> list[Part]:
    """What counts of a round: not the first batch, which fills what is kept at hand."""
    return [times for name, times in one.parts.items() if name != "first"]


def take(watch: Watch, *, path: str, file: dict, facts: int, size: int, count: int) -> None:
    """Our side: each batch is checked and taken, and is on disk when its part ends."""
    with copy_of(path) as copy:
        store = SqliteStore.open(copy, rules(), world())
        for i, batch, now in _batches(Workload(**file), facts=facts, size=size, count=count):
            timed = watch if i else Watch()
            with timed.part("check"):
                wrong = list(checker().of_batch(batch))
            with watch.part(f"take {i}" if i else "first"):
                taken = store.take(batch, now=now)
            if wrong or taken.conflicts or taken.new + taken.repeated != len(batch):
                raise ValueError(f"the batch was not taken whole: {wrong[:1]} {taken}")
        store.close()


def insert(watch: Watch, *, path: str, file: dict, facts: int, size: int, count: int) -> None:
    """The peer: the same rows, as they would be stored, with nothing done about them."""
    with copy_of(path) as copy:
        tables = BareTables(copy)
        for i, batch, _ in _batches(Workload(**file), facts=facts, size=size, count=count):
            ready = tables.prepared(batch)
            with (watch if i else Watch()).part("take"):
                tables.insert(ready)
        tables.close()


def _batches(file: Workload, *, facts: int, size: int, count: int) -> Iterator[tuple[int, Batch, int]]:
    """(number, batch, now); number 0 does not count: it fills what is kept at hand."""
    end = facts + size * (count + 1)
    if end > file.facts:
        raise ValueError(f"only {file.facts - facts} facts arrive after the first {facts}")
    for i, batch in enumerate(part_of(file, facts, end).batches(size)):
        yield i, batch, file.now


if __name__ == "__main__":
    sys.exit(main())
