"""Facts of many subjects as columns, the way the kernel reads them.

Everything a protocol may ask of a fact is a number by then: its kind and tested fields are a code,
its place an index, a deadline a second, a laboratory a word number. Texts stay behind.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.kit.instant import NEVER
from fengsui.loops.acts import COLUMNS, matches, tie
from fengsui.loops.fields import Fields
from fengsui.loops.plan import Plan

NONE = -1


class Columns(NamedTuple):
    """Facts grouped by subject, each subject's in the order of (when, tie).

    ``start``: int64[n_subjects + 1], where each subject's facts begin. ``extra``: int64[n_fields,
    n_facts]; a missing time is NEVER, any other missing value -1. ``ref``: what the caller calls
    each fact (a sequence number, an index); it comes back in explanations.
    """

    start: np.ndarray
    when: np.ndarray  # int64 seconds
    span: np.ndarray  # int32 seconds
    code: np.ndarray  # int32, of the codebook
    place: np.ndarray  # int32, of the places; -1 none
    extra: np.ndarray
    ref: np.ndarray  # int64
    tie: np.ndarray  # int64, orders facts of one second


class Places:
    """Numbers places: the areas come first under their own index, then whatever facts name."""

    def __init__(self, areas: Areas) -> None:
        self.areas = areas
        self.codes: list[str] = list(areas.codes)
        self.index: dict[str, int] = {code: i for i, code in enumerate(self.codes)}
        self._area: list[int] = list(range(len(self.codes)))

    def number(self, code: str | None) -> int:
        """The number of a place code, -1 for none. New ones are numbered as they come."""
        if code is None:
            return NONE
        i = self.index.get(code)
        if i is None:
            known = self.areas.resolve(code)
            i = self.index[code] = len(self.codes)
            self.codes.append(code)
            self._area.append(self.areas.index[known] if known else NONE)
        return i

    def code(self, number: int) -> str | None:
        """The place code of a number."""
        return self.codes[number] if number >= 0 else None

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def area(self) -> np.ndarray:
        """int32[n_places]: the area each place lies in, -1 if in none known."""
        return np.array(self._area, dtype=np.int32)


class Codebook:
    """Numbers every way in which facts look to the patterns of some plans.

    Two facts have one code when exactly the same patterns match them; ``masks`` turns codes into
    bits. Code 0 is a fact that no pattern matches.
    """

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = tuple(plans)
        asked: dict[str, set[str]] = {}
        for pattern in (p for plan in plans for p in plan.patterns):
            for kind in pattern.kinds:
                asked.setdefault(kind, set()).update(test.field for test in pattern.where)
        self.asked: Mapping[str, tuple[str, ...]] = {k: tuple(sorted(v)) for k, v in asked.items()}
        self._codes: dict[tuple[int, ...], int] = {(0,) * len(plans): 0}
        self._looks: dict[tuple, int] = {}

    def code(self, fact: Fact) -> int:
        """The code of a fact."""
        fields = self.asked.get(fact.kind)
        if fields is None:
            return 0
        look = (fact.kind, *(_seen(fact, name) for name in fields))
        code = self._looks.get(look)
        if code is None:
            masks = tuple(_mask(plan, fact) for plan in self.plans)
            code = self._looks[look] = self._codes.setdefault(masks, len(self._codes))
        return code

    def __len__(self) -> int:
        return len(self._codes)

    def masks(self, plan: Plan) -> np.ndarray:
        """uint64[n_codes]: which of the plan's patterns each code matches."""
        i = next(i for i, p in enumerate(self.plans) if p is plan)
        return np.array([masks[i] for masks in self._codes], dtype=np.uint64)


def _seen(fact: Fact, name: str) -> object:
    value = getattr(fact, COLUMNS[name]) if name in COLUMNS else fact.data.get(name)
    return value if isinstance(value, str | None) else repr(value)


def _mask(plan: Plan, fact: Fact) -> int:
    return sum(1 << bit for bit, pattern in enumerate(plan.patterns) if matches(pattern, fact))


class Words:
    """Numbers for texts that are only compared: laboratories, reagents, persons."""

    def __init__(self) -> None:
        self.index: dict[object, int] = {}

    def number(self, value: object) -> int:
        """The number of a value, -1 for none."""
        return NONE if value is None else self.index.setdefault(value, len(self.index))


def columns(
    subjects: Iterable[Sequence[Fact]],
    *,
    codebook: Codebook,
    places: Places,
    words: Words,
    fields: Fields,
    keys: Mapping[str, int],
) -> tuple[Columns, list[Fact]]:
    """The columns of some subjects' effective facts, and the facts in the order of the columns.

    ``fields`` and ``keys`` are those the plans were compiled with. ``ref`` is the index in that list.
    """
    ordered: list[Fact] = []
    start = [0]
    for facts in subjects:
        ordered += sorted(facts, key=lambda f: (f.when, tie(f.id), f.id))
        start.append(len(ordered))
    extra = np.full((fields.width, len(ordered)), NONE, dtype=np.int64)
    for i, fact in enumerate(ordered):
        for column, use, name in fields.readers.get(fact.kind, ()):
            extra[column, i] = look_of(use, name, fact, places=places, words=words, keys=keys)
    return Columns(
        start=np.array(start, dtype=np.int64),
        when=np.array([f.when for f in ordered], dtype=np.int64),
        span=np.array([f.span for f in ordered], dtype=np.int32),
        code=np.array([codebook.code(f) for f in ordered], dtype=np.int32),
        place=np.array([places.number(f.place) for f in ordered], dtype=np.int32),
        extra=extra,
        ref=np.arange(len(ordered), dtype=np.int64),
        tie=np.array([tie(f.id) for f in ordered], dtype=np.int64),
    ), ordered


def look_of(use: str, name: str, fact: Fact, *, places: Places, words: Words, keys: Mapping[str, int]) -> int:
    """A field of a fact as the kernel reads it: a time, or the number of an area, an obligation, a word."""
    value = getattr(fact, COLUMNS[name]) if name in COLUMNS else fact.data.get(name)
    match use:
        case "time":
            return value if isinstance(value, int) and not isinstance(value, bool) else NEVER
        case "area":
            return places.number(value if isinstance(value, str) else None)
        case "key":
            return keys.get(value, NONE) if isinstance(value, str) else NONE
    return words.number(value)
