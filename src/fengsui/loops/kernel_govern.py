"""Every version over every loop: which one a loop begins under, and which take it over while it runs.

The compiled counterpart of ``flight`` and of the overlays in ``semantics``: one call from Python, however
many versions there are and however few the subjects. What it works with is the same from call to call, so
it is told once where that lies.
"""

from typing import NamedTuple

import numpy as np

from fengsui.loops.columns import Columns
from fengsui.loops.compiled import entry, inner, leaf
from fengsui.loops.kernel import Openings, find_openings, finish, room_for, say_reached, scratch
from fengsui.loops.kernel_borrow import block_at, borrowed, line_at, table_at
from fengsui.loops.kernel_days import Days
from fengsui.loops.kernel_law import (
    COLUMNS,
    EACH,
    FREES,
    ROLLS,
    UNKNOWN,
    V_FROM,
    V_IS_LOCAL,
    V_MODE,
    V_ORDER,
    V_UNTIL,
    Law,
    list_of,
    tables_of,
)
from fengsui.loops.kernel_match import match
from fengsui.loops.kernel_merge import Switch, merge_rows
from fengsui.loops.kernel_reach import gather, reach_milestones
from fengsui.loops.kernel_resident import Chains, collect, lengths
from fengsui.loops.kernel_rows import BLOCK, PlaceTables, lift
from fengsui.loops.kernel_windows import fill, lay_out
from fengsui.loops.plan import H_END_OF_DAY

PINNED = -1  # beside the modes of ``kernel_merge``
DONE, SHORT, STRANGE, FULL = range(4)
OPENED, LOCAL, SWITCH = range(3)  # the rounds: the version a loop was found under, overlays, later versions
NO_CHAINS = -1
I16, I32, I64 = np.int16, np.int32, np.int64


class Room(NamedTuple):
    """What a derivation is written to."""

    openings: np.ndarray  # int64[5, n]: ``Openings``
    heads: np.ndarray  # int64[n, 4]: closed_at, jurisdiction place, first row, end row
    governed: np.ndarray  # int64[n]: bit mask over versions
    reached: np.ndarray  # int64[n, n_milestones, 2]: when and by which fact (-1 none); of no loops if unasked
    times: np.ndarray  # int64[rows, 8]: T_*
    refs: np.ndarray  # int32[rows, 10]: R_*


@entry
def derive(at, subjects, start, below):
    """Find the loops of every subject and derive each under the versions that govern it.

    ``at``: the addresses of a law, days, places, columns (but for ``start``), a room, and chains, in this
    order. If ``below`` is NO_CHAINS, the columns hold the facts; else those of ``subjects`` are first
    collected into them from the chains, as far as they have a number below it, and ``start`` is filled.

    Returns (DONE, loops, rows); (SHORT, loops, rows) if there is not room for so many; (FULL, 0, facts) if
    there is none for so many facts; (STRANGE, place, 0) for a place nobody has said the timeline of.
    """
    law, days, places, cols, room, openings = _told(at, start)
    if below != NO_CHAINS:
        n_facts = lengths(_chains_at(at, 25), subjects, below, cols.start)
        if n_facts > cols.when.size:
            return FULL, 0, n_facts
        collect(_chains_at(at, 25), subjects, below, cols)
    held_opens = np.empty(cols.start[cols.start.size - 1], np.bool_)
    opens, n_versions = borrowed(held_opens), law.versions.shape[0]
    n, rows = find_openings(law, cols, openings, opens), 0
    if n > room.governed.size:
        return SHORT, n, 0
    held_which, held_place = np.empty(n, I64), np.empty(n if n_versions > 1 else 0, I64)
    place, newer = borrowed(held_place), np.empty((n if n_versions > 1 else 0, 4), I64)
    for step in range(3 * n_versions if n_versions > 1 else 1):
        turn, v = step // n_versions, step % n_versions
        if step == n_versions:
            place[:] = room.heads[:n, 1]
            for p in place:
                if law.timeline_of[p + 1] == UNKNOWN:
                    return STRANGE, p, 0
        if turn == SWITCH:
            v = law.versions[v, V_ORDER]
        which = borrowed(held_which)[: _pick(law, turn, v, cols, openings, place, room.heads, n, held_which)]
        if not which.size:
            continue
        tables = tables_of(law, v)
        end = rows + room_for(tables, cols, openings, which)
        first = _first_row(turn, which, room.heads, rows, end)
        if first + end - rows > room.times.shape[0]:
            return SHORT, n, first + end - rows
        heads = borrowed(newer) if turn == SWITCH else room.heads
        last, held_x = first, scratch(tables, cols, openings, which)
        x = borrowed(held_x)
        for block in range(0, which.size, BLOCK):
            loops = which[block : block + BLOCK]
            gather(cols, law.masks[v], openings, opens, loops, tables.head[H_END_OF_DAY], x)
            reach_milestones(tables, cols, days, places, openings, loops, loops.size, x)
            for o in range(tables.obligations.shape[0]):
                lift(tables, cols, o, loops.size, x)
            last = lay_out(tables, cols, days, places, loops.size, last, x, room.times, room.refs)
            for o in range(tables.obligations.shape[0]):
                fill(tables, cols, days, places, o, loops, loops.size, v, x, room.times, room.refs)
            match(tables, cols, loops.size, x, room.times, room.refs)
            finish(tables, cols, loops, loops.size, x, heads, room.times, room.refs)
            say_reached(list_of(law, v, COLUMNS), loops, loops.size, x, room.reached)
        held_x.start[0] = 0  # until here it is held
        rows = last if turn != SWITCH else _merged(law, v, which, room, heads, rows, tables.closes.size > 0)
        _note(which, v, turn, room.governed)
    room.heads[: held_place.size, 1] = place
    return DONE, n, rows + 0 * (held_which.size + held_opens.size + newer.size)


