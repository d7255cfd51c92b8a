"""Grouping facts by subject for the kernel: from rows in arrival order to columns in subject order."""

import numpy as np

from fengsui.loops.compiled import entry


@entry
def count(subject, lo, hi, start):
    """Count the rows of subjects lo … hi and lay out where each begins; returns how many rows."""
    start[:] = 0
    for row in range(subject.size):
        s = subject[row] - lo
        if 0 <= s < hi - lo:
            start[s + 1] += 1
    for s in range(hi - lo):
        start[s + 1] += start[s]
    return start[hi - lo]


@entry
def scatter(subject, at, recorded_at, key, code, place, place_numbers, lo, hi, start, pack):
    """Put the rows of subjects lo … hi together as (when, key, code and place, row), one line each."""
    at_row = start.copy()
    for row in range(subject.size):
        s = subject[row] - lo
        if 0 <= s < hi - lo:
            k = at_row[s]
            at_row[s] += 1
            pack[k, 0] = min(at[row], recorded_at[row])
            pack[k, 1] = key[row]
            pack[k, 2] = np.int64(code[row]) << 32 | np.int64(place_numbers[place[row]] + 1)
            pack[k, 3] = row


@entry
def unpack(pack, start, cols):
    """Sort each subject's lines by (when, key), leave out repeats, and write the columns.

    ``start`` becomes where each subject's facts begin in the columns; returns how many there are.
    """
    n = 0
    lo = start[0]
    for s in range(start.size - 1):
        hi = start[s + 1]
        for j in range(lo + 1, hi):
            a, b, c, d = pack[j, 0], pack[j, 1], pack[j, 2], pack[j, 3]
            k = j
            while k > lo and (pack[k - 1, 0] > a or (pack[k - 1, 0] == a and pack[k - 1, 1] > b)):
                pack[k, 0], pack[k, 1] = pack[k - 1, 0], pack[k - 1, 1]
                pack[k, 2], pack[k, 3] = pack[k - 1, 2], pack[k - 1, 3]
                k -= 1
            pack[k, 0], pack[k, 1], pack[k, 2], pack[k, 3] = a, b, c, d
        start[s] = n
        for j in range(lo, hi):
            if j > lo and pack[j, 1] == pack[j - 1, 1] and pack[j, 0] == pack[j - 1, 0]:
                continue
            cols.when[n] = pack[j, 0]
            cols.span[n] = 0
            cols.code[n] = pack[j, 2] >> 32
            cols.place[n] = (pack[j, 2] & 0xFFFFFFFF) - 1
            cols.tie[n] = pack[j, 1]
            cols.ref[n] = pack[j, 3]
            n += 1
        lo = hi
    start[start.size - 1] = n
    return n
