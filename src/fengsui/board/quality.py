"""How far the record itself can be trusted: rows not taken, contradictions, sources that fell silent."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from fengsui.board.desk import Desk
from fengsui.kit.errors import Finding

QUIET_FOR = 86400  # seconds without a word on completeness after which a source is shown as silent


@dataclass(frozen=True, slots=True)
class SilentSource:
    """A source that said how far it is complete, and has not said so for a day."""

    source: str
    silent_at: int  # complete up to here
    silent_for: int  # seconds by now


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row of a file that could not be taken, and why."""

    entry: str
    file: str
    row: int
    why: str  # refused | conflict
    told_at: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """The strip on the front page, and the page behind it. ``rows``: the latest, newest first."""

    n_refused: int
    n_conflicts: int
    silent: tuple[SilentSource, ...]
    by_file: tuple[tuple[str, int], ...]
    rows: tuple[RefusedRow, ...] = ()


def quality(desk: Desk, *, limit: int = 0) -> Quality:
    """What is open in the ledger and which sources are silent; with the latest ``limit`` rows."""
    entries = [e for e in desk.ledger.refused(open_only=True) if e.told_at <= desk.known_at]
    why = Counter(entry.why for entry in entries)
    files = Counter(entry.name for entry in entries if entry.name)
    latest = sorted(entries, key=lambda e: (-e.told_at, e.name, e.row))
    return Quality(
        n_refused=why["refused"],
        n_conflicts=why["conflict"],
        silent=silent_sources(desk),
        by_file=tuple(files.most_common()),
        rows=tuple(
            RefusedRow(e.entry, e.name, e.row, e.why, e.told_at, e.findings) for e in islice(latest, limit)
        ),
    )


def silent_sources(desk: Desk) -> tuple[SilentSource, ...]:
    """Sources whose last word on completeness is more than a day old, the longest silent first."""
    marks = desk.view.watermarks(now=desk.now)
    late = [SilentSource(s, at, desk.now - at) for s, at in marks.items() if desk.now - at > QUIET_FOR]
    return tuple(sorted(late, key=lambda one: (one.silent_at, one.source)))
