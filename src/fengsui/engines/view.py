"""The questions people ask of what is owed, answered alike by every store and for every moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from typing import Protocol as Interface

from fengsui.facts.fact import Fact
from fengsui.kit.text import Text
from fengsui.loops.duty import Duty, Status
from fengsui.loops.loop import Loop
from fengsui.protocols.model import Protocol


@dataclass(frozen=True, slots=True)
class Count:
    """How many loops of a protocol run, and how many duties stand broken, in one area.

    Loops count where their jurisdiction lies, duties where they are owed. ``area`` is one directly
    below the area that was asked about, that area itself for what belongs to none below, or None.
    """

    protocol: str
    area: str | None
    running: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """A duty whose break stands."""

    loop: str
    protocol: str
    subject: str
    key: str
    n: int
    title: Text
    from_at: int  # since when it is broken; the due time, save for deadlines set before their beginning
    due_at: int
    role: str
    place: str | None  # where it is owed
    area: str | None  # the listing area that place lies in
    version: str
    status: Status  # provisional, unknown or breached


@dataclass(frozen=True, slots=True)
class Break:
    """A time during which a duty stood broken. ``until_at`` is NEVER while it can only end by a deed."""

    loop: str
    protocol: str
    subject: str
    key: str
    n: int
    from_at: int
    until_at: int
    place: str | None
    role: str


@dataclass(frozen=True, slots=True)
class Head:
    """A loop without its duties, as it stands at a moment: ``closed_at`` is NEVER while it runs.

    ``versions``: those that governed it by then, the first one first.
    """

    id: str
    protocol: str
    versions: tuple[str, ...]
    subject: str
    opened_at: int
    closed_at: int
    place: str | None
    area: str | None


class Account(NamedTuple):
    """One loop with everything it was derived from: its versions, and all facts of its subject that count."""

    loop: Loop
    protocols: tuple[Protocol, ...]
    facts: tuple[Fact, ...]


class View(Interface):
    """What is owed as of ``now``. ``area`` is a code, and means it and everything below; None: everywhere.

    Unknown areas and loops are NotFound.
    """

    def counts(self, *, now: int, area: str | None = None) -> list[Count]:
        """Running loops and standing breaks, by protocol and by the areas directly below ``area``."""
        ...

    def overdue(
        self,
        *,
        now: int,
        area: str | None = None,
        protocol: str | None = None,
        role: str | None = None,
        limit: int = 100,
    ) -> list[Overdue]:
        """The breaks that stand, those that have stood longest first."""
        ...

    def n_overdue(self, *, now: int, area: str | None = None) -> int:
        """How many breaks stand."""
        ...

    def standing(self, *, now: int, area: str | None = None) -> Mapping[Status, int]:
        """The breaks that stand, counted as provisional, unknown and breached."""
        ...

    def breaks(
        self, *, now: int, area: str | None = None, protocol: str | None = None, since: int | None = None
    ) -> Iterator[Break]:
        """Every break that had begun by ``now``; with ``since``, of those that still stood then."""
        ...

    def loops(
        self,
        *,
        now: int,
        protocol: str | None = None,
        area: str | None = None,
        running: bool | None = None,
        subject: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> list[Head]:
        """Loops, the latest opened first. ``after``: the id of the last loop of the page before."""
        ...

    def loop(self, name: str, *, as_of: int | None = None, known_at: int | None = None) -> Account:
        """One loop as of a moment, as known at a moment; None: now, and everything known."""
        ...

    def whole_loops(
        self,
        *,
        now: int,
        protocol: str | None = None,
        area: str | None = None,
        from_at: int | None = None,
    ) -> Iterator[Loop]:
        """Loops with their duties, of those opened at or after ``from_at``."""
        ...

    def subject_facts(self, subject: str, *, known_at: int | None = None) -> list[Fact]:
        """The facts that count for a subject and all who are the same, in the order of (at, id)."""
        ...

    def posts(self, *, known_at: int | None = None) -> list[Fact]:
        """The facts that count of who was given which post (post.assigned)."""
        ...

    def watermarks(self, *, now: int) -> Mapping[str, int]:
        """Source → up to when it says it is complete (source.complete)."""
        ...

    def silent_since(self, loop: Loop, duty: Duty, *, now: int) -> int:
        """Up to when the sources of a duty's evidence are complete; NEVER if none claimed to be."""
        ...
