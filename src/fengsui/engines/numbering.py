"""Numbers for texts that repeat: short words, subjects, steps of protocols. Kept in the file, and at hand.

Numbers are given in the order in which texts first appear. What a transaction that fails had numbered
is forgotten again, so that memory never knows more than the file.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.ways import Way

if TYPE_CHECKING:
    from fengsui.engines.names import Names

AT_HAND = 2_000_000  # subjects remembered before the memory is emptied: about 300 MB
CHUNK = 500  # parameters of one look-up
STRUNG = 50_000  # subjects read at once
_BETWEEN = "\x1f"
_STRING = f"SELECT string_agg(key, '{_BETWEEN}' ORDER BY id) FROM subject WHERE id >= ? AND id < ?"


class Words:
    """Kinds, sources, places, keys: few enough to keep all of them at hand. 0 is none."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._new: list[str] = []
        self.load()

    def load(self) -> None:
        """What the file has numbered."""
        rows = self._connection.execute("SELECT id, text FROM word ORDER BY id").fetchall()
        self.texts: list[str] = [text for _, text in rows]
        self._numbers: dict[str | None, int] = {text: number for number, text in rows}
        self._numbers[None] = 0
        self._new.clear()

    def number(self, text: str | None) -> int:
        """The number of a word, given now if it has none."""
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.texts)
            self._connection.execute("INSERT INTO word VALUES (?, ?)", (number, text))
            self.texts.append(text)
            self._new.append(text)
        return number

    def numbers(self, texts: Sequence[str | None]) -> list[int]:
        """The numbers of many words."""
        for text in dict.fromkeys(texts):
            if text not in self._numbers:
                self.number(text)
        return list(map(self._numbers.__getitem__, texts))

    def known(self, text: str | None) -> int | None:
        """The number of a word, if it has one."""
        return self._numbers.get(text)

    def text(self, number: int) -> str | None:
        """The word of a number; None for 0."""
        return self.texts[number] if number else None

    def kept(self) -> None:
        """The transaction was committed."""
        self._new.clear()

    def undone(self) -> None:
        """The transaction was rolled back."""
        for text in self._new:
            del self._numbers[text]
        del self.texts[len(self.texts) - len(self._new) :]
        self._new.clear()


