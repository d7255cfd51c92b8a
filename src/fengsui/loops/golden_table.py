"""The tables of a golden history: rows by the heads of their columns, and what is wrong with which line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fengsui.facts.catalogue import Catalogue
from fengsui.facts.yaml_file import nearest_first
from fengsui.kit.areas import Areas
from fengsui.kit.errors import Finding
from fengsui.kit.instant import parse

FACT_COLUMNS = "at kind place by data recorded subject key source supersedes".split()
ROW_COLUMNS = "as of|known|protocol|subject|loop|step|n|status|due|done|version|owner".split("|")
BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What a golden history is read against. ``about``: protocol → the type of its subjects."""

    kinds: Catalogue
    areas: Areas
    about: Mapping[str, str]
    zone: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its cells by the heads of the columns."""

    line: int
    cells: Mapping[str, str]

    def cell(self, name: str) -> str | None:
        """What stands in a column; None where nothing does."""
        return self.cells.get(name) or None


@dataclass
class Reading:
    """A file while it is read: what was found wrong so far."""

    file: str
    zone: str
    subject: str  # of facts and rows that name none
    setting: Backdrop
    findings: list[Finding] = field(default_factory=list)

    def wrong(self, line: int, column: str, found: str, expected: str) -> None:
        """Note a mistake; reading goes on."""
        self.findings.append(Finding(f"{self.file}:{line}", column, found, expected))

    def time(self, row: Row, column: str, *, exact: bool = False) -> tuple[int, int] | None:
        """A time and its span; None for a blank cell or one that cannot be read, which is noted."""
        text = row.cell(column)
        return None if text is None else self.moment(row.line, column, text, exact=exact)

    def moment(self, line: int, column: str, text: str, *, exact: bool) -> tuple[int, int] | None:
        """A text as a time and its span; ``exact``: a day without a time will not do."""
        try:
            at, span = parse(text, zone=self.zone)
        except ValueError as error:
            self.wrong(line, column, repr(text), str(error).removeprefix("expected "))
            return None
        if exact and span:
            self.wrong(line, column, repr(text), "a time of day too: 00:00, or 24:00 for the end of the day")
        return at, span


def tables(lines: Sequence[str], reading: Reading) -> Iterator[tuple[list[str], list[Row]]]:
    """Every table: its heads, and its rows with their line numbers."""
    heads: list[str] = []
    rows: list[Row] = []
    for number, line in enumerate([*lines, ""], 1):
        if not line.lstrip().startswith("|"):
            if heads:
                yield heads, rows
            heads, rows = [], []
            continue
        cells = [cell.strip().replace("\\|", "|") for cell in BAR.split(line.strip().strip("|"))]
        if line.strip().startswith("||"):
            cells = ["", *cells]
        if not heads:
            heads = [cell.lower() for cell in cells]
            _check_columns(number, heads, reading)
        elif not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            if len(cells) > len(heads):
                reading.wrong(number, "row", f"{len(cells)} cells", f"{len(heads)}, as in the head")
            rows.append(Row(number, dict(zip(heads, cells, strict=False))))


def _check_columns(line: int, heads: list[str], reading: Reading) -> None:
    known = ROW_COLUMNS if "as of" in heads else FACT_COLUMNS
    needed = ("as of", "step") if "as of" in heads else ("at", "kind")
    for head in heads:
        if head not in known:
            reading.wrong(line, "column", repr(head), f"one of {nearest_first(head, known)}")
    for head in needed:
        if head not in heads:
            reading.wrong(line, "column", "none", f"a column {head!r}")
