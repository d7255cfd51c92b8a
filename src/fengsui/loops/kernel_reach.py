"""The kernel's milestones: the block's facts as one version reads them, and what they reach."""

import numpy as np

from fengsui.kit.instant import NEVER
from fengsui.loops.compiled import leaf
from fengsui.loops.kernel_days import reach
from fengsui.loops.kernel_rows import ONE, has, place_at, zone_of
from fengsui.loops.plan import (
    AGGS,
    H_BY,
    H_JURISDICTION,
    H_ZONE,
    M_AFTER,
    M_AGG,
    M_BEFORE,
    M_BIT,
    M_NOT_BY,
    M_OF_HI,
    M_OF_LO,
    M_TIME,
    OF_LENGTH,
    OF_MILESTONE,
)
from fengsui.protocols.model import Agg

OPENING = AGGS.index(Agg.OPENING)
FIRST = AGGS.index(Agg.FIRST)
LAST = AGGS.index(Agg.LAST)
EACH = AGGS.index(Agg.EACH)
LATER_OF = AGGS.index(Agg.LATER_OF)  # this and EARLIER_OF, the last, are made of other milestones


@leaf
def gather(cols, masks, openings, opens, loops, end_of_day, x):
    """Copy the facts of some loops into the working space, each loop's in order.

    An opening fact is its own loop's; another belongs to the last loop begun when it may have happened.
    """
    k = 0
    for i in range(loops.size):
        loop = loops[i]
        begin, until, subject = openings.begin[loop], openings.until[loop], openings.subject[loop]
        x.start[i] = k
        for f in range(cols.start[subject], cols.start[subject + 1]):
            when, span = cols.when[f], np.int64(cols.span[f])
            if (f == openings.fact[loop]) if opens[f] else (begin <= when + span < until):
                if end_of_day:
                    when, span = when + span, np.int64(0)
                x.when[k] = when
                x.span[k] = span
                x.mask[k] = masks[cols.code[f]]
                x.fact[k] = f
                k += 1
        if end_of_day:
            _sort(cols, x.start[i], k, x)
    x.start[loops.size] = k


@leaf
def _sort(cols, lo, hi, x):
    """Put one loop's facts into the order of (when, tie); they nearly are."""
    for j in range(lo + 1, hi):
        when, mask, fact = x.when[j], x.mask[j], x.fact[j]
        k = j
        while k > lo and (
            x.when[k - 1] > when or (x.when[k - 1] == when and cols.tie[x.fact[k - 1]] > cols.tie[fact])
        ):
            x.when[k], x.mask[k], x.fact[k] = x.when[k - 1], x.mask[k - 1], x.fact[k - 1]
            k -= 1
        x.when[k], x.mask[k], x.fact[k] = when, mask, fact


@leaf
def reach_milestones(tables, cols, days, places, openings, loops, n, x):
    """Fill when, by which fact (-1 none) and how often each milestone of each loop is reached."""
    n_milestones = tables.milestones.shape[0]
    x.at[:, :n] = NEVER
    x.by[:, :n] = -1
    x.count[:, :n] = 0
    for m in range(n_milestones):
        agg, bit = tables.milestones[m, M_AGG], tables.milestones[m, M_BIT]
        limited = max(tables.milestones[m, M_AFTER], tables.milestones[m, M_BEFORE]) >= 0
        asks = max(tables.milestones[m, M_TIME], tables.milestones[m, M_NOT_BY]) >= 0
        if agg >= LATER_OF:
            _later_or_earlier(tables, cols, days, places, m, agg == LATER_OF, n, x)
        elif agg == OPENING:
            _opening(openings, loops, m, n, x)
        elif agg == FIRST and not (limited or asks):
            _first(np.uint64(bit), m, n, x)
        else:
            _pick(tables, cols, m, agg, n, x)


