"""Why a loop stands as it does: every state with the facts and the clause it follows from.

``explain`` reads the same facts through the same versions as the derivation and adds what times alone
do not say: which facts stood behind an anchor, which act was looked at and not counted, who has been
told. ``fengsui.loops.render`` turns the result into sentences; pages, the command line and the API
all use that.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from fengsui.facts.fact import Fact
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text
from fengsui.loops.acts import matches
from fengsui.loops.duty import Duty, Status, broken_from, status
from fengsui.loops.escalation import next_told, owner, told
from fengsui.loops.explanation import (
    Cause,
    Clause,
    DutyLine,
    Explanation,
    MilestoneLine,
    Remark,
    Seen,
    seen,
)
from fengsui.loops.loop import Loop, World
from fengsui.loops.naming import place_text, zone_at
from fengsui.loops.reading import Reading, endings, place_of, read
from fengsui.loops.semantics import Timeline, shared_out
from fengsui.loops.why_not import Case, rejected, supporting
from fengsui.loops.windows import grants
from fengsui.protocols.model import Agg, Frame, InFlight, Milestone, Protocol

SilentSince = Callable[[Duty], int]  # up to when the sources of its evidence are complete; NEVER: not silent


def never_silent(duty: Duty) -> int:
    """For a world in which every source is known to be complete."""
    return NEVER


def explain(
    loop: Loop,
    protocols: Sequence[Protocol],
    facts: Iterable[Fact],
    *,
    now: int,
    world: World,
    silent_since: SilentSince = never_silent,
    posts: Iterable[Fact] = (),
    own: Iterable[Fact] | None = None,
) -> Explanation:
    """The loop's milestones and duties at ``now``, each with what it follows from.

    ``protocols`` are the versions that govern the loop, ``facts`` the effective facts of its subject,
    ``posts`` facts of kind post.assigned of any subject, ``own`` those of the facts that are this loop's
    (``own_facts``), for a subject with several loops of the protocol.
    """
    versions = {p.version: p for p in protocols}
    known = [f for f in facts if f.when <= now]
    opened = next(f for f in known if f.id == loop.opened_by)
    happened = sorted(known if own is None else own, key=lambda f: (f.when, f.id))
    happened = [f for f in happened if f.when <= now]
    readings = {name: read(v, opened, happened, world=world) for name, v in versions.items()}
    last = readings[loop.versions[-1]]
    lines = partial(
        _duty_line, loop, readings, now=now, world=world, silent_since=silent_since, posts=tuple(posts)
    )
    return Explanation(
        loop=loop.id,
        protocol=loop.protocol,
        title=last.version.title,
        versions=loop.versions,
        subject=loop.subject,
        place=loop.place,
        place_name=place_text(world.areas, loop.place),
        zone=zone_at(world.areas, loop.place),
        opened_at=loop.opened_at,
        closed_at=loop.closed_at,
        now=now,
        opened_by=seen(opened, subject=loop.subject, areas=world.areas),
        opened_under=_opening_clause(versions[loop.versions[0]]),
        milestones=tuple(_milestone_lines(last, loop.subject)),
        duties=tuple(lines(duty) for duty in loop.duties),
        facts=tuple(seen(f, subject=loop.subject, areas=world.areas) for f in happened),
    )


def own_facts(loop: Loop, facts: Sequence[Fact], timeline: Timeline) -> list[Fact]:
    """Those of a subject's facts that are this loop's, where the subject has several of the protocol."""
    shared = shared_out(timeline, facts)
    return next((own for (opened, _), own in shared if opened.id == loop.opened_by), list(facts))


def _opening_clause(version: Protocol) -> Clause:
    line = version.lines.get("opens", 0)
    return Clause(version.basis, version.version, "sourced", version.file, line)


def _milestone_lines(reading: Reading, subject: str) -> Iterator[MilestoneLine]:
    for milestone in reading.version.milestones:
        reached = reading.reached[milestone.name]
        title = _milestone_title(milestone)
        if not reached:
            yield MilestoneLine(milestone.name, title, NEVER, 0, ())
        for n, act in enumerate(reached):
            behind = (act.fact,) if act.fact else _behind(reading, milestone)
            yield MilestoneLine(
                milestone.name,
                title,
                act.when,
                n,
                tuple(seen(f, subject=subject, areas=reading.world.areas) for f in behind),
            )


def _milestone_title(milestone: Milestone) -> Text:
    named = bool(milestone.title.zh or milestone.title.en)
    return milestone.title if named else Text(milestone.name, milestone.name)


def _behind(reading: Reading, milestone: Milestone) -> tuple[Fact, ...]:
    """The facts a milestone follows from; of the later or earlier of others, those of the others."""
    if milestone.agg not in (Agg.LATER_OF, Agg.EARLIER_OF):
        return tuple(act.fact for act in reading.reached[milestone.name] if act.fact)
    found: list[Fact] = []
    for name, _ in milestone.of:
        found += [f for f in _behind(reading, reading.version.milestone(name)) if f not in found]
    return tuple(found)


# One duty


def _duty_line(
    loop: Loop,
    readings: Mapping[str, Reading],
    duty: Duty,
    *,
    now: int,
    world: World,
    silent_since: SilentSince,
    posts: Sequence[Fact],
) -> DutyLine:
    reading = readings[duty.version]
    version, areas = reading.version, world.areas
    obligation = version.obligation(duty.key)
    case = Case(duty, obligation, reading, loop.duties, loop.subject, now)
    silent = silent_since(duty)
    stands = status(duty, now, confirm_after=version.confirm_after, silent_since=silent)
    whereabouts = partial(place_of, reading)
    ladder = {"now": now, "areas": areas, "silent_since": silent, "whereabouts": whereabouts}
    broken = broken_from(duty)
    on_days = obligation.window.frame is Frame.ON_DAYS
    causes = tuple(_causes(case))
    return DutyLine(
        key=duty.key,
        n=duty.n,
        is_one_of_many=sum(d.key == duty.key for d in loop.duties) > 1,
        title=obligation.title,
        status=stands,
        clause=Clause(
            obligation.basis, version.version, obligation.confidence, version.file, obligation.line
        ),
        owner=owner(duty, version, areas=areas, posts=posts),
        zone=version.zone if version.zone != "place" else zone_at(areas, duty.place),
        anchor=_milestone_title(version.milestone(obligation.start)),
        anchor_at=duty.anchor_at,
        open_at=duty.open_at,
        due_at=duty.due_at,
        first_due_at=duty.first_due_at,
        met_at=duty.met_at if duty.met_at <= min(now, duty.ended_at) else NEVER,
        lifted_at=min((t for t in (duty.ended_at, duty.waived_at) if t <= now), default=NEVER),
        until_at=duty.until_at,
        broken_at=broken if broken <= now else NEVER,
        confirmed_at=broken + version.confirm_after if broken != NEVER else NEVER,
        start_day=version.start_day if on_days else None,
        causes=causes,
        told=told(duty, version, **ladder),
        next_told=next_told(duty, version, **ladder),
        remarks=tuple(_remarks(case, causes, stands, silent=silent)),
        rejected=() if stands is Status.FULFILLED else tuple(rejected(case)),
    )


def _causes(case: Case) -> Iterator[Cause]:
    """The facts that made the duty what it is by now, in the order in which they act on it."""
    duty, reading = case.duty, case.reading
    facts = {f.id: f for f in reading.facts}
    for fact in _anchors(case):
        yield Cause("anchored", case.seen(fact))
    if duty.extended_fact in facts:
        yield Cause("extended", case.seen(facts[duty.extended_fact]))
    for part, fact in _pauses(case):
        yield Cause(part, case.seen(fact))
    for i, name in enumerate(supporting(case)):
        yield Cause("met_with" if i else "met", case.seen(facts[name]))
    if duty.waived_at <= case.now and duty.waived_fact in facts:
        yield Cause("waived", case.seen(facts[duty.waived_fact]))
    if duty.ended_at <= case.now:
        for fact in _endings(case, facts):
            yield Cause("ended", case.seen(fact))


def _anchors(case: Case) -> tuple[Fact, ...]:
    if case.duty.anchor_at == NEVER:
        return ()
    own = tuple(f for f in case.reading.facts if f.id == case.duty.anchor_fact)
    return own or _behind(case.reading, case.reading.version.milestone(case.obligation.start))


def _endings(case: Case, facts: Mapping[str, Fact]) -> tuple[Fact, ...]:
    """The fact of the stop or of the closing; of a milestone without one, the facts behind it."""
    if case.duty.ended_fact in facts:
        return (facts[case.duty.ended_fact],)
    version = case.reading.version
    for name in endings(case.reading, case.duty.key):
        reached = case.reading.reached[name]
        if reached and reached[0].when == case.duty.ended_at:
            return _behind(case.reading, version.milestone(name))
    return ()


def _pauses(case: Case) -> Iterator[tuple[str, Fact]]:
    for pause in case.reading.version.pauses:
        if case.obligation.key not in pause.of:
            continue
        for fact in case.reading.facts:
            if case.duty.anchor_at <= fact.when:
                if matches(pause.begin, fact):
                    yield "paused", fact
                elif matches(pause.end, fact):
                    yield "resumed", fact


# What one has to know


def _remarks(case: Case, causes: Sequence[Cause], stands: Status, *, silent: int) -> Iterator[Remark]:
    duty, obligation = case.duty, case.obligation
    if duty.due_at < max(duty.open_at, duty.anchor_at) < NEVER and obligation.window.frame is Frame.UNTIL:
        yield Remark("deadline_before_start", duty.anchor_fact, {"due_at": duty.due_at})
    if _is_moved(case):
        yield Remark("moved_to_switch", None, {"switch_at": case.reading.version.valid_from})
    if stands is Status.UNKNOWN:
        yield Remark("source_silent", None, {"silent_at": silent})
    yield from _late_grants(case)
    for cause in causes:
        yield from _about(case, cause)


def _is_moved(case: Case) -> bool:
    """Whether a release or a rolling step, due already by a new version, was moved to begin with it."""
    version = case.reading.version
    return (
        version.in_flight is InFlight.REMAINING
        and (case.obligation.frees or case.obligation.window.frame is Frame.ROLLING)
        and case.duty.open_at == version.valid_from
        and case.duty.anchor_at < version.valid_from
    )


def _late_grants(case: Case) -> Iterator[Remark]:
    """Extensions that came when the duty was already due: the break stands."""
    for fact in case.reading.facts:
        for extension in case.reading.version.extensions:
            is_late = max(case.duty.due_at, case.duty.anchor_at) <= fact.when
            if is_late and grants(extension, case.obligation.key, fact):
                yield Remark("late_extension", fact.id, {"at": fact.when})


def _about(case: Case, cause: Cause) -> Iterator[Remark]:
    """What is particular about a fact that counts."""
    fact: Seen = cause.fact
    if fact.span and cause.part in ("anchored", "met", "met_with"):
        yield Remark("date_only", fact.id, {"rule": case.reading.version.date_only})
    original = next(f for f in case.reading.facts if f.id == fact.id)
    if original.at > original.recorded_at:
        yield Remark("clock_ahead", fact.id, {"ahead": original.at - original.recorded_at})
    is_in_time = case.duty.met_at < case.duty.due_at <= fact.recorded_at
    if cause.part == "met" and is_in_time:
        yield Remark("recorded_after_due", fact.id, {"recorded_at": fact.recorded_at})
    if fact.other_subject:
        yield Remark("other_subject", fact.id, {"subject": fact.other_subject})
