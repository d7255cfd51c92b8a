"""The kernel's matching of acts with slots: the counterpart of ``allocate``."""

from numba import njit

from fengsui.kit.instant import NEVER
from fengsui.loops.kernel_slots import R_KEY, R_MET, T_DUE, T_MET, T_OPEN, T_UNTIL, counts, moment
from fengsui.loops.plan import (
    DISCHARGES,
    FRAMES,
    LATES,
    O_APART,
    O_COUNT,
    O_DISCHARGE,
    O_DISTINCT_HI,
    O_DISTINCT_LO,
    O_FRAME,
    O_LATE,
    O_LATE_FOR,
    O_SERIES,
)
from fengsui.protocols.model import Discharge, Frame, Late

SLOT = DISCHARGES.index(Discharge.SLOT)
FIFO = DISCHARGES.index(Discharge.FIFO)
UNTIL_NEXT = LATES.index(Late.UNTIL_NEXT)
NEVER_LATE = LATES.index(Late.NEVER)
FOR = LATES.index(Late.FOR)
ROLLING = FRAMES.index(Frame.ROLLING)


@njit(cache=True, nogil=True)
def allocate(tables, cols, n, n_slots, x):
    """Match the loop's acts with its anchored slots, series by series."""
    for s in range(n_slots):
        x.order[s] = 0  # not yet in a series
    for first in range(n_slots):
        o = x.slot_refs[first, R_KEY]
        if x.order[first] != 0 or not _is_matched(tables, o, first, x):
            continue
        series = tables.obligations[o, O_SERIES]
        last = -1  # the series as a chain in order of opening: order[s] is 2 + the next slot, 1 at the end
        head = -1
        for s in range(first, n_slots):
            other = x.slot_refs[s, R_KEY]
            if tables.obligations[other, O_SERIES] != series or not _is_matched(tables, other, s, x):
                continue
            head, last = _insert(head, last, s, x)
        _match_series(tables, cols, n, head, x)


@njit(cache=True, nogil=True)
def _is_matched(tables, o, s, x):
    """Whether the slot takes part: anchored, and not rolled (those are matched as they are made)."""
    return x.slot_times[s, 0] != NEVER and tables.obligations[o, O_FRAME] != ROLLING


@njit(cache=True, nogil=True)
def _insert(head, last, s, x):
    """Put a slot into the chain behind all that open at the same time or earlier."""
    opens = x.slot_times[s, T_OPEN]
    if head < 0:
        x.order[s] = 1
        return s, s
    if x.slot_times[last, T_OPEN] <= opens:
        x.order[last] = 2 + s
        x.order[s] = 1
        return head, s
    if x.slot_times[head, T_OPEN] > opens:
        x.order[s] = 2 + head
        return s, last
    before = head
    while x.order[before] > 1 and x.slot_times[x.order[before] - 2, T_OPEN] <= opens:
        before = x.order[before] - 2
    x.order[s] = x.order[before]
    x.order[before] = 2 + s
    return head, last


@njit(cache=True, nogil=True)
def _match_series(tables, cols, n, head, x):
    floor = x.slot_times[head, T_OPEN]
    discharge = tables.obligations[x.slot_refs[head, R_KEY], O_DISCHARGE]
    s = head
    while s >= 0:
        row = tables.obligations[x.slot_refs[s, R_KEY]]
        opens = x.slot_times[s, T_OPEN]
        following = x.order[s] - 2
        while following >= 0 and x.slot_times[following, T_OPEN] == opens:
            following = x.order[following] - 2
        next_open = x.slot_times[following, T_OPEN] if following >= 0 else NEVER
        until = NEVER
        if row[O_LATE] == UNTIL_NEXT:
            until = next_open
        elif row[O_LATE] == NEVER_LATE:
            until = x.slot_times[s, T_DUE]
        elif row[O_LATE] == FOR and x.slot_times[s, T_DUE] != NEVER:
            until = x.slot_times[s, T_DUE] + row[O_LATE_FOR]
        x.slot_times[s, T_UNTIL] = until
        if discharge != FIFO:
            if row[O_DISCHARGE] == SLOT:
                _complete(tables, cols, n, s, floor, min(until, next_open), x)
            else:
                _complete(tables, cols, n, s, opens, until, x)
        s = x.order[s] - 2
    if discharge == FIFO:
        _oldest_first(tables, cols, n, head, x)


@njit(cache=True, nogil=True)
def _complete(tables, cols, n, s, floor, until, x):
    """Find when the evidence of a slot is complete, among acts from its opening to ``until``."""
    o = x.slot_refs[s, R_KEY]
    row = tables.obligations[o]
    opens = x.slot_times[s, T_OPEN]
    have, last = 0, 0
    for i in range(n):
        if x.when[i] >= until:
            break
        if not counts(tables, cols, o, s, i, x):
            continue
        t = moment(x.when[i], x.span[i], floor)
        if t < opens or t >= until:
            continue
        if row[O_COUNT] == 1:
            have = 1
        elif row[O_DISTINCT_HI] > row[O_DISTINCT_LO]:
            have = row[O_COUNT] if _has_pair(tables, cols, o, s, i, t, floor, until, x) else 0
        elif have == 0 or t - last >= row[O_APART]:
            have, last = have + 1, t
        if have == row[O_COUNT]:
            x.slot_times[s, T_MET] = t
            x.slot_refs[s, R_MET] = x.fact[i]
            return


@njit(cache=True, nogil=True)
def _has_pair(tables, cols, o, s, j, t, floor, until, x):
    """Whether an earlier act differs from act ``j`` in every asked field and is far enough before it."""
    row = tables.obligations[o]
    for i in range(j):
        if not counts(tables, cols, o, s, i, x):
            continue
        u = moment(x.when[i], x.span[i], floor)
        if u < x.slot_times[s, T_OPEN] or u >= until or t - u < row[O_APART]:
            continue
        differ = True
        for k in range(row[O_DISTINCT_LO], row[O_DISTINCT_HI]):
            field = tables.distinct[k]
            a, b = cols.extra[field, x.fact[i]], cols.extra[field, x.fact[j]]
            if a < 0 or b < 0 or a == b:
                differ = False
                break
        if differ:
            return True
    return False


@njit(cache=True, nogil=True)
def _oldest_first(tables, cols, n, head, x):
    for i in range(n):
        s = head
        while s >= 0:
            t = moment(x.when[i], x.span[i], x.slot_times[s, T_OPEN])
            if (
                x.slot_times[s, T_MET] == NEVER
                and x.slot_times[s, T_OPEN] <= t < x.slot_times[s, T_UNTIL]
                and counts(tables, cols, x.slot_refs[s, R_KEY], s, i, x)
            ):
                x.slot_times[s, T_MET] = t
                x.slot_refs[s, R_MET] = x.fact[i]
                break
            s = x.order[s] - 2
