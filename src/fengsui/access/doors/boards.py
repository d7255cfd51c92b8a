"""Doors to the pages of many: counts, lists, the search box."""

from collections.abc import Callable
from typing import TypeVar

from fengsui.access.policy import Reach
from fengsui.access.refusal import Refusal
from fengsui.access.visit import Visit
from fengsui.board.breaks import BreakList, break_list
from fengsui.board.change_page import ChangePage, Compare, change_page
from fengsui.board.desk import Desk
from fengsui.board.front import Front
from fengsui.board.front import front as front_page
from fengsui.board.handovers import HandOvers
from fengsui.board.handovers import handovers as handover_page
from fengsui.board.protocol_page import ProtocolList, ProtocolPage, protocol_list, protocol_page
from fengsui.board.quality import Quality
from fengsui.board.quality import quality as quality_page
from fengsui.board.search import Found
from fengsui.board.search import search as searched
from fengsui.board.subject import LoopList, loop_list
from fengsui.board.waiting import Waiting
from fengsui.board.waiting import waiting as waiting_page
from fengsui.loops.naming import place_text

Value = TypeVar("Value")


def seen(
    visit: Visit, name: str, make: Callable[[Desk], Value], *, verb: str = "list", **detail: object
) -> Value:
    """Any page that is made from a desk alone: ``make`` gets the actor's share of it.

    ``verb``: what the actor needs for it; ``detail`` is what the audit says was asked for.
    """
    visit.need(verb)
    value = make(visit.desk(verb if verb in ("export", "search") else "list"))
    visit.look("exported" if verb == "export" else "listed", name, **detail)
    return value


def front(visit: Visit, *, area: str | None = None) -> Front:
    """The front page of an area, or of the actor's own."""
    visit.need("counts")
    area = area or visit.home()
    visit.guarded("list").within("counts", area)
    return seen(visit, "board", lambda desk: front_page(desk, area=area), verb="counts", area=area)


def front_again(visit: Visit, *, area: str | None = None) -> None:
    """The same look at a front page that was made for somebody of the same share: let in and written down."""
    visit.need("counts")
    area = area or visit.home()
    visit.guarded("list").within("counts", area)
    visit.look("listed", "board", area=area)


def breaks(visit: Visit, **asked: object) -> BreakList:
    """The list of breaks, filtered as ``board.breaks.break_list`` is."""
    return seen(visit, "breaks", lambda desk: break_list(desk, **asked), **asked)


def loops(visit: Visit, **asked: object) -> LoopList:
    """Running loops."""
    return seen(visit, "loops", lambda desk: loop_list(desk, **asked), **asked)


def waiting(visit: Visit, **asked: object) -> Waiting:
    """The steps that wait."""
    return seen(visit, "waiting", lambda desk: waiting_page(desk, **asked), **asked)


def handovers(visit: Visit, **asked: object) -> HandOvers:
    """The reconciliation of hand-overs."""
    return seen(visit, "handovers", lambda desk: handover_page(desk, **asked), **asked)


def quality(visit: Visit, *, limit: int) -> Quality:
    """How far the record can be trusted; the rows that could not be taken hold what files held."""
    return seen(visit, "data", lambda desk: quality_page(desk, limit=limit), verb="quality")


def search(visit: Visit, query: str) -> Found:
    """What the search box finds; what is beyond reach is not found, whether it is there or not."""
    return seen(visit, "search", lambda desk: searched(desk, query), verb="search", query=query)


def protocols(visit: Visit) -> ProtocolList:
    """All protocols: rules are no secret, and reading them is not written down."""
    visit.need("rules")
    return protocol_list(visit.desk())


def protocol(visit: Visit, name: str, *, version: str | None = None) -> ProtocolPage:
    """One protocol."""
    visit.need("rules")
    return protocol_page(visit.desk(), name, version=version)


def change(visit: Visit, compare: Compare, **asked: object) -> ChangePage:
    """What another version does to the loops of the whole region, in numbers and work of posts."""
    visit.need("counts")
    grants = visit.policy.grants(visit.actor, "counts", at=visit.at)
    if not any(grant.reach is Reach.EVERYWHERE for grant in grants):
        areas = visit.raw.world.areas
        whole = Refusal("outside_your_area", {"area": place_text(areas, areas.codes[0])})
        visit.refuse(whole, "counts", "change")
    value = change_page(visit.desk(), compare, **asked)
    visit.look("listed", "change", **asked)
    return value
