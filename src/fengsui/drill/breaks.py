"""The catalogue of breaks a drill can inject, and how they are dealt out to the stories.

A kind names the duty it breaks. ``never`` and ``late`` are made by the story's own step (``Story.do``);
the ``other`` ones need the story to go another way, and it asks for them by name. What else follows from a
break is decided in the story, once and for all: either it goes on as if nothing had been missed, and then
nothing follows; or it stops, and then no later duty is ever anchored; or what follows is a break too, and
then it is in the truth under the same kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fengsui.drill.chance import Chance
from fengsui.drill.rules import DAY, HOUR
from fengsui.kit.text import Text
from fengsui.kit.yaml12 import load

FILE = Path(__file__).with_name("breaks.yaml")
NEVER_DONE, LATE, OTHER = "never", "late", "other"
USUALLY_LATE = (20 * 60, 8 * HOUR)
DRAWS = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a loop breaks. ``within``: seconds from the loop's opening by which it has."""

    name: str
    flow: str
    protocol: str
    key: str
    n: int
    how: str
    within: int
    title: Text
    least: int  # late: by at least so many seconds
    most: int  # and less than so many


def _read() -> tuple[Kind, ...]:
    flows = load(FILE.read_text(encoding="utf-8"))
    return tuple(
        _kind(name, told, flow=flow, protocol=of["protocol"])
        for flow, of in flows.items()
        for name, told in of["kinds"].items()
    )


def _kind(name: str, told: Mapping, *, flow: str, protocol: str) -> Kind:
    least, most = (hours * HOUR for hours in told["late"]) if "late" in told else USUALLY_LATE
    return Kind(
        name=name,
        flow=flow,
        protocol=protocol,
        key=told["key"],
        n=told.get("n", 0),
        how=told["how"],
        within=int(told["within"] * DAY),
        title=Text(zh=told["zh"], en=told["en"]),
        least=least,
        most=most,
    )


CATALOGUE = _read()


def kinds_of(flow: str) -> tuple[Kind, ...]:
    """The kinds a flow's loops can be broken in."""
    return tuple(kind for kind in CATALOGUE if kind.flow == flow)


def deal(
    flow: str, openings: Sequence[int], *, end_at: int, per_10k: float, chance: Chance
) -> Mapping[int, Kind]:
    """Which loops of a flow break, and how: index into ``openings`` → kind.

    A share of all loops, but at least one of every kind that can still show before the end, if there are
    three times as many loops. A loop breaks in one way only, and only if that has happened by the end.
    """
    oldest = min(openings, default=end_at)
    kinds = [kind for kind in kinds_of(flow) if oldest + kind.within <= end_at]
    if not kinds:
        return {}
    n = round(len(openings) * per_10k / 10_000)
    if per_10k and len(openings) >= 3 * len(kinds):
        n = max(n, len(kinds))
    # The kinds that need the oldest loops choose first, else the others leave none to them.
    kinds.sort(key=lambda kind: -kind.within)
    dealt: dict[int, Kind] = {}
    for i in range(n):
        kind = kinds[i % len(kinds)]
        j = _draw(openings, kind, dealt=dealt, end_at=end_at, chance=chance)
        if j is not None:
            dealt[j] = kind
    return dealt


def _draw(
    openings: Sequence[int], kind: Kind, *, dealt: Mapping[int, Kind], end_at: int, chance: Chance
) -> int | None:
    """A loop nobody has broken yet and that is old enough; None if there is none."""
    for _ in range(DRAWS):
        j = chance.whole(0, len(openings))
        if j not in dealt and openings[j] + kind.within <= end_at:
            return j
    fit = [j for j, at in enumerate(openings) if j not in dealt and at + kind.within <= end_at]
    return chance.one_of(fit) if fit else None
