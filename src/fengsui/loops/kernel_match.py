"""The kernel's matching of acts with duties: the counterpart of ``allocate``."""

import numpy as np

from fengsui.kit.instant import NEVER
from fengsui.loops.compiled import leaf
from fengsui.loops.kernel_rows import (
    ONE,
    R_ANCHOR,
    R_KEY,
    R_MET,
    T_ANCHOR,
    T_DUE,
    T_MET,
    T_OPEN,
    T_UNTIL,
    has,
    moment,
)
from fengsui.loops.kernel_windows import is_by, persons
from fengsui.loops.plan import (
    DISCHARGES,
    LATES,
    O_ALONE,
    O_APART,
    O_BIT,
    O_COUNT,
    O_DISCHARGE,
    O_DISTINCT_HI,
    O_DISTINCT_LO,
    O_FRAME,
    O_LATE,
    O_LATE_FOR,
    O_NOT_BY,
    O_ONLY_BY,
    O_PLAIN,
    O_SERIES,
    ROLLING,
)
from fengsui.protocols.model import Discharge, Late

SLOT = DISCHARGES.index(Discharge.SLOT)
FIFO = DISCHARGES.index(Discharge.FIFO)
UNTIL_NEXT = LATES.index(Late.UNTIL_NEXT)
NEVER_LATE = LATES.index(Late.NEVER)
FOR = LATES.index(Late.FOR)


@leaf
def match(tables, cols, n, x, times, refs):
    """Match the acts of a block of loops with their anchored duties, series by series."""
    for o in range(tables.obligations.shape[0]):
        if tables.obligations[o, O_FRAME] == ROLLING:
            continue
        plain = tables.obligations[o, O_PLAIN]
        if tables.obligations[o, O_ALONE] and plain:
            _meet_alone(tables, o, n, x, times, refs)
        elif tables.obligations[o, O_ALONE] and _asks_for_a_pair(tables.obligations, o):
            _meet_alone_twice(tables, cols, o, n, x, times, refs)
        elif tables.obligations[o, O_SERIES] == o and plain:
            _meet_slots(tables, o, n, x, times, refs)
        elif tables.obligations[o, O_SERIES] == o:
            for i in range(n):
                size = _order(tables.obligations, o, i, x.row, x.ended, x.order, times)
                if size > 0:
                    _meet_series(tables, cols, i, size, x, times, refs)


@leaf
def _asks_for_a_pair(table, o):
    """Whether it asks for two acts of anybody that differ."""
    if table[o, O_NOT_BY] >= 0 or table[o, O_ONLY_BY] >= 0 or table[o, O_DISCHARGE] == FIFO:
        return False
    return table[o, O_DISTINCT_HI] > table[o, O_DISTINCT_LO]


@leaf
def _meet_alone_twice(tables, cols, o, n, x, times, refs):
    """A duty that shares its acts with no other and asks for two that differ (two laboratories)."""
    table, distinct, extra = tables.obligations, tables.distinct, cols.extra
    bit, apart = np.uint64(table[o, O_BIT]), table[o, O_APART]
    first, last = table[o, O_DISTINCT_LO], table[o, O_DISTINCT_HI]
    row_of, start, when, span, mask, fact, ended = x.row, x.start, x.when, x.span, x.mask, x.fact, x.ended
    for i in range(n):
        row = row_of[o, i]
        opens = times[row, T_OPEN]
        if times[row, T_ANCHOR] == NEVER or opens > ended[o, i]:
            continue
        until = accepted_until(table, o, row, np.int64(NEVER), times)
        times[row, T_UNTIL] = until
        for f in range(start[i], start[i + 1]):
            t = moment(when[f], span[f], opens)
            if not (mask[f] >> bit) & ONE or not opens <= t < until:
                continue
            for g in range(start[i], f):
                u = moment(when[g], span[g], opens)
                differ = (mask[g] >> bit) & ONE == ONE and opens <= u < until and t - u >= apart
                for k in range(first, last if differ else first):
                    a, b = extra[distinct[k], fact[g]], extra[distinct[k], fact[f]]
                    differ = differ and a >= 0 and b >= 0 and a != b
                if differ:
                    times[row, T_MET] = t
                    refs[row, R_MET] = fact[f]
                    break
            if times[row, T_MET] != NEVER:
                break


