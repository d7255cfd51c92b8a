"""The signals of the region with their loops, and what verified signals turned out to be.

本区信号及其闭环，以及已核实信号的准确率。
"""

from fengsui.board.watch import SignalRow, WatchPage, watch_page
from fengsui.cli.commands.watch._region import CountsFile, Kept, declared_in, mornings_of
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.cli.tables import signed
from fengsui.kit.text import Text
from fengsui.watch.kept import latest

SIGNAL, WHAT, STATE = Text("信号", "signal"), Text("事项", "what"), Text("状态", "state")
OWNER, DUE = Text("责任", "owner"), Text("期限", "due")
DETECTOR, CUT, SHARE = Text("检测方法", "detector"), Text("阈值", "threshold"), Text("属实比例", "share real")
REAL, FALSE, WAITING = Text("属实", "real"), Text("不属实", "not"), Text("待核", "open")


def command(run: Run, counts: CountsFile = None, folder: Kept = None) -> None:
    """List them."""
    desk = run.desk()
    kept = latest(mornings_of(run, folder), until=desk.known_at)
    found = watch_page(desk, kept, declared_in(counts))
    said = {"signals": found.signals, "precision": found.precision, "morning_at": found.made_at}
    run.answer(said, lambda page: _show(page, found, run))


def _show(page: Page, found: WatchPage, run: Run) -> None:
    if not found.signals:
        page.line(Text("没有信号。", "No signals."))
    page.table([SIGNAL, WHAT, STATE, OWNER, DUE], (_row(page, one, run) for one in found.signals))
    if found.precision:
        page.line()
        heads = [DETECTOR, CUT, REAL, FALSE, WAITING, SHARE]
        rows = (
            [one.detector, f"{one.cut:.2f}" if one.cut else "", one.real, one.false, one.waiting, _share(one)]
            for one in found.precision
        )
        page.table(heads, rows, right=(1, 2, 3, 4))


def _row(page: Page, one: SignalRow, run: Run) -> list[object]:
    if one.duty is None:
        return [one.id, one.title, one.verdict_name, "", ""]
    return [
        one.id,
        one.title,
        signed(one.duty.status),
        one.duty.owner.title,
        page.due(one.duty.due_at, one.duty.zone),
    ]


def _share(one) -> str:
    return "" if one.ppv is None else f"{one.ppv:.0%} ({one.low:.0%}–{one.high:.0%})"
