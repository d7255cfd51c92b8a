"""Doors to early warning: signals by whose loops they are, series by whose counts one may see.

A series of a banner tells how many fell ill there, so a morning is cut to the actor's areas before any page
is made of it. The thresholds hold for the whole region and are everybody's.
"""

from fengsui.access.doors.boards import seen
from fengsui.access.refusal import Refusal
from fengsui.access.visit import Visit
from fengsui.board.watch import SignalPage, WatchPage, signal_page, watch_page
from fengsui.loops.naming import place_text
from fengsui.watch.declared import Declared
from fengsui.watch.kept import Kept


def watch(
    visit: Visit,
    kept: Kept | None,
    declared: Declared,
    *,
    area: str = "",
    source: str = "",
    day: int = 0,
) -> WatchPage:
    """The page of early warning, of the actor's own area where none is asked for.

    Denied for an area of which any part lies beyond the actor's counts: the page is of all that lies in it.
    """
    may_count = visit.why_not("counts") is None
    root = _root(visit, area) if may_count else ""
    return seen(
        visit,
        "watch",
        lambda desk: watch_page(
            desk,
            _cut(visit, kept),
            declared,
            area=area or root,
            source=source,
            day=day,
            root=root,
            may_count=may_count,
        ),
        area=area,
    )


def signal(visit: Visit, kept: Kept | None, declared: Declared, name: str) -> SignalPage:
    """The page of one signal, with the series of those of its areas that the actor may see."""
    return seen(
        visit, "signal", lambda desk: signal_page(desk, _cut(visit, kept), declared, name), signal=name
    )


def _root(visit: Visit, area: str) -> str:
    """The widest area the actor may go up to from the one asked for; "" for the whole region."""
    reached = visit.guarded("list").within("counts", None)
    if None in reached:
        return ""
    areas = visit.raw.world.areas
    wanted = areas.get(area).code if area else visit.home() or reached[0]
    for outer in reached:
        if areas.covers(outer, wanted):
            return outer
    refusal = Refusal("outside_your_area", {"area": place_text(areas, wanted)})
    visit.refuse(refusal, "counts", "watch")
    return ""


def _cut(visit: Visit, kept: Kept | None) -> Kept | None:
    """A morning as the actor may see it; none where they may see no counts."""
    if kept is None or visit.why_not("counts") is not None:
        return None
    reached = visit.guarded("list").within("counts", None)
    if None in reached:
        return kept
    areas = visit.raw.world.areas
    return kept.within(code for code in areas.codes if any(areas.covers(outer, code) for outer in reached))
