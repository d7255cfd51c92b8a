"""What a page offers to do with a loop: each act with its form, or why it is not for this actor."""

from collections.abc import Iterator
from dataclasses import dataclass

from fengsui.access.refusal import Refusal
from fengsui.commands import command
from fengsui.commands.hand import Hand, why_not
from fengsui.facts.catalogue import Field, FieldType
from fengsui.kit.text import Text
from fengsui.loops.duty import SETTLED, Status, status

AT_ONCE = 40  # duties of a loop for which acts are worked out; what is settled needs none
UP_TO = (Status.BREACHED, Status.PROVISIONAL, Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a form. ``kind``: text, number, time, yes_no, code; ``choices`` of a code."""

    name: str
    title: Text
    kind: str
    required: bool
    choices: tuple[tuple[str, Text], ...] = ()
    value: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """One act. ``refusal`` says why it is not to be had; else ``entries`` is what it asks for."""

    command: str
    title: Text
    key: str
    n: int
    kind: str
    kind_title: Text
    entries: tuple[Entry, ...]
    refusal: Refusal | None

    @property
    def why_not(self) -> Text | None:
        """The refusal in words."""
        return self.refusal.text if self.refusal else None


def offers(hand: Hand, loop: str) -> tuple[Offer, ...]:
    """What can be done with each duty of a loop that is not settled, the earliest due first."""
    found = hand.loop(loop)
    versions = {version.version: version for version in found.protocols}
    standing = []
    for duty in found.loop.duties:
        stands = status(duty, hand.now, confirm_after=versions[duty.version].confirm_after)
        if stands not in SETTLED and stands is not Status.WAITING:
            standing.append((duty, stands))
    standing.sort(key=lambda pair: pair[0].due_at)
    made: list[Offer] = []
    for duty, stands in standing[:AT_ONCE]:
        made += _of_duty(hand, loop, duty.key, n=duty.n)
        if stands in UP_TO:
            made.append(_offer(hand, loop, "acknowledge", at=(duty.key, duty.n)))
    return tuple(made)


def _of_duty(hand: Hand, loop: str, key: str, *, n: int) -> Iterator[Offer]:
    """A form for each kind of fact that would show that the step was done."""
    _, _, step = hand.duty(loop, key, n)
    kinds = hand.visit.raw.kinds
    fixed = {test.field: test.value for test in step.evidence.pattern.where if test.op == "eq"}
    allowed = {test.field: tuple(test.value) for test in step.evidence.pattern.where if test.op == "in"}
    for name in step.evidence.pattern.kinds:
        if name not in kinds.kinds:  # it follows from another loop and is not told by anybody
            continue
        fields = [f for f in kinds.kinds[name].fields.values() if f.name not in fixed]
        entries = tuple(_entry(field, allowed.get(field.name)) for field in fields)
        yield _offer(hand, loop, "record_step", at=(key, n), kind=name, entries=entries)


def _offer(
    hand: Hand,
    loop: str,
    name: str,
    *,
    at: tuple[str, int],
    kind: str = "",
    entries: tuple[Entry, ...] = (),
) -> Offer:
    module = command(name)
    said = {"loop": loop, "duty": at[0], "n": at[1]} | ({"kind": kind} if kind else {})
    refusal = why_not(module, hand, module.Asked(**said))
    title = hand.visit.raw.kind_text(kind) if kind else module.TITLE
    return Offer(name, module.TITLE, at[0], at[1], kind, title, entries, refusal)


def _entry(field: Field, allowed: tuple[object, ...] | None) -> Entry:
    kinds = {
        FieldType.TIME: "time",
        FieldType.CODE: "code",
        FieldType.YES_NO: "yes_no",
        FieldType.NUMBER: "number",
        FieldType.INTEGER: "number",
    }
    values = [v for v in field.values if allowed is None or v in allowed]
    choices = tuple((value, field.title_of(value)) for value in values)
    return Entry(f"data.{field.name}", field.title, kinds.get(field.type, "text"), field.required, choices)
