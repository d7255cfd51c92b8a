"""A region copied from one database to another, whatever the two are: for backups, and to move.

Everything is copied, also what follows from the facts, so that the copy is at work at once; the copy is one
transaction, and is read back and held against what was sent before that is committed. So it is all there, or
it is not there at all and the same command begins anew.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from statistics import median_low

import msgspec

from fengsui.engines.address import Address, connect_to
from fengsui.engines.home import MOVED, SETTING, open_home
from fengsui.engines.migrations import migrate
from fengsui.engines.rebuild import DERIVED
from fengsui.engines.sqlite_driver import (
    Connection,
    columns_of,
    filled,
    make_room,
    reading,
    schema_version,
    tables_of,
    writing,
)
from fengsui.kit.errors import Conflict, FengsuiError, NotFound, Refused

AT_ONCE = 20_000  # rows sent together
FACTS = "fact"
Progress = Callable[[int, int], None]  # rows done, of how many


@dataclass(frozen=True, slots=True)
class Table:
    """One table as it was copied; ``digest``: over all of its rows."""

    name: str
    rows: int
    digest: str


def back_up(source: Address, target: Address, *, progress: Progress) -> list[Table]:
    """Copy a region as it stands, while others go on writing. Conflict if the target is there already."""
    return _copied(source, target, progress, is_move=False)


def move(source: Address, target: Address, *, progress: Progress) -> list[Table]:
    """The same, while nobody may write; from then on the region is opened at the new address alone."""
    return _copied(source, target, progress, is_move=True)


def rehearse(address: Address, *, progress: Progress) -> list[str]:
    """Derive everything anew from the facts; the derived tables in which any row came out otherwise.

    None for a copy that can be trusted.
    """
    with open_home(address) as home:
        connection = connect_to(address, read_only=True)
        try:
            before = {name: _read(connection, name) for name in DERIVED}
            home.store.rebuild(now=home.last_recorded_at(), progress=progress)
            return [name for name in DERIVED if _read(connection, name) != before[name]]
        finally:
            connection.close()


def _copied(source: Address, target: Address, progress: Progress, *, is_move: bool) -> list[Table]:
    if not source.exists():
        raise NotFound(f"There is no database {source}.")
    if target.exists():
        raise Conflict(f"{target} is there already.")
    sender = connect_to(source, read_only=not is_move)
    try:
        receiver = connect_to(target)
        try:
            migrate(receiver)
            _agree(sender, receiver)
            with (writing if is_move else reading)(sender):
                with writing(receiver):
                    tables = _all(sender, receiver, progress)
                if is_move:
                    sender.execute("INSERT INTO meta VALUES (?, ?)", (MOVED, str(target)))
        finally:
            receiver.close()
    except BaseException:
        _clear(target)
        raise
    finally:
        sender.close()
    return tables


def _agree(sender: Connection, receiver: Connection) -> None:
    ours, theirs = schema_version(receiver), schema_version(sender)
    if ours != theirs:
        raise Refused(
            f"The database has tables of version {theirs}, this program of {ours}; open it once, "
            "for example with `fengsui status`, to bring it up to date."
        )
    if not sender.execute("SELECT 1 FROM meta WHERE name = ?", (SETTING,)).fetchone():
        raise NotFound("The database does not say which region it is of.")


def _all(sender: Connection, receiver: Connection, progress: Progress) -> list[Table]:
    """Send every table and read it back."""
    names = tables_of(sender)
    total = 2 * sum(sender.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names)
    done = 0

    def went(n: int) -> None:
        nonlocal done
        done += n
        progress(done, total)

    sent = [_send(sender, receiver, name, went) for name in names]
    filled(receiver)
    for table in sent:
        if _read(receiver, table.name, went) != table:
            raise FengsuiError(f"Table {table.name} did not arrive as it was sent; nothing was kept.")
    return sent


def _send(sender: Connection, receiver: Connection, table: str, went: Callable[[int], None]) -> Table:
    columns, _ = columns_of(sender, table)
    receiver.execute(f"DELETE FROM {table}")  # what the schema begins with
    insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    digest, n = blake2b(digest_size=8), 0
    for rows in _parts(sender, table):
        if table == FACTS:
            # The months in which they arrived are not known any more; when most were recorded is close.
            make_room(receiver, median_low(row[columns.index("recorded_at")] for row in rows))
        receiver.executemany(insert, rows)
        digest.update(msgspec.msgpack.encode(rows))
        n += len(rows)
        went(len(rows))
    return Table(table, n, digest.hexdigest())


def _read(connection: Connection, table: str, went: Callable[[int], None] = lambda n: None) -> Table:
    digest, n = blake2b(digest_size=8), 0
    for rows in _parts(connection, table):
        digest.update(msgspec.msgpack.encode(rows))
        n += len(rows)
        went(len(rows))
    return Table(table, n, digest.hexdigest())


def _parts(connection: Connection, table: str) -> Iterator[list[tuple]]:
    """The rows of a table by its key, some thousand at a time."""
    columns, key = columns_of(connection, table)
    sql = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {', '.join(key)}"
    cursor = connection.cursor().execute(sql)
    while rows := cursor.fetchmany(AT_ONCE):
        yield rows


def _clear(target: Address) -> None:
    """Leave no file behind that has no region in it; a database of PostgreSQL keeps its empty tables."""
    if isinstance(target, Path):
        for end in ("", "-wal", "-shm"):
            target.with_name(target.name + end).unlink(missing_ok=True)
