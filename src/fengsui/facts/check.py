"""The door: what is wrong with a fact before it is taken. An empty answer lets it in.

A source's clock may run ahead of the recording by up to a day; ``Fact.when`` then holds the fact at its
recording time. Anything further ahead is a mistake and stays outside.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import isfinite
from operator import sub

from fengsui.facts.batch import Batch, Row, data_of, row_of
from fengsui.facts.catalogue import Catalogue, Field, FieldType, Kind
from fengsui.facts.effective import SAME, WITHDRAWN
from fengsui.facts.fact import Fact
from fengsui.facts.yaml_file import nearest_first
from fengsui.kit.areas import Areas
from fengsui.kit.errors import Finding
from fengsui.kit.instant import DAY

AHEAD_AT_MOST = DAY  # seconds a deed may lie after its record
MOST = 200_000  # kinds of data known to be good before they are thrown away
SUBJECT = re.compile(r"([a-z][a-z0-9_]*)/\S(?:.*\S)?")
_LINE = re.compile(r"^([a-z][a-z0-9_]*/)\S(?:.*\S)?$", re.MULTILINE)  # the same, with the slash
SOURCE = re.compile(r"[^\s:]+")
SUBJECT_EXPECTED = "type/name, such as person/0f3a… or hazard/2021-17"


def findings(fact: Fact, catalogue: Catalogue, areas: Areas | None) -> list[Finding]:
    """Everything wrong with one fact. Without ``areas`` places are taken as they are."""
    return Checker(catalogue, areas).of_row(row_of(fact))


class Checker:
    """The same for many facts: what a kind asks for is worked out once, places are looked up once."""

    def __init__(self, catalogue: Catalogue, areas: Areas | None) -> None:
        self._catalogue = catalogue
        self._areas = areas
        self._tests: dict[str, Mapping[str, Callable[[object], str | None]]] = {}
        self._is_good: dict[tuple[str, str, str], bool] = {}  # (kind, type of subject, data)
        self.is_known_place = lru_cache(maxsize=100_000)(self._is_known_place)

    def of_batch(self, batch: Batch) -> Iterator[tuple[int, list[Finding]]]:
        """The facts of a batch that cannot be taken: their index, and why.

        Most facts are good, and alike, so what is good is shown column by column and once for all that
        are alike. Only the others are looked at one by one.
        """
        rows: list[Row] = []
        for index in self._doubtful(batch):
            rows = rows or list(batch.rows())
            wrong = self.of_row(rows[index])
            if wrong:
                yield index, wrong

    def _doubtful(self, batch: Batch) -> list[int]:
        """The facts something may be wrong with."""
        types = _types(batch.subject)
        if types is None or not all(batch.key) or "" in batch.by:
            return list(range(len(batch)))
        if len(self._is_good) > MOST:
            self._is_good.clear()
        faces = list(zip(batch.kind, types, batch.data, strict=True))
        bad_faces = {face for face in set(faces) if not self._is_good_face(face)}
        bad_places = {p for p in set(batch.place) if p is not None and not self.is_known_place(p)}
        bad_sources = {source for source in set(batch.source) if not SOURCE.fullmatch(source)}
        late = map(sub, batch.at, batch.recorded_at)
        found = {i for i, seconds in enumerate(late) if seconds > AHEAD_AT_MOST}
        if batch.span and min(batch.span) < 0:
            found.update(i for i, span in enumerate(batch.span) if span < 0)
        for bad, column in ((bad_faces, faces), (bad_places, batch.place), (bad_sources, batch.source)):
            if bad:
                found.update(i for i, value in enumerate(column) if value in bad)
        if any(batch.supersedes) or WITHDRAWN in batch.kind:
            marked = zip(batch.kind, batch.supersedes, strict=True)
            found.update(i for i, (kind, other) in enumerate(marked) if other or kind == WITHDRAWN)
        return sorted(found)

    def _is_good_face(self, face: tuple[str, str, str]) -> bool:
        """Whether nothing is wrong with what a kind says of a type of subject in such data."""
        if face not in self._is_good:
            kind = self._catalogue.kinds.get(face[0])
            self._is_good[face] = kind is not None and not any(self._about(face[1], face[2], kind))
        return self._is_good[face]

    def of_row(self, row: Row) -> list[Finding]:
        """Everything wrong with the fact a tuple stands for."""
        where = f"{row[4]}:{row[5]}"
        kind = self._catalogue.kinds.get(row[0])
        complaints = list(_envelope(row))
        if kind is None:
            names = nearest_first(row[0], self._catalogue.kinds)
            complaints.append(("kind", repr(row[0]), f"one of {names}"))
        else:
            complaints += self._about(row[1], row[9], kind)
        place = row[7]
        if place is not None and not self.is_known_place(place):
            complaints.append(("place", repr(place), "a code that lies in a known area"))
        return [Finding(where, *complaint) for complaint in complaints]

    def value_test(self, field: Field) -> Callable[[object], str | None]:
        """A test of one field's values: what was expected instead, or None if the value is good."""
        if field.type is FieldType.CODE:
            allowed = frozenset(field.values)
            return lambda value: None if value in allowed else _codes_expected(value, field.values)
        if field.type is FieldType.AREA:
            return self._area_expected
        return VALUE_TESTS[field.type]

    def _about(self, subject: str, text: str, kind: Kind) -> Iterator[tuple[str, str, str]]:
        """What is wrong with the type of the subject and with the data, as a kind has them."""
        subject_type, slash, _ = subject.partition("/")
        if slash and not kind.is_about(subject_type):
            yield "subject", subject_type, f"a subject of type {' or '.join(kind.subjects)}"
        data = kind.lifted(data_of(text))
        if kind.name not in self._tests:
            self._tests[kind.name] = {name: self.value_test(field) for name, field in kind.fields.items()}
        tests = self._tests[kind.name]
        for name, value in data.items():
            test = tests.get(name)
            expected = test(value) if test else _field_expected(name, kind)
            if expected:
                yield f"data.{name}", repr(value), expected
        for name, field in kind.fields.items():
            if field.required and name not in data:
                yield f"data.{name}", "nothing", f"a value ({field.type})"
        if kind.name == SAME and str(data.get("other", "")).partition("/")[0] != subject_type:
            yield "data.other", repr(data.get("other")), f"a subject of the same type, {subject_type}"

    def _area_expected(self, value: object) -> str | None:
        known = isinstance(value, str) and self.is_known_place(value)
        return None if known else "a code that lies in a known area"

    def _is_known_place(self, code: str) -> bool:
        return self._areas is None or self._areas.resolve(code) is not None


