"""The epidemic curve of a line list as it stands today: reported, expected in the end, and Rt of it.

Rt of the last days rests on cases not yet reported. So it is worked out for many possible ends of the
last days, drawn from the nowcast with one delay distribution each, and what is shown is the mixture: its
interval holds the uncertainty of the delays, of the counts and of R.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.layouts import read_table
from fengsui.watch.nowcast import drawn_totals
from fengsui.watch.rt import Prior, windows
from fengsui.watch.serial import discretised
from fengsui.watch.triangle import triangle_of

HISTORY = 60  # days
N_DRAWS = 1000  # as many as the nowcast draws
SHOWN = {"q025": 0.025, "median": 0.5, "q975": 0.975}


@dataclass(frozen=True, eq=False)
class LineList:
    """Cases by day of onset and of report (``datetime64[D]``), and which of them were infected elsewhere."""

    onsets: np.ndarray
    reports: np.ndarray
    is_imported: np.ndarray

    def __len__(self) -> int:
        return len(self.onsets)

    def known_at(self, now: np.datetime64) -> "LineList":
        """What had been reported by then."""
        seen = self.reports <= now
        return LineList(self.onsets[seen], self.reports[seen], self.is_imported[seen])


def epidemic_curve(
    cases: LineList,
    *,
    now: np.datetime64,
    longest: int,
    interval: np.ndarray,
    length: int = 7,
    prior: Prior | None = None,
    seed: int = 1,
    first: np.datetime64 | None = None,
    history: int | None = HISTORY,
) -> pa.Table:
    """A row for each day to ``now``: ``date, local, imported`` as reported; local cases expected in the end
    (``expected, expected_low, expected_high``, 95 %), and ``rt, rt_q025, rt_median, rt_q975`` of the
    window of ``length`` days that ends there.

    ``longest``: the longest delay from onset to report (days). ``history``: from how many of the last days
    delays are learned, since reporting changes with time; None: from all. ``interval``: chances of 0, 1, 2 …
    days between a case and those it infects. Rt is NaN before the first window older than one interval.
    """
    known = cases.known_at(now)
    if not len(known):
        raise BadInput("line list", (Finding("line list", "report", "no case by then", "cases"),))
    first = known.onsets.min() if first is None else first
    days = np.arange(first, now + np.timedelta64(1, "D"))
    both = [_by_day(known, days, is_imported=flag) for flag in (False, True)]
    asked = {"now": now, "longest": longest, "history": history, "seed": seed}
    local, imported = (
        _in_the_end(known, counts, is_imported=flag, **asked)
        for flag, counts in zip((False, True), both, strict=True)
    )
    rng = np.random.default_rng(seed)
    rt = rt_of_draws(local, imported, interval=interval, length=length, prior=prior or Prior(), rng=rng)
    low, high = np.quantile(local, (0.025, 0.975), axis=0)
    columns = {"date": pa.array(days, pa.date32()), "local": both[0], "imported": both[1]}
    columns |= {"expected": local.mean(axis=0), "expected_low": low, "expected_high": high}
    return pa.table({**columns, **rt})


def _in_the_end(
    known: LineList,
    counts: np.ndarray,
    *,
    now: np.datetime64,
    longest: int,
    history: int | None,
    is_imported: bool,
    seed: int,
) -> np.ndarray:
    """Possible counts once all is reported, ``[draw, day]``; delays are those of local and imported alike."""
    out = np.repeat(counts[None, :], N_DRAWS, axis=0)
    if not counts.sum() or len(counts) <= longest:
        return out
    first = now - (len(counts) - 1)
    own = known.is_imported == is_imported
    triangles = [
        triangle_of(known.onsets[rows], known.reports[rows], now=now, longest=longest, first=first)
        for rows in (own, np.ones(len(known), bool))
    ]
    out[:, -longest:] = drawn_totals(triangles[0], rows=history, delays=triangles[1], seed=seed)
    return out


def _by_day(cases: LineList, days: np.ndarray, *, is_imported: bool) -> np.ndarray:
    at = (cases.onsets[cases.is_imported == is_imported] - days[0]).astype(int)
    return np.bincount(at[(at >= 0) & (at < len(days))], minlength=len(days)).astype(float)


def rt_of_draws(
    totals: np.ndarray,
    imported: np.ndarray,
    *,
    interval: np.ndarray,
    length: int,
    prior: Prior,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Rt by day of many possible courses of local cases, ``totals[draw, day]``: one value drawn for each.

    ``imported``: by day, or by draw and day.
    Where all courses agree that is Cori's posterior (``rt``), but for the draw.
    """
    n_days = totals.shape[1]
    local, from_elsewhere = totals.copy(), np.broadcast_to(imported, totals.shape).astype(float)
    from_elsewhere[:, 0] += local[:, 0]
    local[:, 0] = 0.0
    weights = np.zeros(n_days)
    weights[: min(n_days, len(interval))] = interval[:n_days]
    weights[0] = 0.0
    back = np.subtract.outer(np.arange(n_days), np.arange(n_days))
    force = (local + from_elsewhere) @ np.where(back > 0, weights[np.maximum(back, 0)], 0.0).T
    starts, ends = windows(n_days, length)
    shape = prior.shape + _window_sums(local, starts, ends)
    scale = 1 / (1 / prior.scale + _window_sums(force, starts, ends))
    drawn = rng.standard_gamma(shape) * scale
    drawn[:, ends <= np.arange(len(interval)) @ interval] = np.nan
    out = {name: np.full(n_days, np.nan) for name in ("rt", *(f"rt_{key}" for key in SHOWN))}
    out["rt"][ends - 1] = (shape * scale + 0 * drawn).mean(axis=0)
    for key, level in SHOWN.items():
        out[f"rt_{key}"][ends - 1] = np.quantile(drawn, level, axis=0)
    return out


