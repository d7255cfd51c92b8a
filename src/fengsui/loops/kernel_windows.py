"""The kernel's windows: every duty of a block with its opening and due, before matching.

The counterpart of ``reading`` and ``windows``.
"""

import numpy as np

from fengsui.kit.instant import DAY, NEVER
from fengsui.loops.compiled import leaf
from fengsui.loops.kernel_days import SECONDS, day_of, edge, midnight_of, reach
from fengsui.loops.kernel_reach import bounds, counts_for, may_reach, moment_of
from fengsui.loops.kernel_rows import (
    R_ANCHOR,
    R_EXTENDED,
    R_KEY,
    R_LOOP,
    R_MET,
    R_N,
    R_PLACE,
    R_VERSION,
    T_ANCHOR,
    T_DUE,
    T_FIRST_DUE,
    T_MET,
    T_OPEN,
    has,
    lifted,
    moment,
    owed_at,
    told_place,
    zone_of,
)
from fengsui.loops.plan import (
    FRAMES,
    H_BY,
    H_END_OF_DAY,
    H_JURISDICTION,
    H_START_DAY,
    H_ZONE,
    M_BIT,
    M_TIME,
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
    O_ONLY_BY,
    O_OPEN_FOR,
    O_PLACE,
    O_START,
    O_WIDTH,
    P_AT,
    P_DATA,
    ROLLING,
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
ANYBODY = -2


@leaf
def lay_out(tables, cols, days, places, n, n_rows, x, times, refs):
    """Decide where each duty's row goes: loop after loop, within a loop obligation after obligation."""
    n_obligations = tables.obligations.shape[0]
    for o in range(n_obligations):
        width, m = tables.obligations[o, O_WIDTH], tables.obligations[o, O_START]
        if tables.obligations[o, O_FRAME] == ROLLING:
            owed_at(tables, cols, places, o, n, x)
            for i in range(n):
                x.row[o, i] = _roll(tables, cols, days, o, i, -1, x, times, refs)
        elif tables.obligations[o, O_EACH]:
            for i in range(n):
                x.row[o, i] = x.count[m, i]
        else:
            x.row[o, :n] = width
    for i in range(n):
        for o in range(n_obligations):
            size = x.row[o, i]
            x.row[o, i] = n_rows
            n_rows += size
        x.row[n_obligations, i] = n_rows
    return n_rows


@leaf
def fill(tables, cols, days, places, o, loops, n, version, x, times, refs):
    """Write the rows of one obligation for a block of loops: blank ones first, then their windows."""
    table = tables.obligations
    start, frame, width = table[o, O_START], table[o, O_FRAME], table[o, O_WIDTH]
    elapsed = table[o, O_LENGTH + 1] == SECONDS and table[o, O_AFTER + 1] <= SECONDS
    owed_at(tables, cols, places, o, n, x)
    _blank(tables, o, loops, n, version, x, times, refs)
    if frame == ROLLING:
        for i in range(n):
            _roll(tables, cols, days, o, i, x.row[o, i], x, times, refs)
    elif table[o, O_EACH]:
        _each(tables, cols, days, places, o, n, x, times, refs)
    elif frame == WITHIN and elapsed:
        after = table[o, O_AFTER] if table[o, O_AFTER + 1] == SECONDS else np.int64(0)
        _within(o, start, after, table[o, O_LENGTH], n, x, times)
    elif frame == ON_DAYS:
        lo, hi = table[o, O_DAY_LO], table[o, O_DAY_HI]
        _on_days(days, o, start, tables.days[lo:hi], tables.head[H_START_DAY], n, x, times)
    else:
        for i in range(n):
            if x.count[start, i] > 0:
                _frame(tables, cols, days, o, x.row[o, i], width, x.at[start, i], x.zone[i], times, refs)
    if table[o, O_MOVED] and frame != ROLLING:
        for i in range(n):
            for row in range(x.row[o, i], x.row[o + 1, i]):
                if times[row, T_ANCHOR] != NEVER:
                    move(tables, cols, days, x.zone[i], o, i, row, x, times, refs)


@leaf
def _blank(tables, o, loops, n, version, x, times, refs):
    """The rows as duties that wait: every time NEVER, the anchor that of the milestone if there is one."""
    start, lo = tables.obligations[o, O_START], tables.obligations[o, O_DAY_LO]
    by_number = tables.obligations[o, O_DAY_HI] > lo and not tables.obligations[o, O_EACH]
    row_of, by, fact, place, numbers = x.row, x.by, x.fact, x.place, tables.days
    for i in range(n):
        first = row_of[o, i]
        anchor = fact[by[start, i]] if by[start, i] >= 0 else np.int64(-1)
        for row in range(first, row_of[o + 1, i]):
            for column in range(8):
                times[row, column] = NEVER
            refs[row, R_LOOP] = loops[i]
            refs[row, R_KEY] = o
            refs[row, R_N] = numbers[lo + row - first] if by_number else row - first
            refs[row, R_PLACE] = place[i]
            refs[row, R_ANCHOR] = anchor
            refs[row, R_MET] = -1
            refs[row, R_EXTENDED] = -1
            refs[row, R_VERSION] = version


@leaf
def _within(o, start, after, length, n, x, times):
    """Windows of elapsed time, the commonest."""
    row_of, at, count = x.row, x.at, x.count
    for i in range(n):
        if count[start, i] > 0:
            row, anchor_at = row_of[o, i], at[start, i]
            times[row, T_ANCHOR] = anchor_at
            times[row, T_OPEN] = anchor_at + after
            times[row, T_DUE] = anchor_at + after + length
            times[row, T_FIRST_DUE] = anchor_at + after + length


@leaf
def _on_days(days, o, start, numbers, start_day, n, x, times):
    """Civil days by number."""
    row_of, at, count, zone, table = x.row, x.at, x.count, x.zone, days.midnight
    last = table.shape[1] - 1
    for i in range(n):
        if count[start, i] == 0:
            continue
        row, z, anchor_at = row_of[o, i], zone[i], at[start, i]
        day = anchor_at // DAY
        if 1 <= day < last - 1:
            if table[z, day] > anchor_at:
                day -= 1
            elif table[z, day + 1] <= anchor_at:
                day += 1
        else:
            day = day_of(days, z, anchor_at)
        for k in range(numbers.size):
            d = day - start_day + numbers[k]
            if 0 <= d < last:
                opens, due = table[z, d], table[z, d + 1]
            else:
                opens, due = midnight_of(days, z, d), midnight_of(days, z, d + 1)
            times[row + k, T_ANCHOR] = anchor_at
            times[row + k, T_OPEN] = opens
            times[row + k, T_DUE] = due
            times[row + k, T_FIRST_DUE] = due


@leaf
def _each(tables, cols, days, places, o, n, x, times, refs):
    """The windows of an obligation that every fact of a milestone starts anew, each where it happened."""
    m, place, level = (
        tables.obligations[o, O_START],
        tables.obligations[o, O_PLACE],
        tables.obligations[o, O_LEVEL],
    )
    bit = tables.milestones[m, M_BIT]
    own = place >= 0 and tables.places[place, P_AT] == m
    for i in range(n):
        lower, upper = bounds(tables, m, i, x)
        row = x.row[o, i]
        for f in range(x.start[i], x.start[i + 1]):
            when = moment_of(tables, cols, m, f, x)
            if not counts_for(f, bit, lower, upper, x) or when == NEVER:
                continue
            if not may_reach(tables, cols, m, f, i, x):
                continue
            zone = x.zone[i]
            refs[row, R_ANCHOR] = x.fact[f]
            if own:
                told = told_place(cols, f, tables.places[place, P_DATA], x)
                if told >= 0:
                    refs[row, R_PLACE] = lifted(places, told, level)
                else:
                    refs[row, R_PLACE] = fallback_place(tables, cols, places, level, i, x)
                zone = zone_of(places, np.int64(refs[row, R_PLACE]), tables.head[H_ZONE])
            _frame(tables, cols, days, o, row, 1, when, zone, times, refs)
            row += 1


@leaf
def fallback_place(tables, cols, places, level, i, x):
    """The loop's jurisdiction, lifted to a level: where a duty is owed if its own place is not told."""
    jurisdiction = tables.head[H_JURISDICTION]
    if jurisdiction < 0:
        return np.int64(-1)
    m, data = tables.places[jurisdiction, P_AT], tables.places[jurisdiction, P_DATA]
    return lifted(places, told_place(cols, x.by[m, i], data, x), level)


@leaf
def _frame(tables, cols, days, o, row, width, anchor_at, zone, times, refs):
    """The windows that follow from one anchor, into ``width`` rows from ``row`` on."""
    frame, table = tables.obligations[o, O_FRAME], tables.obligations
    start = reach(days, zone, anchor_at, table, o, O_AFTER)
    first = np.int64(0)
    if frame == ON_DAYS:
        first = day_of(days, zone, anchor_at) - tables.head[H_START_DAY]
    for k in range(width):
        opens, due = start, np.int64(NEVER)
        if frame == ON_DAYS:
            day = first + tables.days[table[o, O_DAY_LO] + k]
            opens, due = midnight_of(days, zone, day), midnight_of(days, zone, day + 1)
        elif frame == WITHIN:
            due = reach(days, zone, start, table, o, O_LENGTH)
        elif frame == BEFORE:
            due = anchor_at - table[o, O_LENGTH]
            f = refs[row, R_ANCHOR]
            told = tables.milestones[table[o, O_START], M_TIME] >= 0
            if f >= 0 and cols.span[f] > 0 and not (told or tables.head[H_END_OF_DAY]):
                due += np.int64(cols.span[f]) + 1
            opens = due - table[o, O_AFTER] if table[o, O_AFTER + 1] == SECONDS else np.int64(-NEVER)
        elif frame == UNTIL:
            anchor = refs[row, R_ANCHOR]
            due = cols.extra[table[o, O_DATA], anchor] if anchor >= 0 else np.int64(NEVER)
            if due == NEVER and table[o, O_LENGTH + 1] >= 0:
                due = reach(days, zone, start, table, o, O_LENGTH)
        else:
            opens = edge(days, zone, start, table, o, O_LENGTH, k)
            due = edge(days, zone, start, table, o, O_LENGTH, k + 1)
            if table[o, O_OPEN_FOR + 1] >= 0:
                due = edge(days, zone, opens, table, o, O_OPEN_FOR, 1)
        times[row + k, T_ANCHOR] = anchor_at
        times[row + k, T_OPEN] = opens
        times[row + k, T_DUE] = due
        times[row + k, T_FIRST_DUE] = due


@leaf
def move(tables, cols, days, zone, o, i, row, x, times, refs):
    """Move a row's due by the pauses and extensions that speak of its obligation."""
    anchor_at, due = times[row, T_ANCHOR], times[row, T_DUE]
    for k in range(tables.pauses.shape[0]):
        if has(tables.pauses[k, Z_OF], o):
            due = _paused(tables, days, zone, o, k, i, anchor_at, due, x)
    first_due = times[row, T_FIRST_DUE]
    for f in range(x.start[i], x.start[i + 1]):
        for k in range(tables.extensions.shape[0]):
            if not (has(tables.extensions[k, X_OF], o) and has(x.mask[f], tables.extensions[k, X_BIT])):
                continue
            target = tables.extensions[k, X_TARGET]
            if target >= 0 and cols.extra[target, x.fact[f]] != tables.obligations[o, O_KEY]:
                continue
            asked, limit = cols.extra[tables.extensions[k, X_DATA], x.fact[f]], np.int64(NEVER)
            if tables.extensions[k, X_LENGTH + 1] >= 0:
                limit = reach(days, zone, first_due, tables.extensions, k, X_LENGTH)
            if anchor_at <= x.when[f] < due and asked != NEVER and min(asked, limit) > due:
                due = min(asked, limit)
                refs[row, R_EXTENDED] = x.fact[f]
    times[row, T_DUE] = due


@leaf
def _paused(tables, days, zone, o, k, i, anchor_at, due, x):
    begin_bit, end_bit = tables.pauses[k, Z_BEGIN], tables.pauses[k, Z_END]
    resumed = np.int64(-NEVER)
    for f in range(x.start[i], x.start[i + 1]):
        if not has(x.mask[f], begin_bit) or x.when[f] < resumed:
            continue
        resumed = np.int64(NEVER)
        for g in range(x.start[i], x.start[i + 1]):
            if has(x.mask[g], end_bit) and x.when[g] >= x.when[f]:
                resumed = x.when[g]
                break
        begin = max(x.when[f], anchor_at)
        if due == NEVER or begin >= due or resumed <= begin:
            continue
        if resumed == NEVER:
            return np.int64(NEVER)
        if tables.obligations[o, O_BY_DAY]:
            lost = day_of(days, zone, resumed) - day_of(days, zone, begin)
            due = midnight_of(days, zone, day_of(days, zone, due - 1) + lost + 1)
        else:
            due += resumed - begin
    return due


@leaf
def persons(tables, cols, o, i, anchor, x):
    """Who may not give the evidence of obligation ``o``, and who alone may, as words.

    -1: nobody is known; ANYBODY: it is not asked. ``anchor``: the fact (index into the columns) the
    duty is anchored at.
    """
    table = tables.obligations
    barred = _doer(tables, cols, table[o, O_NOT_BY], table[o, O_START], i, anchor, x)
    return barred, _doer(tables, cols, table[o, O_ONLY_BY], table[o, O_START], i, anchor, x)


@leaf
def _doer(tables, cols, m, start, i, anchor, x):
    """The word of who did milestone ``m``; of the one the duty is anchored at, who did the anchor."""
    if m < 0:
        return np.int64(ANYBODY)
    if m != start:
        anchor = x.fact[x.by[m, i]] if x.by[m, i] >= 0 else np.int64(-1)
    return cols.extra[tables.head[H_BY], anchor] if anchor >= 0 else np.int64(-1)


@leaf
def is_by(tables, cols, f, barred, only, x):
    """Whether somebody who may did the block's fact ``f``."""
    if barred == ANYBODY and only == ANYBODY:
        return True
    by = cols.extra[tables.head[H_BY], x.fact[f]]
    return by >= 0 and by != barred and (only == ANYBODY or by == only)


@leaf
def _roll(tables, cols, days, o, i, row, x, times, refs):
    """One window after the other, each opened by the act that met the one before, until a stop.

    Returns how many; writes them from ``row`` on, or nothing if it is negative.
    """
    m, bit, apart = (
        tables.obligations[o, O_START],
        tables.obligations[o, O_BIT],
        tables.obligations[o, O_APART],
    )
    if x.count[m, i] == 0:
        return 1
    zone, anchor_at, f = x.zone[i], x.at[m, i], x.start[i]
    anchor = x.fact[x.by[m, i]] if x.by[m, i] >= 0 else np.int64(-1)
    barred, only = persons(tables, cols, o, i, anchor, x)
    opens = reach(days, zone, anchor_at, tables.obligations, o, O_AFTER)
    earliest, k = opens, 0
    while True:
        if row >= 0:
            times[row + k, T_ANCHOR] = anchor_at
            times[row + k, T_OPEN] = opens
            times[row + k, T_DUE] = reach(days, zone, opens, tables.obligations, o, O_LENGTH)
            times[row + k, T_FIRST_DUE] = times[row + k, T_DUE]
            refs[row + k, R_ANCHOR] = anchor
            if tables.obligations[o, O_MOVED]:
                move(tables, cols, days, zone, o, i, row + k, x, times, refs)
        while f < x.start[i + 1] and not (
            has(x.mask[f], bit)
            and moment(x.when[f], x.span[f], opens) >= earliest
            and is_by(tables, cols, f, barred, only, x)
        ):
            f += 1
        k += 1
        if f == x.start[i + 1]:
            return k
        anchor_at = moment(x.when[f], x.span[f], opens)
        anchor = x.fact[f]
        if row >= 0:
            times[row + k - 1, T_MET] = anchor_at
            refs[row + k - 1, R_MET] = anchor
        if anchor_at >= x.ended[o, i]:
            return k
        f += 1
        earliest = anchor_at + apart
        opens = reach(days, zone, anchor_at, tables.obligations, o, O_AFTER)
