"""Read the whole audit and say whether a line was changed, left out or put in between.

通读审计记录，核验有无改动、缺漏、插入。
"""

from typing import Annotated

from fengsui.cli.options import option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.kit.text import Text

Seal = Annotated[
    str | None,
    option(
        "--seal",
        "此前抄存的封印；之后有截断即可发现",
        "a seal noted down before: finds lines cut off since",
        metavar="HEX",
    ),
]
BROKEN = 7  # exit code


def command(run: Run, seal: Seal = None) -> int:
    """The verdict; BROKEN if the chain is."""
    audit = run.home.store.audit
    found = audit.verify()
    is_known = seal is None or audit.has(seal)
    is_whole = found.is_whole and is_known

    def show(page: Page) -> None:
        page.line(Text(f"{found.n:,} 行，封印 {found.seal}", f"{found.n:,} lines, seal {found.seal}"))
        if found.broken_at:
            page.line(Text(f"第 {found.broken_at} 行起不符", f"line {found.broken_at} does not fit"))
        elif not is_known:
            page.line(
                Text("没有这一封印：末尾被截断或整体被替换", "that seal is not there: lines were cut off")
            )
        else:
            page.line(Text("完整", "whole"))

    run.answer(found, show, is_whole=is_whole)
    return 0 if is_whole else BROKEN
