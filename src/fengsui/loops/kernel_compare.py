"""Two derivations of the same facts, side by side: what changed, who is freed when, which work.

The compiled part of ``dry_run``. Rows are those of ``bulk.Table``; the keys of both tables are numbered
alike, so rows of one loop meet by key and number.
"""

from typing import NamedTuple

import numpy as np

from fengsui.kit.instant import NEVER
from fengsui.loops.compiled import entry, inner, leaf
from fengsui.loops.kernel import settled
from fengsui.loops.kernel_borrow import borrowed
from fengsui.loops.kernel_days import day_of
from fengsui.loops.kernel_rows import (
    R_KEY,
    R_N,
    R_PLACE,
    R_VERSION,
    T_ANCHOR,
    T_DUE,
    T_ENDED,
    T_MET,
    T_OPEN,
    T_WAIVED,
)

SAME, CHANGED, ONLY_BEFORE, ONLY_AFTER = range(4)
EMPTY = -1
FIRST_DAY = -(1 << 20)  # days are counted from here, so that they fit into 22 bits
MIX = np.uint64(0x9E3779B97F4A7C15)


class Side(NamedTuple):
    """One of the two derivations: its loops, and what its versions say of each key."""

    heads: np.ndarray  # int64[n, 4]
    times: np.ndarray  # int64[rows, 8]
    refs: np.ndarray  # int32[rows, 10]
    frees: np.ndarray  # bool[n_versions, n_keys]
    role: np.ndarray  # int64[n_versions, n_keys]


class Zones(NamedTuple):
    """Where the days of a place are counted."""

    area: np.ndarray  # int32[n_places], -1 not known
    zone_of: np.ndarray  # int16[n_areas]
    own: int  # the region's own zone, for places nobody knows


class Seen(NamedTuple):
    """What was found, one entry a pair of loops."""

    state: np.ndarray  # int8: SAME …
    free: np.ndarray  # int64[n, 2]: when the subject is free, before and after; NEVER if not known
    broken: np.ndarray  # int32[n, 2]: how many breaks have begun by now, before and after
    older: np.ndarray  # bool: some duties follow an earlier version than the one that is tried


@leaf
def _is_pending(times, row, now):
    """Whether the duty is still to be done."""
    return times[row, T_ANCHOR] != NEVER and times[row, T_DUE] != NEVER and settled(times, row) > now


@leaf
def _broken_from(times, row):
    """``duty.broken_from``."""
    if times[row, T_DUE] == NEVER or times[row, T_ANCHOR] == NEVER:
        return NEVER
    due = max(times[row, T_DUE], min(times[row, T_OPEN], times[row, T_ANCHOR]))
    done = min(times[row, T_MET], times[row, T_ENDED], times[row, T_WAIVED])
    return due if done >= due else NEVER


@leaf
def _free_at(side, span, now):
    """When the subject is free: the latest of its releases, done or due; NEVER if it has none in sight."""
    latest, times = -NEVER, side.times
    for row in range(span[0], span[1]):
        if not side.frees[side.refs[row, R_VERSION], side.refs[row, R_KEY]]:
            continue
        if times[row, T_MET] <= min(now, times[row, T_ENDED]):
            latest = max(latest, times[row, T_MET])
        elif min(times[row, T_ENDED], times[row, T_WAIVED]) > now:
            latest = max(latest, times[row, T_DUE])
    return NEVER if latest == -NEVER else latest


@leaf
def _broken(side, span, now):
    n = 0
    for row in range(span[0], span[1]):
        n += _broken_from(side.times, row) <= now
    return n


@leaf
def _slot(codes, code):
    """Where a code stands, or would stand, in a table of a power of two places."""
    mask = codes.size - 1
    i = np.int64((np.uint64(code) * MIX) >> np.uint64(20)) & mask
    while codes[i] != EMPTY and codes[i] != code:
        i = (i + 1) & mask
    return i


@inner
def _grown(codes, counts):
    bigger, moved = np.full(codes.size * 2, EMPTY, np.int64), np.zeros((codes.size * 2, 2), np.int64)
    for i in range(codes.size):
        if codes[i] != EMPTY:
            at = _slot(bigger, codes[i])
            bigger[at], moved[at] = codes[i], counts[i]
    return bigger, moved


@leaf
def _work_code(side, row, days, zones):
    """Post and day of a duty as one number: 12 bits of role, 29 of place, 22 of day."""
    role = side.role[side.refs[row, R_VERSION], side.refs[row, R_KEY]]
    place = np.int64(side.refs[row, R_PLACE])
    zone = zones.own
    if place >= 0 and zones.area[place] >= 0:
        zone = np.int64(zones.zone_of[zones.area[place]])
    day = min(max(day_of(days, zone, side.times[row, T_DUE] - 1) - FIRST_DAY, 0), (1 << 22) - 1)
    return (role << 51) | ((place + 1) << 22) | day


