"""One loop with its explanation, as of any moment and as known at any moment."""

import sys
from random import Random
from time import perf_counter

import numpy as np

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import Side, in_turn
from bench.house.rows import Row
from bench.house.rules import NAME, world
from bench.house.store import loops_for, rules, with_history
from bench.house.watch import Watch
from bench.house.workload import inbound as inbound_file
from fengsui.engines.sqlite import SqliteStore
from fengsui.engines.sqlite_driver import connect
from fengsui.engines.state import loop_name
from fengsui.kit.instant import DAY
from fengsui.loops.explain import explain
from fengsui.loops.render import render

FULL = 10_000_000  # facts: the history of ``durable``
ASKED = 2_000
SETTLED_IN = 3 * DAY  # every record has arrived by then


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are facts."""
    return run("explain", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """p50 and p95 of loops drawn at random, at moments drawn at random."""
    loops = loops_for(ask.size)
    ask.tell(f"history of {ask.size:,} facts, most of those of {loops:,} loops")
    path = str(with_history(ask.folder, loops=loops, facts=ask.size))
    given = {"path": path, "now": inbound_file(ask.folder, loops).now, "asked": min(ASKED, loops)}
    (own,) = in_turn([Side("Fengsui", "bench.explain:ask_store", given)], runs=ask.runs, tell=ask.tell)
    made = []
    for name in own.value:
        times = np.concatenate([r.value[name] for r in own.rounds]) * 1e3
        for percent in (50, 95):
            figure = float(np.percentile(times, percent))
            made.append(
                Row(
                    f"{name}, p{percent}", figure, "ms", peak_mb=own.peak_mb, runs=len(own.rounds),
                    low=float(times.min()), high=float(times.max()),
                )
            )  # fmt: skip
    return made


def ask_store(watch: Watch, *, path: str, now: int, asked: int) -> dict[str, list[float]]:
    """Seconds of each question: the loop and its explanation as data, and with it the sentences."""
    chosen = _loops(path, asked)
    store = SqliteStore.open(path, rules(), world(), read_only=True)
    chance = Random(asked)
    as_data, as_sentences = [], []
    with watch.part("all"):
        for name, opened_at in chosen:
            as_of, known_at = (chance.randint(min(opened_at + SETTLED_IN, now), now) for _ in range(2))
            begun = perf_counter()
            account = store.view.loop(name, as_of=as_of, known_at=known_at)
            found = explain(account.loop, account.protocols, account.facts, now=as_of, world=world())
            as_data.append(perf_counter() - begun)
            render(found, "zh")
            as_sentences.append(perf_counter() - begun)
    store.close()
    return {"one loop explained": as_data, "one loop explained in sentences": as_sentences}


def _loops(path: str, n: int) -> list[tuple[str, int]]:
    """Loops of the inbound protocol drawn at random: id and opening."""
    connection = connect(path, read_only=True)
    (protocol,) = connection.execute("SELECT id FROM word WHERE text = ?", (NAME,)).fetchone()
    every = connection.execute("SELECT id, opened_at FROM loop WHERE protocol = ?", (protocol,)).fetchall()
    connection.close()
    return [
        (loop_name(number), opened_at) for number, opened_at in Random(n).sample(every, min(n, len(every)))
    ]


if __name__ == "__main__":
    sys.exit(main())
