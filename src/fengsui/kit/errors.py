"""The ways to fail, each with one exit code.

FengsuiError                 1   something of ours went wrong
├── BadInput                 2   what was handed in cannot be taken; carries findings
├── NotFound                 3   no such loop, subject, protocol, area, file
├── Refused                  4   a rule says no, with its reason
└── Conflict                 5   the same thing was said twice, differently
"""

from dataclasses import dataclass

from fengsui.kit.say import in_words
from fengsui.kit.text import Text

COLON = Text("：", ": ")
FINDING = Text("实为：{found}；应为：{expected}", "found {found}, expected {expected}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with one place of the input, said so that it can be put right."""

    where: str  # "row 17", "packs/border/inbound-8.yaml:31"
    field: str  # "at", "obligations.transfer.within"
    found: str
    expected: str

    def __str__(self) -> str:
        return self.in_("en")

    def in_(self, lang: str) -> str:
        """The whole of it in one line; a row that is none has no field to name."""
        where, found, expected = (in_words(text, lang) for text in (self.where, self.found, self.expected))
        said = FINDING.in_(lang).format(found=found, expected=expected)
        return COLON.in_(lang).join(filter(None, (where, self.field, said)))


class FengsuiError(Exception):
    """The base of every error that is shown without a traceback."""

    exit_code = 1

    def in_(self, lang: str) -> str:
        """What it says, in one language."""
        return in_words(Exception.__str__(self), lang)


class BadInput(FengsuiError):
    """The input cannot be taken; ``findings`` names every place."""

    exit_code = 2

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)

    def __str__(self) -> str:
        return self.in_("en")

    def in_(self, lang: str) -> str:
        """What it says and every finding, a line each."""
        return "\n".join([super().in_(lang), *(finding.in_(lang) for finding in self.findings)])


class NotFound(FengsuiError):
    """There is no such thing."""

    exit_code = 3


class Refused(FengsuiError):
    """A rule says no."""

    exit_code = 4


class Conflict(FengsuiError):
    """The same thing was said twice, and differently."""

    exit_code = 5
