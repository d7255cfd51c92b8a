"""A PostgreSQL server of our own for the length of a test run, in a folder that is thrown away.

It listens on a socket in that folder and nowhere else. Every store gets a schema of its own.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from fengsui.engines.address import Remote

SETTINGS = ("listen_addresses=", "shared_buffers=128MB", "max_wal_size=1GB", "max_connections=300")
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")  # for what is never switched off
PATIENCE = 30.0  # seconds for a start


def program(name: str) -> str | None:
    """Where one of PostgreSQL's programs is, if it is installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(debian[-1]) if debian else None)


class Server:
    """One cluster. ``is_durable``: what is committed survives ``crash``."""

    def __init__(self, *, is_durable: bool = False) -> None:
        self._user = _unprivileged()
        self._settings = (*SETTINGS, *(() if is_durable else FAST))
        self.folder = Path(tempfile.mkdtemp(prefix="fengsui-pg-"))
        if self._user:
            shutil.chown(self.folder, self._user)
        made = [program("initdb"), "-D", str(self.folder / "data"), "-A", "trust", "-U", "tests"]
        made += ["-E", "UTF8", "--no-locale", "--no-sync"]
        subprocess.run(made, user=self._user, check=True, capture_output=True)
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = [word for setting in self._settings for word in ("-c", setting)]
        command = [program("postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.address().url).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def crash(self) -> None:
        """What ``pg_ctl stop -m immediate`` does: no goodbye, nothing written that was not."""
        self._end(signal.SIGQUIT)

    def close(self) -> None:
        """Stop, and leave nothing behind."""
        self._end(signal.SIGQUIT)  # nobody needs what a quiet end would write first
        shutil.rmtree(self.folder)

    def address(self, schema: str = "public") -> Remote:
        """The address of a schema."""
        return Remote(f"postgresql://tests@/postgres?host={self.folder}&options=-csearch_path%3D{schema}")

    def schema(self, name: str) -> Remote:
        """The address of a schema, which is made if it is not there."""
        with psycopg.connect(self.address().url, autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{name}"')
        return self.address(name)

    def _end(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root; whom to become then."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
