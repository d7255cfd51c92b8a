"""One subject: its loops, and every fact that counts for it.

一个对象：它的闭环，以及记在它名下的全部有效事实。
"""

from typing import Annotated

from fengsui.board.subject import SubjectPage, subject_page
from fengsui.cli.commands.loops import loop_table
from fengsui.cli.options import argument
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.kit.instant import show
from fengsui.kit.text import Text
from fengsui.loops.naming import zone_at

Subject = Annotated[
    str, argument("SUBJECT", "对象代号，如 person/…", "the subject's pseudonym, such as person/…")
]
HEADS = [
    Text("发生", "happened"),
    Text("记录", "recorded"),
    Text("事实", "fact"),
    Text("地点", "place"),
    Text("内容", "data"),
    Text("来源", "source"),
]


def command(run: Run, subject: Subject) -> None:
    """The subject's page."""
    desk = run.desk(is_live=True)
    found = subject_page(desk, subject)
    run.answer(found, lambda page: _show(page, found, desk.world.areas))


def _show(page: Page, found: SubjectPage, areas) -> None:
    page.heading(found.name)
    for name in found.names:
        page.line(Text(f"也记作 {name}", f"also known as {name}"))
    loop_table(page, list(found.loops), areas)
    page.line()

    def cells(row) -> list[object]:
        fact = row.fact
        zone = zone_at(areas, fact.place)
        data = ", ".join(f"{name}={value}" for name, value in sorted(fact.data.items()))
        happened = show(fact.at, zone=zone, lang=page.lang, span=fact.span)
        return [happened, page.time(fact.recorded_at, zone), row.kind, row.place_name, data, fact.id]

    page.table(HEADS, map(cells, found.facts))
