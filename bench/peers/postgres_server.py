"""A PostgreSQL server of our own for the length of one measurement, in a folder that is thrown away.

It listens on a socket in that folder and nowhere else, so that nobody else can reach it.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.house.watch import Watch, kilobytes

# What the manual advises for few big queries; durability is off, in the server's favour.
SETTINGS = {
    "listen_addresses": "",
    "work_mem": "512MB",
    "maintenance_work_mem": "512MB",
    "shared_buffers": "1GB",
    "hash_mem_multiplier": "2",
    "jit": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_size": "8GB",
    "max_parallel_workers_per_gather": "2",
    "autovacuum": "off",
}
# As a service runs it: what was committed is on disk, and tables are kept in order beside the work.
DURABLE = {name: SETTINGS[name] for name in ("listen_addresses", "shared_buffers", "max_wal_size", "jit")}
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")


class NotInstalled(Exception):
    """There is no PostgreSQL server on this machine."""


def program(name: str) -> str:
    """Where one of PostgreSQL's programs is. Raises NotInstalled."""
    found = shutil.which(name)
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found and not debian:
        raise NotInstalled(f"{name} is not on this machine (Debian: apt-get install postgresql)")
    return found or str(debian[-1])


@contextmanager
def server(watch: Watch, settings: Mapping[str, str] = SETTINGS) -> Iterator[psycopg.Connection]:
    """Start a server, connect, and take it down again; its CPU and memory count for the watch."""
    initdb, postgres = program("initdb"), program("postgres")
    user = _unprivileged()
    with tempfile.TemporaryDirectory(prefix="fengsui-pg-") as folder:
        if user:
            shutil.chown(folder, user)
        data = Path(folder) / "data"
        made = [
            initdb,
            "-D",
            str(data),
            "-A",
            "trust",
            "-U",
            "bench",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]
        subprocess.run(made, user=user, check=True, capture_output=True)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        process = subprocess.Popen(
            [postgres, "-D", str(data), "-k", folder, *options],
            user=user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with _connect(folder, process) as connection, _watching(process.pid, watch):
                yield connection
        finally:
            process.terminate()
            process.wait()


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root; whom to become then."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _connect(folder: str, process: subprocess.Popen) -> psycopg.Connection:
    """Wait until the server answers."""
    waiting = threading.Event()
    for _ in range(START_SECONDS * 10):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} while it started")
        try:
            return psycopg.connect(host=folder, user="bench", dbname="postgres", autocommit=True)
        except psycopg.OperationalError:
            waiting.wait(0.1)
    raise RuntimeError(f"the server did not answer within {START_SECONDS} s")


@contextmanager
def _watching(pid: int, watch: Watch) -> Iterator[None]:
    """Let the watch count the server's processes; their memory is looked at ten times a second."""
    peak, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            peak[0] = max(peak[0], sum(map(_proportional_bytes, _tree(pid))))

    watch.other_cpu = lambda: sum(map(_cpu_seconds, _tree(pid)))
    watch.other_peak = lambda: peak[0]
    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield
    finally:
        ended.set()
        looking.join()
        total = watch.other_cpu()
        watch.other_cpu = lambda: total


def _tree(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *map(int, children)]


def _cpu_seconds(pid: int) -> float:
    """What a process has used, with the children it has buried."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:  # it has ended since; its parent counts for it
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def _proportional_bytes(pid: int) -> int:
    """Its memory, what it shares divided among those that share it."""
    try:
        return kilobytes(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"), "Pss") * 1024
    except OSError:
        return 0
