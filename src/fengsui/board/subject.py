"""One subject: its loops, and everything recorded of it."""

from collections import defaultdict
from dataclasses import dataclass

from fengsui.board.desk import Desk, subject_text
from fengsui.board.record import FactRow, fact_row
from fengsui.kit.errors import NotFound
from fengsui.kit.text import Text
from fengsui.loops.explanation import seen


@dataclass(frozen=True, slots=True)
class LoopRow:
    """One loop of a list."""

    loop: str
    protocol: str
    title: Text
    subject: str
    subject_name: Text
    opened_at: int
    closed_at: int
    is_running: bool
    place: str | None
    place_name: Text


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """A subject by its pseudonym. ``names``: the other ids it is known under."""

    now: int
    known_at: int
    subject: str
    name: Text
    names: tuple[str, ...]
    loops: tuple[LoopRow, ...]
    facts: tuple[FactRow, ...]


def loop_row(desk: Desk, loop) -> LoopRow:
    """A loop's head as a row."""
    return LoopRow(
        loop=loop.id,
        protocol=loop.protocol,
        title=desk.title(loop.protocol),
        subject=loop.subject,
        subject_name=subject_text(loop.subject),
        opened_at=loop.opened_at,
        closed_at=loop.closed_at,
        is_running=loop.opened_at <= desk.now < loop.closed_at,
        place=loop.place,
        place_name=desk.place_text(loop.place),
    )


def subject_page(desk: Desk, subject: str) -> SubjectPage:
    """The page of one subject. Raises NotFound if nothing is recorded of it."""
    facts = [f for f in desk.view.subject_facts(subject, known_at=desk.known_at) if f.when <= desk.now]
    if not facts:
        raise NotFound(f"Nothing is recorded of {subject}.")
    loops = desk.view.loops(subject=subject, now=desk.now, limit=100)
    ordered = sorted(facts, key=lambda f: (f.when, f.id))
    rows = tuple(fact_row(desk, seen(f, subject=subject, areas=desk.world.areas)) for f in ordered)
    return SubjectPage(
        now=desk.now,
        known_at=desk.known_at,
        subject=subject,
        name=subject_text(subject),
        names=tuple(sorted({f.subject for f in facts} - {subject})),
        loops=tuple(loop_row(desk, loop) for loop in loops),
        facts=rows,
    )


@dataclass(frozen=True, slots=True)
class LoopList:
    """Loops of one protocol or area, the newest first; ``after`` continues the list."""

    now: int
    known_at: int
    protocol: str
    title: Text | None
    area: str
    area_name: Text | None
    protocols: tuple[tuple[str, Text], ...]  # to choose from: those of which loops run, the chosen one first
    rows: tuple[LoopRow, ...]
    after: str


def _running(desk: Desk, protocol: str | None, area: str | None) -> tuple[tuple[str, Text], ...]:
    """The protocols of which loops run there, the one with most of them first, behind the chosen one."""
    n: dict[str, int] = defaultdict(int)
    for count in desk.view.counts(now=desk.now, area=area):
        n[count.protocol] += count.running
    names = [name for name in desk.library.names if n[name] or name == protocol]
    names.sort(key=lambda name: (name != protocol, -n[name], name))
    return tuple((name, desk.title(name)) for name in names)


def loop_list(
    desk: Desk, *, protocol: str | None = None, area: str | None = None, after: str = "", limit: int = 100
) -> LoopList:
    """Running loops, ``limit`` at a time."""
    found = desk.view.loops(
        protocol=protocol, area=area, running=True, now=desk.now, limit=limit + 1, after=after or None
    )
    rows = tuple(loop_row(desk, loop) for loop in found[:limit])
    return LoopList(
        now=desk.now,
        known_at=desk.known_at,
        protocol=protocol or "",
        title=desk.title(protocol) if protocol else None,
        area=area or "",
        area_name=desk.place_text(area) if area else None,
        protocols=_running(desk, protocol, area),
        rows=rows,
        after=rows[-1].loop if len(found) > limit else "",
    )
