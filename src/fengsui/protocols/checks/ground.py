"""What every check stands on: all protocols at hand, the catalogue, and where things are in their files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fengsui.facts.catalogue import Catalogue
from fengsui.protocols.message import Message, say
from fengsui.protocols.model import Agg, Milestone, Obligation, Pattern, Protocol


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything a check may look at. ``families``: all versions by name, by valid_from."""

    families: Mapping[str, tuple[Protocol, ...]]
    levels: tuple[str, ...]
    kinds: Catalogue | None = None


def at_step(rule: str, protocol: Protocol, *, of: Obligation, key: str = "", **words: object) -> Message:
    """A message about a step."""
    clause = f"obligations.{of.key}" + (f".{key}" if key else "")
    return say(rule, file=of.file or protocol.file, line=of.line, clause=clause, **words)


def at_part(rule: str, protocol: Protocol, *, part: str, **words: object) -> Message:
    """A message about any other part of the file, by its path."""
    line = protocol.lines.get(part) or protocol.lines.get(part.partition(".")[0], 1)
    return say(rule, file=protocol.file, line=line, clause=part, **words)


def patterns(protocol: Protocol) -> Iterator[tuple[str, Pattern, Obligation | None]]:
    """Every pattern the protocol reads: the path of its part, the pattern, and the step if it is one's."""
    yield "opens", protocol.opening.pattern, None
    for milestone in protocol.milestones:
        if milestone.pattern is not None:
            yield f"milestones.{milestone.name}", milestone.pattern, None
    for step in protocol.obligations:
        yield f"obligations.{step.key}.evidence", step.evidence.pattern, step
    for part in ("extensions", "waivers"):
        for i, item in enumerate(getattr(protocol, part)):
            yield f"{part}.{i}", item.pattern, None
    for i, pause in enumerate(protocol.pauses):
        yield f"pauses.{i}", pause.begin, None
        yield f"pauses.{i}", pause.end, None
    for i, tell in enumerate(protocol.tells):
        yield f"tells.{i}", tell.relation, None


def about(rule: str, protocol: Protocol, *, part: str, of: Obligation | None, **words: object) -> Message:
    """A message about what ``patterns`` gave."""
    if of is not None:
        return at_step(rule, protocol, of=of, key="evidence", **words)
    return at_part(rule, protocol, part=part, **words)


def pattern_of(protocol: Protocol, milestone: Milestone) -> Pattern | None:
    """Which facts reach it: its own pattern, or the opening's; None if it follows from others."""
    return protocol.opening.pattern if milestone.agg is Agg.OPENING else milestone.pattern


def milestones_of(ground: Ground, kind: str) -> Iterator[tuple[Protocol, Milestone]]:
    """The milestones meant by protocol#milestone, in every version that has it."""
    name, _, milestone = kind.partition("#")
    for protocol in ground.families.get(name, ()):
        for found in protocol.milestones:
            if found.name == milestone:
                yield protocol, found
