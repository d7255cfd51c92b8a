"""Reconciliation at hand-overs: in = out + under way + stopped + lost, and the lost by name.

交接对账：进 = 出 + 在途 + 终止 + 失联；失联的逐一列出。
"""

from typing import Annotated

from fengsui.board.handovers import HandOvers, handovers
from fengsui.cli.options import Area, ProtocolName, option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.cli.tables import signed
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import show_length
from fengsui.kit.text import Text

WAYS = ("port", "carriage")
By = Annotated[
    str,
    option(
        "--by", "按口岸 port 或航班车次 carriage 分组", "group by port or by carriage", metavar="|".join(WAYS)
    ),
]
Days = Annotated[
    int, option("--days", "最近几天开启的闭环", "of loops opened in so many days", metavar="N", min=1)
]
HEADS = [
    Text("环节", "between"),
    Text("进", "in"),
    Text("出", "out"),
    Text("在途", "under way"),
    Text("终止", "stopped"),
    Text("失联", "lost"),
]


def command(
    run: Run, protocol: ProtocolName = None, by: By = "port", area: Area = None, days: Days = 30
) -> None:
    """The hand-overs of a protocol, by port or by flight, train or truck."""
    if by not in WAYS:
        raise BadInput("--by", (Finding("--by", "by", repr(by), " or ".join(WAYS)),))
    desk = run.desk()
    name = run.protocol(protocol, desk.library)
    found = handovers(desk, protocol=name, by=by, area=run.area(area), days=days)
    run.answer(found, lambda page: _show(page, found))


def _show(page: Page, found: HandOvers) -> None:
    page.heading(found.title)
    for group in found.groups:
        page.line()
        page.heading(group.name)
        page.table(HEADS, (_balance(one, page) for one in group.balances), right=range(1, 6))
        for one in group.balances:
            for lost in one.lost:
                past = show_length(lost.past, lang=page.lang)
                state, name = page.said(signed(lost.status)), page.said(lost.subject_name)
                page.line(f"    {state}  {name}  {past}  {lost.loop}")


def _balance(one, page: Page) -> list[object]:
    between = f"{page.said(one.start_title)} → {page.said(one.end_title)}"
    return [between, one.n_in, one.n_out, one.under_way, one.stopped, len(one.lost)]
