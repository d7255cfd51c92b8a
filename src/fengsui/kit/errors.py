"""The ways to fail, each with one exit code.

FengsuiError                 1   something of ours went wrong
├── BadInput                 2   what was handed in cannot be taken; carries findings
├── NotFound                 3   no such loop, subject, protocol, area, file
├── Refused                  4   a rule says no, with its reason
└── Conflict                 5   the same thing was said twice, differently
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with one place of the input, said so that it can be put right."""

    where: str  # "row 17", "packs/border/inbound-8.yaml:31"
    field: str  # "at", "obligations.transfer.within"
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.where}: {self.field}: found {self.found}, expected {self.expected}"


class FengsuiError(Exception):
    """The base of every error that is shown without a traceback."""

    exit_code = 1


class BadInput(FengsuiError):
    """The input cannot be taken; ``findings`` names every place."""

    exit_code = 2

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *map(str, self.findings)])


class NotFound(FengsuiError):
    """There is no such thing."""

    exit_code = 3


class Refused(FengsuiError):
    """A rule says no."""

    exit_code = 4


class Conflict(FengsuiError):
    """The same thing was said twice, and differently."""

    exit_code = 5
