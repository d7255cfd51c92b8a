"""Give a duty to a person, beside the post that owes it by the protocol."""

import msgspec

from fengsui.access.doors.work import GIVEN
from fengsui.access.refusal import Refusal
from fengsui.access.things import REASSIGNED
from fengsui.commands.hand import Hand, why_not_to
from fengsui.facts.fact import Fact
from fengsui.kit.instant import DAY
from fengsui.kit.text import Text
from fengsui.loops.duty import SETTLED, status

TITLE = Text("改派", "Give to somebody else")
VERB = "reassign"
USUAL, LONGEST = 7, 60  # days for which a duty is given, where nothing is said, and at most


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which duty of which loop, to whom (the name of their account), why, and until when (0: USUAL days)."""

    loop: str
    duty: str
    to: str
    reason: str
    n: int = 0
    until: int = 0


def subject(hand: Hand, asked: Asked) -> str:
    """Of whom it is told."""
    return hand.loop(asked.loop).loop.subject


def why_not(hand: Hand, asked: Asked) -> Refusal | None:
    """It must be within reach and not settled, and go to somebody there is, for a time."""
    duty, version, _ = hand.duty(asked.loop, asked.duty, asked.n)
    if (refusal := hand.visit.why_not_with(VERB, hand.loop(asked.loop))) is not None:
        return refusal
    if status(duty, hand.now, confirm_after=version.confirm_after) in SETTLED:
        return Refusal("already_settled")
    return why_not_to(hand, asked.to, _until(hand, asked), LONGEST)


def _until(hand: Hand, asked: Asked) -> int:
    return asked.until or hand.now + USUAL * DAY


def facts(hand: Hand, asked: Asked) -> list[Fact]:
    """One fact of the subject, for its record, and one of the officer, for their work."""
    officer = f"officer/{asked.to}"
    said = {
        "loop": asked.loop, "duty": asked.duty, "n": asked.n, "person": officer, "reason": asked.reason,
        "until": _until(hand, asked),
    }  # fmt: skip
    given = hand.fact(GIVEN, officer, said, part="to")
    return [hand.fact(REASSIGNED, subject(hand, asked), said), given]
