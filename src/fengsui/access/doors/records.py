"""Doors to one loop and one subject: what is known of somebody."""

from dataclasses import dataclass

from fengsui.access.refusal import Denied, Refusal
from fengsui.access.visit import Visit
from fengsui.board.loop_page import LoopPage, loop_page
from fengsui.board.subject import SubjectPage, subject_page
from fengsui.engines.view import Account
from fengsui.kit.errors import NotFound
from fengsui.loops.duty import Status
from fengsui.loops.explanation import DutyLine

FREEING = (Status.OPEN, Status.SCHEDULED, Status.WAITING, Status.BREACHED, Status.PROVISIONAL, Status.UNKNOWN)


def account(visit: Visit, name: str) -> Account:
    """One loop with its facts, for whoever may open it. What is beyond reach looks like what is not there."""
    try:
        found = visit.raw.view.loop(name, as_of=visit.raw.now, known_at=visit.raw.known_at)
    except NotFound:
        if visit.sees_all:
            raise
        raise Denied(Refusal("nothing_of_yours")) from None
    visit.refuse(visit.why_not_open(found), "open", f"loop/{name}")
    return found


def loop(visit: Visit, name: str) -> LoopPage:
    """The page of one loop."""
    visit.need("open")
    found = account(visit, name)
    visit.look("saw", f"loop/{name}", subject=found.loop.subject)
    return loop_page(visit.desk("open"), name)


def subject(visit: Visit, name: str) -> SubjectPage:
    """The page of one subject: its loops, and everything recorded of it."""
    visit.need("open")
    visit.refuse(_why_not_subject(visit, name), "open", name)
    visit.look("saw", name)
    return subject_page(visit.desk("open"), name)


@dataclass(frozen=True, slots=True)
class Restriction:
    """One loop that limits somebody: ``page`` has the reasons; ``frees``: the step that ends it, if known."""

    page: LoopPage
    frees: DutyLine | None
    steps: tuple[DutyLine, ...]  # what belongs to the restriction, in the order of their due times


@dataclass(frozen=True, slots=True)
class Restrictions:
    """Why somebody is restricted, until when, and who decides."""

    now: int
    known_at: int
    subject: str
    restrictions: tuple[Restriction, ...]


def restriction(visit: Visit, name: str) -> Restrictions:
    """The loops that restrict a subject now, each with what ends it."""
    visit.need("open")
    visit.refuse(_why_not_subject(visit, name), "open", name)
    visit.look("saw", name, page="restriction")
    desk = visit.desk("open")
    found = []
    for head in desk.view.loops(subject=name, now=desk.now, running=True, limit=50):
        page = loop_page(desk, head.id)
        steps = {o.key: o for v in page.explanation.versions for o in _obligations(visit, head.protocol, v)}
        lines = [line for line in page.explanation.duties if line.key in steps]
        bound = [line for line in lines if steps[line.key].restricts or steps[line.key].frees]
        ahead = [line for line in bound if steps[line.key].frees and line.status in FREEING]
        if bound:
            bound.sort(key=lambda line: (line.due_at, line.n))
            found.append(
                Restriction(page, min(ahead, key=lambda line: line.due_at, default=None), tuple(bound))
            )
    return Restrictions(desk.now, desk.known_at, name, tuple(found))


def _obligations(visit: Visit, protocol: str, version: str):
    return next((v.obligations for v in visit.raw.library.everywhere(protocol) if v.version == version), ())


def _why_not_subject(visit: Visit, name: str) -> Refusal | None:
    """Why a subject may not be opened: none of its loops may be, or a reason is needed for each that may."""
    if visit.sees_all:
        return None
    if name in {visit.actor.subject, *visit.actor.others} - {""}:
        return None
    guarded = visit.guarded("open")
    refusal: Refusal | None = Refusal("nothing_of_yours")
    for head in visit.raw.view.loops(subject=name, now=visit.raw.now, limit=100):
        try:
            found = visit.raw.view.loop(head.id, as_of=visit.raw.now, known_at=visit.raw.known_at)
        except NotFound:  # on record only later than the moment that is asked about
            continue
        why = visit.why_not_open(found)
        if why is None:
            return None
        refusal = why if why.code == "reason_needed" else refusal
    if refusal.code == "nothing_of_yours" and guarded.subject_facts(name, known_at=visit.raw.known_at):
        return None if visit.reason else Refusal("reason_needed")
    return refusal
