"""The pages: each puts one value of the board on the screen, or hands it out as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fengsui.board.as_json import as_json
from fengsui.board.breaks import break_list
from fengsui.board.desk import Desk
from fengsui.board.front import front
from fengsui.board.handovers import handovers
from fengsui.board.loop_page import LoopPage, loop_page
from fengsui.board.protocol_page import protocol_list, protocol_page
from fengsui.board.quality import quality
from fengsui.board.search import search
from fengsui.board.subject import loop_list, subject_page
from fengsui.board.waiting import waiting
from fengsui.kit.errors import BadInput, Conflict, FengsuiError, NotFound, Refused
from fengsui.kit.instant import show
from fengsui.loops.explanation import DutyLine
from fengsui.loops.render import Block
from fengsui.loops.render import render as sentences
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


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is made from: the desk of the moment, the query, the language."""

    desk: Desk
    query: Mapping[str, str]
    lang: str


def page(template: str, *, of_one: bool = False) -> Callable[[Callable], Callable]:
    """Turn a function of (asked, *address) → value into a page at an address and its JSON twin.

    The value is what the template calls ``page``; ``?format=json`` or an address below /api answers
    with it as data. ``?part=live`` renders the block that refreshes itself. ``of_one``: about one subject,
    whose past the store itself can tell without a view of the whole region then.
    """

    def wrap(make: Callable) -> Callable:
        @require_safe
        @wraps(make)
        def view(request: HttpRequest, **address: str) -> HttpResponse:
            room: Room = request.room
            now = room.clock()
            wants_json = _wants_json(request)
            at = Moment(now, now, {})
            try:
                at = moment(request.GET, now=now, zone=room.zone)
                with room.lock:
                    desk = room.desk(at.as_of, at.known_at, is_now=at.is_now or of_one)
                    value = make(Asked(desk, request.GET, request.lang), **address)
            except FengsuiError as error:
                return _failed(request, error, at, wants_json)
            if wants_json:
                return _json(value)
            return _html(request, template, {"page": value}, at)

        return view

    return wrap


def _wants_json(request: HttpRequest) -> bool:
    return request.GET.get("format") == "json" or request.path.startswith("/api/")


def _html(request: HttpRequest, template: str, values: dict, at: Moment, status: int = 200) -> HttpResponse:
    if request.GET.get("part") == "live":
        template = f"parts/{template}"
    room: Room = request.room
    query = {name: value for name, value in request.GET.items() if name not in ("lang", "part", "format")}
    other = "en" if request.lang == "zh" else "zh"
    context = {
        **values,
        "lang": request.lang,
        "html_lang": "zh-Hans" if request.lang == "zh" else "en",
        "moment": at,
        "now": at.as_of,
        "zone": room.zone,
        "room": room,
        "tab": template.removesuffix(".html"),
        "kept": [(name, value) for name, value in query.items() if name not in ("as_of", "known_at")],
        "other_language": with_query(request.path, {**query, "lang": other}),
        "live": with_query(request.path, {**query, "part": "live"}),
        "as_of_text": show(at.as_of, zone=room.zone),
        "known_at_text": show(at.known_at, zone=room.zone),
    }
    return render(request, template, context, status=status)


def _json(value: object, status: int = 200) -> HttpResponse:
    body = msgspec.json.format(msgspec.json.encode(as_json(value)), indent=2)
    return HttpResponse(body, content_type="application/json; charset=utf-8", status=status)


def _failed(request: HttpRequest, error: FengsuiError, at: Moment, wants_json: bool) -> HttpResponse:
    status, title = STATUS.get(type(error), (500, "broken"))
    if wants_json:
        findings = getattr(error, "findings", ())
        return _json({"error": title, "message": str(error), "findings": as_json(findings)}, status)
    values = {"title": say(f"error.{title}", request.lang), "message": str(error)}
    return _html(request, "error.html", values, at, status)


@page("front.html")
def board(asked: Asked):
    """The front page of the region or of ``?area=``."""
    return front(asked.desk, area=asked.query.get("area") or None)


@page("breaks.html")
def breaks(asked: Asked):
    """What is overdue, or ``?ended=`` days ago or less, or ``?missed=1``, by ``?area=&protocol=&role=``."""
    query = asked.query
    return break_list(
        asked.desk,
        area=query.get("area") or None,
        protocol=query.get("protocol") or None,
        role=query.get("role") or None,
        days=min(_whole(query, "ended", 0), 3660),
        is_missed=query.get("missed") == "1",
        page=_whole(query, "page", 1),
    )


@dataclass(frozen=True)
class Told:
    """A loop's page with its explanation in sentences of the language asked for."""

    loop: LoopPage
    blocks: tuple[Block, ...]

    @property
    def pairs(self) -> list[tuple[DutyLine, Block]]:
        """Each duty with its sentences, in the order of the page."""
        by_key = {(block.key, block.n): block for block in self.blocks if block.kind == "duty"}
        return [(line, by_key[line.key, line.n]) for line in self.loop.duties]

    @property
    def milestones(self) -> list[Block]:
        """The milestones in the order of the protocol."""
        return [block for block in self.blocks if block.kind == "milestone"]


@page("loop.html", of_one=True)
def loop(asked: Asked, name: str):
    """One loop and why it stands as it does."""
    found = loop_page(asked.desk, name)
    return Told(found, tuple(sentences(found.explanation, asked.lang, kind_text=asked.desk.kind_text)))


@page("subject.html")
def subject(asked: Asked, name: str):
    """One subject: its loops and its record."""
    return subject_page(asked.desk, name)


@page("loops.html")
def loops(asked: Asked):
    """Running loops, by ``?protocol=`` and ``?area=``."""
    query = asked.query
    return loop_list(
        asked.desk,
        protocol=query.get("protocol") or None,
        area=query.get("area") or None,
        after=query.get("after", ""),
    )


@page("waiting.html")
def wait(asked: Asked):
    """The steps that wait, and for what, by ``?protocol=`` and ``?area=``."""
    query = asked.query
    return waiting(asked.desk, protocol=query.get("protocol") or None, area=query.get("area") or None)


@page("protocols.html")
def protocols(asked: Asked):
    """All protocols."""
    return protocol_list(asked.desk)


@page("protocol.html")
def protocol(asked: Asked, name: str):
    """One protocol: its steps, clocks, owners and law, in the version in force or ``?version=``."""
    return protocol_page(asked.desk, name, version=asked.query.get("version") or None)


@page("handovers.html")
def handover(asked: Asked):
    """The reconciliation of ``?protocol=`` ``?by=port`` or ``carriage``, over ``?days=``."""
    query = asked.query
    return handovers(
        asked.desk,
        protocol=query.get("protocol") or None,
        by="carriage" if query.get("by") == "carriage" else "port",
        area=query.get("area") or None,
        days=min(_whole(query, "days", 7), 3660),
    )


@page("quality.html")
def data(asked: Asked):
    """How far the record can be trusted."""
    return quality(asked.desk, limit=200)


@page("search.html")
def find(asked: Asked):
    """Loops, subjects, areas and protocols that ``?q=`` names."""
    return search(asked.desk, asked.query.get("q", ""))


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """That the process answers, and by which clock."""
    return _json({"ok": True, "now": request.room.clock()})


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for an address that leads nowhere."""
    now = request.room.clock()
    return _failed(request, NotFound(request.path), Moment(now, now, {}), _wants_json(request))


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 9):
        raise BadInput(f"{name}: expected a whole number, found {text!r}")
    return int(text) if text else default
