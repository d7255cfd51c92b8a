"""The intake of a file: rows in, facts and refusals out, in batches that are kept whole or not at all.

Each batch is one call of the store, which commits its facts, its refused rows and the position in the
file together. Killed at any point, the intake goes on where the last commit left off. A file that was
finished is read again from its start: what was taken then is found to be repeated, and rows that were
refused get another chance, because kinds and areas may know more by now.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import compress, dropwhile, islice
from pathlib import Path

from fengsui.facts.batch import COLUMNS, Batch
from fengsui.facts.fact import Fact
from fengsui.facts.store import Conflict, FileMark, Refused, Store, Taken
from fengsui.kit.areas import Areas
from fengsui.kit.errors import BadInput, Finding
from fengsui.sources.compiled import RowReader
from fengsui.sources.mapping import check_columns
from fengsui.sources.parts import Given
from fengsui.sources.read import Broken, Table, cells_of, opened
from fengsui.sources.spec import OWN_COLUMNS, FileMapping
from fengsui.sources.within import Within, elsewhere

ENTRY = f"{OWN_COLUMNS}entry"  # column of a repaired row: which entry of the ledger it repairs
TAKEN = "taken"
PIECE = 500  # rows that are mapped at a time: a column of them fits into the processor's cache


@dataclass(frozen=True, slots=True)
class Report:
    """What one run did. Rows are counted in rows, facts in facts, since a row may become several."""

    rows: int = 0  # read by this run
    skipped: int = 0  # rows that a run before this one had done
    taken: int = 0  # facts that are new
    repeated: int = 0  # facts that were there already
    refused: int = 0  # rows with a mistake
    conflicts: int = 0  # rows that say otherwise than was said before under the same key
    without_facts: int = 0  # rows the mapping makes no fact of
    repaired: int = 0  # entries of the ledger that are open no longer
    encoding: str = ""

    @property
    def is_all_refused(self) -> bool:
        """Whether rows were read, and not one of them could be taken."""
        good = self.taken or self.repeated or self.without_facts or self.skipped
        return bool(self.refused or self.conflicts) and not good


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the intake is: rows read, and the share of the file, 0 to 1."""

    rows: int
    share: float


def work_digest(path: Path, mapping: FileMapping, *, place: str | None = None) -> str:
    """32 hex digits over a file, its mapping, and its place if it has one. BadInput if it cannot be read."""
    digest = blake2b(mapping.digest.encode(), digest_size=16)
    if place is not None:
        digest.update(f"\x1f{place}\x1e".encode())
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()


def intake(
    path: Path,
    mapping: FileMapping,
    store: Store,
    *,
    now: int,
    areas: Areas | None,
    recorded_at: int | None = None,
    progress: Callable[[Progress], None] = lambda progress: None,
    batch: int = 30_000,
    secret: bytes = b"",
    place: str | None = None,
    within: Within | None = None,
) -> Report:
    """Take a file. ``recorded_at``: when its records were made, where the mapping names no column for it.

    ``place``: the code of an area, for facts that are told without a place. ``within``: rows that tell of
    other places are refused. Raises BadInput before the first row if the file does not fit the mapping.
    Rows that cannot be taken go to the store's ledger, whole.
    """
    if mapping.recorded_by_file and recorded_at is None:
        finding = Finding(
            mapping.path, "recorded_at", "nothing", "the moment the records of the file were made"
        )
        raise BadInput(f"{path} has to come with the time it was recorded", (finding,))
    given = Given(now if recorded_at is None else recorded_at, areas, path.name, secret, place)
    mark = _mark(path, mapping, store, place)
    with opened(path, mapping.file, wanted=mapping.columns()) as table:
        check_columns(mapping, table.columns)
        reader = RowReader(mapping, table.columns, given=given)
        run = _Run(table, reader, store, mark=mark, now=now, within=within)
        with _no_search_for_cycles():
            for report in run.batches(batch):
                progress(Progress(report.rows + report.skipped, table.share()))
                gc.collect(1)  # what this batch has made, each thing once
        return run.finish()


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Rows hold no cycles, and to look for some every few hundred rows costs a fifth of what mapping does."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _mark(path: Path, mapping: FileMapping, store: Store, place: str | None) -> FileMark:
    digest = work_digest(path, mapping, place=place)
    return store.mark(digest) or FileMark(digest, path.name, mapping.name, rows_done=0)


