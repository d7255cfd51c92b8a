"""A new version tried on a million loops before it is published: 14 + 7 days become 7 + 3."""

import sys
from dataclasses import replace
from pathlib import Path

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.rules import NAME, inbound, rules_of, world
from bench.house.watch import Watch
from bench.house.workload import START_AT
from bench.house.workload import inbound as inbound_file
from fengsui.engines.replay import FactFile
from fengsui.kit.instant import DAY
from fengsui.loops.dry_run import DryRun, Trial
from fengsui.protocols.library import Library
from fengsui.protocols.model import Protocol

FULL = 1_200_000  # loops, of which a million have opened by the day it is tried
TRIED_ON = 50  # day of the stream; a third of the loops are running then
SWITCH_AT = START_AT + (TRIED_ON + 1) * DAY
NEWER = "9"


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are loops."""
    return run("dry_run", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """Seconds on the wall and of the processors."""
    small, large = (
        inbound_file(ask.folder, loops, day=TRIED_ON) for loops in (min(1_000, ask.size), ask.size)
    )
    given = {"path": large.path, "small": small.path, "now": large.now}
    (own,) = in_turn([Side("Fengsui", "bench.dry_run:try_it", given)], runs=ask.runs, tell=ask.tell)
    found = own.value
    note = f"{found['loops']:,} loops: {found['changed']:,} change, {found['earlier']:,} are freed earlier"
    return [
        row_of("a new version tried, on the wall", own.wall("all"), "s", peak_mb=own.peak_mb, note=note),
        row_of("a new version tried", own.cpu("all"), "CPU-s", peak_mb=own.peak_mb),
    ]


def try_it(watch: Watch, *, path: str, small: str, now: int) -> dict[str, int]:
    """The facts are in memory as columns; everything else is timed."""
    older, newer = versions()
    alone = replace(older, valid_until=newer.valid_until)
    trial = Trial(rules_of(alone), rules_of(older, newer), name=NAME, version=NEWER, world=world(), now=now)
    _tried(Watch(), trial, path=small)  # loads the compiled kernel
    found = _tried(watch, trial, path=path)
    if not found.n_earlier or found.n_changed > found.n_loops:
        raise ValueError(f"the trial does not show what it must: {found.n_earlier} freed earlier")
    return {"loops": found.n_loops, "changed": found.n_changed, "earlier": found.n_earlier}


def _tried(watch: Watch, trial: Trial, *, path: str) -> DryRun:
    cols = FactFile(Path(path), trial.derivation).columns()
    with watch.part("all"):
        return trial.run(cols, named=lambda subject, fact: (str(fact), str(subject)))


def versions() -> tuple[Protocol, Protocol]:
    """The eighth edition until the switch, and from it on the ninth, which really came a year later."""
    library = Library.shipped(world().areas.region.zone)
    newer = next(p for p in library.versions(NAME) if p.version == NEWER)
    return replace(inbound(), valid_until=SWITCH_AT), replace(newer, valid_from=SWITCH_AT)


if __name__ == "__main__":
    sys.exit(main())
