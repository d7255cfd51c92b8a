"""Tables that several commands print."""

from collections.abc import Iterable

from fengsui.board.overdue import OverdueRow
from fengsui.cli.page import Page
from fengsui.kit.instant import show_length
from fengsui.kit.text import Text
from fengsui.loops import words
from fengsui.loops.duty import Status
from fengsui.loops.render import duty_text

SINCE, UNTIL = Text("断自", "since"), Text("至", "until")
PAST, WHAT, SUBJECT = Text("已过", "past"), Text("事项", "what"), Text("对象", "subject")
PROTOCOL, PLACE, WHOSE = Text("规程", "protocol"), Text("地点", "place"), Text("责任", "owner")
STATE, TOLD, LOOP = Text("状态", "state"), Text("已告知", "told"), Text("闭环", "loop")
OPENED, CLOSED = Text("开启", "opened"), Text("闭合", "closed")

# Words say it; the sign is for the eye that runs down a list.
SIGNS = {
    Status.BREACHED: "✗",
    Status.MISSED: "✗",
    Status.PROVISIONAL: "~",
    Status.UNKNOWN: "?",
    Status.OPEN: "○",
    Status.FULFILLED: "✓",
    Status.LATE: "✓",
}


def signed(status: Status) -> Text:
    """A status as a sign and a word."""
    word, sign = words.STATUS[status], SIGNS.get(status, "·")
    return Text(f"{sign} {word.zh}", f"{sign} {word.en}")


def overdue_table(page: Page, rows: Iterable[OverdueRow]) -> None:
    """What stands broken."""
    heads = [SINCE, PAST, STATE, WHAT, SUBJECT, WHOSE, TOLD, LOOP]
    page.table(heads, (_overdue(page, row) for row in rows))


def _overdue(page: Page, row: OverdueRow) -> list[object]:
    return [
        page.due(row.broken_at, row.zone),
        show_length(row.past, lang=page.lang),
        signed(row.status),
        duty_text(row.title, row.n, row.n > 0, is_day=row.is_day, lang=page.lang),
        row.subject_name,
        row.owner.title,
        row.highest.to.title if row.highest else "—",
        row.loop,
    ]
