"""Deriving many subjects at once: the kernel over every version and every protocol.

``Derivation`` is a set of rules compiled once. ``Derivation.derive`` takes the effective facts of
some subjects as columns and gives one ``Table`` a protocol; the tables hold numbers, and ``loops``
turns them back into the values ``semantics`` gives, for tests and for single looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fengsui.facts.fact import Fact
from fengsui.kit.instant import NEVER
from fengsui.loops import kernel_rows as slots
from fengsui.loops.columns import Codebook, Columns, Places, Words, columns
from fengsui.loops.duty import Duty
from fengsui.loops.kernel import Openings, derive_rows, find_openings
from fengsui.loops.kernel_days import days_of
from fengsui.loops.kernel_merge import AT_ANCHOR, REMAINING, RETROACTIVE, merge_rows
from fengsui.loops.kernel_rows import PlaceTables, scratch
from fengsui.loops.loop import Loop, Reached, World, loop_id
from fengsui.loops.plan import H_AGAIN_AFTER, H_LOOKS_BACK, H_N_EACH, H_WIDTH, Plan, compile_plan
from fengsui.loops.strata import Rules
from fengsui.protocols.model import InFlight, Protocol

MODES = {
    InFlight.AT_ANCHOR: AT_ANCHOR,
    InFlight.REMAINING: REMAINING,
    InFlight.RETROACTIVE: RETROACTIVE,
}


@dataclass
class Table:
    """The loops of one protocol, as arrays; one entry a loop, rows of duties by range.

    ``heads``: int64[n, 4] closed_at, place number, first row, end row. ``reached``: int64[n, m, 2].
    ``times``: int64[rows, 8] (kernel_rows.T_*), ``refs``: int32[rows, 10] (R_*; facts by index into the
    columns, R_VERSION an index into ``versions``). ``governed``: int64 bit mask over ``versions``.
    """

    name: str
    versions: tuple[Protocol, ...]
    milestones: tuple[str, ...]
    openings: Openings
    heads: np.ndarray
    reached: np.ndarray
    times: np.ndarray
    refs: np.ndarray
    governed: np.ndarray

    def __len__(self) -> int:
        return len(self.heads)


class Derivation:
    """The rules of a region, compiled: plans, codebook, numbering of keys, fields and places."""

    def __init__(self, rules: Rules, world: World) -> None:
        self.rules, self.world = rules, world
        self.keys: dict[str, int] = {}
        self.fields: dict[str, int] = {}
        self.places, self.words = Places(world.areas), Words()
        self.plans: dict[str, list[Plan]] = {}
        for name in rules.order:
            self.plans[name] = [
                compile_plan(
                    version,
                    keys=self.keys,
                    fields=self.fields,
                    levels=world.areas.levels,
                    zones=world.days.zones,
                )
                for version in rules.versions[name]
            ]
        self.codebook = Codebook([plan for plans in self.plans.values() for plan in plans])
        self.days = days_of(world.days)
        self.key_names = tuple(self.keys)

    def columns(self, subjects: Sequence[Sequence[Fact]]) -> tuple[Columns, list[Fact]]:
        """The columns of some subjects' effective facts, and the facts in that order."""
        return columns(
            subjects,
            codebook=self.codebook,
            places=self.places,
            words=self.words,
            fields=self.fields,
            keys=self.keys,
        )

    def place_tables(self) -> PlaceTables:
        """Where the places named so far lie."""
        areas = self.world.areas
        return PlaceTables(self.places.area, areas.ancestors, areas.zone_of)

    def derive(self, name: str, cols: Columns) -> Table:
        """Every loop of one protocol in the columns."""
        return _Run(self, name, cols).table()


