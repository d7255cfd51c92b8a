"""A refusal is a value: the page greys a button out with it, the API answers with it, a command prints it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from fengsui.kit.errors import Refused
from fengsui.kit.text import Text
from fengsui.kit.yaml12 import load

WORDS = Path(__file__).with_name("refusals.yaml")
NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something may not be done: a code of refusals.yaml, and what its sentence speaks of."""

    code: str
    values: Mapping[str, object] = field(default_factory=lambda: NOTHING)

    @property
    def text(self) -> Text:
        """The sentence in both languages."""
        said = sentences()[self.code]
        return Text(said.zh.format(**_in("zh", self.values)), said.en.format(**_in("en", self.values)))


class Denied(Refused):
    """What a refusal becomes where something was asked for all the same."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.text.zh} {refusal.text.en}")
        self.refusal = refusal

    def in_(self, lang: str) -> str:
        """The refusal in one language."""
        return self.refusal.text.in_(lang)


def refuse(refusal: Refusal | None) -> None:
    """Raise Denied if there is a refusal."""
    if refusal is not None:
        raise Denied(refusal)


@cache
def sentences() -> Mapping[str, Text]:
    """Every refusal there is, by code."""
    read = load(WORDS.read_text(encoding="utf-8"))
    return {code: Text(said["zh"], said["en"]) for code, said in read.items()}


def _in(lang: str, values: Mapping[str, object]) -> dict[str, object]:
    return {name: value.in_(lang) if isinstance(value, Text) else value for name, value in values.items()}
