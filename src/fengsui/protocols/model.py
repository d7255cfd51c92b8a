"""What a protocol means, as frozen values. The YAML is read into these; the engine knows only these.

The surface (what an epidemiologist writes) is described in ``docs/protocol-language.md`` and read by
``load``. Here every name is resolved, every default is filled in, and times are whole seconds.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from fengsui.kit.text import Text

FOREVER = 2**62  # an open end of a validity, and "no limit"


class Unit(StrEnum):
    """What a length of time is counted in."""

    SECONDS = "seconds"  # elapsed: 24h is 86,400 seconds, whatever the clocks on the wall do
    DAYS = "days"  # civil days; the start day does not count, the period ends at 24:00 of its last day
    WORKING_DAYS = "working_days"  # the same, counting only days that are worked
    MONTHS = "months"  # the same day-of-month n months later, ends at 24:00; needs a rounding


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time: ``n`` of ``unit``. Months carry how a missing day is rounded (down, up).

    ``to_working_day``: if the last day is not worked, the period ends with the next working day
    (民法典 §203). Never set for protocol days, always declared for legal periods.
    """

    n: int
    unit: Unit = Unit.SECONDS
    rounding: str = ""  # "down" | "up", months only
    to_working_day: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """One condition on a fact's data: ``field`` ``op`` ``value``.

    op: eq, ne, in, at_least, below, present. A missing field fails every op except ``ne`` and
    ``present: false``. ``field`` is a key of the data, or one of @by, @place, @source.
    """

    field: str
    op: str
    value: object


@dataclass(frozen=True, slots=True)
class Pattern:
    """Facts of one of ``kinds`` that pass every test.

    A kind with ``#`` is a milestone of another protocol of the same subject
    (``cn.covid19/inbound#positive``): it happens when that milestone is reached there.
    """

    kinds: tuple[str, ...]
    where: tuple[Test, ...] = ()


class Agg(StrEnum):
    """How a milestone picks from the facts that match."""

    OPENING = "opening"  # the fact that opened the loop
    FIRST = "first"
    LAST = "last"
    EACH = "each"  # every one; each starts its own duties
    LATER_OF = "later_of"  # the latest of other milestones (plus lengths); undefined if one is
    EARLIER_OF = "earlier_of"  # the earliest of those that are defined


@dataclass(frozen=True, slots=True)
class Milestone:
    """A moment of a loop: a fact that was reached, or the later/earlier of others.

    ``after``/``before`` name another milestone: only facts at or after / strictly before it count.
    ``of`` pairs a milestone with a length that is added (None: nothing). ``time`` names the field of
    the fact's data that says when it is reached (an event is filed today and starts next month);
    facts that do not carry it do not count. Empty: when the fact happened. ``not_by``: a milestone none
    of whose doers may have done this one (who rectified cannot verify); nor does a fact nobody signs count.
    """

    name: str
    agg: Agg
    pattern: Pattern | None = None
    of: tuple[tuple[str, Length | None], ...] = ()
    after: str | None = None
    before: str | None = None
    title: Text = Text("", "")
    time: str = ""
    not_by: str | None = None


class Frame(StrEnum):
    """How the window [open, due) of an obligation follows from its anchor ``a``."""

    WITHIN = "within"  # [a + opens_after, a + opens_after + length)
    BEFORE = "before"  # due at a - length (elapsed); open so long before as it is valid, else from the start
    ON_DAYS = "on_days"  # the civil day that carries number n; the start day carries ``start_day``
    UNTIL = "until"  # due at a time carried in the anchor fact's data, else ``length`` if given
    EVERY = "every"  # ``times`` windows, one every ``length`` from a + opens_after
    ROLLING = "rolling"  # one window of ``length``; each act opens the next, until a stop


@dataclass(frozen=True, slots=True)
class Window:
    """When an obligation may be and must have been met. Half-open: due itself is too late."""

    frame: Frame
    length: Length | None = None
    opens_after: Length | None = None  # BEFORE: how long the evidence is valid; it opens so long before due
    days: tuple[int, ...] = ()  # ON_DAYS
    times: int = 0  # EVERY: how many windows
    open_for: Length | None = None  # EVERY: how long each is open, in seconds or days; None: until the next
    data: str = ""  # UNTIL: the field of the anchor fact that carries the deadline


@dataclass(frozen=True, slots=True)
class Evidence:
    """What meets an obligation: ``count`` facts of a pattern, spaced and differing as asked.

    ``distinct``: the facts must differ pairwise in every one of these fields (two laboratories, two
    reagents); only with count 2. ``apart``: seconds between consecutive ones. ``not_by``: a
    milestone whose fact's ``by`` may not be the one of the evidence (who rectified cannot verify).
    ``only_by``: a milestone whose fact's ``by`` must be (who decided the measure decides its end).
    A fact without the field, or without ``by``, does not count where it is asked for.
    """

    pattern: Pattern
    count: int = 1
    distinct: tuple[str, ...] = ()
    apart: int = 0
    not_by: str | None = None
    only_by: str | None = None


class Discharge(StrEnum):
    """Which open obligations of a series one act meets."""

    SLOT = "slot"  # the one with the latest opening at or before the act
    ALL = "all"  # every open one
    FIFO = "fifo"  # the one that has been open longest and is unmet


class Late(StrEnum):
    """How long a late act still counts."""

    UNTIL_NEXT = "until_next"  # until the next obligation of the series opens
    ALWAYS = "always"
    NEVER = "never"
    FOR = "for"  # ``late_for`` seconds after due


