"""Acknowledge an escalation: a post says that it knows of a break and sees to it."""

import msgspec

from fengsui.access.actors import Post
from fengsui.access.doors.work import ACKNOWLEDGED, in_tray, is_told
from fengsui.access.refusal import Refusal
from fengsui.commands.hand import Hand
from fengsui.facts.fact import Fact
from fengsui.kit.text import Text
from fengsui.loops.duty import Status, status
from fengsui.loops.escalation import ladder

TITLE = Text("签收督办", "Acknowledge")
VERB = "acknowledge"


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which duty of which loop."""

    loop: str
    duty: str
    n: int = 0
    note: str = ""


def subject(hand: Hand, asked: Asked) -> str:
    """Of whom it is told."""
    return hand.loop(asked.loop).loop.subject


def why_not(hand: Hand, asked: Asked) -> Refusal | None:
    """It must be overdue, within reach, and not acknowledged by this post before."""
    duty, version, _ = hand.duty(asked.loop, asked.duty, asked.n)
    if (refusal := hand.visit.why_not_with(VERB, hand.loop(asked.loop))) is not None:
        return refusal
    stands = status(duty, hand.now, confirm_after=version.confirm_after)
    if stands not in (Status.BREACHED, Status.PROVISIONAL, Status.UNKNOWN):
        return Refusal("not_broken")
    for fact in hand.visit.raw.view.subject_facts(in_tray(_post(hand, asked))):
        said = (fact.data.get("loop"), fact.data.get("duty"), fact.data.get("n"))
        if fact.kind == ACKNOWLEDGED and said == (asked.loop, asked.duty, asked.n):
            return Refusal("already_acknowledged")
    return None


def facts(hand: Hand, asked: Asked) -> list[Fact]:
    """One fact of the subject, for its record, and one of the post, for its in-tray."""
    said = {"loop": asked.loop, "duty": asked.duty, "n": asked.n, "note": asked.note}
    post = _post(hand, asked)
    return [
        hand.fact("duty.acknowledged", subject(hand, asked), said, place=post.place),
        hand.fact(ACKNOWLEDGED, in_tray(post), said, part="post", place=post.place),
    ]


def _post(hand: Hand, asked: Asked) -> Post:
    """For which of their posts the actor acknowledges: the one that was told, else the one that owes it."""
    duty, version, step = hand.duty(asked.loop, asked.duty, asked.n)
    rungs = [t for t in ladder(duty, version, areas=hand.visit.raw.world.areas) if t.at <= hand.now]
    held = hand.visit.held()
    told = (post for post in held if is_told(hand.visit, post, rungs))
    return next(told, next((post for post in held if post.role == step.by.role), held[0]))
