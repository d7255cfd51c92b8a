"""Which column holds which field of a fact: those of different kinds share columns.

A protocol reads a field only from facts of the kinds it asks for. Two fields that no kind has both asked of
it can therefore stand in one column, and with a hundred protocols a fact still has a handful of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from fengsui.protocols.model import Agg, Protocol

Read = tuple[str, str, tuple[str, ...]]  # what it is read as, the field, the kinds of fact it is read from


@dataclass(frozen=True, slots=True)
class Fields:
    """``columns``: "use:field" → its column. ``readers``: kind → what stands in which column of its facts."""

    columns: Mapping[str, int]
    readers: Mapping[str, tuple[tuple[int, str, str], ...]]  # (column, use, field)

    @property
    def width(self) -> int:
        """How many columns there are: one at least, so that an array of them has a shape."""
        return max((1, *(column + 1 for column in self.columns.values())))


def fields_of(
    versions: Mapping[str, Iterable[Protocol]], opening_kinds: Mapping[str, Iterable[str]]
) -> Fields:
    """The columns of everything these versions read. ``opening_kinds``: name → the kinds that open it.

    The names are those the rules go by; a version tried on loops goes by another than its own.
    """
    asked: dict[str, set[str]] = defaultdict(set)
    for under, of in versions.items():
        for use, name, kinds in chain.from_iterable(_reads(v, tuple(opening_kinds[under])) for v in of):
            asked[f"{use}:{name}"] |= set(kinds)
    columns: dict[str, int] = {}
    taken: dict[str, set[int]] = defaultdict(set)  # by kind
    readers: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for field in sorted(asked, key=lambda f: (-len(asked[f]), f)):  # the most widely read first
        used = set().union(*(taken[kind] for kind in asked[field]))
        column = columns[field] = next(i for i in range(len(used) + 1) if i not in used)
        use, _, name = field.partition(":")
        for kind in asked[field]:
            taken[kind].add(column)
            readers[kind].append((column, use, name))
    return Fields(columns, {kind: tuple(sorted(of)) for kind, of in readers.items()})


def _reads(version: Protocol, opening: tuple[str, ...]) -> Iterator[Read]:
    def kinds_at(milestone: str | None) -> tuple[str, ...]:
        """The kinds of the facts at which a milestone is reached."""
        if milestone is None:
            return ()
        m = version.milestone(milestone)
        return opening if m.agg is Agg.OPENING else (m.pattern.kinds if m.pattern else ())

    found = [("area", place.data, kinds_at(place.at)) for place in version.places]
    for m in version.milestones:
        found.append(("time", m.time, kinds_at(m.name)))
        if m.not_by is not None:
            found.append(("word", "@by", (*kinds_at(m.name), *kinds_at(m.not_by))))
    for step in version.obligations:
        evidence = step.evidence
        found += [("word", name, evidence.pattern.kinds) for name in evidence.distinct]
        found.append(("time", step.window.data, kinds_at(step.start)))
        for doer in (evidence.not_by, evidence.only_by):
            if doer is not None:
                found.append(("word", "@by", (*evidence.pattern.kinds, *kinds_at(doer))))
    found += [("key", waiver.target, waiver.pattern.kinds) for waiver in version.waivers]
    for extension in version.extensions:
        found.append(("key", extension.target, extension.pattern.kinds))
        found.append(("time", extension.data, extension.pattern.kinds))
    yield from ((use, name, kinds) for use, name, kinds in found if name)
