"""Grouping facts by subject for the kernel: from rows in arrival order to columns in subject order.

Rows are sorted into buckets of subjects as they are read, packed into as few bits as they need: memory
written for the first time costs more than anything done with it afterwards. A bucket is then small enough
to be put in order beside the processor.
"""

from typing import NamedTuple

import numpy as np

from fengsui.loops.compiled import entry, leaf

CHUNK = 512  # lines a bucket is given at a time
# What a line holds, and of each: which word it is in, from which bit on, its mask, what is added to it
SUBJECT, WHEN, KEY, ROW, LOOK = range(5)
WORD, SHIFT, MASK, LEAST = range(4)


class Buckets(NamedTuple):
    """Lines of facts, bucket by bucket in chunks."""

    lines: np.ndarray  # int64[n, 2 or 5]
    layout: np.ndarray  # int64[5, 4]: SUBJECT … by WORD …
    next: np.ndarray  # int64[n_buckets]: where the bucket's next line goes; -1: it has none yet
    previous: np.ndarray  # int64[n_chunks]: the chunk the bucket had before; -1: none
    used: np.ndarray  # int64[1]: chunks given away
    bits: int  # of a subject's number within its bucket


class Dictionary(NamedTuple):
    """What the bits of a look stand for."""

    digits: np.ndarray  # int64[2 + n_fields, 3]: shift, mask, first entry; of code, place, and the fields
    entries: np.ndarray  # int64


@leaf
def _put(lines, at, what, layout, value):
    lines[at, layout[what, WORD]] |= (value - layout[what, LEAST]) << layout[what, SHIFT]


@leaf
def _get(lines, at, what, layout):
    word = lines[at, layout[what, WORD]]
    return ((word >> layout[what, SHIFT]) & layout[what, MASK]) + layout[what, LEAST]


@entry
def spread(subject, at, recorded_at, key, look, first_row, buckets):
    """Put rows, the first of which is row ``first_row`` of the file, into the buckets of their subjects."""
    lines, layout, low = buckets.lines, buckets.layout, (1 << buckets.bits) - 1
    for i in range(subject.size):
        b = subject[i] >> buckets.bits
        k = buckets.next[b]
        if k < 0 or k % CHUNK == 0:  # none yet, or the last chunk is full
            chunk = buckets.used[0]
            buckets.used[0] += 1
            buckets.previous[chunk] = (k - 1) // CHUNK if k > 0 else -1
            k = chunk * CHUNK
        for word in range(lines.shape[1]):
            lines[k, word] = 0
        _put(lines, k, SUBJECT, layout, np.int64(subject[i]) & low)
        _put(lines, k, WHEN, layout, min(np.int64(at[i]), np.int64(recorded_at[i])))
        _put(lines, k, KEY, layout, np.int64(key[i]))
        _put(lines, k, ROW, layout, np.int64(first_row + i))
        _put(lines, k, LOOK, layout, look[i])
        buckets.next[b] = k + 1


@entry
def size_of(buckets, b):
    """How many lines a bucket holds."""
    k, n = buckets.next[b], np.int64(0)
    while k > 0:
        chunk = (k - 1) // CHUNK
        n += k - chunk * CHUNK
        k = (buckets.previous[chunk] + 1) * CHUNK
    return n


@entry
def arrange(buckets, b, dictionary, sorted_lines, start, cols):
    """Write the facts of a bucket into columns, each subject's in the order of (when, key), repeats left out.

    ``sorted_lines`` and ``cols`` have room for the bucket. ``start`` becomes where each of its subjects'
    facts begin in the columns; returns how many facts there are.
    """
    _by_subject(buckets, b, sorted_lines, start)
    layout, n, lo = buckets.layout, 0, start[0]
    for s in range(start.size - 1):
        hi = start[s + 1]
        _sort(sorted_lines, lo, hi, layout)
        start[s] = first = n
        for j in range(lo, hi):
            when, key = _get(sorted_lines, j, WHEN, layout), _get(sorted_lines, j, KEY, layout)
            if n > first and cols.when[n - 1] == when and cols.tie[n - 1] == key:
                continue
            cols.when[n], cols.span[n], cols.tie[n] = when, 0, key
            cols.ref[n] = _get(sorted_lines, j, ROW, layout)
            look = _get(sorted_lines, j, LOOK, layout)
            cols.code[n] = _said(dictionary, 0, look)
            cols.place[n] = _said(dictionary, 1, look)
            for field in range(2, dictionary.digits.shape[0]):
                cols.extra[field - 2, n] = _said(dictionary, field, look)
            n += 1
        lo = hi
    start[start.size - 1] = n
    return n


@leaf
def _said(dictionary, k, look):
    digits = dictionary.digits
    return dictionary.entries[digits[k, 2] + ((look >> digits[k, 0]) & digits[k, 1])]


@leaf
def _by_subject(buckets, b, out, start):
    """The lines of a bucket subject by subject, the last to come first; ``start``: where each begins."""
    lines, layout = buckets.lines, buckets.layout
    start[:] = 0
    for fill in range(2):
        k = buckets.next[b]
        while k > 0:
            chunk = (k - 1) // CHUNK
            for at in range(k - 1, chunk * CHUNK - 1, -1):
                s = _get(lines, at, SUBJECT, layout)
                if fill:
                    for word in range(lines.shape[1]):
                        out[start[s], word] = lines[at, word]
                start[s + 1 - fill] += 1
            k = (buckets.previous[chunk] + 1) * CHUNK
        if not fill:
            for s in range(start.size - 1):
                start[s + 1] += start[s]
    for s in range(start.size - 1, 0, -1):  # filling has moved each beginning to its end
        start[s] = start[s - 1]
    start[0] = 0


@leaf
def _is_after(lines, one, other, layout):
    a, b = _get(lines, one, WHEN, layout), _get(lines, other, WHEN, layout)
    if a != b:
        return a > b
    a, b = _get(lines, one, KEY, layout), _get(lines, other, KEY, layout)
    if a != b:
        return a > b
    return _get(lines, one, ROW, layout) > _get(lines, other, ROW, layout)


@leaf
def _sort(lines, lo, hi, layout):
    """Put the lines of one subject into order. They come nearly in the opposite one, so turn them first."""
    for i in range((hi - lo) // 2):
        _swap(lines, lo + i, hi - 1 - i)
    for j in range(lo + 1, hi):
        k = j
        while k > lo and _is_after(lines, k - 1, k, layout):
            _swap(lines, k - 1, k)
            k -= 1


@leaf
def _swap(lines, one, other):
    for word in range(lines.shape[1]):
        lines[one, word], lines[other, word] = lines[other, word], lines[one, word]
