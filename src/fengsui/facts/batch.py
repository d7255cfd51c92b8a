"""Many facts at once, as columns: what sources hand to stores and stores hand to engines.

A ``Fact`` object costs about two microseconds to make; a row of a file is worth eight in all. So on the
way from a file to a table facts travel as plain tuples in the order of ``COLUMNS``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import itemgetter
from types import MappingProxyType
from typing import Self

import msgspec

from fengsui.facts.fact import NOTHING, Fact

COLUMNS = (
    "kind",
    "subject",
    "at",
    "recorded_at",
    "source",
    "key",
    "span",
    "place",
    "by",
    "data",
    "supersedes",
)

Row = tuple[str, str, int, int, str, str, int, str | None, str | None, str, str | None]

_COLUMN = tuple(itemgetter(i) for i in range(len(COLUMNS)))
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.decode


def data_text(data: Mapping[str, object]) -> str:
    """The one way to write the data of a fact: JSON with sorted keys, no blanks; "" for none.

    Two facts say the same exactly when these texts are equal.
    """
    return _encode(dict(data)).decode() if data else ""


def data_of(text: str) -> Mapping[str, object]:
    """The data that ``data_text`` wrote."""
    return MappingProxyType(_decode(text)) if text else NOTHING


def row_of(fact: Fact) -> Row:
    """A fact as a tuple in the order of ``COLUMNS``."""
    return (
        fact.kind,
        fact.subject,
        fact.at,
        fact.recorded_at,
        fact.source,
        fact.key,
        fact.span,
        fact.place,
        fact.by,
        data_text(fact.data),
        fact.supersedes,
    )


def fact_of(row: Row) -> Fact:
    """The fact a tuple in the order of ``COLUMNS`` stands for."""
    kind, subject, at, recorded_at, source, key, span, place, by, data, supersedes = row
    return Fact(
        kind=kind,
        subject=subject,
        at=at,
        recorded_at=recorded_at,
        source=source,
        key=key,
        span=span,
        place=place,
        by=by,
        data=data_of(data),
        supersedes=supersedes,
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts as columns of equal length, in the order they were handed over.

    ``at`` and ``recorded_at`` in seconds UTC, ``span`` in seconds; ``data`` as ``data_text`` writes it;
    ``place``, ``by`` and ``supersedes`` are None where there is none.
    """

    kind: Sequence[str] = ()
    subject: Sequence[str] = ()
    at: Sequence[int] = ()
    recorded_at: Sequence[int] = ()
    source: Sequence[str] = ()
    key: Sequence[str] = ()
    span: Sequence[int] = ()
    place: Sequence[str | None] = ()
    by: Sequence[str | None] = ()
    data: Sequence[str] = ()
    supersedes: Sequence[str | None] = ()

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> Self:
        """The facts, as columns."""
        return cls.of_rows([row_of(fact) for fact in facts])

    @classmethod
    def of_rows(cls, rows: Sequence[Row]) -> Self:
        """Tuples in the order of ``COLUMNS``, as columns."""
        # zip(*rows) says the same and takes half as long again: it holds ten thousand iterators at once.
        return cls(*(list(map(column, rows)) for column in _COLUMN)) if rows else cls()

    def columns(self) -> tuple[Sequence[object], ...]:
        """The columns themselves, in the order of ``COLUMNS``."""
        return tuple(getattr(self, field.name) for field in fields(self))

    def rows(self) -> Iterator[Row]:
        """The facts as tuples in the order of ``COLUMNS``."""
        return zip(*self.columns(), strict=True)

    def facts(self) -> list[Fact]:
        """The facts as objects."""
        return [fact_of(row) for row in self.rows()]

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, part: slice) -> "Batch":
        return Batch(*(column[part] for column in self.columns()))
