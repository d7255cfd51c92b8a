"""Facts taken durably into SQLite: checked, stored, derived, worklist and transitions written.

Beside it the bare insert of the same rows into the same tables, with the same indexes, in one transaction
a batch: what any program would pay that does nothing but keep them. Then the cost of a batch at ever
longer histories: it follows the batch.
"""

import sys
from collections.abc import Iterable
from itertools import islice

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import Round, Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.rules import world
from bench.house.store import (
    arriving,
    checker,
    copy_of,
    loops_for,
    rules,
    with_history,
)
from bench.house.watch import Watch
from bench.house.workload import travellers
from bench.peers.bare_insert import BareTables
from fengsui.engines.sqlite import SqliteStore
from fengsui.facts.batch import Batch

FULL = 10_000_000  # facts in the history: of 1.13 million loops
BATCHES = {10_000: 8, 100_000: 5}  # how many of each size are timed, after one that is not
HISTORIES = (10_000, 100_000, 1_000_000, 10_000_000)
LAW_BATCH = 10_000


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are facts already stored."""
    return run("durable", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """Both batch sizes beside the bare insert, then the cost at each history."""
    made: list[Row] = []
    loops = loops_for(ask.size)
    for size, count in _batches(loops):
        ask.tell(f"history of {ask.size:,} facts")
        given = {"path": str(with_history(ask.folder, loops)), "loops": loops, "size": size, "count": count}
        own, bare = in_turn(
            [
                Side("Fengsui", "bench.durable:take", given),
                Side("bare insert", "bench.durable:insert", given),
            ],
            runs=ask.runs or 1,  # the batches of a round are the runs
            tell=ask.tell,
        )
        name = f"durable, batches of {size:,}"
        rates = _rates(own.rounds, size)
        ours = row_of(name, rates, "k facts/s", peak_mb=own.peak_mb)
        bare_rates = _rates(bare.rounds, size)
        made += [
            ours,
            row_of(
                name,
                bare_rates,
                "k facts/s",
                peer="bare insert",
                own=ours,
                peak_mb=bare.peak_mb,
                more_is_better=True,
            ),
            row_of(f"{name}: of this, the check", _each(own.rounds, "check", 1e6 / size), "µs/fact"),
        ]
    return [*made, *_law(ask)]


def _law(ask: Ask) -> list[Row]:
    """What a batch costs at each history, and how many times what it costs at the shortest."""
    made: list[Row] = []
    size = min(LAW_BATCH, max(100, ask.size // 100))
    for facts in sorted({min(facts, ask.size) for facts in HISTORIES}):
        loops = loops_for(max(facts, size * 20))  # a short history: the first facts of a stream that goes on
        ask.tell(f"history of {facts:,} facts")
        given = {"path": str(with_history(ask.folder, loops)), "loops": loops, "size": size, "count": 5}
        (own,) = in_turn([Side("Fengsui", "bench.durable:take", given)], runs=1, tell=ask.tell)
        values = _each(own.rounds, "take", 1e6 / size)
        made.append(
            row_of(f"a batch of {size:,} after {facts:,} facts", values, "µs/fact", peak_mb=own.peak_mb)
        )
    return made


def _batches(loops: int) -> Iterable[tuple[int, int]]:
    """The batch sizes for which enough arrives after the history; small ones for a small history."""
    left = loops * 2  # about a quarter of twelve facts, and something to spare
    fitting = [(size, count) for size, count in BATCHES.items() if size * (count + 1) <= left]
    return fitting or [(max(10, left // 8), 5)]


def _each(rounds: Iterable[Round], part: str, factor: float) -> list[float]:
    """The wall time of every timed batch."""
    return [
        times.wall * factor for r in rounds for name, times in r.parts.items() if name.startswith(f"{part} ")
    ]


def _rates(rounds: Iterable[Round], size: int) -> list[float]:
    """Thousands of facts a second of every timed batch, checking included."""
    rounds = tuple(rounds)
    checks = _each(rounds, "check", 1.0) or [0.0] * sum(len(r.parts) for r in rounds)
    return [size / (a + b) / 1e3 for a, b in zip(checks, _each(rounds, "take", 1.0), strict=True)]


def take(watch: Watch, *, path: str, loops: int, size: int, count: int) -> None:
    """Our side: each batch is checked and taken, and is on disk when its part ends."""
    made = travellers(loops)
    with copy_of(path) as copy:
        store = SqliteStore.open(copy, rules(), world())
        for i, batch in enumerate(_cut(arriving(made).batches(size), count)):
            timed = watch if i else Watch()
            with timed.part(f"check {i}"):
                wrong = list(checker().of_batch(batch))
            with timed.part(f"take {i}"):
                taken = store.take(batch, now=made.as_of)
            if wrong or taken.conflicts or taken.new + taken.repeated != len(batch):
                raise ValueError(f"the batch was not taken whole: {wrong[:1]} {taken}")
        store.close()


def insert(watch: Watch, *, path: str, loops: int, size: int, count: int) -> None:
    """The peer: the same rows, as they would be stored, with nothing done about them."""
    made = travellers(loops)
    with copy_of(path) as copy:
        tables = BareTables(copy)
        for i, batch in enumerate(_cut(arriving(made).batches(size), count)):
            ready = tables.prepared(batch)
            with (watch if i else Watch()).part(f"take {i}"):
                tables.insert(ready)
        tables.close()


def _cut(batches: Iterable[Batch], count: int) -> Iterable[Batch]:
    """One batch more than is timed: the first fills what is kept at hand."""
    return islice(batches, count + 1)


if __name__ == "__main__":
    sys.exit(main())
