"""Who comes in: a system with its key, a person who has logged in, and neither of them too often."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from threading import Lock

from django.http import HttpRequest

from fengsui.access.refusal import Denied, Refusal
from fengsui.access.visit import Visit
from fengsui.service.moment import moment

PER_MINUTE = 600  # requests of somebody without a key of their own, and of an address without a valid key
KEPT = 10_000  # buckets at most


@dataclass
class Buckets:
    """How often each may still ask: a bucket for a minute's requests, filled again evenly.

    Kept in this process, which is the only one that serves a region; a library would keep the same in a cache
    between processes, and count without a lock.
    """

    left: dict[str, tuple[float, float]] = field(default_factory=dict)  # who → requests left, as of when
    lock: Lock = field(default_factory=Lock)

    def wait(self, who: str, per_minute: int, now: float) -> int:
        """Take one request; 0, or the whole seconds until there is another one."""
        with self.lock:
            if len(self.left) > KEPT:
                self.left.clear()
            left, at = self.left.get(who, (per_minute, now))
            left = min(per_minute, left + (now - at) * per_minute / 60)
            self.left[who] = (left - 1 if left >= 1 else left, now)
            return 0 if left >= 1 else ceil((1 - left) * 60 / per_minute)


BUCKETS = Buckets()


def let_in(request: HttpRequest) -> object:
    """Whoever may ask at all. Denied."""
    key = getattr(request, "key", None)
    who = (
        f"{request.actor.id}|{id(request.room)}" if request.actor.id else request.META.get("REMOTE_ADDR", "")
    )
    seconds = BUCKETS.wait(who, key.per_minute if key else PER_MINUTE, time.monotonic())
    if seconds:
        raise Denied(Refusal("too_often", {"seconds": seconds}))
    if not request.actor.id:
        raise Denied(getattr(request, "key_refusal", None) or Refusal("log_in_first"))
    return request.actor


@contextmanager
def visiting(request: HttpRequest, *, of_one: bool = False) -> Iterator[Visit]:
    """A visit at the moment a request asks about, while the region is held."""
    room, now = request.room, request.room.clock()
    at = moment(request.GET, now=now, zone=room.zone)
    with room.lock:
        desk = room.desk(at.as_of, at.known_at, is_now=at.is_now or of_one)
        yield room.visit(request.actor, desk, reason=request.reason)
