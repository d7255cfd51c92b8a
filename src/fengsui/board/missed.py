"""What was missed for good: past its due, not done, and an act from now on would not count any more.

Such a break does not stand, for nothing can end it; but somebody has to know of it. It stays on the list of
breaks for some days, and in the record for ever.
"""

from collections.abc import Iterator

from fengsui.board.desk import Desk
from fengsui.engines.view import Break, Overdue
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import DAY
from fengsui.loops.duty import Status, status
from fengsui.loops.loop import Loop
from fengsui.protocols.model import Late

STAYS = 7  # days on the list
READ_AT_MOST = 500  # loops that are looked into for one list


def missed(
    desk: Desk,
    *,
    area: str | None = None,
    protocol: str | None = None,
    role: str | None = None,
    days: int = STAYS,
) -> tuple[list[Overdue], bool]:
    """What was missed in the last ``days``, the latest first; and whether there was too much to read."""
    limited = _steps_that_can_be_missed(desk)
    since = desk.now - days * DAY
    ended = [
        one
        for one in desk.view.breaks(now=desk.now, area=area, protocol=protocol, since=since)
        if one.until_at <= desk.now and (one.protocol, one.key) in limited and role in (None, one.role)
    ]
    ended.sort(key=lambda one: (-one.from_at, one.loop, one.key, one.n))
    loops = list(dict.fromkeys(one.loop for one in ended))
    read = {name: loop for name in loops[:READ_AT_MOST] if (loop := _loop(desk, name))}
    rows = [row for one in ended if one.loop in read for row in _row(desk, one, read[one.loop])]
    return rows, len(loops) > READ_AT_MOST


def _steps_that_can_be_missed(desk: Desk) -> set[tuple[str, str]]:
    return {
        (name, step.key)
        for name in desk.library.names
        for version in desk.library.everywhere(name)
        for step in version.obligations
        if step.late is not Late.ALWAYS
    }


def _loop(desk: Desk, name: str) -> Loop | None:
    try:
        return desk.view.loop(name, as_of=desk.now, known_at=desk.known_at).loop
    except NotFound:  # on record only later than the moment that is asked about
        return None


def _row(desk: Desk, one: Break, loop: Loop) -> Iterator[Overdue]:
    """The break as a row, if it ended because time ran out and not because something was done."""
    for duty in loop.duties:
        if (duty.key, duty.n) == (one.key, one.n) and status(duty, desk.now) is Status.MISSED:
            try:
                step = desk.version(loop.protocol, duty.version, loop.place).obligation(one.key)
            except (NotFound, StopIteration):  # a version that is not in this library any more
                return
            yield Overdue(
                loop=one.loop,
                protocol=one.protocol,
                subject=one.subject,
                key=one.key,
                n=one.n,
                title=step.title,
                from_at=one.from_at,
                due_at=duty.due_at,
                role=one.role,
                place=one.place,
                area=None,
                version=duty.version,
                status=Status.MISSED,
            )
            return