@dataclass(frozen=True, slots=True)
class Owner:
    """``role@place.level``: who owes it. The place names one of the protocol's places.

    The level lifts the place to its area of that level (port.banner); empty: the place itself.
    """

    role: str
    place: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """The instrument a step follows from."""

    document: Text = Text("", "")
    issuer: str = ""
    number: str = ""
    clause: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Obligation:
    """What must be done from when, by when, by whom, with which evidence."""

    key: str
    title: Text
    by: Owner
    start: str  # the milestone it is anchored at
    window: Window
    evidence: Evidence
    basis: Basis
    series: str = ""  # obligations of one series share their acts; default: the key itself
    discharge: Discharge = Discharge.SLOT
    late: Late = Late.ALWAYS
    late_for: int = 0
    frees: bool = False  # meeting it ends a restriction of the subject
    restricts: bool = False  # it belongs to a restriction of a person
    confidence: str = "sourced"  # sourced | press | to_verify | design
    line: int = 0  # where it stands in its file
    file: str = ""  # which file, where that is not the protocol's own (a step an overlay changed)


@dataclass(frozen=True, slots=True)
class Stop:
    """Once ``when`` is reached, these obligations are owed no longer, unless ``unless`` was by then."""

    when: str
    cancels: tuple[str, ...]  # keys; all of them written out
    opens: str = ""  # the protocol that takes over (checked by the linter)
    basis: Basis = Basis()
    unless: str | None = None  # a milestone


@dataclass(frozen=True, slots=True)
class Extension:
    """A fact that grants a later due, if it came before the due it moves.

    A grant that comes after the due changes nothing: the break stands and is shown beside it.
    """

    pattern: Pattern
    of: tuple[str, ...]  # keys it may move
    data: str  # field with the new due
    at_most: Length | None = None  # no further than this after the original due
    target: str = ""  # field of the fact that names the obligation key; empty: all of ``of``
    basis: Basis = Basis()


@dataclass(frozen=True, slots=True)
class Waiver:
    """A fact of an authority that lifts obligations from its time on."""

    pattern: Pattern
    of: tuple[str, ...]
    target: str = ""
    basis: Basis = Basis()


@dataclass(frozen=True, slots=True)
class Pause:
    """Time between ``begin`` and ``end`` does not count for these obligations (hearing, appraisal)."""

    begin: Pattern
    end: Pattern
    of: tuple[str, ...]
    basis: Basis = Basis()


@dataclass(frozen=True, slots=True)
class Tell:
    """Reaching ``when`` happens to related subjects too, as a fact of kind ``fact``.

    Related: every subject with a fact of ``relation`` whose data ``field`` names this subject.
    """

    when: str
    fact: str
    relation: Pattern
    field: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a loop: where the fact of milestone ``at`` happened, or an area code in its data."""

    name: str
    at: str
    data: str = ""


@dataclass(frozen=True, slots=True)
class Rung:
    """Once a break has stood for ``after`` seconds, ``to`` is told.

    ``to``: owner, a level of the area tree, or a role@place like an owner.
    """

    after: int
    to: str


@dataclass(frozen=True, slots=True)
class Opening:
    """Which facts open a loop.

    An opening fact less than ``again_after`` seconds after the loop's opening belongs to that loop
    (the same arrival told twice); a later one opens the next. FOREVER: one loop a subject.
    A loop's facts are those from its opening (less ``looks_back`` seconds) to the next opening.
    """

    pattern: Pattern
    again_after: int = FOREVER
    looks_back: int = 0


class InFlight(StrEnum):
    """How a new version meets loops that are running when it comes into force."""

    PINNED = "pinned"  # they stay on the version they opened under
    AT_ANCHOR = "at_anchor"  # each obligation follows the version in force at its anchor
    REMAINING = "remaining"  # settled or due before the switch: old; the rest: new
    RETROACTIVE = "retroactive"  # recomputed from the start; only to correct a wrong encoding


@dataclass(frozen=True, slots=True)
class Protocol:
    """One version of one protocol: everything the engine needs to know about it.

    ``valid_from`` and ``valid_until`` are instants in the region's zone, half-open. ``area`` is set
    on versions made by an overlay: they hold only for loops whose jurisdiction lies in it.
    """

    name: str  # "cn.covid19/inbound"
    version: str
    title: Text
    basis: Basis
    valid_from: int
    valid_until: int
    in_flight: InFlight
    subject: str  # "person"
    opening: Opening
    milestones: tuple[Milestone, ...]  # in an order in which each only names earlier ones
    obligations: tuple[Obligation, ...]
    places: tuple[Place, ...] = ()
    jurisdiction: str = ""  # the place whose area lists the loop and picks overlays
    zone: str = "place"  # "place": zone of the place where the duty is owed; or a zone name
    start_day: int = 1  # the number the start day carries in on_days
    date_only: str = "benefit_of_doubt"  # or end_of_day: how a date without a time is read
    stops: tuple[Stop, ...] = ()
    extensions: tuple[Extension, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    pauses: tuple[Pause, ...] = ()
    tells: tuple[Tell, ...] = ()
    closes: tuple[str, ...] = ()  # milestones, any of which closes it; empty: all settled
    stages: tuple[str, ...] = ()  # milestones between which subjects are reconciled
    escalation: tuple[Rung, ...] = ()
    confirm_after: int = 0  # seconds a break stays provisional
    health: bool = False  # about a person's health: may never read petitions, disputes or fraud
    retain: int = FOREVER  # seconds after closing until the subject's data is erased
    area: str = ""  # overlays: where it holds
    overlay: str = ""  # overlays: its name
    file: str = ""
    digest: str = ""  # content hash; a published version never changes
    lines: dict[str, int] = field(default_factory=dict, compare=False, hash=False)

    def milestone(self, name: str) -> Milestone:
        """The milestone of that name."""
        return next(m for m in self.milestones if m.name == name)

    def obligation(self, key: str) -> Obligation:
        """The obligation of that key."""
        return next(o for o in self.obligations if o.key == key)
