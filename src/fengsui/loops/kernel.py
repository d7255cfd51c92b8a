"""The kernel: the meaning in ``semantics``, over columns, for millions of subjects at once.

Subjects are independent, so the work splits anywhere. The kernel reads tables of integers only
(``plan``, ``columns``) and writes rows of two kinds: times and references. Nothing is allocated per
loop; scratch space is made once a call.

``find_openings`` finds the loops, ``derive_rows`` what is owed under one version. A version that
comes into force while a loop runs is a second ``derive_rows`` and a merge (``bulk``).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from fengsui.kit.instant import NEVER
from fengsui.loops.kernel_days import reach
from fengsui.loops.kernel_match import allocate
from fengsui.loops.kernel_slots import (
    L_ENDED,
    L_WAIVED,
    R_ENDED,
    R_KEY,
    R_LOOP,
    R_VERSION,
    R_WAIVED,
    T_DUE,
    T_ENDED,
    T_MET,
    T_UNTIL,
    T_WAIVED,
    anchored_slots,
    first_of,
    lift,
    milestone_place,
    rolled_slots,
    waiting_slots,
    zone_of,
)
from fengsui.loops.plan import (
    AGGS,
    FRAMES,
    H_END_OF_DAY,
    H_JURISDICTION,
    M_AFTER,
    M_AGG,
    M_BEFORE,
    M_BIT,
    M_OF_HI,
    M_OF_LO,
    O_FRAME,
    O_KEY,
    O_START,
    OF_LENGTH,
    OF_MILESTONE,
)
from fengsui.protocols.model import Agg, Frame

OPENING = AGGS.index(Agg.OPENING)
FIRST = AGGS.index(Agg.FIRST)
LAST = AGGS.index(Agg.LAST)
EACH = AGGS.index(Agg.EACH)
LATER_OF = AGGS.index(Agg.LATER_OF)
ROLLING = FRAMES.index(Frame.ROLLING)


class Openings(NamedTuple):
    """Loops as found: one entry each."""

    subject: np.ndarray  # int64
    fact: np.ndarray  # int64, index of the opening fact
    begin: np.ndarray  # int64, facts from here on belong to it …
    until: np.ndarray  # int64, … to before here
    version: np.ndarray  # int64, index of the version in force


@njit(cache=True, nogil=True)
def find_openings(cols, valid_from, valid_until, masks, looks_back, again_after, lo, hi, out):
    """Find the loops of subjects lo … hi. ``masks``: uint64[n_versions, n_codes]. Returns how many."""
    n = 0
    for subject in range(lo, hi):
        first = n
        opened_at = 0
        gap = 0
        for f in range(cols.start[subject], cols.start[subject + 1]):
            when = cols.when[f]
            for v in range(valid_from.size):
                if valid_from[v] <= when < valid_until[v]:
                    if masks[v, cols.code[f]] & np.uint64(1) and (n == first or when - opened_at >= gap):
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


@njit(cache=True, nogil=True)
def gather(cols, masks, subject, begin, until, end_of_day, x):
    """Copy the loop's own facts into the scratch space, in the version's order. Returns how many."""
    n = 0
    for f in range(cols.start[subject], cols.start[subject + 1]):
        when, span = cols.when[f], cols.span[f]
        if begin <= when + span < until:
            if end_of_day:
                when, span = when + span, 0
            i = n
            while end_of_day and i > 0 and _later(x.when[i - 1], cols.tie[x.fact[i - 1]], when, cols.tie[f]):
                x.when[i], x.span[i], x.mask[i], x.fact[i] = (
                    x.when[i - 1],
                    x.span[i - 1],
                    x.mask[i - 1],
                    x.fact[i - 1],
                )
                i -= 1
            x.when[i] = when
            x.span[i] = span
            x.mask[i] = masks[cols.code[f]]
            x.fact[i] = f
            n += 1
    return n


@njit(cache=True, nogil=True)
def _later(when, tie, other_when, other_tie):
    return when > other_when or (when == other_when and tie > other_tie)


@njit(cache=True, nogil=True)
def reach_milestones(tables, cols, days, places, opening_fact, n, x):
    """Fill when and by which fact (index into the scratch facts, -1 none) each milestone is reached."""
    milestones = tables.milestones
    x.at[:], x.by[:], x.n_reached[:] = NEVER, -1, 0
    for m in range(milestones.shape[0]):
        agg = milestones[m, M_AGG]
        if agg >= LATER_OF:
            _later_or_earlier(tables, cols, days, places, m, agg == LATER_OF, x)
            continue
        after, before = milestones[m, M_AFTER], milestones[m, M_BEFORE]
        if after >= 0 and x.n_reached[after] == 0:
            continue
        lower = x.at[after] if after >= 0 else -NEVER
        upper = x.at[before] if before >= 0 and x.n_reached[before] > 0 else NEVER
        bit = np.uint64(max(milestones[m, M_BIT], 0))
        for i in range(n):
            if agg == OPENING:
                if x.fact[i] != opening_fact:
                    continue
            elif not (x.mask[i] >> bit) & np.uint64(1):
                continue
            if x.when[i] + x.span[i] < lower or x.when[i] >= upper:
                continue
            x.n_reached[m] += 1
            if agg == LAST or x.n_reached[m] == 1:
                x.at[m] = x.when[i]
                x.by[m] = i
            if agg <= FIRST:
                break
        if agg == LAST and x.n_reached[m] > 1:
            x.n_reached[m] = 1


@njit(cache=True, nogil=True)
def _later_or_earlier(tables, cols, days, places, m, later, x):
    zone = zone_of(tables, places, milestone_place(tables, cols, tables.head[H_JURISDICTION], -1, -1, x))
    found = 0
    best = NEVER
    lo, hi = tables.milestones[m, M_OF_LO], tables.milestones[m, M_OF_HI]
    for k in range(lo, hi):
        other = tables.ofs[k, OF_MILESTONE]
        if x.n_reached[other] > 0:
            t = reach(days, zone, x.at[other], tables.ofs[k], OF_LENGTH)
            best = t if found == 0 else (max(best, t) if later else min(best, t))
            found += 1
    if found > 0 and (not later or found == hi - lo):
        x.at[m] = best
        x.n_reached[m] = 1


@njit(cache=True, nogil=True)
def build_slots(tables, cols, days, places, n, x):
    """Make every duty of the loop, anchored or waiting, as slots; returns how many."""
    n_slots = 0
    for o in range(tables.obligations.shape[0]):
        row = tables.obligations[o]
        lift(tables, cols, o, n, x)
        if x.n_reached[row[O_START]] == 0:
            n_slots = waiting_slots(tables, cols, places, o, n_slots, x)
        elif row[O_FRAME] == ROLLING:
            n_slots = rolled_slots(tables, cols, days, places, o, n, n_slots, x)
        else:
            n_slots = anchored_slots(tables, cols, days, places, o, n, n_slots, x)
    return n_slots


@njit(cache=True, nogil=True)
def settled(times):
    """When nothing more can change a duty (``duty.settled_at``)."""
    met = times[T_MET] if times[T_MET] <= times[T_ENDED] else NEVER
    return min(met, times[T_ENDED], times[T_WAIVED], max(times[T_UNTIL], times[T_DUE]))


@njit(cache=True, nogil=True)
def derive_rows(tables, masks, cols, days, places, openings, lo, hi, version, x, heads, reached, times, refs):
    """Derive loops lo … hi under one version. Returns the number of rows written.

    ``heads``: int64[loop - lo, 4] becomes closed_at, jurisdiction place, first row, end row.
    ``reached``: int64[loop - lo, n_milestones, 2] becomes when and by which fact (-1 none).
    ``times``: int64[·, 8], ``refs``: int32[·, 10] become the duties, columns T_* and R_*.
    """
    n_rows = 0
    for loop in range(lo, hi):
        i = loop - lo
        subject = openings.subject[loop]
        n = gather(
            cols, masks, subject, openings.begin[loop], openings.until[loop], tables.head[H_END_OF_DAY], x
        )
        reach_milestones(tables, cols, days, places, openings.fact[loop], n, x)
        n_slots = build_slots(tables, cols, days, places, n, x)
        allocate(tables, cols, n, n_slots, x)
        heads[i, 1] = milestone_place(tables, cols, tables.head[H_JURISDICTION], -1, -1, x)
        heads[i, 2] = n_rows
        last = -NEVER
        for s in range(n_slots):
            t, r = times[n_rows], refs[n_rows]
            t[:] = x.slot_times[s]
            r[:] = x.slot_refs[s]
            r[R_LOOP] = loop
            r[R_VERSION] = version
            o = r[R_KEY]
            t[T_ENDED] = x.lifted[o, L_ENDED]
            t[T_WAIVED] = x.lifted[o, L_WAIVED]
            r[R_ENDED] = x.lifted[o, L_ENDED + 1]
            r[R_WAIVED] = x.lifted[o, L_WAIVED + 1]
            r[R_KEY] = tables.obligations[o, O_KEY]
            last = max(last, settled(t))
            n_rows += 1
        heads[i, 3] = n_rows
        closing = first_of(tables.closes, x)
        heads[i, 0] = closing[0] if tables.closes.size > 0 else (last if n_slots > 0 else NEVER)
        for m in range(tables.milestones.shape[0]):
            reached[i, m, 0] = x.at[m]
            reached[i, m, 1] = x.fact[x.by[m]] if x.by[m] >= 0 else -1
    return n_rows
