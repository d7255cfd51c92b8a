"""What every page of the board is made from: a view of the loops, the rules, the areas, the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol as Shape

from fengsui.engines.view import View
from fengsui.facts.catalogue import Catalogue
from fengsui.facts.fact import Fact
from fengsui.facts.store import Refused
from fengsui.kit.errors import NotFound
from fengsui.kit.text import Text
from fengsui.loops.loop import World
from fengsui.loops.naming import place_text, short_subject
from fengsui.protocols.library import Library
from fengsui.protocols.model import Protocol

SUBJECT_TYPES: dict[str, Text] = {
    "person": Text("人员", "Person"),
    "consignment": Text("货物", "Consignment"),
    "hazard": Text("隐患", "Hazard"),
    "vehicle": Text("车辆", "Vehicle"),
    "site": Text("场所", "Site"),
    "post": Text("岗位", "Post"),
    "case": Text("病例", "Case"),
    "task": Text("任务", "Task"),
}


class Ledger(Shape):
    """Where rows that could not be taken are kept."""

    def refused(self, *, open_only: bool = True) -> Iterator[Refused]:
        """The entries, in the order in which they were written."""
        ...


@dataclass(frozen=True)
class Desk:
    """A region as it stands at ``now`` by what was recorded up to ``known_at``."""

    view: View
    library: Library
    world: World
    kinds: Catalogue
    ledger: Ledger
    now: int
    known_at: int

    @cached_property
    def titles(self) -> dict[str, Text]:
        """What each protocol is called at the moment."""
        return {name: self.current(name).title for name in self.library.names}

    def title(self, protocol: str) -> Text:
        """What a protocol is called; its name if the library does not have it any more."""
        return self.titles.get(protocol, Text(protocol, protocol))

    def current(self, name: str) -> Protocol:
        """The version in force at the moment; else the last one before it, else the first there is."""
        versions = self.library.versions(name)
        return next((v for v in reversed(versions) if v.valid_from <= self.now), versions[0])

    def version(self, name: str, version: str, place: str | None) -> Protocol:
        """One version of a protocol as it holds at a place. Raises NotFound."""
        areas = self.world.areas
        known = areas.resolve(place) if place else None
        path = areas.path(known) if known else ()
        candidates = (*self.library.versions(name, path), *self.library.everywhere(name))
        for protocol in candidates:
            if protocol.version == version:
                return protocol
        raise NotFound(f"{name} has no version {version}.")

    def kind_text(self, kind: str) -> Text:
        """What a kind of fact is called; the milestone's protocol where it is one of another loop."""
        if kind in self.kinds.kinds:
            return self.kinds.kinds[kind].title
        name, mark, milestone = kind.partition("#")
        if not mark:
            return Text(kind, kind)
        title = self.title(name)
        return Text(f"{title.in_('zh')} · {milestone}", f"{title.in_('en')} · {milestone}")

    def place_text(self, code: str | None) -> Text:
        """The name of a place."""
        return place_text(self.world.areas, code)

    @cached_property
    def posts(self) -> tuple[Fact, ...]:
        """Who held which post, as known."""
        return tuple(self.view.posts(known_at=self.known_at))


def subject_text(subject: str) -> Text:
    """A subject as it may be shown to anybody at the board: its type, and the beginning of its pseudonym."""
    kind, _, _ = subject.partition("/")
    word = SUBJECT_TYPES.get(kind, Text(kind, kind))
    short = short_subject(subject)
    return Text(f"{word.zh} {short}", f"{word.en} {short}")
