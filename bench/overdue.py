"""What is overdue in an area: the oldest hundred, and how many, at every level from banner to region.

Ten million live obligations, every shipped protocol, one SQLite file. Beside it a brute scan: the same
obligations as arrays in memory, every one of them looked at.
"""

import sys
from collections.abc import Callable, Sequence
from random import Random
from time import perf_counter

import numpy as np

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.live import LIVE_A_LOOP, NOW
from bench.house.measure import Measured, Side, in_turn
from bench.house.rows import Row
from bench.house.rules import world
from bench.house.store import kept, rules
from bench.house.watch import Watch
from fengsui.engines.sqlite import SqliteStore
from fengsui.engines.sqlite_driver import connect
from fengsui.kit.areas import Areas

FULL = 10_000_000  # live obligations
ASKED, SCANNED = 1_000, 15  # questions a level
OLDEST = 100
RUNS = 3  # of thousands of questions each


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are live obligations."""
    return run("overdue", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """p50 and p95 of both questions at every level."""
    ask.tell(f"{ask.size:,} live obligations, about {ask.size / LIVE_A_LOOP:,.0f} loops")
    path = str(kept(ask.folder, f"live-{ask.size}", "bench.house.live:fill", live=ask.size))
    asked = min(ASKED, max(10, ask.size // 50))
    own, scan = in_turn(
        [
            Side("Fengsui", "bench.overdue:ask_store", {"path": path, "asked": asked}),
            Side("brute scan", "bench.overdue:scan", {"path": path}),
        ],
        runs=ask.runs or RUNS,
        tell=ask.tell,
    )
    mine, theirs = own.value, scan.value
    if theirs["counts"] != mine["counts"]:
        raise ValueError("the store and the scan do not count the same")
    whole = world().areas.codes[0]
    made = [Row("live obligations", theirs["live"], "", note=f"{mine['counts'][whole]:,} of them overdue")]
    for question in theirs["times"]:
        ours = _row(question, own)
        made += [ours, _row(question, scan, peer="brute scan", beside=ours)]
    return made


def _row(question: str, m: Measured, *, peer: str = "", beside: Row | None = None) -> Row:
    """p95 over all rounds; p50 in the note."""
    times = np.concatenate([r.value["times"][question] for r in m.rounds]) * 1e3
    p50, p95 = map(float, np.percentile(times, [50, 95]))
    return Row(
        f"{question}, p95",
        p95,
        "ms",
        peer,
        ratio=p95 / beside.figure if beside else None,
        peak_mb=m.peak_mb,
        runs=len(m.rounds),
        low=float(times.min()),
        high=float(times.max()),
        note=f"p50 {p50:.3g} ms over {len(times)} questions",
    )


def ask_store(watch: Watch, *, path: str, asked: int) -> dict[str, object]:
    """Our side: the questions a board asks, of areas drawn at random."""
    store = SqliteStore.open(path, rules(), world(), read_only=True)
    view, areas = store.view, world().areas
    questions: dict[str, Callable[[str], object]] = {
        "oldest 100": lambda code: view.overdue(now=NOW, area=code, limit=OLDEST),
        "count": lambda code: view.n_overdue(now=NOW, area=code),
    }
    times = {}
    with watch.part("all"):
        for level, codes in _levels(areas):
            for name, question in questions.items():
                times[f"{name}, {level}"] = _timed(question, codes, n=asked)
    counts = {code: view.n_overdue(now=NOW, area=code) for _, codes in _levels(areas) for code in codes}
    store.close()
    return {"times": times, "counts": counts}


def scan(watch: Watch, *, path: str) -> dict[str, object]:
    """The peer: three arrays, looked at from one end to the other."""
    rows = connect(path, read_only=True).execute("SELECT area, at, until FROM duty").fetchall()
    area, at, until = np.array(rows, dtype=np.int64).T.copy()
    del rows
    areas = world().areas

    def standing(code: str) -> np.ndarray:
        low, high = areas.span(code)
        return (area >= low) & (area < high) & (at <= NOW) & (until > NOW)

    def oldest(code: str) -> np.ndarray:
        found = at[standing(code)]
        return np.sort(np.partition(found, OLDEST)[:OLDEST] if len(found) > OLDEST else found)

    questions = {"oldest 100": oldest, "count": lambda code: int(standing(code).sum())}
    times = {}
    with watch.part("all"):
        for level, codes in _levels(areas):
            for name, question in questions.items():
                times[f"{name}, {level}"] = _timed(question, codes, n=SCANNED)
    counts = {code: int(standing(code).sum()) for _, codes in _levels(areas) for code in codes}
    return {"times": times, "counts": counts, "live": int((until > NOW).sum())}


def _levels(areas: Areas) -> list[tuple[str, list[str]]]:
    """The levels by which lists are kept, with their areas."""
    return [
        (level, [code for code in areas.codes if areas.get(code).level == level])
        for level in areas.levels[:3]
    ]


def _timed(question: Callable[[str], object], codes: Sequence[str], *, n: int) -> list[float]:
    """Seconds of each of ``n`` questions about areas drawn at random; the first, which warms up, left out."""
    chance = Random(n)
    question(codes[0])
    times = []
    for _ in range(n):
        code = chance.choice(codes)
        begun = perf_counter()
        question(code)
        times.append(perf_counter() - begun)
    return times


if __name__ == "__main__":
    sys.exit(main())
