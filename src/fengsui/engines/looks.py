"""How facts look to the kernel: a code, and what protocols read from their data, each look worked out once.

Most facts of a source look like others of it. Those whose data carry a number of their own differ in
what no protocol asks for, so what is asked for is taken out first, and compared: as it is written, since
making values of all that is written costs ten times as much.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import repeat

import msgspec
import numpy as np
from msgspec.structs import astuple

from fengsui.facts.batch import data_of
from fengsui.facts.fact import Fact
from fengsui.loops.bulk import Derivation
from fengsui.loops.columns import NONE, look_of

MOST = 200_000  # texts of data remembered before they are thrown away


class Looks:
    """The looks met so far: ``rows``, int64[·, 1 + n_fields], the code and a column for each field.

    The fields are those of the kernel (``Derivation.fields``). ``sights``: of each look what is asked of
    it, as JSON, so that it can be kept; ``asked``: a digest of what is asked at all.
    """

    def __init__(self, kernel: Derivation) -> None:
        self._kernel = kernel
        asked = {kind: set(names) for kind, names in kernel.codebook.asked.items()}
        for kind, readers in kernel.fields.readers.items():
            asked.setdefault(kind, set()).update(name for _, _, name in readers)
        anywhere = set().union(*asked.values())
        self._asks = {column: f"@{column}" in anywhere for column in ("by", "place", "source")}
        self._fields = {
            kind: sorted(name for name in names if not name.startswith("@")) for kind, names in asked.items()
        }
        self._readers: dict[str, Callable[[str], tuple[bytes, ...]]] = {}  # by kind
        told = repr((sorted(self._fields.items()), self._asks))
        self.asked = blake2b(told.encode(), digest_size=8).hexdigest()
        self.forget()

    def forget(self) -> None:
        """Throw everything away."""
        self.sights: list[str] = []
        self._of_face: dict[tuple, int] = {}  # as written
        self._of_said: dict[tuple, int] = {}  # of that, what is asked for, as it is written
        self._of_sight: dict[str, int] = {}  # of that, the values
        self.rows = np.empty((1024, 1 + self.n_fields), np.int64)

    @property
    def n_fields(self) -> int:
        """How many columns follow the code."""
        return self._kernel.fields.width

    def restore(self, sights: Iterable[str]) -> None:
        """Number looks as they were numbered once, under the same ``asked``, to begin with."""
        for sight in sights:
            self._see(*msgspec.json.decode(sight))

    def of_columns(
        self,
        kind: Sequence[str],
        data: Sequence[str],
        by: Sequence[str | None],
        place: Sequence[str | None],
        *,
        source: Sequence[str],
    ) -> np.ndarray:
        """int64[n]: the looks of facts given as columns; ``data`` as text."""
        known = self._of_face
        for told in (known, self._of_said):
            if len(told) > MOST:
                told.clear()
        found = list(map(known.get, self._faces(kind, data, by, place, source)))
        if None in found:
            for i, face in enumerate(self._faces(kind, data, by, place, source)):
                if found[i] is None:
                    found[i] = known[face] = self._of_new(face)
        return np.array(found, np.int64)

    def _of_new(self, face: tuple) -> int:
        """The look of a face that was not met before."""
        kind, data, *more = face
        if kind not in self._readers:
            self._readers[kind] = _reader(self._fields.get(kind, ()))
        said = (kind, self._readers[kind](data), *more)
        number = self._of_said.get(said)
        if number is None:
            number = self._of_said[said] = self._see(kind, data_of(data), *more)
        return number

    def _faces(self, kind, data, *more) -> Iterator[tuple]:
        """What is looked at of every fact; of who did it, where and who says so only if a protocol asks."""
        asked = (
            column if asks else repeat(None, len(kind))
            for column, asks in zip(more, self._asks.values(), strict=True)
        )
        return zip(kind, data, *asked, strict=True)

    def _see(
        self, kind: str, data: Mapping[str, object], by: str | None, place: str | None, source: str | None
    ) -> int:
        """The number of the look of such a fact."""
        seen = {name: data[name] for name in self._fields.get(kind, ()) if name in data} if data else {}
        # As text: 1, 1.0 and True would be one key of a dict, and are three values of data.
        sight = msgspec.json.encode([kind, seen, by, place, source]).decode()
        number = self._of_sight.get(sight)
        if number is None:
            number = self._of_sight[sight] = len(self._of_sight)
            if number == len(self.rows):
                self.rows = np.concatenate([self.rows, np.empty_like(self.rows)])
            self.rows[number] = self._look(Fact(kind, "", 0, 0, source or "", "", 0, place, by, data))
            self.sights.append(sight)
        return number

    def _look(self, fact: Fact) -> tuple[int, ...]:
        k = self._kernel
        row = [k.codebook.code(fact), *[NONE] * k.fields.width]
        for column, use, name in k.fields.readers.get(fact.kind, ()):
            row[1 + column] = look_of(use, name, fact, places=k.places, words=k.words, keys=k.keys)
        return tuple(row)


def _reader(names: Sequence[str]) -> Callable[[str], tuple[bytes, ...]]:
    """Takes some fields out of data as text, as they are written; nothing for one that is not there."""
    if not names:
        return lambda data: ()
    columns = [(f"field_{i}", msgspec.Raw, msgspec.Raw()) for i in range(len(names))]
    written_as = {column[0]: name for column, name in zip(columns, names, strict=True)}
    decode = msgspec.json.Decoder(msgspec.defstruct("Said", columns, rename=written_as)).decode
    nothing = (b"",) * len(names)
    return lambda data: tuple(map(bytes, astuple(decode(data)))) if data else nothing
