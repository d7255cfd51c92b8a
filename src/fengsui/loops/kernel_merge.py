"""The kernel's counterpart of ``flight``: what is owed after a switch to a new version."""

from fengsui.kit.instant import DAY, NEVER
from fengsui.loops.compiled import leaf
from fengsui.loops.kernel import settled
from fengsui.loops.kernel_rows import R_KEY, R_N, T_ANCHOR, T_DUE, T_FIRST_DUE, T_OPEN, T_UNTIL

AT_ANCHOR, REMAINING, RETROACTIVE = range(3)


@leaf
def _is_vested(times, row, switch):
    return settled(times, row) <= switch or times[row, T_DUE] <= switch


@leaf
def _is_kept(times, row, switch, mode):
    """Whether an old duty stays."""
    if mode == RETROACTIVE:
        return False
    return times[row, T_ANCHOR] < switch if mode == AT_ANCHOR else _is_vested(times, row, switch)


@leaf
def _is_owed(times, refs, lo, hi, key, switch):
    """Whether an old duty of that key was still owed at the switch."""
    for row in range(lo, hi):
        if refs[row, R_KEY] == key and not _is_vested(times, row, switch):
            return True
    return False


@leaf
def _is_in(refs, lo, hi, key, n):
    for row in range(lo, hi):
        if refs[row, R_KEY] == key and refs[row, R_N] == n:
            return True
    return False


@leaf
def _frees(frees, key):
    for other in frees:
        if other == key:
            return True
    return False


@leaf
def merge_rows(which, heads, newer, times, refs, at, switch, mode, frees, closes):
    """Merge the old and the new duties of some loops into the rows from ``at`` on; returns their end.

    ``heads`` are of the old duties, ``newer`` of the new ones; ``heads`` becomes those of the merged: their
    row ranges and, unless a milestone ``closes`` the loop, when all of them are settled.
    """
    n = at
    for loop in which:
        first, lo, hi = n, heads[loop, 2], heads[loop, 3]
        for row in range(lo, hi):
            if _is_kept(times, row, switch, mode):
                n = _copied(times, refs, row, n)
        kept = n
        for row in range(newer[loop, 2], newer[loop, 3]):
            key, opened_at, due_at = refs[row, R_KEY], times[row, T_OPEN], times[row, T_DUE]
            at_once = False
            if mode == AT_ANCHOR and times[row, T_ANCHOR] < switch:
                continue
            if mode == REMAINING and due_at <= switch:
                at_once = _frees(frees, key) and _is_owed(times, refs, lo, hi, key, switch)
                if not at_once:
                    continue
            if _is_in(refs, first, kept, key, refs[row, R_N]):
                continue
            n = _copied(times, refs, row, n)
            if at_once:
                due = switch + (due_at - opened_at if opened_at != -NEVER else DAY)
                times[n - 1, T_OPEN] = switch
                times[n - 1, T_DUE] = due
                times[n - 1, T_FIRST_DUE] = due
                if times[n - 1, T_UNTIL] != NEVER:
                    times[n - 1, T_UNTIL] = max(times[n - 1, T_UNTIL], due)
        closed_at = newer[loop, 0]
        if not closes:
            closed_at = -NEVER if n > first else NEVER
            for row in range(first, n):
                closed_at = max(closed_at, settled(times, row))
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
