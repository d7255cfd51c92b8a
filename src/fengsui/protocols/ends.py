"""What moves, lifts, ends and follows the steps of a protocol file."""

from collections.abc import Mapping, Sequence

from fengsui.facts.yaml_file import Node
from fengsui.protocols import language
from fengsui.protocols.model import FOREVER, Basis, Extension, Milestone, Pause, Rung, Stop, Tell, Waiver
from fengsui.protocols.steps import basis_of
from fengsui.protocols.surface import (
    Page,
    checked,
    field_of_data,
    kind,
    length,
    name,
    pattern,
    pattern_in,
    seconds,
)

ALL_SETTLED = "all_settled"

Milestones = Mapping[str, Milestone]


def stop(page: Page, node: Node, *, known: Milestones, steps: Sequence[str], law: Basis) -> Stop:
    """A milestone that ends steps, and the protocol that takes over."""
    keys = node.entries(known=language.STOP_KEYS, required=("when", "cancels"))
    when = checked(page, keys.get("when"), known=known, what="milestone")
    cancels = keys.get("cancels")
    every = cancels is not None and cancels.value == "all"
    return Stop(
        when=when[0] if when else "",
        cancels=tuple(steps) if every else checked(page, cancels, known=steps, what="step"),
        opens=keys["opens"].text() if "opens" in keys else "",
        basis=basis_of(node, default=law),
        unless=next(iter(checked(page, keys.get("unless"), known=known, what="milestone")), None),
    )


def extension(page: Page, node: Node, *, steps: Sequence[str], law: Basis) -> Extension:
    """A decision that moves a deadline, and how far at most."""
    keys = node.entries(known=language.EXTENSION_KEYS, required=("event", "of", "until"))
    if "at_most" not in keys:
        page.fault("extension-no-limit", node)
    return Extension(
        pattern=pattern_in(keys),
        of=checked(page, keys.get("of"), known=steps, what="step"),
        data=field_of_data(keys["until"]) if "until" in keys else "",
        at_most=length(page, keys["at_most"], beside=keys) if "at_most" in keys else None,
        target=field_of_data(keys["target"]) if "target" in keys else "",
        basis=basis_of(node, default=law),
    )


def waiver(page: Page, node: Node, *, steps: Sequence[str], law: Basis) -> Waiver:
    """A decision that lifts steps."""
    keys = node.entries(known=language.WAIVER_KEYS, required=("event", "of"))
    return Waiver(
        pattern=pattern_in(keys),
        of=checked(page, keys.get("of"), known=steps, what="step"),
        target=field_of_data(keys["target"]) if "target" in keys else "",
        basis=basis_of(node, default=law),
    )


def pause(page: Page, node: Node, *, steps: Sequence[str], law: Basis) -> Pause:
    """Time that does not count."""
    keys = node.entries(known=language.PAUSE_KEYS, required=("from", "until", "of"))
    begin, end = (pattern(keys[key]) if key in keys else None for key in ("from", "until"))
    return Pause(
        begin, end, checked(page, keys.get("of"), known=steps, what="step"), basis_of(node, default=law)
    )


def tell(page: Page, node: Node, *, known: Milestones) -> Tell:
    """A milestone that happens to related subjects too."""
    keys = node.entries(known=language.TELL_KEYS, required=("when", "to", "as"))
    to = keys["to"].entries(known=language.TELL_TO_KEYS, required=("event", "field")) if "to" in keys else {}
    when = checked(page, keys.get("when"), known=known, what="milestone")
    return Tell(
        when=when[0] if when else "",
        fact=kind(keys["as"]) if "as" in keys else "",
        relation=pattern_in(to),
        field=name(to["field"]) if "field" in to else "",
    )


def closes(page: Page, node: Node, *, known: Milestones) -> tuple[str, ...]:
    """The milestones any of which closes the loop; none if it closes once all is settled."""
    keys = node.entries(known=language.CLOSES_KEYS, required=("when",))
    if "when" in keys and keys["when"].value == ALL_SETTLED:
        return ()
    return checked(page, keys.get("when"), known=known, what="milestone")


def rung(node: Node) -> Rung:
    """Who is told once a break has stood for so long."""
    keys = node.entries(known=language.RUNG_KEYS, required=("after", "to"))
    return Rung(
        after=seconds(keys["after"]) if "after" in keys else 0,
        to=keys["to"].text() if "to" in keys else "",
    )


def retain(node: Node | None) -> int:
    """Seconds after closing until the subject's data is erased; FOREVER if nothing is said."""
    if node is None:
        return FOREVER
    keys = node.entries(known=language.RETAIN_KEYS, required=("after_close", "then"))
    if "then" in keys:
        keys["then"].one_of(("erase",))
    return seconds(keys["after_close"]) if "after_close" in keys else FOREVER
