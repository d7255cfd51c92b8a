"""A week of standing still: the service starts after ten thousand deadlines went by, and tells all of it."""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.watch import Watch
from fengsui.alerts.letter import Address, Wording
from fengsui.alerts.notice import Ladders
from fengsui.alerts.sweep import sweep
from fengsui.engines.home import Home, Setting, make_home, open_home
from fengsui.facts.batch import Batch
from fengsui.facts.fact import Fact
from fengsui.kit.instant import DAY, parse
from fengsui.kit.text import Text

FULL = 10_000  # deadlines: travellers whom nobody took on from the port
STOPPED_AT = parse("2021-08-14 06:00", zone="Asia/Shanghai")[0]
STARTED_AT = STOPPED_AT + 7 * DAY
PORTS = ("150781-MLX", "150105-HET")
SAY = Wording(
    titles={},
    steps={},
    place=lambda place: Text(place, place),
    zone="Asia/Shanghai",
    root="https://x.example",
)


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are deadlines."""
    return run("alerts", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """Seconds from the start until every letter is written."""
    side = Side("Fengsui", "bench.alerts:start_again", {"n": ask.size})
    (own,) = in_turn([side], runs=ask.runs, tell=ask.tell)
    found = own.value
    note = f"{found['notices']:,} rungs of {ask.size:,} breaks, each once, in {found['letters']:,} letters"
    return [
        row_of("told after a week, on the wall", own.wall("all"), "s", peak_mb=own.peak_mb, note=note),
        row_of("told after a week", own.cpu("all"), "CPU-s", peak_mb=own.peak_mb),
    ]


def start_again(watch: Watch, *, n: int) -> dict[str, int]:
    """The facts of the week are in the file; opening it and everything after is timed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "region.db"
        make_home(path, Setting("inner-mongolia"))
        with open_home(path) as home:
            _told(home, now=STOPPED_AT)
            home.store.take(Batch.of(list(_week(n))), now=STARTED_AT)
        with watch.part("all"), open_home(path) as home:
            swept = _told(home, now=STARTED_AT)
        with open_home(path) as home:
            again = _told(home, now=STARTED_AT)
    if swept.notices < 3 * n or again.notices or again.letters:
        raise ValueError(f"not every rung was told once: {swept}, then {again}")
    return {"notices": swept.notices, "letters": swept.letters}


def _told(home: Home, *, now: int):
    ladders = Ladders.of(home.rules, home.areas)
    return sweep(
        home.store.view, ladders, home.store.outbox, directory=_reached, wording=SAY, now=now, pause=0
    )


def _reached(role: str, place: str) -> list[Address]:
    return [Address("mail", f"{role}.{place}@region.example")]


def _week(n: int):
    """Arrivals evenly over the first five days, sampled at once; nothing else happens to anybody."""
    for k in range(n):
        at = STOPPED_AT + 60 + k * (5 * DAY) // n
        who, place = f"person/{k:016x}", PORTS[k % len(PORTS)]
        came = Fact(
            "arrival.inbound", who, at, at + 60, "customs", f"a{k}", place=place, data={"home": "150702"}
        )
        yield came
        yield replace(came, kind="sample.collected", at=at + 600, recorded_at=at + 660, key=f"s{k}", data={})


if __name__ == "__main__":
    sys.exit(main())
