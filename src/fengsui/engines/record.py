"""The record of what was shown: every batch's changes to what is owed, appended and never touched.

A change says which time of which duty (or of the loop itself, key 0) went from what to what, and the
fact that brought it about. Folding the changes of a loop gives what was shown after any batch. The
changes of a batch are kept as columns, one after the other, in one value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.state import (
    D_DUE,
    D_ENDED,
    D_KEY,
    D_LOOP,
    D_MET,
    D_N,
    D_PLACE,
    D_STEP,
    D_SUBJECT,
    D_WAIVED,
    L_CLOSED,
    L_ID,
    L_OPENED,
    L_PLACE,
    L_SUBJECT,
    L_VERSIONS,
    Change,
    State,
    compare,
)
from fengsui.kit.instant import NEVER

WHAT = ("gone", "opened", "closed", "due", "met", "ended", "waived", "place", "version")
GONE, OPENED, CLOSED, DUE, MET, ENDED, WAIVED, PLACE, VERSION = range(len(WHAT))

# Times are recorded from the first on; a place or a version only when it changes, since what it was at
# first stands in the facts and the protocol.
_LOOP_TIMES = ((OPENED, L_OPENED), (CLOSED, L_CLOSED))
_LOOP_NUMBERS = ((PLACE, L_PLACE), (VERSION, L_VERSIONS))
_DUTY_TIMES = ((DUE, D_DUE), (MET, D_MET), (ENDED, D_ENDED), (WAIVED, D_WAIVED))
_DUTY_NUMBERS = ((PLACE, D_PLACE), (VERSION, D_STEP))

# Columns of the changes of a batch, and how each is written. key: of the obligation, 0 the loop itself;
# cause: the first new fact of the subject in the batch, 0 where it had none of its own.
COLUMNS = ("loop", "key", "n", "what", "before", "after", "cause")
_WRITTEN = ("<i8", "<i4", "<i4", "<i1", "<i8", "<i8", "<i8")
_LENGTHS = np.cumsum([0, *(np.dtype(kind).itemsize for kind in _WRITTEN)])


class Transition(NamedTuple):
    """One change as it was shown. ``before`` and ``after``: times, or word numbers of places and versions."""

    lsn: int
    loop: int
    key: int
    n: int
    what: str
    before: int
    after: int
    cause: int


@dataclass(frozen=True, slots=True)
class Causes:
    """Subject number → the first new fact of the subject in the batch. ``subjects`` are in order."""

    subjects: np.ndarray
    facts: np.ndarray

    @classmethod
    def of(cls, subjects: np.ndarray, facts: np.ndarray) -> Self:
        """From a subject and a fact for each row of a batch, in the order of the batch."""
        found, first = np.unique(subjects, return_index=True)
        return cls(found, facts[first])

    def behind(self, subjects: np.ndarray) -> np.ndarray:
        """The fact of each of these subjects, 0 where it has none of its own."""
        if not len(self.subjects):
            return np.zeros(len(subjects), dtype=np.int64)
        place = np.minimum(np.searchsorted(self.subjects, subjects), len(self.subjects) - 1)
        return np.where(self.subjects[place] == subjects, self.facts[place], 0)


NO_CAUSE = Causes(np.empty(0, np.int64), np.empty(0, np.int64))


def record(connection: Connection, loops: Change, duties: Change, *, lsn: int, causes: Causes) -> int:
    """Append the changes of a batch; how many there were."""
    rows = np.concatenate([*_loop_rows(loops), *_duty_rows(duties)])
    if len(rows):
        columns = (*rows[:, 1:].T, causes.behind(rows[:, 0]))
        written = b"".join(c.astype(kind).tobytes() for c, kind in zip(columns, _WRITTEN, strict=True))
        connection.execute("INSERT INTO transition VALUES (?, ?, ?)", (lsn, len(rows), written))
    return len(rows)


def transitions(connection: Connection, *, loop: int | None = None) -> Iterator[Transition]:
    """Everything that was ever shown, or only of one loop, in the order in which it was."""
    for lsn, changes in _batches(connection):
        if loop is not None:
            changes = changes[changes[:, 0] == loop]
        for name, key, n, what, before, after, cause in changes.tolist():
            yield Transition(lsn, name, key, n, WHAT[what], before, after, cause)


def shown(connection: Connection, now: State) -> tuple[Change, Change]:
    """What differs between what the record says is shown, and ``now``: of loops, and of duties.

    The record knows times only, so nothing else counts as different here.
    """
    rows = np.concatenate([np.empty((0, len(COLUMNS)), np.int64), *(c for _, c in _batches(connection))])
    names, times = _folded(rows[:, (0, 1, 2, 3, 5)])
    is_loop = names[:, 1] == 0
    return (
        _against(now.loops, names[is_loop][:, :1], times[is_loop], _LOOP_TIMES),
        _against(now.duties, names[~is_loop], times[~is_loop], _DUTY_TIMES),
    )


def _batches(connection: Connection) -> Iterator[tuple[int, np.ndarray]]:
    """Every batch's changes, int64[n, 7] in the order of ``COLUMNS``."""
    for lsn, n, written in connection.execute("SELECT lsn, n, changes FROM transition ORDER BY lsn"):
        bounds = _LENGTHS * n
        columns = [
            np.frombuffer(written[low:high], kind)
            for kind, low, high in zip(_WRITTEN, bounds, bounds[1:], strict=False)
        ]
        yield lsn, np.column_stack(columns)


