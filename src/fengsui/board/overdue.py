"""What is overdue, as rows people act on: what, of whom, since when, who owns it, who has been told."""

from collections.abc import Iterable
from dataclasses import dataclass

from fengsui.board.desk import Desk, subject_text
from fengsui.engines.view import Overdue
from fengsui.kit.errors import NotFound
from fengsui.kit.text import Text
from fengsui.loops.duty import Status
from fengsui.loops.escalation import Post, Told, holder, post_at, rungs_from, told_by
from fengsui.loops.naming import zone_at
from fengsui.protocols.model import Frame


@dataclass(frozen=True, slots=True)
class OverdueRow:
    """One duty that stands past its due. ``broken_at`` is since when, ``past`` how many seconds by now."""

    loop: str
    subject: str
    subject_name: Text
    protocol: str
    protocol_title: Text
    key: str
    n: int
    title: Text
    is_day: bool
    broken_at: int
    past: int
    zone: str
    status: Status
    place: str | None
    place_name: Text
    owner: Post
    told: tuple[Told, ...]
    next_told: Told | None
    confidence: str

    @property
    def is_gone(self) -> bool:
        """Whether it was missed for good: a deed would not end it any more."""
        return self.status is Status.MISSED

    @property
    def highest(self) -> Told | None:
        """The highest who has been told."""
        return self.told[-1] if self.told else None


def overdue_rows(desk: Desk, found: Iterable[Overdue]) -> tuple[OverdueRow, ...]:
    """The rows in the order given."""
    posts = desk.posts
    return tuple(_row(desk, one, posts) for one in found)


def _row(desk: Desk, one: Overdue, posts) -> OverdueRow:
    areas = desk.world.areas
    row = {
        "loop": one.loop,
        "subject": one.subject,
        "subject_name": subject_text(one.subject),
        "protocol": one.protocol,
        "protocol_title": desk.title(one.protocol),
        "key": one.key,
        "n": one.n,
        "title": one.title,
        "broken_at": one.from_at,
        "past": desk.now - one.from_at,
        "zone": zone_at(areas, one.place),
        "status": one.status,
        "place": one.place,
        "place_name": desk.place_text(one.place),
        "owner": post_at(
            one.role, one.place, areas=areas, holder=holder(one.role, one.place, at=one.due_at, posts=posts)
        ),
    }
    try:
        version = desk.version(one.protocol, one.version, one.place)
        obligation = version.obligation(one.key)
    except (NotFound, StopIteration):  # a version that is not in this library
        return OverdueRow(**row, is_day=False, told=(), next_told=None, confidence="")
    rungs = rungs_from(one.from_at, version, role=one.role, place=one.place, areas=areas)
    return OverdueRow(
        **row,
        is_day=obligation.window.frame is Frame.ON_DAYS,
        told=told_by(rungs, version, stands=one.status, now=desk.now),
        next_told=next((t for t in rungs if t.at > desk.now), None) if _goes_on(one.status) else None,
        confidence=obligation.confidence,
    )


def _goes_on(status: Status) -> bool:
    return status in (Status.BREACHED, Status.PROVISIONAL)
