"""A duty: one obligation of one loop, as time facts; and the ladder that reads its status from them.

Only times are derived and kept. Whether a duty is open, overdue or at level two is a comparison of
those times with the moment one asks about, so time passing writes nothing.
"""

from dataclasses import dataclass
from enum import StrEnum

from fengsui.kit.instant import NEVER


class Status(StrEnum):
    """Where a duty stands at a moment (FHIR: Task.status)."""

    WAITING = "waiting"  # what it counts from has not happened
    SCHEDULED = "scheduled"  # not open yet
    OPEN = "open"
    FULFILLED = "fulfilled"
    LATE = "late"  # done, after its due
    PROVISIONAL = "provisional"  # past due, but the record may still be on its way
    UNKNOWN = "unknown"  # past due, but the source that would tell is silent
    BREACHED = "breached"
    MISSED = "missed"  # past due, and an act no longer counts
    WAIVED = "waived"
    EXCUSED = "excused"  # broken, then lifted by an authority or ended by a stop
    CANCELLED = "cancelled"


BROKEN = frozenset({Status.PROVISIONAL, Status.BREACHED})  # a break that stands now
WAS_BROKEN = frozenset({Status.LATE, Status.MISSED, Status.EXCUSED})  # a break that ended
SETTLED = WAS_BROKEN | {Status.FULFILLED, Status.WAIVED, Status.CANCELLED}


@dataclass(frozen=True, slots=True)
class Duty:
    """One obligation of one loop. Times in seconds UTC, NEVER when undefined; facts by their id."""

    key: str  # the obligation's key
    n: int  # ON_DAYS: the day number; EVERY, ROLLING, EACH: 0, 1, 2 …; else 0
    anchor_at: int
    open_at: int
    due_at: int  # with extensions and pauses
    first_due_at: int  # without
    met_at: int
    ended_at: int  # a stop reached, or the loop closed
    waived_at: int
    until_at: int  # an act at or after this no longer counts
    version: str  # of the protocol that owes it
    place: str | None  # area code where it is owed
    anchor_fact: str | None = None
    met_fact: str | None = None
    ended_fact: str | None = None  # of the stop, or of the closing milestone
    waived_fact: str | None = None
    extended_fact: str | None = None


def settled_at(duty: Duty) -> int:
    """When nothing more can change it: met, lifted, stopped or missed for good. NEVER if not yet."""
    met = duty.met_at if duty.met_at <= duty.ended_at else NEVER
    return min(met, duty.ended_at, duty.waived_at, max(duty.until_at, duty.due_at))


def broken_from(duty: Duty) -> int:
    """When its break began; NEVER if there is none however long one waits and nothing more happens.

    A deadline that lies before the duty's own opening (as sources do write) breaks when it opens.
    """
    if duty.due_at == NEVER or duty.anchor_at == NEVER:
        return NEVER
    due = max(duty.due_at, min(duty.open_at, duty.anchor_at))
    settled = min(duty.met_at, duty.ended_at, duty.waived_at)
    return due if settled >= due else NEVER


def broken_until(duty: Duty) -> int:
    """When its break ended: met late, lifted, stopped, or final because an act no longer counts."""
    return settled_at(duty)


def status(duty: Duty, now: int, *, confirm_after: int = 0, silent_since: int = NEVER) -> Status:
    """The first line that holds, read from the top. The duty follows from facts up to ``now`` only.

    ``confirm_after``: seconds a break stays provisional. ``silent_since``: up to when the source of
    the evidence is known to be complete, NEVER if it is not known to be silent.
    """
    due = broken_from(duty)
    met = duty.met_at if duty.met_at <= min(now, duty.ended_at) else NEVER
    ended = duty.ended_at if duty.ended_at <= now else NEVER
    waived = duty.waived_at if duty.waived_at <= now else NEVER
    ladder = (
        (Status.FULFILLED, met != NEVER and (due == NEVER or met < due)),
        (Status.LATE, met != NEVER),
        (Status.WAIVED, waived != NEVER and waived < due),
        (Status.CANCELLED, ended != NEVER and ended < due),
        (Status.WAITING, duty.anchor_at == NEVER),
        (Status.EXCUSED, min(waived, ended) != NEVER),
        (Status.MISSED, max(due, duty.until_at) <= now),
        (Status.UNKNOWN, due <= now and silent_since < due),
        (Status.PROVISIONAL, due <= now < due + confirm_after),
        (Status.BREACHED, due <= now),
        (Status.OPEN, duty.open_at <= now),
        (Status.SCHEDULED, True),
    )
    return next(name for name, holds in ladder if holds)
