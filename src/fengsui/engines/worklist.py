"""The tables people's questions are answered from, kept in step by writing the difference of two states.

Only what changed is written, in the order of the trees it goes into: neighbours in a batch (opened the
same day in the same area, due the same midnight) then fall on the same pages, and pages are what a
commit costs.
"""

import numpy as np

from fengsui.engines.record import Causes, record
from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.state import (
    D_AREA,
    D_AT,
    D_BROKEN,
    D_DUE,
    D_KEY,
    D_LOOP,
    D_N,
    D_PLACE,
    D_PROTOCOL,
    D_STEP,
    D_SUBJECT,
    D_UNTIL,
    L_AREA,
    L_CLOSED,
    L_ID,
    L_OPENED,
    L_PLACE,
    L_PROTOCOL,
    L_SUBJECT,
    L_VERSIONS,
    NOWHERE,
    Change,
    Listing,
)
from fengsui.kit.instant import DAY, NEVER

HOUR = 3600
GRAINS = (DAY, HOUR)
LANES = np.array([2 * DAY, 16 * DAY, 128 * DAY], dtype=np.int64)  # longest break of lanes 1, 2 and 3
N_LANES = len(LANES) + 2  # lane 0 stands without end, the last ends later than the others
OPEN_ENDED, BEGINNING, ENDING, CLOSING, OPENING = range(5)  # measures of the tally
LAST_HOUR = 1 << 40  # buckets end here: later times, and never, count in the last one
_NO_NODE = -2

_ROW = (D_AREA, D_AT, D_SUBJECT, D_LOOP, D_KEY, D_N, D_UNTIL, D_BROKEN, D_DUE, D_STEP, D_PLACE)
_LOOP_ROW = (L_SUBJECT, L_ID, L_PROTOCOL, L_VERSIONS, L_OPENED, L_CLOSED, L_PLACE, L_AREA)
_KEY = 7  # columns of the primary key of duty, the lane included

_INSERT_DUTY = "INSERT INTO duty VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DELETE_DUTY = (
    "DELETE FROM duty"
    " WHERE lane = ? AND area = ? AND at = ? AND subject = ? AND loop = ? AND key = ? AND n = ?"
)
_INSERT_LOOP = "INSERT INTO loop VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_UPDATE_LOOP = (
    "UPDATE loop SET protocol = ?, versions = ?, opened_at = ?, closed_at = ?, place = ?, area = ?"
    " WHERE subject = ? AND id = ?"
)
_DELETE_LOOP = "DELETE FROM loop WHERE subject = ? AND id = ?"
_SHOW_LOOP = (
    "INSERT INTO loop_shown VALUES (?, ?) ON CONFLICT DO UPDATE SET subject = excluded.subject"
    " WHERE subject <> excluded.subject"
)
_ADD_TALLY = "INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n"
_DROP_TALLY = (
    "DELETE FROM tally WHERE node = ? AND measure = ? AND grain = ? AND bucket = ? AND protocol = ? AND n = 0"
)


