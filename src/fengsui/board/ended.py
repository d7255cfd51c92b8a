"""Breaks that have ended: done late, lifted, stopped, or too late to be done. They are not forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass

from fengsui.board.desk import Desk, subject_text
from fengsui.engines.view import Break
from fengsui.kit.instant import DAY
from fengsui.kit.text import Text
from fengsui.loops.escalation import Post, holder, post_at
from fengsui.loops.naming import zone_at
from fengsui.protocols.model import Frame, Obligation


@dataclass(frozen=True, slots=True)
class EndedRow:
    """One break that has ended. ``lasted``: seconds. ``owner``: whoever it was when the break began."""

    loop: str
    subject: str
    subject_name: Text
    protocol: str
    protocol_title: Text
    key: str
    n: int
    title: Text
    is_day: bool
    from_at: int
    until_at: int
    lasted: int
    zone: str
    place_name: Text
    owner: Post


def ended(
    desk: Desk, *, days: int, area: str | None = None, protocol: str | None = None, role: str | None = None
) -> list[Break]:
    """The breaks that ended in the last ``days``, the latest ended first."""
    since = desk.now - days * DAY
    found = desk.view.breaks(now=desk.now, area=area, protocol=protocol, since=since)
    over = [one for one in found if one.until_at <= desk.now and role in (None, one.role)]
    return sorted(over, key=lambda one: (-one.until_at, one.loop, one.key, one.n))


def ended_rows(desk: Desk, found: Sequence[Break]) -> tuple[EndedRow, ...]:
    """The rows in the order given."""
    return tuple(_row(desk, one) for one in found)


def _row(desk: Desk, one: Break) -> EndedRow:
    areas = desk.world.areas
    step = _step(desk, one.protocol, one.key)
    held = holder(one.role, one.place, at=one.from_at, posts=desk.posts)
    return EndedRow(
        loop=one.loop,
        subject=one.subject,
        subject_name=subject_text(one.subject),
        protocol=one.protocol,
        protocol_title=desk.title(one.protocol),
        key=one.key,
        n=one.n,
        title=step.title if step else Text(one.key, one.key),
        is_day=step is not None and step.window.frame is Frame.ON_DAYS,
        from_at=one.from_at,
        until_at=one.until_at,
        lasted=one.until_at - one.from_at,
        zone=zone_at(areas, one.place),
        place_name=desk.place_text(one.place),
        owner=post_at(one.role, one.place, areas=areas, holder=held),
    )


def _step(desk: Desk, protocol: str, key: str) -> Obligation | None:
    """The obligation in today's version, else in any; None if the library does not have it any more."""
    if protocol not in desk.library.names:
        return None
    versions = (desk.current(protocol), *desk.library.everywhere(protocol))
    return next((o for version in versions for o in version.obligations if o.key == key), None)
