"""How the region stands: running loops by protocol and area, what is overdue, what the record is worth.

全区情况：各规程、各辖区在办闭环，逾期，以及数据是否可信。
"""

from fengsui.board.front import Front, front
from fengsui.cli.options import Area
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.cli.tables import overdue_table
from fengsui.kit.instant import show_length
from fengsui.kit.text import Text

AREA, TOTAL = Text("辖区", "area"), Text("合计", "all")


def command(run: Run, area: Area = None) -> None:
    """The front page of the board, at the terminal."""
    found = front(run.desk(), area=run.area(area))
    run.answer(found, lambda page: show(page, found, run))


def show(page: Page, found: Front, run: Run) -> None:
    """Counts first, then the table, then the longest overdue, then the state of the record."""
    page.heading(
        Text(
            f"{found.area_name.zh} · {page.time(found.now, run.zone)}",
            f"{found.area_name.en} · {page.time(found.now, run.zone)}",
        )
    )
    page.line(
        Text(
            f"在办 {found.running} · 断点 {found.n_breaks} · 待核 {found.n_provisional} · "
            f"不明 {found.n_unknown}",
            f"{found.running} running · {found.n_breaks} broken · {found.n_provisional} to be confirmed · "
            f"{found.n_unknown} unknown",
        )
    )
    page.line()
    heads = [AREA, TOTAL, *(column.title for column in found.columns)]
    cells = ([row.name, _cell(row.total), *map(_cell, row.cells)] for row in found.rows)
    page.table(heads, cells, right=range(1, len(heads)))
    if found.rows:
        page.line(Text("（在办，! 后为逾期）", "(running; after the ! how many are overdue)"), style="dim")
    if found.overdue:
        page.line()
        page.heading(Text("逾期最久", "Longest overdue"))
        overdue_table(page, found.overdue)
    for row in found.lost:
        start, end = row.start_title, row.end_title
        page.line(
            Text(
                f"{row.protocol_title.zh}：{start.zh} → {end.zh} 之间失联 {row.n_lost}",
                f"{row.protocol_title.en}: {row.n_lost} lost between {start.en} and {end.en}",
            )
        )
    _quality(page, found)


def _cell(cell) -> str:
    if not cell.overdue:
        return str(cell.running)
    return f"{cell.running} !{cell.overdue}"


def _quality(page: Page, found: Front) -> None:
    quality = found.quality
    page.line()
    page.line(
        Text(
            f"未能收入的行 {quality.n_refused} · 前后矛盾 {quality.n_conflicts}",
            f"{quality.n_refused} rows refused · {quality.n_conflicts} contradictions",
        )
    )
    for source in quality.silent:
        length = show_length(source.silent_for, lang=page.lang)
        page.line(
            Text(f"来源 {source.source} 已 {length} 无声", f"source {source.source} silent for {length}")
        )
