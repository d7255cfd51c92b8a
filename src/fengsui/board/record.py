"""Facts as rows people read: what, when, where, by which source, with the data in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from fengsui.board.desk import Desk
from fengsui.facts.catalogue import FieldType
from fengsui.kit.text import Text
from fengsui.loops.explanation import Seen
from fengsui.loops.naming import short_subject

YES, NO = Text("是", "yes"), Text("否", "no")


@dataclass(frozen=True, slots=True)
class Detail:
    """One field of a fact's data. ``at`` is set where it is a time; ``text`` otherwise."""

    name: Text
    text: Text
    at: int | None = None


@dataclass(frozen=True, slots=True)
class FactRow:
    """One fact with the names of its kind, its place and its fields."""

    fact: Seen
    kind: Text
    place_name: Text | None
    details: tuple[Detail, ...]


def fact_row(desk: Desk, fact: Seen) -> FactRow:
    """The fact as a row."""
    return FactRow(fact, desk.kind_text(fact.kind), fact.place_name, tuple(_details(desk, fact)))


def _details(desk: Desk, fact: Seen) -> Iterator[Detail]:
    """The fields in the catalogue's order; those it does not know last, under their own names."""
    kind = desk.kinds.kinds.get(fact.kind)
    known = kind.fields if kind else {}
    for name in [n for n in known if n in fact.data] + [n for n in fact.data if n not in known]:
        value = fact.data[name]
        title = known[name].title if name in known else Text(name, name)
        match known[name].type if name in known else None:
            case FieldType.TIME if isinstance(value, int):
                yield Detail(title, Text("", ""), value)
            case FieldType.AREA:
                yield Detail(title, desk.place_text(str(value)))
            case FieldType.SUBJECT:
                yield Detail(title, Text(*[short_subject(str(value))] * 2))
            case FieldType.CODE:
                yield Detail(title, known[name].title_of(str(value)))
            case FieldType.YES_NO:
                yield Detail(title, YES if value else NO)
            case _:
                yield Detail(title, Text(str(value), str(value)))
