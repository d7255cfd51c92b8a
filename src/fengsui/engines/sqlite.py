"""Facts and what follows from them in one SQLite file: the store everything runs on unless told otherwise.

``take`` is one transaction: facts, ledger, position in the file, and every derived row they change. A
process that dies leaves all of a batch or nothing of it.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Self

from fengsui.engines.derivation import Derivation
from fengsui.engines.ledger import Ledger
from fengsui.engines.log import FactLog
from fengsui.engines.lookup import Lookup
from fengsui.engines.migrations import migrate
from fengsui.engines.numbering import Steps, Subjects, Words
from fengsui.engines.places import Scopes
from fengsui.engines.reader import Reader
from fengsui.engines.rebuild import Progress, rebuild
from fengsui.engines.sqlite_driver import Checkpointer, Connection, connect, writing
from fengsui.engines.state import Listing
from fengsui.engines.upkeep import Upkeep
from fengsui.facts.batch import Batch
from fengsui.facts.effective import known
from fengsui.facts.fact import Fact
from fengsui.facts.store import NONE_SETTLED, FileMark, Refused, Taken
from fengsui.kit import errors
from fengsui.loops.loop import World
from fengsui.loops.strata import Rules

ENGINE = "1"  # part of the digest: to be counted up when the derived tables come to mean something else


def quiet(done: int, total: int) -> None:
    """Progress nobody looks at."""


class SqliteStore:
    """Implements ``facts.store.Store``; ``view`` answers the questions of ``engines.view.View``.

    One process writes at a time, others wait their turn. One store belongs to one thread.
    """

    def __init__(self, connection: Connection, rules: Rules, world: World) -> None:
        self._connection = connection
        self.digest = digest_of(rules, world)
        words, subjects, steps = Words(connection), Subjects(connection), Steps(connection)
        self._log = FactLog(connection, words, subjects)
        self._numberings = (words, subjects, steps)
        self._ledger = Ledger(connection)
        derivation = Derivation(rules, world)
        self._upkeep = Upkeep(
            connection, derivation, words=words, subjects=subjects, steps=steps, log=self._log
        )
        lookup = Lookup(self._log, self._upkeep.corrections, derivation)
        scopes = Scopes(Listing(world.areas))
        self._reader = Reader(connection, rules, scopes, lookup, words=words, subjects=subjects, steps=steps)
        self._seen = self._data_version()
        self._checkpointer: Checkpointer | None = None

    @classmethod
    def open(
        cls,
        path: Path | str,
        rules: Rules,
        world: World,
        *,
        synchronous: str = "NORMAL",
        read_only: bool = False,
        progress: Progress = quiet,
    ) -> Self:
        """The store in this file, which is made if it is not there.

        If protocols, areas or calendars changed since it was last written, everything is derived anew;
        opened to read only, that is Refused.
        """
        connection = connect(path, synchronous=synchronous, read_only=read_only)
        if not read_only:
            migrate(connection)
        store = cls(connection, rules, world)
        if not read_only:
            store._checkpointer = Checkpointer(path, synchronous=synchronous)
        if store.derived_under() != store.digest:
            if read_only:
                raise errors.Refused(
                    f"{path} was derived under other protocols, areas or calendars; "
                    "it has to be opened for writing once to be derived anew."
                )
            store.rebuild(now=0, progress=progress)
        return store

    def close(self) -> None:
        """Close the file."""
        if self._checkpointer:
            self._checkpointer.close()
        self._connection.close()

    @property
    def view(self) -> Reader:
        """What is owed as things stand now. For several questions that must agree, see ``reading``."""
        self._refresh()
        return self._reader

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reader]:
        """One state of the file for as long as it takes, whatever others commit meanwhile."""
        self._connection.execute("BEGIN")
        try:
            self._connection.execute("SELECT 1 FROM meta").fetchone()
            yield self.view
        finally:
            self._connection.execute("COMMIT")

    def take(
        self,
        batch: Batch,
        *,
        now: int,
        refused: Sequence[Refused] = (),
        settled: Mapping[str, str] = NONE_SETTLED,
        mark: FileMark | None = None,
        whole: bool = False,
    ) -> Taken:
        """See ``Store.take``."""
        with contextlib.suppress(_SetAside), self._writing():
            arrival = self._log.prepare(batch)
            self._upkeep.begin(batch, arrival)
            self._log.arrive(batch, arrival)
            taken = Taken(len(arrival.new), arrival.repeated, arrival.conflicts)
            if whole and arrival.conflicts:
                taken = Taken(conflicts=arrival.conflicts)
                raise _SetAside
            if arrival.new or arrival.moved:
                self._upkeep.finish(batch, arrival, lsn=self._next_lsn(now, len(arrival.new)))
            self._ledger.enter([*refused, *(c.refused(now=now) for c in arrival.conflicts)])
            self._ledger.settle(settled)
            if mark is not None:
                self._ledger.set_mark(mark)
            self._log.settle()
            self._upkeep.settle()
        if self._checkpointer:
            self._checkpointer.after(taken.new)
        return taken

    def mark(self, digest: str) -> FileMark | None:
        """See ``Store.mark``."""
        return self._ledger.mark(digest)

    def refused(self, *, open_only: bool = True) -> Iterator[Refused]:
        """See ``Store.refused``."""
        return self._ledger.refused(open_only=open_only)

    def facts(self, known_at: int | None = None) -> list[Fact]:
        """Every record known then, also corrected ones, in the order of (at, id)."""
        self._refresh()
        every = (stored.fact for _, held in self._log.by_subject() for stored in held)
        return known(every, known_at)

    def facts_of(self, subject: str, known_at: int | None = None) -> list[Fact]:
        """The facts that count, known then, of this subject and of all who are the same as it."""
        return self.view.subject_facts(subject, known_at=known_at)

    def rebuild(self, *, now: int, progress: Progress = quiet) -> int:
        """Derive everything anew from the facts; how many times of duties and loops came out different."""
        with self._writing():
            lsn = self._next_lsn(now, 0)
            if self.derived_under() != self.digest:
                self._upkeep.drop()
            n = rebuild(self._connection, self._upkeep, lsn=lsn, progress=progress)
            if not n:
                self._connection.execute("DELETE FROM batch WHERE lsn = ?", (lsn,))
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('rules', ?)", (self.digest,))
        return n

    def derived_under(self) -> str:
        """The digest of the rules the derived tables follow from; empty for a new file."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = 'rules'").fetchone()
        return row[0] if row else ""

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with writing(self._connection):
                self._refresh()
                yield
        except BaseException:
            for numbering in self._numberings:
                numbering.undone()
            self._log.load()
            self._upkeep.undone()
            raise
        for numbering in self._numberings:
            numbering.kept()

    def _refresh(self) -> None:
        """Read anew what is kept at hand, if another process wrote to the file."""
        version = self._data_version()
        if version != self._seen:
            self._seen = version
            for part in (*self._numberings, self._log, self._upkeep):
                part.load()

    def _data_version(self) -> int:
        return self._connection.execute("PRAGMA data_version").fetchone()[0]

    def _next_lsn(self, now: int, n_facts: int) -> int:
        sql = "INSERT INTO batch (at, n_facts, rules) VALUES (?, ?, ?)"
        return self._connection.execute(sql, (now, n_facts, self.digest)).lastrowid


class _SetAside(Exception):
    """The batch has a conflict and is to be taken whole or not at all."""


def digest_of(rules: Rules, world: World) -> str:
    """16 hex digits over everything but the facts that a derivation depends on."""
    digest = blake2b(ENGINE.encode(), digest_size=8)
    for name in sorted(rules.versions):
        for version in rules.versions[name]:
            digest.update(f"{name}\x1f{version.version}\x1f{version.digest or repr(version)}\x1e".encode())
    areas = world.areas
    for code in areas.codes:
        area = areas.get(code)
        digest.update(f"{code}\x1f{area.parent}\x1f{area.level}\x1f{area.zone}\x1e".encode())
    for table in (world.days.midnight, world.days.is_working):
        digest.update(table.tobytes())
    return digest.hexdigest()
