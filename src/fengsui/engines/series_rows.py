"""The facts series are counted from, as columns: who, when, where, how much, of which disease and age.

One pass over the facts of the declared kinds. Corrections, withdrawals and persons found to be the same
count as they do for loops; facts recorded after the cut are not looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from fengsui.engines.numbering import rows_in
from fengsui.engines.sqlite_driver import Connection
from fengsui.facts.batch import data_of
from fengsui.facts.effective import SAME, canonical, effective, ineffective
from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.kit.days import N_DAYS, DayTables
from fengsui.watch.declared import SUBJECTS, Stream

COMPLETE = "source.complete"
EVER = N_DAYS  # a day no series reaches
FIXED = 6  # columns of a fact before those of its fields
IN_TIME = 60 * 86400  # seconds within which a fact was told in time
_FACT = (
    "SELECT k.text, s.key, f.at, f.recorded_at, o.text, f.key, f.data, f.supersedes FROM fact f "
    "JOIN subject s ON s.id = f.subject JOIN word k ON k.id = f.kind JOIN word o ON o.id = f.source "
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Facts of a stream, one an entry: civil day, subject number, area index, what it counts for, its disease
    (index into ``diseases``), its age band (-1: not known). ``since``: the day from which silence means zero.
    """

    day: np.ndarray
    subject: np.ndarray
    area: np.ndarray
    amount: np.ndarray
    disease: np.ndarray
    age: np.ndarray
    diseases: tuple[str, ...]
    since: int

    def __len__(self) -> int:
        return len(self.day)

    def at(self, chosen: np.ndarray) -> "Rows":
        """Some of them."""
        columns = (self.day, self.subject, self.area, self.amount, self.disease, self.age)
        return Rows(*(column[chosen] for column in columns), self.diseases, self.since)


class Places:
    """Areas and civil days of facts, by the numbers of their places."""

    def __init__(self, areas: Areas, days: DayTables, words: Mapping[int, str]) -> None:
        self._areas, self._days, self._words = areas, days, words
        self._known: dict[int, int] = {}

    def areas_of(self, places: Sequence[int]) -> np.ndarray:
        """int64[n]: the index of the area of each place, the top where it is not known."""
        for number in set(places) - self._known.keys():
            text = self._words.get(number, "")
            found = self._areas.resolve(text) if text else None
            self._known[number] = self._areas.index[found] if found else 0
        return np.array([self._known[number] for number in places], dtype=np.int64)

    def days_of(self, area: np.ndarray, at: np.ndarray) -> np.ndarray:
        """int64[n]: the civil day of each moment in the zone of its area."""
        zones = self._areas.zone_of[area]
        day = np.empty(len(at), dtype=np.int64)
        for z in np.unique(zones):
            begins = self._days.midnight[self._days.zones.index(self._areas.zones[z])]
            day[zones == z] = np.searchsorted(begins, at[zones == z], side="right") - 1
        return day


