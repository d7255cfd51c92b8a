"""Correct a wrong record: the corrected one takes its place, and everything that follows is derived again."""

import msgspec

from fengsui.access.refusal import Refusal
from fengsui.access.things import REASSIGNED
from fengsui.commands.hand import Hand
from fengsui.commands.verbs._records import found, why_not_touch
from fengsui.facts.fact import Fact
from fengsui.kit.text import Text

TITLE = Text("更正记录", "Correct a record")
VERB = "correct"
# A correction of these would put words into somebody's mouth, or give reach and exceptions by a back door.
DEEDS = (REASSIGNED, "duty.acknowledged", "override.proposed", "override.agreed", "record.reasoned")


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The record ``fact`` of a loop; what is not given stays as it was."""

    loop: str
    fact: str
    reason: str
    at: int | None = None
    place: str = ""
    data: dict[str, str | int | float | bool] = {}


def subject(hand: Hand, asked: Asked) -> str:
    """Of whom it is told."""
    return hand.loop(asked.loop).loop.subject


def why_not(hand: Hand, asked: Asked) -> Refusal | None:
    """The record must count, be of this subject, and not be about the one who corrects it."""
    if (refusal := why_not_touch(hand, VERB, loop=asked.loop, fact=asked.fact)) is not None:
        return refusal
    kind = found(hand, asked.loop, asked.fact).kind
    return Refusal("kept_as_it_is", {"kind": hand.visit.raw.kind_text(kind)}) if kind in DEEDS else None


def facts(hand: Hand, asked: Asked) -> list[Fact]:
    """The record as it should have been, and why."""
    old = found(hand, asked.loop, asked.fact)
    new = hand.fact(
        old.kind,
        old.subject,
        {**old.data, **asked.data},
        at=old.at if asked.at is None else asked.at,
        place=asked.place or old.place,
        span=old.span if asked.at is None else 0,
        supersedes=old.id,
    )
    why = {"fact": old.id, "reason": asked.reason}
    return [new, hand.fact("record.reasoned", old.subject, why, part="why")]
