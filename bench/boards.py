"""Open boards that follow the region: what they cost the server, and how late they are.

The region's file is served as ``fengsui serve`` does it, in the process that is measured; five facts a second
are recorded in it, each a change of its own. The boards are those of the region and its leagues, in a
process that is not counted. Each board is a caller of its own, so each is let in anew every half minute.
"""

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import uvicorn
from a2wsgi import WSGIMiddleware

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.live import DAY, NOW, banner_codes, travellers
from bench.house.measure import ROOT, Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.store import PRELOAD_BATCH
from bench.house.watch import Watch
from fengsui.engines.home import Setting, make_home, open_home
from fengsui.engines.pulse import Pulse
from fengsui.facts.batch import Batch
from fengsui.facts.fact import Fact
from fengsui.kit.clock import fixed
from fengsui.service.app import application
from fengsui.service.boards import following
from fengsui.service.live import HELD, Live
from fengsui.service.room import Room
from fengsui.service.serve import THREADS, room_of

FULL = 500  # open boards
TRAVELLERS = 20_000  # in the region, in every banner; a few thousand breaks stand
CHANGES = 5  # a second
SECONDS = 60.0
STILL, SHORT = 15.0, 4.0  # seconds without a change; seconds of either where there are few boards
FEW = 50
CHANGED = 200  # the status of an answer with a page
RUNS = 3


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are open boards."""
    return run("boards", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """The server's share of a core with and without changes, and how late the boards are."""
    seconds, still = (SHORT, SHORT) if ask.size <= FEW else (SECONDS, STILL)
    given = {"boards": ask.size, "seconds": seconds, "still": still}
    (own,) = in_turn([Side("Fengsui", "bench.boards:serve", given)], runs=ask.runs or RUNS, tell=ask.tell)
    last = own.value

    def share(part: str) -> list[float]:
        return [100 * r.parts[part].cpu / r.parts[part].wall for r in own.rounds]

    recording = 100 * last["recording"] / seconds
    late = [r.value["late"] for r in own.rounds]
    note = (
        f"{last['changes']} changes in {seconds:g} s, {last['answers']:,} answers, "
        f"{last['bytes'] / 1e6:.0f} MB; of this, recording the facts {recording:.1f} %"
    )
    return [
        row_of(
            "boards open, 5 changes a second", share("changes"), "% of a core", peak_mb=own.peak_mb, note=note
        ),
        row_of("boards open, nothing changes", share("still"), "% of a core"),
        row_of("a change on the board, p95", [float(np.percentile(one, 95)) for one in late], "s"),
        row_of("a change on the board, the latest", [float(max(one)) for one in late], "s"),
    ]


def serve(watch: Watch, *, boards: int, seconds: float, still: float) -> dict[str, object]:
    """Serve, record, and have the crowd watch."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "region.db"
        make_home(path, Setting("inner-mongolia"))
        with open_home(path) as home:
            for batch in travellers(TRAVELLERS).batches(PRELOAD_BATCH):
                home.store.take(batch, now=NOW)
            room = room_of(home, clock=fixed(NOW))
            with following(room.boards, lambda: Pulse(path)), _served(room) as port:
                areas = home.areas
                top = areas.codes[0]
                shown = [top, *areas.children(top)]
                crowd = _opened(port, boards, shown)
                time.sleep(2)
                with watch.part("still"):
                    time.sleep(still)
                with watch.part("changes"):
                    told, recording = _record(room, path, seconds)
                time.sleep(HELD + 1)  # until whoever waits in vain has been told so
                found = _closed(crowd)
    if found["lost"]:
        raise ValueError(f"{found['lost']} answers were none")
    boards_saw = found.pop("seen")
    # A board on which nothing changes has nothing to be late with: its answer waits.
    late = [
        since - at
        for lsn, at, place in told
        for i, seen in enumerate(boards_saw)
        if areas.covers(shown[i % len(shown)], place) and (since := _since(seen, lsn))
    ]
    return {**found, "late": late, "changes": len(told), "recording": recording}


def _record(room: Room, path: Path, seconds: float) -> tuple[list[tuple[int, float, str]], float]:
    """Arrivals of two days ago, five a second: which batch was on disk when, where, and the CPU-seconds."""
    banners, told, spent = banner_codes(), [], 0.0
    pulse, begun = Pulse(path), time.monotonic()
    for i in range(round(seconds * CHANGES)):
        time.sleep(max(0.0, begun + i / CHANGES - time.monotonic()))
        at, place = NOW - 2 * DAY, banners[i % len(banners)]
        fact = Fact("arrival.inbound", f"person/{i:016x}ee", at, NOW, "gate", f"b{i}", place=place)
        cpu = time.thread_time()
        with room.lock:
            room.store.take(Batch.of([fact]), now=NOW)
        told.append((int(pulse.read().partition(".")[0]), time.monotonic(), place))
        spent += time.thread_time() - cpu
    pulse.close()
    return told, spent


def _since(seen: list[list[float]], lsn: int) -> float | None:
    """When a board first had this batch; None if its page is the same with it. ValueError if it never did."""
    at = bisect_left(seen, lsn, key=lambda one: one[0])
    if at == len(seen):
        raise ValueError(f"a board never had batch {lsn}")
    _, since, status = seen[at]
    return since if status == CHANGED else None


@contextmanager
def _served(room: Room) -> Iterator[int]:
    """The pages as ``fengsui serve`` puts them together, on a free port of this machine."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    asgi = Live(WSGIMiddleware(application(room), workers=THREADS), room.boards)
    config = uvicorn.Config(asgi, log_level="error", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        thread.join(20)
        listening.close()


def _opened(port: int, boards: int, areas: list[str]) -> subprocess.Popen:
    """A process with so many boards, once all of them are open. ValueError if it ends before."""
    words = [sys.executable, "-m", "bench.house.crowd", str(port), str(boards), ",".join(areas)]
    # What it uses is counted as ours only once it has ended, which is after the timed parts.
    crowd = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if crowd.stdout.readline() != "open\n":
        crowd.kill()
        raise ValueError("the boards could not be opened")
    return crowd


def _closed(crowd: subprocess.Popen) -> dict:
    """What the boards saw."""
    said, _ = crowd.communicate("\n", timeout=60)
    return json.loads(said)


if __name__ == "__main__":
    sys.exit(main())
