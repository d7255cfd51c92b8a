"""The pages: each puts one value of a door on the screen, or hands it out as data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from fengsui.access import doors
from fengsui.board.change_page import ChangePage
from fengsui.board.loop_page import LoopPage
from fengsui.commands.offers import Offer
from fengsui.kit.errors import NotFound, Refused
from fengsui.loops.explanation import DutyLine
from fengsui.loops.render import Block
from fengsui.loops.render import render as sentences
from fengsui.service.acts import offers_of
from fengsui.service.frame import Asked, as_data, failed, is_data, page, whole
from fengsui.service.guard import LONGEST, REASONS
from fengsui.service.moment import Moment, a_time
from fengsui.service.wording import say


@page("front.html")
def board(asked: Asked):
    """The front page of the region or of ``?area=``."""
    return doors.front(asked.visit, area=asked.query.get("area") or None)


@page("breaks.html")
def breaks(asked: Asked):
    """What is overdue, or ``?ended=`` days ago or less, or ``?missed=1``, by ``?area=&protocol=&role=``."""
    query = asked.query
    return doors.breaks(
        asked.visit,
        area=query.get("area") or None,
        protocol=query.get("protocol") or None,
        role=query.get("role") or None,
        days=min(whole(query, "ended", 0), 3660),
        is_missed=query.get("missed") == "1",
        page=whole(query, "page", 1),
    )


@dataclass(frozen=True)
class Told:
    """A loop's page with its explanation in sentences of the language asked for."""

    loop: LoopPage
    blocks: tuple[Block, ...]
    offers: tuple[Offer, ...]

    @property
    def offered(self) -> dict[str, list[Offer]]:
        """What can be done with each duty, by its name on the page."""
        found: dict[str, list[Offer]] = {}
        for offer in self.offers:
            found.setdefault(f"{offer.key}-{offer.n}", []).append(offer)
        return found

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
    found = doors.loop(asked.visit, name)
    blocks = tuple(sentences(found.explanation, asked.lang, kind_text=asked.visit.raw.kind_text))
    is_present = asked.visit.raw.now == asked.visit.at
    return Told(found, blocks, offers_of(asked.room, asked.visit, name) if is_present else ())


@page("subject.html")
def subject(asked: Asked, name: str):
    """One subject: its loops and its record."""
    return doors.subject(asked.visit, name)


@page("loops.html")
def loops(asked: Asked):
    """Running loops, by ``?protocol=`` and ``?area=``."""
    query = asked.query
    return doors.loops(
        asked.visit,
        protocol=query.get("protocol") or None,
        area=query.get("area") or None,
        after=query.get("after", ""),
    )


@page("waiting.html")
def wait(asked: Asked):
    """The steps that wait, and for what, by ``?protocol=`` and ``?area=``."""
    query = asked.query
    return doors.waiting(asked.visit, protocol=query.get("protocol") or None, area=query.get("area") or None)


@page("protocols.html")
def protocols(asked: Asked):
    """All protocols."""
    return doors.protocols(asked.visit)


@page("protocol.html")
def protocol(asked: Asked, name: str):
    """One protocol: its steps, clocks, owners and law, in the version in force or ``?version=``."""
    return doors.protocol(asked.visit, name, version=asked.query.get("version") or None)


def _work(found: ChangePage, lang: str) -> Iterable[Sequence[object]]:
    yield "规程 protocol", "日期 day", "岗位 post", "地点 place", "增 added", "减 removed"
    for row in found.work:
        yield row.protocol, row.day, row.role.in_(lang), row.place.in_(lang), row.added, row.removed


@page("change.html", of_one=True, listed=_work)
def change(asked: Asked):
    """What version ``?after=`` does to the loops of ``?before=``, of all protocols or ``?protocol=``.

    ``?from=``: as if it came into force then; ``?rule=``: as if it met running loops so.
    """
    query, room = asked.query, asked.room
    from_text = query.get("from", "").strip()
    return doors.change(
        asked.visit,
        room.comparing,
        before=query.get("before", ""),
        after=query.get("after", ""),
        protocol=query.get("protocol", ""),
        from_text=from_text,
        from_at=a_time("from", from_text, room.zone)[0] if from_text else None,
        rule=query.get("rule", ""),
    )


@page("handovers.html")
def handover(asked: Asked):
    """The reconciliation of ``?protocol=`` ``?by=port`` or ``carriage``, over ``?days=``."""
    query = asked.query
    return doors.handovers(
        asked.visit,
        protocol=query.get("protocol") or None,
        by="carriage" if query.get("by") == "carriage" else "port",
        area=query.get("area") or None,
        days=min(whole(query, "days", 7), 3660),
    )


@page("quality.html")
def data(asked: Asked):
    """How far the record can be trusted."""
    return doors.quality(asked.visit, limit=200)


@page("search.html")
def find(asked: Asked):
    """Loops, subjects, areas and protocols that ``?q=`` names."""
    return doors.search(asked.visit, asked.query.get("q", ""))


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """That the process answers, and by which clock."""
    return as_data({"ok": True, "now": request.room.clock()})


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page for an address that leads nowhere."""
    now = request.room.clock()
    return failed(request, NotFound(request.path), Moment(now, now, {}), wants_json=is_data(request))


def not_from_here(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that does not come from a page of ours."""
    now = request.room.clock()
    error = Refused(say("error.not_from_here", request.lang))
    return failed(request, error, Moment(now, now, {}), wants_json=is_data(request))


@require_POST
def reason(request: HttpRequest) -> HttpResponse:
    """Keep why somebody opens a record that is not their own work, and go on to it."""
    told, where = request.POST.get("reason", "").strip(), request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(where, allowed_hosts=None):
        where = "/"
    if len(told) >= 4 and hasattr(request, "session"):
        reasons = request.session.setdefault(REASONS, {})
        reasons[unquote(urlsplit(where).path)] = told[:LONGEST]
        request.session.modified = True
    return HttpResponseRedirect(where)
