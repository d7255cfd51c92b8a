"""Which act meets which obligation of a series.

SLOT: an act counts for the one that opened last. ALL: for every open one. FIFO: for the one that
has been open longest. All three choose by minimum over a set, so order of arrival cannot matter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fengsui.kit.instant import NEVER
from fengsui.loops.acts import Act, matches
from fengsui.protocols.model import Discharge, Evidence, Late, Obligation

Fits = Callable[[Act], bool]


@dataclass(slots=True)
class Slot:
    """One obligation instance while it is being matched. ``rank`` orders those that open together."""

    obligation: Obligation
    n: int
    rank: int
    anchor: Act
    open_at: int
    due_at: int
    first_due_at: int
    extended: str | None
    fits: Fits  # evidence pattern, not_by and only_by
    until_at: int = NEVER  # an act at or after this no longer counts
    next_open: int = NEVER  # of the series, strictly after this one
    met_at: int = NEVER
    met_by: str | None = None


def allocate(series: Sequence[Slot], acts: Sequence[Act]) -> None:
    """Fill ``until_at``, ``met_at`` and ``met_by`` of every slot of one series, in place."""
    ordered = sorted(series, key=lambda s: (s.open_at, s.rank))
    for slot in ordered:
        slot.next_open = min((s.open_at for s in ordered if s.open_at > slot.open_at), default=NEVER)
        slot.until_at = accepted_until(slot)
    if ordered[0].obligation.discharge is Discharge.FIFO:
        _oldest_first(ordered, acts)
        return
    first_open = ordered[0].open_at
    for slot in ordered:
        by_slot = slot.obligation.discharge is Discharge.SLOT
        until = min(slot.until_at, slot.next_open) if by_slot else slot.until_at
        floor = first_open if by_slot else slot.open_at
        timed = [(moment(act, floor), act) for act in acts if slot.fits(act)]
        counted = [(t, act) for t, act in timed if slot.open_at <= t < until]
        slot.met_at, slot.met_by = completed(slot.obligation.evidence, counted)


def accepted_until(slot: Slot) -> int:
    """From when on an act no longer counts."""
    match slot.obligation.late:
        case Late.NEVER:
            return slot.due_at
        case Late.FOR:
            return slot.due_at + slot.obligation.late_for if slot.due_at != NEVER else NEVER
        case Late.UNTIL_NEXT:
            return slot.next_open
    return NEVER


def moment(act: Act, floor: int) -> int:
    """When an act counts: a date without a time is read as the first second that lets it count."""
    return min(max(act.when, floor), act.when + act.span)


def completed(evidence: Evidence, counted: Sequence[tuple[int, Act]]) -> tuple[int, str | None]:
    """When the evidence is complete, and by which fact; (NEVER, None) if it is not."""
    ordered = sorted(counted, key=lambda pair: (pair[0], *pair[1].order))
    if evidence.count == 1:
        return next(((t, act.fact.id) for t, act in ordered), (NEVER, None))
    if evidence.distinct:
        return _pair(evidence, ordered)
    have, last = 0, None
    for t, act in ordered:
        if last is None or t - last >= evidence.apart:
            have, last = have + 1, t
            if have == evidence.count:
                return t, act.fact.id
    return NEVER, None


def _pair(evidence: Evidence, ordered: Sequence[tuple[int, Act]]) -> tuple[int, str | None]:
    """The first act that has an earlier one differing in every asked field and far enough apart."""
    for j, (t, act) in enumerate(ordered):
        if any(
            t - s >= evidence.apart and all(differ(act, other, field) for field in evidence.distinct)
            for s, other in ordered[:j]
        ):
            return t, act.fact.id
    return NEVER, None


def differ(one: Act, other: Act, field: str) -> bool:
    """Whether both carry the field, and differently."""
    a, b = one.fact.data.get(field), other.fact.data.get(field)
    return a is not None and b is not None and a != b


def _oldest_first(ordered: Sequence[Slot], acts: Sequence[Act]) -> None:
    for act in acts:
        for slot in ordered:
            t = moment(act, slot.open_at)
            if slot.met_at == NEVER and slot.open_at <= t < slot.until_at and slot.fits(act):
                slot.met_at, slot.met_by = t, act.fact.id
                break


def fits(evidence: Evidence, *, barred: str | None, asked: str | None) -> Fits:
    """Whether an act may count at all: of the pattern, and by another or by the same person if so asked.

    ``barred``: who did the milestone of ``not_by``; ``asked``: that of ``only_by``; None: nobody known.
    """

    def counts(act: Act) -> bool:
        if not matches(evidence.pattern, act.fact):
            return False
        by = act.fact.by
        if evidence.not_by is not None and (by is None or by == barred):
            return False
        return evidence.only_by is None or (by is not None and by == asked)

    return counts
