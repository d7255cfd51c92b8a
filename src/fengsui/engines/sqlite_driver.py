"""One way to open the file: WAL, one writer, waiting its turn; numbers in, numbers out.

The build of SQLite that comes with ``pysqlite3`` is preferred. Versions 3.7.0 to 3.51.2 can lose
committed pages when two connections write and checkpoint at the same moment (the WAL-reset bug), so
opening with one of those says so. The file is never mapped into memory for the same reason.

What is done otherwise on another database is a function that looks at the connection; here stands what
SQLite does, and ``postgres.driver`` adds its own.
"""

import contextlib
import sqlite3
import warnings
from collections.abc import Iterator
from functools import singledispatch
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

SAFE = (3, 51, 3)  # the first version without the WAL-reset bug
SYNCHRONOUS = ("NORMAL", "FULL")
WAIT = 30.0  # seconds a writer waits for another one
CACHE_KIB = 262_144  # pages kept in memory by a writer: as much as the upper levels of its trees need
CHECKPOINT_PAGES = 65_536  # 256 MiB of log, at which a commit carries it into the file itself
CHECKPOINT_FACTS = 100_000  # committed facts after which that is begun beside the writer

Connection = Any  # of whichever module was found


def driver() -> ModuleType:
    """The module to talk to SQLite with: the bundled build if it is installed."""
    try:
        import pysqlite3
    except ImportError:
        return sqlite3
    return pysqlite3


def connect(path: Path | str, *, synchronous: str = "NORMAL", read_only: bool = False) -> Connection:
    """A connection to the file, which is made if it is not there.

    ``synchronous``: NORMAL keeps the file whole if the machine loses power and may lose the last
    commits; FULL loses none, at one flush to disk a commit. A killed process loses nothing either way.
    """
    if synchronous not in SYNCHRONOUS:
        raise ValueError(f"expected one of {', '.join(SYNCHRONOUS)}, found {synchronous!r}")
    module = driver()
    warn_if_unsafe(module.sqlite_version_info)
    name = f"file:{_quoted(path)}?mode={'ro' if read_only else 'rwc'}"
    connection = module.connect(
        name, uri=True, timeout=WAIT, isolation_level=None, cached_statements=512, check_same_thread=False
    )
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute("PRAGMA foreign_keys = OFF")  # rows are written by one hand; see decisions
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


class Checkpointer:
    """Carries committed pages from the log of the file into the file, beside whatever else is going on.

    Without it the writer does this itself, inside a commit, whenever the log has grown long; it still
    does if this one cannot keep up. With a version that has the WAL-reset bug nobody else may.
    """

    def __init__(self, path: Path | str, *, synchronous: str) -> None:
        self._path, self._synchronous = path, synchronous
        self._is_safe = driver().sqlite_version_info >= SAFE
        self._thread: Thread | None = None
        self._facts = 0

    def after(self, n_facts: int) -> None:
        """So many facts were committed."""
        self._facts += n_facts
        is_free = self._thread is None or not self._thread.is_alive()
        if self._is_safe and self._facts >= CHECKPOINT_FACTS and is_free:
            self._facts = 0
            self._thread = Thread(target=self._checkpoint, name="checkpoint")
            self._thread.start()

    def close(self) -> None:
        """Wait for what is under way."""
        if self._thread:
            self._thread.join()

    def _checkpoint(self) -> None:
        connection = connect(self._path, synchronous=self._synchronous)
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        finally:
            connection.close()


def warn_if_unsafe(version: tuple[int, ...]) -> None:
    """Say so when this SQLite still has the WAL-reset bug."""
    if (3, 7, 0) <= version < SAFE:
        found = ".".join(map(str, version))
        warnings.warn(
            f"SQLite {found} can lose committed pages when two processes write at once; "
            f"install pysqlite3, or SQLite 3.51.3 or later, before sharing the file",
            RuntimeWarning,
            stacklevel=3,
        )


@singledispatch
@contextlib.contextmanager
def writing(connection: Connection) -> Iterator[None]:
    """One transaction, one writer at a time: all of it or, on any error, nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@singledispatch
@contextlib.contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """One state of the database for as long as it takes, whatever others commit meanwhile."""
    connection.execute("BEGIN")
    try:
        connection.execute("SELECT 1 FROM meta").fetchone()
        yield
    finally:
        connection.execute("COMMIT")


@singledispatch
def announce(connection: Connection) -> None:
    """Let others know, at the commit, that what they keep at hand of a region is old; the file tells them."""


@singledispatch
def version_of_others(connection: Connection) -> int:
    """A number that changes when another connection wrote."""
    return connection.execute("PRAGMA data_version").fetchone()[0]


@singledispatch
def migrating(connection: Connection) -> contextlib.AbstractContextManager[None]:
    """One transaction in which tables are made or changed, one process after the other."""
    return writing(connection)


@singledispatch
def schema_version(connection: Connection) -> int:
    """The number of the last step of the schema that was applied; 0 for an empty database."""
    return connection.execute("PRAGMA user_version").fetchone()[0]


@singledispatch
def set_schema_version(connection: Connection, number: int) -> None:
    """Note the step that was applied."""
    connection.execute(f"PRAGMA user_version = {number}")


@singledispatch
def run_script(connection: Connection, script: str) -> None:
    """Run several statements. One by one: running a script at once would end our transaction."""
    held = ""
    for line in script.splitlines(keepends=True):
        held += line
        if sqlite3.complete_statement(held):
            connection.execute(held)
            held = ""


@singledispatch
def tables_of(connection: Connection) -> list[str]:
    """The names of all tables a region has."""
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    return [name for (name,) in connection.execute(sql).fetchall()]


@singledispatch
def columns_of(connection: Connection, table: str) -> tuple[list[str], list[str]]:
    """The columns of a table, and those of its primary key in the order of the key."""
    rows = connection.execute(f"PRAGMA table_info({table})").fetchall()
    key = sorted((row[5], row[1]) for row in rows if row[5])
    return [row[1] for row in rows], [name for _, name in key]


@singledispatch
def make_room(connection: Connection, now: int) -> None:
    """Have room for facts that arrive at the moment ``now``."""


@singledispatch
def filled(connection: Connection) -> None:
    """All tables were filled from elsewhere."""


@singledispatch
def step_for(connection: Connection, name: str, script: str) -> str:
    """A step of the schema, from the file of this name, as this database takes it."""
    return script


def _quoted(path: Path | str) -> str:
    return Path(path).absolute().as_posix().replace("%", "%25").replace("?", "%3f").replace("#", "%23")
