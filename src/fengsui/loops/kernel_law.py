"""All versions of one protocol as the kernel reads them: one buffer of integers, and which holds where.

Handing an array over to compiled code costs as much as deriving a fact; a version is twelve tables. So they
are laid end to end once, and the kernel looks at each where it lies.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fengsui.loops.compiled import inner
from fengsui.loops.plan import Plan, Tables

# Columns of ``versions``; V_ORDER: line k names the k-th version by the time it begins
V_FROM, V_UNTIL, V_MODE, V_IS_BASE, V_IS_LOCAL, V_LOOKS_BACK, V_AGAIN_AFTER, V_ORDER = range(8)
# Tables of the buffer after those of ``Tables``
FREES, EACH, ROLLS, COLUMNS = range(len(Tables._fields), len(Tables._fields) + 4)
UNKNOWN = -1  # in ``timeline_of``: nobody has asked yet


class Law(NamedTuple):
    """What the versions of one protocol say."""

    words: np.ndarray  # int64: the tables of every version, end to end
    index: np.ndarray  # int64[n_versions, 16, 3]: where each begins, its lines, its columns
    masks: np.ndarray  # uint64[n_versions, n_codes]: which patterns a code matches
    versions: np.ndarray  # int64[n_versions, 8]: V_*
    held: np.ndarray  # bool[n_timelines, n_versions]; line 0 is where no place is known
    timeline_of: np.ndarray  # int64[n_places + 1]: the timeline of each place number + 1


def laid_out(plans: Sequence[Plan], columns: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """``words`` and ``index`` of some plans; ``columns[v][m]``: where milestone m of plan v is told."""
    words, index, at = [], np.zeros((len(plans), COLUMNS + 1, 3), np.int64), 0
    for v, (plan, own) in enumerate(zip(plans, columns, strict=True)):
        for k, table in enumerate((*plan.tables, plan.frees, plan.each, plan.rolls, np.array(own, np.int64))):
            index[v, k] = at, len(table), table.shape[1] if table.ndim == 2 else 1
            words.append(np.ravel(table))
            at += table.size
    return np.concatenate(words), index


@inner
def list_of(law, v, k):
    """Table ``k`` of version ``v`` as a list."""
    at = law.index[v, k, 0]
    return law.words[at : at + law.index[v, k, 1] * law.index[v, k, 2]]


@inner
def _table(law, v, k):
    return list_of(law, v, k).reshape(law.index[v, k, 1], law.index[v, k, 2])


@inner
def tables_of(law, v):
    """The tables of version ``v``."""
    return Tables(
        list_of(law, v, 0),
        _table(law, v, 1),
        _table(law, v, 2),
        _table(law, v, 3),
        list_of(law, v, 4),
        list_of(law, v, 5),
        _table(law, v, 6),
        _table(law, v, 7),
        _table(law, v, 8),
        _table(law, v, 9),
        _table(law, v, 10),
        list_of(law, v, 11),
    )