class Subjects:
    """Subjects: too many to read in for every small batch, so those met lately are kept at hand.

    Where batches are large, all of them are (``hold_all``).
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {}
        self._all: Names | None = None
        self._new: list[str] = []
        self._way = Way(connection, "name", self._tail, is_short=True)
        self.load()

    def load(self) -> None:
        """Start afresh from what the file has numbered."""
        self._numbers.clear()
        self._new.clear()
        self._way.load()
        self._next = self._connection.execute("SELECT coalesce(max(id), 0) + 1 FROM subject").fetchone()[0]
        if self._all:
            self._all.cut(0)
            self._read_all()

    @property
    def are_held(self) -> bool:
        """Whether all are kept at hand, as where batches are large."""
        return self._all is not None

    def hold_all(self) -> None:
        """From now on keep all subjects at hand: about 50 bytes each, and nothing has to be looked up."""
        if self._all is None:
            from fengsui.engines.names import Names  # compiled, and only worth loading for many

            self._all = Names()
            self._numbers.clear()
            self._read_all()

    def numbers(self, keys: Sequence[str]) -> list[int]:
        """The numbers of subjects, given now to those that have none."""
        return self.numbered(keys).tolist()

    def numbered(self, keys: Sequence[str]) -> np.ndarray:
        """The same as int64[n]."""
        if self._all:
            numbers = self._all.numbers(keys)
            if self._all.n >= self._next:
                new, first = np.unique(numbers, return_index=True)
                self._enter([keys[i] for i in first[new >= self._next].tolist()])
            return numbers
        self._make_room()
        numbers = list(map(self._numbers.get, keys))
        if None in numbers:
            missing = dict.fromkeys(key for key, n in zip(keys, numbers, strict=True) if n is None)
            self._find(missing)
            new = [key for key in missing if key not in self._numbers]
            self._numbers.update(zip(new, range(self._next, self._next + len(new)), strict=True))
            self._enter(new)
            numbers = list(map(self._numbers.__getitem__, keys))
        return np.array(numbers, np.int64)

    def known(self, keys: Iterable[str]) -> dict[str, int]:
        """The numbers of those that have one."""
        keys = list(dict.fromkeys(keys))
        if self._all:
            found = zip(keys, self._all.known(keys).tolist(), strict=True)
            return {key: number for key, number in found if number}
        self._make_room()
        self._find([key for key in keys if key not in self._numbers])
        return {key: self._numbers[key] for key in keys if key in self._numbers}

    def keys(self, numbers: Iterable[int]) -> dict[int, str]:
        """The keys of numbers."""
        numbers = set(numbers)
        if self._all:
            return dict(zip(numbers, self._all.texts(numbers), strict=True))
        return dict(rows_in(self._connection, "SELECT id, key FROM subject WHERE id IN ({})", numbers))

    def kept(self) -> None:
        """The transaction was committed."""
        self._new.clear()

    def undone(self) -> None:
        """The transaction was rolled back."""
        for key in self._new:
            self._numbers.pop(key, None)
        self._next -= len(self._new)
        self._new.clear()
        self._way.load()
        if self._all:
            self._all.cut(self._next - 1)

    def settle(self) -> None:
        """At the end of a transaction: make the way as long as the table, if that is due."""
        self._way.write()

    def _make_room(self) -> None:
        if len(self._numbers) > AT_HAND and not self._new:
            self._numbers.clear()

    def _find(self, keys: Iterable[str]) -> None:
        """Remember the numbers of subjects, and of a few more whose names have the same checksums."""
        checksums = [crc32(key.encode()) for key in keys]
        found = self._way.find(checksums) if checksums else ()
        self._numbers.update(rows_in(self._connection, "SELECT key, id FROM subject WHERE id IN ({})", found))

    def _enter(self, keys: Sequence[str]) -> None:
        """Write subjects that were given the next numbers."""
        rows = enumerate(keys, self._next)
        self._connection.executemany("INSERT INTO subject (id, key) VALUES (?, ?)", rows)
        self._way.extend(_checksums(enumerate(keys, self._next)))
        self._new += keys
        self._next += len(keys)

    def _read_all(self) -> None:
        """Read every subject in the order of their numbers, many strung together in one text."""
        for first in range(1, self._next, STRUNG):
            n = min(STRUNG, self._next - first)
            strung = self._connection.execute(_STRING, (first, first + n)).fetchone()[0]
            keys = strung.split(_BETWEEN)
            if len(keys) != n:  # one of them has the separator in it
                sql = "SELECT key FROM subject WHERE id >= ? AND id < ? ORDER BY id"
                keys = [key for (key,) in self._connection.execute(sql, (first, first + n))]
            self._all.numbers(keys)

    def _tail(self, above: int) -> np.ndarray:
        return _checksums(self._connection.execute("SELECT id, key FROM subject WHERE id > ?", (above,)))


class Steps:
    """Obligations of versions of protocols: (protocol, version, key) and the role that owes them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.load()

    def load(self) -> None:
        """What the file has numbered."""
        rows = self._connection.execute("SELECT id, protocol, version, key, role FROM step").fetchall()
        self.names: dict[int, tuple[str, str, str]] = {row[0]: tuple(row[1:4]) for row in rows}
        self.roles: dict[int, str] = {row[0]: row[4] for row in rows}
        self._numbers: dict[tuple[str, str, str], int] = {name: number for number, name in self.names.items()}

    def known(self, name: tuple[str, str, str]) -> int | None:
        """The number of a step, if it has one."""
        return self._numbers.get(name)

    def add(self, name: tuple[str, str, str], role: str) -> int:
        """Give a step a number."""
        number = self._numbers[name] = len(self.names) + 1
        self.names[number], self.roles[number] = name, role
        self._connection.execute("INSERT INTO step VALUES (?, ?, ?, ?, ?)", (number, *name, role))
        return number

    def kept(self) -> None:
        """The transaction was committed."""

    def undone(self) -> None:
        """The transaction was rolled back."""
        self.load()

    def of(self, *, protocol: str | None = None, role: str | None = None) -> list[int]:
        """The steps of a protocol, of a role, or of both."""
        return [
            number
            for number, name in self.names.items()
            if (protocol is None or name[0] == protocol) and (role is None or self.roles[number] == role)
        ]


def _checksums(rows: Iterable[tuple[int, str]]) -> np.ndarray:
    """int64[n, 2]: number and checksum of subjects, given as number and key."""
    found = [(number, crc32(key.encode())) for number, key in rows]
    return np.array(found, dtype=np.int64).reshape(len(found), 2)


def rows_in(connection: Connection, sql: str, values: Iterable[object]) -> Iterator[tuple]:
    """The rows of a query over ``IN ({})``, asked for in chunks."""
    values = iter(values)
    while chunk := list(islice(values, CHUNK)):
        # A chunk that is not full is filled up with its last value, so that one statement serves all.
        chunk += chunk[-1:] * (CHUNK - len(chunk) if len(chunk) > 16 else 16 - len(chunk))
        yield from connection.execute(sql.format(",".join("?" * len(chunk))), chunk).fetchall()
