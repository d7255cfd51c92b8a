"""The kernel's counterpart of ``flight``: what is owed after a switch to a new version."""

from fengsui.kit.instant import DAY, NEVER
from fengsui.loops.compiled import entry, inner
from fengsui.loops.kernel import settled
from fengsui.loops.kernel_rows import R_KEY, R_N, T_ANCHOR, T_DUE, T_FIRST_DUE, T_OPEN, T_UNTIL

AT_ANCHOR, REMAINING, RETROACTIVE = range(3)


@inner
def _is_vested(times, row, switch):
    return settled(times, row) <= switch or times[row, T_DUE] <= switch


@inner
def _is_kept(times, row, switch, mode):
    """Whether an old duty stays."""
    if mode == RETROACTIVE:
        return False
    return times[row, T_ANCHOR] < switch if mode == AT_ANCHOR else _is_vested(times, row, switch)


@inner
def _is_owed(times, refs, lo, hi, key, switch):
    """Whether an old duty of that key was still owed at the switch."""
    for row in range(lo, hi):
        if refs[row, R_KEY] == key and not _is_vested(times, row, switch):
            return True
    return False


@inner
def _is_in(refs, lo, hi, key, n):
    for row in range(lo, hi):
        if refs[row, R_KEY] == key and refs[row, R_N] == n:
            return True
    return False


@inner
def _frees(frees, key):
    for other in frees:
        if other == key:
            return True
    return False


@entry
def merge_rows(
    old_times, old_refs, old_heads, times, refs, heads, switch, mode, frees, closes, out_times, out_refs
):
    """Merge the old and the new duties of each loop. Returns the rows written; ``heads`` is updated.

    ``heads`` holds the new version's and gets the merged row ranges and, unless a milestone
    ``closes`` the loop, when all merged duties are settled.
    """
    n = 0
    for i in range(heads.shape[0]):
        first, lo, hi = n, old_heads[i, 2], old_heads[i, 3]
        for row in range(lo, hi):
            if _is_kept(old_times, row, switch, mode):
                out_times[n], out_refs[n] = old_times[row], old_refs[row]
                n += 1
        kept = n
        for row in range(heads[i, 2], heads[i, 3]):
            key, t = refs[row, R_KEY], times[row]
            at_once = False
            if mode == AT_ANCHOR and t[T_ANCHOR] < switch:
                continue
            if mode == REMAINING and t[T_DUE] <= switch:
                at_once = _frees(frees, key) and _is_owed(old_times, old_refs, lo, hi, key, switch)
                if not at_once:
                    continue
            if _is_in(out_refs, first, kept, key, refs[row, R_N]):
                continue
            out_times[n], out_refs[n] = t, refs[row]
            if at_once:
                due = switch + (t[T_DUE] - t[T_OPEN] if t[T_OPEN] != -NEVER else DAY)
                out_times[n, T_OPEN] = switch
                out_times[n, T_DUE] = due
                out_times[n, T_FIRST_DUE] = due
                if t[T_UNTIL] != NEVER:
                    out_times[n, T_UNTIL] = max(t[T_UNTIL], due)
            n += 1
        heads[i, 2], heads[i, 3] = first, n
        if not closes:
            last = -NEVER
            for row in range(first, n):
                last = max(last, settled(out_times, row))
            heads[i, 0] = last if n > first else NEVER
    return n
