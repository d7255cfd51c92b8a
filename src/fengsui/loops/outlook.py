"""What lies ahead under two sets of rules: who is free when, and how much each step still asks for.

A part of trying a version: ``dry_run`` compares loop by loop, this adds up each side for itself.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from fengsui.kit.instant import DAY, NEVER, zone_info
from fengsui.loops.both_ways import AFTER, BEFORE, cuts
from fengsui.loops.bulk import Derivation, Table
from fengsui.loops.columns import Columns
from fengsui.loops.dry_run import Trial, Work
from fengsui.loops.kernel_rows import (
    R_KEY,
    R_VERSION,
    T_ANCHOR,
    T_DUE,
    T_ENDED,
    T_MET,
    T_OPEN,
    T_UNTIL,
    T_WAIVED,
)

QUARTER = 900  # seconds; zones differ from UTC by whole quarters of an hour

Step = tuple[str, str]  # role and key
Freed = tuple[np.ndarray, np.ndarray]  # opening facts, sorted; from when on each subject is owed its release


@dataclass(frozen=True, slots=True)
class StepWork:
    """Duties of one step that are still to be done, before and after; ``role``: who owes them."""

    key: str
    role: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class FreeDay:
    """How many are owed their release on a civil day of the region, before and after."""

    day: int  # since 1970-01-01
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """``n_at_once``: loops whose subject is owed the release as soon as the version holds, and was not yet.

    ``free_days``: of the loops whose release the version moves, by day; who is free at once is free on the
    day of the switch, or of the moment asked about if that is later. ``steps``: every step of either side.
    """

    n_at_once: int
    free_days: tuple[FreeDay, ...]
    steps: tuple[StepWork, ...]


@dataclass(frozen=True, slots=True)
class PostWork:
    """Duties that are added for a post, and that fall away, over all places and days."""

    role: str
    added: int
    removed: int


def posts(work: Iterable[Work]) -> tuple[PostWork, ...]:
    """The changed work of a trial by post, the most changed first."""
    added, removed = Counter(), Counter()
    for one in work:
        added[one.role] += one.added
        removed[one.role] += one.removed
    roles = sorted(added.keys() | removed.keys(), key=lambda role: (-added[role] - removed[role], role))
    return tuple(PostWork(role, added[role], removed[role]) for role in roles)


def outlook(trial: Trial, cols: Columns) -> Outlook:
    """What lies ahead with and without the version of a trial; ``cols``: of its derivation."""
    ways, zone = trial.ways, trial.derivation.world.areas.region.zone
    moment = max(ways.now, ways.switch_at)
    n_at_once, days, work = 0, {BEFORE: Counter(), AFTER: Counter()}, {BEFORE: Counter(), AFTER: Counter()}
    for part, _ in cuts(cols):
        tables = {side: trial.derivation.derive(side, part) for side in (BEFORE, AFTER)}
        for side, table in tables.items():
            work[side].update(_pending(trial.derivation, table, ways.now))
        old, new = _both(*(_freed(trial.derivation, tables[side], ways.now) for side in (BEFORE, AFTER)))
        n_at_once += int(((new <= moment) & (old > moment)).sum())
        moved = old != new
        days[BEFORE].update(_days(old[moved], zone))
        days[AFTER].update(_days(np.maximum(new[moved], moment), zone))
    return Outlook(
        n_at_once,
        tuple(
            FreeDay(d, days[BEFORE][d], days[AFTER][d])
            for d in sorted(days[BEFORE].keys() | days[AFTER].keys())
        ),
        tuple(
            StepWork(key, role, work[BEFORE][role, key], work[AFTER][role, key])
            for role, key in dict.fromkeys((*work[BEFORE], *work[AFTER]))
        ),
    )


def _rows(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """The rows that count of a table, and the loop of each."""
    first, end = table.heads[:, 2], table.heads[:, 3]
    sizes = end - first
    loop = np.repeat(np.arange(len(sizes)), sizes)
    start = np.cumsum(sizes) - sizes
    return np.repeat(first - start, sizes) + np.arange(len(loop)), loop


def _pending(d: Derivation, table: Table, now: int) -> Mapping[Step, int]:
    """How many duties of each step count from something and are not settled by then."""
    rows, _ = _rows(table)
    times, refs = table.times[rows], table.refs[rows]
    met = np.where(times[:, T_MET] <= times[:, T_ENDED], times[:, T_MET], NEVER)
    settled = np.minimum(met, np.minimum(times[:, T_ENDED], times[:, T_WAIVED]))
    settled = np.minimum(settled, np.maximum(times[:, T_UNTIL], times[:, T_DUE]))
    is_ahead = (times[:, T_ANCHOR] != NEVER) & (times[:, T_DUE] != NEVER) & (settled > now)
    found: Counter[Step] = Counter()
    steps, counts = np.unique(refs[is_ahead][:, [R_VERSION, R_KEY]], axis=0, return_counts=True)
    for (v, k), n in zip(steps.tolist(), counts.tolist(), strict=True):
        key = d.key_names[k]
        found[table.versions[v].obligation(key).by.role, key] += n
    return found


def _freed(d: Derivation, table: Table, now: int) -> Freed:
    """From when on each loop's subject is owed its release: the latest there is, done or still to be done."""
    rows, loop = _rows(table)
    refs = table.refs[rows]
    frees = np.zeros((len(table.versions), len(d.key_names)), np.bool_)
    for v, version in enumerate(table.versions):
        frees[v, [d.keys[o.key] for o in version.obligations if o.frees]] = True
    is_release = frees[refs[:, R_VERSION], refs[:, R_KEY]]
    times, loop = table.times[rows[is_release]], loop[is_release]
    is_met = times[:, T_MET] <= np.minimum(now, times[:, T_ENDED])
    stands = np.minimum(times[:, T_ENDED], times[:, T_WAIVED]) > now
    owed = np.where(is_met, times[:, T_MET], times[:, T_OPEN])
    latest = np.full(len(table), -NEVER, np.int64)
    counts = (is_met | stands) & (times[:, T_DUE] != NEVER)
    np.maximum.at(latest, loop[counts], owed[counts])
    return table.openings.fact, np.where(latest == -NEVER, NEVER, latest)


def _both(old: Freed, new: Freed) -> tuple[np.ndarray, np.ndarray]:
    """The times of the loops that both sides have and see a release of."""
    _, i, j = np.intersect1d(old[0], new[0], assume_unique=True, return_indices=True)
    before, after = old[1][i], new[1][j]
    is_seen = (before != NEVER) & (after != NEVER)
    return before[is_seen], after[is_seen]


def _days(at: np.ndarray, zone: str) -> Counter[int]:
    """How many moments lie on each civil day."""
    quarters, counts = np.unique(at // QUARTER, return_counts=True)
    found: Counter[int] = Counter()
    for quarter, n in zip(quarters.tolist(), counts.tolist(), strict=True):
        east = datetime.fromtimestamp(quarter * QUARTER, UTC).astimezone(zone_info(zone)).utcoffset()
        found[(quarter * QUARTER + int(east.total_seconds())) // DAY] += n
    return found
