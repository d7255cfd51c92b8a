"""Facts applied to a million running loops in memory: a hundred thousand at once, and one by one."""

import sys
from collections.abc import Sequence
from time import perf_counter

import numpy as np

from bench.house.at_hand import AtHand, compiled, rows_of_file
from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import Side, in_turn
from bench.house.rows import Row
from bench.house.watch import Watch
from bench.house.workload import inbound as inbound_file

FULL = 1_000_000  # loops
HISTORY = 0.75  # of the facts, before anything is timed
BATCHES = {100_000: 8, 10_000: 20}  # timed, after two that are not
SINGLES = 3_000


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are loops."""
    return run("incremental", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """Rates of batches, and the time one fact takes."""
    file = inbound_file(ask.folder, ask.size)
    given = {"path": file.path}
    (own,) = in_turn([Side("Fengsui", "bench.incremental:apply", given)], runs=ask.runs, tell=ask.tell)
    made = []
    for size in own.value["batches"]:
        rates = [int(size) / seconds / 1e6 for r in own.rounds for seconds in r.value["batches"][size]]
        made.append(
            _row(f"in memory, batches of {int(size):,}", rates, unit="M facts/s", peak_mb=own.peak_mb)
        )
    singles = np.concatenate([r.value["singles"] for r in own.rounds]) * 1e6
    made.append(_row("in memory, one fact", singles, unit="µs", peak_mb=own.peak_mb))
    p99 = [np.percentile(np.array(r.value["singles"]) * 1e6, 99) for r in own.rounds]
    return [*made, _row("in memory, one fact, p99", p99, unit="µs", peak_mb=own.peak_mb)]


def _row(name: str, values: Sequence[float], *, unit: str, peak_mb: float) -> Row:
    return Row(
        name, float(np.median(values)), unit, peak_mb=peak_mb, runs=len(values), low=float(np.min(values)),
        high=float(np.max(values)),
    )  # fmt: skip


def apply(watch: Watch, *, path: str) -> dict[str, object]:
    """Seconds of every batch and every single fact; in the end the state is that of a replay of all."""
    derivation = compiled()
    facts = rows_of_file(path, derivation)
    subjects = int(facts.subject.max()) + 1
    held = AtHand(derivation, subjects=subjects, facts=len(facts), fields=facts.extra.shape[1])
    done = int(len(facts) * HISTORY)
    held.take(facts[:done])
    found: dict[str, dict[int, list[float]]] = {"batches": {}}
    with watch.part("all"):
        for size, count in _sizes(len(facts) - done):
            times = []
            for _ in range(count + 2):
                times.append(_timed(held, facts[done : done + size]))
                done += size
            found["batches"][size] = times[2:]
        last = min(done + SINGLES, (done + len(facts)) // 2)
        singles = [_timed(held, facts[i : i + 1]) for i in range(done, last)]
    held.take(facts[done + len(singles) :])
    anew = AtHand(derivation, subjects=subjects, facts=len(facts), fields=facts.extra.shape[1])
    anew.take(facts)
    for name in ("broken", "until", "met_by"):
        if not np.array_equal(getattr(held, name), getattr(anew, name)):
            raise ValueError(f"applied little by little, {name} is not what it is all at once")
    return found | {"singles": singles[10:]}


def _sizes(left: int) -> list[tuple[int, int]]:
    """The batches for which enough facts are left; small ones for a small file."""
    left -= SINGLES
    wanted = sum(size * (count + 2) for size, count in BATCHES.items())
    return list(BATCHES.items()) if wanted <= left else [(max(10, left // 10), 4)]


def _timed(held: AtHand, batch) -> float:
    begun = perf_counter()
    held.take(batch)
    return perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
