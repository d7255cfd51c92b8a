"""A small protocol that breaks no rule, to be broken one rule at a time; and histories as tables."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fengsui.engines.home import rules_of, world_of
from fengsui.facts.catalogue import Catalogue
from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.kit.instant import NEVER, parse, show
from fengsui.loops.duty import status
from fengsui.loops.loop import Loop, World
from fengsui.loops.strata import Rules, derive_subject
from fengsui.protocols.library import Library
from fengsui.protocols.load import load_text
from fengsui.protocols.model import Protocol

ZONE = "Asia/Shanghai"

GOOD = """
protocol: test.one/loop
version: "1"
title: {zh: 试, en: Trial}
basis: {document: {zh: 办法, en: Rules}, clause: "4.10"}
in_force: {from: "2021-05-14", until: null}
running_loops: pinned
subject: person
civil_time: place
start_day: 1
opens: {event: arrival.inbound, looks_back: 1d}
places:
  port: {at: entry}
  home: {at: entry, data: home}
jurisdiction: port
milestones:
  entry: {first: arrival.inbound, zh: 入境, en: Entered}
  admitted: {first: quarantine.admitted}
  positive: {first: test.result, where: {result: positive}}
obligations:
  transfer:
    {zh: 转运, en: Taken, by: transfer@port.banner, from: entry, within: 12h, evidence: quarantine.admitted}
  tested: {zh: 检测, en: Tested, by: site@port, from: admitted, on_days: [1, 4], evidence: test.result}
stops:
  - {when: positive, cancels: all}
closes: {when: all_settled}
stages: [entry, admitted]
escalate: [{after: 0h, to: owner}, {after: 2h, to: banner}]
""".lstrip()

OVERLAY = """
overlay: here-1
of: test.one/loop
area: "150702"
issuer: 指挥部
basis: {document: {zh: 通告, en: Notice}, number: "1"}
in_force: {from: "2021-08-06 15:00", until: "2021-09-06"}
reason: 本地疫情
running_loops: at_anchor
changes:
  obligations:
    tested: {on_days: [1, 4, 7]}
""".lstrip()


def changed(old: str, new: str, text: str = GOOD) -> str:
    """The good protocol with one passage put another way."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the text"
    return text.replace(old, new)


def loaded(text: str = GOOD, file: str = "one.yaml") -> Protocol:
    return load_text(text, file=file, zone=ZONE)


def library(folder: Path, **files: str) -> Library:
    """A library of these files, written to the folder."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return Library.read((folder,), ZONE)


def at(text: str) -> int:
    return parse(text, zone=ZONE)[0]


@cache
def kinds() -> Catalogue:
    return Catalogue.shipped()


@cache
def shipped() -> Library:
    return Library.shipped(ZONE)


@cache
def world() -> World:
    areas = Areas.of_region()
    return world_of(areas, rules_of(shipped(), areas))


@cache
def rules() -> Rules:
    """The shipped protocols as the engine takes them."""
    return rules_of(shipped(), Areas.of_region())


def facts(table: str, *, subject: str) -> list[Fact]:
    """Facts from lines of: when | kind | place | by | field=value field=value."""
    lines = [line for line in table.splitlines() if line.strip()]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [_fact(row, subject, key=f"{subject}.{i}") for i, row in enumerate(rows)]


def _fact(row: list[str], subject: str, *, key: str) -> Fact:
    when, kind, place, by, data = (*row, "", "", "", "")[:5]
    moment, span = parse(when, zone=ZONE)
    fields = dict(pair.split("=") for pair in data.split())
    return Fact(
        kind,
        subject,
        moment,
        moment + span + 3600,
        "told",
        key,
        span=span,
        place=place or None,
        by=by or None,
        data={name: _value(name, value) for name, value in fields.items()},
    )


def _value(name: str, value: str) -> object:
    if name == "deadline":
        return at(value.replace("T", " "))
    return {"true": True, "false": False}.get(value, value)


def loops(table: str, *, subject: str = "person/a", told: tuple[Fact, ...] = ()) -> dict[str, Loop]:
    """The loops a history makes under the shipped protocols, by protocol (one of each)."""
    found = derive_subject(rules(), facts(table, subject=subject), subject=subject, world=world(), told=told)
    return {loop.protocol: loop for loop in found.loops}


def board(loop: Loop, now: str) -> Mapping[str, str]:
    """Every duty of a loop at a moment: its key and number, and its status and due."""
    moment = at(now)
    return {
        f"{d.key} {d.n}" if d.n else d.key: f"{status(d, moment)} {_due(d.due_at)}".strip()
        for d in loop.duties
    }


def statuses(found: Mapping[str, str], *keys: str) -> list[str]:
    """The statuses alone, of these duties or of all."""
    return [found[key].split()[0] for key in keys or found]


def _due(moment: int) -> str:
    return "" if moment == NEVER else show(moment, zone=ZONE)[5:]
