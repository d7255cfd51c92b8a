"""The workload of the benchmarks, as columns and without files: inbound travellers, by the million.

Every loop has an entry, a port sample, an admission, five results in the site (1, 4, 7 and twice on day
14), a release, a reception and two results at home, unless something goes wrong: 2 % of the tests are
missing, 1 % of tests and transfers are late, 0.1 % of the results are positive and end the loop in
hospital. Records come exponentially late, 3 hours on average and 3 days at most; 0.5 % are sent twice. The
rows stand in the order they arrived in; what was recorded after ``as_of`` is not there yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np

from fengsui.drill.calendar import Calendar
from fengsui.drill.rules import DAY, HOUR
from fengsui.drill.world import World
from fengsui.facts.batch import Batch

KINDS = (
    "arrival.inbound",
    "sample.collected",
    "quarantine.admitted",
    "test.result",
    "quarantine.released",
    "community.received",
    "hospital.admitted",
)
ENTRY, SAMPLE, ADMITTED, TEST, RELEASED, RECEIVED, HOSPITAL = range(len(KINDS))
RESULTS = ("", "negative", "positive")
NONE, NEGATIVE, POSITIVE = range(len(RESULTS))
SOURCE = "stream"

ENROLMENT_DAYS, AS_OF_DAY = 60, 75
MISSING, LATE, POSITIVE_SHARE, REPEATED = 0.02, 0.01, 0.001, 0.005
MEAN_LAG, LONGEST_LAG = 3 * HOUR, 3 * DAY
SITE_DAYS, HOME_DAYS = (1, 4, 7, 14), (2, 7)


@dataclass(frozen=True)
class Stream:
    """Rows as columns of one length, in arrival order.

    ``subject`` int32; ``kind`` int8 into KINDS; ``at`` and ``recorded_at`` int64 seconds UTC; ``key`` int32,
    the same for a row sent twice; ``result`` int8 into RESULTS; ``laboratory`` int8 into ``laboratories``,
    -1 for none; ``place`` and ``home`` int16 into ``places``, -1 for none. ``home`` stands in entries only.
    """

    subject: np.ndarray
    kind: np.ndarray
    at: np.ndarray
    recorded_at: np.ndarray
    key: np.ndarray
    result: np.ndarray
    laboratory: np.ndarray
    place: np.ndarray
    home: np.ndarray
    places: tuple[str, ...]
    laboratories: tuple[str, ...]
    n_loops: int
    as_of: int

    def __len__(self) -> int:
        return len(self.subject)

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """The columns by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.type is np.ndarray}

    def write(self, path: Path) -> None:
        """The columns as Parquet; the code tables are in the metadata of the schema."""
        import msgspec
        import pyarrow as pa
        import pyarrow.parquet as pq

        codes = {"kind": KINDS, "result": RESULTS, "place": self.places, "laboratory": self.laboratories}
        said = {"codes": codes, "as_of": self.as_of, "n_loops": self.n_loops}
        table = pa.table(self.columns).replace_schema_metadata({"fengsui": msgspec.json.encode(said)})
        pq.write_table(table, path, compression="zstd", compression_level=1, use_dictionary=False)

    def batches(self, size: int) -> Iterator[Batch]:
        """The rows as facts, so many at a time."""
        for start in range(0, len(self), size):
            yield self._batch(slice(start, start + size))

    def _batch(self, part: slice) -> Batch:
        places = np.array([*self.places, None], dtype=object)
        n = len(self.subject[part])
        return Batch(
            kind=np.array(KINDS, dtype=object)[self.kind[part]].tolist(),
            subject=[subject_name(i) for i in self.subject[part].tolist()],
            at=self.at[part].tolist(),
            recorded_at=self.recorded_at[part].tolist(),
            source=[SOURCE] * n,
            key=[str(key) for key in self.key[part].tolist()],
            span=[0] * n,
            place=places[self.place[part]].tolist(),
            by=[None] * n,
            data=self._data_texts[self._data_codes(part)].tolist(),
            supersedes=[None] * n,
        )

    def _data_codes(self, part: slice) -> np.ndarray:
        """Which of the few texts of data each row carries."""
        tests = 1 + self.result[part].astype(np.int32) * len(self.laboratories) + self.laboratory[part]
        first_home = 1 + len(RESULTS) * len(self.laboratories)
        codes = np.where(self.kind[part] == TEST, tests, 0)
        return np.where(self.kind[part] == ENTRY, first_home + self.home[part], codes)

    @cached_property
    def _data_texts(self) -> np.ndarray:
        tests = [
            f'{{"laboratory":"{lab}","reagent":"reagent of {lab}","result":"{result}"}}'
            for result in RESULTS
            for lab in self.laboratories
        ]
        homes = [f'{{"home":"{code}"}}' for code in self.places]
        return np.array(["", *tests, *homes], dtype=object)


