"""The kernel's counterpart of ``flight``: what is owed after a switch to a new version."""

from typing import NamedTuple

import numpy as np

from fengsui.kit.instant import DAY, NEVER
from fengsui.loops.compiled import leaf
from fengsui.loops.kernel import settled
from fengsui.loops.kernel_rows import (
    R_ANCHOR,
    R_KEY,
    R_N,
    T_ANCHOR,
    T_DUE,
    T_ENDED,
    T_FIRST_DUE,
    T_OPEN,
    T_UNTIL,
    T_WAIVED,
)

AT_ANCHOR, REMAINING, RETROACTIVE = range(3)


class Switch(NamedTuple):
    """A switch to a version: when, how it meets loops, and which of its steps are particular (as keys)."""

    at: int
    mode: int
    frees: np.ndarray
    each: np.ndarray
    rolls: np.ndarray
    closes: bool  # whether milestones close the loop


class Span(NamedTuple):
    """The old rows of a loop, and the new ones: from … to before …"""

    lo: int
    hi: int
    new_lo: int
    new_hi: int


@leaf
def _holds(keys, key):
    for other in keys:
        if other == key:
            return True
    return False


@leaf
def _begins(times, row):
    """When a duty begins: with what it counts from, or at its due where that lies before."""
    return min(times[row, T_ANCHOR], times[row, T_DUE])


@leaf
def _began(times, refs, lo, hi, row, is_each, switch):
    """Whether some duty of the row's step, or of the same fact of it, began before the switch."""
    key, anchor = refs[row, R_KEY], refs[row, R_ANCHOR]
    for other in range(lo, hi):
        is_same = refs[other, R_KEY] == key and (not is_each or refs[other, R_ANCHOR] == anchor)
        if is_same and _begins(times, other) < switch:
            return True
    return False


@leaf
def _is_moved(times, refs, row, of, s, is_each):
    """Whether the row's step had not begun by the old version, and by the new one had, before the switch."""
    key, anchor, is_there = refs[row, R_KEY], refs[row, R_ANCHOR], False
    for old in range(of.lo, of.hi):
        if refs[old, R_KEY] == key and (not is_each or refs[old, R_ANCHOR] == anchor):
            if _begins(times, old) < s.at:
                return False
            is_there = True
    return is_there and _began(times, refs, of.new_lo, of.new_hi, row, is_each, s.at)


@leaf
def _is_over(times, refs, lo, hi, key, switch):
    """Whether a step was lifted by the switch."""
    for row in range(lo, hi):
        if refs[row, R_KEY] == key and min(times[row, T_ENDED], times[row, T_WAIVED]) <= switch:
            return True
    return False


@leaf
def _is_vested(times, row, switch):
    return settled(times, row) <= switch or times[row, T_DUE] <= switch


@leaf
def _stays(times, refs, row, of, s):
    """Whether an old duty stays."""
    if s.mode == RETROACTIVE:
        return False
    if s.mode == REMAINING:
        return _is_vested(times, row, s.at)
    is_each = _holds(s.each, refs[row, R_KEY])
    return _begins(times, row) < s.at or _is_moved(times, refs, row, of, s, is_each)


@leaf
def _begins_anew(times, refs, row, of, s):
    """AT_ANCHOR: whether a new duty is taken."""
    if _begins(times, row) < s.at:
        return False
    key = refs[row, R_KEY]
    is_each = _holds(s.each, key)
    if _holds(s.rolls, key):
        is_over = _is_over(times, refs, of.lo, of.hi, key, s.at)
        return not is_over and not _is_moved(times, refs, row, of, s, is_each)
    return not _began(times, refs, of.lo, of.hi, row, is_each, s.at) and not _began(
        times, refs, of.new_lo, of.new_hi, row, is_each, s.at
    )


@leaf
def _is_owed(times, refs, of, key, switch):
    """Whether an old duty of that key was still owed at the switch."""
    for row in range(of.lo, of.hi):
        if refs[row, R_KEY] == key and not _is_vested(times, row, switch):
            return True
    return False


