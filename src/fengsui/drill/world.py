"""The made-up region: ports and their lines, isolation sites, laboratories, stores and firms.

What there is comes from ``worlds/<region>.yaml``; where it lies, from the areas of the kit. Another region
is another file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fengsui.drill.chance import Wheel
from fengsui.kit.areas import Areas
from fengsui.kit.errors import NotFound
from fengsui.kit.text import Text
from fengsui.kit.yaml12 import load

WORLDS = Path(__file__).parent / "worlds"


@dataclass(frozen=True, slots=True)
class Line:
    """A flight, train or column of trucks: its number, where it comes from, and its hour."""

    number: str
    origin: str
    after_midnight: int  # seconds from midnight, local time


@dataclass(frozen=True, slots=True)
class Site:
    """A place with a code of its own: an isolation site, a store, the yard of a firm."""

    code: str
    banner: str
    name: str


@dataclass(frozen=True, slots=True)
class Port:
    """A port of entry, its lines, and the sites its arrivals are taken to."""

    code: str
    banner: str
    name: Text
    way: str  # "flight" | "train" | "truck"
    lines: tuple[Line, ...]
    sites: tuple[Site, ...]


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Who tests: the name of its feed, what it is called, and the reagent it uses."""

    name: str
    title: str
    reagent: str


@dataclass(frozen=True, slots=True)
class Outbreak:
    """A city people come back from, and the tier of its risk."""

    name: str
    code: str
    tier: str


@dataclass(frozen=True, slots=True)
class Goods:
    """What is in a container."""

    hs: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise with hazards. ``major`` is the share of them that are."""

    site: Site
    sector: str
    major: float


@dataclass(frozen=True)
class World:
    """Everything places are drawn from. ``Wheel``s carry the weights of the file."""

    areas: Areas
    ports: Wheel
    homes: Wheel
    outbreaks: Wheel
    gateways: Wheel
    cold_ports: Wheel
    goods: tuple[Goods, ...]
    stores: Wheel
    firms: tuple[Firm, ...]
    laboratories: tuple[Laboratory, ...]
    tested_by: Mapping[str, int]  # league → index of its laboratory

    def banner(self, code: str) -> str:
        """The banner a place lies in."""
        return self.areas.ancestor(self.areas.register(code), "banner")

    def league(self, code: str) -> str:
        """The league a place lies in."""
        return self.areas.ancestor(self.areas.register(code), "league")

    def region(self) -> str:
        """The code of the whole."""
        return self.areas.codes[0]

    def name(self, code: str) -> str:
        """What an area is called where the files are written."""
        return self.areas.get(code).name.zh

    def laboratory(self, place: str, *, second: bool = False) -> Laboratory:
        """Who tests people of a place; ``second``: the other one, for a second opinion."""
        first = self.tested_by[self.league(place)]
        return self.laboratories[(first + second) % len(self.laboratories)]


def world_of(areas: Areas) -> World:
    """The world of a region. NotFound if nobody has written one for it yet."""
    path = WORLDS / f"{areas.region.key}.yaml"
    if not path.is_file():
        raise NotFound(f"There is no drill for the region {areas.region.key!r}: {path.name} is missing.")
    told = load(path.read_text(encoding="utf-8"))
    laboratories = told["laboratories"]
    cold = told["cold_chain"]
    banners = [code for code in areas.codes if areas.get(code).level == "banner"]
    return World(
        areas=areas,
        ports=_wheel({_port(port, areas): port["share"] for port in told["ports"]}),
        homes=_wheel({code: told["homes"].get(code, 1) for code in banners}),
        outbreaks=_wheel({Outbreak(o["name"], o["code"], o["tier"]): o["share"] for o in told["outbreaks"]}),
        gateways=_wheel(told["gateways"]),
        cold_ports=_wheel(cold["ports"]),
        goods=tuple(Goods(g["hs"], g["name"], g["origin"]) for g in cold["goods"]),
        stores=_wheel({s: 1 for s in _sites(cold["stores"], areas, word="冷库", slug="store")}),
        firms=tuple(firm for sector in told["hazards"] for firm in _firms(sector, areas)),
        laboratories=tuple(Laboratory(x["name"], x["called"], x["reagent"]) for x in laboratories),
        tested_by={code: i for i, x in enumerate(laboratories) for code in x["leagues"]},
    )


def _wheel(weights: Mapping) -> Wheel:
    return Wheel(tuple(weights), tuple(weights.values()))


def _port(told: Mapping, areas: Areas) -> Port:
    area = areas.get(told["code"])
    return Port(
        code=area.code,
        banner=areas.ancestor(area.code, "banner"),
        name=area.name,
        way=told["way"],
        lines=tuple(Line(x["number"], x["origin"], _seconds(x["at"])) for x in told["lines"]),
        sites=_sites(told["sites"], areas, word="集中隔离点", slug="site"),
    )


def _sites(numbers: Mapping[str, int], areas: Areas, *, word: str, slug: str) -> tuple[Site, ...]:
    """``n`` places in each banner, "150105/site-02" being 赛罕区2号集中隔离点."""
    return tuple(
        Site(f"{banner}/{slug}-{i:02d}", banner, f"{areas.get(banner).name.zh}{i}号{word}")
        for banner, n in numbers.items()
        for i in range(1, n + 1)
    )


def _firms(sector: Mapping, areas: Areas) -> list[Firm]:
    firms = []
    for i in range(sector["n"]):
        banner = sector["banners"][i % len(sector["banners"])]
        code = f"{banner}/{sector['slug']}-{i + 1:02d}"
        name = f"{areas.get(banner).name.zh}{sector['sector']}第{i + 1}单位"
        firms.append(Firm(Site(code, banner, name), sector["sector"], sector["major"]))
    return firms


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60
