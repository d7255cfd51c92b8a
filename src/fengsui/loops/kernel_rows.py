"""The kernel's rows and working space: where each duty is written, what lifts it, where it is owed."""

from typing import NamedTuple

import numpy as np

from fengsui.kit.instant import NEVER
from fengsui.loops.compiled import leaf
from fengsui.loops.plan import (
    H_JURISDICTION,
    H_ZONE,
    O_KEY,
    O_LEVEL,
    O_PLACE,
    P_AT,
    P_DATA,
    S_CANCELS,
    S_UNLESS,
    S_WHEN,
    W_BIT,
    W_OF,
    W_TARGET,
)

# Columns of a row of times and of a row of references (facts by their index in the columns)
T_ANCHOR, T_OPEN, T_DUE, T_FIRST_DUE, T_MET, T_ENDED, T_WAIVED, T_UNTIL = range(8)
R_LOOP, R_KEY, R_N, R_PLACE, R_ANCHOR, R_MET, R_ENDED, R_WAIVED, R_EXTENDED, R_VERSION = range(10)
ONE = np.uint64(1)
BLOCK = 512  # loops: their rows, about a kilobyte each, stay in the second-level cache


class Scratch(NamedTuple):
    """Working space for a block of n loops; [m, n] is milestone by loop, [o, n] obligation by loop."""

    start: np.ndarray  # int64[n + 1]: where each loop's facts begin
    when: np.ndarray  # int64: the facts, as the version reads their time
    span: np.ndarray  # int64
    mask: np.ndarray  # uint64
    fact: np.ndarray  # int64, index into the columns
    at: np.ndarray  # int64[m, n]
    by: np.ndarray  # int64[m, n], index into the block's facts; -1
    count: np.ndarray  # int64[m, n]: how often it is reached
    ended: np.ndarray  # int64[o, n]
    ended_by: np.ndarray  # int64[o, n]
    waived: np.ndarray  # int64[o, n]
    waived_by: np.ndarray  # int64[o, n]
    row: np.ndarray  # int64[o + 1, n]: the first row of each obligation; the last line is the end
    place: np.ndarray  # int64[n]
    zone: np.ndarray  # int64[n]
    order: np.ndarray  # int64: rows of one series of one loop


class PlaceTables(NamedTuple):
    """Where places lie: area of each place, ancestors of each area by level, zone of each area."""

    area: np.ndarray  # int32[n_places]
    ancestors: np.ndarray  # int32[n_areas, n_levels]
    zone_of: np.ndarray  # int16[n_areas]


@leaf
def has(mask, bit):
    """Whether bit ``bit`` is set."""
    return (np.uint64(mask) >> np.uint64(bit)) & ONE == ONE


@leaf
def moment(when, span, floor):
    """When an act counts: a date without a time is read as the first second that lets it count."""
    return min(max(when, floor), when + span)


@leaf
def lift(tables, cols, o, n, x):
    """When obligation ``o`` stops being owed: the earliest stop or closing, and the first waiver."""
    x.ended[o, :n] = NEVER
    x.ended_by[o, :n] = -1
    x.waived[o, :n] = NEVER
    x.waived_by[o, :n] = -1
    for k in range(tables.stops.shape[0]):
        if has(tables.stops[k, S_CANCELS], o):
            _end(tables.stops[k, S_WHEN], tables.stops[k, S_UNLESS], o, n, x)
    for k in range(tables.closes.size):
        _end(tables.closes[k], -1, o, n, x)
    for k in range(tables.waivers.shape[0]):
        if has(tables.waivers[k, W_OF], o):
            _waive(tables, cols, k, o, n, x)


@leaf
def _end(m, unless, o, n, x):
    at, by, fact, ended, ended_by = x.at, x.by, x.fact, x.ended, x.ended_by
    for i in range(n):
        if unless >= 0 and at[unless, i] <= at[m, i]:
            continue
        if at[m, i] < ended[o, i]:
            ended[o, i] = at[m, i]
            ended_by[o, i] = fact[by[m, i]] if by[m, i] >= 0 else -1


@leaf
def _waive(tables, cols, k, o, n, x):
    bit, target, key = tables.waivers[k, W_BIT], tables.waivers[k, W_TARGET], tables.obligations[o, O_KEY]
    for i in range(n):
        for f in range(x.start[i], x.start[i + 1]):
            if has(x.mask[f], bit) and (target < 0 or cols.extra[target, x.fact[f]] == key):
                if x.when[f] < x.waived[o, i] or (
                    x.when[f] == x.waived[o, i] and x.fact[f] < x.waived_by[o, i]
                ):
                    x.waived[o, i], x.waived_by[o, i] = x.when[f], x.fact[f]
                break


@leaf
def place_at(tables, cols, place, n, x, out):
    """Fill ``out`` with the place number of row ``place`` of the protocol's places, for each loop."""
    if place < 0:
        out[:n] = -1
        return
    m, data = tables.places[place, P_AT], tables.places[place, P_DATA]
    by, fact, own, extra = x.by, x.fact, cols.place, cols.extra
    for i in range(n):
        f = by[m, i]
        if f < 0:
            out[i] = -1
        elif data >= 0:
            out[i] = extra[data, fact[f]]
        else:
            out[i] = own[fact[f]]


@leaf
def told_place(cols, f, data, x):
    """The place the block's fact ``f`` tells: its own, or in a field of its data."""
    place = np.int64(-1)
    if f >= 0:
        place = cols.extra[data, x.fact[f]] if data >= 0 else np.int64(cols.place[x.fact[f]])
    return place


@leaf
def owed_at(tables, cols, places, o, n, x):
    """Fill ``x.place`` and ``x.zone``: where obligation ``o`` of each loop is owed, and its zone."""
    level, declared = tables.obligations[o, O_LEVEL], tables.head[H_ZONE]
    place, zone = x.place, x.zone
    place_at(tables, cols, tables.obligations[o, O_PLACE], n, x, place)
    place_at(tables, cols, tables.head[H_JURISDICTION], n, x, zone)  # for where the place is not told
    area, ancestors, zones = places.area, places.ancestors, places.zone_of
    for i in range(n):
        at = place[i] if place[i] >= 0 else zone[i]
        known = area[at] if at >= 0 else np.int32(-1)
        if level >= 0:
            known = ancestors[known, level] if known >= 0 else np.int32(-1)
            at = np.int64(known)
        place[i] = at
        zone[i] = declared if declared >= 0 else (np.int64(zones[known]) if known >= 0 else np.int64(0))


@leaf
def lifted(places, place, level):
    """A place lifted to its area of a level (-1: left as it is)."""
    if place >= 0 and level >= 0:
        area = places.area[place]
        place = np.int64(places.ancestors[area, level]) if area >= 0 else np.int64(-1)
    return place


@leaf
def zone_of(places, place, declared):
    """The zone civil days are counted in: declared, or that of the place; 0 if unknown."""
    zone = declared
    if zone < 0:
        area = places.area[place] if place >= 0 else np.int32(-1)
        zone = np.int64(places.zone_of[area]) if area >= 0 else np.int64(0)
    return zone
