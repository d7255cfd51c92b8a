"""The stories of the packs, read from ``packs/<pack>.yaml``: data, so that a new loop needs no Python.

A plot tells what happens to one subject, deed after deed, and which duties the deeds meet. When a duty is
due and who owes it is stated there by its author and not read from the protocol, so that a wrong protocol
is caught. See docs/drill.md for the words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fengsui.drill.breaks import LATE, NEVER_DONE, Kind
from fengsui.drill.moments import Moment, length, moment
from fengsui.facts.catalogue import Catalogue, FieldType
from fengsui.facts.catalogue import Kind as FactKind
from fengsui.kit.text import Text
from fengsui.kit.yaml12 import load

PACKS = Path(__file__).parent / "packs"
WAYS = (NEVER_DONE, LATE)
BY_DAY = "8h..17h"
USUALLY_LATE = "20m..8h"
USUAL_SHARE = 5  # three loops in a drill of six thousand, one of them broken


@dataclass(frozen=True, slots=True)
class PlotDeed:
    """One deed: its kind of fact, when, where, by whom, and what its record says."""

    name: str
    kind: str
    when: Moment | None  # None: it opens the story
    place: str
    by: str
    data: Mapping[str, object]  # field → value; a Moment for a time


@dataclass(frozen=True, slots=True)
class PlotDuty:
    """What is owed, by the author's own rule: met by which deed, due when, by whom."""

    protocol: str
    key: str
    n: int
    met_by: str
    due: Moment
    role: str
    place: str
    level: str  # "" for the place itself, else the area of this level above it
    until: Moment | None  # when doing it no longer counts


@dataclass(frozen=True, slots=True)
class Plot:
    """What happens to one subject under one protocol, and in which ways it can break."""

    protocol: str
    title: Text
    share: float  # loops of 10,000
    subject: str  # its type
    prefix: str  # of its numbers
    places: Mapping[str, object]  # name → level, port, list of codes, or "name/slug"
    hours: tuple[int, int]  # in which it opens, seconds of the day
    between: tuple[str, str] | None  # days in which its rules hold, where they are fewer than the drill's
    deeds: Mapping[str, PlotDeed]  # in their order, the opening first
    duties: tuple[PlotDuty, ...]
    ends: Mapping[str, frozenset[str]]  # deed → keys owed no longer from then on; "all"
    also: Mapping[str, str]  # protocol → the deed by which a loop of it opens as well
    kinds: tuple[tuple[Kind, PlotDuty], ...]


@dataclass(frozen=True, slots=True)
class PlotBook:
    """The plots of a pack, and the protocols that have none, with the reason."""

    pack: str
    prefix: str  # of the records' numbers
    format: str
    plots: tuple[Plot, ...]
    not_here: Mapping[str, Text]

    @property
    def form(self) -> str:
        """The name of its form, its mapping and its source."""
        return f"drill-{self.pack}"


@cache
def plot_books() -> tuple[PlotBook, ...]:
    """All that ship, by the names of their packs."""
    catalogue = Catalogue.shipped()
    return tuple(_book(path, catalogue) for path in sorted(PACKS.glob("*.yaml")))


def _book(path: Path, catalogue: Catalogue) -> PlotBook:
    told = load(path.read_text(encoding="utf-8"))
    plots = (
        _plot(name, said, pack=path.stem, catalogue=catalogue)
        for name, said in told.get("stories", {}).items()
    )
    return PlotBook(
        pack=path.stem,
        prefix=told.get("prefix", ""),
        format=told.get("format", "csv"),
        plots=tuple(plots),
        not_here={name: Text(**why) for name, why in told.get("not_here", {}).items()},
    )


