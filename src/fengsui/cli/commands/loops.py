"""Loops of a protocol or an area, the latest opened first.

某规程或某辖区的闭环，新开启的在前。
"""

from typing import Annotated

from fengsui.board.subject import LoopRow, loop_row
from fengsui.cli.options import Area, Limit, ProtocolName, option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.cli.tables import CLOSED, LOOP, OPENED, PLACE, PROTOCOL, SUBJECT
from fengsui.kit.text import Text
from fengsui.loops.naming import zone_at

All = Annotated[bool, option("--all", "含已闭合的", "also those that are closed")]
After = Annotated[str | None, option("--after", "接在此闭环之后", "go on after this loop", metavar="LOOP")]


def command(
    run: Run,
    area: Area = None,
    protocol: ProtocolName = None,
    is_all: All = False,
    after: After = None,
    limit: Limit = 50,
) -> None:
    """A page of the list."""
    desk = run.desk()
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


def loop_table(page: Page, rows: list[LoopRow], areas) -> None:
    """Loops, one a row."""

    def cells(row: LoopRow) -> list[object]:
        zone = zone_at(areas, row.place)
        closed = "" if row.is_running else page.time(row.closed_at, zone)
        return [row.loop, row.title, row.subject_name, row.place_name, page.time(row.opened_at, zone), closed]

    page.table([LOOP, PROTOCOL, SUBJECT, PLACE, OPENED, CLOSED], map(cells, rows))
