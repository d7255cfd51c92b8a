"""What is owed, as columns of integers: the form in which two states are compared and written.

A state has loops and the duties that count from something that has happened. Rows are int64; texts are
numbers (see ``numbering``), times seconds UTC or NEVER.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fengsui.engines.numbering import Steps, Words
from fengsui.kit.areas import Areas
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import NEVER
from fengsui.loops.duty import Duty, broken_from, settled_at
from fengsui.loops.loop import Loop
from fengsui.loops.strata import Rules
from fengsui.protocols.model import Protocol

LISTING_DEPTH = 2  # of the area level by which lists are kept: region, league, banner
NOWHERE = -1
VERSIONS = "|"  # between the versions that governed a loop

# Columns of loops; the first is their identity
L_ID, L_SUBJECT, L_PROTOCOL, L_VERSIONS, L_OPENED, L_CLOSED, L_PLACE, L_AREA = range(8)
LOOP_WIDTH = 8
# Columns of duties; the first three are their identity
(
    D_LOOP, D_KEY, D_N, D_SUBJECT, D_PROTOCOL, D_STEP, D_OPEN, D_DUE, D_AT, D_BROKEN, D_UNTIL, D_MET, D_ENDED,
    D_WAIVED, D_PLACE, D_AREA,
) = range(16)  # fmt: skip
DUTY_WIDTH = 16


@dataclass(frozen=True, slots=True)
class State:
    """``loops`` int64[n, 8] and ``duties`` int64[m, 16], in no particular order."""

    loops: np.ndarray
    duties: np.ndarray


NOTHING = State(np.empty((0, LOOP_WIDTH), np.int64), np.empty((0, DUTY_WIDTH), np.int64))


def loop_number(name: str) -> int:
    """A loop's id, 16 hex digits, as the signed integer that is stored."""
    number = int(name, 16)
    return number - (1 << 64) if number >> 63 else number


def loop_name(number: int) -> str:
    """The way back."""
    return f"{number & ((1 << 64) - 1):016x}"


class Listing:
    """The area by which a place is listed: its own of the listing level, or itself if it lies higher."""

    def __init__(self, areas: Areas) -> None:
        self.areas = areas
        self.depth = min(LISTING_DEPTH, len(areas.levels) - 1)
        self.of = lru_cache(maxsize=200_000)(self._of)

    def _of(self, place: str | None) -> int:
        known = self.areas.resolve(place) if place else None
        if known is None:
            return NOWHERE
        above = self.areas.ancestors[self.areas.index[known], : self.depth + 1]
        return int(above.max())  # depth first: what lies deeper has the greater index

    def nodes(self, area: int) -> tuple[int, ...]:
        """A listing area and everything above it, from the top."""
        if area == NOWHERE:
            return (NOWHERE,)
        row = self.areas.ancestors[area, : self.depth + 1]
        return tuple(int(i) for i in row if i >= 0)


class Numberer:
    """Turns loops into columns."""

    def __init__(self, words: Words, steps: Steps, listing: Listing, rules: Rules) -> None:
        self._words = words
        self._steps = steps
        self._listing = listing
        self._rules = rules

    def state(self, loops: Sequence[Loop], subjects: Sequence[int]) -> State:
        """The columns of some loops; ``subjects`` are the numbers of theirs."""
        loop_rows: list[tuple[int, ...]] = []
        duty_rows: list[tuple[int, ...]] = []
        for loop, subject in zip(loops, subjects, strict=True):
            row = self._loop(loop, subject)
            loop_rows.append(row)
            duty_rows += [self._duty(row, loop, duty) for duty in loop.duties if duty.anchor_at != NEVER]
        return State(_table(loop_rows, LOOP_WIDTH), _table(duty_rows, DUTY_WIDTH))

    def _loop(self, loop: Loop, subject: int) -> tuple[int, ...]:
        word = self._words.number
        return (
            loop_number(loop.id),
            subject,
            word(loop.protocol),
            word(VERSIONS.join(loop.versions)),
            loop.opened_at,
            loop.closed_at,
            word(loop.place),
            self._listing.of(loop.place),
        )

    def _duty(self, loop_row: tuple[int, ...], loop: Loop, duty: Duty) -> tuple[int, ...]:
        broken = broken_from(duty)
        return (
            loop_row[L_ID],
            self._words.number(duty.key),
            duty.n,
            loop_row[L_SUBJECT],
            loop_row[L_PROTOCOL],
            self._step(loop, duty),
            duty.open_at,
            duty.due_at,
            max(broken, duty.anchor_at),
            broken,
            max(settled_at(duty), broken),
            duty.met_at,
            duty.ended_at,
            duty.waived_at,
            self._words.number(duty.place),
            self._listing.of(duty.place),
        )

    def _step(self, loop: Loop, duty: Duty) -> int:
        name = (loop.protocol, duty.version, duty.key)
        return self._steps.known(name) or self._steps.add(name, self._role(loop, duty))

    def _role(self, loop: Loop, duty: Duty) -> str:
        version = version_of(self._rules, loop.protocol, duty.version, place=loop.place)
        return version.obligation(duty.key).by.role


