"""Which moment a page shows: as it was (``as_of``) and as it was known (``known_at``)."""

from collections.abc import Mapping
from dataclasses import dataclass

from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import parse


@dataclass(frozen=True, slots=True)
class Moment:
    """``as_of`` and ``known_at`` in seconds UTC, and the words in which they were asked for."""

    as_of: int
    known_at: int
    asked: Mapping[str, str]  # the query parameters, to be carried from page to page

    @property
    def is_now(self) -> bool:
        """Whether nothing but the present was asked for."""
        return not self.asked


def moment(query: Mapping[str, str], *, now: int, zone: str) -> Moment:
    """The moment a query asks for. Without ``known_at``: by what is known now. BadInput if it is no time.

    Nothing is known of the future, so a moment that lies ahead of the clock is the present. A day without
    a time is asked for as it was at its end.
    """
    asked = {name: query[name].strip() for name in ("as_of", "known_at") if query.get(name, "").strip()}
    times = {name: sum(a_time(name, text, zone)) for name, text in asked.items()}
    return Moment(min(times.get("as_of", now), now), min(times.get("known_at", now), now), asked)


def a_time(name: str, text: str, zone: str) -> tuple[int, int]:
    """A time of the query with its span: a day without a time spans that day. BadInput if it is no time."""
    try:
        return parse(text, zone=zone)
    except ValueError as error:
        raise BadInput(f"{name}: {error}", (Finding("query", name, repr(text), "a time"),)) from error
