"""The table of forecasts judged by what came: scores by model and weeks ahead."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.scores import LEVELS, dawid_sebastiani, is_covered, weighted_interval_score

CENTRAL = (0.5, 0.8, 0.95)


def score_table(forecasts: pa.Table, *, against: str = "last_value", where: str = "forecasts") -> pa.Table:
    """Scores by model and horizon, and over all horizons (0), where what came is known.

    Columns: ``model, horizon, n, wis, relative_wis`` (as a share of that of ``against`` on the same rows),
    ``mae`` (of the median), ``bias`` (mean forecast less truth), ``cover50, cover80, cover95`` (shares),
    ``dss``, ``log_score`` (NaN for forecasts that are not distributions over counts).
    """
    names = [f"q{level:g}" for level in LEVELS]
    lacking = [
        name for name in ("model", "horizon", "observed", *names) if name not in forecasts.column_names
    ]
    if lacking:
        raise BadInput(where, tuple(Finding(where, name, "no such column", "a column") for name in lacking))
    q = np.stack([_floats(forecasts, name) for name in names], axis=1)
    truth, mean, sd = (_floats(forecasts, name) for name in ("observed", "mean", "sd"))
    wis = weighted_interval_score(q, truth, levels=np.array(LEVELS))
    scores = {
        "wis": wis,
        "mae": np.abs(q[:, LEVELS.index(0.5)] - truth),
        "bias": mean - truth,
        **{
            f"cover{share * 100:g}": is_covered(q, truth, levels=np.array(LEVELS), share=share)
            for share in CENTRAL
        },
        # A forecast that is certain has no such score: at least a rounding error of one count is assumed.
        "dss": dawid_sebastiani(truth, mean, np.maximum(sd, 12**-0.5) ** 2),
        "log_score": _floats(forecasts, "log_score"),
    }
    return _by_model(forecasts, scores, against)


def _floats(table: pa.Table, name: str) -> np.ndarray:
    return table[name].cast(pa.float64()).to_numpy(zero_copy_only=False)


def _by_model(forecasts: pa.Table, scores: Mapping[str, np.ndarray], against: str) -> pa.Table:
    """Means over the rows that every model could forecast: else the one that shirks hard weeks wins."""
    models = np.array(forecasts["model"].to_pylist(), dtype=object)
    horizons = forecasts["horizon"].to_numpy()
    keys = list(
        zip(*(forecasts[name].to_pylist() for name in ("series_id", "origin", "horizon")), strict=True)
    )
    counted: dict[tuple, int] = {}
    for key, is_there in zip(keys, np.isfinite(scores["wis"]), strict=True):
        counted[key] = counted.get(key, 0) + int(is_there)
    n_models = len(set(models))
    common = np.array([counted[key] == n_models for key in keys]) & np.isfinite(scores["wis"])
    rows = []
    for model in dict.fromkeys(models):
        for horizon in (*sorted(set(horizons.tolist())), 0):
            here = common & ((horizons == horizon) | (horizon == 0))
            own, other = here & (models == model), here & (models == against)
            if not own.any():
                continue
            means = {name: _mean(values[own]) for name, values in scores.items()}
            relative = means["wis"] / scores["wis"][other].mean() if other.any() else np.nan
            row = {"model": model, "horizon": int(horizon), "n": int(own.sum()), "wis": means.pop("wis")}
            rows.append({**row, "relative_wis": relative, **means})
    return pa.Table.from_pylist(rows)


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
