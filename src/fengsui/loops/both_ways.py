"""Some subjects derived both ways, without a version and with it, and what the two differ in.

A part of ``dry_run``. What closed before the version came into force is the same either way, so only the
subjects it can touch are derived a second time.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fengsui.kit.instant import DAY, NEVER
from fengsui.loops.bulk import Derivation, Space, Table
from fengsui.loops.columns import Columns
from fengsui.loops.kernel_compare import (
    CHANGED,
    ONLY_AFTER,
    ONLY_BEFORE,
    Seen,
    Side,
    Zones,
    broken_among,
    compare,
)
from fengsui.protocols.model import InFlight, Protocol

BEFORE, AFTER = "before", "after"
PORTION = 30_000  # facts that are looked at together: their tables stay near the processor
NAMED = 100  # loops that are named of each sort; all are counted
Name = tuple[int, int]  # of a loop: its subject and its opening fact, as numbered in the columns


@dataclass(frozen=True)
class BothWays:
    """The rules with and without a version, compiled over one numbering.

    ``tried``: the version, in all areas. ``is_alike``: both sides have the same versions up to the switch.
    """

    derivation: Derivation
    tried: Sequence[Protocol]
    switch_at: int
    now: int
    roles: tuple[str, ...]
    is_alike: bool

    @property
    def version(self) -> str:
        """The name of the version."""
        return self.tried[0].version

    def side(self, table: Table) -> Side:
        """A table as the kernel compares it."""
        return Side(table.heads, table.times, table.refs, *self._said[table.name])

    @cached_property
    def _said(self) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
        """What the versions of each side say of each key: whether it frees, and whose it is."""
        said = {}
        for name, versions in self.derivation.rules.versions.items():
            shape = (len(versions), len(self.derivation.key_names))
            frees, role = said[name] = np.zeros(shape, np.bool_), np.full(shape, -1, np.int64)
            for v, version in enumerate(versions):
                for obligation in version.obligations:
                    key = self.derivation.keys[obligation.key]
                    frees[v, key] = obligation.frees
                    role[v, key] = self.roles.index(obligation.by.role)
        return said

    def spaces(self) -> tuple[Space, Space]:
        """Room for both derivations of one thread."""
        before, after = (self.derivation.space(side, asks_reached=False) for side in (BEFORE, AFTER))
        return before, after

    @cached_property
    def zones(self) -> Zones:
        """Where days are counted."""
        places, areas = self.derivation.place_tables(), self.derivation.world.areas
        own = areas.zones.index(areas.region.zone) if areas.region.zone in areas.zones else 0
        return Zones(places.area, places.zone_of, own)


@dataclass(frozen=True, slots=True)
class Findings:
    """What one part shows, without its tables. Shifts: how far, whose, where, and both times."""

    n: Counter[str]
    by_days: Counter[int]
    work: tuple[np.ndarray, np.ndarray]  # codes, and how much is taken away and added: int64[·, 2]
    changed: list[Name]
    shifts: list[tuple[int, Name, str | None, int, int]]
    kept: dict[tuple[str, bool], tuple[int, list[Name]]]


def cuts(cols: Columns) -> Iterator[tuple[Columns, Name]]:
    """The columns some subjects at a time, with the first subject and the first fact of each cut."""
    n = len(cols.start) - 1
    lo = 0
    while lo < n:
        hi = max(lo + 1, int(np.searchsorted(cols.start, cols.start[lo] + PORTION)) - 1)
        hi = min(hi, n)
        a, b = cols.start[lo], cols.start[hi]
        yield (
            Columns(cols.start[lo : hi + 1] - a, *(column[..., a:b] for column in cols[1:])),
            (lo, int(a)),
        )
        lo = hi


def findings(ways: BothWays, cols: Columns, first: Name, spaces: tuple[Space, Space]) -> Findings:
    """Derive some subjects both ways and read what the two differ in."""
    before = ways.derivation.derive(BEFORE, cols, spaces[0])
    touched = _touched(ways, before, cols)
    subjects = np.flatnonzero(touched)
    some, facts = _chosen(cols, subjects)
    after = ways.derivation.derive(AFTER, some, spaces[1])
    opened = after.openings
    after.openings = opened._replace(subject=subjects[opened.subject], fact=facts[opened.fact])
    is_touched = touched[before.openings.subject]
    return _Part(ways, cols, before, after, is_touched, first).read()


def _touched(ways: BothWays, before: Table, cols: Columns) -> np.ndarray:
    """Which subjects the version can touch: those with a loop that runs at the switch, or a fact after it."""
    n = len(cols.start) - 1
    if not ways.is_alike:
        return np.ones(n, np.bool_)
    has_facts = cols.start[1:] > cols.start[:-1]
    touched = np.zeros(n, np.bool_)
    touched[has_facts] = cols.when[cols.start[1:][has_facts] - 1] >= ways.switch_at
    touched[before.openings.subject[before.heads[:, 0] > ways.switch_at]] = True
    return touched


def _chosen(cols: Columns, subjects: np.ndarray) -> tuple[Columns, np.ndarray]:
    """The columns of some subjects, and where each of their facts stands in all of them."""
    if len(subjects) == len(cols.start) - 1:
        return cols, np.arange(len(cols.when))
    sizes = cols.start[subjects + 1] - cols.start[subjects]
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    facts = np.repeat(cols.start[subjects] - start[:-1], sizes) + np.arange(start[-1])
    return Columns(start, *(column[..., facts] for column in cols[1:])), facts


def _pairs(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """int64[n, 2]: the loops of both sides that one fact opened, -1 where a side has none.

    Both are opening facts in the order of the columns, so each is sorted and without repeats.
    """
    if np.array_equal(before, after):
        return np.column_stack([np.arange(len(before)), np.arange(len(before))]).astype(np.int64)
    facts = np.union1d(before, after)
    pairs = np.full((len(facts), 2), -1, np.int64)
    pairs[np.searchsorted(facts, before), 0] = np.arange(len(before))
    pairs[np.searchsorted(facts, after), 1] = np.arange(len(after))
    return pairs


class _Part:
    """Both tables of some subjects. ``is_touched``: bool, which loops of the table before are in question."""

    def __init__(
        self,
        ways: BothWays,
        cols: Columns,
        before: Table,
        after: Table,
        is_touched: np.ndarray,
        first: Name,
    ) -> None:
        self.ways, self.cols, self.before, self.after, self.first = ways, cols, before, after, first
        self.rest = np.flatnonzero(~is_touched)
        touched = np.flatnonzero(is_touched)
        pairs = _pairs(before.openings.fact[touched], after.openings.fact)
        pairs[:, 0] = np.where(pairs[:, 0] >= 0, touched[pairs[:, 0]] if len(touched) else -1, -1)
        self.pairs = pairs

    def read(self) -> Findings:
        """Compare, count, and pick what is to be named."""
        ways = self.ways
        is_tried = np.array([v.version == ways.version for v in self.after.versions])
        before, days, zones = ways.side(self.before), ways.derivation.days, ways.zones
        seen, codes, counts = compare(
            before, ways.side(self.after), self.pairs, is_tried, days, zones, ways.now
        )
        free = seen.free
        moved = (free[:, 0] != free[:, 1]) & (seen.state <= CHANGED)
        later = np.where((free < NEVER).all(axis=1), free[:, 1] - free[:, 0], 0)
        days_later, times = np.unique(np.rint(later[moved & (later != 0)] / DAY), return_counts=True)
        return Findings(
            n=self._counts(seen, moved, later, n_rest_broken=broken_among(before, self.rest, ways.now)),
            by_days=Counter(dict(zip(days_later.astype(int).tolist(), times.tolist(), strict=True))),
            work=(codes, counts),
            changed=self._picked(np.flatnonzero(seen.state)),
            shifts=self._shifts(np.flatnonzero(moved), free),
            kept=dict(self._kept(seen)),
        )

    def _counts(
        self, seen: Seen, moved: np.ndarray, later: np.ndarray, *, n_rest_broken: int
    ) -> Counter[str]:
        never = seen.free == NEVER
        counts = {
            "n_loops": len(self.pairs) + len(self.rest),
            "n_changed": (seen.state == CHANGED).sum(),
            "n_only_before": (seen.state == ONLY_BEFORE).sum(),
            "n_only_after": (seen.state == ONLY_AFTER).sum(),
            "n_earlier": (moved & (later < 0)).sum(),
            "n_later": (moved & (later > 0)).sum(),
            "n_no_more": (moved & never[:, 1]).sum(),
            "n_first": (moved & never[:, 0]).sum(),
            "n_breaks_before": seen.broken[:, 0].sum() + n_rest_broken,
            "n_breaks_after": seen.broken[:, 1].sum() + n_rest_broken,
        }
        return Counter({name: int(count) for name, count in counts.items()})

    def _shifts(self, which: np.ndarray, free: np.ndarray) -> list[tuple[int, Name, str | None, int, int]]:
        """The farthest first; no release at all is the farthest."""
        how_far = np.abs(free[which, 1] - free[which, 0])
        places = self.ways.derivation.places
        found = []
        for i in which[np.argsort(-how_far, kind="stable")][:NAMED]:
            place = places.code(int(self.after.heads[self.pairs[i, 1], 1]))
            before_at, after_at = map(int, free[i])
            found.append((abs(after_at - before_at), self._name(i), place, before_at, after_at))
        return found

    def _picked(self, which: np.ndarray) -> list[Name]:
        return [self._name(i) for i in which[:NAMED]]

    def _name(self, i: int) -> Name:
        b, a = self.pairs[i]
        return self._loop(self.after, a) if a >= 0 else self._loop(self.before, b)

    def _loop(self, table: Table, loop: int) -> Name:
        subject, fact = table.openings.subject[loop], table.openings.fact[loop]
        return int(subject) + self.first[0], int(fact) + self.first[1]

    def _kept(self, seen: Seen) -> Iterator[tuple[tuple[str, bool], tuple[int, list[Name]]]]:
        """How many loops stay under the rule before and why: (why, only partly); and the first of them."""
        for reason, which in self._reasons(seen):
            n, named = int(which.sum()), self._picked(np.flatnonzero(which))
            if reason[0] == "closed":
                n += len(self.rest)
                named += [self._loop(self.before, loop) for loop in self.rest[: NAMED - len(named)]]
            if n:
                yield reason, (n, named)

    def _reasons(self, seen: Seen) -> Iterator[tuple[tuple[str, bool], np.ndarray]]:
        t, tried = self.after, self.ways.tried
        at = self.pairs[:, 1]
        bits = sum(1 << v for v, version in enumerate(t.versions) if version.version == self.ways.version)
        is_there = at >= 0
        at = at[is_there]
        governed = (t.governed[at] & np.int64(bits)) != 0
        left = ~governed
        for why, is_so in (
            ("closed", t.heads[at, 0] <= self.ways.switch_at),
            ("ended", self.cols.when[t.openings.fact[at]] >= max(v.valid_until for v in tried)),
            ("elsewhere", ~self._covered()[at]),
            ("pinned", np.full(len(at), tried[0].in_flight is InFlight.PINNED)),
        ):
            yield (why, False), _spread(left & is_so, is_there)
            left = left & ~is_so
        partly = "anchored" if tried[0].in_flight is InFlight.AT_ANCHOR else "settled_or_due"
        yield (partly, True), _spread(governed, is_there) & seen.older

    def _covered(self) -> np.ndarray:
        """Whether the version ever holds where each loop of the after side lies."""
        t, d = self.after, self.ways.derivation
        covered = np.ones(len(t), np.bool_)
        if any(version.area for version in t.versions):
            for place in np.unique(t.heads[:, 1]):
                timeline = d.rules.timeline(AFTER, d.places.code(int(place)))
                held = any(version.version == self.ways.version for version in timeline)
                covered[t.heads[:, 1] == place] = held
        return covered


def _spread(which: np.ndarray, is_there: np.ndarray) -> np.ndarray:
    """The answers for the pairs that are there, among all of them."""
    spread = np.zeros(len(is_there), np.bool_)
    spread[is_there] = which
    return spread
