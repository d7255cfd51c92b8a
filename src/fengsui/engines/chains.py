"""Histories at hand, compiled: facts by sequence number, each linked to the one before of its subject.

A fact is one row of 32 bytes, so that it lies in one line of the processor's cache: the facts of a
subject lie far apart, and fetching them is most of the work. Rows are kept in the file as they are.
"""

import numpy as np

from fengsui.engines.kept import WHEN, WIDTH
from fengsui.loops.compiled import entry, inner

# Columns of a row: the time; seconds it may be later << 32 | tie; word of the place << 32 | look;
# subject << 32 | sequence number of the one before (0: none). Without a subject it is a gap.
_, SPAN_TIE, PLACE_LOOK, SUBJECT_BEFORE = range(WIDTH)
LOW = 0xFFFF_FFFF


@entry
def hang(rows, last, count, codes, first, end):
    """Hang facts ``first`` … ``end`` on to their subjects, in order, but for those no pattern matches.

    ``codes``: int64[n_looks], 0 where none does.
    """
    for i in range(first, end):
        subject = rows[i, SUBJECT_BEFORE] >> 32
        if subject > 0 and codes[rows[i, PLACE_LOOK] & LOW] != 0:
            rows[i, SUBJECT_BEFORE] = subject << 32 | np.int64(last[subject])
            last[subject] = i
            count[subject] += 1


@entry
def cut(rows, last, count, first, end):
    """Take facts ``first`` … ``end``, which are the last ones, off their subjects again."""
    for i in range(end - 1, first - 1, -1):
        subject = rows[i, SUBJECT_BEFORE] >> 32
        if subject > 0 and last[subject] == i:
            last[subject] = rows[i, SUBJECT_BEFORE] & LOW
            count[subject] -= 1


@inner
def _is_later(rows, one, other):
    if rows[one, WHEN] != rows[other, WHEN]:
        return rows[one, WHEN] > rows[other, WHEN]
    return rows[one, SPAN_TIE] & LOW > rows[other, SPAN_TIE] & LOW


@entry
def collect(rows, last, subjects, looks, places, cols):
    """Copy the subjects' facts into columns, each subject's in the order of (when, tie).

    ``cols.start`` says where each subject's begin. ``looks``: int64[n_looks, 1 + n_fields], the code and
    the fields; ``places``: int32[n_words], the kernel's number of each place.
    """
    order = np.empty(64, np.int64)
    for s in range(subjects.size):
        lo, n = cols.start[s], cols.start[s + 1] - cols.start[s]
        if n > order.size:
            order = np.empty(2 * n, np.int64)
        f = np.int64(last[subjects[s]])
        for k in range(n - 1, -1, -1):
            order[k] = f
            f = rows[f, SUBJECT_BEFORE] & LOW
        for j in range(1, n):
            f = order[j]
            k = j
            while k > 0 and _is_later(rows, order[k - 1], f):
                order[k] = order[k - 1]
                k -= 1
            order[k] = f
        for j in range(n):
            f, to = order[j], lo + j
            look = rows[f, PLACE_LOOK] & LOW
            cols.when[to] = rows[f, WHEN]
            cols.span[to] = rows[f, SPAN_TIE] >> 32
            cols.tie[to] = rows[f, SPAN_TIE] & LOW
            cols.place[to] = places[rows[f, PLACE_LOOK] >> 32]
            cols.code[to] = looks[look, 0]
            for field in range(looks.shape[1] - 1):
                cols.extra[field, to] = looks[look, 1 + field]
            cols.ref[to] = f


@entry
def count_before(cols, first, start):
    """Lay out where each subject's facts will begin, of those whose ref is below ``first``."""
    start[0] = 0
    for s in range(cols.start.size - 1):
        n = 0
        for f in range(cols.start[s], cols.start[s + 1]):
            n += cols.ref[f] < first
        start[s + 1] = start[s] + n


@entry
def copy_before(cols, first, out):
    """Copy the facts whose ref is below ``first``."""
    to = 0
    for f in range(cols.ref.size):
        if cols.ref[f] < first:
            out.when[to] = cols.when[f]
            out.span[to] = cols.span[f]
            out.code[to] = cols.code[f]
            out.place[to] = cols.place[f]
            for field in range(cols.extra.shape[0]):
                out.extra[field, to] = cols.extra[field, f]
            out.ref[to] = cols.ref[f]
            out.tie[to] = cols.tie[f]
            to += 1
