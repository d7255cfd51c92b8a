"""Object to a restriction or a record: it opens a loop of its own, with a clock for the answer."""

import msgspec

from fengsui.access.refusal import Refusal
from fengsui.commands.hand import Hand
from fengsui.facts.fact import Fact
from fengsui.kit.text import Text

TITLE = Text("提出异议", "Object")
VERB = "appeal"


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Against which loop, or which record of it, and on what grounds."""

    loop: str
    grounds: str
    fact: str = ""


def subject(hand: Hand, asked: Asked) -> str:
    """The objection: a subject of its own, named after the deed."""
    return f"objection/{hand.source}.{hand.key}"


def why_not(hand: Hand, asked: Asked) -> Refusal | None:
    """It must be one's own loop, or within the area of an ombudsman who writes it down."""
    return hand.visit.why_not_with(VERB, hand.loop(asked.loop))


def facts(hand: Hand, asked: Asked) -> list[Fact]:
    """The objection, filed where the loop lies."""
    loop = hand.loop(asked.loop).loop
    said = {"about": loop.subject, "loop": asked.loop, "fact": asked.fact, "grounds": asked.grounds}
    return [hand.fact("objection.filed", subject(hand, asked), said, place=loop.place)]
