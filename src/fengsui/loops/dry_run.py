"""What a version of a protocol would do to the loops there are: tried on the facts, before it is published.

The same facts are derived twice, under the rules with the version and without it, and compared loop by
loop. Nothing is written, and nothing is guessed: it is what the derivation itself would say.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from fengsui.facts.fact import Fact
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import DAY, NEVER
from fengsui.loops.bulk import Derivation, Table
from fengsui.loops.columns import Columns
from fengsui.loops.kernel_compare import (
    CHANGED,
    FIRST_DAY,
    ONLY_AFTER,
    ONLY_BEFORE,
    Seen,
    Side,
    Zones,
    compare,
)
from fengsui.loops.loop import World, loop_id
from fengsui.loops.strata import Rules
from fengsui.protocols.model import InFlight, Protocol

BEFORE, AFTER = "before", "after"
PORTION = 400_000  # facts that are looked at together: their tables stay near the processor
NAMED = 100  # loops that are named of each sort; all are counted
Named = Callable[[int, int], tuple[str, str]]  # (subject, opening fact) by their index → loop id, subject


@dataclass(frozen=True, slots=True)
class Shift:
    """One loop whose subject becomes free at another time; NEVER: no release is in sight."""

    loop: str
    subject: str
    place: str | None
    before_at: int
    after_at: int


@dataclass(frozen=True, slots=True)
class Work:
    """Duties of one post on one civil day of its place that fall away, and that are added."""

    role: str
    place: str | None
    day: int  # since 1970-01-01
    removed: int
    added: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Loops that stay, wholly or (``partly``) with some duties, under the rule before, and why.

    why: closed, pinned, elsewhere, ended (the version was over when they opened); settled_or_due,
    anchored (partly: duties that were settled or due, or counted from something, before the switch).
    """

    why: str
    partly: bool
    n: int
    loops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What trying a version shows, at ``now``. Loops are counted whole; lists name up to NAMED of them.

    ``by_days``: (whole days, loops): freed so many days later, or earlier where negative.
    ``work`` is what is still to be done, by post and day, only where it changes.
    """

    protocol: str
    version: str
    now: int
    switch_at: int
    in_flight: InFlight
    n_loops: int
    n_changed: int
    n_only_before: int  # loops the version would not have opened
    n_only_after: int
    changed: tuple[str, ...]
    n_earlier: int
    n_later: int
    n_no_more: int  # a release was in sight, and would not be
    n_first: int  # the other way round
    by_days: tuple[tuple[int, int], ...]
    shifts: tuple[Shift, ...]  # the largest first
    n_work_removed: int
    n_work_added: int
    work: tuple[Work, ...]  # by day, role, place
    n_breaks_before: int  # that have begun by now
    n_breaks_after: int
    kept: tuple[Kept, ...]


class Trial:
    """The rules with and without a version, compiled side by side over one numbering.

    ``name``: of the protocol in both; ``version``: the one of ``after`` that is tried. NotFound if it is
    not there. Versions that begin after both ``now`` and the one that is tried are left out: what they
    will change is not this version's doing.
    """

    def __init__(
        self, before: Rules, after: Rules, *, name: str, version: str, world: World, now: int
    ) -> None:
        self.name, self.version, self.world, self.now = name, version, world, now
        self.tried = [v for v in after.versions[name] if v.version == version]
        if not self.tried:
            raise NotFound(f"{name} has no version {version} to be tried.")
        self.switch_at = min(v.valid_from for v in self.tried)
        last = max(now, self.switch_at)
        sides = {BEFORE: before, AFTER: after}

        def held(versions: Sequence[Protocol]) -> tuple[Protocol, ...]:
            return tuple(v for v in versions if v.valid_from <= last)

        self.derivation = Derivation(
            Rules(
                {side: held(rules.versions[name]) for side, rules in sides.items()},
                lambda side, area: held(sides[side].timeline(name, area)),
            ),
            world,
        )
        owners = (o.by.role for rules in sides.values() for v in rules.versions[name] for o in v.obligations)
        self.roles = tuple(dict.fromkeys(owners))

    def run(self, cols: Columns, *, named: Named, workers: int = 2) -> DryRun:
        """Try it on facts that are columns already (of this trial's derivation, none after its ``now``).

        Subjects are independent, so they are taken some at a time: what is worked on stays in the
        cache, and the threads, to whom the kernel leaves the interpreter, share the rest.
        """
        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(lambda cut: self._part(*cut), _cuts(cols)))
        return _result(self, parts, named=named)

    def _part(self, cols: Columns, first_subject: int, first_fact: int) -> "_Part":
        before, after = (self.derivation.derive(side, cols) for side in (BEFORE, AFTER))
        pairs = _pairs(before.openings.fact, after.openings.fact)
        is_tried = np.array([v.version == self.version for v in after.versions])
        zones = self._zones()
        seen, codes, counts = compare(
            self._side(before), self._side(after), pairs, is_tried, self.derivation.days, zones, self.now
        )
        part = _Part(self, cols, before, after, pairs, seen, (first_subject, first_fact))
        return part.read(codes, counts)

    def _side(self, table: Table) -> Side:
        shape = (len(table.versions), len(self.derivation.key_names))
        frees, role = np.zeros(shape, np.bool_), np.full(shape, -1, np.int64)
        for v, version in enumerate(table.versions):
            for obligation in version.obligations:
                key = self.derivation.keys[obligation.key]
                frees[v, key] = obligation.frees
                role[v, key] = self.roles.index(obligation.by.role)
        return Side(table.heads, table.times, table.refs, frees, role)

    def _zones(self) -> Zones:
        places, areas = self.derivation.place_tables(), self.world.areas
        own = areas.zones.index(areas.region.zone) if areas.region.zone in areas.zones else 0
        return Zones(places.area, places.zone_of, own)


def dry_run(
    before: Rules,
    after: Rules,
    subjects: Mapping[str, Sequence[Fact]],
    *,
    name: str,
    version: str,
    world: World,
    now: int,
) -> DryRun:
    """Try ``version`` of protocol ``name`` (in ``after``) on the effective facts of some subjects.

    Facts that follow from other loops (``P#milestone``, what a subject is told) have to be among them
    if the protocol reads any.
    """
    trial = Trial(before, after, name=name, version=version, world=world, now=now)
    names = tuple(subjects)
    happened = [[fact for fact in subjects[subject] if fact.when <= now] for subject in names]
    cols, facts = trial.derivation.columns(happened)
    return trial.run(cols, named=lambda s, fact: (loop_id(name, names[s], facts[fact].id), names[s]))


def _cuts(cols: Columns) -> Iterator[tuple[Columns, int, int]]:
    """The columns some subjects at a time, with the first subject and the first fact of each cut."""
    n = len(cols.start) - 1
    lo = 0
    while lo < n:
        hi = max(lo + 1, int(np.searchsorted(cols.start, cols.start[lo] + PORTION)) - 1)
        hi = min(hi, n)
        a, b = cols.start[lo], cols.start[hi]
        yield Columns(cols.start[lo : hi + 1] - a, *(column[..., a:b] for column in cols[1:])), lo, int(a)
        lo = hi


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


@dataclass
class _Part:
    """Some subjects: the tables of both sides, and what is read from them."""

    trial: Trial
    cols: Columns
    before: Table
    after: Table
    pairs: np.ndarray
    seen: Seen
    first: tuple[int, int]  # subject and fact, as numbered in all of the columns

    def read(self, codes: np.ndarray, counts: np.ndarray) -> "_Findings":
        """Count, and pick what is to be named."""
        state, free = self.seen.state, self.seen.free
        moved = (free[:, 0] != free[:, 1]) & (state <= CHANGED)
        later = free[:, 1] - free[:, 0]
        dated = moved & (free < NEVER).all(axis=1)
        n = {
            "n_loops": len(self.pairs),
            "n_changed": (state == CHANGED).sum(),
            "n_only_before": (state == ONLY_BEFORE).sum(),
            "n_only_after": (state == ONLY_AFTER).sum(),
            "n_earlier": (dated & (later < 0)).sum(),
            "n_later": (dated & (later > 0)).sum(),
            "n_no_more": (moved & (free[:, 1] == NEVER)).sum(),
            "n_first": (moved & (free[:, 0] == NEVER)).sum(),
            "n_breaks_before": self.seen.broken[:, 0].sum(),
            "n_breaks_after": self.seen.broken[:, 1].sum(),
        }
        days, times = np.unique(np.rint(later[dated] / DAY).astype(np.int64), return_counts=True)
        reasons = ((reason, which) for reason, which in self._reasons() if which.any())
        return _Findings(
            n=Counter({name: int(count) for name, count in n.items()}),
            by_days=Counter(dict(zip(days.tolist(), times.tolist(), strict=True))),
            removed=Counter(dict(zip(codes.tolist(), counts[:, 0].tolist(), strict=True))),
            added=Counter(dict(zip(codes.tolist(), counts[:, 1].tolist(), strict=True))),
            changed=self._picked(np.flatnonzero(state)),
            shifts=self._shifts(np.flatnonzero(moved), later),
            kept={why: (int(which.sum()), self._picked(np.flatnonzero(which))) for why, which in reasons},
        )

    def _shifts(
        self, which: np.ndarray, later: np.ndarray
    ) -> list[tuple[int, "_Name", str | None, int, int]]:
        """The farthest: how far, whose, where, and both times."""
        farthest = which[np.argsort(-np.abs(later[which]), kind="stable")][:NAMED]
        places = self.trial.derivation.places
        return [
            (
                abs(int(later[i])),
                self._name(i),
                places.code(int(self.after.heads[self.pairs[i, 1], 1])),
                *map(int, self.seen.free[i]),
            )
            for i in farthest
        ]

    def _picked(self, which: np.ndarray) -> list["_Name"]:
        return [self._name(i) for i in which[:NAMED]]

    def _name(self, i: int) -> "_Name":
        b, a = self.pairs[i]
        openings, loop = (self.after.openings, a) if a >= 0 else (self.before.openings, b)
        return int(openings.subject[loop]) + self.first[0], int(openings.fact[loop]) + self.first[1]

    def _reasons(self) -> Iterator[tuple[tuple[str, bool], np.ndarray]]:
        """Why loops stay under the rule before: (why, only partly), and which pairs."""
        t, tried = self.after, self.trial.tried
        at = self.pairs[:, 1]
        bits = sum(1 << v for v, version in enumerate(t.versions) if version.version == self.trial.version)
        governed = (at >= 0) & ((t.governed[at] & np.int64(bits)) != 0)
        opened = self.cols.when[t.openings.fact[at]]
        switch, end = self.trial.switch_at, max(v.valid_until for v in tried)
        left = (at >= 0) & ~governed
        for why, is_so in (
            ("closed", t.heads[at, 0] <= switch),
            ("ended", opened >= end),
            ("elsewhere", ~self._covered()[at]),
            ("pinned", np.full(len(at), tried[0].in_flight is InFlight.PINNED)),
        ):
            yield (why, False), left & is_so
            left = left & ~is_so
        partly = "anchored" if tried[0].in_flight is InFlight.AT_ANCHOR else "settled_or_due"
        yield (partly, True), governed & self.seen.older

    def _covered(self) -> np.ndarray:
        """Whether the version ever holds where each loop of the after side lies."""
        t, d = self.after, self.trial.derivation
        covered = np.ones(len(t), np.bool_)
        if any(version.area for version in t.versions):
            for place in np.unique(t.heads[:, 1]):
                timeline = d.rules.timeline(AFTER, d.places.code(int(place)))
                held = any(version.version == self.trial.version for version in timeline)
                covered[t.heads[:, 1] == place] = held
        return covered


_Name = tuple[int, int]  # of a loop: its subject and its opening fact


@dataclass(frozen=True, slots=True)
class _Findings:
    """What one part shows, without its tables."""

    n: Counter[str]
    by_days: Counter[int]
    removed: Counter[int]  # by work code
    added: Counter[int]
    changed: list[_Name]
    shifts: list[tuple[int, _Name, str | None, int, int]]
    kept: dict[tuple[str, bool], tuple[int, list[_Name]]]


def _result(trial: Trial, parts: Sequence[_Findings], *, named: Named) -> DryRun:
    """Everything the parts show, added up and named."""
    n, by_days = Counter(), Counter()
    for part in parts:
        n.update(part.n)
        by_days.update(part.by_days)
    work = _work(trial, parts)
    shifts = sorted((s for part in parts for s in part.shifts), key=lambda s: (-s[0], s[1]))
    changed = islice((name for part in parts for name in part.changed), NAMED)
    return DryRun(
        protocol=trial.name,
        version=trial.version,
        now=trial.now,
        switch_at=trial.switch_at,
        in_flight=trial.tried[0].in_flight,
        changed=tuple(named(*name)[0] for name in changed),
        by_days=tuple(sorted(by_days.items())),
        shifts=tuple(Shift(*named(*name), *rest) for _, name, *rest in shifts[:NAMED]),
        n_work_removed=sum(w.removed for w in work),
        n_work_added=sum(w.added for w in work),
        work=work,
        kept=tuple(_kept(parts, named)),
        **{name: n[name] for name in COUNTED},
    )


COUNTED = """
    n_loops n_changed n_only_before n_only_after n_earlier n_later n_no_more n_first n_breaks_before
    n_breaks_after
""".split()


def _work(trial: Trial, parts: Sequence[_Findings]) -> tuple[Work, ...]:
    removed, added = Counter(), Counter()
    for part in parts:
        removed.update(part.removed)
        added.update(part.added)
    found = []
    for code in removed.keys() | added.keys():
        place = (code >> 22 & (1 << 29) - 1) - 1
        day = (code & (1 << 22) - 1) + FIRST_DAY
        if removed[code] != added[code]:
            post = trial.roles[code >> 51], trial.derivation.places.code(place)
            found.append(Work(*post, day, removed[code], added[code]))
    return tuple(sorted(found, key=lambda w: (w.day, w.role, w.place or "")))


def _kept(parts: Sequence[_Findings], named: Named) -> Iterator[Kept]:
    for reason in dict.fromkeys(reason for part in parts for reason in part.kept):
        found = [part.kept[reason] for part in parts if reason in part.kept]
        names = islice((name for _, picked in found for name in picked), NAMED)
        yield Kept(*reason, sum(count for count, _ in found), tuple(named(*name)[0] for name in names))
