"""Lists as sheets to be worked with elsewhere: one row a break or a loop, one column a thing told of it."""

from dataclasses import dataclass

from fengsui.board.desk import Desk
from fengsui.board.missed import missed
from fengsui.board.overdue import OverdueRow, overdue_rows
from fengsui.board.subject import LoopRow, loop_row
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import show
from fengsui.kit.text import Text
from fengsui.loops.words import STATUS

MOST = 20_000  # rows of one sheet: to be made in a second or two, since others wait for the region meanwhile
AT_ONCE = 2_000
Cell = Text | str | int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A head and rows of cells; times are text as the zone's people write them, minutes whole numbers."""

    name: str
    head: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]


LOOP = (
    Text("闭环", "loop"),
    Text("对象", "subject"),
    Text("规程", "protocol"),
    Text("规程名称", "protocol title"),
)
PLACE = (Text("地点代码", "place code"), Text("地点", "place"))
BREAKS = (
    *LOOP,
    Text("环节", "step"),
    Text("环节名称", "step title"),
    Text("序号", "number"),
    Text("状态", "status"),
    Text("逾期起始", "overdue since"),
    Text("已逾期（分钟）", "overdue (minutes)"),
    *PLACE,
    Text("责任岗位", "owner"),
    Text("责任人", "held by"),
    Text("已告知", "told"),
)
LOOPS = (*LOOP, Text("开始时间", "opened at"), *PLACE)


def breaks_sheet(
    desk: Desk,
    *,
    zone: str,
    area: str | None = None,
    protocol: str | None = None,
    role: str | None = None,
    is_missed: bool = False,
) -> Sheet:
    """The breaks that stand, the oldest first; or what was missed for good lately, the latest first.

    ``zone``: of the times. BadInput if there are more than MOST; NotFound for an area there is not.
    """
    asked = {"area": area, "protocol": protocol, "role": role}
    if is_missed:
        found, is_cut = missed(desk, **asked)
    else:
        found, is_cut = desk.view.overdue(now=desk.now, limit=MOST + 1, **asked), False
    _not_too_many(len(found), is_cut=is_cut)
    return Sheet("breaks", BREAKS, tuple(_break_cells(row, zone) for row in overdue_rows(desk, found)))


def loops_sheet(desk: Desk, *, zone: str, protocol: str | None = None, area: str | None = None) -> Sheet:
    """The loops that run, the latest opened first. Errors as ``breaks_sheet``."""
    rows: list[LoopRow] = []
    after = None
    while True:
        heads = desk.view.loops(
            protocol=protocol, area=area, running=True, now=desk.now, limit=AT_ONCE, after=after
        )
        rows += (loop_row(desk, head) for head in heads)
        _not_too_many(len(rows))
        if len(heads) < AT_ONCE:
            return Sheet("loops", LOOPS, tuple(_loop_cells(row, zone) for row in rows))
        after = heads[-1].id


def _not_too_many(n: int, *, is_cut: bool = False) -> None:
    if n > MOST or is_cut:
        found = Finding("query", "area", f"more than {min(n, MOST):,} rows", "filters that let fewer through")
        raise BadInput("There are too many rows for one sheet", (found,))


def _break_cells(row: OverdueRow, zone: str) -> tuple[Cell, ...]:
    told = row.highest
    return (
        row.loop,
        row.subject,
        row.protocol,
        row.protocol_title,
        row.key,
        row.title,
        row.n,
        STATUS[row.status],
        show(row.broken_at, zone=zone),
        row.past // 60,
        row.place or "",
        row.place_name,
        row.owner.title,
        row.owner.holder or "",
        told.to.title if told else "",
    )


def _loop_cells(row: LoopRow, zone: str) -> tuple[Cell, ...]:
    return (
        row.loop,
        row.subject,
        row.protocol,
        row.title,
        show(row.opened_at, zone=zone),
        row.place or "",
        row.place_name,
    )
