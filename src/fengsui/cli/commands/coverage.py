"""Which clauses of the mission run as loops: protocols, golden histories and pages of each.

任务各条款的闭环运行情况：每条对应的规程、范例和页面。

The histories are run for it. A clause is running if every protocol named for it is loaded and has histories,
all of which pass; the others are shown as what they are.

执行时会运行范例。条款所列规程均已载入且范例全部通过，才算在运行；其余如实列出。
"""

from fengsui.board.coverage import coverage
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.engines.golden_suite import Suite
from fengsui.kit.text import Text
from fengsui.protocols.pack import packs

HEADS = [
    Text("条", "clause"),
    Text("内容", "what"),
    Text("规程", "protocols"),
    Text("范例", "histories"),
    Text("运行", "running"),
]


def command(run: Run) -> None:
    """Of the packs that ship."""
    rows = coverage(Suite.shipped(), packs())

    def show(page: Page) -> None:
        yes, no = Text("✓ 是", "✓ yes"), Text("✗ 否", "✗ no")
        page.table(
            HEADS,
            (
                [
                    r.clause,
                    r.title,
                    ", ".join(r.protocols) or "—",
                    len(r.golden_tests),
                    yes if r.running else no,
                ]
                for r in rows
            ),
            right=[0, 3],
        )
        n = sum(row.running for row in rows)
        page.line(Text(f"{len(rows)} 条中 {n} 条在运行", f"{n} of {len(rows)} clauses are running"))

    run.answer(rows, show)
