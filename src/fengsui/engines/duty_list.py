"""Rows of the table ``duty``, the oldest first, read from many areas without reading more than is asked.

The first row of every (lane, area) is found in one statement. A branch is only read on when its first
row comes up, so the oldest hundred of a whole region cost about as much as the rows themselves.
"""

import heapq
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fengsui.engines.places import Scope
from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.worklist import LANES, N_LANES

_EVER = 1 << 62
_CHUNK = 16  # rows read from a branch at first; doubled each time


class Row(NamedTuple):
    """One row of ``duty`` as it stands there."""

    at: int
    subject: int
    loop: int
    key: int
    n: int
    until: int
    broken_at: int
    due_at: int
    step: int
    place: int
    area: int


_COLUMNS = ", ".join(Row._fields)
_STEPS = " AND step IN (SELECT value FROM json_each(:steps))"
_STANDS = " AND at <= :now AND until > :now"
_FIRST = (
    "SELECT lane, area, at FROM ("
    " SELECT l.key AS lane, a.value AS area,"
    "  (SELECT at FROM duty WHERE lane = l.key AND area = a.value AND at > l.value{where}"
    "   ORDER BY at LIMIT 1) AS at"
    " FROM json_each(:areas) a CROSS JOIN json_each(:lanes) l) AS first WHERE at IS NOT NULL"
)
_NEXT = (
    f"SELECT {_COLUMNS} FROM duty WHERE lane = :lane AND area = :area"
    " AND (at, subject, loop, key, n) > (:at, :subject, :loop, :key, :n){where}"
    " ORDER BY at, subject, loop, key, n LIMIT :chunk"
)
_RECENT = (
    f"SELECT {', '.join('d.' + name for name in Row._fields)}"
    " FROM json_each(:areas) a CROSS JOIN json_each(:lanes) l CROSS JOIN duty d"
    " ON d.lane = l.value AND d.area = a.value AND d.at > :after AND d.at <= :now AND d.until > :since"
)


def standing(
    connection: Connection, scope: Scope, *, now: int, steps: Sequence[int] | None = None
) -> Iterator[Row]:
    """Breaks that stand at ``now``, the oldest first; of some steps, if given."""
    where = _STANDS + (_STEPS if steps is not None else "")
    values = {"now": now, "steps": json.dumps(steps), "areas": scope.as_json, "lanes": _lanes(now)}
    ahead = [
        (at, lane, area, None, None)
        for lane, area, at in connection.execute(_FIRST.format(where=where), values).fetchall()
    ]
    heapq.heapify(ahead)
    sql = _NEXT.format(where=where)
    while ahead:
        at, lane, area, row, rest = heapq.heappop(ahead)
        if row is None:
            rest = _branch(connection, sql, {**values, "lane": lane, "area": area, "at": at})
        else:
            yield row
        following = next(rest, None)
        if following is not None:
            heapq.heappush(ahead, (following.at, lane, area, following, rest))


def begun(connection: Connection, scope: Scope, *, after: int, now: int, since: int) -> Iterator[Row]:
    """Breaks that began in (after, now] and ended later than ``since``, in no particular order."""
    values = {
        "areas": scope.as_json,
        "lanes": json.dumps(list(range(N_LANES))),
        "after": after,
        "now": now,
        "since": since,
    }
    cursor = connection.cursor().execute(_RECENT, values)
    while rows := cursor.fetchmany(1000):
        yield from map(Row._make, rows)


def _branch(connection: Connection, sql: str, values: dict[str, object]) -> Iterator[Row]:
    """The rows of one lane and area from ``at`` on."""
    values = {**values, "subject": -1, "loop": 0, "key": 0, "n": 0, "chunk": _CHUNK}
    while True:
        rows = list(map(Row._make, connection.execute(sql, values).fetchall()))
        yield from rows
        if len(rows) < values["chunk"]:
            return
        values |= zip(("at", "subject", "loop", "key", "n"), rows[-1], strict=False)
        values["chunk"] *= 2


def _lanes(now: int) -> str:
    """Of each lane, in order, the time before which nothing in it can still stand."""
    return json.dumps([-_EVER, *(now - int(longest) - 1 for longest in LANES), -_EVER])
