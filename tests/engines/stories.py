"""Stories to hold engines against: several subjects, corrected, taken back, merged, told of one another."""

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from fengsui.engines.address import Address
from fengsui.engines.sqlite import SqliteStore
from fengsui.engines.sqlite_driver import tables_of
from fengsui.engines.store import RegionStore
from fengsui.engines.view import View
from fengsui.facts.effective import SAME, WITHDRAWN
from fengsui.facts.fact import Fact
from fengsui.loops.loop import Loop, World
from fengsui.loops.strata import Rules
from fengsui.protocols.model import (
    FOREVER,
    Agg,
    Basis,
    Evidence,
    Frame,
    InFlight,
    Length,
    Milestone,
    Obligation,
    Opening,
    Owner,
    Pattern,
    Place,
    Protocol,
    Tell,
    Text,
    Window,
)
from tests.loops import histories
from tests.loops.histories import DAY, HOUR, T0

AREAS = (None, "150000", "150700", "150702", "150100", "150702-hotel-3")
NOW = T0 + 40 * DAY


@dataclass(frozen=True)
class Story:
    """The rules and the facts, in the order in which they were written down."""

    rules: Rules
    facts: list[Fact]
    world: World


def story(rng: Random, *, n_subjects: int = 4, n_facts: int = 8, tells: bool = True) -> Story:
    """A random story. With ``tells``, protocols stand on each other and tell related subjects."""
    rules = histories.rules(rng)
    if tells:
        rules = with_company(rng, rules)
    subjects = [f"person/{i}" for i in range(n_subjects)]
    facts = [f for s in subjects for f in histories.history(rng, subject=s, n=rng.randint(1, n_facts))]
    facts += related(rng, subjects) if tells else []
    facts += merged(rng, subjects)
    facts += notices(rng)
    facts += corrected(rng, facts, "x")
    facts += corrected(rng, facts[len(facts) // 2 :], "y")
    rng.shuffle(facts)
    return Story(rules, facts, WORLD)


def with_company(rng: Random, rules: Rules) -> Rules:
    """The rules with a protocol that stands on a milestone of p, and p telling contacts of another one."""
    versions = list(rules.versions["p"])
    mark = rng.choice([m.name for m in versions[0].milestones])
    tell = Tell(mark, "told", Pattern(("contact",)), "index")
    told = {v.version: replace(v, tells=(tell,)) for v in versions}
    follower = plain_protocol("q", opens=(f"p#{mark}", "told"), tells=())

    def timeline(name: str, area: str | None) -> list[Protocol]:
        return [follower] if name == "q" else [told[v.version] for v in rules.timeline(name, area)]

    return Rules({"p": list(told.values()), "q": [follower]}, timeline)


def plain_protocol(name: str, *, opens: tuple[str, ...], tells: tuple[Tell, ...] = ()) -> Protocol:
    """One duty within five hours, met by ``a``; another on days 1 and 4, met by ``b``."""
    start = Milestone("start", Agg.OPENING)
    duties = (
        Obligation(
            "soon", Text("尽快", "Soon"), Owner("clinic", "here", "banner"), "start",
            Window(Frame.WITHIN, Length(5 * HOUR)), Evidence(Pattern(("a",))), Basis(clause="1"), "soon",
        ),
        Obligation(
            "tested", Text("检测", "Tested"), Owner("laboratory", "here"), "start",
            Window(Frame.ON_DAYS, days=(1, 4)), Evidence(Pattern(("b",))), Basis(clause="2"), "tested",
        ),
    )  # fmt: skip
    return Protocol(
        name=name,
        version="1",
        title=Text("随访", "Follow-up"),
        basis=Basis(),
        valid_from=-FOREVER,
        valid_until=FOREVER,
        in_flight=InFlight.PINNED,
        subject="person",
        opening=Opening(Pattern(opens), 10 * DAY),
        milestones=(start,),
        obligations=duties,
        places=(Place("here", "start"),),
        jurisdiction="here",
        tells=tells,
        confirm_after=6 * HOUR,
    )


def fact(kind: str, subject: str, at: int, **named) -> Fact:
    """A fact; its key says what it is."""
    named.setdefault("recorded_at", at + HOUR)
    named.setdefault("source", "s")
    named.setdefault("key", f"{kind}-{subject}-{at}")
    return Fact(kind, subject, at, **named)


def related(rng: Random, subjects: list[str]) -> list[Fact]:
    """Some are contacts of others."""
    return [
        fact("contact", rng.choice(subjects), moment(rng), key=f"c{i}", data={"index": rng.choice(subjects)})
        for i in range(rng.randint(0, 3))
    ]


def merged(rng: Random, subjects: list[str]) -> list[Fact]:
    """Some turn out to be one."""
    return [
        fact(SAME, rng.choice(subjects), moment(rng), key=f"m{i}", data={"other": rng.choice(subjects)})
        for i in range(rng.choice((0, 0, 1, 2)))
    ]


def notices(rng: Random) -> list[Fact]:
    """Some sources say how far they are complete."""
    return [
        fact("source.complete", f"source/{rng.choice('st')}", at, key=f"w{i}", data={"until": at - HOUR})
        for i in range(rng.choice((0, 1, 3)))
        for at in [moment(rng)]
    ]


def corrected(rng: Random, facts: list[Fact], mark: str) -> list[Fact]:
    """Some facts corrected, some of them twice, some taken back; some corrections of facts nobody sent."""
    found = []
    for i in range(rng.randint(0, 4)):
        wrong = rng.choice(facts)
        named = {
            "recorded_at": wrong.recorded_at + rng.choice((0, HOUR, DAY)),
            "key": f"{mark}{i}-{wrong.key}",
            "supersedes": rng.choice((wrong.id, wrong.id, wrong.id, "s:nobody")),
        }
        if rng.random() < 0.4:
            found.append(replace(wrong, kind=WITHDRAWN, data={}, **named))
        else:
            at = wrong.at + rng.choice((-DAY, -HOUR, 0, HOUR, DAY))
            subject = rng.choice((wrong.subject, wrong.subject, "person/0"))
            found.append(replace(wrong, at=at, subject=subject, **named))
    return found


def moment(rng: Random) -> int:
    """Any of the moments facts cluster on."""
    return T0 + rng.randint(0, 12) * DAY + rng.choice((0, 8, 16)) * HOUR


def picture(view: View, *, now: int) -> dict[str, object]:
    """Everything a view says of a moment, in an order of its own."""
    told: dict[str, object] = {}
    for area in AREAS:
        told[f"overdue {area}"] = sorted(view.overdue(now=now, area=area, limit=10_000), key=repr)
        told[f"n {area}"] = view.n_overdue(now=now, area=area)
        told[f"standing {area}"] = {k: n for k, n in view.standing(now=now, area=area).items() if n}
        told[f"counts {area}"] = sorted(view.counts(now=now, area=area), key=repr)
        told[f"loops {area}"] = sorted(view.loops(now=now, area=area, limit=10_000), key=repr)
        told[f"running {area}"] = sorted(view.loops(now=now, area=area, running=True, limit=10_000), key=repr)
    told["breaks"] = sorted(view.breaks(now=now), key=repr)
    told["since"] = sorted(view.breaks(now=now, since=T0 + 5 * DAY, protocol="p"), key=repr)
    told["whole"] = sorted(map(comparable, view.whole_loops(now=now)), key=lambda loop: loop.id)
    told["watermarks"] = dict(view.watermarks(now=now))
    return told


def comparable(loop: Loop) -> Loop:
    """A loop as the kernel can say it too: milestones that were reached, by their first."""
    reached = {name: times[:1] for name, times in loop.milestones.items() if times}
    return replace(loop, milestones=reached)


WORLD = histories.world()


def open_at(address: Address, rules: Rules, world: World, **named) -> RegionStore:
    """The store at an address."""
    if isinstance(address, Path):
        return SqliteStore.open(address, rules, world, **named)
    from fengsui.engines.postgres.store import PostgresStore

    return PostgresStore.open(address, rules, world, **named)


def dump(store) -> dict[str, list[tuple]]:
    """Every row of every table of a store."""
    run = store._connection.execute
    return {name: sorted(run(f"SELECT * FROM {name}").fetchall()) for name in tables_of(store._connection)}  # noqa: S608
