"""Why a loop stands as it does: each milestone and duty with its facts and its clause.

一个闭环为何是现在这样：每个里程碑、每件应办事项所依据的事实和条款。
"""

import json
import sys
from typing import Annotated

from fengsui.board.fhir import bundle
from fengsui.board.loop_page import LoopPage, loop_page
from fengsui.cli.options import argument, option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.cli.tables import SIGNS
from fengsui.kit.text import Text
from fengsui.loops.duty import Status
from fengsui.loops.render import Block, render

Loop = Annotated[str, argument("LOOP", "闭环编号", "the number of the loop")]
Fhir = Annotated[
    bool,
    option(
        "--fhir",
        "以 FHIR R4 输出：计划（CarePlan）和各项任务（Task）",
        "as FHIR R4: a CarePlan and a Task for each duty",
    ),
]


def command(run: Run, loop: Loop, fhir: Fhir = False) -> None:
    """The loop's page, in sentences; or as FHIR."""
    desk = run.desk(is_live=True)
    found = loop_page(desk, loop)
    if fhir:
        sys.stdout.write(json.dumps(bundle(found, lang=run.lang), ensure_ascii=False, indent=2) + "\n")
        return
    blocks = render(found.explanation, run.lang, kind_text=desk.kind_text)
    run.answer(found, lambda page: _show(page, found, blocks), sentences=blocks)


def _show(page: Page, found: LoopPage, blocks: list[Block]) -> None:
    of = found.explanation
    page.heading(
        Text(
            f"{of.title.zh} · {found.subject_name.zh} · {of.place_name.zh}",
            f"{of.title.en} · {found.subject_name.en} · {of.place_name.en}",
        )
    )
    page.line(
        Text(
            f"{of.loop} · 规程版本 {'、'.join(of.versions)}", f"{of.loop} · version {', '.join(of.versions)}"
        ),
        style="dim",
    )
    for block in blocks:
        page.line()
        sign = SIGNS.get(Status(block.status), "·") if block.kind == "duty" else "—"
        page.heading(
            f"{sign} {block.heading}: {block.status_text}" if block.kind == "duty" else block.heading
        )
        for sentence in block.sentences:
            page.line(f"    {sentence.label}  {sentence.text}")
