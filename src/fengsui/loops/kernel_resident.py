"""Histories at hand: facts of many subjects in the order they came, each linked to the one before."""

from typing import NamedTuple

import numpy as np

from fengsui.loops.compiled import entry

# Columns of a fact; the fields a protocol reads follow
C_PREVIOUS, C_WHEN, C_SPAN, C_CODE, C_PLACE, C_TIE, C_REF, C_FIELDS = range(8)


class Chains(NamedTuple):
    """Facts by number, and per subject the number of its last one (-1: none).

    A fact is a line, not an entry in each of eight arrays: the facts of a subject lie all over the memory,
    and each place that has to be fetched costs more than all that is done with what is found there.
    """

    last: np.ndarray  # int64[subjects]
    facts: np.ndarray  # int64[facts, C_FIELDS + fields]


@entry
def link(chains, subject, first):
    """Hang the facts from number ``first`` on to their subjects, in order."""
    for i in range(subject.size):
        chains.facts[first + i, C_PREVIOUS] = chains.last[subject[i]]
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
            f = chains.facts[f, C_PREVIOUS]
        start[s + 1] = start[s] + n
    return start[subjects.size]


@entry
def collect(chains, subjects, below, cols):
    """Copy the subjects' facts into columns, each subject's in the order of (when, tie)."""
    order = np.empty(64, np.int64)
    facts, n_fields = chains.facts, chains.facts.shape[1] - C_FIELDS
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
            f = facts[f, C_PREVIOUS]
        for j in range(1, hi - lo):
            f = order[j]
            k = j
            while k > 0 and (
                facts[order[k - 1], C_WHEN] > facts[f, C_WHEN]
                or (
                    facts[order[k - 1], C_WHEN] == facts[f, C_WHEN]
                    and facts[order[k - 1], C_TIE] > facts[f, C_TIE]
                )
            ):
                order[k] = order[k - 1]
                k -= 1
            order[k] = f
        for j in range(hi - lo):
            f = order[j]
            cols.when[lo + j] = facts[f, C_WHEN]
            cols.span[lo + j] = facts[f, C_SPAN]
            cols.code[lo + j] = facts[f, C_CODE]
            cols.place[lo + j] = facts[f, C_PLACE]
            cols.tie[lo + j] = facts[f, C_TIE]
            cols.ref[lo + j] = facts[f, C_REF]
            for field in range(n_fields):
                cols.extra[field, lo + j] = facts[f, C_FIELDS + field]
