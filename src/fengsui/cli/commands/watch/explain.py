"""Why a signal was raised: the sentence, the numbers, and how its loop stands.

一个信号为什么发出：一句话、数字、其核实闭环的情况。
"""

from typing import Annotated

from fengsui.board.watch import SignalPage, signal_page
from fengsui.cli.commands.watch._region import CountsFile, Kept, declared_in, mornings_of
from fengsui.cli.options import argument
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.cli.tables import signed
from fengsui.kit.text import Text
from fengsui.watch.explain import number
from fengsui.watch.kept import latest

Name = Annotated[
    str, argument("SIGNAL", "信号名，如 watch signals 所列", "the signal, as watch signals lists it")
]
NUMBERS = {
    "observed": Text("实际数", "observed"),
    "expected": Text("预期", "expected"),
    "bound": Text("上限", "bound"),
    "excess": Text("共多出", "too many in all"),
}
STATE, STEP, OWNER, DUE = (
    Text("状态", "state"),
    Text("环节", "step"),
    Text("责任", "owner"),
    Text("期限", "due"),
)


def command(run: Run, name: Name, counts: CountsFile = None, folder: Kept = None) -> None:
    """Explain it."""
    desk = run.desk(is_live=True)
    kept = latest(mornings_of(run, folder), until=desk.known_at)
    found = signal_page(desk, kept, declared_in(counts), name.removeprefix("signal/"))
    run.answer(found, lambda page: _show(page, found, run))


def _show(page: Page, found: SignalPage, run: Run) -> None:
    page.heading(found.row.title)
    if page.said(found.row.said):
        page.line(found.row.said)
    page.line(" · ".join(f"{page.said(NUMBERS[key])} {number(value)}" for key, value in found.numbers))
    names = (Text("、", ", ").in_(page.lang)).join(map(page.said, found.detectors))
    page.line(Text(f"检测方法：{names}", f"detectors: {names}"))
    page.line(
        Text(
            f"{page.time(found.row.raised_at, run.zone)} 发出",
            f"raised {page.time(found.row.raised_at, run.zone)}",
        )
    )
    if found.loop is not None:
        page.line()
        rows = (
            [signed(line.status), line.title, line.owner.title, page.due(line.due_at, line.zone)]
            for line in found.loop.duties
        )
        page.table([STATE, STEP, OWNER, DUE], rows)
        page.line(f"→ fengsui explain {found.row.loop} --db {run.db}")
