"""The log of facts: rows go in once, in the order of their arrival, and are read by subject or by id.

Facts that may have been told before are looked up and compared; all others are written as they come.
Which those are is known without reading (see ``ways``), so that a batch in which all is new pays next
to nothing for the certainty that nothing is taken twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from zlib import crc32

import numpy as np

from fengsui.engines.numbering import Subjects, Words, rows_in
from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.ways import Ties, Way, pairs
from fengsui.facts.batch import Batch, Row, fact_of
from fengsui.facts.effective import SAME
from fengsui.facts.fact import Fact
from fengsui.facts.store import Conflict, same_content

NOTICES = (SAME, "source.complete", "post.assigned")  # kinds that speak of the world at large
AFTER_ALL = 2**62  # a sequence number no fact reaches

_INSERT = "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_COLUMNS = (
    "f.seq, f.kind, s.key, f.at, f.recorded_at, f.source, f.key, f.span, f.place, f.by, f.data, f.supersedes"
)
_READ = f"SELECT {_COLUMNS} FROM fact f JOIN subject s ON s.id = f.subject"
_AMONG = f"{_READ} WHERE f.seq IN ({{}})"


@dataclass(frozen=True, slots=True)
class Stored:
    """A fact and its sequence number."""

    seq: int
    fact: Fact


@dataclass(slots=True)
class Arrival:
    """What became of a batch: row i has the sequence number ``first + i`` if it is among ``new``.

    ``subjects`` and ``ties``: int64, the subject number and the tie of every row. ``shifted``: facts that
    count from another moment on since they were recorded earlier than known, and that moment.
    """

    first: int
    new: list[int]  # indices into the batch
    subjects: np.ndarray
    ties: np.ndarray
    kinds: list[int]  # words, as are places and sources
    places: list[int]
    sources: list[int]
    told: dict[int, int] = field(default_factory=dict)  # row that is not new → seq of the fact told first
    repeats: list[int] = field(default_factory=list)  # indices into the batch
    conflicts: list[Conflict] = field(default_factory=list)
    earlier: dict[int, int] = field(default_factory=dict)  # seq of facts → recorded_at before this batch
    moved: dict[int, tuple[str, str]] = field(default_factory=dict)  # seq → id and subject of these
    shifted: dict[int, int] = field(default_factory=dict)


class FactLog:
    """The table ``fact`` and the small tables that lead into it."""

    def __init__(self, connection: Connection, words: Words, subjects: Subjects) -> None:
        self._connection = connection
        self._words = words
        self._subjects = subjects
        sql = "SELECT seq, {} FROM fact WHERE seq > ?"
        self._ties = Ties(connection, "tie", pairs(connection, sql.format("tie")))
        self._of_subject = Way(connection, "subject", pairs(connection, sql.format("subject")))
        self.load()

    def load(self) -> None:
        """Find the end of the log, and read what is kept at hand."""
        self._ties.load()
        self._of_subject.load()
        self._latest: tuple[int, Batch] = (AFTER_ALL, Batch())
        self._next = self._connection.execute("SELECT coalesce(max(seq), 0) + 1 FROM fact").fetchone()[0]
        self._carriers = set(self._connection.execute("SELECT kind, place, source FROM carrier").fetchall())

    def prepare(self, batch: Batch) -> Arrival:
        """Number a batch and find out what of it is new; of two facts with one identity, the earlier."""
        n = len(batch)
        words = (self._words.numbers(column) for column in (batch.kind, batch.place, batch.source))
        subjects = self._subjects.numbered(batch.subject)
        ties = ties_of(batch, is_large=self._subjects.are_held)
        arrival = Arrival(self._next, list(range(n)), subjects, ties, *words)
        arrival.told = self._told_before(batch, arrival)
        if arrival.told:
            arrival.new = [i for i in arrival.new if i not in arrival.told]
        return arrival

    def arrive(self, batch: Batch, arrival: Arrival) -> None:
        """Write what is new, and compare the rest with what was told before."""
        self._write(batch, arrival)
        self._latest = (arrival.first, batch)
        self._compare(batch, arrival)
        self._next += len(batch)
        self._note(batch, arrival)

    @property
    def next(self) -> int:
        """The sequence number the next fact will have."""
        return self._next

    def settle(self) -> None:
        """At the end of a transaction: make the ways into the log as long as the log, if that is due."""
        self._ties.write()
        self._of_subject.write()
        self._subjects.settle()

    def of_subjects(self, keys: Iterable[str]) -> dict[str, list[Stored]]:
        """Every record of some subjects, effective or not, by subject."""
        numbers = self._subjects.known(keys)
        found: dict[str, list[Stored]] = defaultdict(list)
        for stored in self.of_seqs(self._of_subject.find(list(numbers.values()))):
            found[stored.fact.subject].append(stored)
        return found

    def of_ids(self, ids: Iterable[str]) -> dict[str, Stored]:
        """The facts of these ids that there are."""
        identities = {tuple(name.split(":", 1)): name for name in ids if ":" in name}
        seqs = self._seqs_of(identities)
        stored = {one.seq: one for one in self.of_seqs(seqs.values())}
        return {identities[identity]: stored[seq] for identity, seq in seqs.items()}

    def names_of(self, seqs: Iterable[int]) -> dict[int, str]:
        """Sequence number → id of the fact."""
        seqs = list(seqs)
        first, batch = self._latest
        found = {seq: f"{batch.source[seq - first]}:{batch.key[seq - first]}" for seq in seqs if seq >= first}
        before = (seq for seq in seqs if seq < first)
        rows = rows_in(self._connection, "SELECT seq, source, key FROM fact WHERE seq IN ({})", before)
        return found | {seq: f"{self._words.text(source)}:{key}" for seq, source, key in rows}

    def of_seqs(self, seqs: Iterable[int]) -> list[Stored]:
        """The facts of these sequence numbers."""
        return list(map(self._stored, rows_in(self._connection, _AMONG, seqs)))

    def after(self, seq: int, *, limit: int) -> list[Stored]:
        """The records behind a sequence number, in the order of their numbers."""
        sql = f"{_READ} WHERE f.seq > ? ORDER BY f.seq LIMIT ?"
        return list(map(self._stored, self._connection.execute(sql, (seq, limit)).fetchall()))

    def notices(self, kind: str) -> list[Stored]:
        """Every record of one of the kinds in ``NOTICES``."""
        number = self._words.known(kind)
        sql = f"{_READ} WHERE f.seq IN (SELECT fact FROM notice WHERE kind = ?)"
        return list(map(self._stored, self._connection.execute(sql, (number,)).fetchall())) if number else []

    def carriers(self) -> list[tuple[str, str | None, str]]:
        """Every (kind, place, source) some fact has."""
        text = self._words.text
        return [(text(kind), text(place), text(source)) for kind, place, source in self._carriers]

    def by_subject(self) -> Iterator[tuple[str, list[Stored]]]:
        """Every record there is, subject by subject."""
        cursor = self._connection.cursor()
        held: list[Stored] = []
        for row in cursor.execute(f"{_READ} ORDER BY f.subject, f.seq"):
            stored = self._stored(row)
            if held and held[0].fact.subject != stored.fact.subject:
                yield held[0].fact.subject, held
                held = []
            held.append(stored)
        if held:
            yield held[0].fact.subject, held

    def _told_before(self, batch: Batch, arrival: Arrival) -> dict[int, int]:
        """Row → sequence number of the fact that was told first, of the rows that are not new."""
        ties = arrival.ties
        suspects = ties[self._ties.suspects(ties)]
        if not len(suspects):
            return {}
        # The first of two that come in one batch is no suspect itself, but has to be met first.
        rows = np.flatnonzero(np.isin(ties, suspects)).tolist()
        identities = [(batch.source[i], batch.key[i]) for i in rows]
        seqs = self._seqs_of(identities)
        told: dict[int, int] = {}
        for i, identity in zip(rows, identities, strict=True):
            if seqs.setdefault(identity, arrival.first + i) != arrival.first + i:
                told[i] = seqs[identity]
        return told

    def _seqs_of(self, identities: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """(source, key) → sequence number, of those that are in the log."""
        wanted = set(identities)
        ties = [crc32(f"{source}:{key}".encode()) for source, key in wanted]
        sql = "SELECT seq, source, key FROM fact WHERE seq IN ({})"
        rows = rows_in(self._connection, sql, self._ties.find(ties) if ties else ())
        found = {(self._words.text(source), key): seq for seq, source, key in rows}
        return {identity: seq for identity, seq in found.items() if identity in wanted}

    def _write(self, batch: Batch, arrival: Arrival) -> None:
        """Write the new rows. None is written as the empty text or word 0."""
        first, n = arrival.first, len(batch)
        rows: Iterable[tuple] = zip(
            range(first, first + n),
            arrival.subjects.tolist(),
            arrival.kinds,
            batch.at,
            batch.recorded_at,
            batch.span,
            arrival.places,
            _texts(batch.by),
            arrival.sources,
            batch.key,
            batch.data,
            _texts(batch.supersedes),
            arrival.ties.tolist(),
            strict=True,
        )
        if len(arrival.new) < n:
            rows = compress(rows, [i not in arrival.told for i in range(n)])
        self._connection.executemany(_INSERT, rows)
        new = np.array(arrival.new, dtype=np.int64)
        for way, numbers in ((self._ties, arrival.ties), (self._of_subject, arrival.subjects)):
            way.extend(np.column_stack([first + new, numbers[new]]))

    def _compare(self, batch: Batch, arrival: Arrival) -> None:
        """Hold the rows that are not new against the facts of their identities that were told first."""
        told = sorted(set(arrival.told.values()))
        kept = {row[0]: self._row(row) for row in rows_in(self._connection, _AMONG, told)}
        for index, seq in arrival.told.items():
            first = kept[seq]
            offered = _plain(tuple(column[index] for column in batch.columns()))
            if not same_content(first, offered):
                arrival.conflicts.append(Conflict(index, first, offered))
                continue
            arrival.repeats.append(index)
            if offered[3] < first[3]:
                self._move_earlier(seq, first, offered[3], arrival=arrival)
                kept[seq] = (*first[:3], offered[3], *first[4:])

    def _move_earlier(self, seq: int, kept: Row, recorded_at: int, *, arrival: Arrival) -> None:
        self._connection.execute("UPDATE fact SET recorded_at = ? WHERE seq = ?", (recorded_at, seq))
        when = min(kept[2], recorded_at)
        if when != min(kept[2], kept[3]):
            arrival.shifted[seq] = when
        if seq < arrival.first:
            arrival.earlier.setdefault(seq, kept[3])
        if seq < arrival.first or seq in arrival.shifted:
            arrival.moved[seq] = (f"{kept[4]}:{kept[5]}", kept[1])

    def _note(self, batch: Batch, arrival: Arrival) -> None:
        """Enter the new facts that speak of the world at large, and who brings what from where."""
        kinds = set(batch.kind).intersection(NOTICES)
        rows = [
            (self._words.number(batch.kind[i]), arrival.first + i)
            for i in (arrival.new if kinds else ())
            if batch.kind[i] in kinds
        ]
        self._connection.executemany("INSERT INTO notice VALUES (?, ?)", rows)
        carriers = set(zip(arrival.kinds, arrival.places, arrival.sources, strict=True)) - self._carriers
        self._connection.executemany("INSERT INTO carrier VALUES (?, ?, ?)", sorted(carriers))
        self._carriers |= carriers

    def _row(self, row: tuple) -> Row:
        _, kind, subject, at, recorded_at, source, key, span, place, by, data, supersedes = row
        text = self._words.text
        return (
            text(kind), subject, at, recorded_at, text(source), key, span, text(place), by or None, data,
            supersedes or None,
        )  # fmt: skip

    def _stored(self, row: tuple) -> Stored:
        return Stored(row[0], fact_of(self._row(row)))


def ties_of(batch: Batch, *, is_large: bool) -> np.ndarray:
    """int64[n]: ``acts.tie`` of every fact of a batch; compiled, if that is worth loading for it."""
    begun = {source: crc32(f"{source}:".encode()) for source in set(batch.source)}
    if is_large:
        from fengsui.engines.checksums import checksums

        return checksums(batch.key, np.array(list(map(begun.__getitem__, batch.source)), np.int64))
    names = zip(batch.source, batch.key, strict=True)
    return np.array([crc32(key.encode(), begun[source]) for source, key in names], dtype=np.int64)


def _texts(column: Sequence[str | None]) -> list[str]:
    return [text or "" for text in column] if any(column) else [""] * len(column)


def _plain(row: Row) -> Row:
    """A row as it reads back: an empty text in place of None is None."""
    return (*row[:7], row[7] or None, row[8] or None, row[9], row[10] or None)