def _window_sums(values: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    running = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    return running[:, ends] - running[:, starts - 1]


def curves_of_file(
    path: Path,
    *,
    now: np.datetime64 | None,
    longest: int,
    interval: tuple[float, float],
    length: int = 7,
    history: int | None = HISTORY,
    seed: int = 1,
) -> pa.Table:
    """The curves of a line list ``[area,]onset,report[,imported]``, all areas one after the other.

    ``now``: by default the day of the last report. ``interval``: mean and standard deviation (days) of the
    serial interval. Cases without an onset day have none to stand on and are left out.
    """
    table = read_table(path)
    lacking = [name for name in ("onset", "report") if name not in table.column_names]
    if lacking:
        where = str(path)
        raise BadInput(where, tuple(Finding(where, name, "no such column", "a column") for name in lacking))
    table = table.filter(pc.and_(table["onset"].is_valid(), table["report"].is_valid()))
    n = table.num_rows
    areas = table["area"].to_pylist() if "area" in table.column_names else [path.stem] * n
    onsets, reports = (_day_column(table, name, path) for name in ("onset", "report"))
    imported = np.zeros(n, bool)
    if "imported" in table.column_names:
        imported = np.array(
            [value in (1, True, "1", "true", "yes") for value in table["imported"].to_pylist()]
        )
    if not n:
        raise BadInput(str(path), (Finding(str(path), "onset", "nothing", "cases with onset and report"),))
    now = reports.max() if now is None else now
    names = np.array(areas, dtype=object)
    tables = []
    for name in dict.fromkeys(areas):
        own = names == name
        cases = LineList(onsets[own], reports[own], imported[own])
        if not len(cases.known_at(now)):
            continue
        weights = discretised(
            max(2, int((now - onsets[own].min()).astype(int)) + 1), mean=interval[0], sd=interval[1]
        )
        made = epidemic_curve(
            cases,
            now=now,
            longest=longest,
            interval=weights,
            length=length,
            seed=seed,
            history=history,
        )
        tables.append(made.add_column(0, "area", pa.array([str(name)] * made.num_rows)))
    if not tables:
        raise BadInput(str(path), (Finding(str(path), "report", f"none by {now}", "a case by then"),))
    return pa.concat_tables(tables)


def _day_column(table: pa.Table, name: str, path: Path) -> np.ndarray:
    try:
        return table[name].cast(pa.date32()).to_numpy(zero_copy_only=False).astype("datetime64[D]")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadInput(str(path), (Finding(str(path), name, str(error)[:80], "dates"),)) from error
