"""Forecast the next weeks with intervals, by the endemic-epidemic model and by plain baselines.

用地方性—流行性模型和简单基线预报今后几周，附区间。

With --origins it forecasts from each of the last weeks with what was known then, to be scored.

给出 --origins 时，从最近各周出发、仅用当时已有数据预报，供评分。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.commands.watch._files import Out, sources, write
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.forecast import BASELINES
from fengsui.watch.panels import forecast_table

SeriesFile = Annotated[
    Path,
    sources(
        "--series",
        zh="序列：series_id,t,date,freq,observed,population；未知处为 NA",
        en="series: series_id,t,date,freq,observed,population; NA where unknown",
    ),
]
Config = Annotated[
    Path | None,
    option(
        "--config",
        "命名模型设置的 JSON 文件，可省略",
        "JSON file of named models; may be left out",
        metavar="FILE",
    ),
]
Ways = Annotated[
    Path | None,
    sources(
        "--weights",
        "--neighbours",
        zh="相邻关系 area,neighbour[,weight]：各序列成为一个面板",
        en="who borders on whom: area,neighbour[,weight]; all series become one panel",
    ),
]
Columns = Annotated[
    Path | None,
    option(
        "--columns",
        "协变量 series_id,t|date,名称…（如输入病例），须含预报周",
        "covariates series_id,t|date,names… such as importations, weeks to come included",
        metavar="FILE",
    ),
]
Horizon = Annotated[int, option("--horizon", "预报几周，默认 4", "weeks ahead; 4", metavar="N", min=1)]
Origins = Annotated[
    int,
    option(
        "--origins",
        "从最近多少周逐一预报，默认 1（现在）",
        "from how many past weeks; 1, now",
        metavar="N",
        min=1,
    ),
]
Every = Annotated[
    int, option("--every", "起点间隔周数，默认 1", "weeks between origins; 1", metavar="N", min=1)
]
Baselines = Annotated[
    str,
    option(
        "--baselines",
        "简单基线，默认 last_value,same_season",
        "plain forecasts beside it: last_value,same_season",
        metavar="NAMES",
    ),
]
Draws = Annotated[
    int, option("--draws", "模拟路径数，默认 1000", "courses simulated; 1000", metavar="N", min=20)
]
Seed = Annotated[int, option("--seed", "随机数种子", "seed of what is drawn", metavar="N")]


def command(
    run: Run,
    series: SeriesFile,
    config: Config = None,
    ways: Ways = None,
    columns: Columns = None,
    horizon: Horizon = 4,
    origins: Origins = 1,
    every: Every = 1,
    baselines: Baselines = "last_value,same_season",
    draws: Draws = 1000,
    seed: Seed = 1,
    out: Out = None,
) -> None:
    """Forecast and write the table."""
    names = [name for name in baselines.split(",") if name]
    if unknown := [name for name in names if name not in BASELINES]:
        expected = " or ".join(BASELINES)
        raise BadInput("--baselines", (Finding("--baselines", "name", unknown[0], expected),))
    table = forecast_table(
        series,
        settings=config,
        ways=ways,
        columns=columns,
        horizon=horizon,
        n_origins=origins,
        every=every,
        baselines=names,
        n_draws=draws,
        seed=seed,
    )
    write(run, table, out)
