"""How protocols stand to each other: exits, circles, versions; and what must never meet."""

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from fengsui.protocols.checks.ground import Ground, about, at_part, at_step, patterns
from fengsui.protocols.message import Message
from fengsui.protocols.model import InFlight, Obligation, Protocol

SENSITIVE = ("petition", "dispute", "fraud")
HEALTH = ("case", "contact", "hospital", "quarantine", "sample", "test", "vaccination")
HEALTH_PROTOCOLS = "cn.covid19/"


def exits(protocol: Protocol, ground: Ground) -> Iterator[Message]:
    """A protocol that is to take over exists and opens on the milestone that hands over."""
    for i, stop in enumerate(protocol.stops):
        if not stop.opens:
            continue
        kind = f"{protocol.name}#{stop.when}"
        family = ground.families.get(stop.opens)
        if family is None:
            yield at_part("unknown-exit", protocol, part=f"stops.{i}", name=stop.opens)
        elif not any(kind in other.opening.pattern.kinds for other in family):
            yield at_part("deaf-exit", protocol, part=f"stops.{i}", name=stop.opens, kind=kind)


def apart(protocol: Protocol, ground: Ground) -> Iterator[Message]:
    """Health on one side, petitions, disputes and fraud on the other: neither reads the other's facts."""
    barred = (SENSITIVE if is_health(protocol) else ()) + (HEALTH if is_sensitive(protocol) else ())
    for part, pattern, step in patterns(protocol):
        fields = {test.field for test in pattern.where if test.field.partition("_")[0] in SENSITIVE}
        met = {kind for kind in pattern.kinds if _meets(kind, barred, ground=ground)}
        for name in sorted(met | (fields if is_health(protocol) else set())):
            yield about("petition-and-health", protocol, part=part, of=step, found=name)
    for i, tell in enumerate(protocol.tells):
        if _meets(tell.fact, barred, ground=ground):
            yield at_part("petition-and-health", protocol, part=f"tells.{i}", found=tell.fact)
    for i, stop in enumerate(protocol.stops):
        if stop.opens and _meets(f"{stop.opens}#{stop.when}", barred, ground=ground):
            yield at_part("petition-and-health", protocol, part=f"stops.{i}", found=stop.opens)


def is_health(protocol: Protocol) -> bool:
    """Whether it is about a person's health: it says so, or is one of the epidemic's."""
    return protocol.health or protocol.name.startswith(HEALTH_PROTOCOLS)


def is_sensitive(protocol: Protocol) -> bool:
    """Whether it is about petitions, disputes or fraud: by its subject or by any fact it reads."""
    kinds = {kind for _, pattern, _ in patterns(protocol) for kind in pattern.kinds}
    return any(_side(name) in SENSITIVE for name in (protocol.subject, *kinds))


def _side(name: str) -> str:
    """petition of petition.accepted, and nothing of a milestone of another protocol."""
    return "" if "#" in name else name.partition(".")[0]


def _meets(kind: str, barred: Sequence[str], *, ground: Ground) -> bool:
    """Whether a kind, or the protocol whose milestone it is, belongs to the side that is barred."""
    if _side(kind) in barred:
        return True
    family = ground.families.get(kind.partition("#")[0], ()) if "#" in kind else ()
    if SENSITIVE[0] in barred and any(is_sensitive(other) for other in family):
        return True
    return HEALTH[0] in barred and any(is_health(other) for other in family)


def versions(family: Sequence[Protocol]) -> Iterator[Message]:
    """Published versions follow one another without overlap or gap, and keep the names of their steps."""
    published = [protocol for protocol in family if not protocol.overlay]
    for older, newer in pairwise(published):
        if newer.valid_from < older.valid_until:
            yield at_part("version-overlap", newer, part="in_force", other=older.version)
        elif newer.valid_from > older.valid_until:
            yield at_part("version-gap", newer, part="in_force", other=older.version)
        if newer.in_flight is InFlight.REMAINING:
            yield from _renamed(older, newer)


def _renamed(older: Protocol, newer: Protocol) -> Iterator[Message]:
    old, new = ({step.key: step for step in version.obligations} for version in (older, newer))
    gone = [step for key, step in old.items() if key not in new]
    for step in (step for key, step in new.items() if key not in old):
        twin = next((other for other in gone if _same_deed(other, step)), None)
        if twin is not None:
            yield at_step("renamed-key", newer, of=step, old=twin.key, new=step.key)


def _same_deed(one: Obligation, other: Obligation) -> bool:
    same_evidence = (
        one.evidence.pattern == other.evidence.pattern and one.evidence.count == other.evidence.count
    )
    return same_evidence and one.start == other.start


def circles(ground: Ground) -> Iterator[Message]:
    """No protocol waits for a milestone that waits for it."""
    needs = {
        name: {
            kind.partition("#")[0]
            for protocol in family
            for _, pattern, _ in patterns(protocol)
            for kind in pattern.kinds
            if "#" in kind
        }
        for name, family in ground.families.items()
    }
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        names = error.args[1]
        protocol = ground.families[names[0]][0]
        yield at_part("protocol-cycle", protocol, part="protocol", names=" → ".join(names))
