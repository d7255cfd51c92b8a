"""Early warning: detectors, Rt and nowcasts over made-up series, CPU-seconds after the first call
compiled them; beside R, where Rscript and the packages surveillance and EpiEstim are there.

R does less of the same work, for it would take hours; its CPU-seconds are scaled up to ours. A backtest is
measured as it is run: 10,000 series and a year of weeks, with outbreaks and without.
"""

import csv
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import Failed, Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.watch import Part, Watch
from fengsui.watch.backtest import backtest
from fengsui.watch.boda import boda
from fengsui.watch.cusum import cusum
from fengsui.watch.ears import ears
from fengsui.watch.farrington import farrington, farrington_flexible
from fengsui.watch.glr import glr_nb
from fengsui.watch.history import moving_percentile
from fengsui.watch.inject import Plan
from fengsui.watch.nowcast import nowcast
from fengsui.watch.odds import outbreak_odds
from fengsui.watch.places import Areas, Cases, planar
from fengsui.watch.points import knox, stcd
from fengsui.watch.quality import contenders
from fengsui.watch.rt import Prior, estimate_many, estimate_uncertain
from fengsui.watch.scan import scan
from fengsui.watch.serial import Uncertain, discretised
from fengsui.watch.series import Series
from fengsui.watch.triangle import triangle_of

FULL = 10_000  # series-weeks
WEEKS, DAYS = 52, 365
SCRIPT = Path(__file__).parent / "peers" / "surveillance.R"
FIRST, SCANNED = np.datetime64("2026-01-01"), 28
NOUFAILY = {"noPeriods": 10, "pastWeeksNotIncluded": 26, "pThresholdTrend": 1, "alpha": 0.01}


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are series-weeks."""
    return run("watch", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """A row a task, and one of R's below it where it does the same."""
    sides = [Side("Fengsui", "bench.watch:run_tasks", {"size": ask.size})]
    if ask.size < FULL:
        ask.tell("less than all of the work: without R, which takes two minutes whatever the size")
    elif shutil.which("Rscript") is None:
        ask.tell("there is no Rscript here: Fengsui alone")
    else:
        sides.append(Side("R", "bench.watch:run_r", {"size": ask.size}))
    own, *others = in_turn(sides, runs=ask.runs, tell=ask.tell)
    out = []
    for name, note in own.value.items():
        row = row_of(name, own.cpu(name), "CPU-s", peak_mb=own.peak_mb, note=note)
        out.append(row)
        out += [
            row_of(name, r.cpu(name), "CPU-s", peer="R", own=row, note=r.value[name])
            for r in others
            if name in r.value
        ]
    return out


