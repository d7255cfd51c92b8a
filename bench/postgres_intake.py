"""Facts taken into PostgreSQL: stored, derived, worklists and record written, and on disk at the answer.

Beside it COPY of the same rows of facts through the same connection, into a table without an index, committed
batch by batch. Then what a page asks under an area filter, of all that was taken: the oldest hundred, how
many are overdue, and the counts by area. The server runs as a service runs it, on the same processors.
"""

import sys
from collections.abc import Callable
from dataclasses import asdict
from random import Random
from time import perf_counter

import numpy as np

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.rules import world
from bench.house.store import loops_for, rules
from bench.house.watch import Watch
from bench.house.workload import Workload, part_of
from bench.house.workload import inbound as inbound_file
from bench.peers.postgres_server import DURABLE, server
from fengsui.engines.address import Remote
from fengsui.engines.postgres.store import PostgresStore
from fengsui.engines.sqlite_driver import columns_of, filled, writing

FULL = 10_000_000  # facts
BEFORE = 100_000  # facts a batch of what comes before anything is timed
BATCHES = (10_000, 100_000)
TIMED = 0.06  # of the facts, how many are taken in batches of each size and timed
ASKED = 500  # questions of a kind
PEER = "COPY"


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are facts."""
    return run("postgres_intake", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """Rates of both batch sizes beside COPY; p95 of every question."""
    file = inbound_file(ask.folder, loops_for(int(ask.size * 0.75)))
    given = {"file": asdict(file), "facts": min(ask.size, file.facts)}
    side = Side("Fengsui", "bench.postgres_intake:work", given)
    (own,) = in_turn([side], runs=ask.runs or 1, tell=ask.tell)
    made: list[Row] = []
    for size, (rates, copied) in own.value["rates"].items():
        name = f"PostgreSQL, batches of {int(size):,}"
        ours = row_of(name, rates, "k facts/s", peak_mb=own.peak_mb)
        made += [ours, row_of(name, copied, "k facts/s", peer=PEER, own=ours, more_is_better=True)]
    for question, times in own.value["times"].items():
        p50, p95 = map(float, np.percentile(np.array(times) * 1e3, [50, 95]))
        note = f"p50 {p50:.3g} ms over {len(times)} questions of areas drawn at random"
        made.append(
            Row(f"{question}, p95", p95, "ms", low=min(times) * 1e3, high=max(times) * 1e3, note=note)
        )
    return made


def work(watch: Watch, *, file: dict, facts: int) -> dict[str, object]:
    """Take everything, the last part of it timed; then ask."""
    workload = Workload(**file)
    timed = max(2 * BATCHES[0], int(facts * TIMED))
    with server(watch, DURABLE) as own:
        address = Remote(f"postgresql://bench@/postgres?host={own.info.host}")
        store = PostgresStore.open(address, rules(), world())
        first = max(facts - len(BATCHES) * timed, 0)
        with watch.part("before"):
            _take(store, workload, 0, first, size=BEFORE)
        store._connection.run("ANALYZE")
        rates = {}
        for size in BATCHES:
            with watch.part(f"take {size}"):
                rates[size] = _both(store, workload, first, first + timed, size=min(size, timed))
            first += timed
        filled(store._connection)
        times = {name: _asked(question) for name, question in _questions(store, workload.now).items()}
        store.close()
    return {"rates": rates, "times": times}


def _take(store: PostgresStore, file: Workload, first: int, end: int, *, size: int) -> list[float]:
    """Thousands of facts a second of each batch."""
    rates = []
    for batch in part_of(file, first, end).batches(size):
        begun = perf_counter()
        store.take(batch, now=file.now)
        rates.append(len(batch) / (perf_counter() - begun) / 1e3)
    return rates


def _both(
    store: PostgresStore, file: Workload, first: int, end: int, *, size: int
) -> tuple[list[float], list[float]]:
    """Rates of ours, and of COPY with the very rows that came of it."""
    connection = store._connection
    (before,) = connection.execute("SELECT max(seq) FROM fact").fetchone() or (0,)
    ours = _take(store, file, first, end, size=size)
    columns, _ = columns_of(connection, "fact")
    connection.run("CREATE TABLE bare (LIKE fact)")
    insert = f"INSERT INTO bare VALUES ({', '.join('?' * len(columns))})"
    copied = []
    cursor = connection.cursor().execute("SELECT * FROM fact WHERE seq > ? ORDER BY seq", (before or 0,))
    while made := cursor.fetchmany(size):
        begun = perf_counter()
        with writing(connection):
            connection.executemany(insert, made)
        copied.append(len(made) / (perf_counter() - begun) / 1e3)
    connection.run("DROP TABLE bare")
    return ours, copied


def _questions(store: PostgresStore, now: int) -> dict[str, Callable[[str], object]]:
    return {
        "oldest 100 of an area": lambda code: store.view.overdue(now=now, area=code, limit=100),
        "overdue in an area": lambda code: store.view.n_overdue(now=now, area=code),
        "counts of an area": lambda code: store.view.counts(now=now, area=code),
        "latest 100 loops of an area": lambda code: store.view.loops(now=now, area=code, limit=100),
    }


def _asked(question: Callable[[str], object]) -> list[float]:
    """Seconds of each question; of the areas of the three upper levels, each as likely."""
    areas, chance = world().areas, Random(ASKED)
    levels = [[c for c in areas.codes if areas.get(c).level == level] for level in areas.levels[:3]]
    question(areas.codes[0])
    times = []
    for _ in range(ASKED):
        code = chance.choice(chance.choice(levels))
        begun = perf_counter()
        question(code)
        times.append(perf_counter() - begun)
    return times


if __name__ == "__main__":
    sys.exit(main())
