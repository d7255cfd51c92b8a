"""Series and settings nobody has seen: the same alarms and bounds as the R package, where it is installed."""

import csv
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import say
from tests.watch.reference import differences

SCRIPT = Path(__file__).with_name("beside.R")
WEEKS = 12
KEY = ("config_id", "series_id", "t")
METHODS = ("farrington_flexible", "farrington", "ears", "cusum", "bayes", "rki", "glr_nb")


def pick(rng: np.random.Generator, *choices: object) -> object:
    return choices[int(rng.integers(len(choices)))]


def flexible(rng: np.random.Generator) -> dict:
    return {
        "b": int(rng.integers(3, 7)),
        "w": int(rng.integers(1, 5)),
        "noPeriods": int(pick(rng, 1, 4, 8, 10)),
        "pastWeeksNotIncluded": int(rng.integers(2, 30)),
        "reweight": bool(rng.random() < 0.8),
        "weightsThreshold": round(float(rng.uniform(1, 3)), 2),
        "pThresholdTrend": pick(rng, 0.05, 0.2, 1),
        "thresholdMethod": pick(rng, "delta", "nbPlugin", "muan"),
        "powertrans": pick(rng, "2/3", "1/2", "none"),
        "alpha": pick(rng, 0.001, 0.01, 0.05),
        "limit54": pick(rng, [5, 4], [0, 4], [3, 2]),
    }


def classic(rng: np.random.Generator) -> dict:
    kept = ("b", "w", "reweight", "powertrans", "alpha", "limit54")
    return {key: value for key, value in flexible(rng).items() if key in kept}


def drawn(method: str, rng: np.random.Generator) -> dict:
    """Settings within what the method allows."""
    match method:
        case "farrington_flexible":
            return flexible(rng)
        case "farrington":
            return classic(rng)
        case "ears":
            kind = pick(rng, "C1", "C2", "C3")
            own = {"baseline": int(rng.integers(4, 15)), "minSigma": round(float(rng.uniform(0.1, 2)), 2)}
            return {"method": kind, **own, "alpha": pick(rng, 0.001, 0.01, 0.03)}
        case "cusum":
            k, h = round(float(rng.uniform(0.3, 1.5)), 2), round(float(rng.uniform(1, 4)), 2)
            scale = {"trans": pick(rng, "standard", "rossi", "anscombe", "anscombe2nd", "none")}
            return {"k": k, "h": h, **scale} | ({"m": "glm"} if rng.random() < 0.5 else {})
        case "glr_nb":
            more = pick(rng, {}, {"alpha": 0}, {"mu0": {"S": 2, "trend": True}})
            return {"c.ARL": round(float(rng.uniform(2, 7)), 1), "ret": "value", **more}
    past = {"b": int(rng.integers(1, 4)), "w": int(rng.integers(2, 7)), "actY": bool(rng.random() < 0.5)}
    return past | ({"alpha": pick(rng, 0.01, 0.05)} if method == "bayes" else {})


def in_r(value: object) -> str:
    """A value of a setting as R writes it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, list):
        return f"c({', '.join(map(str, value))})"
    if isinstance(value, dict):
        return f"list({', '.join(f'{key} = {in_r(one)}' for key, one in value.items())})"
    return repr(value)


def made(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Seasonal counts with trends and outbreaks, from a case in two weeks to hundreds a week."""
    t = np.arange(9 * 52)
    out = {}
    for i in range(n):
        level, slope, wave = rng.uniform(-0.7, 5.5), rng.uniform(-0.001, 0.002), rng.uniform(0, 1)
        mean = np.exp(level + slope * t + wave * np.cos(2 * np.pi * (t / 52 - rng.random())))
        y = rng.poisson(mean * rng.gamma(10, 0.1, len(t)))
        for at in rng.integers(0, len(t) - 3, 5):
            y[at : at + 3] += rng.poisson(4 * mean[at] ** 0.5, 3)
        y[-WEEKS + int(rng.integers(WEEKS))] += int(5 * mean[-1] ** 0.5)
        out[f"s{i}"] = y
    return out


def theirs(folder: Path, series: Path, settings: dict[str, dict]) -> list[dict]:
    """What R says of every setting on every series."""
    calls = [
        f"list({json.dumps(method)}, {json.dumps(name)}, {in_r(one)})"
        for method, named in settings.items()
        for name, one in named.items()
    ]
    path, out = folder / "calls.R", folder / "theirs.csv"
    path.write_text(f"weeks <- {WEEKS}\ncalls <- list({', '.join(calls)})\n")
    done = subprocess.run(
        ["Rscript", "--vanilla", str(SCRIPT), str(series), str(path), str(out)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "there is no package called" in done.stderr:
        pytest.skip("the R package surveillance is not on this machine")
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8") as file:
        return [typed(row) for row in csv.DictReader(file)]


def typed(row: dict) -> dict:
    """A row with numbers where there are numbers, None for what is missing."""
    numbers = {
        name: None if row[name] in ("NA", "NaN") else float(row[name]) for name in ("upperbound", "alarm")
    }
    return {"config_id": row["config_id"], "series_id": row["series_id"], "t": int(row["t"]), **numbers}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_on_unseen_series_and_settings_alarms_and_bounds_are_those_of_r(seed, tmp_path):
    if shutil.which("Rscript") is None:
        pytest.skip("R is not on this machine")
    rng = np.random.default_rng(seed)
    series = tmp_path / "series.csv"
    lines = [
        f"{name},{t + 1},NA,52,{count},1,0" for name, y in made(6, rng).items() for t, count in enumerate(y)
    ]
    series.write_text("series_id,t,date,freq,observed,population,state\n" + "\n".join(lines) + "\n")
    settings = {
        method: {f"{method}-{i}": drawn(method, rng) for i in range(6 if "flexible" in method else 3)}
        for method in METHODS
    }
    expected = theirs(tmp_path, series, settings)
    for method, named in settings.items():
        config, out = tmp_path / f"{method}.json", tmp_path / f"{method}.csv"
        config.write_text(json.dumps({name: {**one, "last": WEEKS} for name, one in named.items()}))
        said = say("watch", "run", method, "--series", series, "--config", config, "--out", out)
        assert (said.code, said.err) == (0, "")
        with out.open(encoding="utf-8") as file:
            ours = [typed({"upperbound": row.get("statistic"), **row}) for row in csv.DictReader(file)]
        wanted = [row for row in expected if row["config_id"] in named]
        assert len(wanted) == len(ours)
        wrong = differences(ours, wanted, key=KEY, columns=("alarm", "upperbound"))
        assert not wrong, [(at, name, them, us, named[at[0]]) for at, name, them, us in wrong[:5]]
