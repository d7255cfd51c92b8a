"""Take facts that a system tells, a line each: what became of every line, in the order of the lines.

A line stands for itself: one that cannot be taken is handed back with what is wrong, and the others are
taken, all in one transaction. The id of a fact is its key under the source of the teller, so what is sent
again, because the answer was lost or a queue was played twice, is there once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec

from fengsui.access.policy import Grant, is_within
from fengsui.access.visit import Visit
from fengsui.facts.batch import COLUMNS, Batch, Row, data_text
from fengsui.facts.catalogue import FieldType, Kind
from fengsui.facts.check import Checker
from fengsui.facts.fact import Fact
from fengsui.facts.store import CONTENT, Store
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import DAY, parse
from fengsui.sources.within import Elsewhere, Within, elsewhere

VERB = "upload"
ROWS_MOST = 20_000  # lines of one request; for more, send several
LINE_MOST = 64 * 1024  # bytes of a line
AHEAD = 300  # seconds a teller's clock may be ahead of ours and still have recorded something by now
OLDEST = -2_208_988_800  # 1900-01-01: before, nothing was told by a machine, and 0001 is how it writes "none"
LARGEST = 2**53  # of whole numbers: beyond, programs that calculate in floating point do not agree
KIND, RECORDED_AT, SOURCE, KEY, PLACE, OTHER = (
    COLUMNS.index(n) for n in ("kind", "recorded_at", "source", "key", "place", "supersedes")
)

Short = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Long = Annotated[str, msgspec.Meta(max_length=2_000)]
Whole = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
Time = Whole | Annotated[str, msgspec.Meta(max_length=60)]


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """One fact as a system tells it. Times: ISO 8601, or whole seconds since 1970-01-01T00:00:00Z.

    ``key``: the system's own number of this record. ``recorded_at``: when the record was made; on arrival,
    where it says nothing. ``supersedes``: the id of the record this one corrects or takes back.
    """

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    kind: Short
    subject: Short
    at: Time
    recorded_at: Time | None = None
    place: Short | None = None
    by: Short | None = None
    data: dict[str, Long | bool | Whole | float] = {}
    supersedes: Short | None = None


class Result(msgspec.Struct, omit_defaults=True):
    """What became of one line. ``row``: its number, the first is 1. ``id``: of the fact, if it stands."""

    row: int
    status: Literal["taken", "repeated", "refused"]
    key: str | None = None
    id: str | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a request: how many of each, and every line."""

    taken: int
    repeated: int
    refused: int
    results: tuple[Result, ...]


@dataclass
class _Part:
    """The lines that can still be taken: rows in the order of ``COLUMNS``, with the number of each line."""

    numbers: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    results: dict[int, Result] = field(default_factory=dict)

    def refuse(self, wrong: Mapping[int, Sequence[Finding]]) -> None:
        """Take rows out, by their places."""
        for i, findings in wrong.items():
            n, row = self.numbers[i], self.rows[i]
            self.results[n] = Result(n, "refused", row[KEY], findings=tuple(findings))
        if wrong:
            left = [i for i in range(len(self.rows)) if i not in wrong]
            self.numbers = [self.numbers[i] for i in left]
            self.rows = [self.rows[i] for i in left]


def tell_facts(visit: Visit, store: Store, lines: Iterable[bytes], *, source: str) -> Told:
    """Take what the lines tell, under ``source``. Denied; BadInput for more than ROWS_MOST lines.

    When it returns, everything that follows from them is derived. The audit says who told before they are
    taken. Lines without anything are skipped, and count as lines.
    """
    visit.need(VERB)
    part = _read(visit, lines, source)
    checker = Checker(visit.raw.kinds, visit.raw.world.areas)
    wrong = {i: _at_row(part.numbers[i], found) for i, found in checker.of_batch(Batch.of_rows(part.rows))}
    part.refuse(wrong)
    part.refuse(_beyond(visit, part, store))
    detail = {"source": source, "facts": len(part.rows), "refused": len(part.results)}
    visit.book.did(visit.actor.id, "told", f"source/{source}", reason=visit.reason, detail=detail)
    if part.rows:
        _take(part, store, now=visit.at)
    results = tuple(part.results[n] for n in sorted(part.results))
    n = {status: sum(r.status == status for r in results) for status in ("taken", "repeated", "refused")}
    return Told(**n, results=results)


