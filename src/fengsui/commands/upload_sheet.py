"""Upload a sheet of results: what was taken, refused and why, what turned positive and whom it woke."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from fengsui.access.policy import covers, is_within
from fengsui.access.refusal import Denied, Refusal
from fengsui.access.things import of_account
from fengsui.access.visit import Visit
from fengsui.board.desk import subject_text
from fengsui.facts.batch import Batch, data_of
from fengsui.facts.fact import Fact
from fengsui.facts.store import NONE_SETTLED, FileMark, Refused, Store, Taken
from fengsui.kit.say import in_words
from fengsui.kit.text import LANGS, Text
from fengsui.loops.escalation import post_at
from fengsui.sources.intake import Report, intake, work_digest
from fengsui.sources.limits import UPLOADED, TooMuch, check_parquet, check_xlsx
from fengsui.sources.mapping import mapping_file, read_mapping
from fengsui.sources.read import cells_of
from fengsui.sources.read_other import metadata_of
from fengsui.sources.within import Within

VERB = "upload"
MOST = 32 * 1024 * 1024  # bytes of a file
SHOWN = 100  # refused rows and positives on the page; the file of refused rows has all
POSITIVE = "positive"
RISKY = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a cell that begins so for a formula


@dataclass(frozen=True, slots=True)
class Positive:
    """A result that turned positive: of whom, and the posts whose clocks it set going."""

    subject: str
    subject_name: Text
    loop: str
    woke: tuple[tuple[Text, Text], ...]  # post, step


@dataclass(frozen=True, slots=True)
class Sheet:
    """What became of a sheet. ``digest`` names it: the same file by the same mapping is the same work."""

    digest: str
    name: str
    report: Report
    rows: tuple[Refused, ...]
    n_positive: int
    positives: tuple[Positive, ...]


@dataclass
class _Listening:
    """The store, and what was positive in what it was given."""

    store: Store
    positive: dict[str, str] = field(default_factory=dict)  # fact → subject

    def take(
        self,
        batch: Batch,
        *,
        now: int,
        refused: Iterable[Refused] = (),
        settled: Mapping[str, str] = NONE_SETTLED,
        mark: FileMark | None = None,
        whole: bool = False,
    ) -> Taken:
        """See ``Store.take``."""
        taken = self.store.take(batch, now=now, refused=refused, settled=settled, mark=mark, whole=whole)
        if not (whole and taken.conflicts):
            for i, text in enumerate(batch.data):
                if POSITIVE in text and data_of(text).get("result") == POSITIVE:
                    self.positive[f"{batch.source[i]}:{batch.key[i]}"] = batch.subject[i]
        return taken

    def told(self, name: str) -> Fact | None:
        """See ``Store.told``."""
        return self.store.told(name)

    def mark(self, digest: str) -> FileMark | None:
        """See ``Store.mark``."""
        return self.store.mark(digest)

    def refused(self, *, open_only: bool = True) -> Iterator[Refused]:
        """See ``Store.refused``."""
        return self.store.refused(open_only=open_only)


def upload_sheet(visit: Visit, store: Store, path: Path, mapping: str, *, secret: bytes = b"") -> Sheet:
    """Take a sheet. Denied, or BadInput before the first row; what cannot be taken stays in the ledger."""
    visit.need(VERB)
    check_file(path)
    raw = visit.raw
    read = read_mapping(mapping_file(mapping), raw.kinds)
    if beyond := visit.policy.beyond(visit.actor, (fact.kind for fact in read.facts), at=visit.at):
        titles = [raw.kind_text(kind) for kind in beyond]
        named = Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))
        visit.refuse(Refusal("not_your_sheet", {"kinds": named}), VERB, f"mapping/{read.name}")
    digest = work_digest(path, read)
    detail = {"file": path.name, "mapping": mapping}
    visit.book.did(visit.actor.id, "uploaded", f"sheet/{digest}", reason=visit.reason, detail=detail)
    listening = _Listening(store)
    recorded_at = visit.at if read.recorded_by_file else None
    report = intake(
        path,
        read,
        listening,
        now=visit.at,
        areas=raw.world.areas,
        secret=secret,
        recorded_at=recorded_at,
        within=_own_places(visit),
    )
    rows = refused_rows(store, digest)
    woken = (_positive(visit, fact, whom) for fact, whom in list(listening.positive.items())[:SHOWN])
    return Sheet(
        digest, path.name, report, tuple(rows[:SHOWN]), len(listening.positive), tuple(filter(None, woken))
    )


def _own_places(visit: Visit) -> Within | None:
    """The places of which the actor's sheets may tell: those of the posts they upload from. None: of all."""
    grants, areas = visit.policy.grants(visit.actor, VERB, at=visit.at), visit.raw.world.areas

    def admits(place: str | None) -> bool:
        return any(is_within(grant, place, areas=areas) for grant in grants)

    named = ", ".join(sorted({grant.post.place or areas.codes[0] for grant in grants}))
    return None if admits(None) else Within(admits, f"a place of your own post: {named}")


