"""Importation and rebound: where imported cases come from, how many a traveller, what came back from zero.

Intervals: of a rate that of Garwood, Biometrika 28 (1936) 437, which never says too little; of a share that
of Wilson, JASA 22 (1927) 209. Rebound: cases after ``quiet`` days without any. The default of 28 days is two
longest incubation times of COVID-19 (14 days); twice the longest incubation time is also what WHO waits for
before it declares an outbreak of Ebola over (42 days).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.kernel_fit import gamma_quantiles
from fengsui.watch.layouts import read_table

WINDOW, QUIET = 28, 28
PER = 100_000
Z = 1.959963984540054  # the normal quantile of 97.5 %


def rate_interval(cases: np.ndarray, exposure: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of a rate of counted events: exact; NaN without exposure."""
    cases, exposure = np.asarray(cases, dtype=float), np.asarray(exposure, dtype=float)
    levels = np.array([0.025, 0.975])
    low = np.where(cases > 0, gamma_quantiles(levels[:1], np.maximum(cases, 0.5))[:, 0], 0.0)
    high = gamma_quantiles(levels[1:], cases + 1.0)[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return tuple(np.where(exposure > 0, bound / exposure, np.nan) for bound in (low, high))


def share_interval(part: np.ndarray, whole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's 95 % interval of a share; NaN of nothing."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    n = np.where(whole > 0, whole, np.nan)
    p = part / n
    centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * np.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return np.maximum(0.0, centre - half), np.minimum(1.0, centre + half)


def rebounds(days: np.ndarray, *, quiet: int = QUIET) -> list[tuple[np.datetime64, int]]:
    """The first day of each return of cases and the days without any before it; ``days``: of the cases."""
    seen = np.unique(days)
    gaps = np.diff(seen).astype(int) - 1
    return [(seen[i + 1], int(gaps[i])) for i in np.flatnonzero(gaps >= quiet)]


def importation(
    cases: pa.Table,
    *,
    until: np.datetime64,
    travellers: pa.Table | None = None,
    window: int = WINDOW,
    quiet: int = QUIET,
) -> pa.Table:
    """Where the cases of the last ``window`` days came in, by ``origin`` and by ``port``; a row for each.

    ``cases``: ``date`` and ``origin`` or ``port`` or both, and ``cases`` (else each row is one).
    ``travellers``: ``date``, ``origin`` or ``port``, ``travellers``. Cases after ``until`` are not looked at.

    Columns: ``by, name, cases, before`` (of the window before), ``share, share_low, share_high`` (of all
    cases of the window), ``travellers, rate, rate_low, rate_high`` (a 100,000 travellers; NaN where nobody
    counts them), ``first_seen, last_seen, is_new`` (first seen in the window), ``rebound_on, quiet_days``
    (the last return after so many days without a case, if it lies in the window). Most cases first.
    """
    by = [name for name in ("origin", "port") if name in cases.column_names]
    if not by or "date" not in cases.column_names:
        expected = "date, origin or port"
        raise BadInput("cases", (Finding("cases", "columns", ", ".join(cases.column_names), expected),))
    rows = []
    for name in by:
        people = _by_place(travellers, name, until, window) if travellers is not None else {}
        rows += _rows(cases, name, people, until, window, quiet)
    return pa.Table.from_pylist(rows) if rows else pa.table({"by": pa.array([], pa.string())})


def _days(table: pa.Table) -> np.ndarray:
    return table["date"].to_numpy(zero_copy_only=False).astype("datetime64[D]")


def _counted(table: pa.Table, column: str) -> np.ndarray:
    if column not in table.column_names:
        return np.ones(table.num_rows)
    return table[column].cast(pa.float64()).to_numpy(zero_copy_only=False)


def _by_place(table: pa.Table, by: str, until: np.datetime64, window: int) -> dict[str, float]:
    """Travellers of the window by origin or port; empty if the table does not say."""
    if by not in table.column_names:
        return {}
    days, n = _days(table), _counted(table, "travellers")
    inside = (days <= until) & (days > until - window)
    out: dict[str, float] = {}
    for name, count in zip(np.array(table[by].to_pylist(), dtype=object)[inside], n[inside], strict=True):
        out[str(name)] = out.get(str(name), 0.0) + count
    return out


def _rows(
    cases: pa.Table, by: str, people: Mapping[str, float], until: np.datetime64, window: int, quiet: int
) -> list[dict]:
    days, n = _days(cases), _counted(cases, "cases")
    known = (days <= until) & (n > 0)
    days, n = days[known], n[known]
    names = np.array([str(name) for name in cases[by].to_pylist()], dtype=object)[known]
    inside, before = days > until - window, (days <= until - window) & (days > until - 2 * window)
    total = n[inside].sum()
    rows = []
    # A place with travellers and no case is the best news there is: it has a row too.
    for name in sorted({*names, *people}):
        own = names == name
        here, travelled = n[own & inside].sum(), people.get(name, np.nan)
        rate = PER * here / travelled if travelled > 0 else np.nan
        low, high = rate_interval(np.array([here]), np.array([travelled]))
        share = share_interval(np.array([here]), np.array([total]))
        back = [one for one in rebounds(days[own], quiet=quiet) if one[0] > until - window]
        first = days[own].min() if own.any() else None
        rows.append(
            {
                "by": by, "name": name, "cases": float(here), "before": float(n[own & before].sum()),
                "share": float(here / total) if total else np.nan,
                "share_low": float(share[0][0]), "share_high": float(share[1][0]),
                "travellers": float(travelled), "rate": float(rate),
                "rate_low": float(PER * low[0]), "rate_high": float(PER * high[0]),
                "first_seen": None if first is None else first.astype(object),
                "last_seen": days[own].max().astype(object) if own.any() else None,
                "is_new": int(first is not None and first > until - window),
                "rebound_on": back[-1][0].astype(object) if back else None,
                "quiet_days": back[-1][1] if back else None,
            }
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row["cases"], row["name"]))


def importation_of_files(
    cases: Path, travellers: Path | None, *, until: np.datetime64 | None, window: int, quiet: int
) -> pa.Table:
    """The same from files; ``until``: by default the day of the last case."""
    table = read_table(cases)
    if "date" not in table.column_names or not table.num_rows:
        raise BadInput(str(cases), (Finding(str(cases), "date", "nothing", "cases with dates"),))
    people = None if travellers is None else read_table(travellers)
    last = _days(table).max() if until is None else until
    return importation(table, until=last, travellers=people, window=window, quiet=quiet)
