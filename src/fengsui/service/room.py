"""The region that is being served: its store, its rules, and the clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock

from fengsui.board.desk import Desk, Ledger
from fengsui.engines.view import View
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.clock import Clock
from fengsui.loops.loop import World
from fengsui.protocols.library import Library

ViewAt = Callable[[int, int], View]  # as_of, known_at → the view of that moment
KEPT = 4  # views of past moments that are kept at hand


@dataclass
class Room:
    """Everything the pages share.

    ``live`` answers for the present, ``view_at`` for any other moment; making such a view takes
    seconds for a large region, so the last few are kept. ``lock`` is held while a page is put
    together: the store belongs to one thread at a time, and a page takes milliseconds.
    """

    live: Callable[[], View]
    view_at: ViewAt
    library: Library
    world: World
    kinds: Catalogue
    ledger: Ledger
    clock: Clock
    lang: str = "zh"
    lock: RLock = field(default_factory=RLock)
    _past: dict[tuple[int, int], View] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        """The zone in which the region's times are written and read."""
        return self.world.areas.region.zone

    def desk(self, as_of: int, known_at: int, *, is_now: bool) -> Desk:
        """What the pages of one moment are made from."""
        view = self.live() if is_now else self._view_of(as_of, known_at)
        return Desk(view, self.library, self.world, self.kinds, self.ledger, as_of, known_at)

    def _view_of(self, as_of: int, known_at: int) -> View:
        at = (as_of, known_at)
        if at not in self._past:
            while len(self._past) >= KEPT:
                self._past.pop(next(iter(self._past)))
            self._past[at] = self.view_at(as_of, known_at)
        return self._past[at]
