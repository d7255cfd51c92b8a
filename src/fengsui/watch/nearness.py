"""Which areas lie in which, and which lie beside each other: what grouping has to know of the map."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fengsui.kit.areas import Areas
from fengsui.kit.errors import BadInput, Finding, NotFound


@dataclass(frozen=True)
class Nearness:
    """``above``: for each area the areas it lies in, from the top down. ``beside``: those next to it."""

    above: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    beside: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def depth(self, area: str) -> int:
        """How deep an area lies; 0 at the top, and for an area nobody knows."""
        return len(self.above.get(area, ()))

    def lies_in(self, inner: str, outer: str) -> bool:
        """Whether one area lies within another; no area lies in itself."""
        return outer in self.above.get(inner, ())

    def are_near(self, one: str, other: str) -> bool:
        """Whether two areas are the same, one in the other, or beside each other."""
        same_path = one == other or self.lies_in(one, other) or self.lies_in(other, one)
        return same_path or other in self.beside.get(one, ())

    @classmethod
    def of(cls, areas: Areas, *, pairs: Iterable[tuple[str, str]] | None = None) -> "Nearness":
        """By the tree of a region. Without ``pairs`` of neighbours, areas of one parent count as beside each
        other, except right below the top, where areas are too large for that to mean anything.
        """
        above = {code: areas.path(code)[:-1] for code in areas.codes}
        if pairs is None:
            pairs = [
                (one, other)
                for code in areas.codes
                if above[code]
                for one in areas.children(code)
                for other in areas.children(code)
            ]
        return cls(above, _both_ways(pairs))


def _both_ways(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    beside: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        if one != other:
            beside[one].add(other)
            beside[other].add(one)
    return {area: frozenset(others) for area, others in beside.items()}


def read_nearness(areas: Path | None, neighbours: Path | None) -> Nearness:
    """From CSV files: ``area,parent`` (the top has none) and ``area,neighbour``; either may be left out."""
    parents = dict(_pairs(areas, "parent")) if areas else {}
    above = {area: _path(area, parents, str(areas)) for area in parents}
    return Nearness(above, _both_ways(_pairs(neighbours, "neighbour") if neighbours else ()))


def _path(area: str, parents: Mapping[str, str], where: str) -> tuple[str, ...]:
    """The areas an area lies in, from the top down."""
    path: list[str] = []
    while area := parents.get(area, ""):
        if area in path:
            raise BadInput(where, (Finding(where, "parent", area, "a tree, without circles"),))
        path.append(area)
    return tuple(reversed(path))


def _pairs(path: Path, other: str) -> list[tuple[str, str]]:
    """The rows of a CSV file with a column ``area`` and one more. NotFound or BadInput."""
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        lacking = [name for name in ("area", other) if name not in (rows.fieldnames or ())]
        if lacking:
            found = (Finding(str(path), name, "no such column", "a column") for name in lacking)
            raise BadInput(str(path), tuple(found))
        return [(row["area"], row[other] or "") for row in rows]