class _Run:
    """One protocol over one set of columns."""

    def __init__(self, derivation: Derivation, name: str, cols: Columns) -> None:
        self.d, self.name, self.cols = derivation, name, cols
        self.plans = derivation.plans[name]
        self.versions = tuple(plan.protocol for plan in self.plans)
        self.masks = [derivation.codebook.masks(plan) for plan in self.plans]
        self.milestones = tuple(dict.fromkeys(m.name for v in self.versions for m in v.milestones))
        self.places = derivation.place_tables()
        sizes = np.diff(cols.start)
        self.most = int(sizes.max()) if sizes.size else 0
        self.opens = np.zeros(len(cols.when), dtype=np.bool_)

    def table(self) -> Table:
        """Find the loops, derive them under their first version, carry them through the later ones."""
        openings = self._openings()
        n = len(openings.subject)
        t = Table(
            name=self.name,
            versions=self.versions,
            milestones=self.milestones,
            openings=openings,
            heads=np.zeros((n, 4), np.int64),
            reached=np.full((n, len(self.milestones), 2), -1, np.int64),
            times=np.empty((0, 8), np.int64),
            refs=np.empty((0, 10), np.int32),
            governed=np.zeros(n, np.int64),
        )
        for v in range(len(self.plans)):
            self._put(t, np.flatnonzero(openings.version == v), v)
        place = t.heads[:, 1].copy()
        for area, group in self._by_area(place):
            self._govern(t, group, self.d.rules.timeline(self.name, area))
        t.heads[:, 1] = place
        return t

    def _openings(self) -> Openings:
        base = list(self.d.rules.timeline(self.name, None))
        plans = [self.plans[self.versions.index(v)] for v in base]
        room = len(self.cols.when)
        out = Openings(*(np.empty(room, np.int64) for _ in range(5)))
        n = find_openings(
            self.cols,
            np.array([v.valid_from for v in base], np.int64),
            np.array([v.valid_until for v in base], np.int64),
            np.stack([self.masks[self.versions.index(v)] for v in base]),
            np.array([plan.tables.head[H_LOOKS_BACK] for plan in plans], np.int64),
            np.array([plan.tables.head[H_AGAIN_AFTER] for plan in plans], np.int64),
            0,
            len(self.cols.start) - 1,
            out,
            self.opens,
        )
        found = Openings(*(a[:n].copy() for a in out))
        found.version[:] = np.array([self.versions.index(v) for v in base], np.int64)[found.version]
        return found

    def _by_area(self, place: np.ndarray) -> list[tuple[str | None, np.ndarray]]:
        """Loops grouped by jurisdiction; one group if no overlay makes a difference."""
        if not any(v.area for v in self.versions):
            return [(None, np.arange(len(place)))]
        return [(self.d.places.code(int(p)), np.flatnonzero(place == p)) for p in np.unique(place)]

    def _govern(self, t: Table, group: np.ndarray, timeline: Sequence[Protocol]) -> None:
        opened = self.cols.when[t.openings.fact]
        for version in timeline:
            v = self.versions.index(version)
            first = group[
                (opened[group] >= version.valid_from)
                & (opened[group] < version.valid_until)
                & (t.openings.version[group] != v)
            ]
            if version.area:  # an overlay of its area held when the loop opened
                self._put(t, first, v)
        for version in timeline:
            switch = version.valid_from
            running = group[(opened[group] < switch) & (t.heads[group, 0] > switch)]
            if len(running) and version.in_flight is not InFlight.PINNED:
                self._switch(t, running, self.versions.index(version))

    def _put(self, t: Table, which: np.ndarray, v: int) -> None:
        """Derive some loops under version ``v`` from the start."""
        if not len(which):
            return
        heads, reached, times, refs = self._rows(t.openings, which, v)
        heads[:, 2:] += len(t.times)
        t.heads[which] = heads
        t.reached[which] = reached
        t.governed[which] = np.int64(1 << v)
        t.times, t.refs = _joined(t.times, times), _joined(t.refs, refs)

    def _switch(self, t: Table, which: np.ndarray, v: int) -> None:
        """Carry running loops over to version ``v``."""
        heads, reached, times, refs = self._rows(t.openings, which, v)
        plan = self.plans[v]
        room = int((t.heads[which, 3] - t.heads[which, 2]).sum()) + len(times)
        out_times, out_refs = np.empty((room, 8), np.int64), np.empty((room, 10), np.int32)
        n = merge_rows(
            t.times,
            t.refs,
            t.heads[which],
            times,
            refs,
            heads,
            plan.protocol.valid_from,
            MODES[plan.protocol.in_flight],
            plan.frees,
            len(plan.tables.closes) > 0,
            out_times,
            out_refs,
        )
        heads[:, 2:] += len(t.times)
        t.heads[which] = heads
        t.reached[which] = reached
        t.governed[which] |= np.int64(1 << v)
        t.times, t.refs = _joined(t.times, out_times[:n]), _joined(t.refs, out_refs[:n])

    def _rows(self, openings: Openings, which: np.ndarray, v: int) -> tuple[np.ndarray, ...]:
        plan, n = self.plans[v], len(which)
        part = Openings(*(a[which] for a in openings))
        facts = self.cols.start[part.subject + 1] - self.cols.start[part.subject]
        head = plan.tables.head
        room = int(n * head[H_WIDTH] + (facts + 1).sum() * head[H_N_EACH])
        heads = np.empty((n, 4), np.int64)
        own = np.empty((n, len(plan.protocol.milestones), 2), np.int64)
        times, refs = np.empty((room, 8), np.int64), np.empty((room, 10), np.int32)
        rows = derive_rows(
            plan.tables,
            self.masks[v],
            self.cols,
            self.d.days,
            self.places,
            part,
            self.opens,
            0,
            n,
            v,
            scratch(plan.tables, n_loops=n, n_facts=int(facts.sum()), most=self.most),
            heads,
            own,
            times,
            refs,
        )
        reached = np.full((n, len(self.milestones), 2), -1, np.int64)
        reached[:, :, 0] = NEVER
        reached[:, [self.milestones.index(m.name) for m in plan.protocol.milestones]] = own
        refs[:rows, slots.R_LOOP] = which[refs[:rows, slots.R_LOOP]]
        return heads, reached, times[:rows], refs[:rows]


