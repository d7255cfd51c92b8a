"""What open boards show, made once for all who see the same, and the version of the data it was made from.

Five hundred boards over a region are a dozen different pages. Each is made when the data changed and somebody
waits for it; who was let in a moment ago gets it without being asked again who they are.
"""

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from gzip import compress
from hashlib import blake2b
from threading import Event, Lock, Thread
from typing import NamedTuple, Protocol

BEAT = 0.2  # seconds between two questions whether anything changed
PAUSE = 1.375  # seconds from one making of a page to the next, however fast the data changes
LIVES = 10.0  # seconds after which a page is made again though nothing was recorded: time makes breaks too
TRUSTED = 30.0  # seconds for which somebody who was let in is not asked again
LEFT = 120.0  # seconds after which a page nobody asked for is forgotten
MOST = 20_000  # callers remembered at once

Share = Hashable  # what two who ask must have in common to be shown the same


class Caller(NamedTuple):
    """A request as it comes over the wire: the same host, query and cookies are the same somebody."""

    host: str
    query: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a board that changes: HTML, the same packed by gzip, and from which data it was made.

    ``as_of``: the region's time at which it was made, as people write it. ``made_at``: of the machine.
    """

    html: bytes
    packed: bytes
    etag: str
    version: str
    as_of: str
    made_at: float

    def headers(self) -> dict[str, str]:
        """What is said about it, whether or not it is handed out again."""
        return {
            "ETag": self.etag,
            "Board-As-Of": self.as_of,
            "Board-Version": self.version,
            "Cache-Control": "no-store",
            "Vary": "Cookie, Accept-Encoding",
        }


@dataclass
class Boards:
    """Pages by who shares them, and who was let in to which. Many threads may ask.

    ``version`` is the data's; "" while it is not known, and then no page counts as fresh.
    """

    ticks: Callable[[], float] = time.monotonic
    version: str = ""
    _parts: dict[Share, Part] = field(default_factory=dict)
    _callers: dict[Caller, tuple[Share, float]] = field(default_factory=dict)
    _waiting: list[Callable[[], None]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def tell(self, version: str) -> None:
        """The data has this version now; whoever waits for another one is woken."""
        if version != self.version:
            self.version = version
            for wake in self._waiting:
                wake()

    def call(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` at every new version."""
        self._waiting.append(wake)

    def know(self, caller: Caller, share: Share) -> None:
        """This caller was let in just now, to this page."""
        now = self.ticks()
        with self._lock:
            if len(self._callers) >= MOST:
                kept = {who: of for who, of in self._callers.items() if of[1] > now - TRUSTED}
                self._callers = kept if len(kept) < MOST else {}
            self._callers[caller] = (share, now)

    def share_of(self, caller: Caller) -> Share | None:
        """The page to which a caller was let in lately; None: to be asked who they are."""
        found = self._callers.get(caller)
        return found[0] if found and found[1] > self.ticks() - TRUSTED else None

    def keep(self, share: Share, html: bytes, *, version: str, as_of: str) -> Part:
        """A page that was made. ``version``: of the data before it was begun."""
        now = self.ticks()
        etag = f'"{blake2b(html, digest_size=12).hexdigest()}"'
        part = Part(html, compress(html, 1, mtime=0), etag, version, as_of, now)
        with self._lock:
            self._parts = {of: one for of, one in self._parts.items() if one.made_at > now - LEFT}
            self._parts[share] = part
        return part

    def fresh(self, share: Share) -> Part | None:
        """The page if it says how things are: of the present version, and not too long ago."""
        part = self._parts.get(share)
        is_fresh = part and self.version and part.version == self.version and self._age(part) < LIVES
        return part if is_fresh else None

    def recent(self, share: Share) -> Part | None:
        """The page if it is fresh, or was made so lately that it is not made again yet."""
        part = self._parts.get(share)
        return part if part and self._age(part) < PAUSE else self.fresh(share)

    def pause(self, share: Share) -> float:
        """Seconds until the page may be made again."""
        part = self._parts.get(share)
        return max(0.0, PAUSE - self._age(part)) if part else 0.0

    def _age(self, part: Part) -> float:
        return self.ticks() - part.made_at


class Beating(Protocol):
    """What says whether the data changed."""

    def read(self) -> str:
        """The version."""
        ...

    def close(self) -> None:
        """The end."""
        ...


@contextmanager
def following(boards: Boards, pulse: Callable[[], Beating]) -> Iterator[None]:
    """Keep ``boards.version`` true for as long as this lasts; a database that is away is asked again."""
    ended = Event()
    thread = Thread(target=_follow, args=(boards, pulse, ended), name="pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(5)


def _follow(boards: Boards, pulse: Callable[[], Beating], ended: Event) -> None:
    while not ended.is_set():
        try:
            beating = pulse()
            try:
                while not ended.wait(BEAT):
                    boards.tell(beating.read())
            finally:
                beating.close()
        except Exception:  # whatever a database says that went away: the boards say they do not know
            boards.tell("")
            ended.wait(5 * BEAT)
