"""What correcting and taking back have in common: the record that is meant."""

from fengsui.access.policy import covers
from fengsui.access.refusal import Refusal
from fengsui.access.things import of_record
from fengsui.commands.hand import Hand
from fengsui.facts.fact import Fact
from fengsui.kit.errors import NotFound


def found(hand: Hand, loop: str, name: str) -> Fact:
    """A record that counts for the subject of a loop. NotFound."""
    for fact in hand.loop(loop).facts:
        if fact.id == name:
            return fact
    raise NotFound(Refusal("no_such_fact", {"fact": name}).text.zh)


def why_not_touch(hand: Hand, verb: str, *, loop: str, fact: str) -> Refusal | None:
    """Why a record may not be corrected or taken back by this actor."""
    account = hand.loop(loop)
    if (refusal := hand.visit.why_not_with(verb, account)) is not None:
        return refusal
    actor = hand.visit.actor
    if account.loop.subject in {actor.subject, *actor.others} - {""}:
        return Refusal("about_yourself")
    record = next((f for f in account.facts if f.id == fact and f.source != "loop"), None)
    if record is None:
        return Refusal("no_such_fact", {"fact": fact})
    areas = hand.visit.raw.world.areas
    thing = of_record(account, record, areas=areas, now=hand.now)
    grants = hand.visit.policy.grants(actor, verb, at=hand.now)
    return None if covers(grants, actor, thing, areas=areas) else Refusal("not_your_record")
