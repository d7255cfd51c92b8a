"""A loop: one subject under one protocol, from one opening fact on."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from fengsui.kit.areas import Areas
from fengsui.kit.days import DayTables
from fengsui.kit.instant import NEVER
from fengsui.loops.duty import Duty


@dataclass(frozen=True, slots=True)
class World:
    """What a derivation needs besides facts and protocols: the areas and the days of their zones."""

    areas: Areas
    days: DayTables  # zone i of ``days.zones`` is zone i of ``areas.zones``


@dataclass(frozen=True, slots=True)
class Reached:
    """A milestone that was reached: when, and by which fact (None for the later/earlier of others)."""

    at: int
    fact: str | None


@dataclass(frozen=True, slots=True)
class Loop:
    """One subject under one protocol (DHIS2: Enrollment; FHIR: CarePlan), as time facts.

    ``versions``: of the protocol that govern it, the opening one first. ``place``: the area code of
    its jurisdiction, None when the facts do not tell. ``closed_at`` is NEVER while it runs.
    """

    id: str
    protocol: str
    versions: tuple[str, ...]
    subject: str
    opened_at: int
    opened_by: str  # fact id
    closed_at: int
    place: str | None
    milestones: Mapping[str, tuple[Reached, ...]]
    duties: tuple[Duty, ...]


def loop_id(protocol: str, subject: str, opened_by: str) -> str:
    """The same for every engine and every replay: 16 hex digits over protocol, subject, opening fact."""
    name = "\x1f".join((protocol, subject, opened_by))
    return blake2b(name.encode(), digest_size=8).hexdigest()


def is_running(loop: Loop, now: int) -> bool:
    """Whether it has opened and not closed by then."""
    return loop.opened_at <= now < loop.closed_at and loop.opened_at != NEVER
