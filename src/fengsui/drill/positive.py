"""Somebody who tested positive: where one loop ends and that of a case begins."""

from dataclasses import dataclass

from fengsui.drill.people import Person


@dataclass(frozen=True, slots=True)
class Positive:
    """Who, where the swab was taken, and when the result came."""

    person: Person
    place: str
    at: int
