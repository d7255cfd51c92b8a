"""The door to one's own desk: what the posts one holds owe now and soon, and what one was told of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fengsui.access.actors import Post
from fengsui.access.policy import is_at, own_area
from fengsui.access.things import is_over
from fengsui.access.visit import Visit
from fengsui.board.desk import Desk, subject_text
from fengsui.board.overdue import OverdueRow, overdue_rows
from fengsui.engines.view import Break
from fengsui.facts.fact import Fact
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import DAY, NEVER
from fengsui.kit.text import Text
from fengsui.loops.duty import settled_at
from fengsui.loops.escalation import Told, post_at
from fengsui.loops.naming import zone_at
from fengsui.protocols.model import Frame

AHEAD = 2 * DAY  # how far one's work is shown
MOST = 200  # rows of a list
GIVEN, ACKNOWLEDGED = "work.given", "post.acknowledged"


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One duty of one's own: what, of whom, where, by when. ``is_overdue``: past its due time."""

    loop: str
    protocol: str
    protocol_title: Text
    subject: str
    subject_name: Text
    key: str
    n: int
    title: Text
    is_day: bool
    due_at: int
    is_overdue: bool
    place: str | None
    place_name: Text
    zone: str
    is_given: bool  # by somebody, not by the protocol


@dataclass(frozen=True, slots=True)
class MyWork:
    """What an actor has to do, the earliest due first, and what waits for their acknowledgement."""

    now: int
    known_at: int
    posts: tuple[tuple[Post, Text], ...]
    rows: tuple[WorkRow, ...]
    is_cut: bool
    told: tuple[OverdueRow, ...]
    n_overdue: int


def my_work(visit: Visit) -> MyWork:
    """The work of the posts the actor holds at the moment. A keeper of a file has none of their own."""
    visit.need("list")
    desk = visit.desk()
    rows = sorted(_rows(visit), key=lambda row: (row.due_at, row.loop, row.key, row.n))
    told = tuple(_told(visit, desk))
    visit.look("listed", "work")
    return MyWork(
        now=desk.now,
        known_at=desk.known_at,
        posts=tuple((post, post_text(visit, post)) for post in visit.held()),
        rows=tuple(rows[:MOST]),
        is_cut=len(rows) > MOST,
        told=told[:MOST],
        n_overdue=sum(row.is_overdue for row in rows),
    )


def post_text(visit: Visit, post: Post) -> Text:
    """What a post is called."""
    place = post.place or visit.raw.world.areas.codes[0]
    return post_at(post.role, place, areas=visit.raw.world.areas).title


def in_tray(post: Post) -> str:
    """The subject under which what a post has acknowledged and handed over is recorded."""
    return f"post/{post.role}@{post.place or '-'}"


def _rows(visit: Visit) -> Iterator[WorkRow]:
    given = {
        (f.data.get("loop"), f.data.get("duty"), f.data.get("n"))
        for f in _facts(visit, visit.actor.officer)
        if f.kind == GIVEN and not is_over(f, visit.at)
    }
    met: set[tuple[str, str, int]] = set()
    for area, posts in _by_area(visit).items():
        found = visit.raw.view.breaks(now=visit.raw.now + AHEAD, area=area, since=visit.raw.now)
        for row in found:
            name = (row.loop, row.key, row.n)
            mine = any(p.role == row.role and is_at(row.place, p.place, visit.raw.world.areas) for p in posts)
            if name not in met and (mine or name in given):
                met.add(name)
                yield _row(visit.raw, row, is_given=not mine)
    yield from _elsewhere(visit, given - met)


def _elsewhere(visit: Visit, given: set[tuple]) -> Iterator[WorkRow]:
    """What was given to the actor and is owed in an area that is none of theirs."""
    for name in sorted({loop for loop, _, _ in given}):
        try:
            loop = visit.raw.view.loop(name, as_of=visit.raw.now).loop
        except NotFound:
            continue
        for duty in loop.duties:
            if (name, duty.key, duty.n) in given and settled_at(duty) > visit.raw.now:
                row = Break(
                    loop=name,
                    protocol=loop.protocol,
                    subject=loop.subject,
                    key=duty.key,
                    n=duty.n,
                    from_at=duty.due_at,
                    until_at=NEVER,
                    place=duty.place,
                    role="",
                )
                yield _row(visit.raw, row, is_given=True)


def _by_area(visit: Visit) -> dict[str | None, list[Post]]:
    found: dict[str | None, list[Post]] = {}
    for post in visit.held():
        found.setdefault(own_area(post, visit.raw.world.areas), []).append(post)
    return found


def _row(desk: Desk, row: Break, *, is_given: bool) -> WorkRow:
    version = desk.current(row.protocol)
    step = next((o for o in version.obligations if o.key == row.key), None)
    return WorkRow(
        loop=row.loop,
        protocol=row.protocol,
        protocol_title=desk.title(row.protocol),
        subject=row.subject,
        subject_name=subject_text(row.subject),
        key=row.key,
        n=row.n,
        title=step.title if step else Text(row.key, row.key),
        is_day=step is not None and step.window.frame is Frame.ON_DAYS,
        due_at=row.from_at,
        is_overdue=row.from_at <= desk.now,
        place=row.place,
        place_name=desk.place_text(row.place),
        zone=zone_at(desk.world.areas, row.place),
        is_given=is_given,
    )


def _told(visit: Visit, desk: Desk) -> Iterator[OverdueRow]:
    """Breaks that one of the actor's posts was told of and has not acknowledged, the oldest first."""
    done = {
        (f.data.get("loop"), f.data.get("duty"), f.data.get("n"))
        for post in visit.held()
        for f in _facts(visit, in_tray(post))
        if f.kind == ACKNOWLEDGED
    }
    if not any(p.stands_for_area for post in visit.held() for p in visit.policy.profiles_of(post.role)):
        return
    for row in overdue_rows(desk, desk.view.overdue(now=desk.now, limit=MOST)):
        told = any(is_told(visit, post, row.told) for post in visit.held())
        if told and (row.loop, row.key, row.n) not in done:
            yield row


def is_told(visit: Visit, post: Post, rungs: Iterable[Told]) -> bool:
    """Whether a post is among those who have been told of a break."""
    areas = visit.raw.world.areas
    place = post.place or areas.codes[0]
    stands = any(p.stands_for_area for p in visit.policy.profiles_of(post.role))
    return any(
        told.to.place == place and (told.to.role == post.role or (stands and told.to.role in areas.levels))
        for told in rungs
    )


def _facts(visit: Visit, subject: str) -> list[Fact]:
    return visit.raw.view.subject_facts(subject, known_at=visit.raw.known_at)
