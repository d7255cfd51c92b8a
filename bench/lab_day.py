"""Ten million laboratory results in one day, one for each of ten million running loops."""

import sys

import numpy as np

from bench.house.at_hand import AtHand, compiled
from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.lab_day import NOW, TEST_DAY, arrivals, as_rows, results
from bench.house.measure import Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.rules import inbound, world
from bench.house.store import checker, copy_of, kept, rules
from bench.house.watch import Watch
from fengsui.engines.sqlite import SqliteStore
from fengsui.kit.instant import DAY, NEVER

FULL = 10_000_000  # loops, and results
# One laboratory's day comes in few large files. In a batch of half a million, neighbours in the lists are
# written together; in one of a hundred thousand nearly each result had a page to itself.
BATCH = 500_000
RUNS, DURABLE_RUNS = 3, 1  # a durable round takes minutes, and a copy of some gigabytes


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are loops."""
    return run("lab_day", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """Seconds for the whole day, in memory and durable."""
    (held,) = in_turn(
        [Side("in memory", "bench.lab_day:in_memory", {"loops": ask.size})],
        runs=ask.runs or RUNS,
        tell=ask.tell,
    )
    made = [
        row_of("in memory", held.wall("all"), "s", peak_mb=held.peak_mb),
        row_of("in memory, processors", held.cpu("all"), "CPU-s"),
    ]
    ask.tell(f"{ask.size:,} people in isolation")
    path = str(kept(ask.folder, f"lab-day-{ask.size}", "bench.house.lab_day:enrol", loops=ask.size))
    (stored,) = in_turn(
        [Side("durable", "bench.lab_day:durable", {"loops": ask.size, "path": path})],
        runs=ask.runs or DURABLE_RUNS,
        tell=ask.tell,
    )
    return [
        *made,
        row_of("durable", stored.wall("all"), "s", peak_mb=stored.peak_mb),
        row_of("durable, processors", stored.cpu("all"), "CPU-s"),
    ]


def in_memory(watch: Watch, *, loops: int) -> None:
    """Every result meets the duty of day 4 of its loop; nobody is left with a broken one but at the port."""
    derivation = compiled()
    held = AtHand(derivation, subjects=loops, facts=3 * loops, fields=derivation.fields.width)
    for made in arrivals(loops):
        held.take(as_rows(made, derivation))
    for made in results(loops):
        numbers = as_rows(made, derivation)
        with watch.part("all"):
            held.take(numbers)
    day_4 = _row_of_day_4()
    if not np.array_equal(np.sort(held.met_by[:, day_4]), np.arange(2 * loops, 3 * loops)):
        raise ValueError("not every result met the test of day 4")
    if (held.broken[:, day_4] != NEVER).any():
        raise ValueError("somebody who was tested on day 4 is said to have been missed")


def _row_of_day_4() -> int:
    """Which of a loop's obligations is the test of the fourth day."""
    names = [(o.key, day) for o in inbound().obligations for day in (o.window.days or (0,))]
    return names.index(("pcr", 4))


def durable(watch: Watch, *, path: str, loops: int) -> None:
    """The same into SQLite: checked, stored, derived, lists and transitions written, committed."""
    with copy_of(path) as copy:
        store = SqliteStore.open(copy, rules(), world())
        before = store.view.n_overdue(now=NOW)
        for made in results(loops):
            for batch in made.batches(BATCH):
                with watch.part("all"):
                    wrong = any(checker().of_batch(batch))
                    taken = store.take(batch, now=TEST_DAY + DAY)
                if wrong or taken.new != len(batch):
                    raise ValueError(f"a batch was not taken whole: {taken}")
        after = store.view.n_overdue(now=NOW)
        store.close()
    if before - after != loops:
        raise ValueError(f"{before} duties stood overdue and {after} do after {loops} results")


if __name__ == "__main__":
    sys.exit(main())
