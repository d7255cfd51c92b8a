"""What a benchmark prints: one row a figure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

COLUMNS = ("name", "figure", "unit", "peer", "ratio", "peak memory", "runs", "from … to")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: the median over the runs, and its extremes.

    ``peer``: who did the work; empty: Fengsui. ``ratio``: how many times Fengsui's cost (or how many
    times slower) the peer is; None where there is nothing beside it. ``peak_mb``: 10⁶ bytes.
    """

    name: str
    figure: float
    unit: str
    peer: str = ""
    ratio: float | None = None
    peak_mb: float | None = None
    runs: int = 1
    low: float | None = None
    high: float | None = None
    note: str = ""


def row_of(
    name: str,
    values: Sequence[float],
    unit: str,
    *,
    peer: str = "",
    own: Row | None = None,
    peak_mb: float | None = None,
    note: str = "",
    more_is_better: bool = False,
) -> Row:
    """The row of several measured values. ``own``: Fengsui's row of the same figure, for the ratio."""
    figure = median(values)
    ratio = None
    if own is not None and figure and own.figure:
        ratio = own.figure / figure if more_is_better else figure / own.figure
    return Row(name, figure, unit, peer, ratio, peak_mb, len(values), min(values), max(values), note)


def as_json(rows: Iterable[Row]) -> str:
    """The rows as one JSON list, a row a line."""
    return "[" + ",\n ".join(json.dumps(asdict(row), ensure_ascii=False) for row in rows) + "]"


def as_text(rows: Sequence[Row]) -> str:
    """The rows as a table for a terminal; notes follow, one a line."""
    cells = [COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in cells
    ]
    notes = [f"{row.name}{', ' + row.peer if row.peer else ''}: {row.note}" for row in rows if row.note]
    return "\n".join([lines[0], "─" * len(lines[0]), *lines[1:], *notes])


def number(value: float | None) -> str:
    """Three significant figures, thousands apart; nothing for None."""
    if value is None:
        return ""
    if value and abs(value) < 100:
        return f"{value:.3g}"
    return f"{value:,.0f}"


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        number(row.figure),
        row.unit,
        row.peer or "Fengsui",
        f"{row.ratio:.2f} ×" if row.ratio is not None else "",
        f"{number(row.peak_mb)} MB" if row.peak_mb is not None else "",
        str(row.runs),
        f"{number(row.low)} … {number(row.high)}" if row.runs > 1 else "",
    )
