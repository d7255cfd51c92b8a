"""A version tried on the facts of a region: read from the file as columns, without making values of them.

Only what some rule of either side reads is taken. Where a rule reads what follows from other loops, that is
derived beforehand, for the few who can have any of it (see ``fed``), and joins the columns.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

import numpy as np

from fengsui.engines.address import connect_to
from fengsui.engines.fed import Fed, Feeding, Standing, whole
from fengsui.engines.home import Home
from fengsui.engines.looks import Looks
from fengsui.engines.numbering import Subjects, Words, rows_in
from fengsui.engines.people import People
from fengsui.engines.sqlite_driver import Connection
from fengsui.facts.batch import data_text
from fengsui.facts.effective import SAME, canonical, ineffective
from fengsui.facts.fact import Fact
from fengsui.loops.acts import tie
from fengsui.loops.columns import Columns
from fengsui.loops.dry_run import DryRun, Trial
from fengsui.loops.loop import loop_id
from fengsui.loops.outlook import Outlook, outlook
from fengsui.loops.strata import Rules

Progress = Callable[[int, int], None]

AT_ONCE = 50_000  # facts
_READ = (
    "SELECT seq, subject, kind, at, recorded_at, source, span, place, by, data, tie FROM fact"
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
    feeding = Feeding(home.rules.as_of(as_of), home.world, trial.derivation.rules.versions)
    with closing(connect_to(home.path, read_only=True)) as connection:
        log = _Log(connection, trial, as_of, known_at)
        cols, subjects = log.columns(feeding, progress)
        effect = trial.run(cols, named=lambda s, f: log.named(int(subjects[s]), int(cols.ref[f])))
        return Tried(effect, outlook(trial, cols))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Facts as columns, in no order. Subjects are numbers of the file."""

    seq: np.ndarray  # of a derived fact, which has none, a negative number
    subject: np.ndarray
    when: np.ndarray
    span: np.ndarray
    place: np.ndarray  # the kernel's
    look: np.ndarray
    tie: np.ndarray

    def chosen(self, which: np.ndarray) -> "_Rows":
        """Some of them, or all in another order."""
        return _Rows(*(getattr(self, name)[which] for name in self.__slots__))

    def under(self, subject: np.ndarray) -> "_Rows":
        """The same facts of other subjects."""
        return _Rows(self.seq, subject, self.when, self.span, self.place, self.look, self.tie)


