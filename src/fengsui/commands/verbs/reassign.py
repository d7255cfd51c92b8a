"""Give a duty to a person, beside the post that owes it by the protocol."""

import msgspec

from fengsui.access.doors.work import GIVEN
from fengsui.access.refusal import Refusal
from fengsui.access.things import REASSIGNED
from fengsui.commands.hand import Hand
from fengsui.facts.fact import Fact
from fengsui.kit.text import Text
from fengsui.loops.duty import SETTLED, status

TITLE = Text("改派", "Give to somebody else")
VERB = "reassign"


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which duty of which loop, to whom (the name of their account), and why."""

    loop: str
    duty: str
    to: str
    reason: str
    n: int = 0


def subject(hand: Hand, asked: Asked) -> str:
    """Of whom it is told."""
    return hand.loop(asked.loop).loop.subject


def why_not(hand: Hand, asked: Asked) -> Refusal | None:
    """It must be within reach and not settled."""
    duty, version, _ = hand.duty(asked.loop, asked.duty, asked.n)
    if (refusal := hand.visit.why_not_with(VERB, hand.loop(asked.loop))) is not None:
        return refusal
    is_settled = status(duty, hand.now, confirm_after=version.confirm_after) in SETTLED
    return Refusal("already_settled") if is_settled else None


def facts(hand: Hand, asked: Asked) -> list[Fact]:
    """One fact of the subject, for its record, and one of the officer, for their work."""
    officer = f"officer/{asked.to}"
    said = {
        "loop": asked.loop, "duty": asked.duty, "n": asked.n, "person": officer, "reason": asked.reason,
    }  # fmt: skip
    given = hand.fact(GIVEN, officer, said, part="to")
    return [hand.fact(REASSIGNED, subject(hand, asked), said), given]
