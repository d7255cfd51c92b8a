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
    "accident": Text("事故", "Accident"),
    "activation": Text("应急响应", "Response in force"),
    "analysis": Text("研判", "Analysis"),
    "area": Text("辖区", "Area"),
    "audit": Text("核查", "Audit"),
    "briefing": Text("晨会", "Briefing"),
    "callout": Text("调度", "Call-out"),
    "campaign": Text("专项行动", "Campaign"),
    "case": Text("病例", "Case"),
    "complaint": Text("投诉", "Complaint"),
    "consignment": Text("货物", "Consignment"),
    "container": Text("集装箱", "Container"),
    "decision": Text("决定事项", "Decision"),
    "dispute": Text("纠纷", "Dispute"),
    "enterprise": Text("企业", "Enterprise"),
    "event": Text("活动", "Event"),
    "finding": Text("问题", "Finding"),
    "flight": Text("航班", "Flight"),
    "fraud": Text("涉诈事件", "Fraud"),
    "gap": Text("漏洞", "Gap"),
    "gas_interruption": Text("停气", "Gas interruption"),
    "gas_user": Text("燃气用户", "Gas user"),
    "handover": Text("交接", "Hand-over"),
    "hazard": Text("隐患", "Hazard"),
    "health_event": Text("突发公卫事件", "Health event"),
    "hospital": Text("医院", "Hospital"),
    "incident": Text("事件", "Incident"),
    "lot": Text("批次", "Lot"),
    "measure": Text("措施", "Measure"),
    "outbreak": Text("疫情", "Outbreak"),
    "paper": Text("纸面落实线索", "Paper compliance"),
    "person": Text("人员", "Person"),
    "petition": Text("信访件", "Petition"),
    "plan": Text("预案", "Plan"),
    "post": Text("岗位", "Post"),
    "project": Text("工程", "Project"),
    "reach": Text("河段", "River reach"),
    "request": Text("请办", "Request"),
    "review": Text("倒查", "Review"),
    "sign": Text("苗头", "Sign"),
    "signal": Text("信号", "Signal"),
    "site": Text("场所", "Site"),
    "source": Text("数据源", "Source"),
    "task": Text("任务", "Task"),
    "trip": Text("车次", "Trip"),
    "vaccine_lot": Text("疫苗批次", "Vaccine lot"),
    "vehicle": Text("车辆", "Vehicle"),
    "venue": Text("场所", "Venue"),
    "violation": Text("违规", "Violation"),
    "warning": Text("预警", "Warning"),
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
