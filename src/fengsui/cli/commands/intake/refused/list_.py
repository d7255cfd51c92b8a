"""What could not be taken, by reason, and row by row.

未能收入的行：先按原因汇总，再逐行列出。
"""

from itertools import islice
from typing import Annotated

from fengsui.cli.options import Limit, option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.facts.store import Refused
from fengsui.kit.say import in_words
from fengsui.kit.text import Text
from fengsui.sources.ledger import by_reason, entries

Mapping = Annotated[str, option("--mapping", "只看此映射", "of this mapping only", metavar="M")]
Name = Annotated[str, option("--file", "只看此文件名", "of the file of this name only", metavar="NAME")]
All = Annotated[bool, option("--all", "含已补正的", "also those that were repaired")]
HEADS = [
    Text("次数", "times"),
    Text("字段", "field"),
    Text("应为", "expected"),
    Text("例：写的是", "such as"),
]


def command(run: Run, mapping: Mapping = "", file: Name = "", is_all: All = False, limit: Limit = 20) -> None:
    """The ledger."""
    found = list(entries(run.home.store, mapping=mapping, name=file, open_only=not is_all))
    reasons = [
        {"field": field, "expected": expected, "n": n, "example": _example(example, field)}
        for field, expected, n, example in by_reason(found)
    ]
    shown = list(islice(found, limit))
    answer = {"n": len(found), "reasons": reasons, "rows": shown}
    run.answer(answer, lambda page: _show(page, answer, run.lang))


def _example(entry: Refused, field: str) -> str:
    return next(finding.found for finding in entry.findings if finding.field == field)


def _show(page: Page, answer: dict, lang: str) -> None:
    page.heading(Text(f"未能收入 {answer['n']} 行", f"{answer['n']} rows not taken"))
    rows = (
        (r["n"], r["field"], in_words(r["expected"], lang), in_words(r["example"], lang))
        for r in answer["reasons"]
    )
    page.table(HEADS, rows, right=[0])
    page.line()
    for entry in answer["rows"]:
        page.line(f"{entry.name} · {entry.entry}")
        for finding in entry.findings:
            page.line(f"    {finding.in_(lang)}")
    if len(answer["rows"]) < answer["n"]:
        more = answer["n"] - len(answer["rows"])
        page.line(Text(f"……另有 {more} 行，用 --limit 多看", f"… {more} more, see --limit"), style="dim")
