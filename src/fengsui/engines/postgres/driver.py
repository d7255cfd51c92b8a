"""One way to speak to PostgreSQL: the connection takes the statements of the engine as SQLite's does.

One writer at a time: whoever writes takes the turn, a row that is locked until the commit. So what is
appended becomes visible in the order of its numbers. Numbers out of a sequence would not do: they are
given out before the commit, so number 8 can be seen before number 7, and who remembers to have seen 8
never sees 7. Readers wait for nobody.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import chain, count
from typing import Any

import numpy as np
import psycopg
from psycopg.types.numeric import Int8BinaryDumper

from fengsui.engines import sqlite_driver
from fengsui.engines.address import Remote
from fengsui.engines.postgres.months import begin
from fengsui.engines.postgres.sql import for_many, schema, translated
from fengsui.engines.postgres.wire import BigintsDumper, copied
from fengsui.kit.errors import BadInput, Conflict

OWN = files("fengsui.engines.postgres") / "schema"  # what a step has here beside what it has everywhere
WAIT = 30  # seconds a writer waits for another one
A_FEW = 8  # rows up to which a statement is sent for each
AT_ONCE = 2_000  # rows of a long answer fetched together
_MIGRATING = 0x66656E67  # the number of the lock under which tables are made

# Every statement of the engine finds its rows through one index. The planner is told so: with statistics
# from before a large batch it would rather read whole tables.
_SETTINGS = f"""
    SET lock_timeout = '{WAIT}s';
    SET jit = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET client_min_messages = warning;
"""


class Connection:
    """A connection that is made again when the server went away between two transactions."""

    def __init__(self, address: Remote, *, read_only: bool) -> None:
        self._address, self._read_only = address, read_only
        self._names = count()
        self.turns = 0  # that this connection announced
        self._raw = self._connected()

    def execute(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> psycopg.Cursor:
        """Run one statement; its rows are all fetched."""
        return self._ready().execute(translated(sql), values or None, binary=True)

    def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for every row, in one step if there are many rows."""
        rows = iter(rows)
        first = next(rows, None)
        if first is None:
            return
        rows = [first, *rows]
        with self._ready().cursor() as cursor:
            if len(rows) <= A_FEW:
                cursor.executemany(translated(sql), rows)
                return
            statement = for_many(sql)
            numbers = _numbers(rows)
            if statement.copy:
                _copy(cursor, statement.copy, rows if numbers is None else numbers)
            elif numbers is not None:
                cursor.execute(statement.by_column, [*numbers.T])
            else:
                cursor.executemany(translated(sql), rows)

    def run(self, script: str) -> None:
        """Run several statements that take no values."""
        self._ready().execute(script)

    def cursor(self) -> "LongAnswer":
        """For a statement with more rows than should be fetched at once."""
        return LongAnswer(self._ready(), f"rows_{next(self._names)}")

    def close(self) -> None:
        """Close it."""
        self._raw.close()

    @property
    def is_lost(self) -> bool:
        """Whether the server went away."""
        return self._raw.closed

    def _ready(self) -> psycopg.Connection:
        if self._raw.closed:
            self._raw = self._connected()
        return self._raw

    def _connected(self) -> psycopg.Connection:
        try:
            raw = psycopg.connect(self._address.url, autocommit=True)
        except psycopg.OperationalError as error:
            raise BadInput(f"{self._address} cannot be opened: {str(error).strip()}") from error
        raw.execute(_SETTINGS + (" SET default_transaction_read_only = on;" if self._read_only else ""))
        raw.adapters.register_dumper(int, Int8BinaryDumper)
        raw.adapters.register_dumper(np.ndarray, BigintsDumper)
        raw.adapters.register_loader("numeric", _WholeLoader)
        return raw


class LongAnswer:
    """The rows of one statement, fetched some thousand at a time."""

    def __init__(self, raw: psycopg.Connection, name: str) -> None:
        # Outside a transaction the server has to keep the answer for us.
        is_alone = raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        self._cursor = raw.cursor(name, withhold=is_alone)

    def execute(self, sql: str, values: Sequence[object] | Mapping[str, object] = ()) -> "LongAnswer":
        """Run the statement."""
        self._cursor.itersize = AT_ONCE
        self._cursor.execute(translated(sql), values or None, binary=True)
        return self

    def fetchmany(self, size: int) -> list[tuple]:
        """The next rows; none at the end."""
        if self._cursor.closed:
            return []
        rows = self._cursor.fetchmany(size)
        if not rows:
            self._cursor.close()
        return rows

    def __iter__(self) -> Iterator[tuple]:
        try:
            while rows := self.fetchmany(AT_ONCE):
                yield from rows
        finally:
            if not self._cursor.closed:
                self._cursor.close()


class _WholeLoader(psycopg.adapt.Loader):
    """Sums of bigint come as numeric, in which there is nothing behind the point."""

    format = psycopg.pq.Format.BINARY

    def load(self, data: Any) -> int:
        """See ``Loader.load``."""
        return int(psycopg.types.numeric.NumericBinaryLoader(1700).load(data))


def connect(address: Remote, *, read_only: bool = False) -> Connection:
    """A connection to the database. BadInput if it cannot be reached."""
    return Connection(address, read_only=read_only)


def is_region(address: Remote) -> bool:
    """Whether there is a region in the database. BadInput if it cannot be reached."""
    connection = connect(address, read_only=True)
    try:
        if not connection.execute("SELECT to_regclass('meta')").fetchone()[0]:
            return False
        return bool(connection.execute("SELECT 1 FROM meta WHERE name = 'home'").fetchone())
    finally:
        connection.close()


