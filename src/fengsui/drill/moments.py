"""Moments as the stories of the packs say them: "found + 1h..20h", "end of day 4 of admitted".

The author of a story states with these when a deed is planned and, as a rule of its own, when a duty is
due. ``deed.field`` is a time the deed's record carries. A length is 90m, 12h, 1d6h or, for repeats, 4*12h.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fengsui.drill.calendar import Calendar
from fengsui.drill.chance import Chance
from fengsui.kit.errors import BadInput, Finding

SECONDS = {"m": 60, "h": 3600, "d": 86400}
PART = re.compile(r"(?:(\d+)\*)?(\d+)([mhd])")
SAID = re.compile(
    r"(?:(?P<end>end of )?day (?P<day>\d+) of |(?P<n>\d+) (?P<working>working )?days after )?"
    r"(?P<base>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)(?P<moved> to a working day)?"
    r"(?: (?P<sign>[+-]) (?P<least>[0-9*mhd]+)(?:\.\.(?P<most>[0-9*mhd]+))?)?"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that hangs on a deed, or on a time in its record, of a story."""

    base: str  # "deed" or "deed.field"
    day: int = 0  # the civil day so numbered, that of the deed being 1; its end, if ``end``
    end: bool = False
    n: int = 0  # the end of so many days after it, or working days
    working: bool = False
    moved: bool = False  # a period that never ends on a holiday
    least: int = 0  # seconds added, signed
    most: int = 0

    def at(
        self, times: Mapping[str, int | None], calendar: Calendar, *, chance: Chance | None = None
    ) -> int | None:
        """When it is, in seconds; None if the deed never happens. Without chance the least is meant."""
        base = times[self.base]
        if base is None:
            return None
        return self._start(base, calendar) + self._drawn(chance)

    def _start(self, base: int, calendar: Calendar) -> int:
        if self.day:
            return calendar.nth_day(base, self.day)[self.end]
        if not self.n:
            return base
        if self.working:
            return calendar.end_of_working_days(base, self.n)
        return calendar.end_of_period(base, self.n) if self.moved else calendar.nth_day(base, self.n + 1)[1]

    def _drawn(self, chance: Chance | None) -> int:
        if chance is None or self.least == self.most:
            return self.least
        return chance.minutes(min(self.least, self.most), max(self.least, self.most))


def length(text: str) -> int:
    """Seconds of a length. BadInput if it is none."""
    parts = list(PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        expected = "90m, 12h, 1d6h or 4*12h"
        raise BadInput("This is no length.", (Finding("drill", "length", repr(text), expected),))
    return sum(
        int(times or 1) * int(number) * SECONDS[unit] for times, number, unit in map(re.Match.groups, parts)
    )


def moment(text: str) -> Moment:
    """The moment a text says. BadInput if it says none."""
    found = SAID.fullmatch(text)
    if found is None:
        expected = 'such as "found + 1h..20h" or "end of day 4 of admitted"'
        raise BadInput("This is no moment of a story.", (Finding("drill", "moment", repr(text), expected),))
    sign = -1 if found["sign"] == "-" else 1
    least = length(found["least"]) if found["least"] else 0
    most = length(found["most"]) if found["most"] else least
    return Moment(
        base=found["base"],
        day=int(found["day"] or 0),
        end=bool(found["end"]),
        n=int(found["n"] or 0),
        working=bool(found["working"]),
        moved=bool(found["moved"]),
        least=sign * least,
        most=sign * most,
    )
