"""The ledger of rows that could not be taken, and the positions in files."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from fengsui.engines.sqlite_driver import Connection
from fengsui.facts.store import FileMark, Refused
from fengsui.kit.errors import Finding, NotFound

_COLUMNS = "entry, row, raw, findings, told_at, work, name, mapping, why, settled_by"
_ENTER = f"INSERT INTO refused ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_OPEN = f"SELECT id, {_COLUMNS} FROM refused WHERE settled_by = '' AND id > ? ORDER BY id LIMIT 1000"
_MARK = (
    "INSERT INTO file_mark VALUES (?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE"
    " SET name = excluded.name, mapping = excluded.mapping, rows_done = excluded.rows_done,"
    " done = excluded.done"
)
_ALL = f"SELECT id, {_COLUMNS} FROM refused WHERE id > ? ORDER BY id LIMIT 1000"


class Ledger:
    """The tables ``refused`` and ``file_mark``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def enter(self, entries: Sequence[Refused]) -> None:
        """Enter rows; those that are there already stay as they are."""
        self._connection.executemany(_ENTER, [_row(entry) for entry in entries])

    def settle(self, settled: Mapping[str, str]) -> None:
        """Mark entries as open no longer. NotFound for one that was never entered."""
        for entry, by in settled.items():
            sql = "UPDATE refused SET settled_by = ? WHERE entry = ?"
            if not self._connection.execute(sql, (by, entry)).rowcount:
                raise NotFound(f"The ledger has no entry {entry}.")

    def refused(self, *, open_only: bool = True) -> Iterator[Refused]:
        """The entries in the order in which they were written."""
        last = 0
        while rows := self._connection.execute(_OPEN if open_only else _ALL, (last,)).fetchall():
            yield from map(_entry, rows)
            last = rows[-1][0]

    def mark(self, digest: str) -> FileMark | None:
        """How far a file was taken."""
        row = self._connection.execute(
            "SELECT digest, name, mapping, rows_done, done FROM file_mark WHERE digest = ?", (digest,)
        ).fetchone()
        return FileMark(*row[:4], done=bool(row[4])) if row else None

    def set_mark(self, mark: FileMark) -> None:
        """Note how far a file was taken."""
        row = (mark.digest, mark.name, mark.mapping, mark.rows_done, int(mark.done))
        self._connection.execute(_MARK, row)


def _row(entry: Refused) -> tuple[object, ...]:
    findings = [[f.where, f.field, f.found, f.expected] for f in entry.findings]
    return (
        entry.entry,
        entry.row,
        entry.raw,
        msgspec.json.encode(findings).decode(),
        entry.told_at,
        entry.work,
        entry.name,
        entry.mapping,
        entry.why,
        entry.settled_by,
    )


def _entry(row: tuple) -> Refused:
    _, entry, number, raw, findings, *rest = row
    found = tuple(Finding(*one) for one in msgspec.json.decode(findings))
    return Refused(entry, number, raw, found, *rest)
