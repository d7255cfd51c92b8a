"""The plain store: facts in a dict, for one process. Slow, obvious, and the judge of the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from fengsui.facts.batch import Batch, Row, fact_of
from fengsui.facts.effective import canonical, effective, known
from fengsui.facts.fact import Fact
from fengsui.facts.store import NONE_SETTLED, Conflict, FileMark, Refused, Taken, same_content

RECORDED_AT = 3  # place of recorded_at in a row


class PlainStore:
    """Implements ``facts.store.Store`` in memory."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Row] = {}
        self._ledger: dict[str, Refused] = {}
        self._marks: dict[str, FileMark] = {}

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
        """See ``Store.take``. The new state is built beside the old one and put in place at the end."""
        news, repeats, conflicts = self._sorted_out(batch)
        if whole and conflicts:
            return Taken(conflicts=conflicts)
        n_new = sum(identity not in self._rows for identity in news)
        ledger = dict(self._ledger)
        for entry in (*refused, *(conflict.refused(now=now) for conflict in conflicts)):
            ledger.setdefault(entry.entry, entry)
        for name, by in settled.items():
            ledger[name] = replace(ledger[name], settled_by=by)
        self._rows |= news
        self._ledger = ledger
        if mark is not None:
            self._marks[mark.digest] = mark
        return Taken(new=n_new, repeats=repeats, conflicts=conflicts)

    def mark(self, digest: str) -> FileMark | None:
        """See ``Store.mark``."""
        return self._marks.get(digest)

    def refused(self, *, open_only: bool = True) -> Iterator[Refused]:
        """See ``Store.refused``."""
        return (entry for entry in self._ledger.values() if not (open_only and entry.settled_by))

    def facts(self, known_at: int | None = None) -> list[Fact]:
        """Every record known then, also corrected ones, in the order of (at, id)."""
        return known(map(fact_of, self._rows.values()), known_at)

    def told(self, name: str) -> Fact | None:
        """See ``Store.told``."""
        return next((fact for fact in self.facts() if fact.id == name), None)

    def facts_of(self, subject: str, known_at: int | None = None) -> list[Fact]:
        """The facts that count, known then, of this subject and of all who are the same as it."""
        records = self.facts(known_at)
        names = canonical(records)
        name = names.get(subject, subject)
        return [fact for fact in effective(records) if names.get(fact.subject, fact.subject) == name]

    def _sorted_out(self, batch: Batch) -> tuple[dict[tuple[str, str], Row], list[int], list[Conflict]]:
        """What the batch adds or moves to an earlier recording, what repeats, and the conflicts."""
        news: dict[tuple[str, str], Row] = {}
        repeats: list[int] = []
        conflicts: list[Conflict] = []
        for index, row in enumerate(batch.rows()):
            identity = (row[4], row[5])
            held = news.get(identity) or self._rows.get(identity)
            if held is None:
                news[identity] = row
            elif not same_content(held, row):
                conflicts.append(Conflict(index, held, row))
            else:
                repeats.append(index)
                if row[RECORDED_AT] < held[RECORDED_AT]:
                    news[identity] = row
        return news, repeats, conflicts