@leaf
def _first_row(turn, which, heads, rows, end):
    """Where the rows of a version begin: after those there are, or after where they will be merged."""
    if turn != SWITCH:
        return rows
    first = end
    for loop in which:
        first += heads[loop, 3] - heads[loop, 2]
    return first


@leaf
def _merged(law, v, which, room, newer, rows, closes):
    frees, each, rolls = law.index[v, FREES], law.index[v, EACH], law.index[v, ROLLS]
    switch = Switch(
        law.versions[v, V_FROM],
        law.versions[v, V_MODE],
        law.words[frees[0] : frees[0] + frees[1]],
        law.words[each[0] : each[0] + each[1]],
        law.words[rolls[0] : rolls[0] + rolls[1]],
        closes,
    )
    return merge_rows(which, room.heads, newer, room.times, room.refs, rows, switch)


@leaf
def _note(which, v, turn, governed):
    """Keep which versions govern each loop."""
    for loop in which:
        governed[loop] = (governed[loop] if turn == SWITCH else 0) | (np.int64(1) << v)


@leaf
def _pick(law, turn, v, cols, openings, place, heads, n, which):
    """The loops to be derived under version ``v`` in one of the rounds; returns how many."""
    begins, ends, k = law.versions[v, V_FROM], law.versions[v, V_UNTIL], 0
    if turn == LOCAL and not law.versions[v, V_IS_LOCAL]:
        return 0
    if turn == SWITCH and law.versions[v, V_MODE] == PINNED:
        return 0
    for i in range(n):
        found_under = openings.version[i]
        if turn == OPENED:
            is_wanted = found_under == v
        else:
            opened = cols.when[openings.fact[i]]
            is_wanted = law.held[law.timeline_of[place[i] + 1], v]
            if turn == LOCAL:
                is_wanted = is_wanted and begins <= opened < ends and found_under != v
            else:
                is_wanted = is_wanted and opened < begins < heads[i, 0]
        if is_wanted:
            which[k] = i
            k += 1
    return k


@inner
def _told(at, start):
    """What lies at the addresses."""
    law = Law(
        line_at(at, 0, I64),
        block_at(at, 1, I64),
        table_at(at, 2, np.uint64),
        table_at(at, 3, I64),
        table_at(at, 4, np.bool_),
        line_at(at, 5, I64),
    )
    days = Days(table_at(at, 6, I64), line_at(at, 7, I32), line_at(at, 8, I32))
    places = PlaceTables(line_at(at, 9, I32), table_at(at, 10, I32), line_at(at, 11, I16))
    cols = Columns(
        borrowed(start),
        line_at(at, 12, I64),
        line_at(at, 13, I32),
        line_at(at, 14, I32),
        line_at(at, 15, I32),
        table_at(at, 16, I64),
        line_at(at, 17, I64),
        line_at(at, 18, I64),
    )
    o = table_at(at, 19, I64)
    room = Room(
        o,
        table_at(at, 20, I64),
        line_at(at, 21, I64),
        block_at(at, 22, I64),
        table_at(at, 23, I64),
        table_at(at, 24, I32),
    )
    return law, days, places, cols, room, Openings(o[0], o[1], o[2], o[3], o[4])


@inner
def _chains_at(at, k):
    """The chains whose addresses begin at ``k``."""
    return Chains(line_at(at, k, I64), table_at(at, k + 1, I64))
