"""Whom a row is about: the pseudonym of a person, the name of a consignment or a hazard.

Persons never carry their numbers into a fact. Everything else is called by its own number, so that
people and other sources can say it too.
"""

from collections.abc import Callable, Mapping, Sequence

from fengsui.kit.ids import check, subject_id
from fengsui.sources import spec
from fengsui.sources.cells import CellError, remembered

Cells = Sequence[str]
PERSON = "person"
PEOPLE = 50_000  # names kept; with more, looking people up costs as much as naming them anew


def subject_maker(
    subject: spec.SubjectSpec,
    *,
    cells_of: Mapping[tuple[str, ...], Callable[[Cells], str]],
    countries: Mapping[spec.Template, Callable[[Cells], str]],
    key: Callable[[Cells], str] | None,
    register: Callable[[Cells], str],
    row: Callable[[Cells], str] | None,
    secret: bytes,
) -> Callable[[Cells], str]:
    """A function from a row to its subject: by the first number given, else by key, else by the row.

    A number that is given but wrong is a mistake, also where another number would do.
    """
    numbered = [
        (cells_of[of.columns], countries.get(of.country), _by_number(subject.type, of, secret))
        for of in subject.ids
    ]
    named = _by_name(subject.type, secret)
    columns = ", ".join(
        [*(c for of in subject.ids for c in of.columns), *(subject.key.columns if subject.key else ())]
    )
    # Keys and rows number different things, so a source that uses both must not mix them up.
    prefix = "row/" if subject.key else ""

    def make(cells: Cells) -> str:
        for number, country, by_number in numbered:
            text = number(cells)
            if text:
                return by_number((text, country(cells) if country else ""))
        text = key(cells) if key else ""
        if not text and row is not None:
            text = row(cells)
            text = text and prefix + text
        if not text:
            raise CellError(columns, "nothing", f"a number that says which {subject.type} it is")
        return named((register(cells), text))

    return make


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


def _by_name(type_: str, secret: bytes) -> Callable[[tuple[str, str]], str]:
    def of(said: tuple[str, str]) -> str:
        register, text = said
        if type_ != PERSON:
            return f"{type_}/{text}"
        return subject_id(type_, scheme="source", number=f"{register}:{text}", secret=secret)

    return remembered(of, at_most=PEOPLE)


def _masked(number: str) -> str:
    """Enough to recognise it beside the row; reports are read by more people than rows are."""
    return f"{number[:3]}… ({len(number)} characters)"
