"""What is overdue, the oldest first: what, of whom, since when, whose it is, who has been told.

断点清单，最久的在前：什么事、哪个对象、何时起、归谁、已告知谁。

Also what was missed for good in the last seven days, where a deed would not count any more. With --all every
break there was: also those done late, lifted, or ended long ago.

也列出最近七天内错过的事项：补做已不再算数。加 --all 时列出所有断点，含逾期完成、已免除和更早错过的。
"""

from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from fengsui.board.desk import Desk, subject_text
from fengsui.board.missed import missed
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
    """The list. ``n`` counts what the filters let through; ``rows`` are at most so many as asked for.

    ``n_missed`` of them are missed for good; ``n_standing`` can still be ended by a deed.
    """

    now: int
    known_at: int
    n: int
    n_standing: int
    n_missed: int
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
    """The breaks that stand and what was missed of late, or with ``--all`` every break there was."""
    desk = run.desk()
    asked = {"area": run.area(area), "protocol": run.protocol(protocol, desk.library)}
    since_at = run.time("--since", since) if since else None
    if is_all:
        found = _all(desk, owner, since_at, **asked)
        answer = Breaks(desk.now, desk.known_at, len(found), 0, 0, tuple(islice(found, limit)))
    else:
        standing = desk.view.overdue(now=desk.now, role=owner, limit=10**9, **asked)
        gone, _ = missed(desk, role=owner, **asked)
        standing, gone = (
            [one for one in some if since_at is None or one.from_at >= since_at] for some in (standing, gone)
        )
        # What can still be done comes first: it is what the list is for.
        rows = overdue_rows(desk, [*standing, *gone][:limit])
        n = len(standing) + len(gone)
        answer = Breaks(desk.now, desk.known_at, n, len(standing), len(gone), rows)
    run.answer(answer, lambda page: _show(page, answer, desk, is_all=is_all))


def _all(desk: Desk, owner: str | None, since: int | None, **asked: str | None) -> list[Break]:
    found = desk.view.breaks(now=desk.now, since=since, **asked)
    kept = [one for one in found if owner in (None, one.role)]
    return sorted(kept, key=lambda one: (one.from_at, one.loop, one.key, one.n))


def _show(page: Page, answer: Breaks, desk: Desk, *, is_all: bool) -> None:
    page.heading(Text(f"断点 {answer.n}", f"{answer.n} breaks"))
    if answer.n_missed:
        page.line(
            Text(
                f"仍可办理 {answer.n_standing}，已经错过 {answer.n_missed}（七天内）",
                f"{answer.n_standing} can still be ended, {answer.n_missed} missed for good (seven days)",
            )
        )
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
    until = page.due(one.until_at, zone) if one.until_at <= desk.now else ""
    what = f"{one.key} {one.n}" if one.n else one.key
    place = desk.place_text(one.place)
    return [
        page.due(one.from_at, zone),
        until,
        desk.title(one.protocol),
        what,
        subject_text(one.subject),
        place,
        role_text(one.role, desk.world.areas),
        one.loop,
    ]
