"""Exact counts at any area level: sums over the tally, and a look at the rows of the hour that is not over.

A break counts if it has begun and not ended. Rows that stand without end are counted from their
beginning, over the past. Rows that end are counted from what lies ahead (endings still to come, less
those of breaks that are still to begin), so that the breaks of the past are never summed up.
"""

import json
from collections import Counter

from fengsui.engines.numbering import Steps, Words
from fengsui.engines.places import Scope
from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.worklist import (
    BEGINNING,
    CLOSING,
    ENDING,
    GRAINS,
    HOUR,
    N_LANES,
    OPEN_ENDED,
    OPENING,
)
from fengsui.kit.instant import DAY

Counts = Counter[int]  # protocol's word number → n

_SUM = (
    "SELECT protocol, sum(n) FROM tally"
    " WHERE node = ? AND measure = ? AND grain = ? AND bucket >= ? AND bucket < ? GROUP BY protocol"
)
_LANES = json.dumps(list(range(1, N_LANES)))
_BEGUN = (
    "SELECT d.step, count(*) FROM json_each(?) a CROSS JOIN json_each(?) l CROSS JOIN duty d"
    " ON d.lane = l.value AND d.area = a.value AND d.at > ? AND d.at <= ? GROUP BY d.step"
)
_ENDED = (
    "SELECT d.step, count(*) FROM json_each(?) a CROSS JOIN duty d INDEXED BY duty_ending"
    " ON d.lane > 0 AND d.area = a.value AND d.until > ? AND d.until <= ? GROUP BY d.step"
)
_CLOSED = (
    "SELECT l.protocol, count(*) FROM json_each(?) a CROSS JOIN loop l INDEXED BY loop_closing"
    " ON l.area = a.value AND l.closed_at > ? AND l.closed_at <= ? AND l.closed_at < 4611686018427387904"
    " AND l.closed_at >= l.opened_at GROUP BY l.protocol"
)
_OPENED = (
    "SELECT l.protocol, count(*) FROM json_each(?) a CROSS JOIN loop l INDEXED BY loop_listing"
    " ON l.area = a.value AND l.opened_at > ? AND l.opened_at <= ? AND l.closed_at >= l.opened_at"
    " GROUP BY l.protocol"
)
_EVER = 1 << 62


class Tally:
    """Counts for one node of the area tree at a time."""

    def __init__(self, connection: Connection, words: Words, steps: Steps) -> None:
        self._connection = connection
        self._words = words
        self._steps = steps

    def standing(self, scope: Scope, *, now: int) -> Counts:
        """The breaks that stand at ``now``, by protocol."""
        seconds = GRAINS[1] if scope.is_coarse else GRAINS[0]
        begun, end = now // seconds * seconds, (now // seconds + 1) * seconds
        found: Counts = Counter()
        for measure, sign in ((OPEN_ENDED, 1), (ENDING, 1), (BEGINNING, -1)):
            for low, high, grain in _spans(measure, now, is_coarse=scope.is_coarse):
                for protocol, n in self._rows(_SUM, (scope.node, measure, grain, low, high)):
                    found[protocol] += sign * n
        self._add(found, _BEGUN, (scope.as_json, "[0]", begun, now))
        self._add(found, _ENDED, (scope.as_json, now, end))
        self._add(found, _BEGUN, (scope.as_json, _LANES, now, end), sign=-1)
        return +found

    def running(self, scope: Scope, *, now: int) -> Counts:
        """The loops that run at ``now``, by protocol: those still to close, less those still to open."""
        today = now // DAY
        found: Counts = Counter()
        for measure, sign, sql in ((CLOSING, 1, _CLOSED), (OPENING, -1, _OPENED)):
            later = self._rows(_SUM, (scope.node, measure, 0, today + 1, _EVER))
            for protocol, n in (*later, *self._rows(sql, (scope.as_json, now, (today + 1) * DAY))):
                found[protocol] += sign * n
        return +found

    def _add(self, found: Counts, sql: str, values: tuple, *, sign: int = 1) -> None:
        for step, n in self._rows(sql, values):
            found[self._words.number(self._steps.names[step][0])] += sign * n

    def _rows(self, sql: str, values: tuple) -> list[tuple[int, int]]:
        return self._connection.execute(sql, values).fetchall()


def _spans(measure: int, now: int, *, is_coarse: bool) -> list[tuple[int, int, int]]:
    """(from bucket, to bucket, grain) of all before, or for what ends of all after, the bucket of ``now``."""
    day, hour = now // DAY, now // HOUR
    if measure == OPEN_ENDED:
        spans = [(-_EVER, day, 0), (day * 24, hour, 1)]
    else:
        spans = [(day + 1, _EVER, 0), (hour + 1, (day + 1) * 24, 1)]
    return spans[: 1 + is_coarse]