@leaf
def _opening(openings, loops, m, n, x):
    for i in range(n):
        for f in range(x.start[i], x.start[i + 1]):
            if x.fact[f] == openings.fact[loops[i]]:
                x.at[m, i], x.by[m, i], x.count[m, i] = x.when[f], f, 1
                break


@leaf
def _first(bit, m, n, x):
    for i in range(n):
        for f in range(x.start[i], x.start[i + 1]):
            if (x.mask[f] >> bit) & ONE:
                x.at[m, i], x.by[m, i], x.count[m, i] = x.when[f], f, 1
                break


@leaf
def counts_for(f, bit, lower, upper, x):
    """Whether the block's fact ``f`` may reach a milestone bounded by others."""
    return has(x.mask[f], bit) and x.when[f] + x.span[f] >= lower and x.when[f] < upper


@leaf
def moment_of(tables, cols, m, f, x):
    """When the block's fact ``f`` reaches milestone ``m``; NEVER if the time it should carry is missing."""
    told = tables.milestones[m, M_TIME]
    return x.when[f] if told < 0 else cols.extra[told, x.fact[f]]


@leaf
def may_reach(tables, cols, m, f, i, x):
    """Whether who did the block's fact ``f`` is somebody milestone ``m`` of loop ``i`` may be done by."""
    other, column = tables.milestones[m, M_NOT_BY], tables.head[H_BY]
    if other < 0:
        return True
    by = cols.extra[column, x.fact[f]]
    if by < 0:
        return False
    if tables.milestones[other, M_AGG] != EACH:
        g = x.by[other, i]
        return g < 0 or cols.extra[column, x.fact[g]] != by
    bit = tables.milestones[other, M_BIT]
    lower, upper = bounds(tables, other, i, x)
    for g in range(x.start[i], x.start[i + 1]):
        reaches = counts_for(g, bit, lower, upper, x) and moment_of(tables, cols, other, g, x) != NEVER
        if reaches and cols.extra[column, x.fact[g]] == by and may_reach(tables, cols, other, g, i, x):
            return False
    return True


@leaf
def bounds(tables, m, i, x):
    """From when and to before when facts count for milestone ``m``; an ``after`` not reached is NEVER."""
    after, before = tables.milestones[m, M_AFTER], tables.milestones[m, M_BEFORE]
    lower = x.at[after, i] if after >= 0 else np.int64(-NEVER)
    upper = x.at[before, i] if before >= 0 else np.int64(NEVER)
    return lower, upper


@leaf
def _pick(tables, cols, m, agg, n, x):
    bit = tables.milestones[m, M_BIT]
    for i in range(n):
        lower, upper = bounds(tables, m, i, x)
        for f in range(x.start[i], x.start[i + 1]):
            when = moment_of(tables, cols, m, f, x)
            if counts_for(f, bit, lower, upper, x) and when != NEVER and may_reach(tables, cols, m, f, i, x):
                x.count[m, i] += 1
                if agg == LAST or x.count[m, i] == 1:
                    x.at[m, i], x.by[m, i] = when, f
                if agg == FIRST:
                    break
        if agg == LAST and x.count[m, i] > 1:
            x.count[m, i] = 1


@leaf
def _later_or_earlier(tables, cols, days, places, m, later, n, x):
    lo, hi = tables.milestones[m, M_OF_LO], tables.milestones[m, M_OF_HI]
    place_at(tables, cols, tables.head[H_JURISDICTION], n, x, x.place)
    for i in range(n):
        zone = zone_of(places, x.place[i], tables.head[H_ZONE])
        found, best = 0, np.int64(NEVER)
        for k in range(lo, hi):
            other = tables.ofs[k, OF_MILESTONE]
            if x.count[other, i] > 0:
                t = reach(days, zone, x.at[other, i], tables.ofs, k, OF_LENGTH)
                best = t if found == 0 else (max(best, t) if later else min(best, t))
                found += 1
        if found > 0 and (not later or found == hi - lo):
            x.at[m, i], x.count[m, i] = best, 1
