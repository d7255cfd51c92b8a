"""Whether this region can be relied on as it stands: database, rules, clock, refused rows, audit, alerts.

体检：数据库、规程、时钟、未收录的行、审计链、督办通知是否正常。

Exit code 1 if anything is bad. 有任何一项异常时退出码为 1。
"""

from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.engines.checkup import BAD, OK, Check, checkup
from fengsui.kit.errors import FengsuiError
from fengsui.kit.text import Text

SIGNS = {OK: "✓", "warn": "!", BAD: "✗"}


def command(run: Run) -> int:
    """Look at everything once."""
    checks = list(checkup(run.home, now=run.moment().as_of))
    run.answer(checks, lambda page: _show(page, checks))
    return FengsuiError.exit_code if any(one.state == BAD for one in checks) else 0


def _show(page: Page, checks: list[Check]) -> None:
    for one in checks:
        page.line(
            Text(
                f"{SIGNS[one.state]} {one.title.zh}：{one.said.zh}",
                f"{SIGNS[one.state]} {one.title.en}: {one.said.en}",
            )
        )
        if one.state != OK and one.remedy.zh:
            page.line(Text(f"    {one.remedy.zh}", f"    {one.remedy.en}"), style="dim")
