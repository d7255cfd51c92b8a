"""The kernel's slots: every obligation instance of one loop, with its window, before matching.

The counterpart of ``reading`` and ``windows``. A slot is a row of ``slot_times`` (the T_* columns of
``kernel``) and one of ``slot_refs`` (R_*; facts by their index in the columns, R_KEY holds the rank
of the obligation until the row is written out).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from fengsui.kit.instant import NEVER
from fengsui.loops.kernel_days import day_of, midnight_of, reach
from fengsui.loops.plan import (
    FRAMES,
    H_BY,
    H_JURISDICTION,
    H_START_DAY,
    H_ZONE,
    M_AFTER,
    M_BEFORE,
    M_BIT,
    O_AFTER,
    O_APART,
    O_BIT,
    O_BY_DAY,
    O_DATA,
    O_DAY_HI,
    O_DAY_LO,
    O_EACH,
    O_FRAME,
    O_KEY,
    O_LENGTH,
    O_LEVEL,
    O_MOVED,
    O_NOT_BY,
    O_PLACE,
    O_START,
    O_WIDTH,
    P_AT,
    P_DATA,
    S_CANCELS,
    S_WHEN,
    W_BIT,
    W_OF,
    W_TARGET,
    X_BIT,
    X_DATA,
    X_LENGTH,
    X_OF,
    X_TARGET,
    Z_BEGIN,
    Z_END,
    Z_OF,
)
from fengsui.protocols.model import Frame

WITHIN = FRAMES.index(Frame.WITHIN)
BEFORE = FRAMES.index(Frame.BEFORE)
ON_DAYS = FRAMES.index(Frame.ON_DAYS)
UNTIL = FRAMES.index(Frame.UNTIL)
EVERY = FRAMES.index(Frame.EVERY)

T_ANCHOR, T_OPEN, T_DUE, T_FIRST_DUE, T_MET, T_ENDED, T_WAIVED, T_UNTIL = range(8)
R_LOOP, R_KEY, R_N, R_PLACE, R_ANCHOR, R_MET, R_ENDED, R_WAIVED, R_EXTENDED, R_VERSION = range(10)
L_ENDED, L_WAIVED = 0, 2  # columns of ``lifted``: each a time and a fact
B_BARRED, B_ASKED = 0, 1  # columns of ``barred``: the word of the person who may not, and whether it is asked
ONE = np.uint64(1)


class Scratch(NamedTuple):
    """Working space for one loop at a time; nothing in it outlives the loop."""

    when: np.ndarray  # int64[n]: the loop's facts, as the version reads their time
    span: np.ndarray  # int64[n]
    mask: np.ndarray  # uint64[n]
    fact: np.ndarray  # int64[n], index into the columns
    at: np.ndarray  # int64[m]: milestones
    by: np.ndarray  # int64[m], index into the loop's facts, -1
    n_reached: np.ndarray  # int64[m]
    lifted: np.ndarray  # int64[o, 4]
    slot_times: np.ndarray  # int64[s, 8]
    slot_refs: np.ndarray  # int64[s, 10]
    slot_anchor: np.ndarray  # int64[s]
    barred: np.ndarray  # int64[s, 2]
    order: np.ndarray  # int64[s]


class PlaceTables(NamedTuple):
    """Where places lie: area of each place, ancestors of each area by level, zone of each area."""

    area: np.ndarray  # int32[n_places]
    ancestors: np.ndarray  # int32[n_areas, n_levels]
    zone_of: np.ndarray  # int16[n_areas]


def scratch(tables, *, n_facts: int) -> Scratch:
    """Working space for loops of at most ``n_facts`` facts."""
    n = max(1, n_facts)
    n_slots = int(tables.head[6] + tables.head[7] * (n + 1)) + 1
    m, o = tables.milestones.shape[0], tables.obligations.shape[0]
    return Scratch(
        when=np.empty(n, np.int64),
        span=np.empty(n, np.int64),
        mask=np.empty(n, np.uint64),
        fact=np.empty(n, np.int64),
        at=np.empty(m, np.int64),
        by=np.empty(m, np.int64),
        n_reached=np.empty(m, np.int64),
        lifted=np.empty((o, 4), np.int64),
        slot_times=np.empty((n_slots, 8), np.int64),
        slot_refs=np.empty((n_slots, 10), np.int64),
        slot_anchor=np.empty(n_slots, np.int64),
        barred=np.empty((n_slots, 2), np.int64),
        order=np.empty(n_slots, np.int64),
    )


@njit(cache=True, nogil=True)
def has(mask, bit):
    """Whether a pattern matches."""
    return (np.uint64(mask) >> np.uint64(bit)) & ONE == ONE


@njit(cache=True, nogil=True)
def first_of(names, x):
    """The earliest of several milestones and the fact index that reached it; the first named on a tie."""
    at, by = NEVER, -1
    found = False
    for k in range(names.size):
        m = names[k]
        if x.n_reached[m] > 0 and (not found or x.at[m] < at):
            found = True
            at = x.at[m]
            by = x.fact[x.by[m]] if x.by[m] >= 0 else -1
    return at, by


@njit(cache=True, nogil=True)
def lift(tables, cols, o, n, x):
    """When obligation ``o`` stops being owed: the earliest stop or closing, and the first waiver."""
    at, by = NEVER, -1
    found = False
    for k in range(tables.stops.shape[0]):
        m = tables.stops[k, S_WHEN]
        if has(tables.stops[k, S_CANCELS], o) and x.n_reached[m] > 0 and (not found or x.at[m] < at):
            found = True
            at = x.at[m]
            by = x.fact[x.by[m]] if x.by[m] >= 0 else -1
    closing_at, closing_by = first_of(tables.closes, x)
    if closing_at < at:
        at, by = closing_at, closing_by
    x.lifted[o, L_ENDED], x.lifted[o, L_ENDED + 1] = at, by
    x.lifted[o, L_WAIVED], x.lifted[o, L_WAIVED + 1] = NEVER, -1
    for i in range(n if tables.waivers.shape[0] > 0 else 0):
        for k in range(tables.waivers.shape[0]):
            row = tables.waivers[k]
            if has(row[W_OF], o) and has(x.mask[i], row[W_BIT]):
                target = row[W_TARGET]
                if target < 0 or cols.extra[target, x.fact[i]] == tables.obligations[o, O_KEY]:
                    x.lifted[o, L_WAIVED], x.lifted[o, L_WAIVED + 1] = x.when[i], x.fact[i]
                    return


@njit(cache=True, nogil=True)
def milestone_place(tables, cols, place, start, anchor, x):
    """The place number of row ``place``; ``anchor`` (a loop's fact) stands for milestone ``start``."""
    if place < 0:
        return -1
    m = tables.places[place, P_AT]
    i = anchor if start == m and start >= 0 else x.by[m]
    if i < 0 or x.n_reached[m] == 0:
        return -1
    data = tables.places[place, P_DATA]
    return cols.extra[data, x.fact[i]] if data >= 0 else cols.place[x.fact[i]]


@njit(cache=True, nogil=True)
def owed_at(tables, cols, places, o, anchor, x):
    """Where a duty is owed: the owner's place, else the jurisdiction, lifted to the owner's level."""
    row = tables.obligations[o]
    place = milestone_place(tables, cols, row[O_PLACE], row[O_START], anchor, x)
    if place < 0:
        place = milestone_place(tables, cols, tables.head[H_JURISDICTION], -1, -1, x)
    if place < 0 or row[O_LEVEL] < 0:
        return place
    area = places.area[place]
    return places.ancestors[area, row[O_LEVEL]] if area >= 0 else -1


@njit(cache=True, nogil=True)
def zone_of(tables, places, place):
    """The zone civil days are counted in."""
    if tables.head[H_ZONE] >= 0:
        return tables.head[H_ZONE]
    area = places.area[place] if place >= 0 else -1
    return np.int64(places.zone_of[area]) if area >= 0 else np.int64(0)


@njit(cache=True, nogil=True)
def _blank(x, s, o, n, place, anchor_fact):
    x.slot_times[s, :] = NEVER
    x.slot_refs[s, :] = -1
    x.slot_refs[s, R_KEY] = o
    x.slot_refs[s, R_N] = n
    x.slot_refs[s, R_PLACE] = place
    x.slot_refs[s, R_ANCHOR] = anchor_fact


@njit(cache=True, nogil=True)
def waiting_slots(tables, cols, places, o, n_slots, x):
    """The duties of an obligation whose anchor was not reached."""
    row = tables.obligations[o]
    if row[O_EACH]:
        return n_slots
    place = owed_at(tables, cols, places, o, -1, x)
    for k in range(row[O_WIDTH]):
        n = tables.days[row[O_DAY_LO] + k] if row[O_DAY_HI] > row[O_DAY_LO] else k
        _blank(x, n_slots, o, n, place, -1)
        x.slot_anchor[n_slots] = -1
        n_slots += 1
    return n_slots


@njit(cache=True, nogil=True)
def _is_each_anchor(tables, m, i, x):
    """Whether the loop's fact ``i`` reaches the EACH milestone ``m``."""
    row = tables.milestones[m]
    if not has(x.mask[i], row[M_BIT]):
        return False
    if row[M_AFTER] >= 0 and x.when[i] + x.span[i] < x.at[row[M_AFTER]]:
        return False
    before = row[M_BEFORE]
    return before < 0 or x.n_reached[before] == 0 or x.when[i] < x.at[before]


@njit(cache=True, nogil=True)
def anchored_slots(tables, cols, days, places, o, n, n_slots, x):
    """The duties of every anchor of an obligation."""
    row = tables.obligations[o]
    start = row[O_START]
    if not row[O_EACH]:
        return _frames(tables, cols, days, places, o, x.at[start], x.by[start], 0, n, n_slots, x)
    k = 0
    for i in range(n):
        if _is_each_anchor(tables, start, i, x):
            n_slots = _frames(tables, cols, days, places, o, x.when[i], i, k, n, n_slots, x)
            k += 1
    return n_slots


@njit(cache=True, nogil=True)
def _frames(tables, cols, days, places, o, anchor_at, anchor, each, n, n_slots, x):
    """The windows of one anchor, as slots."""
    row = tables.obligations[o]
    place = owed_at(tables, cols, places, o, anchor, x)
    zone = zone_of(tables, places, place)
    start = reach(days, zone, anchor_at, row, O_AFTER)
    frame = row[O_FRAME]
    first = 0
    if frame == ON_DAYS:
        first = day_of(days, zone, anchor_at) - tables.head[H_START_DAY]
    elif frame == EVERY and row[O_LENGTH + 1] != 0:
        first = day_of(days, zone, start)
    for k in range(row[O_WIDTH]):
        number, opens, due = each + k, start, NEVER
        if frame == ON_DAYS:
            number = tables.days[row[O_DAY_LO] + k]
            opens, due = midnight_of(days, zone, first + number), midnight_of(days, zone, first + number + 1)
        elif frame == WITHIN:
            due = reach(days, zone, start, row, O_LENGTH)
        elif frame == BEFORE:
            opens, due = -NEVER, anchor_at - row[O_LENGTH]
        elif frame == UNTIL:
            due = cols.extra[row[O_DATA], x.fact[anchor]] if anchor >= 0 else NEVER
            if due == NEVER and row[O_LENGTH + 1] >= 0:
                due = reach(days, zone, start, row, O_LENGTH)
        elif row[O_LENGTH + 1] == 0:
            opens, due = start + k * row[O_LENGTH], start + (k + 1) * row[O_LENGTH]
        else:
            opens = midnight_of(days, zone, first + k * row[O_LENGTH])
            due = midnight_of(days, zone, first + (k + 1) * row[O_LENGTH])
        slot(tables, cols, days, zone, o, number, place, anchor_at, anchor, opens, due, n, n_slots, x)
        n_slots += 1
    return n_slots


@njit(cache=True, nogil=True)
def slot(tables, cols, days, zone, o, number, place, anchor_at, anchor, opens, first_due, n, s, x):
    """Write one anchored slot, its due moved by pauses and extensions."""
    row = tables.obligations[o]
    _blank(x, s, o, number, place, x.fact[anchor] if anchor >= 0 else -1)
    due, granted = first_due, -1
    if row[O_MOVED]:
        due = _paused(tables, days, zone, o, anchor_at, due, n, x)
        due, granted = _extended(tables, cols, days, zone, o, anchor_at, due, first_due, n, x)
    x.slot_anchor[s] = anchor
    x.slot_times[s, T_ANCHOR] = anchor_at
    x.slot_times[s, T_OPEN] = opens
    x.slot_times[s, T_DUE] = due
    x.slot_times[s, T_FIRST_DUE] = first_due
    x.slot_refs[s, R_EXTENDED] = granted
    x.barred[s, B_ASKED] = row[O_NOT_BY] >= 0
    x.barred[s, B_BARRED] = -1
    if row[O_NOT_BY] >= 0:
        i = anchor if row[O_NOT_BY] == row[O_START] else x.by[row[O_NOT_BY]]
        x.barred[s, B_BARRED] = cols.extra[tables.head[H_BY], x.fact[i]] if i >= 0 else -1


@njit(cache=True, nogil=True)
def _paused(tables, days, zone, o, anchor_at, due, n, x):
    for k in range(tables.pauses.shape[0]):
        row = tables.pauses[k]
        if not has(row[Z_OF], o):
            continue
        resumed = -NEVER
        for i in range(n):
            if not has(x.mask[i], row[Z_BEGIN]) or x.when[i] < resumed:
                continue
            resumed = NEVER
            for j in range(n):
                if has(x.mask[j], row[Z_END]) and x.when[j] >= x.when[i]:
                    resumed = x.when[j]
                    break
            begin = max(x.when[i], anchor_at)
            if due == NEVER or begin >= due or resumed <= begin:
                continue
            if resumed == NEVER:
                return NEVER
            if tables.obligations[o, O_BY_DAY]:
                lost = day_of(days, zone, resumed) - day_of(days, zone, begin)
                due = midnight_of(days, zone, day_of(days, zone, due - 1) + lost + 1)
            else:
                due += resumed - begin
    return due


@njit(cache=True, nogil=True)
def _extended(tables, cols, days, zone, o, anchor_at, due, first_due, n, x):
    granted = -1
    for i in range(n):
        for k in range(tables.extensions.shape[0]):
            row = tables.extensions[k]
            if not (anchor_at <= x.when[i] < due and has(row[X_OF], o) and has(x.mask[i], row[X_BIT])):
                continue
            target = row[X_TARGET]
            if target >= 0 and cols.extra[target, x.fact[i]] != tables.obligations[o, O_KEY]:
                continue
            asked = cols.extra[row[X_DATA], x.fact[i]]
            limit = reach(days, zone, first_due, row, X_LENGTH) if row[X_LENGTH + 1] >= 0 else NEVER
            if asked != NEVER and min(asked, limit) > due:
                due, granted = min(asked, limit), x.fact[i]
    return due, granted


@njit(cache=True, nogil=True)
def counts(tables, cols, o, s, i, x):
    """Whether the loop's fact ``i`` may count as evidence for slot ``s`` at all."""
    row = tables.obligations[o]
    if not has(x.mask[i], row[O_BIT]):
        return False
    if not x.barred[s, B_ASKED]:
        return True
    by = cols.extra[tables.head[H_BY], x.fact[i]]
    return by >= 0 and by != x.barred[s, B_BARRED]


@njit(cache=True, nogil=True)
def moment(when, span, floor):
    """When an act counts: a date without a time is read as the first second that lets it count."""
    return min(max(when, floor), when + span)


@njit(cache=True, nogil=True)
def rolled_slots(tables, cols, days, places, o, n, n_slots, x):
    """One window after the other, each opened by the act that met the one before, until a stop."""
    row = tables.obligations[o]
    anchor_at, anchor = x.at[row[O_START]], x.by[row[O_START]]
    place = owed_at(tables, cols, places, o, anchor, x)
    zone = zone_of(tables, places, place)
    from_act, number = 0, 0
    earliest = reach(days, zone, anchor_at, row, O_AFTER)
    ended = x.lifted[o, L_ENDED]
    while True:
        opens = reach(days, zone, anchor_at, row, O_AFTER)
        due = reach(days, zone, opens, row, O_LENGTH)
        slot(tables, cols, days, zone, o, number, place, anchor_at, anchor, opens, due, n, n_slots, x)
        if number > 0 and row[O_NOT_BY] >= 0:
            x.barred[n_slots, B_BARRED] = x.barred[n_slots - number, B_BARRED]
        met = -1
        for i in range(from_act, n):
            if counts(tables, cols, o, n_slots, i, x) and moment(x.when[i], x.span[i], opens) >= earliest:
                met = i
                break
        n_slots += 1
        number += 1
        if met < 0:
            return n_slots
        met_at = moment(x.when[met], x.span[met], opens)
        x.slot_times[n_slots - 1, T_MET] = met_at
        x.slot_refs[n_slots - 1, R_MET] = x.fact[met]
        if met_at >= ended:
            return n_slots
        anchor_at, anchor, from_act = met_at, met, met + 1
        earliest = met_at + row[O_APART]
