"""How far the counts themselves can be trusted: late, missing, suddenly silent, suddenly many.

An alarm on counts that were reported in one heap, or the quiet of a source that stopped, is the most usual
wrong signal there is; so this stands beside the alarms and not in a report of its own.
"""

from dataclasses import dataclass

import numpy as np

from fengsui.watch.counts import WEEK, Counts, Key

LOOK = {1: 28, WEEK: 8}  # steps that are looked at
SILENT = 1e-3  # how unlikely so long a run of zeros has to be
SUDDEN = 3.0  # times the most, or the least, of the steps before
LEAST = 20  # cases by which a sudden change has to differ


@dataclass(frozen=True, slots=True)
class Note:
    """What is odd about the reports of one series. ``what``: late, missing, silent, surge, drop.

    ``n``: steps not reported yet, steps missing, steps of silence; of a sudden change, the count. ``usual``:
    counts a step before.
    """

    what: str
    key: Key
    step: int
    n: float
    usual: float


def notes(counts: Counts) -> list[Note]:
    """Everything odd in the last steps, series by series. All ages together only."""
    look = LOOK.get(counts.step, LOOK[WEEK])
    found = []
    for i, key in enumerate(counts.keys):
        if not key.age:
            found += [
                Note(what, key, counts.step, n, usual) for what, n, usual in _odd(counts.observed[i], look)
            ]
    return found


def _odd(y: np.ndarray, look: int) -> list[tuple[str, float, float]]:
    known = np.flatnonzero(~np.isnan(y))
    if not len(known):
        return []
    end = known[-1] + 1
    found: list[tuple[str, float, float]] = []
    whole = y[known]
    usual = float(np.median(whole[-look - 1 : -1])) if len(whole) > 1 else 0.0
    if end < len(y):
        found.append(("late", float(len(y) - end), usual))
    recent = y[max(end - look, known[0]) : end]
    if n_missing := int(np.isnan(recent).sum()):
        found.append(("missing", float(n_missing), usual))
    run = len(whole) - (np.flatnonzero(whole)[-1] + 1 if whole.any() else 0)
    before = whole[: len(whole) - run][-4 * look :]
    # Poisson: the chance of no case in `run` steps is exp(-run * mean).
    if run and len(before) >= look and np.exp(-run * before.mean()) < SILENT:
        found.append(("silent", float(run), float(before.mean())))
    if len(whole) > look:
        last, past = whole[-1], whole[-look - 1 : -1]
        if last - past.max() >= LEAST and last >= SUDDEN * max(past.max(), 1):
            found.append(("surge", float(last), usual))
        elif past.min() - last >= LEAST and last * SUDDEN <= past.min():
            found.append(("drop", float(last), usual))
    return found
