"""What differs between two tables of the same subjects: before and after a batch."""

from typing import NamedTuple

import numpy as np

from fengsui.kit.instant import NEVER
from fengsui.loops.compiled import entry, inner
from fengsui.loops.kernel import settled
from fengsui.loops.kernel_rows import R_KEY, R_N, R_PLACE, R_VERSION, T_ANCHOR
from fengsui.loops.kernel_status import broken_from


class Side(NamedTuple):
    """One table, as far as it is compared: loops in subject order, and their rows."""

    subject: np.ndarray  # int64[n]
    opened: np.ndarray  # int64[n]: what the caller calls the opening fact
    heads: np.ndarray  # int64[n, 4]
    governed: np.ndarray  # int64[n]
    times: np.ndarray
    refs: np.ndarray


@inner
def _differs(before, row, after, other):
    for column in range(8):
        if before.times[row, column] != after.times[other, column]:
            return True
    if before.refs[row, R_PLACE] != after.refs[other, R_PLACE]:
        return True
    return before.refs[row, R_VERSION] != after.refs[other, R_VERSION]


@inner
def _find(side, lo, hi, guess, key, n):
    """The row of an obligation and number among lo … hi; looked for at ``guess`` first. -1: none."""
    if lo <= guess < hi and side.refs[guess, R_KEY] == key and side.refs[guess, R_N] == n:
        return guess
    for row in range(lo, hi):
        if side.refs[row, R_KEY] == key and side.refs[row, R_N] == n:
            return row
    return -1


@inner
def _put(pairs, n, one, other):
    pairs[n, 0], pairs[n, 1] = one, other
    return n + 1


@inner
def _rows(before, i, after, j, pairs, n):
    """The pairs of rows that differ between loop i before and loop j after (-1: there is none)."""
    b_lo, b_hi = (before.heads[i, 2], before.heads[i, 3]) if i >= 0 else (0, 0)
    a_lo, a_hi = (after.heads[j, 2], after.heads[j, 3]) if j >= 0 else (0, 0)
    for row in range(a_lo, a_hi):
        if after.times[row, T_ANCHOR] == NEVER:
            continue
        other = _find(before, b_lo, b_hi, b_lo + row - a_lo, after.refs[row, R_KEY], after.refs[row, R_N])
        if other < 0 or before.times[other, T_ANCHOR] == NEVER:
            n = _put(pairs, n, -1, row)
        elif _differs(before, other, after, row):
            n = _put(pairs, n, other, row)
    for row in range(b_lo, b_hi):
        if before.times[row, T_ANCHOR] == NEVER:
            continue
        other = _find(after, a_lo, a_hi, a_lo + row - b_lo, before.refs[row, R_KEY], before.refs[row, R_N])
        if other < 0 or after.times[other, T_ANCHOR] == NEVER:
            n = _put(pairs, n, row, -1)
    return n


@inner
def _is_same(before, i, after, j):
    if before.heads[i, 0] != after.heads[j, 0] or before.heads[i, 1] != after.heads[j, 1]:
        return False
    return before.governed[i] == after.governed[j]


@entry
def differing(before, after, loops, rows):
    """Fill the pairs of loops and of rows that differ, (before, after), -1 for none; returns how many.

    Only rows that are anchored count. ``loops`` and ``rows``: int64[·, 2], large enough for all.
    """
    n_loops = n_rows = 0
    i = j = 0
    n, m = before.subject.size, after.subject.size
    while i < n or j < m:
        here = min(before.subject[i] if i < n else NEVER, after.subject[j] if j < m else NEVER)
        i_end, j_end = i, j
        while i_end < n and before.subject[i_end] == here:
            i_end += 1
        while j_end < m and after.subject[j_end] == here:
            j_end += 1
        for b in range(j, j_end):
            match = -1
            for a in range(i, i_end):
                if before.opened[a] == after.opened[b]:
                    match = a
            if match < 0 or not _is_same(before, match, after, b):
                n_loops = _put(loops, n_loops, match, b)
            n_rows = _rows(before, match, after, b, rows, n_rows)
        for a in range(i, i_end):
            gone = True
            for b in range(j, j_end):
                gone = gone and before.opened[a] != after.opened[b]
            if gone:
                n_loops = _put(loops, n_loops, a, -1)
                n_rows = _rows(before, a, after, -1, rows, n_rows)
        i, j = i_end, j_end
    return n_loops, n_rows


@entry
def breaks_of(times, rows, broken, until):
    """For some rows: when each broke (NEVER: did not) and when that, or its being owed, ended."""
    for k in range(rows.size):
        broken[k] = broken_from(times, rows[k])
        until[k] = max(settled(times, rows[k]), broken[k])
