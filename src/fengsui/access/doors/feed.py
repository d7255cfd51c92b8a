"""The door to records in the order of their arrival: for systems that keep up with the region.

Who goes on behind a cursor skips nothing: one writer at a time commits, so nothing comes to stand before what
was read. A cursor says how far one has read and not how much there is: it is enciphered, since the numbers
it stands for would tell how much is recorded where one has no say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from fengsui.access.policy import Thing, covers
from fengsui.access.visit import Visit
from fengsui.facts.fact import Fact
from fengsui.kit.errors import BadInput, Finding

VERB = "export"
LOOKED_AT = 5_000  # records that one request looks through, also where few of them may be shown
ROUNDS = 4
HALF = 32  # bits
SMALL = 8  # bits of the upper half that a number of ours may have

After = Callable[..., list[tuple[int, Fact]]]  # (number, limit) → records behind it, with their numbers


@dataclass(frozen=True, slots=True)
class FactOut:
    """One record. ``at`` and ``recorded_at`` in seconds UTC, ``span`` in seconds."""

    id: str
    kind: str
    subject: str
    at: int
    span: int
    recorded_at: int
    source: str
    key: str
    place: str | None
    by: str | None
    data: dict[str, object]
    supersedes: str | None


@dataclass(frozen=True, slots=True)
class Feed:
    """Records in the order of their arrival. ``is_end``: there was nothing behind them when it was asked."""

    now: int
    facts: tuple[FactOut, ...]
    cursor: str
    is_end: bool


def facts(visit: Visit, after: After, *, cursor: str = "", limit: int = 100) -> Feed:
    """Up to ``limit`` records behind a cursor, from the first one without. BadInput if it is none of ours."""
    visit.need(VERB)
    visit.refuse(visit.why_not_export(), VERB, "facts")
    seq = number_of(cursor, visit.salt) if cursor else 0
    visit.look("exported", "facts", after=seq)
    grants, areas = visit.policy.grants(visit.actor, VERB, at=visit.at), visit.raw.world.areas
    found: list[FactOut] = []
    rows = after(seq, limit=LOOKED_AT)
    n = 0
    for seq, fact in rows:  # noqa: B007 (the last number is where the next page begins)
        n += 1
        thing = Thing(fact.subject, frozenset({fact.place} - {None}))
        if covers(grants, visit.actor, thing, areas=areas):
            found.append(_out(fact))
            if len(found) == limit:
                break
    is_end = n == len(rows) < LOOKED_AT
    return Feed(visit.at, tuple(found), cursor_of(seq, visit.salt), is_end)


def cursor_of(seq: int, salt: bytes) -> str:
    """A number that says nothing to who does not know the salt."""
    left, right = seq >> HALF, seq & (1 << HALF) - 1
    for n in range(ROUNDS):
        left, right = right, left ^ _mix(right, n, salt)
    return f"{left << HALF | right:016x}"


def number_of(cursor: str, salt: bytes) -> int:
    """The number of a cursor. BadInput."""
    if len(cursor) == 16 and set(cursor) <= set("0123456789abcdef"):
        number = int(cursor, 16)
        left, right = number >> HALF, number & (1 << HALF) - 1
        for n in reversed(range(ROUNDS)):
            left, right = right ^ _mix(left, n, salt), left
        if not left >> SMALL:  # as all numbers of ours are; of sixteen million others, one would pass
            return left << HALF | right
    found = Finding("query", "after", repr(cursor), "a cursor that was handed out here, or nothing")
    raise BadInput("The list cannot be gone on with.", (found,))


def _mix(half: int, n: int, salt: bytes) -> int:
    told = blake2b(half.to_bytes(4, "big") + bytes([n]), key=salt[:64], digest_size=4, person=b"cursor")
    return int.from_bytes(told.digest(), "big")


def _out(fact: Fact) -> FactOut:
    return FactOut(
        id=fact.id,
        kind=fact.kind,
        subject=fact.subject,
        at=fact.at,
        span=fact.span,
        recorded_at=fact.recorded_at,
        source=fact.source,
        key=fact.key,
        place=fact.place,
        by=fact.by,
        data=dict(fact.data),
        supersedes=fact.supersedes,
    )
