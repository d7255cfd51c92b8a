"""The audit: who saw, changed and exported what, and why; lines that follow one another like links.

The seal of a line is a hash over its digest and the seal before, so a line that is changed, left out or put
in between is found by reading all of them. Lines cut off at the end are found by whoever kept a later seal.
The digest is a column of its own, so that what a line was about can be erased while the chain stays true.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from fengsui.engines.sqlite_driver import Connection, writing

BEGINNING = "0" * 64  # the seal before the first line
_COLUMNS = "seq, at, actor, verb, object, reason, detail, digest, seal"
_INSERT = f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``detail`` is JSON; erased lines have no object, reason and detail."""

    seq: int
    at: int
    actor: str
    verb: str
    object: str
    reason: str
    detail: str
    digest: str
    seal: str

    @property
    def is_erased(self) -> bool:
        """Whether what it was about is no longer kept."""
        return not (self.object or self.reason or self.detail)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What reading the whole chain showed. ``broken_at``: the first line that does not fit, 0 if all do."""

    n: int
    n_erased: int
    seal: str  # of the last line: to be kept elsewhere, and compared the next time
    broken_at: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, left out or put in between."""
        return not self.broken_at


class Audit:
    """The audit of one region, in the same database as its facts and through the same connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(
        self,
        *,
        at: int,
        actor: str,
        verb: str,
        object: str,
        reason: str = "",
        detail: Mapping[str, object] | None = None,
    ) -> Line:
        """Add a line and commit it."""
        said = json.dumps(detail, ensure_ascii=False, sort_keys=True) if detail else ""
        with writing(self._connection):
            last = self._last()
            seq, before = (last.seq + 1, last.seal) if last else (1, BEGINNING)
            digest = _digest(seq, at, actor, verb, object, reason, said)
            line = Line(seq, at, actor, verb, object, reason, said, digest, _seal(before, digest))
            self._connection.execute(_INSERT, tuple(getattr(line, name) for name in Line.__slots__))
        return line

    def lines(
        self, *, actor: str = "", verb: str = "", object: str = "", after: int = 0, limit: int = 100
    ) -> list[Line]:
        """Lines in their order, from behind line ``after``; of an actor, of one verb, of an object."""
        wanted = [("seq > ?", after)]
        wanted += [("actor = ?", actor)] if actor else []
        wanted += [("verb = ?", verb)] if verb else []
        wanted += [("object = ?", object)] if object else []
        where = " AND ".join(clause for clause, _ in wanted)
        sql = f"SELECT {_COLUMNS} FROM audit WHERE {where} ORDER BY seq LIMIT ?"
        values = (*(value for _, value in wanted), limit)
        return [Line(*row) for row in self._connection.execute(sql, values).fetchall()]

    def latest(self, limit: int = 100) -> list[Line]:
        """The last lines, the newest first."""
        sql = f"SELECT {_COLUMNS} FROM audit ORDER BY seq DESC LIMIT ?"
        return [Line(*row) for row in self._connection.execute(sql, (limit,)).fetchall()]

    def verify(self) -> Verdict:
        """Read every line and hold it against the one before."""
        n = n_erased = 0
        before = BEGINNING
        for line in self._every():
            fits = line.seq == n + 1 and line.seal == _seal(before, line.digest)
            told = _digest(line.seq, line.at, line.actor, line.verb, line.object, line.reason, line.detail)
            if not fits or not (line.is_erased or told == line.digest):
                return Verdict(n, n_erased, before, n + 1)
            n, before = n + 1, line.seal
            n_erased += line.is_erased
        return Verdict(n, n_erased, before, 0)

    def has(self, seal: str) -> bool:
        """Whether a seal that was noted down before is still one of the chain."""
        sql = "SELECT count(*) FROM audit WHERE seal = ?"
        return seal == BEGINNING or self._connection.execute(sql, (seal,)).fetchone()[0] > 0

    def erase(self, object: str) -> int:
        """Erase what the lines of one object were about; how many there were. The chain stays true."""
        with writing(self._connection):
            sql = "UPDATE audit SET object = '', reason = '', detail = '' WHERE object = ?"
            return self._connection.execute(sql, (object,)).rowcount

    def _last(self) -> Line | None:
        found = self.latest(1)
        return found[0] if found else None

    def _every(self) -> Iterator[Line]:
        after = 0
        while part := self.lines(after=after, limit=10_000):
            yield from part
            after = part[-1].seq


def _digest(*columns: object) -> str:
    return sha256(json.dumps(columns, ensure_ascii=False).encode()).hexdigest()


def _seal(before: str, digest: str) -> str:
    return sha256(f"{before}{digest}".encode()).hexdigest()
