"""What an explanation is made of: values that name facts, clauses and reasons; no sentences yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.kit.text import Text
from fengsui.loops.duty import Status
from fengsui.loops.escalation import Post, Told
from fengsui.loops.naming import place_text
from fengsui.protocols.model import Basis

NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact as an explanation names it.

    ``other_subject``: the one it was recorded of, where that was since found to be the same as ours.
    """

    id: str
    kind: str
    at: int
    span: int
    recorded_at: int
    source: str
    place: str | None
    place_name: Text | None
    by: str | None
    data: Mapping[str, object]
    other_subject: str | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """What a fact did to a duty.

    part: anchored, met, met_with (the other one of two), ended, waived, extended, paused, resumed.
    """

    part: str
    fact: Seen


@dataclass(frozen=True, slots=True)
class Remark:
    """Something one has to know to trust a line, as a code and what it speaks of.

    code: date_only, clock_ahead, recorded_after_due, deadline_before_start, late_extension,
    other_subject, moved_to_switch, source_silent.
    """

    code: str
    fact: str | None = None
    values: Mapping[str, object] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A fact of a right kind that did not count, and why.

    why: other_content, no_person, same_person, not_begun, met_another, before_opening, surplus,
    after_end, next_one, too_late, no_field, same_field, too_soon, alone.
    """

    fact: Seen
    why: str
    values: Mapping[str, object] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Clause:
    """The law behind a line, the version that says so, and how sure we are of the wording."""

    basis: Basis
    version: str
    confidence: str  # sourced | press | to_verify | design
    file: str = ""
    line: int = 0

    @property
    def is_named(self) -> bool:
        """Whether it says which document, and where in it."""
        return bool((self.basis.document.zh or self.basis.document.en) and self.where)

    @property
    def where(self) -> str:
        """The clause, or the document's number where the whole document is meant."""
        return self.basis.clause or self.basis.number


@dataclass(frozen=True, slots=True)
class MilestoneLine:
    """A moment of the loop, and the facts it was reached by (several for the later or earlier of others)."""

    name: str
    title: Text
    at: int  # NEVER while it was not reached
    n: int  # 0 unless every one counts
    facts: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One duty, its state at ``now``, and everything the state follows from. Times as in ``Duty``.

    ``anchor`` names the milestone it counts from; ``zone`` is where its civil days are counted;
    ``start_day`` is the number its first day carries where it is owed on numbered days, else None.
    """

    key: str
    n: int
    is_one_of_many: bool
    title: Text
    status: Status
    clause: Clause
    owner: Post
    zone: str
    anchor: Text
    anchor_at: int
    open_at: int
    due_at: int
    first_due_at: int
    met_at: int
    lifted_at: int  # ended or waived, whichever came first
    until_at: int
    broken_at: int  # NEVER if it was never broken
    confirmed_at: int  # when its break is, or would be, no longer provisional
    causes: tuple[Cause, ...]
    start_day: int | None = None
    told: tuple[Told, ...] = ()
    next_told: Told | None = None
    remarks: tuple[Remark, ...] = ()
    rejected: tuple[Rejected, ...] = ()

    def facts(self, part: str) -> tuple[Seen, ...]:
        """The facts that did this to the duty."""
        return tuple(cause.fact for cause in self.causes if cause.part == part)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a loop stands as it does at ``now``."""

    loop: str
    protocol: str
    title: Text
    versions: tuple[str, ...]
    subject: str
    place: str | None
    place_name: Text
    zone: str
    opened_at: int
    closed_at: int
    now: int
    opened_by: Seen
    opened_under: Clause
    milestones: tuple[MilestoneLine, ...]
    duties: tuple[DutyLine, ...]
    facts: tuple[Seen, ...]  # everything that happened in the loop, in time order


def seen(fact: Fact, *, subject: str, areas: Areas) -> Seen:
    """The fact as an explanation of ``subject`` names it."""
    other = fact.subject if fact.subject != subject else None
    return Seen(
        fact.id,
        fact.kind,
        fact.when,
        fact.span,
        fact.recorded_at,
        fact.source,
        fact.place,
        place_text(areas, fact.place) if fact.place else None,
        fact.by,
        fact.data,
        other,
    )


NEEDED: Mapping[Status, tuple[tuple[str, ...], ...]] = {
    Status.WAITING: (),
    Status.SCHEDULED: (("anchored",),),
    Status.OPEN: (("anchored",),),
    Status.FULFILLED: (("anchored",), ("met",)),
    Status.LATE: (("anchored",), ("met",)),
    Status.PROVISIONAL: (("anchored",),),
    Status.UNKNOWN: (("anchored",),),
    Status.BREACHED: (("anchored",),),
    Status.MISSED: (("anchored",),),
    Status.WAIVED: (("waived",),),
    Status.EXCUSED: (("anchored",), ("waived", "ended")),
    Status.CANCELLED: (("ended",),),
}


def is_grounded(line: DutyLine) -> bool:
    """Whether the state names the facts and the clause it follows from (no explanation, no state).

    A duty that waits has no fact yet: it names the milestone it waits for.
    """
    parts = {cause.part for cause in line.causes}
    named = all(parts & set(either) for either in NEEDED[line.status])
    anchor = bool(line.anchor.zh or line.anchor.en)
    return named and anchor and line.clause.is_named
