"""Take a record back that should not be there: nothing is deleted, it counts no more."""

import msgspec

from fengsui.access.refusal import Refusal
from fengsui.commands.hand import Hand
from fengsui.commands.verbs._records import found, why_not_touch
from fengsui.facts.effective import WITHDRAWN
from fengsui.facts.fact import Fact
from fengsui.kit.text import Text

TITLE = Text("撤回记录", "Take a record back")
VERB = "correct"


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The record ``fact`` of a loop, and why."""

    loop: str
    fact: str
    reason: str


def subject(hand: Hand, asked: Asked) -> str:
    """Of whom it is told."""
    return hand.loop(asked.loop).loop.subject


def why_not(hand: Hand, asked: Asked) -> Refusal | None:
    """The record must count, be of this subject, and not be about the one who takes it back."""
    return why_not_touch(hand, VERB, loop=asked.loop, fact=asked.fact)


def facts(hand: Hand, asked: Asked) -> list[Fact]:
    """The withdrawal."""
    old = found(hand, asked.loop, asked.fact)
    return [hand.fact(WITHDRAWN, old.subject, {"reason": asked.reason}, supersedes=old.id)]