def check_file(path: Path) -> None:
    """Denied if a file is too large, packed or unpacked; BadInput if it is not what its name says."""
    if path.stat().st_size > MOST:
        raise Denied(Refusal("too_large", {"most": MOST // 1024 // 1024}))
    try:
        match path.suffix.lower():
            case ".xlsx":
                check_xlsx(path, UPLOADED, is_foreign=True)
            case ".parquet":
                check_parquet(path, metadata_of(path), UPLOADED)
    except TooMuch as error:
        [finding] = error.findings
        both = {
            name: Text(*(in_words(text, lang) for lang in LANGS))
            for name, text in (("found", finding.found), ("expected", finding.expected))
        }
        raise Denied(Refusal("packed_too_tightly", both)) from error


def refused_rows(store: Store, digest: str) -> list[Refused]:
    """The rows of a sheet that are still open, in their order."""
    found = [entry for entry in store.refused() if entry.work == digest]
    return sorted(found, key=lambda entry: entry.row)


def refused_file(visit: Visit, store: Store, digest: str, *, lang: str = "en") -> str:
    """The refused rows as CSV, to be put right and uploaded again: only for whoever uploaded the sheet.

    The last column tells in ``lang`` why a row could not be taken.
    """
    visit.need(VERB)
    name = f"sheet/{digest}"
    # Only the upload itself counts: whoever was refused here has a line about this sheet as well.
    mine = visit.book.audit.lines(actor=visit.actor.id, verb="uploaded", object=name, limit=1)
    visit.refuse(None if mine else Refusal("nothing_of_yours"), VERB, name)
    visit.look("exported", name)
    rows = refused_rows(store, digest)
    written = StringIO(newline="")
    columns = list(cells_of(rows[0].raw)) if rows else []
    writer = csv.writer(written)
    writer.writerow([*columns, "_why"])
    for row in rows:
        cells = cells_of(row.raw)
        why = "; ".join(finding.in_(lang) for finding in row.findings)
        writer.writerow([*(harmless(cells.get(name, "")) for name in columns), harmless(why)])
    return written.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(RISKY) else cell


def _positive(visit: Visit, fact: str, subject: str) -> Positive | None:
    """Whom a positive result woke: the owners of duties that count from it. Of what the actor may open."""
    raw = visit.raw
    grants = visit.policy.grants(visit.actor, "open", at=visit.at)
    woke: dict[tuple[str, str], tuple[Text, Text]] = {}
    first = ""
    for head in raw.view.loops(subject=subject, now=visit.at, running=True, limit=20):
        account = raw.view.loop(head.id, as_of=visit.at)
        versions = {version.version: version for version in account.protocols}
        thing = of_account(account, areas=raw.world.areas, now=visit.at)
        opens = covers(grants, visit.actor, thing, areas=raw.world.areas)
        for duty in account.loop.duties:
            if fact not in (duty.anchor_fact, account.loop.opened_by):
                continue
            step = versions[duty.version].obligation(duty.key)
            post = post_at(step.by.role, duty.place, areas=raw.world.areas).title
            woke.setdefault((post.en, step.title.en), (post, step.title))
            first = first or (head.id if opens else "")
    return Positive(subject, subject_text(subject), first, tuple(woke.values()))
