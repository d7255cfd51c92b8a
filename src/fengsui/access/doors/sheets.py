"""Doors to sheets that leave the service: more than a look, so each asks why and is a line of its own."""

from collections.abc import Callable

from fengsui.access.visit import Visit
from fengsui.board.desk import Desk
from fengsui.board.sheets import Sheet, breaks_sheet, loops_sheet


def breaks_as_sheet(visit: Visit, **asked: object) -> Sheet:
    """The breaks of the areas the actor may export, as ``board.sheets.breaks_sheet`` has them."""
    return _exported(visit, "breaks", lambda desk: breaks_sheet(desk, **asked), **asked)


def loops_as_sheet(visit: Visit, **asked: object) -> Sheet:
    """The running loops of the areas the actor may export."""
    return _exported(visit, "loops", lambda desk: loops_sheet(desk, **asked), **asked)


def _exported(visit: Visit, name: str, make: Callable[[Desk], Sheet], **asked: object) -> Sheet:
    visit.need("export")
    visit.refuse(visit.why_not_export(), "export", name)
    sheet = make(visit.desk("export"))
    detail = {key: value for key, value in asked.items() if value and key != "zone"} | {"n": len(sheet.rows)}
    visit.book.did(visit.actor.id, "exported", name, reason=visit.reason, detail=detail)
    return sheet
