"""The list of breaks, those that stand or those that ended, filtered by area, protocol and owner."""

from collections.abc import Sequence
from dataclasses import dataclass

from fengsui.board.desk import Desk
from fengsui.board.ended import EndedRow, ended, ended_rows
from fengsui.board.missed import missed
from fengsui.board.overdue import OverdueRow, overdue_rows
from fengsui.board.packs import by_pack, pack_title
from fengsui.engines.view import Break, Overdue
from fengsui.kit.text import Text
from fengsui.loops.naming import role_text

PER_PAGE = 50
READ_AT_MOST = 10_000  # rows a page may lie deep; a list longer than that is filtered, not paged through


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter."""

    value: str
    name: Text
    is_chosen: bool
    group: Text = Text("", "")  # the pack of a protocol


@dataclass(frozen=True, slots=True)
class BreakList:
    """One page of the list. ``n`` counts what the filters let through, up to READ_AT_MOST.

    ``days``: 0 for the breaks that stand, the oldest first; else those that ended in so many days, the
    latest first. ``is_missed``: what was missed for good in the last days, where a deed counts no more.
    """

    now: int
    known_at: int
    n: int
    is_cut: bool
    page: int
    n_pages: int
    previous: int  # the page before, 0 if there is none
    next: int
    days: int
    is_missed: bool
    rows: tuple[OverdueRow, ...] | tuple[EndedRow, ...]
    areas: tuple[Choice, ...]
    protocols: tuple[Choice, ...]
    roles: tuple[Choice, ...]
    area: str
    protocol: str
    role: str

    @property
    def missed_query(self) -> str:
        """How an address asks for the same list."""
        return "1" if self.is_missed else ""

    @property
    def chosen(self) -> tuple[Text, ...]:
        """What the filters are set to."""
        return tuple(c.name for c in (*self.areas, *self.protocols, *self.roles) if c.is_chosen)


def break_list(
    desk: Desk,
    *,
    area: str | None = None,
    protocol: str | None = None,
    role: str | None = None,
    days: int = 0,
    is_missed: bool = False,
    page: int = 1,
) -> BreakList:
    """Page ``page`` (from 1) of what is overdue, of what ended in the last ``days``, or of what was missed.

    Raises NotFound for an area there is not.
    """
    areas = desk.world.areas
    if area:
        areas.get(area)
    asked = {"area": area, "protocol": protocol, "role": role}
    found: Sequence[Overdue] | Sequence[Break]
    is_cut = False
    if is_missed:
        found, is_cut = missed(desk, **asked)
    elif days:
        found = ended(desk, days=days, **asked)
    else:
        found = desk.view.overdue(now=desk.now, limit=READ_AT_MOST + 1, **asked)
    is_cut = is_cut or len(found) > READ_AT_MOST
    found = found[:READ_AT_MOST]
    n_pages = max(1, -(-len(found) // PER_PAGE))
    page = min(max(page, 1), n_pages)
    used = _used(desk, area, protocol)
    shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    return BreakList(
        now=desk.now,
        known_at=desk.known_at,
        n=len(found),
        is_cut=is_cut,
        page=page,
        n_pages=n_pages,
        previous=page - 1,
        next=page + 1 if page < n_pages else 0,
        days=days,
        is_missed=is_missed,
        rows=ended_rows(desk, shown) if days and not is_missed else overdue_rows(desk, shown),
        areas=_area_choices(desk, area),
        protocols=_protocol_choices(desk, used, protocol),
        roles=tuple(
            Choice(name, role_text(name, desk.world.areas), name == role) for name in _roles(desk, used, role)
        ),
        area=area or "",
        protocol=protocol or "",
        role=role or "",
    )


def _area_choices(desk: Desk, area: str | None) -> tuple[Choice, ...]:
    """The way down to the chosen area, and what lies directly below it."""
    areas = desk.world.areas
    top = area or areas.codes[0]
    codes = [*areas.path(top)[1:], *areas.children(top)]
    return tuple(Choice(code, areas.get(code).name, code == area) for code in codes)


def _used(desk: Desk, area: str | None, protocol: str | None) -> tuple[str, ...]:
    """The protocols that have loops or breaks there, and the chosen one: of eighty few are in use at once."""
    used = {count.protocol for count in desk.view.counts(now=desk.now, area=area)} | {protocol}
    return tuple(name for name in desk.library.names if name in used)


def _protocol_choices(desk: Desk, used: tuple[str, ...], protocol: str | None) -> tuple[Choice, ...]:
    return tuple(
        Choice(name, desk.title(name), name == protocol, pack_title(pack))
        for pack, names in by_pack(desk, used)
        for name in names
    )


def _roles(desk: Desk, used: tuple[str, ...], role: str | None) -> list[str]:
    owners = {o.by.role for name in used for v in desk.library.versions(name) for o in v.obligations}
    return sorted(owners | ({role} if role else set()))
