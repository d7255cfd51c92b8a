"""Reconciliation at hand-overs: who left one stage must have reached the next, or be named.

For each pair of stages, in = out + under way + stopped + broken. Nobody vanishes between two stages,
because everyone who is neither through, nor still in time, nor stopped is on the list by name.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from fengsui.kit.instant import NEVER
from fengsui.loops.duty import BROKEN, Duty, Status, broken_from, status
from fengsui.loops.loop import Loop
from fengsui.protocols.model import Protocol

LOST = BROKEN | {Status.UNKNOWN, Status.MISSED}
LIFTED = frozenset({Status.WAIVED, Status.CANCELLED, Status.EXCUSED})
StatusOf = Callable[[Loop, Duty], Status]


@dataclass(frozen=True, slots=True)
class Passage:
    """Two stages that follow one another, and the obligations whose evidence is arriving at the second."""

    start: str  # a milestone
    end: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody between two stages for longer than the protocol allows."""

    loop: str
    at: int  # since when the hand-over is overdue
    status: Status  # provisional, unknown, breached or missed


@dataclass(frozen=True, slots=True)
class HandOver:
    """One pair of stages in one group: n_in = n_out + under_way + stopped + len(broken).

    ``n_unseen`` stands beside the sum: they were seen at the second stage but never at the first.
    """

    group: Hashable
    start: str
    end: str
    n_in: int
    n_out: int
    under_way: int
    stopped: int
    broken: tuple[Lost, ...]
    n_unseen: int = 0


def passages(versions: Iterable[Protocol]) -> tuple[Passage, ...]:
    """The stages of a protocol's versions in pairs; the obligations of all versions lead across."""
    keys: dict[tuple[str, str], set[str]] = {}
    for version in versions:
        for start, end in zip(version.stages, version.stages[1:], strict=False):
            keys.setdefault((start, end), set()).update(_leading_to(version, end))
    return tuple(Passage(start, end, frozenset(found)) for (start, end), found in keys.items())


def _leading_to(version: Protocol, stage: str) -> set[str]:
    pattern = version.milestone(stage).pattern
    kinds = set(pattern.kinds) if pattern else set()
    return {o.key for o in version.obligations if kinds & set(o.evidence.pattern.kinds)}


def reconcile(
    loops: Iterable[Loop],
    stages: Sequence[Passage],
    *,
    now: int,
    group: Callable[[Loop], Hashable] = lambda loop: None,
    status_of: StatusOf | None = None,
) -> list[HandOver]:
    """Every group's hand-overs at ``now``, groups in their order, stages in the protocol's.

    ``status_of`` reads a duty as the protocol does (confirmation time, silent sources); without it a
    duty past its due is simply breached.
    """
    status_of = status_of or (lambda loop, duty: status(duty, now))
    counts: dict[tuple[Hashable, Passage], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    lost: dict[tuple[Hashable, Passage], list[Lost]] = defaultdict(list)
    for loop in loops:
        for passage in stages:
            where = _whereabouts(loop, passage, now=now, status_of=status_of)
            at = (group(loop), passage)
            if isinstance(where, Lost):
                lost[at].append(where)
                counts[at]["n_in"] += 1
            elif where:
                counts[at][where] += 1
                counts[at]["n_in"] += where != "n_unseen"
    order = {passage: i for i, passage in enumerate(stages)}
    return [
        HandOver(
            group=name,
            start=passage.start,
            end=passage.end,
            n_in=found["n_in"],
            n_out=found["n_out"],
            under_way=found["under_way"],
            stopped=found["stopped"],
            broken=tuple(sorted(lost[name, passage], key=lambda one: (one.at, one.loop))),
            n_unseen=found["n_unseen"],
        )
        for (name, passage), found in sorted(
            counts.items(), key=lambda item: (str(item[0][0] or ""), order[item[0][1]])
        )
    ]


def _whereabouts(loop: Loop, passage: Passage, *, now: int, status_of: StatusOf) -> str | Lost:
    """What became of one subject between two stages; empty if it was at neither."""
    arrived = _reached(loop, passage.end, now)
    if not _reached(loop, passage.start, now):
        return "n_unseen" if arrived else ""
    if arrived:
        return "n_out"
    due = [(status_of(loop, d), d) for d in loop.duties if d.key in passage.keys]
    late = [(min(broken_from(d), now), s) for s, d in due if s in LOST]
    if late:
        at, how = min(late, key=lambda pair: (pair[0], pair[1].value))
        return Lost(loop.id, at, how)
    stopped = loop.closed_at <= now or (due and all(s in LIFTED for s, _ in due))
    return "stopped" if stopped else "under_way"


def _reached(loop: Loop, stage: str, now: int) -> bool:
    return any(reached.at <= now and reached.at != NEVER for reached in loop.milestones.get(stage, ()))
