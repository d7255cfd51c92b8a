"""How facts look to the kernel: a code, and what protocols read from their data, each look worked out once.

Most facts of a source look like others of it. Those whose data carry a number of their own differ in
what no protocol asks for, so what is asked for is taken out first, and compared.
"""

from collections.abc import Iterable, Sequence
from itertools import repeat

import numpy as np

from fengsui.facts.batch import data_of
from fengsui.facts.fact import Fact
from fengsui.loops.bulk import Derivation
from fengsui.loops.columns import look_of

MOST = 200_000  # texts of data remembered before they are thrown away


class Looks:
    """The looks met so far. A look is a row: the code, then one column a field (``kernel.fields``)."""

    def __init__(self, kernel: Derivation) -> None:
        self._kernel = kernel
        self._readers = [tuple(field.split(":", 1)) for field in kernel.fields]
        asked = {name for names in kernel.codebook.asked.values() for name in names}
        asked |= {name for _, name in self._readers}
        self._asks = {column: f"@{column}" in asked for column in ("by", "place", "source")}
        self._fields = sorted(name for name in asked if not name.startswith("@"))
        self._of_face: dict[tuple, int] = {}  # as written
        self._of_sight: dict[tuple, int] = {}  # of that, what is asked for
        self._rows = np.empty((1024, 1 + len(self._readers)), np.int64)

    @property
    def n_fields(self) -> int:
        """How many columns follow the code."""
        return len(self._readers)

    def of_columns(
        self,
        kind: Sequence[str],
        data: Sequence[str],
        by: Sequence[str | None],
        place: Sequence[str | None],
        *,
        source: Sequence[str],
    ) -> np.ndarray:
        """int64[n, 1 + n_fields]: the looks of facts given as columns; ``data`` as text."""
        columns = {"by": by, "place": place, "source": source}
        asked = [columns[name] if self._asks[name] else repeat(None, len(kind)) for name in columns]
        faces = list(zip(kind, data, *asked, strict=True))
        known = self._of_face
        if len(known) > MOST:
            known.clear()
        for face in faces:
            if face not in known:
                known[face] = self._see(face[0], data_of(face[1]), *face[2:])
        return self._rows[np.array(list(map(known.__getitem__, faces)), np.int64)]

    def of_facts(self, facts: Iterable[Fact]) -> np.ndarray:
        """int64[n, 1 + n_fields]: the looks of facts."""
        asks = self._asks
        seen = [
            self._see(
                fact.kind,
                fact.data,
                fact.by if asks["by"] else None,
                fact.place if asks["place"] else None,
                fact.source if asks["source"] else None,
            )
            for fact in facts
        ]
        return self._rows[np.array(seen, np.int64)]

    def _see(self, kind: str, data, by: str | None, place: str | None, source: str | None) -> int:
        """The number of the look of such a fact."""
        values = (data.get(name) for name in self._fields) if data else ()
        # 1, 1.0 and True are one key of a dict and three values of data, so only texts stand as they are.
        sight = (kind, by, place, source, *(v if type(v) is str else repr(v) for v in values))
        number = self._of_sight.get(sight)
        if number is None:
            number = self._of_sight[sight] = len(self._of_sight)
            if number == len(self._rows):
                self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
            self._rows[number] = self._look(Fact(kind, "", 0, 0, source or "", "", 0, place, by, data))
        return number

    def _look(self, fact: Fact) -> tuple[int, ...]:
        k = self._kernel
        fields = (
            look_of(use, name, fact, places=k.places, words=k.words, keys=k.keys)
            for use, name in self._readers
        )
        return (k.codebook.code(fact), *fields)