class _Log:
    """The facts of a file at a moment, as the kernel of a trial reads them."""

    def __init__(self, connection: Connection, trial: Trial, as_of: int, known_at: int) -> None:
        self._connection = connection
        self._trial, self._kernel = trial, trial.derivation
        self._as_of, self._known_at = as_of, known_at
        self._words = Words(connection)
        self._looks = Looks(self._kernel)
        self._names: dict[int, str] = {}  # of subjects that are the same as others
        self._derived: list[Fact] = []

    def columns(self, feeding: Feeding, progress: Progress) -> tuple[Columns, np.ndarray]:
        """The columns, and the number of each of their subjects."""
        standing = self._standing()
        fed = Fed(self._connection, self._words, feeding, standing).facts() if feeding.names else []
        seqs = self._read_by_some_loop(fed, standing)
        rows = _joined([self._effective(self._read(seqs, progress), standing), self._rows_of(fed)])
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
        return loop_id(self._trial.name, called, self._id_of(seq)), called

    def _id_of(self, seq: int) -> str:
        if seq < 0:
            return self._derived[-1 - seq].id
        source, key = self._one("SELECT source, key FROM fact WHERE seq = ?", seq)
        return f"{self._words.text(source)}:{key}"

    def _one(self, sql: str, number: int) -> tuple:
        return self._connection.execute(sql, (number,)).fetchone()

    def _read_by_some_loop(self, fed: list[tuple[int, Fact]], standing: Standing) -> list[int]:
        """The records of the kinds that are read, of all for whom some loop may have been opened."""
        opening = set().union(*self._kernel.rules.opening_kinds.values())
        _, opened = self._happened(opening)
        derived = [subject for subject, fact in fed if fact.kind in opening]
        seq, subject = self._happened(self._kernel.codebook.asked)
        has_loop = np.isin(standing.merged(subject), np.append(standing.merged(opened), derived))
        return seq[has_loop].tolist()

    def _happened(self, kinds: Iterable[str]) -> tuple[np.ndarray, np.ndarray]:
        """Record and subject of all that had happened, known by then, of some kinds."""
        numbers = (self._words.known(kind) for kind in sorted(kinds))
        among = ", ".join(str(number) for number in numbers if number) or "NULL"
        rows = self._connection.execute(
            f"SELECT seq, subject FROM fact WHERE kind IN ({among})"
            " AND recorded_at <= ? AND (at <= ? OR recorded_at <= ?)",
            (self._known_at, self._as_of, self._as_of),
        ).fetchall()
        seq, subject = np.array(rows, np.int64).reshape(len(rows), 2).T
        return seq, subject

    def _read(self, seqs: list[int], progress: Progress) -> _Rows:
        """The records of these numbers, as columns."""
        cursor = rows_in(self._connection, _READ, seqs)
        parts = []
        while held := list(islice(cursor, AT_ONCE)):
            parts.append(self._part(held))
            progress(min(len(parts) * AT_ONCE, len(seqs)), len(seqs))
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

    def _rows_of(self, derived: list[tuple[int, Fact]]) -> _Rows:
        """Derived facts, each with the number of its subject."""
        self._derived = facts = [fact for _, fact in derived]
        look = self._looks.of_columns(
            [fact.kind for fact in facts],
            [data_text(fact.data) for fact in facts],
            [fact.by for fact in facts],
            [fact.place for fact in facts],
            source=[fact.source for fact in facts],
        )
        columns = (
            [-1 - i for i in range(len(facts))],
            [subject for subject, _ in derived],
            [fact.when for fact in facts],
            [fact.span for fact in facts],
            [self._kernel.places.number(fact.place) for fact in facts],
            look,
            [tie(fact.id) for fact in facts],
        )
        return _Rows(*(np.array(column, np.int64) for column in columns))

    def _standing(self) -> Standing:
        """What was corrected or taken back by then, and who is the same as whom: all under one number."""
        corrections = self._facts("SELECT fact FROM correction")
        gone = ineffective(fact for fact in corrections if fact.recorded_at <= self._known_at)
        same = self._words.known(SAME)
        notices = self._facts("SELECT fact FROM notice WHERE kind = ?", same) if same else []
        names = canonical([*notices, *corrections], known_at=self._known_at)
        number = Subjects(self._connection).known(names) if names else {}
        of_name = {names[key]: there for key, there in number.items()}
        self._names = {there: name for name, there in of_name.items()}
        one = {there: of_name[names[key]] for key, there in number.items()}
        return Standing(self._as_of, self._known_at, gone, People(names), one)

    def _effective(self, rows: _Rows, standing: Standing) -> _Rows:
        """Without what was corrected or taken back, and whoever is the same under one number."""
        if standing.gone:
            ties = np.array([tie(name) for name in standing.gone], np.int64)
            suspects = rows.seq[np.isin(rows.tie, ties)].tolist()
            read = rows_in(self._connection, "SELECT seq, source, key FROM fact WHERE seq IN ({})", suspects)
            text = self._words.text
            left_out = [seq for seq, source, key in read if f"{text(source)}:{key}" in standing.gone]
            rows = rows.chosen(~np.isin(rows.seq, left_out))
        return rows.under(standing.merged(rows.subject))

    def _facts(self, sql: str, *given: int) -> list[Fact]:
        seqs = [seq for (seq,) in self._connection.execute(sql, given)]
        return whole(self._connection, self._words, seqs)


def _joined(parts: Iterable[_Rows]) -> _Rows:
    held = list(parts)
    empty = np.empty(0, np.int64)
    return _Rows(*(np.concatenate([empty, *(getattr(p, name) for p in held)]) for name in _Rows.__slots__))
