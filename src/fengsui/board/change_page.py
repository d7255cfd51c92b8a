"""A change of policy on one page: who is free when, what falls away, whose work it is, what stays."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fengsui.board.desk import Desk
from fengsui.board.policy import KEPT, Comparison
from fengsui.kit.civil import civil_from
from fengsui.kit.errors import BadInput, Finding, NotFound
from fengsui.kit.text import Text
from fengsui.loops.naming import role_text
from fengsui.protocols.describe import RUNNING
from fengsui.protocols.diff import worded
from fengsui.protocols.library import Library
from fengsui.protocols.model import InFlight, Protocol
from fengsui.protocols.what_if import in_force_from

Compare = Callable[[Library, Protocol, Protocol, int, int], Comparison]  # …, as_of, known_at
N_STEPS, N_SHIFTS, N_WORDS = 60, 20, 40  # rows of a list that are shown


@dataclass(frozen=True, slots=True)
class Choice:
    """Two versions that can be compared, and the protocols that have both."""

    before: str
    after: str
    protocols: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class Day:
    """How many are free on a civil day; the shares, in percent of the largest day, are for the bars."""

    day: str
    before: int
    after: int
    share_before: int
    share_after: int


@dataclass(frozen=True, slots=True)
class Step:
    """Duties of one step still to be done, before and after."""

    protocol: str
    protocol_title: Text
    key: str
    title: Text
    role: Text
    before: int
    after: int

    @property
    def more(self) -> int:
        """How many are added; negative where they fall away."""
        return self.after - self.before

    @property
    def less(self) -> int:
        """How many fall away."""
        return -self.more


@dataclass(frozen=True, slots=True)
class Post:
    """What one post gains and loses."""

    role: Text
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class WorkRow:
    """What one post gains and loses at one place on one day."""

    protocol: str
    day: str
    role: Text
    place: Text
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Shift:
    """A loop whose subject is free at another time."""

    loop: str
    place: Text
    before_at: int
    after_at: int


@dataclass(frozen=True, slots=True)
class Stay:
    """Loops that keep the old rule, wholly or in part, and some of them by name."""

    why: Text
    partly: bool
    n: int
    loops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One protocol: what its versions say differently, and what that does."""

    protocol: str
    title: Text
    running: Text  # what the version says of loops that run
    switch_at: int
    n_loops: int
    n_changed: int
    n_opened: int  # loops only the new version opens
    n_not_opened: int
    n_at_once: int
    n_earlier: int
    n_later: int
    n_added: int
    n_removed: int
    words: tuple[tuple[str, Text, Text], ...]  # where in the file, before, after
    n_words: int
    shifts: tuple[Shift, ...]
    kept: tuple[Stay, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A protocol on which it cannot be tried: a local order, say, changes steps the version does not have."""

    protocol: str
    title: Text
    why: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """The change from one version to another in all protocols that have both, or in one of them.

    Without ``before`` there is only the choice of what can be compared.
    """

    now: int
    known_at: int
    before: str
    after: str
    protocol: str
    from_text: str
    rule: str
    rules: tuple[tuple[str, Text], ...]
    choices: tuple[Choice, ...]
    refused: tuple[Refusal, ...]
    changes: tuple[Change, ...]
    days: tuple[Day, ...]
    steps: tuple[Step, ...]
    n_steps: int
    posts: tuple[Post, ...]
    work: tuple[WorkRow, ...]

    @property
    def moved(self) -> tuple[Change, ...]:
        """The protocols that have loops to try it on."""
        return tuple(c for c in self.changes if c.n_loops or c.n_opened)

    @property
    def still(self) -> tuple[Change, ...]:
        """Those that have none."""
        return tuple(c for c in self.changes if not (c.n_loops or c.n_opened))

    def total(self, name: str) -> int:
        """A count of all protocols together."""
        return sum(getattr(change, name) for change in self.changes)

    @property
    def totals(self) -> dict[str, int]:
        """The counts of all protocols together."""
        names = "n_loops n_changed n_at_once n_earlier n_later n_added n_removed".split()
        return {name: self.total(name) for name in names}


def change_page(
    desk: Desk,
    compare: Compare,
    *,
    before: str,
    after: str,
    protocol: str = "",
    from_text: str = "",
    from_at: int | None = None,
    rule: str = "",
) -> ChangePage:
    """``after`` tried on the facts in place of ``before``, as of the desk's moment.

    ``from_at``: as if it came into force then; ``rule``: as if it met running loops so. NotFound if no
    protocol has both versions, BadInput for a rule there is not.
    """
    found, refused = [], []
    met = _rule(rule)
    for old, new in _pairs(desk, before, after, protocol):
        try:
            found.append(_tried(desk, compare, (old, new), from_at, met))
        except BadInput as error:
            refused.append(Refusal(new.name, new.title, str(error)))
    found.sort(key=lambda one: (-one[0].effect.n_changed, one[0].after))
    steps = [step for one, new in found for step in _steps(desk, one, new)]
    steps.sort(key=lambda s: (s.more, s.protocol))
    return ChangePage(
        now=desk.now,
        known_at=desk.known_at,
        before=before,
        after=after,
        protocol=protocol,
        from_text=from_text,
        rule=rule,
        rules=tuple((str(one.value), text) for one, text in RUNNING.items()),
        choices=choices(desk.library, desk),
        refused=tuple(refused),
        changes=tuple(_change(desk, one, new) for one, new in found),
        days=_days(one for one, _ in found),
        steps=_ends(steps),
        n_steps=len(steps),
        posts=_posts(desk, (one for one, _ in found)),
        work=tuple(row for one, new in found for row in _work(desk, one, new)),
    )


def choices(library: Library, desk: Desk) -> tuple[Choice, ...]:
    """Every version of a protocol beside the one before it; those with most protocols first."""
    pairs: dict[tuple[str, str], list[tuple[str, Text]]] = {}
    for name in library.names:
        versions = [edition.protocol.version for edition in library.editions[name]]
        for pair in pairwise(versions):
            pairs.setdefault(pair, []).append((name, desk.title(name)))
    ordered = sorted(pairs, key=lambda pair: (-len(pairs[pair]), pair))
    return tuple(Choice(*pair, tuple(pairs[pair])) for pair in ordered)


def _pairs(desk: Desk, before: str, after: str, protocol: str) -> list[tuple[Protocol, Protocol]]:
    """The versions to be compared, of every protocol that has both or of the one named."""
    if not before and not after:
        return []
    names = [protocol] if protocol else desk.library.names
    found = []
    for name in names:
        have = {edition.protocol.version: edition.protocol for edition in desk.library.editions.get(name, ())}
        if before in have and after in have:
            found.append((have[before], have[after]))
    if not found:
        raise NotFound(f"No protocol {protocol or ''} has both a version {before!r} and a version {after!r}.")
    return found


def _rule(text: str) -> InFlight | None:
    if not text:
        return None
    if text not in list(InFlight):
        found = Finding("query", "rule", repr(text), " | ".join(InFlight))
        raise BadInput("rule", (found,))
    return InFlight(text)


def _tried(
    desk: Desk,
    compare: Compare,
    pair: tuple[Protocol, Protocol],
    from_at: int | None,
    rule: InFlight | None,
) -> tuple[Comparison, Protocol]:
    old, new = pair
    library = desk.library
    if from_at is not None or rule is not None:
        library = in_force_from(library, new.name, new.version, at=from_at, in_flight=rule)
        new = next(v for v in library.everywhere(new.name) if v.version == new.version)
    return compare(library, old, new, desk.now, desk.known_at), new


def _change(desk: Desk, one: Comparison, new: Protocol) -> Change:
    effect = one.effect
    words = [(d.where, worded(d.before), worded(d.after)) for d in one.differences]
    shifts = (
        Shift(s.loop, desk.place_text(s.place), s.before_at, s.after_at) for s in effect.shifts[:N_SHIFTS]
    )
    return Change(
        protocol=new.name,
        title=new.title,
        running=RUNNING[new.in_flight],
        switch_at=effect.switch_at,
        n_loops=effect.n_loops,
        n_changed=effect.n_changed,
        n_opened=effect.n_only_after,
        n_not_opened=effect.n_only_before,
        n_at_once=one.outlook.n_at_once,
        n_earlier=effect.n_earlier,
        n_later=effect.n_later,
        n_added=effect.n_work_added,
        n_removed=effect.n_work_removed,
        words=tuple(words[:N_WORDS]),
        n_words=len(words),
        shifts=tuple(shifts),
        kept=tuple(Stay(KEPT[k.why], k.partly, k.n, k.loops[:5]) for k in effect.kept),
    )


def _days(found: Iterable[Comparison]) -> tuple[Day, ...]:
    """All protocols together, from the first day somebody is free to the last, the days between too."""
    before, after = Counter(), Counter()
    for one in found:
        for free in one.outlook.free_days:
            before[free.day] += free.before
            after[free.day] += free.after
    if not before:
        return ()
    most = max(*before.values(), *after.values(), 1)
    return tuple(
        Day(day_text(d), before[d], after[d], round(100 * before[d] / most), round(100 * after[d] / most))
        for d in range(min(before), max(before) + 1)
    )


def _steps(desk: Desk, one: Comparison, new: Protocol) -> Iterator[Step]:
    """The steps of which there is more or less to do than before."""
    titles = {
        step.key: step.title
        for version in reversed(desk.library.everywhere(new.name))
        for step in version.obligations
    }
    titles |= {step.key: step.title for step in new.obligations}
    for step in one.outlook.steps:
        if step.before != step.after:
            role = role_text(step.role, desk.world.areas)
            title = titles.get(step.key, Text(step.key, step.key))
            yield Step(new.name, new.title, step.key, title, role, step.before, step.after)


def _ends(steps: Sequence[Step]) -> tuple[Step, ...]:
    """What falls away most and what is added most, where there are too many to show."""
    half = N_STEPS // 2
    return tuple(steps) if len(steps) <= N_STEPS else (*steps[:half], *steps[-half:])


def _posts(desk: Desk, found: Iterable[Comparison]) -> tuple[Post, ...]:
    added, removed = Counter(), Counter()
    for one in found:
        for post in one.posts:
            added[post.role] += post.added
            removed[post.role] += post.removed
    roles = sorted(added.keys() | removed.keys(), key=lambda role: (-added[role] - removed[role], role))
    return tuple(Post(role_text(role, desk.world.areas), added[role], removed[role]) for role in roles)


def _work(desk: Desk, one: Comparison, new: Protocol) -> Iterator[WorkRow]:
    for w in one.effect.work:
        role, place = role_text(w.role, desk.world.areas), desk.place_text(w.place)
        yield WorkRow(new.name, day_text(w.day), role, place, w.added, w.removed)


def day_text(day: int) -> str:
    """A day counted since 1970 as it is written."""
    year, month, of_month = civil_from(day)
    return f"{year}-{month:02d}-{of_month:02d}"
