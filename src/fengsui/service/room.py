"""The region that is being served: its store, its rules, and the clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Protocol

from django.http import HttpRequest

from fengsui.access.actors import DESK, Actor, with_posts
from fengsui.access.policy import Policy
from fengsui.access.visit import Book, Visit
from fengsui.board.change_page import Compare
from fengsui.board.desk import Desk, Ledger
from fengsui.board.policy import Comparison
from fengsui.engines.audit import Audit
from fengsui.engines.view import View
from fengsui.facts.catalogue import Catalogue
from fengsui.facts.store import Store
from fengsui.kit.clock import Clock
from fengsui.loops.loop import World
from fengsui.protocols.library import Library
from fengsui.service.boards import Boards

ActorOf = Callable[[HttpRequest], Actor]
ViewAt = Callable[[int, int], View]  # as_of, known_at → the view of that moment
KEPT = 4  # views of past moments that are kept at hand


class Keeping(Store, Ledger, Protocol):
    """What keeps the region: facts, rows that could not be taken, and the audit."""

    @property
    def audit(self) -> Audit:
        """Who saw and changed what."""
        ...


def at_the_desk(request: HttpRequest) -> Actor:
    """Whoever runs the program on their own machine: nobody else can reach it."""
    return DESK


@dataclass
class Room:
    """Everything the pages share.

    ``live`` answers for the present, ``view_at`` for any other moment; making such a view takes
    seconds for a large region, so the last few are kept. ``compare`` tries a version on the facts.
    ``store`` keeps facts and audit. ``actor_of`` tells who sends a request, ``salt`` makes pseudonyms for
    those who may only glance. ``boards``: what open boards show, made once for all who see
    the same. ``lock`` is held while a page is put together: the store belongs to one thread at a time, and a
    page takes milliseconds.
    """

    live: Callable[[], View]
    view_at: ViewAt
    library: Library
    world: World
    kinds: Catalogue
    store: Keeping
    compare: Compare
    clock: Clock
    lang: str = "zh"
    policy: Policy = field(default_factory=Policy.shipped)
    actor_of: ActorOf = at_the_desk
    salt: bytes = b""
    secret: bytes = b""  # for the pseudonyms of people in uploaded sheets
    has_accounts: bool = False
    knows: Callable[[str], bool] = lambda name: True  # whether there is an account of a name
    mornings: Path | None = None  # where the morning runs of early warning are kept
    boards: Boards = field(default_factory=Boards)
    lock: RLock = field(default_factory=RLock)
    _past: dict[tuple[int, int], View] = field(default_factory=dict)
    _book: Book | None = None

    @property
    def book(self) -> Book:
        """The audit, as the doors write it."""
        if self._book is None:
            self._book = Book(self.store.audit, self.clock)
        return self._book

    def visit(self, actor: Actor, desk: Desk, *, reason: str = "") -> Visit:
        """Somebody at a desk. What posts the facts give them is read now."""
        at = self.clock()
        whole = with_posts(actor, self.live(), at=at) if actor.subject else actor
        salt = self.salt or b"desk"
        return Visit(
            whole, desk, self.policy, book=self.book, at=at, salt=salt, reason=reason, knows=self.knows
        )

    @property
    def zone(self) -> str:
        """The zone in which the region's times are written and read."""
        return self.world.areas.region.zone

    def comparing(self, *asked: object) -> Comparison:
        """``compare``, called under the lock, which others may have meanwhile.

        It takes seconds, and reads the facts by a connection of its own.
        """
        self.lock.release()
        try:
            return self.compare(*asked)
        finally:
            self.lock.acquire()

    def desk(self, as_of: int, known_at: int, *, is_now: bool) -> Desk:
        """What the pages of one moment are made from."""
        view = self.live() if is_now else self._view_of(as_of, known_at)
        return Desk(view, self.library, self.world, self.kinds, self.store, as_of, known_at)

    def _view_of(self, as_of: int, known_at: int) -> View:
        at = (as_of, known_at)
        if at not in self._past:
            while len(self._past) >= KEPT:
                self._past.pop(next(iter(self._past)))
            self._past[at] = self.view_at(as_of, known_at)
        return self._past[at]
