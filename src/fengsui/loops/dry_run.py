"""What a version of a protocol would do to the loops there are: tried on the facts, before it is published.

The same facts are derived twice, under the rules with the version and without it, and compared loop by
loop. Nothing is written, and nothing is guessed: it is what the derivation itself would say.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from fengsui.facts.fact import Fact
from fengsui.kit.errors import NotFound
from fengsui.loops.both_ways import AFTER, BEFORE, NAMED, BothWays, Findings, Name, cuts, findings
from fengsui.loops.bulk import Derivation
from fengsui.loops.columns import Columns
from fengsui.loops.kernel_compare import FIRST_DAY
from fengsui.loops.loop import World, loop_id
from fengsui.loops.strata import Rules
from fengsui.protocols.model import FOREVER, InFlight, Protocol

Named = Callable[[int, int], tuple[str, str]]  # (subject, opening fact) by their index → loop id, subject


@dataclass(frozen=True, slots=True)
class Shift:
    """One loop whose subject becomes free at another time; NEVER: no release is in sight."""

    loop: str
    subject: str
    place: str | None
    before_at: int
    after_at: int


@dataclass(frozen=True, slots=True)
class Work:
    """Duties of one post on one civil day of its place that fall away, and that are added."""

    role: str
    place: str | None
    day: int  # since 1970-01-01
    removed: int
    added: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Loops that stay, wholly or (``partly``) with some duties, under the rule before, and why.

    why: closed, pinned, elsewhere, ended (the version was over when they opened); settled_or_due,
    anchored (partly: duties that were settled or due, or counted from something, before the switch).
    """

    why: str
    partly: bool
    n: int
    loops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What trying a version shows, at ``now``. Loops are counted whole; lists name up to NAMED of them.

    ``by_days``: (whole days, loops): freed so many days later, or earlier where negative.
    ``work`` is what is still to be done, by post and day, only where it changes.
    """

    protocol: str
    version: str
    now: int
    switch_at: int
    in_flight: InFlight
    n_loops: int
    n_changed: int
    n_only_before: int  # loops the version would not have opened
    n_only_after: int
    changed: tuple[str, ...]
    n_earlier: int
    n_later: int
    n_no_more: int  # a release was in sight, and would not be
    n_first: int  # the other way round
    by_days: tuple[tuple[int, int], ...]
    shifts: tuple[Shift, ...]  # the largest first
    n_work_removed: int
    n_work_added: int
    work: tuple[Work, ...]  # by day, role, place
    n_breaks_before: int  # that have begun by now
    n_breaks_after: int
    kept: tuple[Kept, ...]


class Trial:
    """The rules with and without a version, compiled side by side over one numbering.

    ``name``: of the protocol in both; ``version``: the one of ``after`` that is tried. NotFound if it is
    not there. Versions that begin after both ``now`` and the one that is tried are left out: what they
    will change is not this version's doing.
    """

    def __init__(
        self, before: Rules, after: Rules, *, name: str, version: str, world: World, now: int
    ) -> None:
        tried = [v for v in after.versions[name] if v.version == version]
        if not tried:
            raise NotFound(f"{name} has no version {version} to be tried.")
        self.name = name
        switch_at = min(v.valid_from for v in tried)
        sides = {BEFORE: before, AFTER: after}

        def held(versions: Sequence[Protocol]) -> tuple[Protocol, ...]:
            return tuple(v for v in versions if v.valid_from <= max(now, switch_at))

        rules = Rules(
            {side: held(one.versions[name]) for side, one in sides.items()},
            lambda side, area: held(sides[side].timeline(name, area)),
        )
        owners = (o.by.role for held in rules.versions.values() for v in held for o in v.obligations)
        earlier = (_until(rules.versions[side], switch_at) for side in (BEFORE, AFTER))
        self.ways = BothWays(
            derivation=Derivation(rules, world),
            tried=tuple(tried),
            switch_at=switch_at,
            now=now,
            roles=tuple(dict.fromkeys(owners)),
            is_alike=next(earlier) == next(earlier),
        )

    @property
    def derivation(self) -> Derivation:
        """Both sides' rules, under the names BEFORE and AFTER; columns are made with it."""
        return self.ways.derivation

    def run(self, cols: Columns, *, named: Named, workers: int = 2) -> DryRun:
        """Try it on facts that are columns already (of this trial's derivation, none after its ``now``).

        Subjects are independent, so they are taken some at a time: what is worked on stays in the
        cache, and the threads, to whom the kernel leaves the interpreter, share the rest.
        """
        free = [self.ways.spaces() for _ in range(workers)]

        def found(cut: tuple[Columns, Name]) -> Findings:
            spaces = free.pop()
            try:
                return findings(self.ways, *cut, spaces)
            finally:
                free.append(spaces)

        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(found, cuts(cols)))
        return _result(self, parts, named=named)