@leaf
def _twin(one, row, other, span, guess):
    """The other side's duty of the same key and number, or -1. It is looked for from ``guess`` on, around."""
    key, n = one.refs[row, R_KEY], one.refs[row, R_N]
    for i in range(span[1] - span[0]):
        twin = guess + i
        if twin >= span[1]:
            twin -= span[1] - span[0]
        if other.refs[twin, R_KEY] == key and other.refs[twin, R_N] == n:
            return twin
    return -1


@leaf
def _is_alike(one, row, other, twin):
    """Whether two duties have the same times, place and post."""
    for i in range(one.times.shape[1]):
        if one.times[row, i] != other.times[twin, i]:
            return False
    key = one.refs[row, R_KEY]
    same_post = one.role[one.refs[row, R_VERSION], key] == other.role[other.refs[twin, R_VERSION], key]
    return same_post and one.refs[row, R_PLACE] == other.refs[twin, R_PLACE]


@inner
def _counted(side, row, column, now, days, zones, tally):
    """The tally with the duty in it, if it is still to be done."""
    if not _is_pending(side.times, row, now):
        return tally
    codes, counts, used = tally
    code = _work_code(side, row, days, zones)
    at = _slot(codes, code)
    used += codes[at] == EMPTY
    codes[at] = code
    counts[at, column] += 1
    if used * 2 > codes.size:
        codes, counts = _grown(codes, counts)
    return codes, counts, used


@inner
def _differing(before, old, after, new, now, days, zones, alike, tally):
    """How many duties of a loop the two sides have not alike; those to be done go into the tally."""
    n, guess = 0, new[0]
    alike[: new[1] - new[0]] = False
    for row in range(old[0], old[1]):
        twin = _twin(before, row, after, new, guess)
        if twin >= 0:
            guess = twin + 1 if twin + 1 < new[1] else new[0]
            if _is_alike(before, row, after, twin):
                alike[twin - new[0]] = True
                continue
        n += 1
        tally = _counted(before, row, 0, now, days, zones, tally)
    for row in range(new[0], new[1]):
        if not alike[row - new[0]]:
            n += 1
            tally = _counted(after, row, 1, now, days, zones, tally)
    return n, tally


@leaf
def _span(side, loop):
    if loop < 0:
        return np.int64(0), np.int64(0)
    return side.heads[loop, 2], side.heads[loop, 3]


@leaf
def _follows_older(side, span, tried):
    for row in range(span[0], span[1]):
        if not tried[side.refs[row, R_VERSION]]:
            return True
    return False


@entry
def broken_among(side, loops, now):
    """How many breaks of these loops have begun."""
    n, side = 0, borrowed(side)
    for loop in loops:
        n += _broken(side, _span(side, loop), now)
    return n


@entry
def compare(before, after, pairs, tried, days, zones, now):
    """Compare each pair of loops. Returns what was seen, and the changed work as codes and counts.

    ``pairs``: int64[n, 2], a loop of each side or -1. ``tried``: bool[n_versions] of the after side.
    Counts: int64[·, 2], work taken away and work added.
    """
    n = pairs.shape[0]
    state, older = np.zeros(n, np.int8), np.zeros(n, np.bool_)
    free, broken = np.full((n, 2), NEVER, np.int64), np.zeros((n, 2), np.int64)
    held_alike = np.zeros(max(1, after.times.shape[0]), np.bool_)
    alike, before, after = borrowed(held_alike), borrowed(before), borrowed(after)
    days, zones, tried = (
        borrowed(days),
        Zones(borrowed(zones.area), borrowed(zones.zone_of), zones.own),
        borrowed(tried),
    )
    tally = (np.full(1024, EMPTY, np.int64), np.zeros((1024, 2), np.int64), 0)
    for i in range(n):
        b, a = pairs[i, 0], pairs[i, 1]
        old, new = _span(before, b), _span(after, a)
        free[i, 0], free[i, 1] = _free_at(before, old, now), _free_at(after, new, now)
        broken[i, 0], broken[i, 1] = _broken(before, old, now), _broken(after, new, now)
        older[i] = _follows_older(after, new, tried)
        differing, tally = _differing(before, old, after, new, now, days, zones, alike, tally)
        if b < 0 or a < 0:
            state[i] = ONLY_AFTER if b < 0 else ONLY_BEFORE
        elif differing or before.heads[b, 0] != after.heads[a, 0]:
            state[i] = CHANGED
    codes, counts, _ = tally
    held_alike[0] = False  # until here it is held
    filled = codes != EMPTY
    return Seen(state, free, broken, older), codes[filled], counts[filled]