class Worklist:
    """Writes the tables loop, duty, tally, transition and loop_shown."""

    def __init__(self, connection: Connection, listing: Listing) -> None:
        self._connection = connection
        self._nodes, self._is_coarse = _nodes(listing)

    def write(self, loops: Change, duties: Change, *, lsn: int, causes: Causes) -> int:
        """Write what differs and record it; the number of transitions."""
        self.fill(loops, duties)
        return record(self._connection, loops, duties, lsn=lsn, causes=causes)

    def fill(self, loops: Change, duties: Change) -> None:
        """Write what differs without recording it."""
        self._write_loops(loops)
        self._write_duties(duties)
        self._write_tally(loops, duties)

    def _write_loops(self, change: Change) -> None:
        run = self._connection.executemany
        new = change.new[change.has & ~change.had]
        run(_INSERT_LOOP, _sorted(new[:, _LOOP_ROW], (0, 1)))
        run(_SHOW_LOOP, _sorted(new[:, (L_ID, L_SUBJECT)], (0,)))
        kept = change.new[change.has & change.had]
        run(_UPDATE_LOOP, _sorted(kept[:, _LOOP_ROW[2:] + _LOOP_ROW[:2]], (-2, -1)))
        run(_DELETE_LOOP, change.old[change.had & ~change.has][:, _LOOP_ROW[:2]].tolist())

    def _write_duties(self, change: Change) -> None:
        old, new = duty_rows(change.old), duty_rows(change.new)
        had = change.had & (change.old[:, D_BROKEN] < NEVER)
        has = change.has & (change.new[:, D_BROKEN] < NEVER)
        differs = ~(had & has) | (old != new).any(axis=1)
        self._connection.executemany(_DELETE_DUTY, _by_page(old[had & differs])[:, :_KEY].tolist())
        self._connection.executemany(_INSERT_DUTY, _by_page(new[has & differs]).tolist())

    def _write_tally(self, loops: Change, duties: Change) -> None:
        counts = []
        for change, counted in ((loops, _count_loops), (duties, _count_duties)):
            for rows, sign in ((change.old[change.had], -1), (change.new[change.has], 1)):
                found = counted(rows)
                counts.append(np.column_stack([found, np.full(len(found), sign)]))
        rows = self._cells(summed(np.concatenate(counts))).tolist()
        self._connection.executemany(_ADD_TALLY, rows)
        self._connection.executemany(_DROP_TALLY, [row[:5] for row in rows if row[5] < 0])

    def _cells(self, counts: np.ndarray) -> np.ndarray:
        """The cells of the tally, int64[·, 6], that counts by listing area and hour add up to.

        ``counts``: int64[·, 5] area, measure, hour, protocol, n.
        """
        area, measure, hour, protocol, n = counts.T
        cells = []
        for depth in range(self._nodes.shape[1]):
            nodes = self._nodes[area, depth]
            for grain, seconds in enumerate(GRAINS):
                here = nodes != _NO_NODE
                if seconds == HOUR:
                    here &= self._is_coarse[nodes] & (measure < CLOSING)
                bucket = hour // (seconds // HOUR)
                columns = (nodes, measure * len(GRAINS) + grain, bucket, protocol, n)
                cells.append(np.column_stack([column[here] for column in columns]))
        node, measure, bucket, protocol, n = summed(np.concatenate(cells)).T
        grains = len(GRAINS)
        return np.column_stack([node, measure // grains, measure % grains, bucket, protocol, n])


def _count_loops(loops: np.ndarray) -> np.ndarray:
    """Where loops count: int64[·, 4] area, measure, hour, protocol."""
    closed = np.maximum(loops[:, L_CLOSED], loops[:, L_OPENED])
    parts = ((CLOSING, closed), (OPENING, loops[:, L_OPENED]))
    return np.concatenate(
        [_counted(loops[:, L_AREA], measure, times, loops[:, L_PROTOCOL]) for measure, times in parts]
    )


def _count_duties(duties: np.ndarray) -> np.ndarray:
    """Where duties count: int64[·, 4] area, measure, hour, protocol."""
    duties = duties[duties[:, D_BROKEN] < NEVER]
    is_bounded = duties[:, D_UNTIL] < NEVER
    bounded, endless = duties[is_bounded], duties[~is_bounded]
    parts = ((endless, OPEN_ENDED, D_AT), (bounded, BEGINNING, D_AT), (bounded, ENDING, D_UNTIL))
    return np.concatenate(
        [
            _counted(rows[:, D_AREA], measure, rows[:, time], rows[:, D_PROTOCOL])
            for rows, measure, time in parts
        ]
    )


def _counted(areas: np.ndarray, measure: int, times: np.ndarray, protocols: np.ndarray) -> np.ndarray:
    hours = np.clip((times - 1) // HOUR, -LAST_HOUR, LAST_HOUR)
    return np.column_stack([areas, np.full(len(areas), measure), hours, protocols])


def duty_rows(duties: np.ndarray) -> np.ndarray:
    """The rows of the table duty that duties would have."""
    length = duties[:, D_UNTIL] - duties[:, D_AT]
    lane = np.where(duties[:, D_UNTIL] >= NEVER, 0, 1 + np.searchsorted(LANES, length))
    return np.column_stack([lane, duties[:, _ROW]])


def summed(counts: np.ndarray) -> np.ndarray:
    """The rows once each with the sum of their last column, where that is not zero.

    Every column but the last is numbered first, so that rows can be compared as one number.
    """
    code = np.zeros(len(counts), dtype=np.int64)
    for column in counts.T[:-1]:
        low = int(column.min()) if len(column) else 0
        width = int(column.max()) - low + 1 if len(column) else 1
        if width > 1 << 20:
            _, column = np.unique(column, return_inverse=True)
            low, width = 0, len(counts)
        code = code * width + (column - low)
    _, first, group = np.unique(code, return_index=True, return_inverse=True)
    sums = np.bincount(group, weights=counts[:, -1], minlength=len(first)).astype(np.int64)
    rows = counts[first]
    rows[:, -1] = sums
    return rows[sums != 0]


def _by_page(rows: np.ndarray) -> np.ndarray:
    """Rows of duty in the order of its tree, save for several duties of one loop due at one moment."""
    return rows[np.lexsort((rows[:, 3], rows[:, 2], rows[:, 0] * (1 << 32) + rows[:, 1]))]


def _sorted(rows: np.ndarray, by: tuple[int, ...]) -> list[list[int]]:
    return rows[np.lexsort([rows[:, column] for column in reversed(by)])].tolist()


def _nodes(listing: Listing) -> tuple[np.ndarray, np.ndarray]:
    """For each area, and last for none: the nodes it counts in; and which nodes are also counted hourly."""
    above = listing.areas.ancestors[:, : listing.depth + 1].astype(np.int64)
    nowhere = np.full((1, above.shape[1]), _NO_NODE, dtype=np.int64)
    nowhere[0, 0] = NOWHERE
    nodes = np.concatenate([np.where(above < 0, _NO_NODE, above), nowhere])
    is_coarse = np.ones(len(nodes), dtype=bool)
    is_coarse[above[:, listing.depth][above[:, listing.depth] >= 0]] = False
    is_coarse[NOWHERE] = False
    return nodes, is_coarse
