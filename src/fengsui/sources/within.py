"""Of which places the rows of a file may tell, where its teller speaks for some places only.

Every fact of a row has to lie there. What takes another record back or its place has to find that record
there as well: else a sheet could undo what others told. A withdrawal has no place of its own, it lies where
the record lies. What cannot be seen to lie there is refused and kept; once the record has arrived, the row
can be handed in again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fengsui.facts.batch import COLUMNS
from fengsui.facts.effective import WITHDRAWN
from fengsui.facts.fact import Fact

KIND, SOURCE, KEY, PLACE, OTHER = map(COLUMNS.index, ("kind", "source", "key", "place", "supersedes"))
# Which column lies elsewhere, PLACE or, of what is taken back or replaced, OTHER; and what was found there.
Elsewhere = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Within:
    """``admits``: whether a place, or none, is among those of the teller; ``named``: those, for a finding."""

    admits: Callable[[str | None], bool]
    named: str


def elsewhere(
    facts: Sequence[Sequence], within: Within, told: Callable[[str], Fact | None]
) -> Mapping[int, Elsewhere]:
    """What was found of each fact, by its index, that lies elsewhere. ``told``: the record of an id.

    ``facts`` are columns in the order of ``facts.batch.COLUMNS``.
    """
    kinds, places, others = facts[KIND], facts[PLACE], facts[OTHER]
    admitted = {place: within.admits(place) for place in set(places)}
    found: dict[int, Elsewhere] = {}
    if not all(admitted.values()):
        found = {
            i: (PLACE, repr(place) if place else "nothing")
            for i, (place, kind) in enumerate(zip(places, kinds, strict=True))
            if not admitted[place] and (place or kind != WITHDRAWN)
        }
    if any(others):
        here = {f"{s}:{k}": p for s, k, p in zip(facts[SOURCE], facts[KEY], places, strict=True)}
        for i, other in enumerate(others):
            if other and i not in found and (said := _of_another(other, here, within, told)):
                found[i] = (OTHER, said)
    return found


def _of_another(
    name: str, here: Mapping[str, str | None], within: Within, told: Callable[[str], Fact | None]
) -> str:
    """What is wrong with the place of the record that is taken back or replaced; "" for nothing."""
    record = told(name)  # what was told first is what counts, whatever this file says under the same id
    if record is None and name not in here:
        return f"{name!r}, which is not on record"
    place = here[name] if record is None else record.place
    return "" if within.admits(place) else f"{name!r}, recorded at {place or 'no place'}"
