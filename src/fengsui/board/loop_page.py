"""One loop: what happened, what is owed, and why each line stands as it does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from fengsui.board.desk import Desk, subject_text
from fengsui.board.record import FactRow, fact_row
from fengsui.facts.fact import Fact
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text
from fengsui.loops.duty import Duty, Status
from fengsui.loops.explain import explain, own_facts
from fengsui.loops.explanation import DutyLine, Explanation
from fengsui.loops.loop import Loop
from fengsui.loops.semantics import derive
from fengsui.protocols.model import Protocol

# What is broken comes first, what is settled last.
ORDER = {
    Status.BREACHED: 0,
    Status.UNKNOWN: 1,
    Status.PROVISIONAL: 2,
    Status.MISSED: 3,
    Status.OPEN: 4,
    Status.SCHEDULED: 5,
    Status.WAITING: 6,
    Status.LATE: 7,
    Status.EXCUSED: 8,
    Status.FULFILLED: 9,
    Status.WAIVED: 10,
    Status.CANCELLED: 11,
}


@dataclass(frozen=True, slots=True)
class DutyName:
    """Which duty is meant, without all that is known of it."""

    key: str
    n: int
    title: Text
    is_day: bool
    is_one_of_many: bool
    status: Status


@dataclass(frozen=True, slots=True)
class Moment:
    """One point of the timeline. what: fact, due, broken, closed, now.

    ``met``: the duties a fact met. ``duty`` is set on due and broken.
    """

    at: int
    what: str
    row: FactRow | None = None
    met: tuple[DutyName, ...] = ()
    duty: DutyName | None = None


@dataclass(frozen=True, slots=True)
class LoopPage:
    """The loop's page. ``duties`` are those of the explanation, the broken ones first."""

    now: int
    known_at: int
    subject_name: Text
    is_running: bool
    explanation: Explanation
    duties: tuple[DutyLine, ...]
    timeline: tuple[Moment, ...]
    n_broken: int

    @property
    def versions_text(self) -> str:
        """The versions that governed the loop, in order."""
        return " → ".join(self.explanation.versions)


def loop_page(desk: Desk, loop: str) -> LoopPage:
    """The page of one loop. Raises NotFound if there is no such loop then."""
    kept, _, facts = desk.view.loop(loop, as_of=desk.now, known_at=desk.known_at)
    found, own = _at_the_moment(desk, kept, facts)
    explanation = explain(
        found,
        [desk.version(found.protocol, name, found.place) for name in found.versions],
        facts,
        now=desk.now,
        world=desk.world,
        silent_since=partial(_silent, desk, found),
        posts=desk.posts,
        own=own,
    )
    duties = sorted(explanation.duties, key=lambda line: (ORDER[line.status], line.due_at, line.key, line.n))
    return LoopPage(
        now=desk.now,
        known_at=desk.known_at,
        subject_name=subject_text(found.subject),
        is_running=desk.now < found.closed_at,
        explanation=explanation,
        duties=tuple(duties),
        timeline=tuple(sorted(_moments(desk, explanation), key=lambda moment: moment.at)),
        n_broken=sum(line.status is Status.BREACHED for line in duties),
    )


def _at_the_moment(desk: Desk, kept: Loop, facts: Sequence[Fact]) -> tuple[Loop, list[Fact]]:
    """The loop under the versions in force by now, and the facts that are its own.

    The library also knows versions that come into force later. What is due by now is the same with or
    without them; what has not begun to count is shown as today's version asks it.
    """
    areas = desk.world.areas

    def timeline(code: str | None) -> list[Protocol]:
        known = areas.resolve(code) if code else None
        versions = desk.library.timeline(kept.protocol, areas.path(known) if known else ())
        return [version for version in versions if version.valid_from <= desk.now]

    happened = [fact for fact in facts if fact.when <= desk.now]
    loops = derive(timeline, happened, subject=kept.subject, world=desk.world)
    found = next((one for one in loops if one.id == kept.id), kept)
    return found, own_facts(found, happened, timeline)


def _silent(desk: Desk, loop: Loop, duty: Duty) -> int:
    return desk.view.silent_since(loop, duty, now=desk.now)


def _moments(desk: Desk, explanation: Explanation) -> Iterator[Moment]:
    """Facts, due times still ahead, the beginnings of breaks, the closing, and now."""
    for fact in explanation.facts:
        met = tuple(
            duty_name(d)
            for d in explanation.duties
            if any(c.part in ("met", "met_with") and c.fact.id == fact.id for c in d.causes)
        )
        yield Moment(fact.at, "fact", fact_row(desk, fact), met)
    for line in explanation.duties:
        if line.broken_at != NEVER:
            yield Moment(line.broken_at, "broken", duty=duty_name(line))
        elif line.status in (Status.OPEN, Status.SCHEDULED) and line.due_at != NEVER:
            yield Moment(line.due_at, "due", duty=duty_name(line))
    yield Moment(explanation.now, "now")
    if explanation.closed_at <= explanation.now:
        yield Moment(explanation.closed_at, "closed")


def duty_name(line: DutyLine) -> DutyName:
    """The duty's name."""
    is_day = line.start_day is not None
    return DutyName(line.key, line.n, line.title, is_day, line.is_one_of_many, line.status)
