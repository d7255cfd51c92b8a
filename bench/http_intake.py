"""Facts told over HTTP: checked, held to the teller's posts, stored, derived, on disk, answered line by line.

A region is served as ``fengsui serve`` does it, from SQLite and from PostgreSQL in turn; a client in another
process sends NDJSON. The clock stops when the answer is there. Beside PostgreSQL stands COPY of the very
rows that came of it, through the same connection, into a table without an index.
"""

import json
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter, sleep

import numpy as np
import uvicorn
from a2wsgi import WSGIMiddleware

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import ROOT, Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.store import PRELOAD_BATCH, loops_for
from bench.house.watch import Watch
from bench.house.workload import Workload, part_of
from bench.house.workload import inbound as inbound_file
from bench.peers.postgres_server import DURABLE, NotInstalled, program, server
from fengsui.drill.stream import Stream
from fengsui.engines.address import Address, Remote
from fengsui.engines.home import Home, Setting, make_home, open_home
from fengsui.engines.sqlite_driver import columns_of, writing
from fengsui.facts.batch import Batch, data_of
from fengsui.kit.clock import fixed
from fengsui.service.app import application
from fengsui.service.live import Live
from fengsui.service.room import Room
from fengsui.service.serve import THREADS, room_of

FULL = 1_000_000  # facts that are there before anything is timed
A_REQUEST = 10_000  # lines
TIMED = 20  # requests of so many
SINGLE = 300  # requests of one line
STORES = ("SQLite", "PostgreSQL")
PEER = "COPY"


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are facts."""
    return run("http_intake", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """Rates of requests with many lines, and the p95 of requests with one, of each store."""
    timed = min(TIMED, max(2, ask.size // A_REQUEST))
    file = inbound_file(ask.folder, loops_for(ask.size + timed * A_REQUEST + SINGLE))
    made: list[Row] = []
    for name in _stores(ask):
        given = {"file": asdict(file), "facts": ask.size, "timed": timed, "store": name}
        side = Side(name, "bench.http_intake:work", given)
        (own,) = in_turn([side], runs=ask.runs or 1, tell=ask.tell)
        found = own.value
        rate = row_of(f"{name}, {A_REQUEST:,} a request", found["rates"], "k facts/s", peak_mb=own.peak_mb)
        made.append(rate)
        if found["copied"]:
            made.append(
                row_of(rate.name, found["copied"], "k facts/s", peer=PEER, own=rate, more_is_better=True)
            )
        p50, p95 = map(float, np.percentile(found["single"], [50, 95]))
        low, high = min(found["single"]), max(found["single"])
        note = f"p50 {p50:.3g} ms over {len(found['single'])} requests"
        made.append(Row(f"{name}, one fact, p95", p95, "ms", low=low, high=high, note=note))
    return made


def _stores(ask: Ask) -> tuple[str, ...]:
    try:
        program("postgres")
    except NotInstalled as error:
        ask.tell(f"without PostgreSQL: {error}")
        return STORES[:1]
    return STORES


def work(watch: Watch, *, file: dict, facts: int, timed: int, store: str) -> dict[str, object]:
    """Fill a region, serve it, and have it told more."""
    workload = Workload(**file)
    with _address(watch, store) as address, tempfile.TemporaryDirectory() as folder:
        make_home(address, Setting("inner-mongolia"))
        with open_home(address) as home:
            for batch in part_of(workload, 0, facts).batches(PRELOAD_BATCH):
                home.store.take(batch, now=workload.now)
            requests = [Path(folder) / f"{n}.ndjson" for n in range(timed + 1)]
            end = facts
            for n, path in enumerate(requests):
                size = A_REQUEST if n < timed else SINGLE
                _write(part_of(workload, end, end + size), path)
                end += size
            before = _last(home)
            with _served(room_of(home, clock=fixed(workload.now))) as port, watch.part("told"):
                words = [
                    sys.executable,
                    "-m",
                    "bench.http_intake",
                    "--client",
                    str(port),
                    *map(str, requests),
                ]
                done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                raise ValueError(done.stderr[-2000:])
            found = json.loads(done.stdout)
            copied = _copied(home, before) if store == "PostgreSQL" else []
    return {**found, "copied": copied}


@contextmanager
def _address(watch: Watch, store: str) -> Iterator[Address]:
    if store == "SQLite":
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / "region.db"
    else:
        with server(watch, DURABLE) as own:
            yield Remote(f"postgresql://bench@/postgres?host={own.info.host}")


@contextmanager
def _served(room: Room) -> Iterator[int]:
    """The service on a free port of this machine, which it opens itself: so it is spared Nagle's algorithm.

    A socket handed to it is not known to be TCP, and every answer then waits 40 ms for an acknowledgement.
    """
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        port = found.getsockname()[1]
    asgi = Live(WSGIMiddleware(application(room), workers=THREADS), room.boards)
    config = uvicorn.Config(asgi, port=port, log_level="error", lifespan="off", access_log=False)
    service = uvicorn.Server(config)
    thread = threading.Thread(target=service.run, daemon=True)
    thread.start()
    while not service.started and thread.is_alive():
        sleep(0.02)
    try:
        yield port
    finally:
        service.should_exit = True
        thread.join(20)


def _write(facts: Stream, path: Path) -> None:
    """Facts as lines. What each source says has a key of its own: here all are told under one."""
    with path.open("wb") as file:
        for batch in facts.batches(A_REQUEST):
            file.writelines(_lines(batch))


def _lines(batch: Batch) -> Iterator[bytes]:
    for kind, subject, at, recorded, source, key, _, place, by, data, other in batch.rows():
        said = {
            "key": f"{source}-{key}", "kind": kind, "subject": subject, "at": at, "recorded_at": recorded,
            "place": place, "by": by, "data": dict(data_of(data)), "supersedes": other,
        }  # fmt: skip
        yield json.dumps({name: value for name, value in said.items() if value}).encode() + b"\n"


def _last(home: Home) -> int:
    return home.store._connection.execute("SELECT max(seq) FROM fact").fetchone()[0]


def _copied(home: Home, before: int) -> list[float]:
    """Thousands of rows a second, of the rows that were told."""
    connection, rates = home.store._connection, []
    columns, _ = columns_of(connection, "fact")
    connection.run("CREATE TABLE bare (LIKE fact)")
    insert = f"INSERT INTO bare VALUES ({', '.join('?' * len(columns))})"
    cursor = connection.cursor().execute("SELECT * FROM fact WHERE seq > ? ORDER BY seq", (before,))
    while made := cursor.fetchmany(A_REQUEST):
        begun = perf_counter()
        with writing(connection):
            connection.executemany(insert, made)
        rates.append(len(made) / (perf_counter() - begun) / 1e3)
    return rates


def client(port: str, *paths: str) -> None:
    """Send every file but the last as one request, and the last line by line; prints rates and times."""
    connection = HTTPConnection("127.0.0.1", int(port), timeout=300)

    def told(body: bytes) -> float:
        begun = perf_counter()
        connection.request("POST", "/api/v1/facts", body, {"Content-Type": "application/x-ndjson"})
        answer = connection.getresponse()
        text = answer.read()
        seconds = perf_counter() - begun
        if answer.status == 429:
            raise SystemExit("asked too often")
        said = json.loads(text)
        if answer.status != 200 or said["refused"]:
            raise SystemExit(f"{answer.status}: {text[:500]!r}")
        return seconds

    bodies = [Path(path).read_bytes() for path in paths]
    rates = [body.count(b"\n") / told(body) / 1e3 for body in bodies[:-1]]
    single = [told(line) * 1e3 for line in bodies[-1].splitlines(keepends=True)]
    print(json.dumps({"rates": rates[1:] or rates, "single": single}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--client"]:
        client(*sys.argv[2:])
    else:
        sys.exit(main())
