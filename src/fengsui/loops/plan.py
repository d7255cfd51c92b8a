"""A protocol version as tables of integers: what the kernel reads instead of objects.

Patterns become bits: a fact's data are looked at once, when it arrives, and from then on it is a
code whose mask says which patterns it matches. Fields are named once and are columns from then on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fengsui.kit.errors import BadInput
from fengsui.protocols.model import (
    Agg,
    Discharge,
    Extension,
    Frame,
    Late,
    Length,
    Milestone,
    Obligation,
    Pattern,
    Protocol,
    Stop,
    Unit,
    Waiver,
)

AGGS = list(Agg)
FRAMES = list(Frame)
UNITS = list(Unit)
DISCHARGES = list(Discharge)
LATES = list(Late)
ROLLING = FRAMES.index(Frame.ROLLING)
BITS = 64  # patterns, and obligations, of one protocol version

# Columns of a length: n, unit (-1: none), rounding up, moved to a working day
NO_LENGTH = (0, -1, 0, 0)

# Columns of ``milestones``
M_AGG, M_BIT, M_AFTER, M_BEFORE, M_OF_LO, M_OF_HI, M_TIME, M_NOT_BY = range(8)
# Columns of ``ofs``: a milestone and a length
OF_MILESTONE, OF_LENGTH = 0, 1
# Columns of ``obligations``
(
    O_START,
    O_EACH,
    O_FRAME,
    O_LENGTH,
    _,
    _,
    _,
    O_AFTER,
    _,
    _,
    _,
    O_DAY_LO,
    O_DAY_HI,
    O_TIMES,
    O_DATA,
    O_BIT,
    O_COUNT,
    O_APART,
    O_DISTINCT_LO,
    O_DISTINCT_HI,
    O_NOT_BY,
    O_SERIES,
    O_DISCHARGE,
    O_LATE,
    O_LATE_FOR,
    O_PLACE,
    O_LEVEL,
    O_KEY,
    O_BY_DAY,
    O_MOVED,
    O_ALONE,
    O_WIDTH,
    O_PLAIN,
    O_ONLY_BY,
    O_OPEN_FOR,
    _,
    _,
    _,
) = range(38)
# Columns of ``places``, ``stops``, ``waivers``, ``extensions``, ``pauses``
P_AT, P_DATA = range(2)
S_WHEN, S_CANCELS, S_UNLESS = range(3)
W_BIT, W_OF, W_TARGET = range(3)
X_BIT, X_OF, X_TARGET, X_DATA, X_LENGTH = range(5)
Z_BEGIN, Z_END, Z_OF = range(3)
# ``head``
H_JURISDICTION, H_ZONE, H_START_DAY, H_END_OF_DAY, H_LOOKS_BACK, H_AGAIN_AFTER, H_WIDTH, H_N_EACH, H_BY = (
    range(9)
)


class Tables(NamedTuple):
    """The version as the kernel reads it: int64 arrays, one row a thing; -1 is none."""

    head: np.ndarray  # [9]
    milestones: np.ndarray  # [m, 8]
    ofs: np.ndarray  # [·, 1 + 4]
    obligations: np.ndarray  # [o, 38]
    days: np.ndarray  # [·] day numbers of ON_DAYS
    distinct: np.ndarray  # [·] columns of extra fields
    places: np.ndarray  # [p, 2]
    stops: np.ndarray  # [s, 3]; cancels is a bit mask over obligations
    waivers: np.ndarray  # [w, 3]
    extensions: np.ndarray  # [x, 8]
    pauses: np.ndarray  # [z, 3]
    closes: np.ndarray  # [c] milestones


@dataclass(frozen=True)
class Plan:
    """One compiled version. ``patterns[i]`` is bit i (bit 0: the opening); ``fields``: its extra columns."""

    protocol: Protocol
    tables: Tables
    patterns: tuple[Pattern, ...]
    fields: tuple[str, ...]
    frees: np.ndarray  # int64: the global keys of obligations that free …
    each: np.ndarray  # … that every fact of a milestone starts anew …
    rolls: np.ndarray  # … and whose windows roll


def compile_plan(
    protocol: Protocol,
    *,
    keys: dict[str, int],
    fields: Mapping[str, int],
    levels: Sequence[str],
    zones: Sequence[str],
) -> Plan:
    """The plan of a version.

    ``keys`` and ``fields`` are shared by all versions of a name and grow here: obligation key → number,
    data field → column of ``Columns.extra``. ``levels`` are those of the area tree, top down.
    """
    return _Compiler(protocol, keys, fields, tuple(levels), tuple(zones)).plan()


class _Compiler:
    """Numbers everything a version names."""

    def __init__(
        self,
        protocol: Protocol,
        keys: dict[str, int],
        fields: Mapping[str, int],
        levels: tuple[str, ...],
        zones: tuple[str, ...],
    ) -> None:
        self.protocol, self.keys, self.fields = protocol, keys, fields
        self.levels, self.zones = levels, zones
        self.patterns: list[Pattern] = [protocol.opening.pattern]
        self.names = {m.name: i for i, m in enumerate(protocol.milestones)}
        self.ranks = {o.key: i for i, o in enumerate(protocol.obligations)}
        self.place_rows = {p.name: i for i, p in enumerate(protocol.places)}
        self.ofs: list[tuple[int, ...]] = []
        self.days: list[int] = []
        self.distinct: list[int] = []

    def plan(self) -> Plan:
        """Everything numbered."""
        p = self.protocol
        milestones = [self._milestone(m) for m in p.milestones]
        obligations = [self._obligation(o) for o in p.obligations]
        tables = Tables(
            head=np.array(self._head(obligations), dtype=np.int64),
            milestones=_table(milestones, 8),
            ofs=_table(self.ofs, 5),
            obligations=_table(obligations, 38),
            days=np.array(self.days, dtype=np.int64),
            distinct=np.array(self.distinct, dtype=np.int64),
            places=_table([(self.names[x.at], self._field("area", x.data)) for x in p.places], 2),
            stops=_table([self._stop(s) for s in p.stops], 3),
            waivers=_table([self._waiver(w) for w in p.waivers], 3),
            extensions=_table([self._extension(x) for x in p.extensions], 8),
            pauses=_table([(self._bit(z.begin), self._bit(z.end), self._mask(z.of)) for z in p.pauses], 3),
            closes=np.array([self.names[c] for c in p.closes], dtype=np.int64),
        )
        if len(self.patterns) > BITS or len(p.obligations) > BITS:
            raise BadInput(f"{p.name} {p.version}: more than {BITS} patterns or obligations")
        frees = [o.key for o in p.obligations if o.frees]
        each = [o.key for o, row in zip(p.obligations, obligations, strict=True) if row[O_EACH]]
        rolls = [o.key for o in p.obligations if o.window.frame is Frame.ROLLING]
        lists = (self._numbers(keys) for keys in (frees, each, rolls))
        return Plan(p, tables, tuple(self.patterns), tuple(self.fields), *lists)

    def _numbers(self, keys: Iterable[str]) -> np.ndarray:
        return np.array([self.keys[key] for key in keys], dtype=np.int64)

    def _head(self, obligations: list[tuple[int, ...]]) -> tuple[int, ...]:
        p = self.protocol
        return (
            self.place_rows.get(p.jurisdiction, -1),
            -1 if p.zone == "place" else self.zones.index(p.zone),
            p.start_day,
            int(p.date_only == "end_of_day"),
            p.opening.looks_back,
            p.opening.again_after,
            sum(row[O_WIDTH] for row in obligations if not row[O_EACH]),
            sum(row[O_EACH] or row[O_FRAME] == ROLLING for row in obligations),
            self.fields.get("word:@by", -1),
        )

    def _milestone(self, m: Milestone) -> tuple[int, ...]:
        lo = len(self.ofs)
        self.ofs += [(self.names[name], *_length(length)) for name, length in m.of]
        return (
            AGGS.index(m.agg),
            self._bit(m.pattern) if m.pattern else -1,
            self.names[m.after] if m.after else -1,
            self.names[m.before] if m.before else -1,
            lo,
            len(self.ofs),
            self._field("time", m.time),
            self.names[m.not_by] if m.not_by else -1,
        )

    def _obligation(self, o: Obligation) -> tuple[int, ...]:
        w, e, p = o.window, o.evidence, self.protocol
        day_lo, distinct_lo = len(self.days), len(self.distinct)
        self.days += w.days
        self.distinct += [self._field("word", name) for name in e.distinct]
        each = p.milestone(o.start).agg is Agg.EACH
        by_day = w.frame is Frame.ON_DAYS or (w.length is not None and w.length.unit is not Unit.SECONDS)
        return (
            self.names[o.start],
            int(each),
            FRAMES.index(w.frame),
            *_length(w.length),
            *_length(w.opens_after),
            day_lo,
            len(self.days),
            w.times,
            self._field("time", w.data),
            self._bit(e.pattern),
            e.count,
            e.apart,
            distinct_lo,
            len(self.distinct),
            self._doer(e.not_by),
            self._series(o.series),
            DISCHARGES.index(o.discharge),
            LATES.index(o.late),
            o.late_for,
            self.place_rows.get(o.by.place, -1),
            self.levels.index(o.by.level) if o.by.level in self.levels else -1,
            self.keys.setdefault(o.key, len(self.keys)),
            int(by_day),
            int(any(o.key in x.of for x in (*p.extensions, *p.pauses))),
            int(
                sum(other.series == o.series for other in p.obligations) == 1
                and not each
                and max(1, len(w.days), w.times) == 1
            ),
            max(1, len(w.days), w.times),
            int(all(_is_plain(other) for other in p.obligations if other.series == o.series)),
            self._doer(e.only_by),
            *_length(w.open_for),
        )

    def _stop(self, s: Stop) -> tuple[int, ...]:
        return self.names[s.when], self._mask(s.cancels), self.names[s.unless] if s.unless else -1

    def _doer(self, milestone: str | None) -> int:
        """A milestone of which one must know who did it."""
        if milestone is None:
            return -1
        return self.names[milestone]

    def _series(self, name: str) -> int:
        return [o.series for o in self.protocol.obligations].index(name)

    def _waiver(self, w: Waiver) -> tuple[int, ...]:
        return self._bit(w.pattern), self._mask(w.of), self._field("key", w.target)

    def _extension(self, x: Extension) -> tuple[int, ...]:
        target = self._field("key", x.target)
        return (
            self._bit(x.pattern),
            self._mask(x.of),
            target,
            self._field("time", x.data),
            *_length(x.at_most),
        )

    def _bit(self, pattern: Pattern) -> int:
        if pattern not in self.patterns:
            self.patterns.append(pattern)
        return self.patterns.index(pattern)

    def _field(self, use: str, name: str) -> int:
        """The column of a field read as a time, an area, a word or an obligation key."""
        return self.fields[f"{use}:{name}"] if name else -1

    def _mask(self, names: Iterable[str]) -> int:
        mask = sum(1 << self.ranks[key] for key in set(names) & self.ranks.keys())
        return mask - (1 << 64) if mask >> 63 else mask


def _is_plain(o: Obligation) -> bool:
    """One act of anybody meets it, and only it: the kernel has a short way for a series of such."""
    e = o.evidence
    return e.count == 1 and e.not_by is None and e.only_by is None and o.discharge is Discharge.SLOT


def _length(length: Length | None) -> tuple[int, int, int, int]:
    if length is None:
        return NO_LENGTH
    return (
        length.n,
        UNITS.index(length.unit),
        int(length.rounding == "up"),
        int(length.to_working_day),
    )


def _table(rows: Sequence[Sequence[int]], width: int) -> np.ndarray:
    return np.array(rows, dtype=np.int64).reshape(len(rows), width)
