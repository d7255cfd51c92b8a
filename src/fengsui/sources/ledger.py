"""The ledger of refused rows: what could not be taken, to be looked at, repaired and sent again.

Nothing in it is ever deleted. It is written out as CSV, the columns of the file as they were and in
front of them which entry a row is and why it was refused; people put the rows right in any spreadsheet,
and the file goes through the same mapping again. A row that is taken then settles its entry.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TextIO

from fengsui.facts.store import Refused, Store
from fengsui.kit.say import in_words
from fengsui.sources.intake import ENTRY
from fengsui.sources.read import cells_of
from fengsui.sources.spec import OWN_COLUMNS

REASONS = (ENTRY, *(OWN_COLUMNS + name for name in ("row", "why", "field", "found", "expected")))


def entries(store: Store, *, mapping: str = "", name: str = "", open_only: bool = True) -> Iterator[Refused]:
    """The entries, of one mapping or of one file if asked for."""
    for entry in store.refused(open_only=open_only):
        if (not mapping or entry.mapping == mapping) and (not name or entry.name == name):
            yield entry


def export(refused: Iterable[Refused], stream: TextIO, *, lang: str = "en") -> int:
    """Write entries for repair, and answer how many. ``stream``: opened with newline="", UTF-8 with BOM.

    The columns of all entries side by side, so one export should be of one mapping. Why a row was refused is
    told in ``lang``.
    """
    found = [(entry, cells_of(entry.raw)) for entry in refused]
    columns = dict.fromkeys(
        column for _, cells in found for column in cells if not column.startswith(OWN_COLUMNS)
    )
    writer = csv.writer(stream)
    writer.writerow([*REASONS, *columns])
    for entry, cells in found:
        writer.writerow([*_reasons(entry, lang), *(cells.get(column, "") for column in columns)])
    return len(found)


def by_reason(refused: Iterable[Refused]) -> list[tuple[str, str, int, Refused]]:
    """How often which field was refused for what it should have been, most often first, with an example."""
    groups: dict[tuple[str, str], list[Refused]] = defaultdict(list)
    for entry in refused:
        for finding in entry.findings:
            groups[finding.field, finding.expected].append(entry)
    counted = [(name, expected, len(group), group[0]) for (name, expected), group in groups.items()]
    return sorted(counted, key=lambda reason: (-reason[2], reason[:2]))


def _reasons(entry: Refused, lang: str) -> tuple[str, ...]:
    findings = entry.findings
    return (
        entry.entry,
        str(entry.row),
        entry.why,
        *(
            "; ".join(in_words(getattr(finding, part), lang) for finding in findings)
            for part in ("field", "found", "expected")
        ),
    )
