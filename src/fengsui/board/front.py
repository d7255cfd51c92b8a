"""The front page: what is broken first, then what runs where, then how far the record can be trusted."""

from collections import defaultdict
from dataclasses import dataclass

from fengsui.board.desk import Desk
from fengsui.board.handovers import LostRow, lost_between_stages
from fengsui.board.overdue import OverdueRow, overdue_rows
from fengsui.board.quality import Quality, quality
from fengsui.kit.text import Text
from fengsui.loops.duty import Status

N_OVERDUE = 12  # rows on the front page; the rest is one click away
WIDE = 8  # protocols side by side
READ_AT_ONCE = 2_000  # the longest overdue, read to find those between two stages


@dataclass(frozen=True, slots=True)
class Cell:
    """Loops of one protocol in one area."""

    running: int
    overdue: int


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One area with a cell for each protocol; ``code`` is "" for loops whose place is not known."""

    code: str
    name: Text
    has_below: bool
    total: Cell
    cells: tuple[Cell, ...]  # one for each column


@dataclass(frozen=True, slots=True)
class Column:
    """One protocol of the table."""

    protocol: str
    title: Text
    total: Cell


@dataclass(frozen=True, slots=True)
class Front:
    """A region, or one of its areas, at a moment. ``area`` is "" for the whole region."""

    now: int
    known_at: int
    area: str
    area_name: Text
    path: tuple[tuple[str, Text], ...]  # from the region down to the area
    total: Cell
    n_breaks: int  # confirmed
    n_provisional: int
    n_unknown: int
    n_overdue: int  # all three
    oldest_past: int  # seconds the longest overdue has been so
    overdue: tuple[OverdueRow, ...]
    lost: tuple[LostRow, ...]  # of the READ_AT_ONCE longest overdue
    columns: tuple[Column, ...]
    rows: tuple[AreaRow, ...]
    quality: Quality

    @property
    def is_tall(self) -> bool:
        """Whether the table reads better with a protocol a row: there are more than a screen is wide."""
        return len(self.columns) > WIDE

    @property
    def protocol_rows(self) -> list[tuple[Column, tuple[Cell, ...]]]:
        """Each protocol with its cell in every area of ``rows``."""
        return [(column, tuple(row.cells[i] for row in self.rows)) for i, column in enumerate(self.columns)]

    @property
    def running(self) -> int:
        """How many loops run."""
        return self.total.running


def front(desk: Desk, *, area: str | None = None) -> Front:
    """The front page of the region, or of ``area``. Raises NotFound for an area there is not."""
    areas = desk.world.areas
    top = areas.get(area or areas.codes[0]).code
    late = desk.view.overdue(now=desk.now, area=area, limit=READ_AT_ONCE)
    standing = desk.view.standing(now=desk.now, area=area)
    columns, rows, total = _table(desk, area, top)
    return Front(
        now=desk.now,
        known_at=desk.known_at,
        area=area or "",
        area_name=areas.get(top).name,
        path=tuple((code, areas.get(code).name) for code in areas.path(top)),
        total=total,
        n_breaks=standing.get(Status.BREACHED, 0),
        n_provisional=standing.get(Status.PROVISIONAL, 0),
        n_unknown=standing.get(Status.UNKNOWN, 0),
        n_overdue=sum(standing.values()),
        oldest_past=max((desk.now - one.from_at for one in late), default=0),
        overdue=overdue_rows(desk, late[:N_OVERDUE]),
        lost=lost_between_stages(desk, late),
        columns=columns,
        rows=rows,
        quality=quality(desk),
    )


def _table(desk: Desk, area: str | None, top: str) -> tuple[tuple[Column, ...], tuple[AreaRow, ...], Cell]:
    """Loops by area below ``top`` and protocol; areas and protocols without any are left out."""
    areas = desk.world.areas
    running: dict[tuple[str, str], int] = defaultdict(int)
    overdue: dict[tuple[str, str], int] = defaultdict(int)
    for count in desk.view.counts(now=desk.now, area=area):
        at = (count.area or "", count.protocol)
        running[at] += count.running
        overdue[at] += count.overdue
    used = {at for at in running if running[at] or overdue[at]}
    protocols = [name for name in desk.library.names if any(p == name for _, p in used)]
    places = [code for code in (*areas.children(top), top, "") if any(a == code for a, _ in used)]

    def cell(codes: list[str], names: list[str]) -> Cell:
        pairs = [(c, n) for c in codes for n in names]
        return Cell(sum(running[p] for p in pairs), sum(overdue[p] for p in pairs))

    columns = tuple(Column(name, desk.title(name), cell(places, [name])) for name in protocols)
    rows = tuple(
        AreaRow(
            code=code,
            name=areas.get(code).name if code else Text("地点不明", "Place unknown"),
            has_below=bool(code and code != top and areas.children(code)),
            total=cell([code], protocols),
            cells=tuple(cell([code], [name]) for name in protocols),
        )
        for code in places
    )
    return columns, rows, cell(places, protocols)
