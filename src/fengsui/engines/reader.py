"""The questions of ``view.View``, answered from the tables of the file: as things stand now."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from fengsui.engines import duty_list
from fengsui.engines.duty_list import Row
from fengsui.engines.lookup import POSTS, Lookup
from fengsui.engines.loop_list import LoopFilter, LoopList
from fengsui.engines.numbering import Steps, Subjects, Words
from fengsui.engines.places import Scope, Scopes
from fengsui.engines.shown import Shown
from fengsui.engines.silence import Silence
from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.state import NOWHERE, begun_versions, loop_name, version_of
from fengsui.engines.tally import Counts, Tally
from fengsui.engines.view import Account, Break, Count, Head, Overdue
from fengsui.facts.fact import Fact
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import NEVER
from fengsui.loops.duty import Duty, Status
from fengsui.loops.loop import Loop
from fengsui.loops.strata import Rules
from fengsui.protocols.model import Obligation, Protocol

AT_ONCE = 500  # rows whose subjects are looked up together


class Reader:
    """Implements ``View`` for a moment at which everything recorded has happened."""

    def __init__(
        self,
        connection: Connection,
        rules: Rules,
        scopes: Scopes,
        lookup: Lookup,
        *,
        words: Words,
        subjects: Subjects,
        steps: Steps,
        shown: Shown,
    ) -> None:
        self._connection = connection
        self._rules = rules
        self._scopes = scopes
        self._lookup = lookup
        self._words, self._subjects, self._steps = words, subjects, steps
        self._tally = Tally(connection, words, steps)
        self._loops = LoopList(connection, scopes, words=words, subjects=subjects, shown=shown)
        self._step = lru_cache(maxsize=10_000)(self._step_of)

    def counts(self, *, now: int, area: str | None = None) -> list[Count]:
        """See ``View.counts``."""
        found: list[Count] = []
        parts = self._scopes.parts(area)
        scopes = [scope for part in parts for scope in (part.scope, *part.less)]
        all_running, all_standing = self._running(scopes, now=now), self._standing(scopes, now=now)
        for part in parts:
            running, overdue = all_running[part.scope].copy(), all_standing[part.scope].copy()
            for scope in part.less:
                running -= all_running[scope]
                overdue -= all_standing[scope]
            found += [
                Count(self._words.texts[protocol], part.code, running[protocol], overdue[protocol])
                for protocol in sorted(running.keys() | overdue.keys())
            ]
        return found

    def overdue(
        self,
        *,
        now: int,
        area: str | None = None,
        protocol: str | None = None,
        role: str | None = None,
        limit: int = 100,
    ) -> list[Overdue]:
        """See ``View.overdue``."""
        scope = self._scopes.of(area)
        chosen = protocol is not None or role is not None
        steps = self._steps.of(protocol=protocol, role=role) if chosen else None
        rows = duty_list.standing(self._connection, scope, now=now, steps=steps)
        rows = list(islice(self._within(rows, scope), limit))
        keys = self._subjects.keys(row.subject for row in rows)
        silence = self._silence(now)
        return [self._overdue(row, keys[row.subject], now, silence) for row in rows]

    def n_overdue(self, *, now: int, area: str | None = None) -> int:
        """See ``View.n_overdue``."""
        return sum(found.total() for found in self._standing(self._whole(area), now=now).values())

    def standing(self, *, now: int, area: str | None = None) -> Mapping[Status, int]:
        """See ``View.standing``."""
        scope = self._scopes.of(area)
        silence = self._silence(now)
        waits = [v.confirm_after for versions in self._rules.versions.values() for v in versions]
        after = min(now - max(waits, default=0), silence.least) - 1
        recent = duty_list.begun(self._connection, scope, after=after, now=now, since=now)
        found = Counter(self._status(row, now, silence) for row in self._within(recent, scope))
        found[Status.BREACHED] += self.n_overdue(now=now, area=area) - found.total()
        return found

    def breaks(
        self, *, now: int, area: str | None = None, protocol: str | None = None, since: int | None = None
    ) -> Iterator[Break]:
        """See ``View.breaks``."""
        scope = self._scopes.of(area)
        since = -NEVER if since is None else since
        rows = self._within(
            duty_list.begun(self._connection, scope, after=-NEVER, now=now, since=since), scope
        )
        while part := list(islice(rows, AT_ONCE)):
            keys = self._subjects.keys(row.subject for row in part)
            for row in part:
                name = self._steps.names[row.step][0]
                if protocol in (None, name):
                    yield self._break(row, keys[row.subject])

    def loops(
        self,
        *,
        now: int,
        protocol: str | None = None,
        area: str | None = None,
        running: bool | None = None,
        subject: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> list[Head]:
        """See ``View.loops``."""
        wanted = LoopFilter(now, protocol, running)
        if subject is not None:
            rows = self._loops.of_subject(self._lookup.name(subject), wanted)
        else:
            rows = self._loops.latest(self._scopes.of(area), wanted, after=after)
        return [self._by(head, now) for head in islice(rows, limit)]

    def _by(self, head: Head, now: int) -> Head:
        """A loop as it stands by now: the tables also say which versions will govern it, and its end."""
        versions = head.versions
        if len(versions) > 1:
            versions = begun_versions(self._rules, head.protocol, versions, place=head.place, now=now)
        closed_at = head.closed_at if head.closed_at <= now else NEVER
        return replace(head, versions=versions, closed_at=closed_at)

    def loop(self, name: str, *, as_of: int | None = None, known_at: int | None = None) -> Account:
        """See ``View.loop``."""
        subject = self._loops.subject_of(name)
        if subject is None:
            raise NotFound(f"There is no loop {name}.")
        return self._lookup.account(name, subject, as_of=as_of, known_at=known_at)

    def whole_loops(
        self,
        *,
        now: int,
        protocol: str | None = None,
        area: str | None = None,
        from_at: int | None = None,
    ) -> Iterator[Loop]:
        """See ``View.whole_loops``."""
        heads = self._loops.latest(self._scopes.of(area), LoopFilter(now, protocol, None, from_at))
        wanted: dict[str, set[str]] = {}
        for head in heads:
            wanted.setdefault(head.subject, set()).add(head.id)
        for subject, names in wanted.items():
            yield from (loop for loop in self._lookup.followed(subject, as_of=now).loops if loop.id in names)

    def subject_facts(self, subject: str, *, known_at: int | None = None) -> list[Fact]:
        """See ``View.subject_facts``."""
        return self._lookup.subject_facts(subject, known_at=known_at)

    def posts(self, *, known_at: int | None = None) -> list[Fact]:
        """See ``View.posts``."""
        return self._lookup.notices(POSTS, known_at=known_at)

    def watermarks(self, *, now: int) -> Mapping[str, int]:
        """See ``View.watermarks``."""
        return self._lookup.watermarks(now=now)

    def silent_since(self, loop: Loop, duty: Duty, *, now: int) -> int:
        """See ``View.silent_since``."""
        version = version_of(self._rules, loop.protocol, duty.version, place=loop.place)
        kinds = version.obligation(duty.key).evidence.pattern.kinds
        return self._silence(now).since(kinds, self._scopes.listing.of(duty.place))

    def _whole(self, area: str | None) -> list[Scope]:
        """The scopes that together make an area."""
        if area is not None:
            return [self._scopes.of(area)]
        nowhere = Scope(NOWHERE, (NOWHERE,), is_coarse=False)
        return [*(self._scopes.of(code) for code in self._scopes.roots), nowhere]

    def _standing(self, scopes: Sequence[Scope], *, now: int) -> dict[Scope, Counts]:
        """The breaks that stand in each scope, by protocol."""
        found = self._tally.standing([scope for scope in scopes if scope.span is None], now=now)
        for scope in scopes:
            if scope.span is not None:
                rows = self._within(duty_list.standing(self._connection, scope, now=now), scope)
                found[scope] = Counter(self._words.number(self._steps.names[row.step][0]) for row in rows)
        return found

    def _running(self, scopes: Sequence[Scope], *, now: int) -> dict[Scope, Counts]:
        """The loops that run in each scope, by protocol."""
        found = self._tally.running([scope for scope in scopes if scope.span is None], now=now)
        for scope in scopes:
            if scope.span is not None:
                heads = self._loops.latest(scope, LoopFilter(now, running=True))
                found[scope] = Counter(self._words.number(head.protocol) for head in heads)
        return found

    def _within(self, rows: Iterator[Row], scope: Scope) -> Iterator[Row]:
        if scope.span is None:
            return rows
        return (row for row in rows if self._scopes.contains(scope, self._words.text(row.place)))

    def _step_of(self, step: int, place: int) -> tuple[Protocol, Obligation]:
        name, version, key = self._steps.names[step]
        found = version_of(self._rules, name, version, place=self._words.text(place))
        return found, found.obligation(key)

    def _status(self, row: Row, now: int, silence: Silence) -> Status:
        version, obligation = self._step(row.step, row.place)
        if silence.since(obligation.evidence.pattern.kinds, row.area) < row.broken_at:
            return Status.UNKNOWN
        return Status.PROVISIONAL if now < row.broken_at + version.confirm_after else Status.BREACHED

    def _silence(self, now: int) -> Silence:
        marks = self._lookup.watermarks(now=now)
        return Silence(marks, self._lookup.carriers(self._scopes.listing) if marks else ())

    def _overdue(self, row: Row, subject: str, now: int, silence: Silence) -> Overdue:
        version, obligation = self._step(row.step, row.place)
        return Overdue(
            loop=loop_name(row.loop),
            protocol=version.name,
            subject=subject,
            key=obligation.key,
            n=row.n,
            title=obligation.title,
            from_at=row.broken_at,
            due_at=row.due_at,
            role=obligation.by.role,
            place=self._words.text(row.place),
            area=self._scopes.code(row.area),
            version=version.version,
            status=self._status(row, now, silence),
        )

    def _break(self, row: Row, subject: str) -> Break:
        name, _, key = self._steps.names[row.step]
        return Break(
            loop=loop_name(row.loop),
            protocol=name,
            subject=subject,
            key=key,
            n=row.n,
            from_at=row.broken_at,
            until_at=row.until,
            place=self._words.text(row.place),
            role=self._steps.roles[row.step],
        )
