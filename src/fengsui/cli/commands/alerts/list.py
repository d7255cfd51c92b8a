"""The last letters that went out: to whom, when, whether they arrived, and if not, why.

最近发出的通知：发给谁、何时、是否送达、未送达的原因。
"""

from dataclasses import dataclass

from fengsui.cli.options import Limit
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.kit.instant import show
from fengsui.kit.text import Text

STATES = {
    "waiting": Text("待发", "waiting"),
    "leaving": Text("发送中", "leaving"),
    "sent": Text("已送达", "sent"),
    "failed": Text("未送达", "failed"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One letter."""

    id: str
    channel: str
    to: str
    subject: str
    written_at: int
    state: str
    attempts: int
    sent_at: int
    failure: str


def command(run: Run, limit: Limit = 100) -> None:
    """The letters, the latest first."""
    rows = [Row(*row) for row in run.home.store.outbox.letters(limit=limit)]
    run.answer(rows, lambda page: _show(page, rows, run))


def _show(page: Page, rows: list[Row], run: Run) -> None:
    if not rows:
        page.line(Text("还没有发出通知。", "No letter has gone out yet."))
    for row in rows:
        state = STATES[row.state].in_(run.lang)
        page.line(f"{show(row.written_at, zone=run.zone)}  {state}  {row.channel}:{row.to}  {row.subject}")
        if row.failure:
            page.line(f"    {row.failure}", style="dim")
