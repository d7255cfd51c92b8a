"""Hand a post over to somebody for the time one is away; it comes back by itself."""

import msgspec

from fengsui.access.actors import TAKEN_OVER, Post, post_named, posts_of_facts
from fengsui.access.doors.work import in_tray
from fengsui.access.refusal import Refusal
from fengsui.commands.hand import Hand, why_not_to
from fengsui.facts.fact import Fact
from fengsui.kit.text import Text

TITLE = Text("交接值守", "Hand over")
VERB = "hand_over"
LONGEST = 60  # days; whoever is away for longer has a successor


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which ``post`` (role@place), to whom (the name of their account), until when, and why."""

    post: str
    to: str
    until: int
    reason: str


def subject(hand: Hand, asked: Asked) -> str:
    """The post."""
    return in_tray(post_named(asked.post))


def why_not(hand: Hand, asked: Asked) -> Refusal | None:
    """The actor must hold the post, in their own right: what was taken over is not passed on."""
    mine = [post for post in hand.visit.held() if post.name == asked.post]
    if not mine:
        return Refusal("not_your_post", {"post": asked.post})
    if not set(mine) - _taken_over(hand):
        return Refusal("not_passed_on")
    if asked.to == hand.officer:
        return Refusal("to_yourself")
    return why_not_to(hand, asked.to, asked.until, LONGEST)


def facts(hand: Hand, asked: Asked) -> list[Fact]:
    """One fact of the post and one of the officer who takes it over."""
    post = post_named(asked.post)
    said = {
        "role": post.role,
        "person": f"officer/{asked.to}",
        "absent": hand.visit.actor.officer,
        "until": asked.until,
        "reason": asked.reason,
    }
    taken = hand.fact(TAKEN_OVER, f"officer/{asked.to}", said, part="to", place=post.place)
    return [hand.fact("post.handed_over", in_tray(post), said, place=post.place), taken]


def _taken_over(hand: Hand) -> set[Post]:
    """The posts the actor holds for somebody who is away."""
    facts = hand.visit.raw.view.subject_facts(hand.visit.actor.officer)
    return set(posts_of_facts([f for f in facts if f.kind == TAKEN_OVER], "", at=hand.now))
