"""A small region for the tests of board and pages: a dozen subjects whose stories are told below."""

from collections.abc import Iterable
from pathlib import Path

from fengsui.board.desk import Desk
from fengsui.engines.home import rules_of, world_of
from fengsui.engines.sqlite import SqliteStore
from fengsui.facts.batch import Batch
from fengsui.facts.catalogue import Catalogue
from fengsui.facts.fact import Fact
from fengsui.facts.store import Refused
from fengsui.kit.areas import Areas
from fengsui.kit.errors import Finding
from fengsui.kit.instant import parse
from fengsui.loops.loop import World
from fengsui.protocols.library import Library

HOUR = 3600
NOW = parse("2021-08-21 06:00", zone="Asia/Shanghai")[0]
PORT, AIRPORT = "150781-MLX", "150105-HET"
MANZHOULI, HAILAR = "150781", "150702"
HOTEL = "150781/hotel-3"


def told(kind: str, subject: str, ago: float, *, source: str, lag: float = 1, **more) -> Fact:
    """A fact ``ago`` hours before NOW, recorded ``lag`` hours later."""
    at = NOW - int(ago * HOUR)
    data = more.pop("data", {})
    key = f"{subject.partition('/')[2][:6]}-{kind}-{ago:g}"
    recorded_at = min(at + int(lag * HOUR), NOW)
    return Fact(kind, subject, at, recorded_at, source, key, data=data, **more)


def person(n: int) -> str:
    """The n-th traveller."""
    return f"person/{n:02x}" + "a1b2c3d4e5f60718f9"


def arrival(who: str, ago: float, port: str = PORT, flight: str = "K19") -> Fact:
    """Somebody enters at a port; home is Hailar."""
    data = {"home": HAILAR, "flight": flight}
    return told("arrival.inbound", who, ago, source="customs", place=port, data=data)


def stay(who: str, ago: float, *, sampled: float = 1, admitted: float = 5) -> list[Fact]:
    """Arrived, sampled and taken to the hotel in time."""
    return [
        arrival(who, ago),
        told("sample.collected", who, ago - sampled, source="customs", place=PORT),
        told("quarantine.admitted", who, ago - admitted, source="sites", place=HOTEL, by="zhao"),
    ]


def swab(who: str, ago: float, result: str = "negative", lab: str = "lab-a", **more) -> Fact:
    """A test; laboratory and reagent are those of the laboratory."""
    data = {"result": result, "laboratory": lab, "reagent": f"r-{lab}", **more}
    return told("test.result", who, ago, source=lab, place=HOTEL, data=data)


def stories() -> list[Fact]:
    """Everything that happened."""
    on_time = [*stay(person(1), 30), swab(person(1), 22)]
    never_transferred = [
        arrival(person(2), 60),
        told("sample.collected", person(2), 59, source="customs", place=PORT),
    ]
    just_due = [arrival(person(3), 14), told("sample.collected", person(3), 13, source="customs", place=PORT)]
    test_missing = [*stay(person(4), 24 * 5), swab(person(4), 24 * 5 - 8)]
    whole = 24 * 24
    done = [*stay(person(5), whole)]
    done += [swab(person(5), whole - 6 - 24 * day) for day in (0, 3, 6)]
    done += [swab(person(5), whole - 7 - 24 * 13, lab=lab) for lab in ("lab-a", "lab-b")]
    done += [
        told("quarantine.released", person(5), whole - 8 - 24 * 13, source="sites", place=HOTEL),
        told("community.received", person(5), whole - 10 - 24 * 13, source="hailar", place=HAILAR),
        swab(person(5), whole - 30 - 24 * 13),
        swab(person(5), whole - 30 - 24 * 18),
    ]
    lost_on_the_way_home = [f for f in done if f.source != "hailar" and f.at < NOW - 24 * 9 * HOUR]
    lost_on_the_way_home = [_as(f, person(6)) for f in lost_on_the_way_home]
    found = "hazard/mine-7-0042"
    hazard = [
        told("hazard.found", found, 200, source="mine-7", place="150781/mine-7", data={"sector": "coal"}),
        told("hazard.registered", found, 198, source="mine-7", place="150781/mine-7"),
        told(
            "hazard.graded",
            found,
            190,
            source="mine-7",
            place="150781/mine-7",
            data={"level": "general", "deadline": NOW - 50 * HOUR},
        ),
    ]
    return [*on_time, *never_transferred, *just_due, *test_missing, *done, *lost_on_the_way_home, *hazard]


def _as(fact: Fact, who: str) -> Fact:
    """The same story, told of somebody else."""
    key = fact.key.replace(fact.subject.partition("/")[2][:6], who.partition("/")[2][:6])
    return Fact(
        fact.kind,
        who,
        fact.at,
        fact.recorded_at,
        fact.source,
        key,
        place=fact.place,
        by=fact.by,
        data=fact.data,
    )


def complete(source: str, ago: float) -> Fact:
    """A source says it is complete."""
    at = NOW - int(ago * HOUR)
    return Fact(
        "source.complete", f"source/{source}", at, at, source, f"complete-{ago:g}", data={"until": at}
    )


REFUSED = Refused(
    entry="sites.csv#17",
    row=17,
    raw='{"columns": ["who"], "cells": ["?"]}',
    findings=(Finding("row 17", "place", "'Haila'", "the name of a place"),),
    told_at=NOW - HOUR,
    work="w",
    name="sites.csv",
    mapping="drill-sites",
)


def world() -> World:
    """Inner Mongolia."""
    areas = Areas.of_region()
    return world_of(areas, rules_of(Library.shipped(areas.region.zone), areas))


def open_store(path: Path, facts: Iterable[Fact], of: World, library: Library) -> SqliteStore:
    """A store that has taken these facts."""
    store = SqliteStore.open(path, rules_of(library, of.areas), of)
    store.take(Batch.of(sorted(facts, key=lambda f: f.recorded_at)), now=NOW, refused=(REFUSED,))
    return store


def desk_of(store: SqliteStore, of: World, library: Library, *, now: int = NOW) -> Desk:
    """The board's desk over a store."""
    return Desk(store.view, library, of, Catalogue.shipped(), store, now, now)
