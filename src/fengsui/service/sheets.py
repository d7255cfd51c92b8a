"""Lists as files: CSV for anything, XLSX for whoever works in a spreadsheet."""

import csv
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO, StringIO

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from fengsui.access import doors
from fengsui.board.sheets import Cell, Sheet
from fengsui.commands.upload_sheet import harmless
from fengsui.kit.errors import BadInput, FengsuiError, Finding, NotFound
from fengsui.kit.instant import zone_info
from fengsui.kit.text import Text
from fengsui.service.frame import failed
from fengsui.service.moment import Moment, moment
from fengsui.service.room import Room

MAKERS = {"breaks": doors.breaks_as_sheet, "loops": doors.loops_as_sheet}
FILTERS = {"breaks": ("area", "protocol", "role"), "loops": ("area", "protocol")}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_safe
def sheet(request: HttpRequest, name: str) -> HttpResponse:
    """The list of that name under the filters of its page, ``?format=csv`` or ``xlsx``."""
    room: Room = request.room
    now = room.clock()
    at, query = Moment(now, now, {}), request.GET
    try:
        if name not in MAKERS:
            raise NotFound(request.path)
        kind = query.get("format") or "csv"
        if kind not in TYPES:
            found = Finding("query", "format", repr(kind), f"one of {', '.join(TYPES)}")
            raise BadInput("There is no such kind of file", (found,))
        at = moment(query, now=now, zone=room.zone)
        asked: dict[str, object] = {key: query.get(key) or None for key in FILTERS[name]}
        if query.get("missed") == "1" and name == "breaks":
            asked["is_missed"] = True
        with room.lock:
            visit = room.visit(
                request.actor, room.desk(at.as_of, at.known_at, is_now=at.is_now), reason=request.reason
            )
            made = MAKERS[name](visit, zone=room.zone, **asked)
    except FengsuiError as error:
        return failed(request, error, at, wants_json=False)
    body = (as_csv if kind == "csv" else as_xlsx)(made, request.lang)
    answer = HttpResponse(body, content_type=TYPES[kind])
    day = f"{datetime.fromtimestamp(at.as_of, zone_info(room.zone)):%Y%m%d-%H%M}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{day}.{kind}"'
    return answer


def lines(made: Sheet, lang: str) -> Iterator[list[str | int]]:
    """The head and the rows in one language. No text can be taken for a formula."""
    for row in (made.head, *made.rows):
        yield [_cell(cell, lang) for cell in row]


def _cell(cell: Cell, lang: str) -> str | int:
    return cell if isinstance(cell, int) else harmless(cell.in_(lang) if isinstance(cell, Text) else cell)


def as_csv(made: Sheet, lang: str) -> bytes:
    """As spreadsheets open it with its Chinese whole: they look for the mark before UTF-8."""
    written = StringIO(newline="")
    csv.writer(written).writerows(lines(made, lang))
    return written.getvalue().encode("utf-8-sig")


def as_xlsx(made: Sheet, lang: str) -> bytes:
    """A workbook of one sheet whose head stays in sight and filters."""
    import xlsxwriter

    written = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(written, options) as book:
        page = book.add_worksheet(made.name)
        bold = book.add_format({"bold": True})
        for i, row in enumerate(lines(made, lang)):
            page.write_row(i, 0, row, None if i else bold)
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, max(1, len(made.rows)), len(made.head) - 1)
        page.set_column(0, len(made.head) - 1, 18)
    return written.getvalue()
