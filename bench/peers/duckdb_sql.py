"""DuckDB: the derivation as set SQL, from the file or from a table in memory."""

import duckdb
import numpy as np

from bench.house.watch import Watch
from bench.peers.answer import answer_of
from bench.peers.inbound_sql import DUCKDB, script

THREADS = 2


def from_file(watch: Watch, *, path: str, small: str, now: int) -> dict[str, object]:
    """Everything from the Parquet file on. ``small``: a file of the same shape, read once to warm up."""
    connection = _connect()
    _derive(connection, f"read_parquet('{small}')", now=now)
    with watch.part("all"):
        found = _derive(connection, f"read_parquet('{path}')", now=now)
    return _answer(found, now=now)


def from_memory(watch: Watch, *, path: str, small: str, now: int) -> dict[str, object]:
    """The derivation alone: the facts are in a table already."""
    connection = _connect()
    _derive(connection, f"read_parquet('{small}')", now=now)
    columns = 'subject, kind, "at", recorded_at, key, result, laboratory'
    connection.execute(f"CREATE TABLE fact AS SELECT {columns} FROM read_parquet('{path}')")
    with watch.part("all"):
        found = _derive(connection, "fact", now=now)
    return _answer(found, now=now)


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": THREADS})
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET preserve_insertion_order = false")
    return connection


def _derive(connection: duckdb.DuckDBPyConnection, facts: str, *, now: int) -> tuple[list, dict]:
    statements = script(facts, now=now, dialect=DUCKDB)
    for table, statement in statements.tables:
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute(statement)
    states = connection.execute(statements.states).fetchall()
    return states, connection.execute(statements.breaks).fetchnumpy()


def _answer(found: tuple[list, dict[str, np.ndarray]], *, now: int) -> dict[str, object]:
    states, breaks = found
    met_by = sum(int(keys or 0) for _, _, keys in states)
    counts = {state: n for state, n, _ in states}
    return answer_of(counts, breaks["since"], breaks["until"], now=now, met_by=met_by).as_json()