@leaf
def _meet_alone(tables, o, n, x, times, refs):
    """A duty that shares its acts with no other and asks for one act of anybody: the commonest."""
    bit = np.uint64(tables.obligations[o, O_BIT])
    row_of, start, when, span, mask, fact, ended = x.row, x.start, x.when, x.span, x.mask, x.fact, x.ended
    late, late_for = tables.obligations[o, O_LATE], tables.obligations[o, O_LATE_FOR]
    for i in range(n):
        row = row_of[o, i]
        if times[row, T_ANCHOR] == NEVER or times[row, T_OPEN] > ended[o, i]:
            continue
        until = np.int64(NEVER)
        if late == NEVER_LATE:
            until = times[row, T_DUE]
        elif late == FOR and times[row, T_DUE] != NEVER:
            until = times[row, T_DUE] + late_for
        times[row, T_UNTIL] = until
        opens = times[row, T_OPEN]
        for f in range(start[i], start[i + 1]):
            if (mask[f] >> bit) & ONE:
                t = moment(when[f], span[f], opens)
                if opens <= t < until:
                    times[row, T_MET] = t
                    refs[row, R_MET] = fact[f]
                    break


@leaf
def _meet_slots(tables, series, n, x, times, refs):
    """A series in which an act meets the duty that opened last; each asks for one act of anybody."""
    start, when, span, mask, fact = x.start, x.when, x.span, x.mask, x.fact
    table, row_of, order = tables.obligations, x.row, x.order
    for i in range(n):
        size = _order(table, series, i, row_of, x.ended, order, times)
        floor, next_open = times[order[0], T_OPEN] if size > 0 else np.int64(0), np.int64(NEVER)
        last = start[i + 1]
        for k in range(size - 1, -1, -1):
            row = order[k]
            o, opens = refs[row, R_KEY], times[row, T_OPEN]
            if k + 1 < size and times[order[k + 1], T_OPEN] > opens:
                next_open = times[order[k + 1], T_OPEN]
            until = accepted_until(table, o, row, next_open, times)
            times[row, T_UNTIL] = until
            until = min(until, next_open)
            bit = np.uint64(table[o, O_BIT])
            for f in range(start[i], last):
                if when[f] >= until:
                    break
                if (mask[f] >> bit) & ONE:
                    t = moment(when[f], span[f], floor)
                    if opens <= t < until:
                        times[row, T_MET] = t
                        refs[row, R_MET] = fact[f]
                        break


@leaf
def accepted_until(table, o, row, next_open, times):
    """From when on an act no longer counts; ``table`` is that of the obligations."""
    late, until = table[o, O_LATE], np.int64(NEVER)
    if late == UNTIL_NEXT:
        until = next_open
    elif late == NEVER_LATE:
        until = times[row, T_DUE]
    elif late == FOR and times[row, T_DUE] != NEVER:
        until = times[row, T_DUE] + table[o, O_LATE_FOR]
    return until


@leaf
def _meet_series(tables, cols, i, size, x, times, refs):
    """Any series: ``x.order`` holds its rows in order of opening."""
    floor = times[x.order[0], T_OPEN]
    fifo = tables.obligations[refs[x.order[0], R_KEY], O_DISCHARGE] == FIFO
    next_open = np.int64(NEVER)
    for k in range(size - 1, -1, -1):
        row = x.order[k]
        o = refs[row, R_KEY]
        opens = times[row, T_OPEN]
        if k + 1 < size and times[x.order[k + 1], T_OPEN] > opens:
            next_open = times[x.order[k + 1], T_OPEN]
        until = accepted_until(tables.obligations, o, row, next_open, times)
        times[row, T_UNTIL] = until
        if fifo:
            continue
        if tables.obligations[o, O_DISCHARGE] == SLOT:
            complete(tables, cols, o, i, row, floor, min(until, next_open), x, times, refs)
        else:
            complete(tables, cols, o, i, row, opens, until, x, times, refs)
    if fifo:
        _oldest_first(tables, cols, i, size, x, times, refs)


