"""Loops of a protocol or an area, the latest opened first.

某规程或某辖区的闭环，新开启的在前。

With --waiting the steps that wait: what their clock begins with has not happened, or nobody set a time.

加 --waiting 时列出尚在等待的环节：起算的事还没有发生，或没有人定下时限。
"""

from typing import Annotated

from fengsui.board.subject import LoopRow, loop_row
from fengsui.board.waiting import Waiting, waiting
from fengsui.cli.options import Area, Limit, ProtocolName, option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.cli.tables import CLOSED, LOOP, OPENED, PLACE, PROTOCOL, SUBJECT, WHAT
from fengsui.kit.text import Text
from fengsui.loops.naming import zone_at

WAITS_FOR = Text("等待", "waits for")
All = Annotated[bool, option("--all", "含已闭合的", "also those that are closed")]
IsWaiting = Annotated[
    bool, option("--waiting", "列出等待起算、没有时限的环节", "the steps that wait, and for what")
]
After = Annotated[str | None, option("--after", "接在此闭环之后", "go on after this loop", metavar="LOOP")]


def command(
    run: Run,
    area: Area = None,
    protocol: ProtocolName = None,
    is_all: All = False,
    is_waiting: IsWaiting = False,
    after: After = None,
    limit: Limit = 50,
) -> None:
    """A page of the list."""
    desk = run.desk()
    if is_waiting:
        found = waiting(desk, protocol=run.protocol(protocol, desk.library), area=run.area(area))
        run.answer(found, lambda page: _show_waiting(page, found))
        return
    found = desk.view.loops(
        now=desk.now,
        protocol=run.protocol(protocol, desk.library),
        area=run.area(area),
        running=None if is_all else True,
        limit=limit + 1,
        after=after,
    )
    rows = [loop_row(desk, loop) for loop in found[:limit]]
    next_page = rows[-1].loop if len(found) > limit else None
    answer = {"now": desk.now, "rows": rows, "after": next_page}
    run.answer(answer, lambda page: _show(page, rows, next_page, desk.world.areas))


def _show(page: Page, rows: list[LoopRow], next_page: str | None, areas) -> None:
    loop_table(page, rows, areas)
    if next_page:
        page.line(Text(f"……下一页：--after {next_page}", f"… more: --after {next_page}"), style="dim")


def _show_waiting(page: Page, found: Waiting) -> None:
    rows = (
        [row.n, row.protocol_title, row.title, row.waits_for, ", ".join(loop.loop for loop in row.loops)]
        for row in found.rows
    )
    page.table([Text("个数", "loops"), PROTOCOL, WHAT, WAITS_FOR, LOOP], rows, right=[0])
    if not found.rows:
        page.line(Text("没有等待起算的环节。", "Nothing waits."))
    if found.is_cut:
        page.line(
            Text(
                f"只看了最近开启的 {found.n_loops} 个闭环，请用 --protocol 或 --area 缩小范围",
                f"only the {found.n_loops} loops opened last were read; narrow it by --protocol or --area",
            ),
            style="dim",
        )


def loop_table(page: Page, rows: list[LoopRow], areas) -> None:
    """Loops, one a row."""

    def cells(row: LoopRow) -> list[object]:
        zone = zone_at(areas, row.place)
        closed = "" if row.is_running else page.time(row.closed_at, zone)
        return [row.loop, row.title, row.subject_name, row.place_name, page.time(row.opened_at, zone), closed]

    page.table([LOOP, PROTOCOL, SUBJECT, PLACE, OPENED, CLOSED], map(cells, rows))
