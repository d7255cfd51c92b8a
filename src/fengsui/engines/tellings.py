"""What loops tell others, and who listens: kept so that a batch need only derive those concerned."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fengsui.engines.derivation import Derivation
from fengsui.engines.log import FactLog, Stored
from fengsui.engines.numbering import Subjects, rows_in
from fengsui.engines.sqlite_driver import Connection
from fengsui.facts.batch import fact_of, row_of
from fengsui.loops.strata import Derived, Telling


class Tellings:
    """The tables ``telling`` and ``mention``. Empty, and asked nothing, where no protocol tells anyone."""

    def __init__(
        self, connection: Connection, log: FactLog, subjects: Subjects, derivation: Derivation
    ) -> None:
        self._connection = connection
        self._log = log
        self._subjects = subjects
        self._derivation = derivation

    def mention(self, records: Iterable[Stored]) -> None:
        """Enter the facts that relate a subject to another one."""
        named = [(name, stored.seq) for stored in records for name in self._derivation.named(stored.fact)]
        numbers = self._subjects.numbers([name for name, _ in named])
        rows = sorted({(number, seq) for number, (_, seq) in zip(numbers, named, strict=True)})
        self._connection.executemany("INSERT INTO mention VALUES (?, ?) ON CONFLICT DO NOTHING", rows)

    def relates(self, kind: str) -> bool:
        """Whether facts of this kind relate their subject to another one."""
        return kind in self._derivation.fields

    def related(self) -> list[int]:
        """The numbers of all subjects with a fact that relates them to another one."""
        sql = "SELECT DISTINCT f.subject FROM mention m JOIN fact f ON f.seq = m.fact"
        return [number for (number,) in self._connection.execute(sql)]

    def of(self, name: str) -> Sequence[Telling]:
        """What the loops of a name are known to tell."""
        number = self._subjects.known([name]).get(name) if self._derivation.tells else None
        if number is None:
            return ()
        sql = "SELECT tell, fact FROM telling WHERE about = ? ORDER BY n"
        return tuple(self._telling(name, *row) for row in self._connection.execute(sql, (number,)).fetchall())

    def tellers(self, names: Iterable[str]) -> set[str]:
        """Those of these names that tell something."""
        if not self._derivation.tells:
            return set()
        numbers = self._subjects.known(names)
        sql = "SELECT DISTINCT about FROM telling WHERE about IN ({})"
        found = {number for (number,) in rows_in(self._connection, sql, numbers.values())}
        return {name for name, number in numbers.items() if number in found}

    def listeners(self, subjects: Iterable[str]) -> set[str]:
        """The subjects with a fact that relates them to one of these."""
        numbers = self._subjects.known(subjects)
        sql = "SELECT fact FROM mention WHERE named IN ({})"
        seqs = {seq for (seq,) in rows_in(self._connection, sql, numbers.values())}
        return {stored.fact.subject for stored in self._log.of_seqs(seqs)}

    def every_teller(self) -> set[str]:
        """Everyone who tells something."""
        sql = "SELECT DISTINCT s.key FROM telling t JOIN subject s ON s.id = t.about"
        return {name for (name,) in self._connection.execute(sql).fetchall()}

    def write(self, names: Iterable[str], derived: Mapping[str, Derived]) -> None:
        """Replace what these names tell by what was derived for them, where it changed."""
        if not self._derivation.tells:
            return
        names = set(names)
        new = {name: derived[name].tellings for name in names & derived.keys() if derived[name].tellings}
        for name in sorted(self.tellers(names) | new.keys()):
            if self.of(name) != new.get(name, ()):
                self._replace(name, new.get(name, ()))

    def _replace(self, name: str, tellings: Sequence[Telling]) -> None:
        number = self._subjects.numbers([name])[0]
        self._connection.execute("DELETE FROM telling WHERE about = ?", (number,))
        self._connection.executemany(
            "INSERT INTO telling VALUES (?, ?, ?, ?)",
            [(number, n, *self._written(telling)) for n, telling in enumerate(tellings)],
        )

    def _written(self, telling: Telling) -> tuple[int, str]:
        tell = self._derivation.tells.index((telling.relation, telling.field))
        return tell, msgspec.json.encode(row_of(telling.fact)).decode()

    def _telling(self, name: str, tell: int, fact: str) -> Telling:
        relation, field = self._derivation.tells[tell]
        return Telling(name, relation, field, fact_of(tuple(msgspec.json.decode(fact))))
