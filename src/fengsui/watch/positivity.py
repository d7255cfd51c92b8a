"""Positivity, and incidence as if testing had not changed.

Of twice the cases at twice the tests nobody can say from these two numbers whether there is more disease.
Counts take all of the rise for disease, positivity none of it; the geometric mean of both lies between. That
it follows the true prevalence best was found by Chiu & Ndeffo-Mbah, PLoS Comput Biol 17 (2021) e1009374.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.importation import share_interval
from fengsui.watch.raw import read_counts

USUAL = 28  # steps whose median testing is the usual


def adjusted_incidence(
    cases: np.ndarray, tests: np.ndarray, *, usual: np.ndarray | float | None = None, power: float = 0.5
) -> np.ndarray:
    """Cases at the usual number of tests: cases × (usual / tests)^power; NaN where nobody was tested.

    ``power`` 0 gives the cases, 1 positivity times the usual tests. ``usual``: if not said, the median.
    """
    cases, tests = np.asarray(cases, dtype=float), np.asarray(tests, dtype=float)
    known = np.where(tests > 0, tests, np.nan)
    usual = np.nanmedian(known) if usual is None else usual
    return cases * (usual / known) ** power


def usual_tests(tests: np.ndarray, *, steps: int = USUAL) -> np.ndarray:
    """For each step the median tests of the ``steps`` up to it: what was usual then."""
    known = np.where(np.asarray(tests, dtype=float) > 0, tests, np.nan)
    out = np.full(len(known), np.nan)
    for i in range(len(known)):
        past = known[max(0, i - steps + 1) : i + 1]
        out[i] = np.median(past[~np.isnan(past)]) if np.any(~np.isnan(past)) else np.nan
    return out


def positivity_table(series_id: str, cases: np.ndarray, tests: np.ndarray, *, power: float = 0.5) -> pa.Table:
    """``series_id, t, cases, tests, positivity, low, high, usual_tests, adjusted``: a row for each step.

    More positives than tests is no share (people are tested twice, or the columns do not belong together):
    positivity is NaN there.
    """
    cases, tests = np.asarray(cases, dtype=float), np.asarray(tests, dtype=float)
    is_share = (tests > 0) & (cases >= 0) & (cases <= tests)
    part, whole = np.where(is_share, cases, 0.0), np.where(is_share, tests, 0.0)
    low, high = share_interval(part, whole)
    usual = usual_tests(tests)
    return pa.table(
        {
            "series_id": pa.array([series_id] * len(cases), pa.string()),
            "t": np.arange(1, len(cases) + 1),
            "cases": cases,
            "tests": tests,
            "positivity": np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0),
            "low": low,
            "high": high,
            "usual_tests": usual,
            "adjusted": adjusted_incidence(
                np.where(cases >= 0, cases, np.nan), tests, usual=usual, power=power
            ),
        }
    )


def positivity_of_file(path: Path, *, power: float = 0.5) -> pa.Table:
    """The same for every series of a file that has a column ``tests``."""
    many = read_counts(path)
    if any("tests" not in one.beside for one in many):
        raise BadInput(str(path), (Finding(str(path), "tests", "no such column", "how many were tested"),))
    return pa.concat_tables(
        [positivity_table(one.series_id, one.observed, one.beside["tests"], power=power) for one in many]
    )
