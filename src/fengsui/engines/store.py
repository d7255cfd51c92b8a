"""Facts and what follows from them in one database, whichever it is: all that engines have in common.

``take`` is one transaction: facts, ledger, position in the file, and every derived row they change. A
process that dies leaves all of a batch or nothing of it.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Self

from fengsui.engines.audit import Audit
from fengsui.engines.derivation import Derivation
from fengsui.engines.ledger import Ledger
from fengsui.engines.log import FactLog
from fengsui.engines.lookup import Lookup
from fengsui.engines.numbering import Steps, Subjects, Words
from fengsui.engines.outbox import Outbox
from fengsui.engines.places import Scopes
from fengsui.engines.reader import Reader
from fengsui.engines.rebuild import Progress, rebuild
from fengsui.engines.shown import Shown
from fengsui.engines.sqlite_driver import Connection, announce, make_room, reading, version_of_others, writing
from fengsui.engines.state import Listing
from fengsui.engines.upkeep import Upkeep
from fengsui.facts.batch import Batch
from fengsui.facts.effective import known
from fengsui.facts.fact import Fact
from fengsui.facts.store import NONE_SETTLED, FileMark, Refused, Taken
from fengsui.kit import errors
from fengsui.loops.loop import World
from fengsui.loops.strata import Rules

ENGINE = "3"  # part of the digest: to be counted up when the derived tables come to mean something else

_RULES = "INSERT INTO meta VALUES ('rules', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


def quiet(done: int, total: int) -> None:
    """Progress nobody looks at."""


class RegionStore:
    """Implements ``facts.store.Store``; ``view`` answers the questions of ``engines.view.View``.

    One process writes at a time, others wait their turn. One store belongs to one thread.
    """

    def __init__(self, connection: Connection, rules: Rules, world: World) -> None:
        self._connection = connection
        # Before anything is read: what others write meanwhile is read anew at the first question.
        self._seen: int | None = version_of_others(connection)
        self.digest = digest_of(rules, world)
        words, subjects, steps = Words(connection), Subjects(connection), Steps(connection)
        shown = Shown(connection)
        self._log = FactLog(connection, words, subjects)
        self._numberings = (words, subjects, steps)
        self._ledger = Ledger(connection)
        derivation = Derivation(rules, world)
        self._upkeep = Upkeep(
            connection, derivation, words=words, subjects=subjects, steps=steps, log=self._log, shown=shown
        )
        lookup = Lookup(self._log, self._upkeep.corrections, derivation)
        scopes = Scopes(Listing(world.areas))
        self._reader = Reader(
            connection, rules, scopes, lookup, words=words, subjects=subjects, steps=steps, shown=shown
        )

    @classmethod
    def over(
        cls,
        connection: Connection,
        rules: Rules,
        world: World,
        *,
        name: str,
        read_only: bool,
        progress: Progress,
    ) -> Self:
        """The store behind a connection; ``name``: what to call it. See ``open`` of the engines."""
        store = cls(connection, rules, world)
        if store.derived_under() != store.digest:
            if read_only:
                raise errors.Refused(
                    f"{name} was derived under other protocols, areas or calendars; "
                    "it has to be opened for writing once to be derived anew."
                )
            store.rebuild(now=0, progress=progress)
        return store

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def view(self) -> Reader:
        """What is owed as things stand now. For several questions that must agree, see ``reading``."""
        self._refresh()
        return self._reader

    @property
    def audit(self) -> Audit:
        """Who saw and changed what, kept beside the facts."""
        return Audit(self._connection)

    @property
    def outbox(self) -> Outbox:
        """Who was told of what, kept beside the facts."""
        return Outbox(self._connection)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Reader]:
        """One state of the database for as long as it takes, whatever others commit meanwhile."""
        with reading(self._connection):
            yield self.view

    def load_kernel(self) -> None:
        """Use the kernel from now on, however little there is to do, and even if it has to be compiled."""
        self._upkeep.derivation.kernel  # noqa: B018 - made when first asked for

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
            make_room(self._connection, now)
            arrival = self._log.prepare(batch)
            self._upkeep.begin(batch, arrival)
            self._log.arrive(batch, arrival)
            taken = Taken(len(arrival.new), arrival.repeats, arrival.conflicts)
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
        self._committed(taken.new)
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

    def told(self, name: str) -> Fact | None:
        """See ``Store.told``."""
        self._refresh()
        stored = self._log.of_ids([name]).get(name)
        return stored.fact if stored else None

    def after(self, seq: int, *, limit: int) -> list[tuple[int, Fact]]:
        """The records behind a number, each with its own, in the order in which they were committed.

        One writer at a time gives out the numbers and commits before the next begins. So nothing ever comes
        to stand before what was read already, and who goes on behind the last number skips nothing.
        """
        self._refresh()
        return [(stored.seq, stored.fact) for stored in self._log.after(seq, limit=limit)]

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
            self._connection.execute(_RULES, (self.digest,))
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
                announce(self._connection)
                yield
        except BaseException as error:
            seen, self._seen = self._seen, None
            for numbering in self._numberings:
                numbering.undone()
            self._log.load()
            self._upkeep.undone()
            # What failed in the database may have been committed all the same, so all is read anew then.
            if isinstance(error, _SetAside | errors.FengsuiError):
                self._seen = seen
            raise
        for numbering in self._numberings:
            numbering.kept()

    def _refresh(self) -> None:
        """Read anew what is kept at hand, if another process wrote."""
        version = version_of_others(self._connection)
        if version != self._seen:
            self._seen = None  # until all of it is read
            for part in (*self._numberings, self._log, self._upkeep):
                part.load()
            self._seen = version

    def _committed(self, n_facts: int) -> None:
        """So many facts were committed."""

    def _next_lsn(self, now: int, n_facts: int) -> int:
        # Counted on here and not by the database, whose own numbers have gaps where a batch was rolled back.
        (lsn,) = self._connection.execute("SELECT coalesce(max(lsn), 0) + 1 FROM batch").fetchone()
        self._connection.execute("INSERT INTO batch VALUES (?, ?, ?, ?)", (lsn, now, n_facts, self.digest))
        return lsn


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
