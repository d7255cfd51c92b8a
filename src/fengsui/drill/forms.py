"""What each source sends, read from ``forms.yaml``: the kind of file, its columns, its habits."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fengsui.drill.chance import MINUTE
from fengsui.kit.yaml12 import load

FILE = Path(__file__).with_name("forms.yaml")


@dataclass(frozen=True, slots=True)
class Lag:
    """How long a record takes, in seconds: lognormal, with the most there is."""

    median: int
    spread: float
    most: int


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of file a source sends. ``record``, ``at``, ``recorded``, ``corrects`` are headings."""

    name: str  # of the form, of its mapping, and of the source
    prefix: str  # of its record numbers
    fields: Mapping[str, str]  # field → heading, in the order of the columns
    format: str
    encoding: str
    record: str
    at: str
    recorded: str
    corrects: str
    style: str  # how it writes times, see Calendar.written
    lag: Lag
    words: Mapping[str, Mapping[str, str]]  # field → code → as written here
    places: tuple[str, ...]  # fields with the code of an area, which is written as its name
    times: tuple[str, ...]  # fields with a time

    @property
    def headings(self) -> tuple[str, ...]:
        """The columns of the file, in their order."""
        return (self.record, *self.fields.values(), self.at, self.recorded, self.corrects)


def _form(name: str, told: Mapping) -> Form:
    median, spread, most = told["lag"]
    return Form(
        name=name,
        prefix=told["prefix"],
        fields=told["fields"],
        format=told["format"],
        encoding=told["encoding"],
        style=told["style"],
        lag=Lag(median * MINUTE, spread, most * MINUTE),
        words=told.get("words", {}),
        places=tuple(told.get("places", ())),
        times=tuple(told.get("times", ())),
        **told["own"],
    )


def _read() -> dict[str, Form]:
    told = load(FILE.read_text(encoding="utf-8"))
    return {name: _form(name, form) for name, form in told.items()}


FORMS = _read()
