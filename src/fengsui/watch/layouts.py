"""Rt and nowcasts in the reference's own layout: files of cases and of named settings in, tables out."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from fengsui.kit.errors import BadInput, Finding, NotFound
from fengsui.watch.nowcast import METHODS, Belief, Nowcast, nowcast
from fengsui.watch.rt import Prior, estimate_many, estimate_uncertain
from fengsui.watch.serial import Uncertain, discretised
from fengsui.watch.settings import read_settings
from fengsui.watch.triangle import Triangle, triangle_from_cells, triangle_of
from fengsui.watch.wallinga_teunis import wallinga_teunis

WINDOW = 7
ALL = "*"
UNCERTAIN = ("std_mean_si", "min_mean_si", "max_mean_si", "std_std_si", "min_std_si", "max_std_si")


def read_table(path: Path) -> pa.Table:
    """A CSV file with NA for what is missing; BadInput if it is none."""
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    options = csv.ConvertOptions(null_values=["NA", "NaN", ""], strings_can_be_null=True)
    try:
        return csv.read_csv(path, convert_options=options)
    except pa.ArrowInvalid as error:
        raise BadInput(str(path), (Finding(str(path), "file", str(error), "a table"),)) from error


def _pieces(table: pa.Table, by: str, where: Path) -> dict[object, pa.Table]:
    if by not in table.column_names:
        raise BadInput(str(where), (Finding(str(where), by, "no such column", "a column"),))
    rows: dict[object, list[int]] = {}
    for row, name in enumerate(table[by].to_pylist()):
        rows.setdefault(name, []).append(row)
    return {name: table.take(own) for name, own in rows.items()}


def _with_name(table: pa.Table, column: str, value: object) -> pa.Table:
    return table.add_column(0, column, pa.array([value] * table.num_rows))


def _number(config: Mapping, key: str, otherwise: float | None = None) -> float:
    value = config.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput("settings", (Finding("settings", key, repr(value), "a number"),))
    return float(value)


def _interval(config: Mapping, n_days: int) -> np.ndarray:
    if "si_distr" in config:
        return np.asarray(config["si_distr"], dtype=float)
    return _discretised(n_days, _number(config, "mean_si"), _number(config, "std_si"))


@lru_cache(maxsize=64)
def _discretised(n_days: int, mean: float, sd: float) -> np.ndarray:
    """The interval that a thousand areas share."""
    return discretised(n_days, mean=mean, sd=sd)


def rt_table(incidence: Path, settings: Path, *, seed: int = 1) -> pa.Table:
    """Rt of every run that has both cases (``run_id,t,local,imported`` or ``run_id,t,I``) and settings.

    Settings as in the reference: ``{"run": {"method": …, "config": {"mean_si": …}, "window": 7}}``. The name
    ``*`` is that of every run without settings of its own, so that one entry does for all areas. Where the
    cases have a ``date``, so has the table (``date_end``).
    """
    runs = _runs(incidence)
    named = read_settings(settings)
    asked = [(run, named[run]) for run in named if run in runs]
    if ALL in named:
        asked += [(run, named[ALL]) for run in runs if run not in named]
    if not asked:
        expected = f"a run that the settings name too, or {ALL}"
        raise BadInput(
            str(incidence), (Finding(str(incidence), "run_id", ", ".join(map(str, runs)), expected),)
        )
    found: dict[object, pa.Table] = {}
    certain = [(run, setting) for run, setting in asked if not _is_uncertain(setting)]
    intervals = [_interval(setting.get("config", {}), runs[run].num_rows) for run, setting in certain]
    many = (
        estimate_many(
            [_local_and_imported(runs[run]) for run, _ in certain],
            intervals=intervals,
            lengths=[int(setting.get("window", WINDOW)) for _, setting in certain],
            priors=[_prior(setting) for _, setting in certain],
        )
        if certain
        else []
    )
    found |= {run: table for (run, _), table in zip(certain, many, strict=True)}
    found |= {run: _unsure_rt(setting, runs[run], seed) for run, setting in asked if _is_uncertain(setting)}
    has_dates = all("date" in runs[run].column_names for run, _ in asked)
    return pa.concat_tables(
        [_with_name(_dated(found[run], runs[run], has_dates), "run_id", run) for run, _ in asked]
    )


def _runs(incidence: Path) -> dict[object, pa.Table]:
    table = read_table(incidence)
    return _pieces(table, "area" if "run_id" not in table.column_names else "run_id", incidence)


def _is_uncertain(setting: Mapping) -> bool:
    config = setting.get("config", {})
    return setting.get("method") == "uncertain_si" or all(key in config for key in UNCERTAIN)


def _local_and_imported(cases: pa.Table) -> tuple[np.ndarray, np.ndarray | None]:
    local = cases["local" if "local" in cases.column_names else "I"].to_numpy().astype(float)
    return local, cases["imported"].to_numpy().astype(float) if "imported" in cases.column_names else None


def _prior(setting: Mapping) -> Prior:
    config = setting.get("config", {})
    return Prior(_number(config, "mean_prior", 5.0), _number(config, "std_prior", 5.0))


def _dated(table: pa.Table, cases: pa.Table, has_dates: bool) -> pa.Table:
    """The table with the last day of each window, if the cases have dates."""
    if not has_dates:
        return table
    return table.add_column(2, "date_end", cases["date"].take(pa.array(table["t_end"].to_numpy() - 1)))


def _unsure_rt(setting: Mapping, cases: pa.Table, seed: int) -> pa.Table:
    config = setting.get("config", {})
    return estimate_uncertain(
        *_local_and_imported(cases),
        interval=_uncertain(config),
        seed=int(config.get("seed", seed)),
        n_intervals=int(config.get("n1", 500)),
        length=int(setting.get("window", WINDOW)),
        prior=_prior(setting),
    )


def _uncertain(config: Mapping) -> Uncertain:
    mean_sd, low_mean, high_mean, sd_sd, low_sd, high_sd = (_number(config, key) for key in UNCERTAIN)
    return Uncertain(
        _number(config, "mean_si"),
        mean_sd,
        (low_mean, high_mean),
        _number(config, "std_si"),
        sd_sd,
        (low_sd, high_sd),
    )


def wallinga_teunis_table(incidence: Path, settings: Path, *, n_draws: int = 100, seed: int = 1) -> pa.Table:
    """Case reproduction numbers of every run, in the layout of ``rt_table``."""
    runs = _pieces(read_table(incidence), "run_id", incidence)
    tables = []
    for run, setting in read_settings(settings).items():
        if run in runs:
            names = runs[run].column_names
            parts = [
                runs[run][name].to_numpy().astype(float)
                for name in ("I", "local", "imported")
                if name in names
            ]
            cases = np.sum(parts, axis=0)
            interval = _interval(setting.get("config", {}), len(cases) + 1)
            length = int(setting.get("window", WINDOW))
            table = wallinga_teunis(cases, interval=interval, length=length, n_draws=n_draws, seed=seed)
            tables.append(_with_name(table, "run_id", run))
    return pa.concat_tables(tables)


def nowcast_table(
    sources: Iterable[Path], cases: Path, *, method: str | None = None, compat: str | None = None
) -> pa.Table:
    """Nowcasts of every case for which there is a line list or a triangle, by every method or the one
    named.

    ``sources``: line lists ``dataset,dHospital,dReport`` and triangles ``case,date,delay,n``; a line
    list goes before a triangle, since it knows what came of the days.
    """
    asked = _cases(cases)
    lists, triangles = {}, {}
    for path in sources:
        table = read_table(path)
        if "dReport" in table.column_names:
            lists |= _pieces(table, "dataset", path)
        else:
            triangles |= _pieces(table, "case", path)
    found = [(case, _triangle(case, lists, triangles)) for case in asked]
    tables = [
        _nowcast_rows(case, name, _nowcast(case, triangle, name, compat))
        for case, triangle in found
        if triangle is not None
        for name in ([method] if method else [case["method"]] if "method" in case else METHODS)
    ]
    if not tables:
        expected = "a line list or triangle of one of the cases"
        raise BadInput(str(cases), (Finding(str(cases), "case", "none of them", expected),))
    return pa.concat_tables(tables)


def _cases(path: Path) -> list[Mapping]:
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise BadInput(str(path), (Finding(f"{path}:{error.lineno}", "cases", error.msg, "JSON"),)) from error
    if isinstance(given, dict):
        given = [{"case": name, **one} for name, one in given.items()]
    lacking = [one for one in given if not {"case", "now", "D"} <= one.keys()]
    if lacking:
        raise BadInput(str(path), (Finding(str(path), "cases", str(lacking[0])[:80], "case, now and D"),))
    return given


def _triangle(case: Mapping, lists: Mapping, triangles: Mapping) -> Triangle | None:
    if case.get("dataset") in lists:
        table = lists[case["dataset"]]
        onsets, reports = (
            table[name].to_numpy().astype("datetime64[D]") for name in ("dHospital", "dReport")
        )
        return triangle_of(onsets, reports, now=np.datetime64(case["now"]), longest=int(case["D"]))
    if case["case"] in triangles:
        table = triangles[case["case"]]
        counts = table["n"].to_numpy(zero_copy_only=False).astype(float)
        return triangle_from_cells(
            table["date"].to_numpy().astype("datetime64[D]"),
            table["delay"].to_numpy(),
            counts,
            now=np.datetime64(case["now"]),
        )
    return None


def _nowcast(case: Mapping, triangle: Triangle, method: str, compat: str | None) -> Nowcast:
    m = case.get("m")
    prior = dict(part.split("=") for part in str(case.get("prior", "")).split() if "=" in part)
    belief = Belief(
        mean=float(prior.get("mean.lambda", 50)),
        variance=float(prior.get("var.lambda", 3000)),
        most=int(case.get("N.tInf.max", 300)),
        kappa=float(case.get("gd.prior.kappa", 0.1)),
        n_draws=int(case.get("nSamples", 1000)),
        seed=int(case.get("seed", 2023)),
    )
    rows = int(m) + 1 if isinstance(m, int | float) else None
    return nowcast(
        triangle,
        method=method,
        n_days=int(case["D"]),
        rows=rows,
        belief=belief,
        compat=compat or case.get("compat"),
    )


def _nowcast_rows(case: Mapping, method: str, found: Nowcast) -> pa.Table:
    alpha = float(case.get("alpha", 0.05))
    median, low, high = found.median(), found.quantile(alpha / 2), found.quantile(1 - alpha / 2)
    known = np.isfinite(found.truth)
    outside = np.where(known, (found.truth < low) | (found.truth > high), np.nan)
    return pa.table(
        {
            "case": pa.array([case["case"]] * len(median)),
            "method": pa.array([method] * len(median)),
            "date": pa.array(found.dates),
            "observed_now": found.so_far,
            "final_truth": found.truth,
            "nowcast_median": median,
            "lo": low,
            "hi": high,
            "pred_mean": found.mean(),
            "pmf_sum": found.pmf.sum(axis=1),
            "logS": found.log_score(),
            "RPS": found.rank_score(),
            "dist_median": np.abs(found.quantile(0.5 - 1e-9) - found.truth),  # of two medians the lower
            "outside_ci": outside,
        }
    )
