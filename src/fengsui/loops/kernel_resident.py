"""Histories at hand: facts of many subjects in the order they came, each linked to the one before."""

from typing import NamedTuple

import numpy as np

from fengsui.loops.compiled import entry


class Chains(NamedTuple):
    """Facts by number, and per subject the number of its last one (-1: none). All grow together."""

    last: np.ndarray  # int64[subjects]
    previous: np.ndarray  # int64[facts]
    when: np.ndarray  # int64
    span: np.ndarray  # int32
    code: np.ndarray  # int32
    place: np.ndarray  # int32
    tie: np.ndarray  # int64
    ref: np.ndarray  # int64
    extra: np.ndarray  # int64[facts, fields]


@entry
def link(chains, subject, first):
    """Hang the facts from number ``first`` on to their subjects, in order."""
    for i in range(subject.size):
        chains.previous[first + i] = chains.last[subject[i]]
        chains.last[subject[i]] = first + i


@entry
def lengths(chains, subjects, below, start):
    """Lay out where each subject's facts will begin, of those with a number below ``below``."""
    start[0] = 0
    for s in range(subjects.size):
        n = 0
        f = chains.last[subjects[s]]
        while f >= 0:
            n += f < below
            f = chains.previous[f]
        start[s + 1] = start[s] + n
    return start[subjects.size]


@entry
def collect(chains, subjects, below, cols):
    """Copy the subjects' facts into columns, each subject's in the order of (when, tie)."""
    order = np.empty(64, np.int64)
    n_fields = chains.extra.shape[1]
    for s in range(subjects.size):
        lo, hi = cols.start[s], cols.start[s + 1]
        if hi - lo > order.size:
            order = np.empty(2 * (hi - lo), np.int64)
        k = hi - lo
        f = chains.last[subjects[s]]
        while f >= 0:
            if f < below:
                k -= 1
                order[k] = f
            f = chains.previous[f]
        for j in range(1, hi - lo):
            f = order[j]
            k = j
            while k > 0 and (
                chains.when[order[k - 1]] > chains.when[f]
                or (chains.when[order[k - 1]] == chains.when[f] and chains.tie[order[k - 1]] > chains.tie[f])
            ):
                order[k] = order[k - 1]
                k -= 1
            order[k] = f
        for j in range(hi - lo):
            f = order[j]
            cols.when[lo + j] = chains.when[f]
            cols.span[lo + j] = chains.span[f]
            cols.code[lo + j] = chains.code[f]
            cols.place[lo + j] = chains.place[f]
            cols.tie[lo + j] = chains.tie[f]
            cols.ref[lo + j] = chains.ref[f]
            for field in range(n_fields):
                cols.extra[field, lo + j] = chains.extra[f, field]
