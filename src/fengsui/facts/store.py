"""What a place that keeps facts must do, whatever it is made of. ``engines.plain`` is the judge.

Identity is (source, key). The same identity with the same content is a repeat and changes nothing;
with other content it is a conflict: what was told first stands, and the ledger keeps the second. The
recording time is not content, since one record can be delivered by two routes; of several, the
earliest stays, so that the order of arrival makes no difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from types import MappingProxyType
from typing import Protocol

import msgspec

from fengsui.facts.batch import COLUMNS, Batch, Row
from fengsui.facts.fact import Fact
from fengsui.kit.errors import Finding

CONTENT = tuple(i for i, name in enumerate(COLUMNS) if name != "recorded_at")
NONE_SETTLED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Refused:
    """One row of the ledger: what could not be taken, whole, and why. Never deleted, only settled.

    ``entry`` names it for ever: the work (file and mapping) and the row, so a row refused twice is
    one entry. ``raw`` is JSON: {"columns": [...], "cells": [...]} for a row of a file,
    {"fact": {...}} for a single fact. ``settled_by`` is "" while open, "taken" once its repaired
    row was taken, or the entry of the next attempt that failed too.
    """

    entry: str
    row: int  # as a spreadsheet numbers them, the header being row 1; 0: not from a file
    raw: str
    findings: tuple[Finding, ...]
    told_at: int  # when it was refused
    work: str = ""  # FileMark.digest
    name: str = ""  # of the file
    mapping: str = ""  # name of the mapping it was read by
    why: str = "refused"  # or "conflict"
    settled_by: str = ""


@dataclass(frozen=True, slots=True)
class FileMark:
    """How far one file has been taken through one mapping.

    ``digest`` is over the contents of both, so the same file under another name goes on where it
    stopped, and a changed one starts anew.
    """

    digest: str
    name: str
    mapping: str
    rows_done: int  # the number of the last row whose facts or refusal are committed
    done: bool = False  # the end of the file was reached


@dataclass(frozen=True, slots=True)
class Conflict:
    """One identity, two contents. ``index`` is the place of the second in the batch."""

    index: int
    kept: Row
    offered: Row

    def findings(self, where: str) -> tuple[Finding, ...]:
        """Every column in which the two differ."""
        return tuple(
            Finding(where, COLUMNS[i], repr(self.offered[i]), f"{self.kept[i]!r}, as told before")
            for i in CONTENT
            if self.offered[i] != self.kept[i]
        )

    def refused(self, *, now: int) -> Refused:
        """The ledger's entry for a fact that was handed over by itself."""
        offered = dict(zip(COLUMNS, self.offered, strict=True))
        name = f"{offered['source']}:{offered['key']}"
        return Refused(
            entry=f"{name}@{content_digest(self.offered)}",
            row=0,
            raw=msgspec.json.encode({"fact": offered}).decode(),
            findings=self.findings(name),
            told_at=now,
            why="conflict",
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch. ``new + repeated + len(conflicts)`` is its length if it was taken.

    ``repeats``: the places in the batch of what had been told before.
    """

    new: int = 0
    repeats: list[int] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def repeated(self) -> int:
        """How many had been told before."""
        return len(self.repeats)


class Store(Protocol):
    """Keeps facts, the ledger of refused rows, and the positions in files; all three move together."""

    def take(
        self,
        batch: Batch,
        *,
        now: int,
        refused: Sequence[Refused] = (),
        settled: Mapping[str, str] = NONE_SETTLED,
        mark: FileMark | None = None,
        whole: bool = False,
    ) -> Taken:
        """Keep everything handed over, in one commit, or nothing if the process dies meanwhile.

        Of two facts with one identity inside the batch the earlier stands. A conflicting fact is
        left out and entered in the ledger as ``Conflict.refused``; with ``whole``, a batch with a
        conflict writes nothing at all and only the conflicts come back, so that the caller can set
        aside everything that belongs to them. ``refused`` entries already there stay as they are.
        ``settled``: entries of the ledger that are open no longer, and by what.
        """
        ...

    def told(self, name: str) -> Fact | None:
        """The record of an id, also one that was corrected or withdrawn since and counts no more."""
        ...

    def mark(self, digest: str) -> FileMark | None:
        """How far the file and mapping of this digest have been taken."""
        ...

    def refused(self, *, open_only: bool = True) -> Iterator[Refused]:
        """The ledger, in the order in which it was written."""
        ...


def same_content(one: Row, other: Row) -> bool:
    """Whether two rows of one identity say the same, whenever they were recorded."""
    return one[:3] == other[:3] and one[4:] == other[4:]


def content_digest(row: Row) -> str:
    """Sixteen hex digits over what a fact says, without when it was recorded."""
    return blake2b(msgspec.json.encode([row[i] for i in CONTENT]), digest_size=8).hexdigest()
