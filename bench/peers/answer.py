"""The answer every side must give to the same facts, small enough to compare.

States are numbered here, independently of the engine, so that a peer needs nothing of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np

NEVER = 1 << 62
STATES = (
    "fulfilled",
    "late",
    "waiting",
    "scheduled",
    "open",
    "provisional",
    "unknown",
    "breached",
    "missed",
    "waived",
    "excused",
    "cancelled",
)
(
    FULFILLED,
    LATE,
    WAITING,
    SCHEDULED,
    OPEN,
    PROVISIONAL,
    UNKNOWN,
    BREACHED,
    MISSED,
    WAIVED,
    EXCUSED,
    CANCELLED,
) = range(len(STATES))
BREAKS = (LATE, PROVISIONAL, BREACHED, MISSED, EXCUSED)


@dataclass(frozen=True, slots=True)
class Answer:
    """Counts and sums over all obligations and all breaks.

    ``states``: how many obligations in each state. ``n_breaks``, ``since``, ``until``: how many breaks
    there are or were, and the sums of when they began and of when they ended (those that have).
    ``met_by``: the sum of the keys of the facts that fulfilled something, late or not.
    """

    states: Mapping[str, int]
    n_breaks: int
    since: int
    until: int
    met_by: int

    def as_json(self) -> dict[str, object]:
        """As plain values, to be handed from process to process."""
        return asdict(self)


def answer_of(
    states: Mapping[int, int], since: np.ndarray, until: np.ndarray, *, now: int, met_by: int
) -> Answer:
    """The answer from the counts by state number, and the breaks as arrays of seconds."""
    since, until = np.asarray(since, np.int64), np.asarray(until, np.int64)
    counted = {STATES[s]: int(n) for s, n in sorted(states.items()) if n}
    ended = int(until[until <= now].sum())
    return Answer(counted, len(since), int(since.sum()), ended, int(met_by))


def agree(answers: Iterable[tuple[str, Mapping[str, object]]]) -> None:
    """Raise Different unless every side gave the same answer as the first."""
    (first, expected), *others = answers
    for name, found in others:
        wrong = [
            f"{key}: {found[key]} instead of {value}"
            for key, value in expected.items()
            if found[key] != value
        ]
        if wrong:
            raise Different(f"{name} does not agree with {first}: {'; '.join(wrong)}")


class Different(AssertionError):
    """Two sides of a comparison did different work, so that comparing what it cost means nothing."""


def state_of(
    now: int, *, anchor: int, opens: int, due: int, until: int, ended: int, met: int, confirm_after: int
) -> int:
    """The state of one obligation at ``now``, for the peers that hold them one by one. NEVER: undefined."""
    met = met if met <= min(now, ended) else NEVER
    if met != NEVER:
        return FULFILLED if met < due else LATE
    if ended <= now and ended < due:
        return CANCELLED
    if anchor > now:
        return WAITING
    if ended <= now:
        return EXCUSED
    if max(due, until) <= now:
        return MISSED
    if due <= now:
        return PROVISIONAL if now < due + confirm_after else BREACHED
    return OPEN if opens <= now else SCHEDULED
