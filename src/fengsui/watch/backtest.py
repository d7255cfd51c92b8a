"""What each detector costs and finds in a region's own history, by disease and level of area.

An outbreak is put into the last year of every series (see ``inject``); false alarms are counted in the same
weeks without it. What truly broke out there counts as a false alarm, so the cost is stated too high rather
than too low.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from fengsui.watch.inject import Plan, inject
from fengsui.watch.layouts import read_table
from fengsui.watch.quality import Contender, judged
from fengsui.watch.series import Series

GROUPS = ("disease", "level")
ABOUT = ("farrington_flexible nbPlugin", "ears C1", "ears C2", "outbreak_odds", "moving_percentile")


def groups_of(path: Path, many: Sequence[Series]) -> list[str]:
    """What each series of a file belongs to, by its columns ``disease`` and ``level``; "" without them."""
    table = read_table(path)
    named = [name for name in GROUPS if name in table.column_names]
    if not named:
        return [""] * len(many)
    columns = [table[name].to_pylist() for name in ("series_id", *named)]
    first = {}
    for row in zip(*columns, strict=True):
        first.setdefault(str(row[0]), " · ".join(str(value) for value in row[1:] if value is not None))
    return [first[one.series_id] for one in many]


def backtest(
    many: Sequence[Series],
    chosen: Sequence[Contender],
    plan: Plan,
    rng: np.random.Generator,
    *,
    group: Sequence[object] | None = None,
) -> list[Mapping[str, object]]:
    """A row for each detector and group, as ``quality.judged`` has them; all detectors see the same
    outbreaks.
    """
    labelled = inject(many, plan, rng, group=group)
    return judged(labelled, chosen, rng, apart=len(set(labelled.group)) > 1)