def subject_name(i: int) -> str:
    """The pseudonym of the i-th traveller."""
    return f"person/{i:020x}"


def stream(
    n_loops: int, *, rng: np.random.Generator, world: World, calendar: Calendar, start_at: int
) -> Stream:
    """The workload of ``n_loops`` travellers who come in the sixty days from ``start_at`` on."""
    return _Travellers(n_loops, rng=rng, world=world, calendar=calendar, start_at=start_at).stream()


class _Travellers:
    """All travellers at once: every deed is an array with one entry a traveller."""

    def __init__(
        self, n: int, *, rng: np.random.Generator, world: World, calendar: Calendar, start_at: int
    ) -> None:
        self.n, self.rng = n, rng
        first = calendar.day(start_at)
        self.midnights = np.array([calendar.midnight(first + d) for d in range(ENROLMENT_DAYS + 40)])
        self.start_at, self.as_of = start_at, calendar.midnight(first + AS_OF_DAY)
        self.laboratories = tuple(laboratory.name for laboratory in world.laboratories)
        ports = world.ports.options
        sites = sorted({site.code for port in ports for site in port.sites})
        homes = sorted(world.homes.options)
        self.places = (*(port.code for port in ports), *sites, *homes)
        number = {code: i for i, code in enumerate(self.places)}
        self.port = rng.integers(0, len(ports), n).astype(np.int16)
        table, counts = _site_table([[number[site.code] for site in port.sites] for port in ports])
        self.site = table[self.port, (rng.random(n) * counts[self.port]).astype(np.int64)]
        self.home = (len(ports) + len(sites) + rng.integers(0, len(homes), n)).astype(np.int16)
        self.parts: list[tuple[np.ndarray, ...]] = []  # subject, at and the codes of one kind of deed
        self.turned_at = np.full(n, np.iinfo(np.int64).max)  # of the first positive result

    def stream(self) -> Stream:
        """Everybody's deeds, in the order in which the records arrived."""
        entry_at = self.start_at + self._within(0, ENROLMENT_DAYS * DAY)
        self._deed(ENTRY, entry_at, place=self.port, home=self.home)
        self._deed(SAMPLE, entry_at + self._within(HOUR // 4, 2 * HOUR), place=self.port)
        late = self._hits(LATE)
        admitted_at = entry_at + np.where(
            late, self._within(12 * HOUR, 20 * HOUR), self._within(2 * HOUR, 9 * HOUR)
        )
        self._deed(ADMITTED, admitted_at, place=self.site)
        day = self._day(admitted_at)
        for n in SITE_DAYS:
            twice = n == SITE_DAYS[-1]
            self._test(day + n - 1, not_before=admitted_at, place=self.site, twice=twice, lab=0)
        released_at = self.midnights[day + SITE_DAYS[-1] - 1] + self._within(20 * HOUR, 23 * HOUR)
        self._deed(RELEASED, released_at, place=self.site)
        self._deed(RECEIVED, released_at + self._within(3 * HOUR, 20 * HOUR), place=self.home)
        for n in HOME_DAYS:
            home_day = day + SITE_DAYS[-1] - 1 + n - 1
            self._test(home_day, not_before=released_at, place=self.home, twice=False, lab=1)
        self._until_positive()
        return self._in_arrival_order()

    def _deed(self, kind: int, at: np.ndarray, **codes: np.ndarray | int) -> None:
        self._some(kind, at, subject=np.arange(self.n, dtype=np.int32), **codes)

    def _some(
        self,
        kind: int,
        at: np.ndarray,
        *,
        subject: np.ndarray,
        place: np.ndarray,
        home: np.ndarray | int = -1,
        result: np.ndarray | int = NONE,
        laboratory: int = -1,
    ) -> None:
        """A deed of some travellers; ``place`` and ``home`` are one entry a traveller of all."""
        n = len(subject)
        self.parts.append(
            (
                subject,
                np.full(n, kind, np.int8),
                at,
                np.broadcast_to(np.asarray(result, np.int8), n),
                np.full(n, laboratory, np.int8),
                place[subject],
                home[subject] if isinstance(home, np.ndarray) else np.full(n, home, np.int16),
            )
        )

    def _test(
        self, day: np.ndarray, *, not_before: np.ndarray, place: np.ndarray, twice: bool, lab: int
    ) -> None:
        done = np.flatnonzero(~self._hits(MISSING)).astype(np.int32)
        day = day[done] + (self._hits(LATE)[done])
        at = self.midnights[day] + self._within(13 * HOUR, 19 * HOUR)[done]
        at = np.minimum(np.maximum(at, not_before[done] + HOUR // 3), self.midnights[day + 1] - 60)
        result = np.where(self._hits(POSITIVE_SHARE)[done], POSITIVE, NEGATIVE).astype(np.int8)
        turned = result == POSITIVE
        self.turned_at[done[turned]] = np.minimum(self.turned_at[done[turned]], at[turned])
        self._some(TEST, at, subject=done, place=place, result=result, laboratory=lab)
        if twice:
            self._some(TEST, at + HOUR // 2, subject=done, place=place, result=NEGATIVE, laboratory=2)

    def _until_positive(self) -> None:
        """Nothing follows a positive result but the hospital."""
        self.parts = [
            tuple(column[kept] for column in part)
            for part in self.parts
            for kept in [part[2] <= self.turned_at[part[0]]]
        ]
        turned = np.flatnonzero(self.turned_at < np.iinfo(np.int64).max).astype(np.int32)
        self._some(HOSPITAL, self.turned_at[turned] + HOUR, subject=turned, place=self.site)

    def _in_arrival_order(self) -> Stream:
        subject, kind, at, result, laboratory, place, home = map(
            np.concatenate, zip(*self.parts, strict=True)
        )
        self.parts.clear()
        n = len(subject)
        lag = np.minimum(self.rng.exponential(MEAN_LAG, n), LONGEST_LAG).astype(np.int64)
        recorded_at = at + lag
        known = np.flatnonzero(recorded_at <= self.as_of)
        again = known[self.rng.random(len(known)) < REPEATED]
        rows = np.concatenate([known, again])
        arrives_at = recorded_at[rows]
        arrives_at[len(known) :] += self.rng.integers(HOUR, DAY, len(again))
        rows = rows[np.argsort(arrives_at, kind="stable")]
        return Stream(
            subject=subject[rows],
            kind=kind[rows],
            at=at[rows],
            recorded_at=recorded_at[rows],
            key=rows.astype(np.int32),
            result=result[rows],
            laboratory=laboratory[rows],
            place=place[rows],
            home=home[rows],
            places=self.places,
            laboratories=self.laboratories,
            n_loops=self.n,
            as_of=self.as_of,
        )

    def _within(self, low: int, high: int) -> np.ndarray:
        return self.rng.integers(low, high, self.n)

    def _hits(self, share: float) -> np.ndarray:
        return self.rng.random(self.n, dtype=np.float32) < share

    def _day(self, at: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.midnights, at, side="right") - 1


def _site_table(numbers: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Ragged lists of places as a table and the length of each row."""
    table = np.zeros((len(numbers), max(map(len, numbers))), dtype=np.int16)
    for i, row in enumerate(numbers):
        table[i, : len(row)] = row
    return table, np.array([len(row) for row in numbers])
