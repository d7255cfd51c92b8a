"""What is overdue, the oldest first: what, of whom, since when, whose it is, who has been told.

断点清单，最久的在前：什么事、哪个对象、何时起、归谁、已告知谁。

With --all also breaks that have ended: done late, lifted, or too late to be done.

加 --all 时也列出已结束的断点：逾期完成、已免除、错过的。
"""

from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from fengsui.board.desk import Desk, subject_text
from fengsui.board.overdue import OverdueRow, overdue_rows
from fengsui.cli.options import Area, Limit, Owner, ProtocolName, option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.cli.tables import PLACE, PROTOCOL, SINCE, SUBJECT, UNTIL, WHAT, WHOSE, overdue_table
from fengsui.engines.view import Break
from fengsui.kit.text import Text
from fengsui.loops.naming import role_text, zone_at

All = Annotated[bool, option("--all", "含已结束的断点", "also those that have ended")]
Since = Annotated[
    str | None,
    option("--since", "只列此时之后仍未了结的", "only what still stood then, or began later", metavar="TIME"),
]


@dataclass(frozen=True, slots=True)
class Breaks:
    """The list. ``n`` counts what the filters let through; ``rows`` are at most so many as asked for."""

    now: int
    known_at: int
    n: int
    rows: tuple[OverdueRow | Break, ...]


def command(
    run: Run,
    area: Area = None,
    protocol: ProtocolName = None,
    owner: Owner = None,
    since: Since = None,
    is_all: All = False,
    limit: Limit = 100,
) -> None:
    """The breaks that stand, or with ``--all`` every break there was."""
    desk = run.desk()
    asked = {"area": run.area(area), "protocol": run.protocol(protocol, desk.library)}
    since_at = run.time("--since", since) if since else None
    if is_all:
        found = _all(desk, owner, since_at, **asked)
        rows = tuple(islice(found, limit))
    else:
        standing = desk.view.overdue(now=desk.now, role=owner, limit=10**9, **asked)
        found = [one for one in standing if since_at is None or one.from_at >= since_at]
        rows = overdue_rows(desk, found[:limit])
    answer = Breaks(desk.now, desk.known_at, len(found), rows)
    run.answer(answer, lambda page: _show(page, answer, desk, is_all=is_all))


def _all(desk: Desk, owner: str | None, since: int | None, **asked: str | None) -> list[Break]:
    found = desk.view.breaks(now=desk.now, since=since, **asked)
    kept = [one for one in found if owner in (None, one.role)]
    return sorted(kept, key=lambda one: (one.from_at, one.loop, one.key, one.n))


def _show(page: Page, answer: Breaks, desk: Desk, *, is_all: bool) -> None:
    page.heading(Text(f"断点 {answer.n}", f"{answer.n} breaks"))
    if not is_all:
        overdue_table(page, answer.rows)
    else:
        rows = [_ended(page, desk, one) for one in answer.rows]
        page.table([SINCE, UNTIL, PROTOCOL, WHAT, SUBJECT, PLACE, WHOSE, Text("闭环", "loop")], rows)
    if answer.n > len(answer.rows):
        more = answer.n - len(answer.rows)
        page.line(Text(f"……另有 {more} 个，用 --limit 多看", f"… {more} more, see --limit"), style="dim")


def _ended(page: Page, desk: Desk, one: Break) -> list[object]:
    zone = zone_at(desk.world.areas, one.place)
    until = page.time(one.until_at, zone) if one.until_at <= desk.now else ""
    what = f"{one.key} {one.n}" if one.n else one.key
    place = desk.place_text(one.place)
    return [
        page.time(one.from_at, zone),
        until,
        desk.title(one.protocol),
        what,
        subject_text(one.subject),
        place,
        role_text(one.role),
        one.loop,
    ]
