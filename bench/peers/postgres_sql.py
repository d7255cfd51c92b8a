"""PostgreSQL: the derivation as set SQL on a server of our own; taking the rows in is counted apart."""

import io
from collections.abc import Iterator

import numpy as np
import psycopg
import pyarrow.csv as csv
import pyarrow.parquet as pq

from bench.house.watch import Watch
from bench.peers.answer import answer_of
from bench.peers.inbound_sql import POSTGRES, script
from bench.peers.postgres_server import server

ROWS_AT_A_TIME = 200_000
COLUMNS = ["subject", "kind", "at", "recorded_at", "key", "result", "laboratory"]


def from_file(watch: Watch, *, path: str, now: int) -> dict[str, object]:
    """The parts ``copy`` (rows of the file into a table) and ``derive``; together ``all``."""
    with server(watch) as connection:
        _make_table(connection)
        with watch.part("all"):
            with watch.part("copy"):
                _copy(connection, path)
            with watch.part("derive"):
                states, breaks = _derive(connection, now=now)
    counts = {state: n for state, n, _ in states}
    met_by = sum(int(keys or 0) for _, _, keys in states)
    return answer_of(counts, breaks[:, 2], breaks[:, 3], now=now, met_by=met_by).as_json()


def _make_table(connection: psycopg.Connection) -> None:
    connection.execute(
        'CREATE UNLOGGED TABLE fact (subject int, kind smallint, "at" bigint, recorded_at bigint, key int, '
        "result smallint, laboratory smallint)"
    )


def _copy(connection: psycopg.Connection, path: str) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY fact FROM STDIN (FORMAT csv)") as copy:
        for chunk in _as_csv(path):
            copy.write(chunk)
    connection.execute("ANALYZE fact")


def _as_csv(path: str) -> Iterator[bytes]:
    options = csv.WriteOptions(include_header=False)
    for batch in pq.ParquetFile(path).iter_batches(ROWS_AT_A_TIME, columns=COLUMNS):
        out = io.BytesIO()
        csv.write_csv(batch, out, options)
        yield out.getvalue()


def _derive(connection: psycopg.Connection, *, now: int) -> tuple[list, np.ndarray]:
    statements = script("fact", now=now, dialect=POSTGRES)
    for _, statement in statements.tables:
        connection.execute(statement)
    states = connection.execute(statements.states).fetchall()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({statements.breaks}) TO STDOUT") as copy:
        lines = b"".join(copy)
    table = csv.read_csv(
        io.BytesIO(lines),
        read_options=csv.ReadOptions(column_names=["subject", "duty", "since", "until", "fact"]),
        parse_options=csv.ParseOptions(delimiter="\t"),
        convert_options=csv.ConvertOptions(null_values=["\\N"]),
    )
    return states, np.column_stack([column.fill_null(-1).to_numpy() for column in table.columns])