@leaf
def _order(table, series, i, row_of, ended, order, times):
    """Put the loop's rows of a series into ``order``, by opening; returns how many.

    Left out are rows without an anchor, and those that ended before they opened.
    """
    size = 0
    for o in range(series, table.shape[0]):
        if table[o, O_SERIES] != series or table[o, O_FRAME] == ROLLING:
            continue
        for row in range(row_of[o, i], row_of[o + 1, i]):
            if times[row, T_ANCHOR] == NEVER or times[row, T_OPEN] > ended[o, i]:
                continue
            k = size
            while k > 0 and times[order[k - 1], T_OPEN] > times[row, T_OPEN]:
                order[k] = order[k - 1]
                k -= 1
            order[k] = row
            size += 1
    return size


@leaf
def complete(tables, cols, o, i, row, floor, until, x, times, refs):
    """Find when the evidence of a row is complete, among acts from its opening to ``until``."""
    bit, count, opens = (
        np.uint64(tables.obligations[o, O_BIT]),
        tables.obligations[o, O_COUNT],
        times[row, T_OPEN],
    )
    barred, only = persons(tables, cols, o, i, np.int64(refs[row, R_ANCHOR]), x)
    pairs = tables.obligations[o, O_DISTINCT_HI] > tables.obligations[o, O_DISTINCT_LO]
    have, last = 0, np.int64(0)
    for f in range(x.start[i], x.start[i + 1]):
        if x.when[f] >= until:
            break
        if not has(x.mask[f], bit):
            continue
        t = moment(x.when[f], x.span[f], floor)
        if t < opens or t >= until or not is_by(tables, cols, f, barred, only, x):
            continue
        if count == 1:
            have = 1
        elif pairs:
            have = count if _has_pair(tables, cols, o, i, row, f, floor, until, barred, only, x, times) else 0
        elif have == 0 or t - last >= tables.obligations[o, O_APART]:
            have, last = have + 1, t
        if have == count:
            times[row, T_MET] = t
            refs[row, R_MET] = x.fact[f]
            return


@leaf
def _has_pair(tables, cols, o, i, row, f, floor, until, barred, only, x, times):
    """Whether an earlier act differs from act ``f`` in every asked field and is far enough before it."""
    bit = tables.obligations[o, O_BIT]
    t = moment(x.when[f], x.span[f], floor)
    for g in range(x.start[i], f):
        u = moment(x.when[g], x.span[g], floor)
        if not has(x.mask[g], bit) or u < times[row, T_OPEN] or u >= until:
            continue
        if t - u < tables.obligations[o, O_APART] or not is_by(tables, cols, g, barred, only, x):
            continue
        differ = True
        for k in range(tables.obligations[o, O_DISTINCT_LO], tables.obligations[o, O_DISTINCT_HI]):
            a, b = cols.extra[tables.distinct[k], x.fact[g]], cols.extra[tables.distinct[k], x.fact[f]]
            if a < 0 or b < 0 or a == b:
                differ = False
        if differ:
            return True
    return False


@leaf
def _oldest_first(tables, cols, i, size, x, times, refs):
    for f in range(x.start[i], x.start[i + 1]):
        for k in range(size):
            row = x.order[k]
            o = refs[row, R_KEY]
            t = moment(x.when[f], x.span[f], times[row, T_OPEN])
            if times[row, T_MET] != NEVER or not times[row, T_OPEN] <= t < times[row, T_UNTIL]:
                continue
            if not has(x.mask[f], tables.obligations[o, O_BIT]):
                continue
            barred, only = persons(tables, cols, o, i, np.int64(refs[row, R_ANCHOR]), x)
            if not is_by(tables, cols, f, barred, only, x):
                continue
            times[row, T_MET] = t
            refs[row, R_MET] = x.fact[f]
            break