def _types(subjects: Sequence[str]) -> list[str] | None:
    """The types of subjects, each with its slash, if all are well formed."""
    if not subjects:
        return []
    # One search through all of them, line by line, costs a third of a match each. No subject has a line end.
    lines = "\n".join(subjects)
    types = _LINE.findall(lines)
    return types if len(types) == len(subjects) == lines.count("\n") + 1 else None


def _envelope(row: Row) -> Iterator[tuple[str, str, str]]:
    """What holds for facts of every kind."""
    kind, subject, at, recorded_at, source, key, span, _, by, _, supersedes = row
    if not SUBJECT.fullmatch(subject):
        yield "subject", repr(subject), SUBJECT_EXPECTED
    if not SOURCE.fullmatch(source):
        yield "source", repr(source), "a name without blanks and colons"
    if not key:
        yield "key", "nothing", "the source's own number of this record"
    if at > recorded_at + AHEAD_AT_MOST:
        yield "at", f"{at - recorded_at} s after it was recorded", f"at most {AHEAD_AT_MOST} s after"
    if span < 0:
        yield "span", str(span), "0 or more seconds"
    if by == "":
        yield "by", "empty text", "a name, or nothing"
    if kind == WITHDRAWN and not supersedes:
        yield "supersedes", "nothing", "the fact that is taken back"
    if supersedes == f"{source}:{key}":
        yield "supersedes", "the fact itself", "another fact, as source:key"


def _field_expected(name: str, kind: Kind) -> str:
    if not kind.fields:
        return f"no data: {kind.name} has no fields"
    return f"a field of {kind.name}: {nearest_first(name, kind.fields)}"


def _codes_expected(value: object, values: tuple[str, ...]) -> str:
    return f"one of {nearest_first(str(value), values)}"


def _text_expected(value: object) -> str | None:
    return None if isinstance(value, str) and value else "text"


def _number_expected(value: object) -> str | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return None if good else "a finite number"


def _integer_expected(value: object) -> str | None:
    return None if isinstance(value, int) and not isinstance(value, bool) else "a whole number"


def _yes_no_expected(value: object) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _time_expected(value: object) -> str | None:
    good = isinstance(value, int) and not isinstance(value, bool)
    return None if good else "whole seconds since 1970-01-01T00:00:00Z"


def _subject_expected(value: object) -> str | None:
    return None if isinstance(value, str) and SUBJECT.fullmatch(value) else SUBJECT_EXPECTED


VALUE_TESTS: Mapping[FieldType, Callable[[object], str | None]] = {
    FieldType.TEXT: _text_expected,
    FieldType.NUMBER: _number_expected,
    FieldType.INTEGER: _integer_expected,
    FieldType.YES_NO: _yes_no_expected,
    FieldType.TIME: _time_expected,
    FieldType.SUBJECT: _subject_expected,
}
