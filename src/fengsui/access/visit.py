"""A visit: one actor asks for something at one moment, and what they get is written down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from fengsui.access.actors import Actor, Post
from fengsui.access.guarded import Guarded, NoLedger
from fengsui.access.policy import VERBS, Policy, Reach, covers, own_area
from fengsui.access.refusal import Refusal, refuse
from fengsui.access.things import of_account
from fengsui.board.desk import Desk
from fengsui.engines.view import Account

OF_MANY = ("counts", "list", "glance", "quality")  # what pages of many are made by
FRESH = 300  # seconds in which the same look by the same actor is one line of the audit


class Written(Protocol):
    """Where lines of the audit go."""

    def write(
        self,
        *,
        at: int,
        actor: str,
        verb: str,
        object: str,
        reason: str = "",
        detail: Mapping[str, object] | None = None,
    ) -> object:
        """Add a line."""
        ...

    def lines(
        self, *, actor: str = "", verb: str = "", object: str = "", after: int = 0, limit: int = 100
    ) -> list:
        """Lines of an actor, of what they did, of an object."""
        ...


@dataclass
class Book:
    """The audit as the doors write it: a board that refreshes itself is one look, not three a minute."""

    audit: Written
    clock: Callable[[], int]
    _fresh: dict[tuple, int] = field(default_factory=dict)

    def looked(self, actor: str, verb: str, object: str, *, reason: str, detail: Mapping) -> None:
        """Somebody sees something."""
        now = self.clock()
        seen = (actor, verb, object, reason, str(detail))
        if self._fresh.get(seen, -FRESH) > now - FRESH:
            return
        if len(self._fresh) > 10_000:
            self._fresh = {key: at for key, at in self._fresh.items() if at > now - FRESH}
        self.did(actor, verb, object, reason=reason, detail=detail)
        self._fresh[seen] = now

    def did(self, actor: str, verb: str, object: str, *, reason: str, detail: Mapping) -> None:
        """Somebody does something."""
        self.audit.write(
            at=self.clock(), actor=actor, verb=verb, object=object, reason=reason, detail=dict(detail)
        )


@dataclass(frozen=True)
class Visit:
    """Who asks, over which desk, for what reason. ``at``: the present, at which posts are held.

    ``raw`` is the desk before any filter: only doors and commands may touch it. ``knows``: whether somebody
    of a name can log in; at a desk without accounts everybody can.
    """

    actor: Actor
    raw: Desk
    policy: Policy
    book: Book
    at: int
    salt: bytes
    reason: str = ""
    knows: Callable[[str], bool] = lambda name: True

    def desk(self, verb: str = "list") -> Desk:
        """The desk as the actor may see it: rows for ``list``, one loop or subject for ``open``."""
        ledger = self.raw.ledger if self.why_not("quality") is None else NoLedger()
        return replace(self.raw, view=self.guarded(verb), ledger=ledger)

    def guarded(self, verb: str) -> Guarded:
        """The view as the actor may see it."""
        raw = self.raw
        return Guarded(
            raw.view,
            self.actor,
            self.policy,
            world=raw.world,
            library=raw.library,
            now=self.at,
            salt=self.salt,
            verb=verb,
        )

    def why_not(self, verb: str) -> Refusal | None:
        """Why the actor may not do something at all, wherever; None: somewhere they may."""
        if not self.actor.id:
            return Refusal("log_in_first")
        if not self.policy.grants(self.actor, verb, at=self.at):
            return Refusal("not_at_your_post", {"verb": VERBS[verb]})
        return None

    def why_not_with(self, verb: str, account: Account) -> Refusal | None:
        """Why the actor may not do something with one loop."""
        grants = self.policy.grants(self.actor, verb, at=self.at)
        if (refusal := self.why_not(verb)) is not None:
            return refusal
        thing = of_account(account, areas=self.raw.world.areas, now=self.at)
        if not covers(grants, self.actor, thing, areas=self.raw.world.areas):
            return Refusal("nothing_of_yours")
        return None

    def why_not_open(self, account: Account) -> Refusal | None:
        """Why a loop may not be opened: beyond reach, or beyond one's own work and no reason was given."""
        if (refusal := self.why_not_with("open", account)) is not None:
            return refusal
        thing = of_account(account, areas=self.raw.world.areas, now=self.at)
        freely = self.policy.opens_freely(self.actor, at=self.at)
        if freely or self.reason or self.guarded("open").is_own_work(thing):
            return None
        return Refusal("reason_needed")

    def why_not_export(self) -> Refusal | None:
        """Why records may not be taken away: no reason was given. A key was made for what its system does."""
        freely = self.policy.opens_freely(self.actor, at=self.at)
        return None if self.reason or freely or self.actor.is_machine else Refusal("reason_needed_to_export")

    @property
    def share(self) -> tuple[object, ...]:
        """What two must have in common to be shown the same counts and lists: their posts.

        Where a grant goes no further than one's own work or oneself, also who they are.
        """
        held = tuple((post.role, post.place) for post in self.held())
        reaches = (g.reach for verb in OF_MANY for g in self.policy.grants(self.actor, verb, at=self.at))
        is_alone = any(reach <= Reach.OWN_WORK for reach in reaches)
        return held, (self.actor.id, self.actor.subject, self.actor.others) if is_alone else ()

    @property
    def sees_all(self) -> bool:
        """Whether the actor opens every record of the region, without a reason."""
        grants = self.policy.grants(self.actor, "open", at=self.at)
        freely = self.policy.opens_freely(self.actor, at=self.at)
        return freely and any(grant.reach is Reach.EVERYWHERE for grant in grants)

    def need(self, verb: str) -> None:
        """Raise Denied, and say so in the audit, if the actor may not do something at all."""
        self.refuse(self.why_not(verb), verb, "")

    def refuse(self, refusal: Refusal | None, verb: str, object: str) -> None:
        """Raise Denied if there is a refusal, with a line in the audit."""
        if refusal is not None:
            detail = {"verb": verb, "code": refusal.code}
            self.book.looked(self.actor.id, "refused", object, reason=self.reason, detail=detail)
        refuse(refusal)

    def look(self, verb: str, object: str, **detail: object) -> None:
        """Write down that the actor sees something: always before it is handed out."""
        said = {name: value for name, value in detail.items() if value not in (None, "", 0, False)}
        self.book.looked(self.actor.id, verb, object, reason=self.reason, detail=said)

    def held(self) -> tuple[Post, ...]:
        """The posts the actor holds at the moment."""
        return self.actor.held(self.at)

    def home(self) -> str | None:
        """The area a page shows where none is asked for; None: the whole region."""
        areas = self.raw.world.areas
        grants = self.policy.grants(self.actor, "counts", at=self.at)
        if not grants or any(grant.reach is Reach.EVERYWHERE for grant in grants):
            return None
        return next((area for grant in grants if (area := own_area(grant.post, areas))), None)
