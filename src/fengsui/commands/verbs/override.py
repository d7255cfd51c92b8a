"""An exception to a duty: two persons of two bodies, a reason of a closed list, and an end.

The first call proposes, the second, with ``proposal``, agrees. It does not change what the protocol says is
owed: it is on record, with both names, that for a time it is knowingly not done.
"""

import msgspec

from fengsui.access.refusal import Refusal
from fengsui.commands.hand import Hand
from fengsui.facts.fact import Fact
from fengsui.kit.instant import DAY
from fengsui.kit.text import Text

TITLE = Text("破例", "Exception")
VERB = "override"
PROPOSED, AGREED = "override.proposed", "override.agreed"
LONGEST = 7  # days


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A proposal: which duty, why, until when. An agreement: ``proposal``, the record it agrees to."""

    loop: str
    duty: str = ""
    n: int = 0
    reason: str = ""
    until: int = 0
    proposal: str = ""


def subject(hand: Hand, asked: Asked) -> str:
    """Of whom it is told."""
    return hand.loop(asked.loop).loop.subject


def why_not(hand: Hand, asked: Asked) -> Refusal | None:
    """Within reach, of a body, for a reason of the list and not for long; agreed to by another of another."""
    actor = hand.visit.actor
    if (refusal := hand.visit.why_not_with(VERB, hand.loop(asked.loop))) is not None:
        return refusal
    if not actor.organisation:
        return Refusal("needs_a_body")
    if asked.proposal:
        return _why_not_agree(hand, asked)
    hand.duty(asked.loop, asked.duty, asked.n)
    field = hand.visit.raw.kinds.kind(PROPOSED).fields["reason"]
    if asked.reason not in field.values:
        named = [field.title_of(code) for code in field.values]
        both = Text("、".join(t.zh for t in named), ", ".join(t.en for t in named))
        return Refusal("not_a_reason", {"reasons": both})
    if asked.until <= hand.now:
        return Refusal("already_over")
    return Refusal("too_long", {"days": LONGEST}) if asked.until > hand.now + LONGEST * DAY else None


def facts(hand: Hand, asked: Asked) -> list[Fact]:
    """The proposal, or the agreement in the proposal's own words."""
    whom, body = subject(hand, asked), hand.visit.actor.organisation
    if asked.proposal:
        said = {**_proposal(hand, asked).data, "body": body, "proposal": asked.proposal}
        return [hand.fact(AGREED, whom, said)]
    said = {
        "loop": asked.loop, "duty": asked.duty, "n": asked.n, "reason": asked.reason, "until": asked.until,
        "body": body,
    }  # fmt: skip
    return [hand.fact(PROPOSED, whom, said)]


def _why_not_agree(hand: Hand, asked: Asked) -> Refusal | None:
    proposal = _proposal(hand, asked)
    if proposal is None or int(proposal.data["until"]) <= hand.now:
        return Refusal("no_such_proposal")
    if proposal.by == hand.officer:
        return Refusal("needs_a_second_person")
    same = proposal.data["body"] == hand.visit.actor.organisation
    return Refusal("needs_a_second_body") if same else None


def _proposal(hand: Hand, asked: Asked) -> Fact | None:
    found = (f for f in hand.loop(asked.loop).facts if f.id == asked.proposal and f.kind == PROPOSED)
    return next((f for f in found if f.data.get("loop") == asked.loop), None)