def _joined(rows: np.ndarray, more: np.ndarray) -> np.ndarray:
    """Both, one after the other; copied only if there is something to join."""
    return np.concatenate([rows, more]) if len(rows) else more


def loops(table: Table, derivation: Derivation, facts: Sequence[Fact], subjects: Sequence[str]) -> list[Loop]:
    """The table's loops as values, in the order found. EACH milestones show their first only."""
    return [_loop_of(table, derivation, facts, subjects, i) for i in range(len(table))]


def _loop_of(t: Table, d: Derivation, facts: Sequence[Fact], subjects: Sequence[str], i: int) -> Loop:
    opened = facts[t.openings.fact[i]]
    subject = subjects[t.openings.subject[i]]
    lo, hi = t.heads[i, 2:]
    return Loop(
        id=loop_id(t.name, subject, opened.id),
        protocol=t.name,
        versions=tuple(v.version for bit, v in enumerate(t.versions) if int(t.governed[i]) >> bit & 1),
        subject=subject,
        opened_at=opened.when,
        opened_by=opened.id,
        closed_at=int(t.heads[i, 0]),
        place=d.places.code(int(t.heads[i, 1])),
        milestones={
            name: (Reached(int(at), facts[by].id if by >= 0 else None),) if at != NEVER else ()
            for name, (at, by) in zip(t.milestones, t.reached[i], strict=True)
        },
        duties=tuple(_duty_of(t, d, facts, row) for row in range(lo, hi)),
    )


def _duty_of(t: Table, d: Derivation, facts: Sequence[Fact], row: int) -> Duty:
    r = t.refs[row]
    anchor, open_at, due, first_due, met, ended, waived, until = map(int, t.times[row])
    anchored, met_by, ended_by, waived_by, extended = (
        facts[f].id if f >= 0 else None
        for f in r[[slots.R_ANCHOR, slots.R_MET, slots.R_ENDED, slots.R_WAIVED, slots.R_EXTENDED]]
    )
    return Duty(
        key=d.key_names[r[slots.R_KEY]],
        n=int(r[slots.R_N]),
        anchor_at=anchor,
        open_at=open_at,
        due_at=due,
        first_due_at=first_due,
        met_at=met,
        ended_at=ended,
        waived_at=waived,
        until_at=until,
        version=t.versions[r[slots.R_VERSION]].version,
        place=d.places.code(int(r[slots.R_PLACE])),
        anchor_fact=anchored,
        met_fact=met_by,
        ended_fact=ended_by,
        waived_fact=waived_by,
        extended_fact=extended,
    )