def _until(versions: Sequence[Protocol], at: int) -> set[Protocol]:
    """What held before a moment, however long it was to hold after it."""
    return {replace(v, valid_until=FOREVER) for v in versions if v.valid_from < at}


def dry_run(
    before: Rules,
    after: Rules,
    subjects: Mapping[str, Sequence[Fact]],
    *,
    name: str,
    version: str,
    world: World,
    now: int,
) -> DryRun:
    """Try ``version`` of protocol ``name`` (in ``after``) on the effective facts of some subjects.

    Facts that follow from other loops (``P#milestone``, what a subject is told) have to be among them
    if the protocol reads any.
    """
    trial = Trial(before, after, name=name, version=version, world=world, now=now)
    names = tuple(subjects)
    happened = [[fact for fact in subjects[subject] if fact.when <= now] for subject in names]
    cols, facts = trial.derivation.columns(happened)
    return trial.run(cols, named=lambda s, fact: (loop_id(name, names[s], facts[fact].id), names[s]))


def _result(trial: Trial, parts: Sequence[Findings], *, named: Named) -> DryRun:
    """Everything the parts show, added up and named."""
    n, by_days = Counter(), Counter()
    for part in parts:
        n.update(part.n)
        by_days.update(part.by_days)
    work = _work(trial, parts)
    shifts = sorted((s for part in parts for s in part.shifts), key=lambda s: (-s[0], s[1]))
    changed = islice((name for part in parts for name in part.changed), NAMED)
    return DryRun(
        protocol=trial.name,
        version=trial.ways.version,
        now=trial.ways.now,
        switch_at=trial.ways.switch_at,
        in_flight=trial.ways.tried[0].in_flight,
        changed=tuple(named(*name)[0] for name in changed),
        by_days=tuple(sorted(by_days.items())),
        shifts=tuple(Shift(*named(*name), *rest) for _, name, *rest in shifts[:NAMED]),
        n_work_removed=sum(w.removed for w in work),
        n_work_added=sum(w.added for w in work),
        work=work,
        kept=tuple(_kept(parts, named)),
        **{name: n[name] for name in COUNTED},
    )


COUNTED = """
    n_loops n_changed n_only_before n_only_after n_earlier n_later n_no_more n_first n_breaks_before
    n_breaks_after
""".split()


def _work(trial: Trial, parts: Sequence[Findings]) -> tuple[Work, ...]:
    if not parts:
        return ()
    codes, counts = (np.concatenate(each) for each in zip(*(part.work for part in parts), strict=True))
    codes, at = np.unique(codes, return_inverse=True)
    removed, added = (np.bincount(at, counts[:, i], len(codes)).astype(np.int64) for i in (0, 1))
    found = []
    for i in np.flatnonzero(removed != added).tolist():
        code = int(codes[i])
        place = (code >> 22 & (1 << 29) - 1) - 1
        day = (code & (1 << 22) - 1) + FIRST_DAY
        post = trial.ways.roles[code >> 51], trial.derivation.places.code(place)
        found.append(Work(*post, day, int(removed[i]), int(added[i])))
    return tuple(sorted(found, key=lambda w: (w.day, w.role, w.place or "")))


def _kept(parts: Sequence[Findings], named: Named) -> Iterator[Kept]:
    for reason in dict.fromkeys(reason for part in parts for reason in part.kept):
        found = [part.kept[reason] for part in parts if reason in part.kept]
        names = islice((name for _, picked in found for name in picked), NAMED)
        yield Kept(*reason, sum(count for count, _ in found), tuple(named(*name)[0] for name in names))