def _take(part: _Part, store: Store, *, now: int) -> None:
    """Hand the rows over, and say of each whether it was new. A conflict is kept in the ledger."""
    taken = store.take(Batch.of_rows(part.rows), now=now)
    repeats = set(taken.repeats)
    for i, (n, row) in enumerate(zip(part.numbers, part.rows, strict=True)):
        status = "repeated" if i in repeats else "taken"
        part.results[n] = Result(n, status, row[KEY], f"{row[SOURCE]}:{row[KEY]}")
    for conflict in taken.conflicts:
        n, key = part.numbers[conflict.index], part.rows[conflict.index][KEY]
        # What was told first is not said: it may lie where this teller has no say any more.
        findings = tuple(
            Finding(f"row {n}", COLUMNS[i], repr(conflict.offered[i]), "what was told under this key before")
            for i in CONTENT
            if conflict.offered[i] != conflict.kept[i]
        )
        part.results[n] = Result(n, "refused", key, findings=findings)


def _read(visit: Visit, lines: Iterable[bytes], source: str) -> _Part:
    """Every line as a row, or what is wrong with it."""
    part, reader = _Part(), _Reader(visit, source)
    n_told = 0
    for n, line in enumerate(lines, 1):
        if not line.strip():
            continue
        n_told += 1
        if n_told > ROWS_MOST:
            found = Finding("body", "lines", f"more than {ROWS_MOST:,}", f"at most {ROWS_MOST:,} a request")
            raise BadInput("The request tells too much at once.", (found,))
        row = reader.row(n, line)
        if isinstance(row, Finding):
            part.results[n] = Result(n, "refused", findings=(row,))
        else:
            part.numbers.append(n)
            part.rows.append(row)
    return part


class _Reader:
    """Lines of one request."""

    def __init__(self, visit: Visit, source: str) -> None:
        self._source, self._now = source, visit.at
        self._zone = visit.raw.world.areas.region.zone
        self._kinds = visit.raw.kinds.kinds
        self._times: dict[str, tuple[str, ...]] = {}
        self._decode = msgspec.json.Decoder(Line).decode

    def row(self, n: int, line: bytes) -> Row | Finding:
        """A line as a row in the order of ``COLUMNS``, or the first thing that is wrong with it."""
        where = f"row {n}"
        if len(line) > LINE_MOST:
            return Finding(where, "", f"{len(line):,} bytes", f"at most {LINE_MOST:,} bytes")
        if b"\\u0000" in line:  # which PostgreSQL does not keep
            return Finding(where, "", "the character U+0000", "text without it")
        try:
            told = self._decode(line)
        except msgspec.ValidationError as error:
            said, _, place = str(error).partition(" - at ")
            return Finding(where, place.strip("`").removeprefix("$").removeprefix("."), "…", said)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Finding(where, "", str(error), "a JSON object in UTF-8")
        return self._of(where, told)

    def _of(self, where: str, told: Line) -> Row | Finding:
        if told.kind not in self._times:
            self._times[told.kind] = _times_of(self._kinds.get(told.kind))
        names = self._times[told.kind]
        times = {"at": told.at, **{f"data.{n}": told.data[n] for n in names if n in told.data}}
        if told.recorded_at is not None:
            times["recorded_at"] = told.recorded_at
        read: dict[str, tuple[int, int]] = {}
        for name, said in times.items():
            try:
                read[name] = parse(said, zone=self._zone) if isinstance(said, str) else (said, 0)
            except ValueError as error:
                return Finding(where, name, repr(said), str(error).removeprefix("expected "))
        at, span = read["at"]
        if at < OLDEST:
            return Finding(where, "at", repr(told.at), "1900-01-01 or later")
        recorded_at = sum(read.get("recorded_at", (self._now, 0)))
        if not OLDEST <= recorded_at <= self._now + AHEAD:
            return Finding(where, "recorded_at", repr(told.recorded_at), "a time that has been")
        data = told.data | {n: read[f"data.{n}"][0] for n in names if n in told.data}
        return (
            told.kind, told.subject, at, min(recorded_at, self._now), self._source, told.key,
            min(span, DAY * 2), told.place, told.by, data_text(data), told.supersedes,
        )  # fmt: skip


