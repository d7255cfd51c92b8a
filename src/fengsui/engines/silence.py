"""Which sources would tell of a deed, and up to when they are known to be complete.

A break can only be told from a record that is missing where the source is complete. The sources that
bring a kind of fact from an area are those that ever did; one that never said how far it is complete
claims nothing, and nothing follows from its silence.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from fengsui.engines.state import NOWHERE
from fengsui.facts.fact import Fact
from fengsui.kit.instant import NEVER

COMPLETE = "source.complete"


def watermarks(facts: Iterable[Fact], *, now: int) -> dict[str, int]:
    """Source → the latest moment up to which it said, by ``now``, that it is complete."""
    marks: dict[str, int] = {}
    for fact in facts:
        until = fact.data.get("until")
        if fact.kind == COMPLETE and fact.when <= now and isinstance(until, int):
            source = fact.subject.partition("/")[2]
            marks[source] = max(marks.get(source, until), until)
    return marks


class Silence:
    """``carriers``: (kind, listing area, source) of the facts there are; NOWHERE if without a place."""

    def __init__(self, marks: Mapping[str, int], carriers: Iterable[tuple[str, int, str]]) -> None:
        self._least: dict[tuple[str, int], int] = defaultdict(lambda: NEVER)
        for kind, area, source in carriers:
            if source in marks:
                self._least[kind, area] = min(self._least[kind, area], marks[source])
        self.least = min(self._least.values(), default=NEVER)
        self.since = lru_cache(maxsize=100_000)(self._since)

    def _since(self, kinds: tuple[str, ...], area: int) -> int:
        """Up to when every source of these kinds in an area is complete; NEVER if none ever said."""
        marks = [
            self._least[kind, where]
            for kind in kinds
            for where in {area, NOWHERE}
            if (kind, where) in self._least
        ]
        return min(marks, default=NEVER)