def _plot(name: str, said: Mapping, *, pack: str, catalogue: Catalogue) -> Plot:
    """A story of a file. One protocol can have several: what stands after a blank tells them apart."""
    protocol = name.split(" ")[0]
    places = said.get("places", {"here": "banner"})
    here = next(iter(places))
    repeated = dict(_repeated(said["deeds"]))
    deeds = {key: _deed(key, deed, here=here, catalogue=catalogue) for key, deed in repeated.items()}
    title = Text(zh=said["zh"], en=said["en"])
    duties, kinds = [], []
    for key, owed in _repeated(said["duties"]):
        duty = _duty(key, owed, protocol=protocol)
        duties.append(duty)
        what = catalogue.kind(deeds[duty.met_by].kind)
        for how in owed.get("breaks", WAYS):
            flow = f"{pack}-{name.split('/')[-1]}"
            late = owed.get("late", USUALLY_LATE)
            kinds.append((_kind(duty, how, late=late, flow=flow, title=title, what=what), duty))
    ends = {
        deed: frozenset(["all"] if keys == "all" else keys) for deed, keys in said.get("ends", {}).items()
    }
    low, high = said.get("hours", BY_DAY).split("..")
    return Plot(
        protocol=protocol,
        title=title,
        share=said.get("share", USUAL_SHARE),
        subject=said["subject"],
        prefix=said.get("prefix", ""),
        places=places,
        hours=(length(low), length(high)),
        between=tuple(said["between"]) if "between" in said else None,
        deeds=deeds,
        duties=tuple(duties),
        ends=ends,
        also=said.get("also", {}),
        kinds=tuple(kinds),
    )


def _repeated(entries: Mapping[str, Mapping | str]) -> Iterator[tuple[str, Mapping]]:
    """The entries, those with ``repeat`` once for each of its numbers, which stand for {k} and {k-1}."""
    for name, said in entries.items():
        if not isinstance(said, Mapping) or "repeat" not in said:
            yield name, said
            continue
        numbers = said["repeat"]
        if isinstance(numbers, str):
            first, last = numbers.split("..")
            numbers = range(int(first), int(last) + 1)
        for k in numbers:
            one = {key: _numbered(value, k) for key, value in said.items() if key != "repeat"}
            yield (_numbered(name, k) if "{k}" in name else f"{name}_{k}"), one


def _numbered(value: object, k: int | str) -> object:
    if isinstance(value, Mapping):
        return {key: _numbered(one, k) for key, one in value.items()}
    if not isinstance(value, str):
        return value
    said = value.replace("{k}", str(k))
    return said.replace("{k-1}", str(k - 1)) if isinstance(k, int) else said


def _deed(name: str, said: Mapping | str, *, here: str, catalogue: Catalogue) -> PlotDeed:
    said = {"event": said} if isinstance(said, str) else said
    kind = catalogue.kind(said["event"])
    data = {
        field: moment(value) if kind.fields[field].type is FieldType.TIME else value
        for field, value in said.get("data", {}).items()
    }
    when = moment(said["when"]) if "when" in said else None
    return PlotDeed(name, said["event"], when, said.get("place", here), said.get("by", ""), data)


def _duty(name: str, said: Mapping, *, protocol: str) -> PlotDuty:
    role, _, where = said["by"].partition("@")
    place, _, level = where.partition(".")
    return PlotDuty(
        protocol=said.get("of", protocol),
        key=said.get("key", name),
        n=int(said.get("n", 0)),
        met_by=said.get("met_by", name),
        due=moment(said["due"]),
        role=role,
        place=place,
        level=level,
        until=moment(said["until"]) if "until" in said else None,
    )


def _kind(duty: PlotDuty, how: str, *, late: str, flow: str, title: Text, what: FactKind) -> Kind:
    low, high = late.split("..")
    zh, en = ("未做", "never") if how == NEVER_DONE else ("超时", "late")
    return Kind(
        name=f"{flow}-{duty.key}-{duty.n}-{how}".replace(" ", "-"),
        flow=flow,
        protocol=duty.protocol,
        key=duty.key,
        n=duty.n,
        how=how,
        within=0,
        title=Text(zh=f"{title.zh}：{what.title.zh}{zh}", en=f"{title.en}: {what.title.en}, {en}"),
        least=length(low),
        most=length(high),
    )


def kinds_of_packs() -> tuple[Kind, ...]:
    """Every way in which a story of a pack can break."""
    return tuple(kind for book in plot_books() for plot in book.plots for kind, _ in plot.kinds)
