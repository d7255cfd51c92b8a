"""Random protocols and random histories: small, dense, full of ties, midnights and switches."""

from random import Random

from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.kit.days import Holidays, day_tables
from fengsui.kit.text import Text
from fengsui.loops.loop import World
from fengsui.loops.strata import Rules
from fengsui.protocols.model import (
    FOREVER,
    Agg,
    Basis,
    Discharge,
    Evidence,
    Extension,
    Frame,
    InFlight,
    Late,
    Length,
    Milestone,
    Obligation,
    Opening,
    Owner,
    Pattern,
    Pause,
    Place,
    Protocol,
    Stop,
    Unit,
    Waiver,
    Window,
)
from fengsui.protocols.model import Test as Condition

T0 = 1_627_776_000  # 2021-08-01T00:00:00Z, 08:00 in Hohhot
HOUR, DAY = 3600, 86400
KINDS = ("open", "a", "b", "c", "d")
PLACES = ("150100", "150102", "150781", "150702", "150702-hotel-3", "999999", None)


def world() -> World:
    """Inner Mongolia and its calendar."""
    areas = Areas.of_region()
    return World(areas, day_tables(areas.zones, holidays=Holidays("CN")))


def pattern(rng: Random) -> Pattern:
    where = () if rng.random() < 0.5 else (condition(rng),)
    return Pattern(tuple(rng.sample(KINDS[1:], rng.choice((1, 1, 2)))), where)


def condition(rng: Random) -> Condition:
    return rng.choice(
        (
            Condition("result", "eq", "x"),
            Condition("result", "ne", "x"),
            Condition("result", "in", ("x", "y")),
            Condition("result", "present", True),
            Condition("count", "at_least", 2),
            Condition("count", "below", 2),
            Condition("@by", "eq", "li"),
        )
    )


def length(rng: Random, *, elapsed: bool = False) -> Length:
    unit = Unit.SECONDS if elapsed else rng.choice(list(Unit))
    if unit is Unit.SECONDS:
        return Length(rng.choice((HOUR, 5 * HOUR, DAY, 3 * DAY)))
    rounding = rng.choice(("up", "down")) if unit is Unit.MONTHS else ""
    return Length(rng.randint(1, 4), unit, rounding, rng.random() < 0.3)


def milestones(rng: Random) -> tuple[Milestone, ...]:
    made = [Milestone("start", Agg.OPENING)]
    for i in range(rng.randint(1, 4)):
        agg = rng.choice((Agg.FIRST, Agg.LAST, Agg.EACH, Agg.LATER_OF, Agg.EARLIER_OF, Agg.FIRST))
        names = [m.name for m in made]
        if agg in (Agg.LATER_OF, Agg.EARLIER_OF):
            of = tuple((rng.choice(names), rng.choice((None, length(rng)))) for _ in range(2))
            made.append(Milestone(f"m{i}", agg, of=of))
        else:
            after = rng.choice(names) if rng.random() < 0.3 else None
            before = rng.choice(names) if rng.random() < 0.2 else None
            told = "deadline" if rng.random() < 0.2 else ""
            other = rng.choice(names) if rng.random() < 0.3 else None
            made.append(
                Milestone(f"m{i}", agg, pattern(rng), after=after, before=before, time=told, not_by=other)
            )
    return tuple(made)


