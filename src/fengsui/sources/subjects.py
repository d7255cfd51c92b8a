"""Whom a row is about: the pseudonym of a person, the name of a consignment or a hazard.

Persons never carry their numbers into a fact. Everything else is called by its own number, so that
people and other sources can say it too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from fengsui.kit.ids import check, subject_id
from fengsui.sources import spec
from fengsui.sources.cells import CellError, remembered
from fengsui.sources.columns import Column, Rows, first_wrong, read_each

PERSON = "person"
PEOPLE = 50_000  # names kept; with more, looking people up costs as much as naming them anew
Part = Callable[[Rows], Column]


def subject_maker(
    subject: spec.SubjectSpec,
    *,
    cells_of: Mapping[tuple[str, ...], Part],
    countries: Mapping[spec.Template, Part],
    key: Part | None,
    register: Part,
    row: Part | None,
    secret: bytes,
) -> Part:
    """A function from rows to their subjects: by the first number given, else by key, else by the row.

    A number that is given but wrong is a mistake, also where another number would do.
    """
    ways = [
        _Way(cells_of[of.columns], countries.get(of.country), _by_number(subject.type, of, secret))
        for of in subject.ids
    ]
    columns = ", ".join(
        [*(c for of in subject.ids for c in of.columns), *(subject.key.columns if subject.key else ())]
    )
    if key is not None:
        ways.append(_Way(key, register, _by_name(subject.type, secret)))
    if row is not None:
        # Keys and rows number different things, so a source that uses both must not mix them up.
        ways.append(_Way(row, register, _by_name(subject.type, secret, "row/" if subject.key else "")))

    def make(rows: Rows) -> Column:
        made = _by_the_first(ways, rows)
        nothing = [place for place, name in enumerate(made.values) if name is None]
        if not nothing:
            return made
        error = CellError(columns, "nothing", f"a number that says which {subject.type} it is")
        return Column(made.values, {**dict.fromkeys(nothing, error), **made.wrong})

    return make


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to know a subject: its number, what the number belongs to, and the name both make."""

    number: Part
    within: Part | None
    name: Callable[[tuple[str, str]], str]

    def names(self, numbers: Sequence[str], rows: Rows) -> Column:
        """The names of rows that all have a number."""
        if self.within is None:
            return read_each(self.name, list(zip(numbers, repeat(""))))
        within = self.within(rows)
        names = read_each(self.name, list(zip(numbers, within.values, strict=True)))
        return Column(names.values, first_wrong(within, names))


def _by_the_first(ways: Sequence[_Way], rows: Rows) -> Column:
    """The names of rows by the first way that has a number for them; None where none has."""
    if not ways:
        return Column([None] * rows.n)
    numbers = ways[0].number(rows).values
    if all(numbers):
        return ways[0].names(numbers, rows)
    rest = [place for place, number in enumerate(numbers) if not number]
    others = _by_the_first(ways[1:], rows.at(rest) if len(rest) < rows.n else rows)
    if len(rest) == rows.n:
        return others
    given = [place for place, number in enumerate(numbers) if number]
    mine = ways[0].names([numbers[place] for place in given], rows.at(given))
    names: list[str | None] = [None] * rows.n
    wrong: dict[int, CellError] = {}
    for places, part in ((given, mine), (rest, others)):
        for place, name in zip(places, part.values, strict=True):
            names[place] = name
        wrong |= {places[i]: error for i, error in part.wrong.items()}
    return Column(names, wrong)


def _by_number(type_: str, numbered: spec.IdSpec, secret: bytes) -> Callable[[tuple[str, str]], str]:
    def of(said: tuple[str, str]) -> str:
        text, country = said
        try:
            number = check(numbered.scheme, text)
        except ValueError as error:
            expected = str(error).removeprefix("expected ")
            raise CellError(", ".join(numbered.columns), _masked(text), expected) from None
        if type_ != PERSON:
            return f"{type_}/{number}"
        return subject_id(
            type_, scheme=numbered.scheme, number=number, country=country or None, secret=secret
        )

    return remembered(of, at_most=PEOPLE)


def _by_name(type_: str, secret: bytes, prefix: str = "") -> Callable[[tuple[str, str]], str]:
    def of(said: tuple[str, str]) -> str:
        text, register = said
        if type_ != PERSON:
            return f"{type_}/{prefix}{text}"
        return subject_id(type_, scheme="source", number=f"{register}:{prefix}{text}", secret=secret)

    return remembered(of, at_most=PEOPLE)


def _masked(number: str) -> str:
    """Enough to recognise it beside the row; reports are read by more people than rows are."""
    return f"{number[:3]}… ({len(number)} characters)"
