"""Record that a step was done: when, where, with what the protocol asks for, and a note."""

import msgspec

from fengsui.access.policy import Thing, covers
from fengsui.access.refusal import Refusal
from fengsui.access.things import given_to
from fengsui.commands.hand import Hand
from fengsui.facts.fact import Fact
from fengsui.kit.text import Text
from fengsui.loops.escalation import post_at
from fengsui.loops.reading import read
from fengsui.protocols.model import Obligation, Protocol

TITLE = Text("记录环节", "Record a step")
VERB = "record"
FIELD = "data."  # a field of a form that belongs to the fact's data begins so


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``duty`` and ``n`` of the ``loop``; ``kind``: which evidence, where several would do."""

    loop: str
    duty: str
    n: int = 0
    kind: str = ""
    at: int | None = None
    place: str = ""
    note: str = ""
    data: dict[str, str | int | float | bool] = {}


def subject(hand: Hand, asked: Asked) -> str:
    """Of whom it is told."""
    return hand.loop(asked.loop).loop.subject


def why_not(hand: Hand, asked: Asked) -> Refusal | None:
    """The post must owe it, and the protocol must let this person do it."""
    duty, version, step = hand.duty(asked.loop, asked.duty, asked.n)
    raw = hand.visit.raw
    mine = Thing(
        subject(hand, asked), frozenset({duty.place} - {None}), frozenset({(step.by.role, duty.place)})
    )
    given = given_to(hand.loop(asked.loop), asked.duty, n=asked.n, now=hand.now)
    grants = hand.visit.policy.grants(hand.visit.actor, VERB, at=hand.now)
    whole = Thing(mine.subject, mine.places, mine.owners, given)
    if not covers(grants, hand.visit.actor, whole, areas=raw.world.areas):
        owner = post_at(step.by.role, duty.place, areas=raw.world.areas).title
        return Refusal("not_your_work", {"owner": owner})
    kinds = step.evidence.pattern.kinds
    if asked.kind and asked.kind not in kinds:
        titles = [raw.kind_text(kind) for kind in kinds]
        named = Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))
        return Refusal("not_evidence", {"kind": raw.kind_text(asked.kind), "kinds": named})
    return _why_not_this_person(hand, asked, version, step=step)


def facts(hand: Hand, asked: Asked) -> list[Fact]:
    """The evidence, with what the protocol takes for granted filled in, and the note."""
    duty, _, step = hand.duty(asked.loop, asked.duty, asked.n)
    kind = asked.kind or step.evidence.pattern.kinds[0]
    whom = subject(hand, asked)
    filled = {
        test.field: test.value
        for test in step.evidence.pattern.where
        if test.op == "eq" and not test.field.startswith("@")
    }
    fact = hand.fact(kind, whom, {**filled, **asked.data}, at=asked.at, place=asked.place or duty.place)
    note = hand.fact("step.noted", whom, {"fact": fact.id, "note": asked.note}, part="note", at=asked.at)
    return [fact, note] if asked.note else [fact]


def _why_not_this_person(hand: Hand, asked: Asked, version: Protocol, *, step: Obligation) -> Refusal | None:
    """Separation of duties, as the protocol's own evidence asks for it: who rectified cannot verify."""
    evidence = step.evidence
    bars = [(evidence.not_by, "same_person"), (evidence.only_by, "not_the_same_person")]
    bars += [(m.not_by, "same_person") for m in version.milestones if _is_of(m, evidence.pattern.kinds)]
    for name, code in bars:
        doers = _doers(hand, asked, version, name) if name else set()
        if doers and (hand.officer in doers) == (code == "same_person"):
            title = version.milestone(name).title
            named = title if title.zh or title.en else Text(name, name)
            return Refusal(code, {"step": named})
    return None


def _is_of(milestone, kinds: tuple[str, ...]) -> bool:
    """Whether a milestone is reached by the evidence."""
    return milestone.pattern is not None and set(milestone.pattern.kinds) & set(kinds) != set()


def _doers(hand: Hand, asked: Asked, version: Protocol, milestone: str) -> set[str]:
    """Who did what a milestone was reached by."""
    account = hand.loop(asked.loop)
    known = sorted((f for f in account.facts if f.when <= hand.now), key=lambda f: (f.when, f.id))
    opened = next(f for f in known if f.id == account.loop.opened_by)
    reading = read(version, opened, known, world=hand.visit.raw.world)
    return {act.fact.by for act in reading.reached[milestone] if act.fact and act.fact.by}