def window(rng: Random, *, each: bool) -> Window:
    frames = [Frame.WITHIN, Frame.UNTIL, Frame.BEFORE, Frame.ON_DAYS]
    if not each:
        frames += [Frame.EVERY, Frame.ROLLING]
    frame = rng.choice(frames)
    after = length(rng) if rng.random() < 0.2 and frame in (Frame.WITHIN, Frame.UNTIL) else None
    match frame:
        case Frame.ON_DAYS:
            return Window(frame, days=tuple(sorted(rng.sample(range(8), 1 if each else rng.randint(1, 4)))))
        case Frame.EVERY:
            unit = rng.choice((Length(12 * HOUR), Length(2, Unit.DAYS), length(rng)))
            open_for = rng.choice((None, Length(6 * HOUR), Length(1, Unit.DAYS)))
            return Window(frame, unit, after, times=rng.randint(1, 5), open_for=open_for)
        case Frame.UNTIL:
            return Window(frame, rng.choice((None, length(rng))), after, data="deadline")
        case Frame.BEFORE:
            return Window(frame, length(rng, elapsed=True), rng.choice((None, length(rng, elapsed=True))))
    return Window(frame, length(rng), after)


def evidence(rng: Random, names: list[str], *, rolling: bool, fifo: bool) -> Evidence:
    not_by = rng.choice(names) if rng.random() < 0.2 else None
    only_by = rng.choice(names) if rng.random() < 0.1 else None
    if rolling or fifo or rng.random() < 0.7:
        return Evidence(
            pattern(rng), apart=rng.choice((0, 6 * HOUR)) if rolling else 0, not_by=not_by, only_by=only_by
        )
    distinct = rng.choice(((), ("laboratory",), ("laboratory", "reagent")))
    count = 2 if distinct else rng.choice((2, 3))
    return Evidence(pattern(rng), count, distinct, rng.choice((0, 6 * HOUR)), not_by, only_by)


def obligation(rng: Random, i: int, known: tuple[Milestone, ...]) -> Obligation:
    start = rng.choice(known)
    frame = window(rng, each=start.agg is Agg.EACH)
    rolling = frame.frame is Frame.ROLLING
    discharge = Discharge.SLOT if rolling else rng.choice(list(Discharge))
    late = Late.ALWAYS if rolling else rng.choice(list(Late))
    series = f"o{i}" if rolling or rng.random() < 0.6 else rng.choice(("s1", "s2"))
    barring = [m.name for m in known if m.agg not in (Agg.LATER_OF, Agg.EARLIER_OF)]
    return Obligation(
        key=f"o{i}",
        title=Text("", ""),
        by=Owner("post", rng.choice(("", "here", "there")), rng.choice(("", "", "banner", "league"))),
        start=start.name,
        window=frame,
        evidence=evidence(rng, barring, rolling=rolling, fifo=discharge is Discharge.FIFO),
        basis=Basis(clause="1"),
        series=series,
        discharge=discharge,
        late=late,
        late_for=6 * HOUR if late is Late.FOR else 0,
        frees=rng.random() < 0.3,
    )


def one_discharge_a_series(obligations: list[Obligation]) -> tuple[Obligation, ...]:
    """FIFO matches one act after the other, so a series cannot mix it with others or with counts."""
    fifo = {o.series for o in obligations if o.discharge is Discharge.FIFO}
    return tuple(
        o if o.series not in fifo or o.discharge is Discharge.FIFO else _alone(o) for o in obligations
    )


def _alone(o: Obligation) -> Obligation:
    from dataclasses import replace

    return replace(o, series=o.key)


