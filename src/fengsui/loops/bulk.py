"""Deriving many subjects at once: the kernel over every version and every protocol.

``Derivation`` is a set of rules compiled once. ``Derivation.derive`` takes the effective facts of
some subjects as columns and gives one ``Table`` a protocol; the tables hold numbers, and ``loops``
turns them back into the values ``semantics`` gives, for tests and for single looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import is_not

import numpy as np

from fengsui.facts.fact import Fact
from fengsui.kit.errors import BadInput
from fengsui.kit.instant import NEVER
from fengsui.loops import kernel_rows as slots
from fengsui.loops.columns import Codebook, Columns, Places, Words, columns
from fengsui.loops.duty import Duty
from fengsui.loops.fields import fields_of
from fengsui.loops.kernel import Openings
from fengsui.loops.kernel_borrow import WORDS, addresses
from fengsui.loops.kernel_days import days_of
from fengsui.loops.kernel_govern import DONE, FULL, NO_CHAINS, PINNED, STRANGE, Room, derive
from fengsui.loops.kernel_law import UNKNOWN, Law, laid_out
from fengsui.loops.kernel_merge import AT_ANCHOR, REMAINING, RETROACTIVE
from fengsui.loops.kernel_resident import C_FIELDS, Chains
from fengsui.loops.kernel_rows import PlaceTables
from fengsui.loops.loop import Loop, Reached, World, loop_id
from fengsui.loops.plan import H_AGAIN_AFTER, H_LOOKS_BACK, H_N_EACH, H_WIDTH, Plan, compile_plan
from fengsui.loops.strata import Rules
from fengsui.protocols.model import InFlight, Protocol

MODES = {
    InFlight.PINNED: PINNED,
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


class Space:
    """Arrays for the derivations of one protocol, one after the other.

    Memory written for the first time costs more than deriving what is written to it, and making a dozen
    arrays more than deriving one subject. What is derived in a space is good until the next derivation in it.
    ``asks_reached``: whether anybody asks when milestones were reached.
    """

    def __init__(self, name: str, plans: Sequence[Plan], *, asks_reached: bool = True) -> None:
        self.name = name
        self.versions = tuple(plan.protocol for plan in plans)
        self.milestones = milestones_of(self.versions)
        self._asks_reached = asks_reached
        self._width = max((int(plan.tables.head[H_WIDTH]) for plan in plans), default=0)
        self._each = max((int(plan.tables.head[H_N_EACH]) for plan in plans), default=0)
        self.room = self._made(0, 0)

    def expect(self, *, subjects: int, facts: int) -> None:
        """Make room for what so many subjects usually have: a loop each."""
        if self.room.governed.size < subjects:
            self.make_room(subjects, subjects * self._width + (subjects + facts) * self._each)

    def make_room(self, loops: int, rows: int) -> None:
        """Make room for so many loops and rows, and some more, so that it is not asked for often."""
        had_loops, had_rows = len(self.room.governed), len(self.room.times)
        self.room = self._made(
            loops + loops // 4 + 8 if loops > had_loops else had_loops,
            rows + rows // 4 + 8 * self._width if rows > had_rows else had_rows,
        )

    def table(self, n: int, rows: int) -> Table:
        """The first loops and rows of what was written."""
        room = self.room
        return Table(
            self.name,
            self.versions,
            self.milestones,
            Openings(*room.openings[:, :n]),
            room.heads[:n],
            room.reached[:n],
            room.times[:rows],
            room.refs[:rows],
            room.governed[:n],
        )

    def _made(self, loops: int, rows: int) -> Room:
        return Room(
            np.empty((5, loops), np.int64),
            np.empty((loops, 4), np.int64),
            np.empty(loops, np.int64),
            np.empty((loops if self._asks_reached else 0, len(self.milestones), 2), np.int64),
            np.empty((rows, 8), np.int64),
            np.empty((rows, 10), np.int32),
        )


def milestones_of(versions: Sequence[Protocol]) -> tuple[str, ...]:
    """The names of all milestones of any version."""
    return tuple(dict.fromkeys(m.name for v in versions for m in v.milestones))


def columns_for(subjects: int, facts: int, *, fields: int) -> Columns:
    """Columns with room for so many facts, not filled in yet."""
    long, short = np.empty((3, facts), np.int64), np.empty((3, facts), np.int32)
    extra = np.empty((fields, facts), np.int64)
    return Columns(np.empty(subjects + 1, np.int64), long[0], *short, extra, long[1], long[2])


class Derivation:
    """The rules of a region, compiled: plans, codebook, numbering of keys, fields and places."""

    def __init__(self, rules: Rules, world: World) -> None:
        self.rules, self.world = rules, world
        self.keys: dict[str, int] = {}
        self.fields = fields_of(rules.versions, rules.opening_kinds)
        self.places, self.words = Places(world.areas), Words()
        self.plans: dict[str, list[Plan]] = {}
        for name in rules.order:
            self.plans[name] = [
                compile_plan(
                    version,
                    keys=self.keys,
                    fields=self.fields.columns,
                    levels=world.areas.levels,
                    zones=world.days.zones,
                )
                for version in rules.versions[name]
            ]
        self.codebook = Codebook([plan for plans in self.plans.values() for plan in plans])
        self.days = days_of(world.days)
        self.key_names = tuple(self.keys)
        self._laws = {name: _Law(self, name) for name in self.plans}
        self._lie = PlaceTables(self.places.area, world.areas.ancestors, world.areas.zone_of)

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
        if len(self._lie.area) != len(self.places):
            self._lie = self._lie._replace(area=self.places.area)
        return self._lie

    def space(self, name: str, *, asks_reached: bool = True) -> Space:
        """Room for deriving one protocol again and again, by one thread at a time."""
        return Space(name, self.plans[name], asks_reached=asks_reached)

    def derive(self, name: str, cols: Columns, space: Space | None = None) -> Table:
        """Every loop of one protocol in the columns; in a ``space``, good until it is used again."""
        space = space or self.space(name)
        space.expect(subjects=len(cols.start) - 1, facts=len(cols.when))
        cols = Columns(*map(np.ascontiguousarray, cols))
        while True:
            law, places = self.law(name), self.place_tables()
            at = addresses([*law, *self.days, *places, *cols[1:], *space.room])
            what, n, more = derive(at, cols.start, cols.start, NO_CHAINS)
            if what == DONE:
                return space.table(n, more)
            self.provide(space, what, n, more)

    def provide(self, space: Space, what: int, n: int, more: int) -> None:
        """What the kernel could not go on without."""
        if what == STRANGE:
            self._laws[space.name].learn(n)
        else:
            space.make_room(n, more)

    def law(self, name: str) -> Law:
        """The versions of a protocol as the kernel reads them, with every code and place there is by now."""
        return self._laws[name].now()


class Few:
    """A few subjects derived at a time, from linked facts, by one thread.

    ``room`` and ``cols`` hold what was derived last, and the facts it was derived from.
    """

    def __init__(self, derivation: Derivation, name: str, chains: Chains) -> None:
        self._derivation, self._name, self._chains = derivation, name, chains
        self._space = derivation.space(name, asks_reached=False)
        self._start = np.empty(2, np.int64)
        self.cols = columns_for(0, 64, fields=chains.facts.shape[1] - C_FIELDS)
        self._seen: tuple = ()
        self._at = np.empty((0, WORDS), np.int64)

    @property
    def room(self) -> Room:
        """Loops and rows, as ``kernel_govern`` lays them out."""
        return self._space.room

    def derive(self, subjects: np.ndarray, *, below: int) -> tuple[int, int]:
        """How many loops and rows some subjects have, by their facts with numbers below ``below``."""
        start = self._start if len(subjects) == 1 else np.empty(len(subjects) + 1, np.int64)
        while True:
            what, n, more = derive(self._where(), subjects, start, below)
            if what == DONE:
                return n, more
            if what == FULL:
                self.cols = columns_for(0, more + more // 4, fields=self._chains.facts.shape[1] - C_FIELDS)
            else:
                self._derivation.provide(self._space, what, n, more)

    def _where(self) -> np.ndarray:
        """Where everything lies; worked out again only when something is not what it was."""
        d, space = self._derivation, self._space
        parts = (d.law(self._name), d.place_tables(), self.cols, space.room)
        if not self._seen or any(map(is_not, parts, self._seen)):
            law, places, cols, room = self._seen = parts
            self._at = addresses([*law, *d.days, *places, *cols[1:], *room, *self._chains])
        return self._at


class _Law:
    """The law of one protocol as far as facts have brought up codes and places."""

    def __init__(self, derivation: Derivation, name: str) -> None:
        self._d, self._name = derivation, name
        self._plans = derivation.plans[name]
        self._versions = tuple(plan.protocol for plan in self._plans)
        names = milestones_of(self._versions)
        words, index = laid_out(
            self._plans, [[names.index(m.name) for m in v.milestones] for v in self._versions]
        )
        base = self._held(None)
        self._is_same_everywhere = not any(v.area for v in self._versions)
        self._law = Law(
            words,
            index,
            masks=np.empty((len(self._plans), 0), np.uint64),
            versions=self._table(base),
            held=base[np.newaxis],
            timeline_of=np.zeros(1, np.int64),
        )

    def now(self) -> Law:
        """The law, with every code and place there is by now."""
        law, d = self._law, self._d
        if law.masks.shape[1] != len(d.codebook):
            law = law._replace(masks=np.stack([d.codebook.masks(plan) for plan in self._plans]))
        if len(law.timeline_of) != len(d.places) + 1:
            timeline_of = np.full(len(d.places) + 1, 0 if self._is_same_everywhere else UNKNOWN, np.int64)
            timeline_of[: len(law.timeline_of)] = law.timeline_of
            law = law._replace(timeline_of=timeline_of)
        self._law = law
        return law

    def learn(self, place: int) -> None:
        """Look up which versions hold at a place."""
        law = self.now()
        held = self._held(self._d.places.code(place))
        lines = [*law.held, held]
        at = next(i for i, line in enumerate(lines) if np.array_equal(line, held))
        timeline_of = law.timeline_of.copy()
        timeline_of[place + 1] = at
        held = np.stack(lines) if at == len(law.held) else law.held
        self._law = law._replace(held=held, timeline_of=timeline_of)

    def _held(self, area: str | None) -> np.ndarray:
        """bool[n_versions]: which versions hold in an area at some time."""
        timeline = self._d.rules.timeline(self._name, area)
        held = np.zeros(len(self._versions), np.bool_)
        for version in timeline:
            if version not in self._versions:
                raise BadInput(
                    f"{self._name} {version.version} as it holds in {area or 'the whole region'} is not among"
                    " the versions of these rules: an order of a part of the region cuts the others short."
                    " engines.home.rules_of lists them as they are then."
                )
            held[self._versions.index(version)] = True
        return held

    def _table(self, base: np.ndarray) -> np.ndarray:
        """``Law.versions``."""
        begins = [v.valid_from for v in self._versions]
        order = sorted(range(len(begins)), key=begins.__getitem__)
        return np.array(
            [
                (
                    v.valid_from,
                    v.valid_until,
                    MODES[v.in_flight],
                    is_base,
                    bool(v.area),
                    plan.tables.head[H_LOOKS_BACK],
                    plan.tables.head[H_AGAIN_AFTER],
                    k,
                )
                for v, plan, is_base, k in zip(self._versions, self._plans, base, order, strict=True)
            ],
            np.int64,
        )


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
