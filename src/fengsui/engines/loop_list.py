"""Rows of the table ``loop``, the latest opened first."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from fengsui.engines.numbering import Subjects, Words
from fengsui.engines.places import Scope, Scopes
from fengsui.engines.shown import Shown
from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.state import VERSIONS, loop_name, loop_number
from fengsui.engines.view import Head
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import NEVER

AT_ONCE = 200
_CHUNK = 16  # rows read from an area at first; doubled each time
_COLUMNS = "opened_at, subject, id, protocol, versions, closed_at, place, area"
_NEXT = (
    f"SELECT {_COLUMNS} FROM loop INDEXED BY loop_listing WHERE area = :area"
    " AND (opened_at, subject, id) < (:opened_at, :subject, :id) AND opened_at BETWEEN :from_at AND :now"
    " AND (:protocol = 0 OR protocol = :protocol) AND closed_at > :closed_after AND closed_at <= :closed_by"
    " ORDER BY opened_at DESC, subject DESC, id DESC LIMIT :chunk"
)
_OF_SUBJECT = f"SELECT {_COLUMNS} FROM loop WHERE subject = ? ORDER BY opened_at DESC, id DESC"


@dataclass(frozen=True, slots=True)
class LoopFilter:
    """Which loops: of a protocol, running or not at ``now``, opened from a moment on."""

    now: int
    protocol: str | None = None
    running: bool | None = None
    from_at: int | None = None

    def lets(self, head: Head) -> bool:
        """Whether a loop is wanted."""
        runs = head.opened_at <= self.now < head.closed_at
        return (
            head.opened_at <= self.now
            and self.protocol in (None, head.protocol)
            and self.running in (None, runs)
            and (self.from_at is None or head.opened_at >= self.from_at)
        )


class LoopList:
    """Lists loops from the file."""

    def __init__(
        self, connection: Connection, scopes: Scopes, *, words: Words, subjects: Subjects, shown: Shown
    ) -> None:
        self._connection = connection
        self._scopes = scopes
        self._words = words
        self._subjects = subjects
        self._shown = shown

    def latest(self, scope: Scope, wanted: LoopFilter, *, after: str | None = None) -> Iterator[Head]:
        """Loops of an area, the latest opened first; those after the loop of that id."""
        if wanted.protocol is not None and self._words.known(wanted.protocol) is None:
            return iter(())
        start = self._place_of(after) if after else (NEVER, NEVER, NEVER)
        branches = [self._branch(area, wanted, start) for area in scope.areas]
        rows = heapq.merge(*branches, reverse=True)
        heads = self._heads(rows)
        if scope.span is None:
            return heads
        return (head for head in heads if self._scopes.contains(scope, head.place))

    def of_subject(self, subject: str, wanted: LoopFilter) -> Iterator[Head]:
        """Loops of one subject, the latest opened first."""
        number = self._subjects.known([subject]).get(subject)
        rows = self._connection.execute(_OF_SUBJECT, (number,)).fetchall()
        return (head for head in self._heads(rows) if wanted.lets(head))

    def subject_of(self, loop: str) -> str | None:
        """The subject of a loop that is or once was shown."""
        owner = self._owner(_number(loop))
        return None if owner is None else self._subjects.keys([owner])[owner]

    def _place_of(self, loop: str) -> tuple[int, int, int]:
        number = _number(loop)
        sql = "SELECT opened_at, subject, id FROM loop WHERE subject = ? AND id = ?"
        row = self._connection.execute(sql, (self._owner(number), number)).fetchone()
        if row is None:
            raise NotFound(f"There is no loop {loop}.")
        return row

    def _owner(self, number: int | None) -> int | None:
        """The subject whose loop this is, or once was."""
        return None if number is None else self._shown.subject_of(number)

    def _branch(self, area: int, wanted: LoopFilter, start: tuple[int, int, int]) -> Iterator[tuple]:
        """The rows of one listing area."""
        values = {
            "area": area,
            "now": wanted.now,
            "from_at": -NEVER if wanted.from_at is None else wanted.from_at,
            "protocol": 0 if wanted.protocol is None else self._words.known(wanted.protocol),
            "closed_after": wanted.now if wanted.running else -NEVER,
            "closed_by": wanted.now if wanted.running is False else NEVER,
            "chunk": _CHUNK,
        }
        while True:
            values |= zip(("opened_at", "subject", "id"), start, strict=True)
            rows = self._connection.execute(_NEXT, values).fetchall()
            yield from rows
            if len(rows) < values["chunk"]:
                return
            start = rows[-1][:3]
            values["chunk"] *= 2

    def _heads(self, rows: Iterable[tuple]) -> Iterator[Head]:
        rows = iter(rows)
        while part := list(islice(rows, AT_ONCE)):
            keys = self._subjects.keys(row[1] for row in part)
            yield from (self._head(row, keys[row[1]]) for row in part)

    def _head(self, row: tuple, subject: str) -> Head:
        opened_at, _, number, protocol, versions, closed_at, place, area = row
        return Head(
            id=loop_name(number),
            protocol=self._words.texts[protocol],
            versions=tuple(self._words.texts[versions].split(VERSIONS)),
            subject=subject,
            opened_at=opened_at,
            closed_at=closed_at,
            place=self._words.text(place),
            area=self._scopes.code(area),
        )


def _number(loop: str) -> int | None:
    try:
        return loop_number(loop)
    except ValueError:
        return None
