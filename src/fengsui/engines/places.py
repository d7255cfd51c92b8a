"""Which rows lie in an area: the listing areas to look in, and whether each row must be looked at."""

import json
from dataclasses import dataclass

from fengsui.engines.state import NOWHERE, Listing
from fengsui.kit.errors import NotFound


@dataclass(frozen=True, slots=True)
class Scope:
    """An area as the tables know it. ``span``: indices of the area and all below, if it lies deeper
    than lists are kept, so that rows of its listing area have to be looked at one by one.
    """

    node: int  # index of the area; of the listing area where it lies deeper
    areas: tuple[int, ...]
    is_coarse: bool
    span: tuple[int, int] | None = None

    @property
    def as_json(self) -> str:
        """The listing areas, as a parameter of a query."""
        return json.dumps(self.areas)


@dataclass(frozen=True, slots=True)
class Part:
    """A scope under the code it is shown by, less other scopes that are shown by themselves."""

    code: str | None
    scope: Scope
    less: tuple[Scope, ...] = ()


class Scopes:
    """The scopes of a region."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        areas = listing.areas
        deeper = areas.ancestors[:, listing.depth + 1 :]
        self._listed = [i for i in range(len(areas)) if (deeper[i] < 0).all()]
        self.roots = [code for code in areas.codes if areas.get(code).parent is None]

    def of(self, code: str | None) -> Scope:
        """The scope of an area code; everywhere for None, which includes places nobody knows."""
        areas = self.listing.areas
        if code is None:
            return Scope(NOWHERE, (*self._listed, NOWHERE), is_coarse=True)
        known = areas.resolve(code)
        if known is None:
            raise NotFound(f"There is no area {code!r}.")
        low, high = areas.span(known)
        listed = tuple(i for i in self._listed if low <= i < high)
        if listed:
            return Scope(low, listed, is_coarse=self._is_coarse(low))
        above = self.listing.of(known)
        return Scope(above, (above,), is_coarse=False, span=(low, high))

    def parts(self, code: str | None) -> list[Part]:
        """The areas directly below one, then itself without those; for None of all, then nowhere."""
        areas = self.listing.areas
        if code is None:
            nowhere = Scope(NOWHERE, (NOWHERE,), is_coarse=False)
            return [*(part for root in self.roots for part in self.parts(root)), Part(None, nowhere)]
        scope = self.of(code)
        if scope.span or not scope.is_coarse:
            return [Part(code, scope)]
        below = [Part(child, self.of(child)) for child in areas.children(code)]
        return [*below, Part(code, scope, tuple(part.scope for part in below))]

    def contains(self, scope: Scope, place: str | None) -> bool:
        """Whether a place lies in a scope whose rows have to be looked at."""
        known = self.listing.areas.resolve(place) if place and scope.span else None
        return scope.span is None or (
            known is not None and scope.span[0] <= self.listing.areas.index[known] < scope.span[1]
        )

    def code(self, area: int) -> str | None:
        """The code of a listing area."""
        return None if area == NOWHERE else self.listing.areas.codes[area]

    def _is_coarse(self, index: int) -> bool:
        return self.listing.areas.ancestors[index, self.listing.depth] < 0
