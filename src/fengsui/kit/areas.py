"""The tree of areas a region is governed in, read from a table: from the region down to a site.

A region is a folder with two files. ``region.yaml`` names the region, its zone and country, its levels
from the top down, what posts are called here, and which of the shipped packs are in use; ``areas.csv`` has
one row for each area: ``code,parent,level,name_zh,name_en,kind,valid_from,valid_until,zone,alias`` (dates
as 2013-03-08, ``valid_until`` is the first day it no longer holds; aliases divided by "|"; an empty zone is
the parent's). A code may have several rows that follow one another in time, as when a place is renamed.

Inner Mongolia ships as the reference: codes of GB/T 2260, to which townships (9 digits), villages (12) and
sites ("150702/hotel-3", "150781-MLX") are added by lengthening the code of the area they lie in.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from fengsui.kit.errors import NotFound
from fengsui.kit.text import Text

REGIONS = Path(__file__).parent / "regions"
_GB_LENGTHS = (12, 9, 6, 4, 2)  # village, township, banner, league, region


@dataclass(frozen=True, slots=True)
class Area:
    """One area as it was called and placed for a while (FHIR: Location; DHIS2: organisation unit)."""

    code: str
    parent: str | None
    level: str
    name: Text
    zone: str
    valid_from: int | None = None  # Day, inclusive
    valid_until: int | None = None  # Day, exclusive
    kind: str = ""
    aliases: tuple[str, ...] = ()

    def holds_on(self, day: int) -> bool:
        """Whether the area exists, in this form, on a day."""
        from_then = self.valid_from is None or self.valid_from <= day
        return from_then and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True, slots=True)
class Region:
    """What a region file says about the whole: its name, zone, holiday country and levels, top down.

    ``role_names``: what posts are called here, beside or instead of the words that ship. ``uses``: the packs,
    and protocols by name, of those that ship; None: all of them.
    """

    key: str
    name: Text
    zone: str
    country: str | None
    levels: tuple[str, ...]
    level_names: dict[str, Text]
    role_names: Mapping[str, Text] = field(default_factory=dict)
    uses: tuple[str, ...] | None = None


def shipped_region(name: str) -> Path:
    """The folder of a region that ships with the program. NotFound."""
    if not re.fullmatch(r"[a-z0-9-]+", name) or not (REGIONS / name).is_dir():
        raise NotFound(f"No region named {name!r} is shipped.")
    return REGIONS / name


class Areas:
    """The areas of one region, with the numbering from which the compiled kernel rolls up.

    ``codes`` lists them depth first, each before its children and siblings by code, so that what lies in an
    area is one contiguous range; ``index`` is the way back; ``levels`` are the level names top down;
    ``ancestors`` is int32[n_areas, n_levels], the index of the area's ancestor (or itself) at each level
    or -1; ``zone_of`` is int16[n_areas] into ``zones``.
    """

    def __init__(self, region: Region, areas: Iterable[Area]) -> None:
        self.region = region
        self.levels = region.levels
        self._versions: dict[str, list[Area]] = defaultdict(list)
        for area in areas:
            self._versions[area.code].append(area)
        self._children = _children(self._versions)
        self.codes = _depth_first(self._children)
        self.index = {code: i for i, code in enumerate(self.codes)}
        self._end = _subtree_ends(self.codes, self._versions, self.index)

    @classmethod
    def read(cls, path: Path | str) -> "Areas":
        """The areas of a region folder (or its region.yaml). BadInput names every row that cannot be."""
        from fengsui.kit.region_file import read_region

        return cls(*read_region(Path(path)))

    @classmethod
    def of_region(cls, name: str = "inner-mongolia") -> "Areas":
        """The areas of a region that ships with the program."""
        return cls.read(shipped_region(name))

    def get(self, code: str, on: int | None = None) -> Area:
        """The area of a code as it is last known, or as it was ``on`` a day; NotFound if it was not."""
        for area in reversed(self._versions.get(code, ())):
            if on is None or area.holds_on(on):
                return area
        raise NotFound(
            f"There is no area {code!r}." if on is None else f"There is no area {code!r} on that day."
        )

    def find(self, text: str) -> Area | None:
        """The area a text names: by code, by full name, or by alias. None if none, or more than one, is.

        Names may be led by those of the areas around it (呼伦贝尔市海拉尔区). The upper level goes first
        where two levels share a name.
        """
        code = unicodedata.normalize("NFKC", text).strip()
        if code in self._versions:
            return self.get(code)
        if code.isdigit() and code.ljust(6, "0") in self._versions:
            return self.get(code.ljust(6, "0"))
        found = self._by_name.get(_plain(text))
        return self.get(found) if found else None

    def resolve(self, code: str) -> str | None:
        """The known area a code lies in: itself, or the nearest one its beginning names; None if outside.

        Chinese codes are cut to village, township, banner, league and region; others at "/", "-", "." or
        ":" only, so that DE-10 never lies in DE-1.
        """
        if code in self._versions:
            return code
        return self._resolved(code)

    def register(self, code: str) -> str:
        """The known area under which a code is filed, as ``resolve``; NotFound if it is not in the region."""
        known = self.resolve(code)
        if known is None:
            raise NotFound(f"The code {code!r} lies in no area of {self.region.key}.")
        return known

    def ancestor(self, code: str, level: str) -> str | None:
        """The area of a level in which an area lies (itself, at its own level).

        None if there is none, also where the region has no such level.
        """
        if level not in self.levels:
            return None
        i = int(self.ancestors[self._at(code), self.levels.index(level)])
        return self.codes[i] if i >= 0 else None

    def covers(self, outer: str, inner: str) -> bool:
        """Whether one area is, or lies within, another."""
        low, high = self.span(outer)
        return low <= self._at(inner) < high

    def path(self, code: str) -> tuple[str, ...]:
        """The codes from the region down to an area."""
        row = self.ancestors[self._at(code)]
        return tuple(self.codes[i] for i in row[row >= 0])

    def children(self, code: str) -> tuple[str, ...]:
        """The codes of the areas directly below."""
        return tuple(self._children.get(self.codes[self._at(code)], ()))

    def span(self, code: str) -> tuple[int, int]:
        """The range of indices [low, high) of an area and everything in it."""
        i = self._at(code)
        return i, int(self._end[i])

    @cached_property
    def ancestors(self) -> np.ndarray:
        table = np.full((len(self.codes), len(self.levels)), -1, dtype=np.int32)
        for i, code in enumerate(self.codes):
            area = self._versions[code][-1]
            if area.parent is not None:
                table[i] = table[self.index[area.parent]]
            table[i, self.levels.index(area.level)] = i
        return table

    @cached_property
    def zones(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._versions[code][-1].zone for code in self.codes))

    @cached_property
    def zone_of(self) -> np.ndarray:
        number = {zone: i for i, zone in enumerate(self.zones)}
        return np.array([number[self._versions[code][-1].zone] for code in self.codes], dtype=np.int16)

    def __len__(self) -> int:
        return len(self.codes)

    def _at(self, code: str) -> int:
        if code not in self.index:
            raise NotFound(f"There is no area {code!r}.")
        return self.index[code]

    def _resolved(self, code: str) -> str | None:
        for head in _heads(code.strip()):
            if head in self._versions:
                return head
            if head.isdigit():
                for length in _GB_LENGTHS:
                    shorter = head[:length].ljust(6, "0")
                    if len(head) >= length and shorter in self._versions:
                        return shorter
        return None

    @cached_property
    def _by_name(self) -> dict[str, str | None]:
        """From names to codes: full names before aliases, upper levels before lower; None if still two."""
        names: dict[str, str | None] = {}
        ranks: dict[str, tuple[int, int]] = {}
        for code in self.codes:
            for rank, name in self._names(code):
                if name not in names or rank < ranks[name]:
                    names[name], ranks[name] = code, rank
                elif rank == ranks[name] and names[name] != code:
                    names[name] = None
        return names

    def _names(self, code: str) -> Iterable[tuple[tuple[int, int], str]]:
        depth = len(self.path(code))
        for area in self._versions[code]:
            for name in (area.name.zh, area.name.en):
                if name:
                    yield (0, depth), _plain(name)
            for alias in area.aliases:
                yield (1, depth), _plain(alias)
            led = area.name.zh
            for above in reversed(self.path(code)[:-1]):
                led = self._versions[above][-1].name.zh + led
                yield (0, depth), _plain(led)


def _plain(name: str) -> str:
    """A name as it is compared: full-width and case folded, without blanks, dots and hyphens."""
    return re.sub(r"[\s·.\-'\u2019]+", "", unicodedata.normalize("NFKC", name).casefold())


def _heads(code: str) -> Iterable[str]:
    """The code and its beginnings up to each separator, the longest first."""
    yield code
    for match in reversed(list(re.finditer(r"[/\-.:]", code))):
        yield code[: match.start()]


def _children(versions: dict[str, list[Area]]) -> dict[str | None, list[str]]:
    below: dict[str | None, list[str]] = defaultdict(list)
    for code in sorted(versions):
        below[versions[code][-1].parent].append(code)
    return below


def _depth_first(children: dict[str | None, list[str]]) -> list[str]:
    codes: list[str] = []
    waiting = list(reversed(children[None]))
    while waiting:
        code = waiting.pop()
        codes.append(code)
        waiting.extend(reversed(children.get(code, ())))
    return codes


def _subtree_ends(codes: list[str], versions: dict[str, list[Area]], index: dict[str, int]) -> np.ndarray:
    ends = np.arange(1, len(codes) + 1, dtype=np.int32)
    for i in range(len(codes) - 1, -1, -1):
        parent = versions[codes[i]][-1].parent
        if parent is not None:
            ends[index[parent]] = max(ends[index[parent]], ends[i])
    return ends