def version(
    rng: Random, number: int, *, valid: tuple[int, int], in_flight: InFlight, area: str = ""
) -> Protocol:
    known = milestones(rng)
    names = [m.name for m in known]
    duties = one_discharge_a_series([obligation(rng, i, known) for i in range(rng.randint(1, 5))])
    keys = [o.key for o in duties]

    def some() -> tuple[str, ...]:
        return tuple(rng.sample(keys, rng.randint(1, len(keys))))

    plain = [m.name for m in known if m.agg in (Agg.OPENING, Agg.FIRST)]
    return Protocol(
        name="p",
        version=str(number),
        title=Text("", ""),
        basis=Basis(),
        valid_from=valid[0],
        valid_until=valid[1],
        in_flight=in_flight,
        subject="person",
        opening=Opening(Pattern(("open",)), rng.choice((FOREVER, DAY, 0)), rng.choice((0, 0, DAY))),
        milestones=known,
        obligations=duties,
        places=(
            Place("here", rng.choice(names)),
            Place("there", rng.choice(names), "home"),
        ),
        jurisdiction=rng.choice(("", "here", "there")),
        zone=rng.choice(("place", "Asia/Shanghai")),
        start_day=rng.choice((0, 1)),
        date_only=rng.choice(("benefit_of_doubt", "end_of_day")),
        stops=tuple(
            Stop(rng.choice(names), some(), unless=rng.choice((None, None, *names)))
            for _ in range(rng.choice((0, 0, 1, 2)))
        ),
        extensions=(
            (
                Extension(
                    Pattern(("d",)),
                    some(),
                    "deadline",
                    rng.choice((None, length(rng))),
                    rng.choice(("", "of")),
                ),
            )
            if rng.random() < 0.4
            else ()
        ),
        waivers=(Waiver(Pattern(("c",), (condition(rng),)), some(), rng.choice(("", "of"))),)
        if rng.random() < 0.3
        else (),
        pauses=(Pause(Pattern(("c",)), Pattern(("d",)), some()),) if rng.random() < 0.3 else (),
        closes=(rng.choice(plain[1:]),) if plain[1:] and rng.random() < 0.3 else (),
        area=area,
    )


def rules(rng: Random) -> Rules:
    """One protocol of one to three versions in time, sometimes with an overlay of one league."""
    cuts = sorted(rng.sample(range(1, 20), rng.randint(0, 2)))
    bounds = [-FOREVER, *(T0 + cut * DAY for cut in cuts), FOREVER]
    modes = list(InFlight)
    versions = [
        version(rng, i, valid=(bounds[i], bounds[i + 1]), in_flight=rng.choice(modes))
        for i in range(len(bounds) - 1)
    ]
    overlay: list[Protocol] = []
    if rng.random() < 0.3:
        overlay = [version(rng, 9, valid=(-FOREVER, FOREVER), in_flight=rng.choice(modes), area="150700")]
    areas = world().areas

    def timeline(_: str, area: str | None) -> list[Protocol]:
        known = areas.resolve(area) if area else None
        return overlay if overlay and known and areas.covers("150700", known) else versions

    return Rules({"p": [*versions, *overlay]}, timeline)


def history(rng: Random, *, subject: str, n: int) -> list[Fact]:
    """Facts of one subject. Times cluster on a few hours and midnights, so that ties are common."""
    facts = []
    for i in range(n):
        kind = "open" if i == 0 else rng.choices(KINDS, (1, 4, 4, 3, 3))[0]
        at = (
            T0
            + rng.randint(0, 12) * DAY
            + rng.choice((0, 8, 15, 16, 16, 20)) * HOUR
            + rng.choice((0, 0, 1, -1))
        )
        span = 0
        if rng.random() < 0.2:
            at, span = T0 + rng.randint(0, 12) * DAY + 16 * HOUR, DAY - 1
        data: dict[str, object] = {}
        for name, values in (
            ("result", ("x", "y", "z")),
            ("count", (1, 2, 3)),
            ("laboratory", ("l1", "l2")),
            ("reagent", ("r1", "r2")),
            ("home", ("150102", "150725", "152923")),
            ("deadline", tuple(T0 + k * DAY for k in (2, 5, 9, 30))),
            ("of", ("o0", "o1", "o2")),
        ):
            if rng.random() < 0.5:
                data[name] = rng.choice(values)
        facts.append(
            Fact(
                kind=kind,
                subject=subject,
                at=at,
                recorded_at=at + span + rng.choice((0, HOUR, DAY)),
                source=rng.choice(("s", "t")),
                key=f"{subject}-{i}",
                span=span,
                place=rng.choice(PLACES),
                by=rng.choice(("li", "wang", None)),
                data=data,
            )
        )
    return facts