def units(size: int) -> dict[str, int]:
    """How much of each task Fengsui does, in the units in which R counts its own: series, or
    series-weeks.
    """
    n = max(1, size // WEEKS)
    flexible = ("nbPlugin", "delta, trend tested", "defaults")
    weeks = {f"farrington_flexible {name}": n * WEEKS for name in flexible}
    series = {"cusum, seasonal mean": n, "glr_nb, fitted inside": n, "Rt": 200}
    return {**weeks, "farrington of 1996": n * WEEKS, **series, **{f"ears C{i}": 1_000 for i in (1, 2, 3)}}


def run_r(watch: Watch, *, size: int) -> dict[str, str]:
    """The same tasks by R, its own clock scaled up; what it did, by task. Failed where R ends badly."""
    ours = units(size)
    with tempfile.TemporaryDirectory(prefix="fengsui-bench-") as folder:
        out = Path(folder) / "r.csv"
        done = subprocess.run(
            ["Rscript", "--vanilla", str(SCRIPT), str(out)], capture_output=True, text=True, check=False
        )
        if "there is no package called" in done.stderr:
            return {}
        if done.returncode:
            raise Failed(done.stderr[-500:])
        with out.open(encoding="utf-8") as file:
            found = list(csv.DictReader(file))
    notes = {}
    for row in found:
        factor = ours.get(row["task"], 1) / int(row["units"])
        cpu = float(row["cpu"])
        watch.parts[row["task"]] = Part(cpu * factor, cpu * factor)
        notes[row["task"]] = f"measured {cpu:.3g} s" + (f", scaled {factor:,.0f} times" if factor > 1 else "")
    return notes


def run_tasks(watch: Watch, *, size: int) -> dict[str, str]:
    """Every task twice: once to compile, once under the watch; what was done, by task."""
    notes = {}
    for name, (work, note) in tasks(size).items():
        work()
        with watch.part(name):
            work()
        notes[name] = note
    return notes


def tasks(size: int) -> dict[str, tuple[Callable[[], object], str]]:
    """What is measured, and how much of it there is."""
    n = max(1, size // WEEKS)
    weekly, morning = made_up(n, 8 * WEEKS, 1), made_up(size, 8 * WEEKS, 2)
    daily = made_up(1_000, DAYS, 3)
    rng = np.random.default_rng(4)
    cases = [(rng.poisson(20, 200), rng.poisson(1, 200)) for _ in range(200)]
    interval = discretised(200, mean=5.0, sd=1.9)
    unsure = Uncertain(5, 1, (3, 7), 2, 0.5, (1, 3))
    rt = partial(estimate_many, cases, intervals=[interval] * 200, lengths=[7] * 200, priors=[Prior()] * 200)
    weeks = f"{n} series × 52 weeks, 8 years of history"
    delta = {**NOUFAILY, "thresholdMethod": "delta", "pThresholdTrend": 0.05}
    plug_in = {**NOUFAILY, "thresholdMethod": "nbPlugin"}
    return {
        "farrington_flexible nbPlugin": (partial(farrington_flexible, weekly, plug_in), weeks),
        "farrington_flexible delta, trend tested": (partial(farrington_flexible, weekly, delta), weeks),
        "farrington_flexible defaults": (partial(farrington_flexible, weekly, {}), weeks),
        "farrington_flexible, this week only": (
            partial(farrington_flexible, morning, {**plug_in, "last": 1}),
            f"{size:,} series",
        ),
        "farrington of 1996": (partial(farrington, weekly, {}), weeks),
        "ears C1": (partial(ears, daily, {"method": "C1"}), "1,000 series × 365 days"),
        "ears C2": (partial(ears, daily, {"method": "C2"}), "1,000 series × 365 days"),
        "ears C3": (partial(ears, daily, {"method": "C3"}), "1,000 series × 365 days"),
        "cusum, seasonal mean": (partial(cusum, weekly, {"trans": "rossi", "m": "glm"}), weeks),
        "glr_nb, fitted inside": (partial(glr_nb, weekly, {"last": WEEKS}), weeks),
        "outbreak_odds, this week only": (
            partial(outbreak_odds, morning, {"last": 1}),
            f"{size:,} series",
        ),
        "backtest": (
            partial(tested, morning),
            f"{size:,} series × 52 weeks twice, Farrington and EARS C1–C3",
        ),
        "boda": (partial(boda, weekly, {}), weeks),
        "moving_percentile": (partial(moving_percentile, weekly, {"last": WEEKS}), weeks),
        "Rt": (rt, "200 series × 200 days, weekly windows, seven quantiles"),
        "Rt, uncertain interval": (
            partial(estimate_uncertain, *cases[0], interval=unsure, seed=1),
            "1 series × 200 days, 500 intervals",
        ),
        "nowcast bayes.trunc": (partial(nowcast, outbreak(), method="bayes.trunc"), "15 days, 1,000 draws"),
        "nowcast lawless": (partial(nowcast, outbreak(), method="lawless"), "15 days"),
        **in_space_and_time(),
    }


def in_space_and_time() -> dict[str, tuple[Callable[[], object], str]]:
    """The tasks on points and areas; their sizes are always the same."""
    rng = np.random.default_rng(6)
    points = {n: (*rng.random((2, n)), np.sort(rng.random(n) * n)) for n in (1_000, 5_000, 10_000)}
    out = {}
    for n in (5_000, 10_000):
        x, y, t = points[n]
        work = partial(stcd, x, y, t=t, radius=0.05, epsilon=0.5, threshold=1_000)
        out[f"stcd, {n:,}"] = (work, f"{n:,} points")
    x, y, t = points[1_000]
    test = partial(knox, x, y, t=t, within=0.1, days=30, rng=rng)
    out["knox"] = (test, "1,000 points, 999 permutations")
    for n_areas, n_cases in ((100, 2_000), (1_000, 20_000)):
        for model in ("permutation", "poisson"):
            cases, areas = scattered(n_areas, n_cases, rng)
            asked = {"since": FIRST, "until": FIRST + SCANNED - 1, "model": model}
            note = f"{n_areas:,} areas, {n_cases:,} cases in 28 days, windows up to 28, 999 replicates"
            out[f"scan, {model}, {n_areas:,}"] = (partial(scan, cases, areas, **asked, rng=rng), note)
    return out


def scattered(n_areas: int, n_cases: int, rng: np.random.Generator) -> tuple[Cases, Areas]:
    """Cases by population over areas anywhere in a square, on any day."""
    people = rng.gamma(5, 1_000, n_areas)
    where = rng.choice(n_areas, n_cases, p=people / people.sum())
    names = tuple(str(i) for i in range(n_areas))
    areas = Areas(names, planar(*rng.random((2, n_areas))), people)
    return Cases(where, FIRST + rng.integers(0, SCANNED, n_cases)), areas


def made_up(n: int, length: int, seed: int) -> list[Series]:
    """Seasonal overdispersed counts around means from 1 to 50."""
    rng = np.random.default_rng(seed)
    season = 0.5 * np.cos(2 * np.pi * np.arange(length) / WEEKS)
    means = np.exp(rng.uniform(0, 4, (n, 1)) + season)
    return [
        Series(str(i), row.astype(float))
        for i, row in enumerate(rng.poisson(means * rng.gamma(5, 0.2, means.shape)))
    ]


def tested(many: list[Series]) -> object:
    """A backtest of Farrington's flexible form and EARS on these series."""
    chosen = contenders(["farrington_flexible nbPlugin", "ears C1", "ears C2", "ears C3"])
    return backtest(many, chosen, Plan(), np.random.default_rng(7))


def outbreak():
    """The reporting triangle of an outbreak as seen on its thirtieth day."""
    rng = np.random.default_rng(5)
    onsets = np.repeat(np.datetime64("2026-01-01") + np.arange(40), rng.poisson(20, 40))
    reports = onsets + rng.negative_binomial(3, 0.4, len(onsets))
    return triangle_of(onsets, reports, now=np.datetime64("2026-01-30"), longest=15)


if __name__ == "__main__":
    sys.exit(main())
