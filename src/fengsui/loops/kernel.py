"""The kernel: the meaning in ``semantics``, over columns, for millions of subjects at once.

Subjects are independent, so the work splits anywhere. The kernel reads tables of integers only
(``plan``, ``kernel_law``, ``columns``) and writes rows of two kinds: times and references.

It goes step by step over a block of loops, one milestone or one obligation at a time, and not loop
by loop: what the protocol says is then settled before the inner loop begins, and a block's rows
stay in the processor's cache. Done loop by loop the same steps took ten times as long.

``find_openings`` finds the loops; ``kernel_govern`` goes through versions and blocks, and is what Python
calls.
"""

from typing import NamedTuple

import numpy as np

from fengsui.kit.instant import NEVER
from fengsui.loops.compiled import inner, leaf
from fengsui.loops.kernel_law import V_AGAIN_AFTER, V_FROM, V_IS_BASE, V_LOOKS_BACK, V_UNTIL
from fengsui.loops.kernel_rows import (
    BLOCK,
    R_ENDED,
    R_KEY,
    R_WAIVED,
    T_DUE,
    T_ENDED,
    T_MET,
    T_UNTIL,
    T_WAIVED,
    Scratch,
    place_at,
)
from fengsui.loops.plan import H_JURISDICTION, H_N_EACH, H_WIDTH, O_KEY


class Openings(NamedTuple):
    """Loops as found: one entry each, int64."""

    subject: np.ndarray
    fact: np.ndarray  # index of the opening fact
    begin: np.ndarray  # facts from here on belong to it …
    until: np.ndarray  # … to before here
    version: np.ndarray  # index of the version in force


@leaf
def find_openings(law, cols, out, opens):
    """Find the loops of all subjects. Returns how many there are; only as many as ``out`` takes are kept.

    ``opens``: bool[n_facts], becomes whether each fact opens a loop.
    """
    n, room = 0, out.fact.size
    for subject in range(cols.start.size - 1):
        first = n
        opened_at = 0
        gap = 0
        for f in range(cols.start[subject], cols.start[subject + 1]):
            when = cols.when[f]
            opens[f] = False
            for v in range(law.versions.shape[0]):
                if not law.versions[v, V_IS_BASE]:
                    continue
                if law.versions[v, V_FROM] <= when < law.versions[v, V_UNTIL]:
                    is_opening = law.masks[v, cols.code[f]] & np.uint64(1)
                    if is_opening and (n == first or when - opened_at >= gap):
                        opens[f] = True
                        opened_at = when
                        gap = law.versions[v, V_AGAIN_AFTER]
                        if n < room:
                            out.subject[n] = subject
                            out.fact[n] = f
                            out.begin[n] = when - law.versions[v, V_LOOKS_BACK]
                            out.version[n] = v
                        n += 1
                    break
        until = NEVER
        for i in range(min(n, room) - 1, first - 1, -1):
            out.until[i] = until
            until = min(until, out.begin[i])
    return n


@leaf
def settled(times, row):
    """When nothing more can change a duty (``duty.settled_at``)."""
    ended = times[row, T_ENDED]
    met = times[row, T_MET] if times[row, T_MET] <= ended else NEVER
    return min(met, ended, times[row, T_WAIVED], max(times[row, T_UNTIL], times[row, T_DUE]))


@leaf
def room_for(tables, cols, openings, which):
    """The most rows these loops can have under one version."""
    width, n_each = tables.head[H_WIDTH], tables.head[H_N_EACH]
    room = which.size * width
    if n_each:
        for loop in which:
            subject = openings.subject[loop]
            room += (cols.start[subject + 1] - cols.start[subject] + 1) * n_each
    return room


@inner
def scratch(tables, cols, openings, which):
    """Working space for the blocks in which these loops are derived."""
    n = max(1, min(BLOCK, which.size))
    most, most_in_block = np.int64(0), np.int64(1)
    for block in range(0, which.size, n):
        facts = np.int64(0)
        for loop in which[block : block + n]:
            subject = openings.subject[loop]
            own = cols.start[subject + 1] - cols.start[subject]
            most = max(most, own)
            facts += own
        most_in_block = max(most_in_block, facts)
    m, o = tables.milestones.shape[0], tables.obligations.shape[0]
    return Scratch(
        np.zeros(n + 1, np.int64),
        np.empty(most_in_block, np.int64),
        np.empty(most_in_block, np.int64),
        np.empty(most_in_block, np.uint64),
        np.empty(most_in_block, np.int64),
        np.empty((m, n), np.int64),
        np.empty((m, n), np.int64),
        np.empty((m, n), np.int64),
        np.empty((o, n), np.int64),
        np.empty((o, n), np.int64),
        np.empty((o, n), np.int64),
        np.empty((o, n), np.int64),
        np.empty((o + 1, n), np.int64),
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.empty(tables.head[H_WIDTH] + tables.head[H_N_EACH] * (most + 1) + 1, np.int64),
    )


@leaf
def finish(tables, cols, loops, n, x, heads, times, refs):
    """Put into the rows what lifts each duty, and into the heads when each loop closes."""
    n_obligations, row_of = tables.obligations.shape[0], x.row
    for o in range(n_obligations):
        _settle(o, tables.obligations[o, O_KEY], n, x, times, refs)
    place_at(tables, cols, tables.head[H_JURISDICTION], n, x, x.place)
    for i in range(n):
        loop, last = loops[i], -NEVER
        for row in range(row_of[0, i], row_of[n_obligations, i]):
            last = max(last, settled(times, row))
        heads[loop, 0] = last if last > -NEVER else NEVER
        heads[loop, 1] = x.place[i]
        heads[loop, 2], heads[loop, 3] = row_of[0, i], row_of[n_obligations, i]
    if tables.closes.size > 0:
        for i in range(n):
            at = NEVER
            for k in range(tables.closes.size):
                at = min(at, x.at[tables.closes[k], i])
            heads[loops[i], 0] = at


@leaf
def say_reached(columns, loops, n, x, reached):
    """Write when each milestone was reached, the m-th in ``columns[m]``; those of other versions were not."""
    if reached.shape[0] == 0:  # nobody asks
        return
    at, by, fact = x.at, x.by, x.fact
    for i in range(n):
        loop = loops[i]
        for m in range(reached.shape[1]):
            reached[loop, m, 0], reached[loop, m, 1] = NEVER, -1
        for m in range(columns.size):
            reached[loop, columns[m], 0] = at[m, i]
            reached[loop, columns[m], 1] = fact[by[m, i]] if by[m, i] >= 0 else -1


@leaf
def _settle(o, key, n, x, times, refs):
    row_of, ended, ended_by = x.row, x.ended, x.ended_by
    waived, waived_by = x.waived, x.waived_by
    for i in range(n):
        for row in range(row_of[o, i], row_of[o + 1, i]):
            times[row, T_ENDED] = ended[o, i]
            times[row, T_WAIVED] = waived[o, i]
            refs[row, R_ENDED] = ended_by[o, i]
            refs[row, R_WAIVED] = waived_by[o, i]
            refs[row, R_KEY] = key
