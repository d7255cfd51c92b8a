"""What every page is made in: who asks, of which moment, and how the answer leaves as HTML, JSON or CSV."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from io import StringIO
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fengsui.access.policy import VERBS
from fengsui.access.refusal import Denied
from fengsui.access.visit import Visit
from fengsui.board.as_json import as_json
from fengsui.commands.upload_sheet import harmless
from fengsui.kit.errors import BadInput, Conflict, FengsuiError, NotFound, Refused
from fengsui.kit.instant import show
from fengsui.service.moment import Moment, moment
from fengsui.service.room import Room
from fengsui.service.tags import with_query
from fengsui.service.wording import say

STATUS: Mapping[type[FengsuiError], tuple[int, str]] = {
    BadInput: (400, "bad_input"),
    Refused: (403, "refused"),
    NotFound: (404, "not_found"),
    Conflict: (409, "refused"),
}


ASK_WHY = ("reason_needed", "reason_needed_to_export")  # refusals that end once a reason was given
LIVE = ("front.html", "work.html")  # pages with a part that refreshes itself
Listed = Callable[[Any, str], Iterable[Sequence[object]]]  # value, language → a head and rows


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is made from: who asks at which moment, the query, the language.

    Whatever a page shows of the region it gets from a door (``fengsui.access.doors``) with ``visit``.
    """

    visit: Visit
    query: Mapping[str, str]
    lang: str
    room: Room


def page(
    template: str, *, of_one: bool = False, listed: Listed | None = None
) -> Callable[[Callable], Callable]:
    """Turn a function of (asked, *address) → value into a page at an address and its JSON twin.

    The value is what the template calls ``page``; ``?format=json`` or an address below /api answers
    with it as data, ``?format=csv`` with the rows that ``listed`` makes of it. ``?part=live`` renders the
    block that refreshes itself. ``of_one``: it needs no view of the whole region at that moment, as one
    subject's past the store itself can tell.
    """

    def wrap(make: Callable) -> Callable:
        @require_safe
        @wraps(make)
        def view(request: HttpRequest, **address: str) -> HttpResponse:
            room: Room = request.room
            now = room.clock()
            wants_json = is_data(request)
            at = Moment(now, now, {})
            try:
                at = moment(request.GET, now=now, zone=room.zone)
                with room.lock:
                    desk = room.desk(at.as_of, at.known_at, is_now=at.is_now or of_one)
                    visit = room.visit(request.actor, desk, reason=request.reason)
                    if request.GET.get("format") == "csv":
                        visit.need("export")
                    value = make(Asked(visit, request.GET, request.lang, room), **address)
            except FengsuiError as error:
                return failed(request, error, at, wants_json=wants_json)
            if wants_json:
                return as_data(value)
            if listed is not None and request.GET.get("format") == "csv":
                return _csv(listed(value, request.lang))
            return as_html(request, template, {"page": value}, at=at)

        return view

    return wrap


def is_data(request: HttpRequest) -> bool:
    """Whether the answer is wanted as JSON."""
    return request.GET.get("format") == "json" or request.path.startswith("/api/")


def as_html(
    request: HttpRequest, template: str, values: dict, *, at: Moment, status: int = 200
) -> HttpResponse:
    """A page in the frame of all pages."""
    if request.GET.get("part") == "live" and template in LIVE and status == 200:
        template = f"parts/{template}"
    context = {**values, **frame_of(request, at), "tab": template.removesuffix(".html")}
    return render(request, template, context, status=status)


def frame_of(request: HttpRequest, at: Moment) -> dict[str, object]:
    """What the frame of every page says: who, when, in which language."""
    room: Room = request.room
    query = {name: value for name, value in request.GET.items() if name not in ("lang", "part", "format")}
    other = "en" if request.lang == "zh" else "zh"
    return {
        "lang": request.lang,
        "html_lang": "zh-Hans" if request.lang == "zh" else "en",
        "moment": at,
        "now": at.as_of,
        "zone": room.zone,
        "room": room,
        "actor": request.actor,
        "may": may(request),
        "kept": [(name, value) for name, value in query.items() if name not in ("as_of", "known_at")],
        "other_language": with_query(request.path, {**query, "lang": other}),
        "live": with_query(request.path, {**query, "part": "live"}),
        "as_of_text": show(at.as_of, zone=room.zone),
        "known_at_text": show(at.known_at, zone=room.zone),
    }


def may(request: HttpRequest) -> frozenset[str]:
    """What the one who asks may do somewhere: the frame leads only to pages that will open."""
    now, room = request.room.clock(), request.room
    return frozenset(verb for verb in VERBS if room.policy.grants(request.actor, verb, at=now))


def frame(request: HttpRequest) -> dict[str, object]:
    """The same for pages that are not ours (logging in): Django asks for it by name."""
    now = request.room.clock()
    return {**frame_of(request, Moment(now, now, {})), "tab": "account"}


def as_data(value: object, status: int = 200) -> HttpResponse:
    """A value as JSON."""
    body = msgspec.json.format(msgspec.json.encode(as_json(value)), indent=2)
    return HttpResponse(body, content_type="application/json; charset=utf-8", status=status)


def _csv(rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Rows as a file that spreadsheets open with its Chinese whole: they look for the mark before UTF-8."""
    written = StringIO(newline="")
    csv.writer(written).writerows([harmless(str(cell)) for cell in row] for row in rows)
    answer = HttpResponse("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="fengsui.csv"'
    return answer


def failed(request: HttpRequest, error: FengsuiError, at: Moment, *, wants_json: bool) -> HttpResponse:
    """What went wrong, in words: as a page, as data, or as the form that asks for a reason."""
    status, title = STATUS.get(type(error), (500, "broken"))
    refusal = None
    if isinstance(error, Denied):
        refusal = error.refusal
        status, title = (401 if refusal.code == "log_in_first" else 403), "refused"
    if wants_json:
        said = {"error": refusal.code if refusal else title, "message": str(error)}
        findings = getattr(error, "findings", ())
        return as_data({**said, "findings": as_json(findings)}, status)
    if refusal is not None and refusal.code in ASK_WHY:
        return as_html(request, "reason.html", {"refusal": refusal}, at=at, status=status)
    values = {"title": say(f"error.{title}", request.lang), "message": error.in_(request.lang)}
    return as_html(request, "error.html", values, at=at, status=status)


def whole(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of the query. BadInput if it is none."""
    text = query.get(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 9):
        raise BadInput(f"{name}: expected a whole number, found {text!r}")
    return int(text) if text else default
