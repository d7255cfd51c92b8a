"""A change of policy tried on a region: the 9th edition in place of the 8th, in every protocol that has both.

It is what ``fengsui protocol diff 8 9`` does once the region is open: at the end of a drill, on the day the
9th edition comes into force, with all that was recorded by then. Nothing is kept between the protocols.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.store import kept
from bench.house.watch import Watch
from fengsui.board.policy import Comparison, policy
from fengsui.drill.run import generate
from fengsui.engines.home import Home, Setting, make_home, open_home
from fengsui.sources.intake import intake
from fengsui.sources.mapping import mapping_file, read_mapping

FULL = 100_000  # loops of the drill, and a third more that follow from them or lie in the packs
START, DAYS = "2022-06-07", 21  # to the day of the 9th edition
BEFORE, AFTER = "8", "9"


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are loops."""
    return run("policy_diff", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """All protocols together, and the dearest of them."""
    ask.tell(f"a drill of {ask.size:,} loops")
    path = kept(ask.folder, f"drill-{ask.size}", "bench.policy_diff:fill", loops=ask.size)
    side = Side("Fengsui", "bench.policy_diff:compare", {"path": str(path)})
    (own,) = in_turn([side], runs=ask.runs, tell=ask.tell)
    found = own.value
    note = f"{found['loops']:,} loops of {found['protocols']} protocols: {found['changed']:,} change"
    return [
        row_of(
            "editions 8 and 9 compared, on the wall", own.wall("all"), "s", peak_mb=own.peak_mb, note=note
        ),
        row_of("editions 8 and 9 compared", own.cpu("all"), "CPU-s", peak_mb=own.peak_mb),
        row_of("of these, contacts of cases", own.cpu("cn.covid19/close-contact"), "CPU-s"),
        row_of("of these, travellers from abroad", own.cpu("cn.covid19/inbound"), "CPU-s"),
    ]


def fill(watch: Watch, *, path: str, loops: int) -> None:
    """Take a drill into a region."""
    with tempfile.TemporaryDirectory() as folder, watch.part("all"):
        make_home(Path(path), Setting("inner-mongolia"))
        with open_home(Path(path)) as home:
            drill = generate(
                Path(folder),
                rng=np.random.default_rng(7),
                areas=home.areas,
                start=START,
                days=DAYS,
                loops=loops,
            )
            for file in drill.files:
                mapping = read_mapping(mapping_file(file.mapping), home.kinds)
                intake(file.path, mapping, home.store, now=drill.end_at, areas=home.areas)


def compare(watch: Watch, *, path: str) -> dict[str, int]:
    """The region is open and the compiled kernel loaded; everything else is timed."""
    found: list[Comparison] = []
    with open_home(Path(path)) as home:
        names = [name for name in home.library.names if {BEFORE, AFTER} <= _editions(home, name).keys()]
        _compared(home, names[0])
        with watch.part("all"):
            for name in names:
                with watch.part(name):
                    found.append(_compared(home, name))
    effects = [one.effect for one in found]
    n_changed = sum(effect.n_changed for effect in effects)
    if not n_changed or any(effect.n_changed > effect.n_loops for effect in effects):
        raise ValueError(f"the comparison does not show what it must: {n_changed} loops change")
    return {
        "protocols": len(names),
        "loops": sum(effect.n_loops for effect in effects),
        "changed": n_changed,
    }


def _compared(home: Home, name: str) -> Comparison:
    editions, at = _editions(home, name), home.last_recorded_at()
    return policy(home, home.library, editions[BEFORE], editions[AFTER], as_of=at, known_at=at)


def _editions(home: Home, name: str) -> dict:
    return {edition.protocol.version: edition.protocol for edition in home.library.editions[name]}


if __name__ == "__main__":
    sys.exit(main())