@sqlite_driver.writing.register
@contextlib.contextmanager
def writing(connection: Connection) -> Iterator[None]:
    """One transaction: all of it or, on any error, nothing. Conflict if another one writes for too long."""
    turns = connection.turns
    try:
        with _transaction(connection, "BEGIN"):
            connection.execute("SELECT n FROM turn FOR UPDATE")
            yield
    except psycopg.errors.LockNotAvailable as error:
        raise Conflict(f"Another process has been writing for more than {WAIT} s.") from error
    except BaseException:
        connection.turns = turns
        raise


@sqlite_driver.announce.register
def announce(connection: Connection) -> None:
    """Let others know, at the commit, that what they keep at hand of a region is old."""
    connection.execute("UPDATE turn SET n = n + 1")
    connection.turns += 1


@sqlite_driver.reading.register
@contextlib.contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """One state of the database for as long as it takes."""
    with _transaction(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"):
        yield


@sqlite_driver.migrating.register
@contextlib.contextmanager
def migrating(connection: Connection) -> Iterator[None]:
    """One transaction in which tables are made or changed, one process after the other."""
    with _transaction(connection, "BEGIN"):
        connection.execute("SELECT pg_advisory_xact_lock(?)", (_MIGRATING,))
        connection.run("CREATE TABLE IF NOT EXISTS schema_version (n bigint NOT NULL)")
        yield


@sqlite_driver.version_of_others.register
def version_of_others(connection: Connection) -> int:
    """A number that changes when another connection announced what it wrote."""
    return connection.execute("SELECT n FROM turn").fetchone()[0] - connection.turns


@sqlite_driver.schema_version.register
def schema_version(connection: Connection) -> int:
    """The number of the last step of the schema that was applied; 0 for an empty database."""
    if not connection.execute("SELECT to_regclass('schema_version')").fetchone()[0]:
        return 0
    return connection.execute("SELECT coalesce(max(n), 0) FROM schema_version").fetchone()[0]


@sqlite_driver.set_schema_version.register
def set_schema_version(connection: Connection, number: int) -> None:
    """Note the step that was applied."""
    connection.execute("DELETE FROM schema_version")
    connection.execute("INSERT INTO schema_version VALUES (?)", (number,))


@sqlite_driver.run_script.register
def run_script(connection: Connection, script: str) -> None:
    """Run the statements of a step."""
    connection.run(script)


@sqlite_driver.tables_of.register
def tables_of(connection: Connection) -> list[str]:
    """The names of all tables a region has; not those that are only here."""
    sql = (
        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = current_schema()::regnamespace AND relname NOT IN ('turn', 'schema_version')"
        " ORDER BY relname"
    )
    return [name for (name,) in connection.execute(sql).fetchall()]


@sqlite_driver.columns_of.register
def columns_of(connection: Connection, table: str) -> tuple[list[str], list[str]]:
    """The columns of a table, and those of its primary key in the order of the key."""
    columns = (
        "SELECT attname::text FROM pg_attribute WHERE attrelid = ?::text::regclass AND attnum > 0"
        " AND NOT attisdropped ORDER BY attnum"
    )
    key = (
        "SELECT attname::text FROM pg_index, unnest(indkey) WITH ORDINALITY AS k (number, place)"
        " JOIN pg_attribute a ON a.attnum = k.number WHERE indrelid = ?::text::regclass AND indisprimary"
        " AND a.attrelid = indrelid ORDER BY place"
    )
    named = (connection.execute(sql, (table,)).fetchall() for sql in (columns, key))
    return tuple([name for (name,) in rows] for rows in named)


@sqlite_driver.make_room.register
def make_room(connection: Connection, now: int) -> None:
    """Have the table of the month; see ``months``."""
    begin(connection, now)


@sqlite_driver.filled.register
def filled(connection: Connection) -> None:
    """Let numbers that are given here go on after the greatest, and the planner know how much there is."""
    for table in tables_of(connection):
        name = connection.execute(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = ?::text::regclass AND attidentity <> ''",
            (table,),
        ).fetchone()
        if name:
            sequence = f"pg_get_serial_sequence('{table}', '{name[0]}')"
            connection.execute(
                f"SELECT setval({sequence}, coalesce(max({name[0]}), 0) + 1, false) FROM {table}"
            )
    connection.run("ANALYZE")


@sqlite_driver.step_for.register
def step_for(connection: Connection, name: str, script: str) -> str:
    """A step of the schema, with what stands under the same name in the folder of our own."""
    own = OWN / name
    return schema(script) + (own.read_text(encoding="utf-8") if own.is_file() else "")


@contextlib.contextmanager
def _transaction(connection: Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if not connection.is_lost:
            connection.execute("ROLLBACK")
        raise


def _numbers(rows: list[Sequence[object]]) -> np.ndarray | None:
    """int64[n, width] if the rows are whole numbers."""
    if not all(type(value) is int for value in rows[0]):
        return None
    flat = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * len(rows[0]))
    return flat.reshape(len(rows), -1)


def _copy(cursor: psycopg.Cursor, statement: str, rows: np.ndarray | list[Sequence[object]]) -> None:
    if isinstance(rows, np.ndarray):
        with cursor.copy(f"{statement} (FORMAT binary)") as copy:
            copy.write(copied(rows))
        return
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
