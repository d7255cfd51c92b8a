"""Signals as facts: what the morning run raises, and what is known of the signals there are.

A signal is raised once, under a key that follows from what, where and since when; the run repeats on the same
morning and adds nothing. Who verifies it and until when is the protocol's business.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fengsui.engines.address import connect_to
from fengsui.engines.home import Home
from fengsui.engines.sqlite_driver import Connection
from fengsui.facts.batch import Batch, data_of
from fengsui.facts.effective import effective
from fengsui.facts.fact import Fact
from fengsui.facts.store import Taken
from fengsui.kit.areas import Areas
from fengsui.kit.days import day_of, midnight
from fengsui.watch.declared import Declared
from fengsui.watch.morning import Morning
from fengsui.watch.signals import Signal, Told

SOURCE = "watch"  # who raises signals
KINDS = ("signal.raised", "signal.joined", "signal.verified", "signal.closed", "fact.withdrawn")
_SELECT = (
    "SELECT k.text, s.key, f.at, f.recorded_at, o.text, f.key, f.data, f.supersedes FROM fact f "
    "JOIN subject s ON s.id = f.subject JOIN word k ON k.id = f.kind JOIN word o ON o.id = f.source "
    "WHERE f.kind IN (SELECT id FROM word WHERE text IN ({})) AND f.recorded_at <= ?"
)


@dataclass(frozen=True, slots=True)
class Story:
    """One signal as its facts tell it: ``verdict`` is the last word on it, "" while there is none."""

    raised: Fact
    verdict: str = ""
    joined: str = ""  # the signal it was found to be one with

    @property
    def id(self) -> str:
        """Its name, without the type of subject."""
        return self.raised.subject.partition("/")[2]


def stories(home: Home, *, known_at: int) -> list[Story]:
    """Every signal known then, the latest first."""
    connection = connect_to(home.path, read_only=True)
    try:
        facts = _facts(connection, known_at)
    finally:
        connection.close()
    return stories_of(effective(facts, known_at=known_at))


def stories_of(facts: Iterable[Fact]) -> list[Story]:
    """The signals some facts that count tell of, the latest first. ``facts`` in the order of time."""
    raised: dict[str, Fact] = {}
    verdicts: dict[str, str] = {}
    joined: dict[str, str] = {}
    for fact in facts:
        if fact.kind == "signal.raised":
            raised.setdefault(fact.subject, fact)
        elif fact.kind == "signal.joined":
            joined[fact.subject] = str(fact.data["into"]).partition("/")[2]
        elif fact.kind == "signal.closed":
            verdicts[fact.subject] = str(fact.data["verdict"])
        elif fact.kind == "signal.verified" and fact.data["verdict"] != "suspected":
            verdicts.setdefault(fact.subject, str(fact.data["verdict"]))
    found = [Story(fact, verdicts.get(who, ""), joined.get(who, "")) for who, fact in raised.items()]
    return sorted(found, key=lambda one: (-one.raised.at, one.id))


def told(home: Home, found: Sequence[Story], declared: Declared) -> list[Told]:
    """The signals there are, as the morning run compares them. One that was joined stands for none."""
    return [_told(home, story, declared) for story in found if not story.joined]


def verdict_rows(areas: Areas, found: Sequence[Story]) -> list[dict[str, str]]:
    """A row for each signal and detector behind it, as ``watch.signals.precision`` takes them."""
    return [
        {
            "signal_id": story.id,
            "area": str(story.raised.data["area"]),
            "level": _level(areas, str(story.raised.data["area"])),
            "disease": str(story.raised.data["disease"]),
            "detector": detector,
            "raised": str(story.raised.at),
            "verdict": story.verdict,
        }
        for story in found
        if not story.joined
        for detector in str(story.raised.data["method"]).split("+")
    ]


def raise_signals(home: Home, found: Morning, known: Sequence[Story], *, now: int) -> Taken:
    """Write what is to be raised and joined, in one commit. What was written before is a repeat."""
    names = {story.id for story in known if story.raised.at < now or story.raised.source != SOURCE}
    facts = [_raised(home, signal, _free(signal.id, names), now) for signal in found.sorted.raised]
    facts += [
        Fact(
            "signal.joined",
            f"signal/{late.id}",
            now,
            now,
            SOURCE,
            f"{late.id}/joined",
            data={"into": f"signal/{early.id}"},
        )
        for late, early in found.sorted.joined
    ]
    return home.store.take(Batch.of(facts), now=now)


def _raised(home: Home, signal: Signal, name: str, now: int) -> Fact:
    tables = home.world.days
    zone = tables.zones.index(home.areas.get(signal.area).zone)
    lead = signal.lead
    data = {
        "method": "+".join(signal.detectors),
        "disease": signal.disease,
        "area": signal.area,
        "areas": " ".join(signal.areas),
        "window_from": midnight(tables, zone, signal.first),
        "window_until": midnight(tables, zone, signal.last + 1) - 1,
        "source": "+".join(signal.sources),
        "observed": round(lead.observed, 3),
        "expected": round(max(lead.expected, 0.0), 3),
        "excess": round(signal.excess, 3),
        "strength": signal.rank,
        "urgency": "series",
        "key": signal.family,
    }
    if lead.bound == lead.bound:
        data["bound"] = round(lead.bound, 3)
    if signal.ages:
        data["ages"] = " ".join(signal.ages)
    return Fact(
        "signal.raised", f"signal/{name}", now, now, SOURCE, f"{name}/raised", place=signal.area, data=data
    )


def _free(name: str, taken: set[str]) -> str:
    """A name no earlier signal has: one that was dismissed may come again."""
    n, found = 1, name
    while found in taken:
        n += 1
        found = f"{name}-{n}"
    return found


def _told(home: Home, story: Story, declared: Declared) -> Told:
    data = story.raised.data
    area, disease = str(data["area"]), str(data["disease"])
    tables = home.world.days
    known = home.areas.resolve(area)
    zone = tables.zones.index(home.areas.get(known).zone) if known else 0
    on = [
        day_of(tables, zone, int(data.get(name, story.raised.at))) for name in ("window_from", "window_until")
    ]
    return Told(
        id=story.id,
        family=str(data.get("key") or declared.family("", disease)),
        area=area,
        areas=tuple(str(data.get("areas", area)).split()),
        first=on[0],
        last=on[1],
        excess=float(data.get("excess", 0.0)),
        verdict=story.verdict,
        raised_on=story.raised.at,
    )


def _level(areas: Areas, area: str) -> str:
    known = areas.resolve(area)
    return areas.get(known).level if known else ""


def _facts(connection: Connection, known_at: int) -> list[Fact]:
    rows = connection.execute(_SELECT.format(",".join("?" * len(KINDS))), (*KINDS, known_at))
    return [
        Fact(kind, who, at, seen, source, key, data=data_of(data), supersedes=supersedes or None)
        for kind, who, at, seen, source, key, data, supersedes in rows
    ]
