"""The tables of who was told of what: alerts, errands to addresses, letters. See schema 0005.

Every change is one transaction, so a process that dies leaves a notice without its letter at most, and
the next sweep writes that. A letter is marked as leaving before it goes: who dies in between sends the
same letter, under the same id, again. So none is lost, and a receiver that knows ids has none twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple, Self

from fengsui.engines.address import Address, address_of, connect_to
from fengsui.engines.migrations import migrate
from fengsui.engines.sqlite_driver import Connection, writing

AT_ONCE = 500  # rows read or written together
FIRST_WAIT, LONGEST_WAIT = 30, 3600  # seconds before a failed letter is tried again: doubled each time
LEASE = 120  # seconds after which a letter that is leaving counts as lost on the way
POSITION = "alerts_swept_at"  # row of meta


@dataclass(frozen=True, slots=True)
class Notice:
    """One rung of the ladder of one break. ``key`` names the rung; times are seconds UTC.

    ``reached_at``: when this rung was to be told. ``over_at``: when the break ended, 0 while it stands.
    """

    key: str
    loop: str
    protocol: str
    duty: str
    n: int
    place: str  # where the duty is owed; "": not known
    level: int  # the rung, 0 the lowest
    role: str  # who is told: a role, or the level of an area
    at_place: str  # … and where; "": not known
    broken_at: int
    reached_at: int
    over_at: int = 0


class Errand(NamedTuple):
    """A notice that waits to be put into a letter to one address."""

    id: int
    notice: int
    channel: str
    address: str
    lang: str
    told: Notice


class Outgoing(NamedTuple):
    """A letter that is leaving. ``attempt`` counts from 1."""

    id: str
    channel: str
    address: str
    subject: str
    body: str
    attempt: int


_FIELDS = tuple(field.name for field in fields(Notice))
_TOLD = ", ".join(f"n.{name}" for name in _FIELDS)
_MARKS = ", ".join("?" * len(_FIELDS))
_NOTICE = f"INSERT INTO alert (round, noticed_at, {', '.join(_FIELDS)}) VALUES (?, ?, {_MARKS}) RETURNING id"
_POSITION = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_ERRAND = (
    "INSERT INTO errand (alert, channel, address, lang, not_before, letter) VALUES (?, ?, ?, ?, ?, '')"
    " ON CONFLICT (alert, channel, address) DO NOTHING"
)
_WAITING = (
    f"SELECT e.id, e.alert, e.channel, e.address, e.lang, {_TOLD} FROM errand e"
    " JOIN alert n ON n.id = e.alert WHERE e.letter = '' AND e.not_before <= ? ORDER BY e.id"
)
_LETTER = (
    "INSERT INTO letter VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?, 0, '') ON CONFLICT (id) DO NOTHING"
)
_NEXT = (
    "SELECT id, channel, address, subject, body, attempts + 1 FROM letter"
    " WHERE state IN ('waiting', 'leaving') AND next_at <= ? ORDER BY next_at, id LIMIT ?"
)


class Outbox:
    """The outbox of a region. One object belongs to one thread; several may work on one file."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, address: Address | str) -> Self:
        """The outbox in this database."""
        connection = connect_to(address_of(address) if isinstance(address, str) else address)
        migrate(connection)
        return cls(connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def swept_at(self) -> int | None:
        """The moment of the last sweep; None before the first."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (POSITION,)).fetchone()
        return int(row[0]) if row else None

    def open_notices(self) -> dict[str, int]:
        """Key → number of every notice whose break stood when it was last looked at."""
        return dict(self._connection.execute("SELECT key, id FROM alert WHERE over_at = 0").fetchall())

    def told_between(self, after: int) -> set[tuple[str, int]]:
        """(key, broken_at) of the notices whose break ended later than ``after``."""
        sql = "SELECT key, broken_at FROM alert WHERE over_at > ?"
        return set(map(tuple, self._connection.execute(sql, (after,)).fetchall()))

    def note(
        self,
        notices: Sequence[tuple[Notice, Sequence[tuple[str, str, str, int]]]],
        *,
        over: Mapping[str, int],
        now: int,
    ) -> int:
        """Enter notices with their errands (channel, address, language, not before); how many were new.

        ``over``: keys of open notices whose break has ended, and when. The position of the sweep moves
        with them. A notice that is open already is left as it is.
        """
        run = self._connection.execute
        with writing(self._connection):
            for key, at in over.items():
                run("UPDATE alert SET over_at = ? WHERE key = ? AND over_at = 0", (at, key))
            n = sum(self._note(told, errands, now=now) for told, errands in notices)
            run(_POSITION, (POSITION, str(now)))
        return n

    def _note(self, told: Notice, errands: Iterable[tuple[str, str, str, int]], *, now: int) -> bool:
        run = self._connection.execute
        sql = "SELECT round, over_at, broken_at FROM alert WHERE key = ? ORDER BY round DESC LIMIT 1"
        last = run(sql, (told.key,)).fetchone()
        if last and (last[1] == 0 or (told.over_at and last[2] == told.broken_at)):
            return False
        values = [getattr(told, name) for name in _FIELDS]
        number = run(_NOTICE, (last[0] + 1 if last else 1, now, *values)).fetchone()[0]
        for channel, address, lang, not_before in errands:
            run(_ERRAND, (number, channel, address, lang, not_before))
        return True

    def waiting(self, *, now: int) -> list[Errand]:
        """The errands that may be put into letters now, in the order in which they came."""
        rows = self._connection.execute(_WAITING, (now,)).fetchall()
        return [Errand(*row[:5], Notice(*row[5:])) for row in rows]

    def last_written(self) -> dict[tuple[str, str], int]:
        """When the last letter to each (channel, address) was written."""
        sql = "SELECT channel, address, max(written_at) FROM letter GROUP BY channel, address"
        return {(channel, address): at for channel, address, at in self._connection.execute(sql).fetchall()}

    def post(self, letter: tuple[str, str, str, str, str, int], errands: Sequence[int], *, now: int) -> bool:
        """Put a letter (id, channel, address, subject, body, n) out, with the errands that are in it.

        False, and nothing is done, if another process has put one of them into a letter meanwhile.
        """
        run = self._connection.execute
        with writing(self._connection):
            for errand in errands:
                if run("SELECT letter FROM errand WHERE id = ?", (errand,)).fetchone() != ("",):
                    return False
            run(_LETTER, (*letter, now, now))
            self._connection.executemany(
                "UPDATE errand SET letter = ? WHERE id = ?", [(letter[0], errand) for errand in errands]
            )
        return True

    def leaving(self, *, now: int, limit: int = AT_ONCE) -> list[Outgoing]:
        """Letters to be sent now, marked as leaving; also those somebody took and did not come back from."""
        with writing(self._connection):
            rows = self._connection.execute(_NEXT, (now, limit)).fetchall()
            self._connection.executemany(
                "UPDATE letter SET state = 'leaving', attempts = ?, next_at = ? WHERE id = ?",
                [(row[5], now + LEASE, row[0]) for row in rows],
            )
        return [Outgoing(*row) for row in rows]

    def sent(self, letter: str, *, now: int) -> None:
        """The letter has arrived."""
        sql = "UPDATE letter SET state = 'sent', sent_at = ?, failure = '' WHERE id = ?"
        with writing(self._connection):
            self._connection.execute(sql, (now, letter))

    def failed(self, letter: str, failure: str, *, attempt: int, now: int, is_final: bool = False) -> None:
        """The letter came back. It is tried again later, later each time, unless ``is_final``.

        One that arrived by another process meanwhile has arrived.
        """
        wait = min(FIRST_WAIT << min(attempt - 1, 20), LONGEST_WAIT)
        state = "failed" if is_final else "waiting"
        sql = "UPDATE letter SET state = ?, failure = ?, next_at = ? WHERE id = ? AND state <> 'sent'"
        with writing(self._connection):
            self._connection.execute(sql, (state, failure[:500], now + wait, letter))

    def states(self) -> dict[str, int]:
        """How many letters are in each state."""
        return dict(self._connection.execute("SELECT state, count(*) FROM letter GROUP BY state").fetchall())

    def stuck(self, *, before: int) -> int:
        """How many letters were written before a moment and have not arrived, but are not given up."""
        sql = "SELECT count(*) FROM letter WHERE state IN ('waiting', 'leaving') AND written_at < ?"
        return self._connection.execute(sql, (before,)).fetchone()[0]

    def letters(self, *, limit: int = 100) -> Iterator[tuple]:
        """The last letters, the latest first: their columns from id to failure, without the text."""
        sql = (
            "SELECT id, channel, address, subject, written_at, state, attempts, sent_at, failure"
            " FROM letter ORDER BY written_at DESC, id LIMIT ?"
        )
        yield from self._connection.execute(sql, (limit,)).fetchall()