def _times_of(kind: Kind | None) -> tuple[str, ...]:
    """The fields of a kind that are times."""
    return tuple(name for name, of in kind.fields.items() if of.type is FieldType.TIME) if kind else ()


@dataclass(frozen=True, slots=True)
class _Voice:
    """What one post may tell, and how far."""

    tells: tuple[str, ...]
    grant: Grant

    def says(self, kind: str) -> bool:
        """Whether it tells facts of this kind."""
        return any(fnmatchcase(kind, pattern) for pattern in self.tells)


def _beyond(visit: Visit, part: _Part, store: Store) -> dict[int, list[Finding]]:
    """The rows that none of the teller's posts may tell: of a kind, or of a place, that is not theirs.

    Kind and place have to be one post's: who tells of ports here and of mines there tells of no mine here.
    """
    voices, areas = list(_voices(visit)), visit.raw.world.areas
    kinds = sorted({row[KIND] for row in part.rows})
    groups: dict[tuple[int, ...], set[str]] = {}
    for kind in kinds:
        groups.setdefault(tuple(i for i, v in enumerate(voices) if v.says(kind)), set()).add(kind)
    facts = tuple(list(column) for column in zip(*part.rows, strict=True)) or tuple([] for _ in COLUMNS)
    told = _Records(store)
    wrong: dict[int, list[Finding]] = {}
    for chosen, of in groups.items():
        mine = [voices[i] for i in chosen]
        within = Within(
            lambda place, mine=mine: any(is_within(v.grant, place, areas=areas) for v in mine), ""
        )
        named = ", ".join(sorted({v.grant.post.place or areas.codes[0] for v in mine}))
        # Who speaks for the whole region also corrects what has not arrived yet.
        away = elsewhere(facts, within, told.get) if mine and not within.admits(None) else {}
        for i, row in enumerate(part.rows):
            if row[KIND] not in of:
                continue
            number = part.numbers[i]
            said = _wrong_with(number, row, away.get(i), mine=mine, named=named, told=told)
            if said is not None:
                wrong[i] = [said]
    return wrong


def _wrong_with(
    n: int, row: Row, away: Elsewhere | None, *, mine: Sequence[_Voice], named: str, told: "_Records"
) -> Finding | None:
    """What is wrong with row ``n`` if it is beyond its teller. ``away``: what lies elsewhere in it."""
    where, other = f"row {n}", row[OTHER]
    if not mine:
        return Finding(where, "kind", repr(row[KIND]), "a kind your post may tell")
    record = told.get(other) if other else None
    foreign = record is not None and not any(voice.says(record.kind) for voice in mine)
    column, found = away or (PLACE, "")
    if foreign or column == OTHER:
        # One sentence for what is not there, what lies elsewhere and what is of another kind.
        expected = f"a record of a kind your post may tell, of a place of your own post: {named}"
        return Finding(where, "supersedes", repr(other), expected)
    return None if away is None else Finding(where, "place", found, f"a place of your own post: {named}")


@dataclass
class _Records:
    """What is on record, each looked up once."""

    store: Store
    found: dict[str, Fact | None] = field(default_factory=dict)

    def get(self, name: str) -> Fact | None:
        """The record of an id."""
        if name not in self.found:
            self.found[name] = self.store.told(name)
        return self.found[name]


def _voices(visit: Visit) -> Iterator[_Voice]:
    for post in visit.held():
        for profile in visit.policy.profiles_of(post.role):
            if VERB in profile.grants:
                yield _Voice(profile.tells, Grant(profile.grants[VERB], post, profile.stands_for_area))


def _at_row(n: int, findings: Iterable[Finding]) -> list[Finding]:
    return [Finding(f"row {n}", f.field, f.found, f.expected) for f in findings]
