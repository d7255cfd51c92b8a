"""The doors: the only functions that hand out something private. Each knows who asks, and writes it down.

A door takes a visit. What it hands out is made from a desk that shows the actor's share of the region, so a
page of the board behind a door needs no filter of its own.
"""

from fengsui.access.doors.boards import (
    breaks,
    change,
    front,
    front_again,
    handovers,
    loops,
    protocol,
    protocols,
    quality,
    search,
    seen,
    waiting,
)
from fengsui.access.doors.records import loop, restriction, subject
from fengsui.access.doors.sheets import breaks_as_sheet, loops_as_sheet
from fengsui.access.doors.trail import trail
from fengsui.access.doors.warning import signal, watch
from fengsui.access.doors.work import my_work

__all__ = [
    "breaks",
    "breaks_as_sheet",
    "change",
    "front",
    "front_again",
    "handovers",
    "loop",
    "loops",
    "loops_as_sheet",
    "my_work",
    "protocol",
    "protocols",
    "quality",
    "restriction",
    "search",
    "seen",
    "signal",
    "subject",
    "trail",
    "waiting",
    "watch",
]