class Counted:
    """A cut through the facts of a file: what was known at a moment. ``by_report``: days of recording."""

    def __init__(
        self, connection: Connection, areas: Areas, days: DayTables, *, known_at: int, by_report: bool = False
    ) -> None:
        self._connection, self._known_at, self._by_report = connection, known_at, by_report
        self._words: dict[int, str] = dict(connection.execute("SELECT id, text FROM word").fetchall())
        self._numbers = {text: number for number, text in self._words.items()}
        self._areas = areas
        self._places = Places(areas, days, self._words)
        self._gone, self._same = self._corrected()

    def rows(self, stream: Stream) -> Rows:
        """What counts for a stream."""
        fields = list(filter(None, (stream.added, stream.disease_field, stream.age, self._onset(stream))))
        columns = [f", json_extract(nullif(f.data, ''), '$.{name}')" for name in (*stream.where, *fields)]
        at = "f.recorded_at" if self._by_report else "min(f.at, f.recorded_at)"
        kinds = [self._numbers[kind] for kind in stream.kinds if kind in self._numbers]
        sql = (
            f"SELECT f.seq, f.tie, f.subject, f.place, f.recorded_at, {at}{''.join(columns)} FROM fact f "
            f"WHERE f.kind IN ({','.join(map(str, kinds))}) AND f.recorded_at <= ?"
        )
        found = self._connection.execute(sql, (self._known_at,)).fetchall() if kinds else []
        if stream.where:
            wanted = [frozenset(values) for values in stream.where.values()]
            n = FIXED + len(wanted)
            found = [
                (*row[:FIXED], *row[n:])
                for row in found
                if all(str(value) in among for value, among in zip(row[FIXED:n], wanted, strict=True))
            ]
        return self._as_columns(stream, self._effective(found), fields)

    def complete_until(self, stream: Stream) -> np.ndarray:
        """int64[n_areas]: the last day up to which all sources that bring this from an area are complete.

        EVER where no source ever says how far it is complete.
        """
        last = np.full(len(self._areas), EVER, dtype=np.int64)
        marks = self._watermarks()
        wanted = {self._numbers[kind] for kind in stream.kinds if kind in self._numbers}
        for kind, place, source in self._connection.execute("SELECT kind, place, source FROM carrier"):
            if kind in wanted and (mark := marks.get(self._words[source])) is not None:
                area = self._places.areas_of([place])
                above = self._areas.ancestors[area[0]]
                day = self._places.days_of(area, np.array([mark]))[0] - 1  # the last day that is over
                last[above[above >= 0]] = np.minimum(last[above[above >= 0]], day)
        return last

    def _onset(self, stream: Stream) -> str:
        return "" if self._by_report else stream.onset

    def _effective(self, found: list[tuple]) -> list[tuple]:
        """Without those that were corrected; ties may be shared, so the few suspects are looked up."""
        ties = {crc32(name.encode()) for name in self._gone}
        suspects = [row[0] for row in found if row[1] in ties]
        if not suspects:
            return found
        sql = (
            "SELECT f.seq, o.text || ':' || f.key FROM fact f JOIN word o ON o.id = f.source "
            "WHERE f.seq IN ({})"
        )
        out = {seq for seq, name in rows_in(self._connection, sql, suspects) if name in self._gone}
        return [row for row in found if row[0] not in out]

    def _as_columns(self, stream: Stream, found: list[tuple], names_of: Sequence[str]) -> Rows:
        columns = list(zip(*found, strict=True)) or [()] * FIXED
        fields = dict(zip(names_of, columns[FIXED:], strict=False))
        n = len(found)
        recorded_at, at = np.array(columns[4:FIXED], dtype=np.int64)
        if (onset := self._onset(stream)) in fields:
            at = np.array(
                [o if isinstance(o, int) else t for o, t in zip(fields[onset], at, strict=True)], np.int64
            )
        area = self._places.areas_of(columns[3])
        amount = np.ones(n)
        if stream.added in fields:
            amount = np.array([float(value or 0) for value in fields[stream.added]])
        names = [value or stream.disease for value in fields.get(stream.disease_field, ())] or [
            stream.disease
        ] * n
        diseases = tuple(sorted(set(names))) or (stream.disease,)
        number = {name: i for i, name in enumerate(diseases)}
        years = np.array([_number(value) for value in fields.get(stream.age, ())] or [np.nan] * n)
        day = self._places.days_of(area, at)
        rows = Rows(
            day,
            np.array([self._same.get(who, who) for who in columns[2]], dtype=np.int64),
            area,
            amount,
            np.array([number[name] for name in names], dtype=np.int64),
            np.where(np.isnan(years), -1, np.searchsorted(stream.bands, years, side="right") - 1).astype(
                np.int64
            ),
            diseases,
            _since(day, recorded_at - at),
        )
        return once(rows, again_after=stream.again_after) if stream.count == SUBJECTS else rows

    def _corrected(self) -> tuple[frozenset[str], dict[int, int]]:
        """Ids of facts that do not count, and subject numbers that stand for another."""
        facts = self._facts("SELECT fact FROM correction") + self._facts(*_notice(SAME))
        names = canonical(facts, known_at=self._known_at)
        sql = "SELECT key, id FROM subject WHERE key IN ({})"
        numbers = dict(rows_in(self._connection, sql, sorted({*names, *names.values()})))
        return ineffective(facts), {numbers[name]: numbers[other] for name, other in names.items()}

    def _watermarks(self) -> dict[str, int]:
        facts = effective(self._facts(*_notice(COMPLETE)), known_at=self._known_at)
        said: dict[str, int] = {}
        for fact in facts:
            name = fact.subject.partition("/")[2]
            said[name] = max(said.get(name, 0), int(fact.data["until"]))
        return said

    def _facts(self, seqs: str, *values: object) -> list[Fact]:
        rows = self._connection.execute(
            f"{_FACT} WHERE f.recorded_at <= ? AND f.seq IN ({seqs})", (self._known_at, *values)
        )
        return [
            Fact(kind, who, at, seen, source, key, data=data_of(data), supersedes=supersedes or None)
            for kind, who, at, seen, source, key, data, supersedes in rows
        ]


def _notice(kind: str) -> tuple[str, str]:
    return "SELECT n.fact FROM notice n JOIN word w ON w.id = n.kind WHERE w.text = ?", kind


def _since(day: np.ndarray, lag: np.ndarray) -> int:
    """The day of the first fact that was told in time, else of the first.

    A year mistyped would otherwise make months of zeros of the time in which nobody reported anything.
    """
    timely = day[lag <= IN_TIME]
    return int(min(timely if len(timely) else day, default=EVER))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else np.nan


def once(rows: Rows, *, again_after: int) -> Rows:
    """Each subject at its first fact, and again so many days after it last counted (0: never)."""
    order = np.lexsort((rows.day, rows.disease, rows.subject))
    subject, disease, day = (column[order].tolist() for column in (rows.subject, rows.disease, rows.day))
    kept, held = [], -1
    for i in range(len(order)):
        is_new = held < 0 or subject[i] != subject[held] or disease[i] != disease[held]
        if is_new or (again_after and day[i] - day[held] >= again_after):
            kept.append(i)
            held = i
    return rows.at(np.sort(order[kept]))
