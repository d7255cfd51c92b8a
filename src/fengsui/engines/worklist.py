"""The tables people's questions are answered from, kept in step by writing the difference of two states.

Only what changed is written, in the order of the trees it goes into: neighbours in a batch (opened the
same day in the same area, due the same midnight) then fall on the same pages, and pages are what a
commit costs.
"""

from collections.abc import Iterator

import numpy as np

from fengsui.engines.record import Causes, record
from fengsui.engines.shown import Shown
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
WIDE = 1 << 16  # numbers further apart are numbered anew, so that all columns fit into one number
_NO_NODE = -2

_ROW = (D_AREA, D_AT, D_SUBJECT, D_LOOP, D_KEY, D_N, D_UNTIL, D_BROKEN, D_DUE, D_STEP, D_PLACE)
_LOOP_ROW = (L_SUBJECT, L_ID, L_PROTOCOL, L_VERSIONS, L_OPENED, L_CLOSED, L_PLACE, L_AREA)
_LISTED = (L_PROTOCOL, L_OPENED, L_AREA)  # save for a list of those that closed
_KEPT = (L_VERSIONS, L_CLOSED, L_PLACE)
_KEY = _ROW[:6]  # the lane and these are the primary key of duty

_INSERT_DUTY = "INSERT INTO duty VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DELETE_DUTY = (
    "DELETE FROM duty"
    " WHERE lane = ? AND area = ? AND at = ? AND subject = ? AND loop = ? AND key = ? AND n = ?"
)
_INSERT_LOOP = "INSERT INTO loop VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_UPDATE_LOOP = "UPDATE loop SET versions = ?, closed_at = ?, place = ? WHERE subject = ? AND id = ?"
_DELETE_LOOP = "DELETE FROM loop WHERE subject = ? AND id = ?"
_ADD_TALLY = (
    "INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (node, measure, grain, bucket, protocol)"
    " DO UPDATE SET n = tally.n + excluded.n"
)
_DROP_TALLY = (
    "DELETE FROM tally WHERE node = ? AND measure = ? AND grain = ? AND bucket = ? AND protocol = ? AND n = 0"
)


NO_COUNTS = np.empty((0, 5), np.int64)


class Worklist:
    """Writes the tables loop, duty, tally and transition, and what was shown."""

    def __init__(self, connection: Connection, listing: Listing, shown: Shown) -> None:
        self._connection = connection
        self._shown = shown
        self._nodes, self._is_coarse = _nodes(listing)

    def put(self, loops: Change, duties: Change) -> None:
        """Write what differs to the lists."""
        self._write_loops(loops)
        self._write_duties(duties)

    def settle(self, loops: Change, duties: Change, counts: np.ndarray, *, lsn: int, causes: Causes) -> int:
        """Count and record all that was put into the lists with one batch; the number of transitions.

        ``counts``: of all of it, as ``counted`` gives them, in any number of parts.
        """
        self._write_tally(counts)
        return record(self._connection, loops, duties, lsn=lsn, causes=causes)

    def fill(self, loops: Change, duties: Change) -> None:
        """Write what differs without recording it."""
        self.put(loops, duties)
        self._write_tally(counted(loops, duties))

    def _write_loops(self, change: Change) -> None:
        run = self._connection.executemany
        # A loop that is listed elsewhere now is written anew: most only close, and then no list is touched.
        stays = change.had & change.has & (change.old[:, _LISTED] == change.new[:, _LISTED]).all(axis=1)
        new = change.new[change.has & ~stays]
        run(_DELETE_LOOP, change.old[change.had & ~stays][:, _LOOP_ROW[:2]].tolist())
        run(_INSERT_LOOP, _sorted(new[:, _LOOP_ROW], (0, 1)))
        run(_UPDATE_LOOP, _sorted(change.new[stays][:, _KEPT + _LOOP_ROW[:2]], (-2, -1)))
        self._shown.add(new[:, L_ID], new[:, L_SUBJECT])

    def _write_duties(self, change: Change) -> None:
        old, new = change.old, change.new
        had = change.had & (old[:, D_BROKEN] < NEVER)
        has = change.has & (new[:, D_BROKEN] < NEVER)
        both = np.flatnonzero(had & has)
        same = both[(old[both][:, _ROW] == new[both][:, _ROW]).all(axis=1)]
        had[same] = has[same] = False
        self._connection.executemany(_DELETE_DUTY, _by_page(old[had], _KEY))
        self._connection.executemany(_INSERT_DUTY, _by_page(new[has], _ROW))

    def _write_tally(self, counts: np.ndarray) -> None:
        rows = self._cells(summed(counts)).tolist()
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


def counted(loops: Change, duties: Change) -> np.ndarray:
    """How counts change: int64[·, 5] area, measure, hour, protocol, n. Loops and steps need no names yet."""
    counts = []
    for change, count in ((loops, _count_loops), (duties, _count_duties)):
        for rows, sign in ((change.old[change.had], -1), (change.new[change.has], 1)):
            found = count(rows)
            counts.append(np.column_stack([found, np.full(len(found), sign)]))
    return summed(np.concatenate(counts))


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
    """Rows by hour. A full hour, when most deadlines fall, ends one and starts the next.

    Beginnings that are summed up over the past count to the hour it ends, what is summed up over the future
    to the hour it starts: so that whatever the moment, no row of a full hour has to be looked at.
    """
    before = 1 if measure == OPEN_ENDED else 0
    hours = np.clip((times - before) // HOUR, -LAST_HOUR, LAST_HOUR)
    return np.column_stack([areas, np.full(len(areas), measure), hours, protocols])


def summed(counts: np.ndarray) -> np.ndarray:
    """The rows once each with the sum of their last column, where that is not zero.

    Every column but the last is numbered first, so that rows can be compared as one number.
    """
    if not len(counts):
        return counts
    code = np.zeros(len(counts), dtype=np.int64)
    for column in counts.T[:-1]:
        low, width, column = _numbered(column)
        code *= width
        code += column - low
    order = np.argsort(code)
    code = code[order]
    first = np.flatnonzero(np.concatenate([[True], code[1:] != code[:-1]]))
    sums = np.add.reduceat(counts[order, -1], first)
    rows = counts[order[first[sums != 0]]]
    rows[:, -1] = sums[sums != 0]
    return rows


def _numbered(column: np.ndarray) -> tuple[int, int, np.ndarray]:
    """A column as small numbers: the least of them, how many there may be, and the column."""
    low, high = int(column.min()), int(column.max())
    if high - low < WIDE:
        return low, high - low + 1, column
    far = column - low >= WIDE  # what never comes, most of all
    values, place = np.unique(column[far], return_inverse=True)
    column = column.copy()
    column[far] = low + WIDE + place
    return low, WIDE + len(values), column


def _by_page(duties: np.ndarray, columns: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The lane of each duty and some columns, in the order of the tree of the table duty.

    Save for several duties of one loop due at one moment, which stay as they come.
    """
    length = duties[:, D_UNTIL] - duties[:, D_AT]
    lane = np.where(duties[:, D_UNTIL] >= NEVER, 0, 1 + np.searchsorted(LANES, length))
    order = np.lexsort((duties[:, D_SUBJECT], duties[:, D_AT], lane * (1 << 32) + duties[:, D_AREA]))
    found = duties[order]
    return zip(lane[order].tolist(), *(found[:, column].tolist() for column in columns), strict=True)


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
