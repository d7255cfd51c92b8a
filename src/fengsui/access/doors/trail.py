"""The door to the audit itself."""

from dataclasses import dataclass

from fengsui.access.visit import Visit
from fengsui.engines.audit import Audit, Line, Verdict


@dataclass(frozen=True, slots=True)
class Trail:
    """Lines of the audit, the newest first, and whether the chain is whole."""

    now: int
    known_at: int
    lines: tuple[Line, ...]
    verdict: Verdict


def trail(visit: Visit, audit: Audit, *, actor: str = "", object: str = "", limit: int = 200) -> Trail:
    """The audit: of an actor, of an object, or the latest lines."""
    visit.need("audit")
    found = audit.lines(actor=actor, object=object, limit=limit) if actor or object else audit.latest(limit)
    verdict = audit.verify()
    visit.look("saw", "audit", of_actor=actor, of_object=object)
    lines = sorted(found, key=lambda line: -line.seq)
    return Trail(visit.raw.now, visit.raw.known_at, tuple(lines), verdict)