def _folded(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What stands after all rows: int64[n, 3] loop, key, n, and int64[n, len(WHAT)] their times."""
    rows = rows[np.lexsort((np.arange(len(rows)), rows[:, 2], rows[:, 1], rows[:, 0]))]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (rows[1:, :3] != rows[:-1, :3]).any(axis=1)
    group = np.cumsum(first) - 1
    place = np.arange(len(rows))
    last_gone = np.full(int(first.sum()), -1)
    is_gone = rows[:, 3] == GONE
    last_gone[group[is_gone]] = place[is_gone]  # of several, the last is kept
    standing = place > last_gone[group]
    times = np.full((len(last_gone), len(WHAT)), NEVER, dtype=np.int64)
    times[group[standing], rows[standing, 3]] = rows[standing, 4]
    there = np.zeros(len(last_gone), dtype=bool)
    there[group[standing]] = True
    return rows[first][there, :3], times[there]


def _against(
    now: np.ndarray, names: np.ndarray, times: np.ndarray, columns: tuple[tuple[int, int], ...]
) -> Change:
    """The change from recorded times to the rows of ``now``."""
    n = names.shape[1]
    before = np.zeros((len(names), now.shape[1]), dtype=np.int64)
    before[:, :n] = names
    for what, column in columns:
        before[:, column] = times[:, what]
    change = compare(before, now, identity=n)
    both = change.had & change.has
    timed = [column for _, column in columns]
    other = [i for i in range(now.shape[1]) if i not in timed]
    change.old[np.ix_(both, other)] = change.new[np.ix_(both, other)]
    return change


def _loop_rows(change: Change) -> Iterator[np.ndarray]:
    zero = np.zeros(len(change.new), dtype=np.int64)
    identity = np.where(change.has, change.new[:, L_ID], change.old[:, L_ID])
    subject = np.where(change.has, change.new[:, L_SUBJECT], change.old[:, L_SUBJECT])
    names = np.column_stack([subject, identity, zero, zero])
    yield from _rows(change, names, _LOOP_TIMES, _LOOP_NUMBERS)


def _duty_rows(change: Change) -> Iterator[np.ndarray]:
    columns = (D_SUBJECT, D_LOOP, D_KEY, D_N)
    names = np.where(change.has[:, None], change.new[:, columns], change.old[:, columns])
    yield from _rows(change, names, _DUTY_TIMES, _DUTY_NUMBERS)


def _rows(
    change: Change,
    names: np.ndarray,
    times: tuple[tuple[int, int], ...],
    numbers: tuple[tuple[int, int], ...],
) -> Iterator[np.ndarray]:
    """int64[·, 7]: subject, loop, key, n, what, before, after."""
    for what, column in times:
        before = np.where(change.had, change.old[:, column], NEVER)
        after = np.where(change.has, change.new[:, column], NEVER)
        yield _row(names, what, before, after, change.has & (before != after))
    for what, column in numbers:
        before, after = change.old[:, column], change.new[:, column]
        yield _row(names, what, before, after, change.had & change.has & (before != after))
    gone = change.had & ~change.has
    yield _row(names, GONE, np.zeros_like(gone, dtype=np.int64), np.zeros_like(gone, dtype=np.int64), gone)


def _row(
    names: np.ndarray, what: int, before: np.ndarray, after: np.ndarray, chosen: np.ndarray
) -> np.ndarray:
    filled = np.full(int(chosen.sum()), what, dtype=np.int64)
    return np.column_stack([names[chosen], filled, before[chosen], after[chosen]])
