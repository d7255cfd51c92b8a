"""What every command works with, and the one way a command is carried out.

A command is a module with ``TITLE``, ``VERB`` (of the policy), a struct ``Asked`` of what it is told, and two
functions: ``why_not(hand, asked)`` gives a refusal or None, ``facts(hand, asked)`` what is written. Both are
asked with the same values, so a page can grey out what the API would refuse.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from types import ModuleType

import msgspec

from fengsui.access.refusal import Denied, Refusal
from fengsui.access.visit import Visit
from fengsui.engines.view import Account
from fengsui.facts.batch import Batch
from fengsui.facts.check import findings
from fengsui.facts.fact import Fact
from fengsui.facts.store import Store
from fengsui.kit.errors import BadInput, Conflict, Finding, NotFound
from fengsui.kit.instant import DAY
from fengsui.loops.duty import Duty
from fengsui.protocols.model import Obligation, Protocol

KEY_MOST = 100  # letters of a client's own id
LINES_MOST = 10_000  # of the audit, of one actor about one subject
TEXT_MOST = 2_000  # letters of any one thing that is told
LIST_MOST = 100  # entries of any one list
ID = "id"


@dataclass(frozen=True)
class Hand:
    """Who acts, on what, and when. ``key``: the client's own id of the deed, so that twice is once."""

    visit: Visit
    store: Store
    key: str
    source: str  # under which the facts are told; each client has its own

    @property
    def now(self) -> int:
        """The present: when what is written counts as recorded."""
        return self.visit.at

    @property
    def officer(self) -> str:
        """The one who acts, as facts name them."""
        return self.visit.actor.id

    @cached_property
    def accounts(self) -> dict[str, Account]:
        """Loops that were looked at."""
        return {}

    def loop(self, name: str) -> Account:
        """A loop, which the actor must be able to open; Denied if not, or if there is none.

        NotFound for whoever sees everything: to all others, what is not there is beyond reach.
        """
        if name not in self.accounts:
            try:
                found = self.visit.raw.view.loop(name, as_of=self.now)
            except NotFound:
                if not self.visit.sees_all:
                    self.visit.refuse(Refusal("nothing_of_yours"), "open", f"loop/{name}")
                raise
            self.visit.refuse(self.visit.why_not_with("open", found), "open", f"loop/{name}")
            self.accounts[name] = found
        return self.accounts[name]

    def duty(self, loop: str, key: str, n: int) -> tuple[Duty, Protocol, Obligation]:
        """One duty of a loop. NotFound."""
        found = self.loop(loop)
        for duty in found.loop.duties:
            if (duty.key, duty.n) == (key, n):
                version = next(v for v in found.protocols if v.version == duty.version)
                return duty, version, version.obligation(key)
        raise NotFound(Refusal("no_such_duty", {"duty": f"{key}-{n}"}).text.zh)

    def fact(self, kind: str, subject: str, data: Mapping[str, object], **more: object) -> Fact:
        """A fact told by this hand. ``part`` tells several of one deed apart; ``at``: now, unless given."""
        part, at = more.pop("part", ""), more.pop("at", None)
        key = f"{self.key}.{part}" if part else self.key
        said = {name: value for name, value in data.items() if value not in (None, "")}
        when = self.now if at is None else at
        return Fact(kind, subject, when, self.now, self.source, key, by=self.officer, data=said, **more)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a command did. ``is_repeat``: it had been done before under the same id, and nothing changed."""

    id: str
    facts: tuple[str, ...]
    is_repeat: bool


def asked_of(command: ModuleType, told: Mapping[str, object]) -> msgspec.Struct:
    """What a command was told, checked; text from forms is read as what it means. BadInput."""
    given = {name: value for name, value in told.items() if name != ID and value != ""}
    if long := tuple(_too_long(given)):
        raise BadInput("The command is too long.", long)
    try:
        return msgspec.convert(given, command.Asked, strict=False)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at ")
        field = where.strip("`").removeprefix("$.") or "-"
        raise BadInput(
            "The command cannot be understood.", (Finding("command", field, "…", said),)
        ) from error


def why_not(command: ModuleType, hand: Hand, asked: msgspec.Struct) -> Refusal | None:
    """Why a command may not be carried out; None if it may."""
    try:
        return hand.visit.why_not(command.VERB) or command.why_not(hand, asked)
    except Denied as denied:  # what the command is about is beyond reach
        return denied.refusal


def why_not_to(hand: Hand, to: str, until: int, days: int) -> Refusal | None:
    """Why work may not be given until a moment to somebody: nobody of that name, or too long a time."""
    if not hand.visit.knows(to):
        return Refusal("nobody_of_that_name", {"name": to})
    if until <= hand.now:
        return Refusal("already_over")
    return Refusal("too_long", {"days": days}) if until > hand.now + days * DAY else None


def _too_long(told: object, name: str = "") -> Iterator[Finding]:
    """Every text and list that is longer than it may be, however deep it lies."""
    below: Iterable[tuple[object, object]] = ()
    match told:
        case str() if len(told) > TEXT_MOST:
            yield Finding("command", name, f"{len(told):,} letters", f"at most {TEXT_MOST:,} letters")
        case Mapping():
            below = told.items()
        case list() if len(told) > LIST_MOST:
            yield Finding("command", name, f"{len(told):,} entries", f"at most {LIST_MOST} entries")
        case list():
            below = enumerate(told)
    for key, value in below:
        yield from _too_long(value, f"{name}.{key}" if name else str(key))


def carry_out(command: ModuleType, hand: Hand, asked: msgspec.Struct) -> Receipt:
    """Carry a command out in one transaction: all of its facts or none. Denied, BadInput or Conflict.

    The audit says who did it before it is done, and says so too if it could not be done after all. Sent
    twice under one id it is done once.
    """
    if not hand.key or len(hand.key) > KEY_MOST or not hand.key.isprintable():
        found = Finding("command", ID, repr(hand.key), f"an id of 1 to {KEY_MOST} letters")
        raise BadInput("The command has no id of its own.", (found,))
    name = command.__name__.rpartition(".")[2]
    deed = _deed(hand, name, asked)
    first = hand.store.told(f"{hand.source}:{hand.key}")
    if first is not None and (before := _done_before(hand, first, deed)) is not None:
        return before
    hand.visit.refuse(why_not(command, hand, asked), command.VERB, name)
    if first is not None:
        raise _said_otherwise(hand)
    facts = command.facts(hand, asked)
    raw = hand.visit.raw
    wrong = [found for fact in facts for found in findings(fact, raw.kinds, raw.world.areas)]
    if wrong:
        raise BadInput("What was told cannot be taken.", tuple(wrong))
    ids = tuple(fact.id for fact in facts)
    _write(hand, "changed", facts[0].subject, {"command": name, "deed": deed, "facts": list(ids)})
    try:
        taken = hand.store.take(Batch.of(facts), now=hand.now, whole=True)
    except Exception:
        _write(hand, "refused", facts[0].subject, {"command": name, "deed": deed, "code": "not_written"})
        raise
    if taken.conflicts:
        _write(hand, "refused", facts[0].subject, {"command": name, "deed": deed, "code": "conflict"})
        raise _said_otherwise(hand)
    return Receipt(hand.key, ids, not taken.new)


def _done_before(hand: Hand, first: Fact, deed: str) -> Receipt | None:
    """The receipt of the same deed under the same id, so that a phone that sends again is told it arrived.

    What was done is read from the audit. To work the facts out anew would not do: what was withdrawn or
    corrected is no longer there to be withdrawn or corrected.
    """
    who, audit = hand.visit.actor.id, hand.visit.book.audit
    for line in audit.lines(actor=who, verb="changed", object=first.subject, limit=LINES_MOST):
        said = msgspec.json.decode(line.detail)
        if first.id in said.get("facts", ()) and said.get("deed", deed) == deed:
            return Receipt(hand.key, tuple(said["facts"]), True)
    return None


def _deed(hand: Hand, name: str, asked: msgspec.Struct) -> str:
    """What was asked, as a digest that says nothing to who does not know it.

    Without when it was done: the service puts right the clock of a phone, each time a little differently.
    """
    told = {"command": name, **{n: v for n, v in msgspec.to_builtins(asked).items() if n != "at"}}
    said = msgspec.json.encode(told, order="deterministic")
    return blake2b(said, key=hand.visit.salt[:64], digest_size=16).hexdigest()


def _said_otherwise(hand: Hand) -> Conflict:
    return Conflict(f"{hand.key}: something else was told under this id before.")


def _write(hand: Hand, verb: str, subject: str, detail: Mapping[str, object]) -> None:
    visit = hand.visit
    visit.book.did(visit.actor.id, verb, subject, reason=visit.reason, detail=detail)
