"""A version tried on the facts of a region: read from the file as columns, without making values of them.

Only what some rule of either side reads is taken. Where a rule reads what follows from other loops, the
facts are derived first, subject by subject, which takes as long as it takes.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from fengsui.engines.home import Home
from fengsui.engines.looks import Looks
from fengsui.engines.numbering import Words, rows_in
from fengsui.engines.sqlite_driver import Connection, connect
from fengsui.facts.batch import fact_of
from fengsui.facts.effective import SAME, canonical, ineffective
from fengsui.facts.fact import Fact
from fengsui.loops.columns import Columns
from fengsui.loops.dry_run import DryRun, Trial, dry_run
from fengsui.loops.loop import loop_id
from fengsui.loops.outlook import Outlook, outlook
from fengsui.loops.strata import Rules

Progress = Callable[[int, int], None]

AT_ONCE = 50_000  # facts
_READ = "SELECT seq, subject, kind, at, recorded_at, source, span, place, by, data, tie FROM fact"
_WHOLE = (
    "SELECT kind, subject, at, recorded_at, source, key, span, place, by, data, supersedes FROM facts"
    " WHERE seq IN ({})"
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a version would do: loop by loop, and added up."""

    effect: DryRun
    outlook: Outlook


def tried(
    home: Home,
    before: Rules,
    after: Rules,
    *,
    name: str,
    version: str,
    as_of: int,
    known_at: int,
    progress: Progress,
) -> Tried:
    """What ``version`` of protocol ``name`` (in ``after``) would do to the loops of a region."""
    trial = Trial(before, after, name=name, version=version, world=home.world, now=as_of)
    told = {tell.fact for held in home.rules.versions.values() for v in held for tell in v.tells}
    if any("#" in kind or kind in told for kind in trial.derivation.codebook.asked):
        read_by = (*before.versions[name], *after.versions[name])
        histories = home.histories(read_by, as_of=as_of, known_at=known_at)
        cols, _ = trial.derivation.columns([*histories.values()])
        effect = dry_run(before, after, histories, name=name, version=version, world=home.world, now=as_of)
        return Tried(effect, outlook(trial, cols))
    with closing(connect(home.path, read_only=True)) as connection:
        log = _Log(connection, trial, as_of, known_at)
        cols, subjects = log.columns(progress)
        effect = trial.run(cols, named=lambda s, f: log.named(int(subjects[s]), int(cols.ref[f])))
        return Tried(effect, outlook(trial, cols))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Facts as columns, in no order. Subjects are numbers of the file."""

    seq: np.ndarray
    subject: np.ndarray
    when: np.ndarray
    span: np.ndarray
    place: np.ndarray  # the kernel's
    look: np.ndarray
    tie: np.ndarray

    def chosen(self, which: np.ndarray) -> "_Rows":
        """Some of them, or all in another order."""
        return _Rows(*(getattr(self, name)[which] for name in self.__slots__))


class _Log:
    """The facts of a file at a moment, as the kernel of a trial reads them."""

    def __init__(self, connection: Connection, trial: Trial, as_of: int, known_at: int) -> None:
        self._connection = connection
        self._trial, self._kernel = trial, trial.derivation
        self._as_of, self._known_at = as_of, known_at
        self._words = Words(connection)
        self._looks = Looks(self._kernel)
        self._names: dict[int, str] = {}  # of subjects that are the same as others

    def columns(self, progress: Progress) -> tuple[Columns, np.ndarray]:
        """The columns, and the number of each of their subjects."""
        rows = self._effective(self._read(progress))
        order = np.lexsort((rows.tie, rows.when, rows.subject))
        rows = rows.chosen(order)
        subjects, first = np.unique(rows.subject, return_index=True)
        seen = self._looks.rows[rows.look]
        extra = np.ascontiguousarray(seen[:, 1:].T) if self._looks.n_fields else np.full((1, len(seen)), -1)
        cols = Columns(
            start=np.append(first, len(rows.seq)).astype(np.int64),
            when=rows.when,
            span=rows.span.astype(np.int32),
            code=seen[:, 0].astype(np.int32),
            place=rows.place.astype(np.int32),
            extra=extra,
            ref=rows.seq,
            tie=rows.tie,
        )
        return cols, subjects

    def named(self, subject: int, seq: int) -> tuple[str, str]:
        """A loop's id and its subject, by the numbers of the subject and of the opening fact."""
        called = self._names.get(subject) or self._one("SELECT key FROM subject WHERE id = ?", subject)[0]
        source, key = self._one("SELECT source, key FROM fact WHERE seq = ?", seq)
        return loop_id(self._trial.name, called, f"{self._words.text(source)}:{key}"), called

    def _one(self, sql: str, number: int) -> tuple:
        return self._connection.execute(sql, (number,)).fetchone()

    def _read(self, progress: Progress) -> _Rows:
        """Every record of the kinds that are read, known by then and of something that had happened."""
        numbers = (self._words.known(kind) for kind in self._kernel.codebook.asked)
        kinds = ", ".join(str(number) for number in numbers if number)
        total = self._connection.execute("SELECT coalesce(max(seq), 0) FROM fact").fetchone()[0]
        cursor = self._connection.execute(
            f"{_READ} WHERE kind IN ({kinds}) AND recorded_at <= ? AND min(at, recorded_at) <= ?",
            (self._known_at, self._as_of),
        )
        parts = []
        while held := cursor.fetchmany(AT_ONCE):
            parts.append(self._part(held))
            progress(held[-1][0], max(total, 1))
        return _joined(parts)

    def _part(self, held: list[tuple]) -> _Rows:
        seq, subject, kind, at, recorded, source, span, place, by, data, tie = zip(*held, strict=True)
        text = self._words.text
        look = self._looks.of_columns(
            list(map(text, kind)),
            data,
            [name or None for name in by],
            list(map(text, place)),
            source=list(map(text, source)),
        )
        number = {word: self._kernel.places.number(text(word)) for word in set(place)}
        places = [number[word] for word in place]
        when = np.minimum(np.array(at, np.int64), np.array(recorded, np.int64))
        columns = (seq, subject, when, span, places, look, tie)
        return _Rows(*(np.array(column, np.int64) for column in columns))

    def _effective(self, rows: _Rows) -> _Rows:
        """Without what was corrected or taken back, and whoever is the same under one number."""
        corrections = self._facts("SELECT fact FROM correction")
        gone = ineffective(fact for fact in corrections if fact.recorded_at <= self._known_at)
        if gone:
            ties = np.array([crc32(name.encode()) for name in gone], np.int64)
            suspects = rows.seq[np.isin(rows.tie, ties)].tolist()
            read = rows_in(self._connection, "SELECT seq, source, key FROM fact WHERE seq IN ({})", suspects)
            left_out = [seq for seq, source, key in read if f"{self._words.text(source)}:{key}" in gone]
            rows = rows.chosen(~np.isin(rows.seq, left_out))
        same = self._words.known(SAME)
        notices = self._facts("SELECT fact FROM notice WHERE kind = ?", same) if same else []
        people = canonical([*notices, *corrections], known_at=self._known_at)
        return self._merged(rows, people) if people else rows

    def _merged(self, rows: _Rows, people: dict[str, str]) -> _Rows:
        """One number for all who are the same: that of any of them."""
        sql = "SELECT key, id FROM subject WHERE key IN ({})"
        number = dict(rows_in(self._connection, sql, list(people)))
        one = {people[key]: there for key, there in number.items()}
        subject = rows.subject.copy()
        for key, there in number.items():
            subject[rows.subject == there] = one[people[key]]
        self._names = {there: name for name, there in one.items()}
        return _Rows(rows.seq, subject, rows.when, rows.span, rows.place, rows.look, rows.tie)

    def _facts(self, sql: str, *given: int) -> list[Fact]:
        seqs = [seq for (seq,) in self._connection.execute(sql, given)]
        return [fact_of(_plain(row)) for row in rows_in(self._connection, _WHOLE, seqs)]


def _plain(row: tuple) -> tuple:
    """A row of the view as a row of facts: the empty text is nothing."""
    place, by, data, supersedes = row[7:]
    return (*row[:7], place or None, by or None, data, supersedes or None)


def _joined(parts: Iterable[_Rows]) -> _Rows:
    held = list(parts)
    empty = np.empty(0, np.int64)
    return _Rows(*(np.concatenate([empty, *(getattr(p, name) for p in held)]) for name in _Rows.__slots__))
