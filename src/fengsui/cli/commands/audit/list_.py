"""Lines of the audit: the latest, or those of an account or of a record.

审计记录：最近的，或某一账户、某一记录的。
"""

from typing import Annotated

from fengsui.cli.options import Limit, option
from fengsui.cli.run import Run
from fengsui.kit.text import Text

Who = Annotated[str, option("--actor", "账户", "account", metavar="NAME")]
What = Annotated[
    str, option("--object", "对象，如 loop/…、person/…", "record, such as loop/… or person/…", metavar="ID")
]
HEADS = [
    Text("行", "line"),
    Text("时刻", "when"),
    Text("账户", "who"),
    Text("动作", "did"),
    Text("对象", "what"),
    Text("理由", "why"),
    Text("详情", "detail"),
]


def command(run: Run, actor: Who = "", object: What = "", limit: Limit = 50) -> None:
    """One line each, in their order."""
    audit = run.home.store.audit
    asked = bool(actor or object)
    lines = audit.lines(actor=actor, object=object, limit=limit) if asked else audit.latest(limit)[::-1]

    def cells(page):
        return [
            (n.seq, page.time(n.at, run.zone), n.actor, n.verb, n.object, n.reason, n.detail) for n in lines
        ]

    run.answer({"lines": lines}, lambda page: page.table(HEADS, cells(page)))