@leaf
def _rolls_on(times, refs, row, of, s):
    """REMAINING: whether a window of a rolling step is taken: what runs at the switch and after it, once."""
    key = refs[row, R_KEY]
    if settled(times, row) <= s.at:
        return False
    for old in range(of.lo, of.hi):
        if refs[old, R_KEY] != key or not _is_vested(times, old, s.at):
            continue
        if min(times[old, T_ENDED], times[old, T_WAIVED]) <= s.at:
            return False
        if settled(times, old) > s.at and times[row, T_ANCHOR] <= s.at:
            return False
    return True


@leaf
def _remains(times, refs, row, of, s):
    """REMAINING: whether a new duty is taken."""
    key = refs[row, R_KEY]
    if _holds(s.rolls, key):
        return _rolls_on(times, refs, row, of, s)
    if times[row, T_DUE] <= s.at and not (_holds(s.frees, key) and _is_owed(times, refs, of, key, s.at)):
        return False
    is_each = _holds(s.each, key)
    for old in range(of.lo, of.hi):
        is_same = refs[old, R_ANCHOR] == refs[row, R_ANCHOR] if is_each else refs[old, R_N] == refs[row, R_N]
        if is_same and refs[old, R_KEY] == key and _is_vested(times, old, s.at):
            return False
    return True


@leaf
def _is_taken(times, refs, row, of, s):
    if s.mode == AT_ANCHOR:
        return _begins_anew(times, refs, row, of, s)
    return s.mode == RETROACTIVE or _remains(times, refs, row, of, s)


@leaf
def _number(refs, lo, hi, key, n):
    """The number a duty that is taken has among the rows: its own, or the next if that is another's."""
    last, is_used = np.int64(-1), False
    for row in range(lo, hi):
        if refs[row, R_KEY] == key:
            is_used |= refs[row, R_N] == n
            last = max(last, np.int64(refs[row, R_N]))
    return last + 1 if is_used else np.int64(n)


@leaf
def _at_once(times, row, switch):
    """Move a window to begin at the switch."""
    length = max(np.int64(0), times[row, T_DUE] - times[row, T_OPEN])
    due = switch + (length if times[row, T_OPEN] != -NEVER else DAY)
    times[row, T_OPEN] = switch
    times[row, T_DUE] = due
    times[row, T_FIRST_DUE] = due
    if times[row, T_UNTIL] != NEVER:
        times[row, T_UNTIL] = max(times[row, T_UNTIL], due)


@leaf
def merge_rows(which, heads, newer, times, refs, at, s):
    """Merge the old and the new duties of some loops into the rows from ``at`` on; returns their end.

    ``heads`` are of the old duties, ``newer`` of the new ones; ``heads`` becomes those of the merged: their
    row ranges and, unless a milestone closes the loop, when all of them are settled.
    """
    n = at
    for loop in which:
        first = n
        of = Span(heads[loop, 2], heads[loop, 3], newer[loop, 2], newer[loop, 3])
        for row in range(of.lo, of.hi):
            if _stays(times, refs, row, of, s):
                n = _copied(times, refs, row, n)
        for row in range(of.new_lo, of.new_hi):
            if not _is_taken(times, refs, row, of, s):
                continue
            number = _number(refs, first, n, refs[row, R_KEY], refs[row, R_N])
            n = _copied(times, refs, row, n)
            refs[n - 1, R_N] = number
            if s.mode == REMAINING and times[n - 1, T_DUE] <= s.at:
                _at_once(times, n - 1, s.at)
        closed_at = newer[loop, 0]
        if not s.closes:
            closed_at = -NEVER if n > first else NEVER
            for row in range(first, n):
                closed_at = max(closed_at, settled(times, row))
        if s.mode != RETROACTIVE:
            closed_at = max(closed_at, s.at)
        heads[loop, 0], heads[loop, 1], heads[loop, 2], heads[loop, 3] = closed_at, newer[loop, 1], first, n
    return n


@leaf
def _copied(times, refs, row, n):
    """Copy a row to where row ``n`` goes; where the next one goes."""
    for column in range(times.shape[1]):
        times[n, column] = times[row, column]
    for column in range(refs.shape[1]):
        refs[n, column] = refs[row, column]
    return n + 1
