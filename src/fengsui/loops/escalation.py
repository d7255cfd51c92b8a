"""Who owes a duty and who is told while its break stands: read from the ladder, never stored.

While a break is provisional, or its source is silent, only its owner is told: the record may be on
its way, and an outage of one laboratory must not wake a region. The higher rungs count from the due
time like the first, but speak up only once the break is confirmed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text
from fengsui.loops.duty import BROKEN, Duty, Status, broken_from, status
from fengsui.loops.naming import area_of, place_text, role_text
from fengsui.protocols.model import Protocol, Rung

POST_KIND = "post.assigned"  # data: role, person; its place is where the post is held
OWNER = "owner"
Whereabouts = Callable[[str], str | None]  # the area code of one of the loop's places, by its name


@dataclass(frozen=True, slots=True)
class Post:
    """A role at a place: who owes something, or who is told of it. ``holder`` as the facts name them."""

    role: str  # a role, or the level of an area that is told as a whole
    place: str | None
    title: Text
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One rung of the ladder: who is told of the break, and since when (or from when on)."""

    level: int  # 0 for the lowest rung
    to: Post
    at: int


def owner(duty: Duty, protocol: Protocol, *, areas: Areas, posts: Iterable[Fact] = ()) -> Post:
    """Who owes the duty; the holder is who held the post when it was due, not who holds it now.

    ``posts`` are facts of kind post.assigned. Before the due time is known, the anchor's time counts.
    """
    role = protocol.obligation(duty.key).by.role
    moment = min(duty.due_at, NEVER - 1)
    return post_at(role, duty.place, areas=areas, holder=holder(role, duty.place, at=moment, posts=posts))


def holder(role: str, place: str | None, *, at: int, posts: Iterable[Fact]) -> str | None:
    """Who held the post at that moment: the last assignment at or before it; None if nobody is named."""
    held = [f for f in posts if f.kind == POST_KIND and f.when <= at and _is_post(f, role, place)]
    last = max(held, key=lambda f: (f.when, f.id), default=None)
    return str(last.data["person"]) if last and last.data.get("person") else None


def _is_post(fact: Fact, role: str, place: str | None) -> bool:
    return fact.data.get("role") == role and fact.place == place


def told(
    duty: Duty,
    protocol: Protocol,
    *,
    now: int,
    areas: Areas,
    silent_since: int = NEVER,
    whereabouts: Whereabouts | None = None,
) -> tuple[Told, ...]:
    """Everybody who has been told of the break that stands now, lowest first; empty if none stands.

    Of a miss that no act could put right from its due time on, everybody is told in turn.

    ``silent_since`` as for ``status``. ``whereabouts`` finds the places that rungs name (role@place).
    """
    stands = status(duty, now, confirm_after=protocol.confirm_after, silent_since=silent_since)
    rungs = ladder(duty, protocol, areas=areas, whereabouts=whereabouts)
    if is_beyond_remedy(duty, stands):
        return tuple(t for t in rungs if t.at <= now)
    return told_by(rungs, protocol, stands=stands, now=now)


def is_beyond_remedy(duty: Duty, stands: Status) -> bool:
    """Whether it was missed for good at its very due (``accept_late: never``).

    Such a break is over as it begins. Nobody would hear of it, and somebody has to answer for it.
    """
    return stands is Status.MISSED and duty.until_at <= broken_from(duty)


def told_by(rungs: Iterable[Told], protocol: Protocol, *, stands: Status, now: int) -> tuple[Told, ...]:
    """The rungs told of a break that ``stands`` so: the owner alone until it is confirmed."""
    if stands is Status.BREACHED:
        return tuple(t for t in rungs if t.at <= now)
    if stands in (Status.PROVISIONAL, Status.UNKNOWN):
        return tuple(t for t in rungs if t.at <= now and protocol.escalation[t.level].to == OWNER)
    return ()


def next_told(
    duty: Duty,
    protocol: Protocol,
    *,
    now: int,
    areas: Areas,
    silent_since: int = NEVER,
    whereabouts: Whereabouts | None = None,
) -> Told | None:
    """The next rung and when it will be told if nothing happens; None if nobody is left to tell.

    Nothing is foretold of a settled duty, nor above the owner while the source is silent.
    """
    stands = status(duty, now, confirm_after=protocol.confirm_after, silent_since=silent_since)
    is_ahead = stands in BROKEN | {Status.OPEN, Status.SCHEDULED} or is_beyond_remedy(duty, stands)
    if not is_ahead:
        return None
    rungs = ladder(duty, protocol, areas=areas, whereabouts=whereabouts)
    return min((t for t in rungs if t.at > now), key=lambda t: (t.at, t.level), default=None)


def ladder(
    duty: Duty, protocol: Protocol, *, areas: Areas, whereabouts: Whereabouts | None = None
) -> tuple[Told, ...]:
    """Every rung with the moment it is reached if the break stands that long; empty without a due."""
    due = broken_from(replace(duty, met_at=NEVER, ended_at=NEVER, waived_at=NEVER))
    return rungs_from(
        due,
        protocol,
        role=protocol.obligation(duty.key).by.role,
        place=duty.place,
        areas=areas,
        whereabouts=whereabouts,
    )


def rungs_from(
    broken_at: int,
    protocol: Protocol,
    *,
    role: str,
    place: str | None,
    areas: Areas,
    whereabouts: Whereabouts | None = None,
) -> tuple[Told, ...]:
    """The ladder of a break that began at ``broken_at`` and is owed by ``role`` at ``place``."""
    if broken_at == NEVER:
        return ()
    return tuple(
        Told(
            level,
            _addressee(rung, role, place, areas=areas, whereabouts=whereabouts),
            broken_at + (rung.after if rung.to == OWNER else max(rung.after, protocol.confirm_after)),
        )
        for level, rung in enumerate(protocol.escalation)
    )


def _addressee(
    rung: Rung, owner: str, place: str | None, *, areas: Areas, whereabouts: Whereabouts | None
) -> Post:
    if rung.to == OWNER:
        return post_at(owner, place, areas=areas)
    role, at, where = rung.to.partition("@")
    if not at and role in areas.levels:
        return _level(role, place, areas=areas)
    name, _, level = where.partition(".")
    place = whereabouts(name) if whereabouts and name else place
    place = area_of(areas, place, level) if level else place
    return post_at(role, place, areas=areas)


def post_at(role: str, place: str | None, *, areas: Areas, holder: str | None = None) -> Post:
    """A role at a place, with its title."""
    where, who = place_text(areas, place), role_text(role, areas)
    gap = " " if where.zh[-1:].isascii() else ""
    title = Text(f"{where.zh}{gap}{who.in_('zh')}", f"{who.in_('en')}, {where.en}")
    return Post(role, place, title, holder)


def _level(level: str, place: str | None, *, areas: Areas) -> Post:
    """The command centre of the area of that level; the level alone where the place is not known."""
    code = area_of(areas, place, level)
    where = place_text(areas, code) if code else areas.region.level_names.get(level, Text(level, level))
    return Post(level, code, Text(f"{where.in_('zh')}指挥部", f"{where.in_('en')} command centre"))