@dataclass(slots=True)
class _Part:
    """A batch on its way. ``rows`` are (number, whole); facts, as columns, know theirs by its place there."""

    rows: list[tuple[int, object]] = field(default_factory=list)
    facts: tuple[list, ...] = field(default_factory=lambda: tuple([] for _ in COLUMNS))
    origin: list[int] = field(default_factory=list)
    wrong: dict[int, tuple[str, tuple[Finding, ...]]] = field(default_factory=dict)  # place → why, findings
    without_facts: int = 0

    def add(self, piece: Sequence[tuple[int, Sequence[str] | Broken, object]], reader: RowReader) -> None:
        """The next rows of the file, with the facts they become and what is wrong with them."""
        first = len(self.rows)
        numbers, cells, wholes = zip(*piece, strict=True)
        self.rows += zip(numbers, wholes, strict=True)
        whole: Sequence[int] = range(len(piece))
        if Broken in map(type, cells):
            whole = [i for i, row in enumerate(cells) if not isinstance(row, Broken)]
            for i in set(range(len(piece))).difference(whole):
                found = Finding(f"row {numbers[i]}", "", cells[i].found, cells[i].expected)
                self.wrong[first + i] = ("refused", (found,))
            cells, numbers = [cells[i] for i in whole], [numbers[i] for i in whole]
        if not cells:
            return
        made = reader.facts(cells, numbers)
        for column, more in zip(self.facts, made.facts, strict=False):
            column += more
        self.origin += [first + whole[i] for i in made.origin]
        for i, findings in made.wrong.items():
            self.wrong[first + whole[i]] = ("refused", findings)
        self.without_facts += len(cells) - len({*made.origin, *made.wrong})

    def set_aside(self, conflicts: Sequence[Conflict]) -> None:
        """Take the rows of conflicting facts out, with everything else those rows say."""
        for conflict in conflicts:
            place = self.origin[conflict.index]
            where = f"row {self.rows[place][0]}"
            _, before = self.wrong.get(place, ("", ()))
            self.wrong[place] = ("conflict", (*before, *conflict.findings(where)))
        self._leave_out()

    def keep_within(self, within: Within, told: Callable[[str], Fact | None]) -> None:
        """Take the rows out that tell of other places. ``told``: the record of an id."""
        for i, (column, found) in elsewhere(self.facts, within, told).items():
            place = self.origin[i]
            _, before = self.wrong.get(place, ("", ()))
            more = Finding(f"row {self.rows[place][0]}", COLUMNS[column], found, within.named)
            if more not in before:
                self.wrong[place] = ("refused", (*before, more))
        self._leave_out()

    def _leave_out(self) -> None:
        kept = [place not in self.wrong for place in self.origin]
        self.facts = tuple(list(compress(column, kept)) for column in self.facts)
        self.origin = list(compress(self.origin, kept))


class _Run:
    """One pass over a file, from the mark on."""

    def __init__(
        self,
        table: Table,
        reader: RowReader,
        store: Store,
        *,
        mark: FileMark,
        now: int,
        within: Within | None,
    ) -> None:
        self._table, self._reader, self._store = table, reader, store
        self._mark, self._now, self._within = mark, now, within
        self._is_resent = ENTRY in table.columns
        self._open = {
            entry.entry for entry in store.refused() if self._is_resent or entry.work == mark.digest
        }
        self.report = Report(encoding=table.encoding)

    def batches(self, size: int) -> Iterator[Report]:
        """Take the file in parts of ``size`` rows; the report so far after each."""
        ahead = self._not_done_yet()
        while (part := self._read(islice(ahead, size))).rows:
            self._take(part)
            yield self.report

    def finish(self) -> Report:
        """Note that the end of the file was reached."""
        self._store.take(Batch(), now=self._now, mark=replace(self._mark, done=True))
        return self.report

    def _not_done_yet(self) -> Iterator[tuple[int, Sequence[str] | Broken, object]]:
        if self._mark.done:
            return self._table.rows
        done = self._mark.rows_done

        def behind_the_mark(row: tuple[int, object, object]) -> bool:
            if row[0] > done:
                return False
            self.report = replace(self.report, skipped=self.report.skipped + 1)
            return True

        return dropwhile(behind_the_mark, self._table.rows)

    def _read(self, rows: Iterator[tuple[int, Sequence[str] | Broken, object]]) -> _Part:
        part = _Part()
        while piece := list(islice(rows, PIECE)):
            part.add(piece, self._reader)
        return part

    def _take(self, part: _Part) -> None:
        mark = replace(self._mark, rows_done=max(self._mark.rows_done, part.rows[-1][0]))
        if self._within is not None:
            part.keep_within(self._within, self._store.told)
        while True:
            refused = [self._entry(part, place) for place in sorted(part.wrong)]
            settled = self._settled(part)
            taken = self._store.take(
                Batch(*part.facts),
                now=self._now,
                refused=refused,
                settled=settled,
                mark=mark,
                whole=True,
            )
            if not taken.conflicts:
                break
            # Leaving these out can bring others out, of which they were repeats; so once more.
            part.set_aside(taken.conflicts)
        self._mark = mark
        self._open -= settled.keys()
        self._count(part, taken, n_settled=len(settled))

    def _entry(self, part: _Part, place: int) -> Refused:
        n, whole = part.rows[place]
        why, findings = part.wrong[place]
        return Refused(
            entry=self._entry_name(n),
            row=n,
            raw=self._table.raw(whole),
            findings=findings,
            told_at=self._now,
            work=self._mark.digest,
            name=self._mark.name,
            mapping=self._mark.mapping,
            why=why,
        )

    def _entry_name(self, n: int) -> str:
        return f"{self._mark.digest[:16]}:{n}"

    def _settled(self, part: _Part) -> dict[str, str]:
        """Open entries of the ledger that rows of this part take the place of, and by what."""
        if not self._open:
            return {}
        settled = {}
        for place, (n, whole) in enumerate(part.rows):
            mine = self._entry_name(n)
            repaired = cells_of(self._table.raw(whole)).get(ENTRY, "") if self._is_resent else mine
            if repaired in self._open and (place not in part.wrong or repaired != mine):
                settled[repaired] = mine if place in part.wrong else TAKEN
        return settled

    def _count(self, part: _Part, taken: Taken, *, n_settled: int) -> None:
        report = self.report
        n_conflicts = sum(why == "conflict" for why, _ in part.wrong.values())
        self.report = replace(
            report,
            rows=report.rows + len(part.rows),
            taken=report.taken + taken.new,
            repeated=report.repeated + taken.repeated,
            refused=report.refused + len(part.wrong) - n_conflicts,
            conflicts=report.conflicts + n_conflicts,
            without_facts=report.without_facts + part.without_facts,
            repaired=report.repaired + n_settled,
        )
