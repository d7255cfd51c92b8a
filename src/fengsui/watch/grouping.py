"""One outbreak, one group: alarms of areas, ages, sources, detectors and days that belong together.

Alarms of one family of diseases belong together where their days touch and their areas are the same or lie
beside each other. An area that contains others exceeds its bound *because* of those within: its alarm goes
to the one group below it with most cases too many, and never joins two groups to one. Without that rule a
single alarm of the whole region would make one outbreak of everything in it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fengsui.watch.nearness import Nearness


@dataclass(frozen=True, slots=True)
class Cell:
    """An area and a step of time in which something of a family exceeded a bound.

    ``first``, ``last``: its first and last day (since 1970). ``excess``: the most cases too many any of its
    series has.
    """

    family: str
    area: str
    first: int
    last: int
    excess: float


def grouped(cells: Sequence[Cell], nearness: Nearness, *, quiet: int = 3) -> np.ndarray:
    """int64[n]: the number of the group each cell is in, from 0 in the order of the cells.

    Days touch where at most ``quiet`` days, or one step of the longer of the two, lie between them.
    """
    parts = _Parts(len(cells))
    by_place: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, cell in enumerate(cells):
        by_place[cell.family, cell.area].append(i)
    for held in by_place.values():
        held.sort(key=lambda i: (cells[i].first, cells[i].last))
    below = _within(cells, by_place, nearness, quiet)
    for (family, area), held in by_place.items():
        own = [i for i in held if not below[i]]
        _chain(parts, cells, own, quiet)
        for other in sorted(nearness.beside.get(area, ())):
            if other > area:
                theirs = [j for j in by_place.get((family, other), ()) if not below[j]]
                _beside(parts, cells, own, theirs, quiet)
    upper = sorted((i for i in range(len(cells)) if below[i]), key=lambda i: -nearness.depth(cells[i].area))
    for i in upper:  # the deepest first, so that what they are attached to has its group already
        parts.join(i, max(below[i], key=lambda j: (cells[j].excess, -j)))
    _led_by(parts, cells, by_place, below, quiet)
    return parts.numbers()


def touch(one: Cell, other: Cell, quiet: int) -> bool:
    """Whether the days of two cells follow on each other."""
    room = max(quiet, one.last - one.first + 1, other.last - other.first + 1)
    return one.first - other.last <= room + 1 and other.first - one.last <= room + 1


def _within(
    cells: Sequence[Cell], by_place: dict[tuple[str, str], list[int]], nearness: Nearness, quiet: int
) -> list[list[int]]:
    """For each cell those of its family that lie within its area and touch it."""
    below: list[list[int]] = [[] for _ in cells]
    for (family, area), held in by_place.items():
        for outer in nearness.above.get(area, ()):
            for i in by_place.get((family, outer), ()):
                below[i] += [j for j in held if touch(cells[i], cells[j], quiet)]
    return below


def _chain(parts: "_Parts", cells: Sequence[Cell], held: Sequence[int], quiet: int) -> None:
    """Join the cells of one area that follow on each other; ``held`` in the order of time."""
    for i, j in pairwise(held):
        if touch(cells[i], cells[j], quiet):
            parts.join(i, j)


def _beside(
    parts: "_Parts", cells: Sequence[Cell], one: Sequence[int], other: Sequence[int], quiet: int
) -> None:
    for i in one:
        for j in other:
            if touch(cells[i], cells[j], quiet):
                parts.join(i, j)


def _led_by(
    parts: "_Parts",
    cells: Sequence[Cell],
    by_place: dict[tuple[str, str], list[int]],
    below: Sequence[Sequence[int]],
    quiet: int,
) -> None:
    """An area that exceeded first, and then one within it: the same outbreak, before it could be placed.

    Each stretch of such cells goes to one group only, that of the first cell it leads to.
    """
    for held in by_place.values():
        led: set[int] = set()
        for i in held:
            if below[i] or parts.root(i) in led:
                continue
            later = [j for j in held if below[j] and touch(cells[i], cells[j], quiet)]
            if later:
                led.add(parts.root(i))
                parts.join(i, later[0])
                led.add(parts.root(i))


class _Parts:
    """Which things are one (union-find)."""

    def __init__(self, n: int) -> None:
        self._up = list(range(n))

    def root(self, i: int) -> int:
        """The one that stands for all of its part."""
        while self._up[i] != i:
            self._up[i] = self._up[self._up[i]]
            i = self._up[i]
        return i

    def join(self, one: int, other: int) -> None:
        """Make two parts one."""
        low, high = sorted((self.root(one), self.root(other)))
        self._up[high] = low

    def numbers(self) -> np.ndarray:
        """int64[n]: the parts, numbered from 0 in the order in which they first appear."""
        seen: dict[int, int] = {}
        return np.array([seen.setdefault(self.root(i), len(seen)) for i in range(len(self._up))], np.int64)
