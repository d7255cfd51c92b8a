"""The kernel: the meaning in ``semantics``, over columns, for millions of subjects at once.

Subjects are independent, so the work splits anywhere. The kernel reads tables of integers only
(``plan``, ``columns``) and writes rows of two kinds: times and references.

It goes step by step over a block of loops, one milestone or one obligation at a time, and not loop
by loop: what the protocol says is then settled before the inner loop begins, and a block's rows
stay in the processor's cache. Done loop by loop the same steps took ten times as long.

``find_openings`` finds the loops, ``derive_rows`` what is owed under one version. A version that
comes into force while a loop runs is a second ``derive_rows`` and a merge (``kernel_merge``).
"""

from typing import NamedTuple

import numpy as np

from fengsui.kit.instant import NEVER
from fengsui.loops.compiled import entry, inner
from fengsui.loops.kernel_match import match
from fengsui.loops.kernel_reach import gather, reach_milestones
from fengsui.loops.kernel_rows import (
    R_ENDED,
    R_KEY,
    R_WAIVED,
    T_DUE,
    T_ENDED,
    T_MET,
    T_UNTIL,
    T_WAIVED,
    lift,
    place_at,
)
from fengsui.loops.kernel_windows import fill, lay_out
from fengsui.loops.plan import H_END_OF_DAY, H_JURISDICTION, O_KEY


class Openings(NamedTuple):
    """Loops as found: one entry each, int64."""

    subject: np.ndarray
    fact: np.ndarray  # index of the opening fact
    begin: np.ndarray  # facts from here on belong to it …
    until: np.ndarray  # … to before here
    version: np.ndarray  # index of the version in force


@entry
def find_openings(cols, valid_from, valid_until, masks, looks_back, again_after, lo, hi, out, opens):
    """Find the loops of subjects lo … hi. ``masks``: uint64[n_versions, n_codes]. Returns how many.

    ``opens``: bool[n_facts], becomes whether each fact opens a loop.
    """
    n = 0
    for subject in range(lo, hi):
        first = n
        opened_at = 0
        gap = 0
        for f in range(cols.start[subject], cols.start[subject + 1]):
            when = cols.when[f]
            opens[f] = False
            for v in range(valid_from.size):
                if valid_from[v] <= when < valid_until[v]:
                    if masks[v, cols.code[f]] & np.uint64(1) and (n == first or when - opened_at >= gap):
                        opens[f] = True
                        opened_at = when
                        gap = again_after[v]
                        out.subject[n] = subject
                        out.fact[n] = f
                        out.begin[n] = when - looks_back[v]
                        out.version[n] = v
                        n += 1
                    break
        until = NEVER
        for i in range(n - 1, first - 1, -1):
            out.until[i] = until
            until = min(until, out.begin[i])
    return n


@inner
def settled(times, row):
    """When nothing more can change a duty (``duty.settled_at``)."""
    ended = times[row, T_ENDED]
    met = times[row, T_MET] if times[row, T_MET] <= ended else NEVER
    return min(met, ended, times[row, T_WAIVED], max(times[row, T_UNTIL], times[row, T_DUE]))


@entry
def derive_rows(
    tables, masks, cols, days, places, openings, opens, lo, hi, version, x, heads, reached, times, refs
):
    """Derive loops lo … hi under one version, in blocks. Returns the number of rows written.

    ``heads``: int64[loop - lo, 4] becomes closed_at, jurisdiction place, first row, end row.
    ``reached``: int64[loop - lo, n_milestones, 2] becomes when and by which fact (-1 none).
    ``times``: int64[·, 8], ``refs``: int32[·, 10] become the duties, columns T_* and R_*.
    ``x``: the working space of ``kernel_rows.scratch``; its size is the size of a block.
    """
    room = x.start.size - 1
    n_rows = 0
    for block in range(lo, hi, room):
        n = min(room, hi - block)
        gather(cols, masks, openings, opens, block, n, tables.head[H_END_OF_DAY], x)
        reach_milestones(tables, cols, days, places, openings, block, n, x)
        for o in range(tables.obligations.shape[0]):
            lift(tables, cols, o, n, x)
        n_rows = lay_out(tables, cols, days, places, n, n_rows, x, times, refs)
        for o in range(tables.obligations.shape[0]):
            fill(tables, cols, days, places, o, block, n, version, x, times, refs)
        match(tables, cols, n, x, times, refs)
        _finish(tables, cols, block, block - lo, n, x, heads, reached, times, refs)
    return n_rows


@inner
def _finish(tables, cols, block, first, n, x, heads, reached, times, refs):
    """Put into the rows what lifts each duty, and into the heads when each loop closes."""
    n_obligations, row_of = tables.obligations.shape[0], x.row
    for o in range(n_obligations):
        _settle(o, tables.obligations[o, O_KEY], n, x, times, refs)
    place_at(tables, cols, tables.head[H_JURISDICTION], n, x, x.place)
    for i in range(n):
        last = -NEVER
        for row in range(row_of[0, i], row_of[n_obligations, i]):
            last = max(last, settled(times, row))
        heads[first + i, 0] = last if last > -NEVER else NEVER
        heads[first + i, 1] = x.place[i]
        heads[first + i, 2], heads[first + i, 3] = row_of[0, i], row_of[n_obligations, i]
    if tables.closes.size > 0:
        for i in range(n):
            at = NEVER
            for k in range(tables.closes.size):
                at = min(at, x.at[tables.closes[k], i])
            heads[first + i, 0] = at
    at, by, fact = x.at, x.by, x.fact
    for i in range(n):
        for m in range(tables.milestones.shape[0]):
            reached[first + i, m, 0] = at[m, i]
            reached[first + i, m, 1] = fact[by[m, i]] if by[m, i] >= 0 else -1


@inner
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
