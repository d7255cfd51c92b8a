"""Exact counts at any area level: sums over the tally, and a look at the rows of the hour that is not over.

A break counts if it has begun and not ended. Rows that stand without end are counted from their
beginning, over the past. Rows that end are counted from what lies ahead (endings still to come, less
those of breaks that are still to begin), so that the breaks of the past are never summed up.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

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
    "SELECT t.node, t.protocol, sum(t.n) FROM json_each(?) a CROSS JOIN tally t ON t.node = a.value"
    " AND t.measure = ? AND t.grain = ? AND t.bucket >= ? AND t.bucket < ? GROUP BY t.node, t.protocol"
)
_LANES = json.dumps(list(range(1, N_LANES)))
_BEGUN = (
    "SELECT d.area, d.step, count(*) FROM json_each(?) a CROSS JOIN json_each(?) l CROSS JOIN duty d"
    " ON d.lane = l.value AND d.area = a.value AND d.at > ? AND d.at <= ? GROUP BY d.area, d.step"
)
_ENDED = (
    "SELECT d.area, d.step, count(*) FROM json_each(?) a CROSS JOIN duty d INDEXED BY duty_ending"
    " ON d.lane > 0 AND d.area = a.value AND d.until > ? AND d.until <= ? GROUP BY d.area, d.step"
)
_CLOSED = (
    "SELECT l.area, l.protocol, count(*) FROM json_each(?) a CROSS JOIN loop l INDEXED BY loop_closing"
    " ON l.area = a.value AND l.closed_at > ? AND l.closed_at <= ? AND l.closed_at < 4611686018427387904"
    " AND l.closed_at >= l.opened_at GROUP BY l.area, l.protocol"
)
_OPENED = (
    "SELECT l.area, l.protocol, count(*) FROM json_each(?) a CROSS JOIN loop l INDEXED BY loop_listing"
    " ON l.area = a.value AND l.opened_at > ? AND l.opened_at <= ? AND l.closed_at >= l.opened_at"
    " GROUP BY l.area, l.protocol"
)
_EVER = 1 << 62


class Tally:
    """Counts for any number of nodes of the area tree at once: each statement is asked for all of them."""

    def __init__(self, connection: Connection, words: Words, steps: Steps) -> None:
        self._connection = connection
        self._words = words
        self._steps = steps

    def standing(self, scopes: Sequence[Scope], *, now: int) -> dict[Scope, Counts]:
        """The breaks that stand at ``now`` in each scope, by protocol."""
        found: dict[Scope, Counts] = {}
        for is_coarse in (True, False):
            alike = [scope for scope in scopes if scope.is_coarse == is_coarse]
            if alike:
                found |= self._standing(alike, now, is_coarse=is_coarse)
        return found

    def running(self, scopes: Sequence[Scope], *, now: int) -> dict[Scope, Counts]:
        """The loops that run at ``now`` in each scope: those still to close, less those still to open."""
        sums, today = Sums(self._connection, scopes), now // DAY
        for measure, sign, sql in ((CLOSING, 1, _CLOSED), (OPENING, -1, _OPENED)):
            sums.add_nodes((measure, 0, today + 1, _EVER), sign)
            sums.add_areas(sql, (now, (today + 1) * DAY - 1), sign)
        return sums.of_scopes()

    def _standing(self, scopes: Sequence[Scope], now: int, *, is_coarse: bool) -> dict[Scope, Counts]:
        sums = Sums(self._connection, scopes)
        seconds = GRAINS[1] if is_coarse else GRAINS[0]
        begun, end = now // seconds * seconds, (now // seconds + 1) * seconds
        for measure, sign in ((OPEN_ENDED, 1), (ENDING, 1), (BEGINNING, -1)):
            for low, high, grain in _spans(measure, now, is_coarse=is_coarse):
                sums.add_nodes((measure, grain, low, high), sign)
        sums.add_areas(_BEGUN, ("[0]", begun, now), 1, self._protocol)
        sums.add_areas(_ENDED, (now, end - 1), 1, self._protocol)
        sums.add_areas(_BEGUN, (_LANES, now, end - 1), -1, self._protocol)
        return sums.of_scopes()

    def _protocol(self, step: int) -> int:
        return self._words.number(self._steps.names[step][0])


class Sums:
    """Sums by protocol, each statement asked once for the nodes or the listing areas of some scopes."""

    def __init__(self, connection: Connection, scopes: Sequence[Scope]) -> None:
        self._connection = connection
        self._scopes = scopes
        self._nodes = json.dumps(sorted({scope.node for scope in scopes}))
        self._areas = json.dumps(sorted({area for scope in scopes for area in scope.areas}))
        self._by_node: dict[int, Counts] = defaultdict(Counter)
        self.by_area: dict[int, Counts] = defaultdict(Counter)

    def add_nodes(self, values: tuple, sign: int) -> None:
        """Add what the tally holds: measure, grain, from bucket, to bucket."""
        for node, protocol, n in self._connection.execute(_SUM, (self._nodes, *values)).fetchall():
            self._by_node[node][protocol] += sign * n

    def add_areas(
        self,
        sql: str,
        values: tuple,
        sign: int,
        protocol_of: Callable[[int], int] = lambda protocol: protocol,
    ) -> None:
        """Add rows counted by listing area."""
        for area, number, n in self._connection.execute(sql, (self._areas, *values)).fetchall():
            self.by_area[area][protocol_of(number)] += sign * n

    def of_scopes(self) -> dict[Scope, Counts]:
        """What was added up, for each scope; protocols of which there is none are left out."""
        found = {}
        for scope in self._scopes:
            sums = Counter(self._by_node.get(scope.node))
            for area in scope.areas:
                if area in self.by_area:
                    sums.update(self.by_area[area])  # which adds, also what is negative
            found[scope] = +sums
        return found


def _spans(measure: int, now: int, *, is_coarse: bool) -> list[tuple[int, int, int]]:
    """(from bucket, to bucket, grain) of all before, or for what ends of all after, the bucket of ``now``."""
    day, hour = now // DAY, now // HOUR
    if measure == OPEN_ENDED:
        spans = [(-_EVER, day, 0), (day * 24, hour, 1)]
    else:
        spans = [(day + 1, _EVER, 0), (hour + 1, (day + 1) * 24, 1)]
    return spans[: 1 + is_coarse]
