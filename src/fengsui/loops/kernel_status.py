"""The ladder of ``duty.status`` for rows, and what a replay keeps of them."""

from typing import NamedTuple

import numpy as np

from fengsui.kit.instant import NEVER
from fengsui.loops.compiled import entry, leaf
from fengsui.loops.duty import Status
from fengsui.loops.kernel import settled
from fengsui.loops.kernel_rows import (
    R_KEY,
    R_MET,
    R_N,
    R_PLACE,
    T_ANCHOR,
    T_DUE,
    T_ENDED,
    T_MET,
    T_OPEN,
    T_UNTIL,
    T_WAIVED,
)

STATUSES = list(Status)
WAITING = STATUSES.index(Status.WAITING)
SCHEDULED = STATUSES.index(Status.SCHEDULED)
OPEN = STATUSES.index(Status.OPEN)
FULFILLED = STATUSES.index(Status.FULFILLED)
LATE = STATUSES.index(Status.LATE)
PROVISIONAL = STATUSES.index(Status.PROVISIONAL)
BREACHED = STATUSES.index(Status.BREACHED)
MISSED = STATUSES.index(Status.MISSED)
WAIVED = STATUSES.index(Status.WAIVED)
EXCUSED = STATUSES.index(Status.EXCUSED)
CANCELLED = STATUSES.index(Status.CANCELLED)


class Kept(NamedTuple):
    """What a replay keeps: every duty's status and the fact that met it, and every break."""

    status: np.ndarray  # uint8[rows]
    met_by: np.ndarray  # int32[rows]: the row of the fact in the file, -1
    loop: np.ndarray  # breaks: int32
    key: np.ndarray  # int16
    n: np.ndarray  # int16
    place: np.ndarray  # int32
    from_at: np.ndarray  # int64
    until_at: np.ndarray  # int64, NEVER while it stands


@leaf
def broken_from(times, row):
    """When its break began (``duty.broken_from``)."""
    if times[row, T_DUE] == NEVER or times[row, T_ANCHOR] == NEVER:
        return NEVER
    due = max(times[row, T_DUE], min(times[row, T_OPEN], times[row, T_ANCHOR]))
    ends = min(times[row, T_MET], times[row, T_ENDED], times[row, T_WAIVED])
    return due if ends >= due else NEVER


@leaf
def status_of(times, row, due, now, confirm_after):
    """The status of a row at a moment; ``due`` is its ``broken_from``."""
    ended, waived = times[row, T_ENDED], times[row, T_WAIVED]
    met = times[row, T_MET] if times[row, T_MET] <= min(now, ended) else NEVER
    ended = ended if ended <= now else NEVER
    waived = waived if waived <= now else NEVER
    if met != NEVER:
        return FULFILLED if due == NEVER or met < due else LATE
    if waived != NEVER and waived < due:
        return WAIVED
    if ended != NEVER and ended < due:
        return CANCELLED
    if times[row, T_ANCHOR] == NEVER:
        return WAITING
    if min(waived, ended) != NEVER:
        return EXCUSED
    if max(due, times[row, T_UNTIL]) <= now:
        return MISSED
    if due <= now:
        return PROVISIONAL if now < due + confirm_after else BREACHED
    return OPEN if times[row, T_OPEN] <= now else SCHEDULED


@entry
def statuses(times, now, confirm_after, out):
    """The status (index into STATUSES) of every row at ``now``."""
    for row in range(times.shape[0]):
        out[row] = status_of(times, row, broken_from(times, row), now, confirm_after)


@entry
def harvest(heads, times, refs, ref, first_loop, now, confirm_after, counts, kept, at_row, at_break):
    """Keep what a replay asks for of some loops, from ``at_row`` and ``at_break`` on; returns both ends.

    ``counts``: int64[n_statuses], added to. ``ref``: what the columns call each fact.
    """
    for loop in range(heads.shape[0]):
        for row in range(heads[loop, 2], heads[loop, 3]):
            due = broken_from(times, row)
            status = status_of(times, row, due, now, confirm_after)
            counts[status] += 1
            met = refs[row, R_MET]
            kept.status[at_row] = status
            kept.met_by[at_row] = ref[met] if met >= 0 and times[row, T_MET] <= now else -1
            at_row += 1
            if due <= now:
                kept.loop[at_break] = first_loop + loop
                kept.key[at_break] = refs[row, R_KEY]
                kept.n[at_break] = refs[row, R_N]
                kept.place[at_break] = refs[row, R_PLACE]
                kept.from_at[at_break] = due
                until = max(settled(times, row), due)
                kept.until_at[at_break] = until if until <= now else NEVER
                at_break += 1
    return at_row, at_break
