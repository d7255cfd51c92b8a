"""Trees of corrections: which facts speak of which other facts, walked from both ends.

Few subjects have any. Those that do are flagged, so that reading the others asks nothing here.
"""

from collections.abc import Iterable

from fengsui.engines.log import Arrival, FactLog, Stored
from fengsui.engines.numbering import Subjects, rows_in
from fengsui.engines.sqlite_driver import Connection
from fengsui.facts.batch import Batch


class Corrections:
    """The tables ``correction`` and ``awaited``, and the flags of subjects."""

    def __init__(self, connection: Connection, log: FactLog, subjects: Subjects) -> None:
        self._connection = connection
        self._log = log
        self._subjects = subjects
        self.load()

    def load(self) -> None:
        """The corrections that wait for what they correct."""
        self._awaited = {name for (name,) in self._connection.execute("SELECT target FROM awaited")}

    def arrive(self, batch: Batch, arrival: Arrival) -> list[Stored]:
        """Enter a batch's corrections; every fact whose standing they, or their targets, may change."""
        new = arrival.new if any(batch.supersedes) else ()
        links = [(batch.supersedes[i], arrival.first + i) for i in new if batch.supersedes[i]]
        met = self._met(batch, arrival)
        # A correction found to have been recorded earlier may lose to, or win over, its rivals.
        met |= {name for name, subject in arrival.moved.values() if self.flagged([subject])}
        if not links and not met:
            return []
        self._connection.executemany("INSERT INTO correction VALUES (?, ?)", sorted(links))
        targets = {target for target, _ in links}
        self._await(targets - self._log.of_ids(targets).keys())
        tree = self.around(targets | met)
        self._flag({stored.fact.subject for stored in tree.values()})
        return list(tree.values())

    def around(self, ids: Iterable[str]) -> dict[str, Stored]:
        """Every fact that is connected with these by corrections, itself included, by id."""
        found: dict[str, Stored] = {}
        seen: set[str] = set()
        ahead = set(ids)
        while ahead:
            seen |= ahead
            sql = "SELECT DISTINCT fact FROM correction WHERE target IN ({})"
            followers = self._log.of_seqs({seq for (seq,) in rows_in(self._connection, sql, ahead)})
            here = self._log.of_ids(ahead)
            found |= here
            ahead = {stored.fact.id for stored in followers}
            ahead |= {stored.fact.supersedes for stored in here.values() if stored.fact.supersedes}
            ahead -= seen
        return found

    def flagged(self, keys: Iterable[str]) -> set[str]:
        """The subjects among these that have a fact in a tree."""
        numbers = self._subjects.known(keys)
        sql = "SELECT key FROM subject WHERE corrected = 1 AND id IN ({})"
        return {key for (key,) in rows_in(self._connection, sql, numbers.values())}

    def subjects(self) -> list[int]:
        """The numbers of all subjects that have a fact in a tree."""
        return [n for (n,) in self._connection.execute("SELECT id FROM subject WHERE corrected = 1")]

    def _met(self, batch: Batch, arrival: Arrival) -> set[str]:
        """The new facts whose correction had come before them."""
        if not self._awaited:
            return set()
        ids = {f"{batch.source[i]}:{batch.key[i]}" for i in arrival.new}
        met = ids & self._awaited
        self._connection.executemany(
            "DELETE FROM awaited WHERE target = ?", [(name,) for name in sorted(met)]
        )
        self._awaited -= met
        return met

    def _await(self, names: set[str]) -> None:
        rows = [(name,) for name in sorted(names)]
        self._connection.executemany("INSERT INTO awaited VALUES (?) ON CONFLICT DO NOTHING", rows)
        self._awaited |= names

    def _flag(self, keys: Iterable[str]) -> None:
        rows = [(number,) for number in sorted(self._subjects.known(keys).values())]
        self._connection.executemany("UPDATE subject SET corrected = 1 WHERE id = ? AND corrected = 0", rows)
