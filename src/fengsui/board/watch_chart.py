"""A series as a small drawing: counts as bars, what was expected, the bound, alarms, and what nobody knows.

Numbers for an SVG of a fixed size; words and colours are the page's. An alarm is a mark above its bar and
not only a colour; a step nobody knows has a cross at the foot, so that it is no zero.
"""

import math
from dataclasses import dataclass

import numpy as np

from fengsui.watch.kept import Line

WIDTH, HEIGHT, FOOT, HEAD = 320, 96, 14, 10
STEPS = {1: 42, 7: 60}  # the last so many are drawn


@dataclass(frozen=True, slots=True)
class Bar:
    """One step: where its bar stands, and what it says. ``count`` is None where nobody knows."""

    x: float
    y: float
    width: float
    height: float
    is_alarm: bool
    day: int
    count: int | None
    bound: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing ``WIDTH`` by ``HEIGHT``. ``expected``, ``bound``: paths; ``top``: the count at the top."""

    bars: tuple[Bar, ...]
    expected: str
    bound: str
    top: int
    base: float
    first: int
    last: int
    width: int = WIDTH
    height: int = HEIGHT


def chart(line: Line) -> Chart:
    """The drawing of a series."""
    n = min(len(line.observed), STEPS[line.step])
    y, mean, bound = (values[-n:] for values in (line.observed, line.expected, line.bound))
    highest = [float(np.nanmax(values)) for values in (y, mean, bound) if not np.isnan(values).all()]
    top = max([*highest, 1.0])
    base, room = HEIGHT - FOOT, HEIGHT - FOOT - HEAD
    slot = WIDTH / max(n, 1)

    def height(value: float) -> float:
        return base - room * min(max(value, 0.0), top) / top

    bars = tuple(
        Bar(
            x=round(i * slot + slot * 0.1, 1),
            y=round(height(count), 1) if not math.isnan(count) else base,
            width=round(slot * 0.8, 1),
            height=round(base - height(count), 1) if not math.isnan(count) else 0.0,
            is_alarm=bool(line.alarms[-n + i] > 0),
            day=int(line.days[-n + i]),
            count=None if math.isnan(count) else int(count),
            bound=None if math.isnan(bound[i]) else round(float(bound[i]), 1),
        )
        for i, count in enumerate(y.tolist())
    )
    return Chart(
        bars=bars,
        expected=_path(mean, slot, height),
        bound=_path(bound, slot, height),
        top=math.ceil(top),
        base=base,
        first=bars[0].day if bars else 0,
        last=bars[-1].day + line.step - 1 if bars else 0,
    )


def _path(values: np.ndarray, slot: float, height) -> str:
    """A stepped line; it stops where there is no value."""
    parts, is_on = [], False
    for i, value in enumerate(values.tolist()):
        if math.isnan(value):
            is_on = False
            continue
        x, y = i * slot, height(value)
        parts.append(f"{'L' if is_on else 'M'}{x:.1f} {y:.1f}H{x + slot:.1f}")
        is_on = True
    return "".join(parts)