def version_of(rules: Rules, protocol: str, version: str, *, place: str | None = None) -> Protocol:
    """A version by its name, also one that only holds where several local orders meet."""
    for candidate in (*rules.versions[protocol], *rules.timeline(protocol, place)):
        if candidate.version == version:
            return candidate
    raise NotFound(f"There is no version {version} of {protocol}.")


def begun_versions(
    rules: Rules, protocol: str, versions: Sequence[str], *, place: str | None, now: int
) -> tuple[str, ...]:
    """Those of the versions that govern a loop that have begun by a moment, in its order; the first always.

    A version that holds again when a local order ends stands there twice.
    """
    ahead = iter(rules.timeline(protocol, place))
    begins = (next((v.valid_from for v in ahead if v.version == name), -NEVER) for name in versions)
    begun = [name for name, at in zip(versions, begins, strict=True) if at <= now]
    return tuple(begun) or tuple(versions[:1])


@dataclass(frozen=True, slots=True)
class Change:
    """Rows of one table that differ between two states. Row i of ``old`` and ``new`` have one identity.

    ``had`` and ``has``: bool[n], whether there is such a row before and after; without, it is zeros.
    """

    old: np.ndarray
    new: np.ndarray
    had: np.ndarray
    has: np.ndarray


def changes(before: State, after: State) -> tuple[Change, Change]:
    """What differs between two states: of loops, and of duties."""
    return (
        compare(before.loops, after.loops, identity=1),
        compare(before.duties, after.duties, identity=3),
    )


def compare(before: np.ndarray, after: np.ndarray, *, identity: int) -> Change:
    """What differs between two tables whose first ``identity`` columns name a row."""
    both = np.concatenate([before, after])
    is_after = np.repeat([False, True], [len(before), len(after)])
    order = np.lexsort((is_after, *(both[:, i] for i in reversed(range(identity)))))
    both, is_after = both[order], is_after[order]
    first = np.ones(len(both), dtype=bool)  # of its identity
    first[1:] = (both[1:, :identity] != both[:-1, :identity]).any(axis=1)
    starts = np.flatnonzero(first)
    pair = np.zeros(len(starts), dtype=bool)
    inner = starts + 1 < len(both)
    pair[inner] = ~first[starts[inner] + 1]
    had, has = ~is_after[starts], is_after[starts] | pair
    old, new = both[starts], both[np.minimum(starts + pair, max(len(both) - 1, 0))]
    differs = (had != has) | (old != new).any(axis=1)
    old, new, had, has = old[differs], new[differs], had[differs], has[differs]
    old[~had] = 0
    new[~has] = 0
    return Change(old, new, had, has)


def joined(changes: Sequence[Change]) -> Change:
    """Several changes of different rows of one table, as one."""
    some = [change for change in changes if len(change.had)] or changes[:1]
    if len(some) == 1:
        return some[0]
    columns = zip(*((c.old, c.new, c.had, c.has) for c in some), strict=True)
    return Change(*(np.concatenate(column) for column in columns))


def _table(rows: Sequence[tuple[int, ...]], width: int) -> np.ndarray:
    return np.array(rows, dtype=np.int64).reshape(len(rows), width)
