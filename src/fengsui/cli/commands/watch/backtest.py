"""Backtest: outbreaks put into your own series; what each detector finds, how late, at what cost.

回测：在本地历史序列中放入暴发，看各方法能发现多少、晚多久、误报多少。

Every series gets one outbreak in its last --weeks, of a size from --sizes (in standard deviations of that
series) and of the --shape given (shares of its cases by week). False alarms are counted in the same weeks
without it. With columns disease and level the figures come for each of them too; --alphas gives points on
the curve, of which a threshold is one.

每条序列在最后 --weeks 周内放入一起暴发：规模取自 --sizes（该序列标准差的倍数），各周份额由 --shape 给出。

误报按未放入暴发的同一时段计。有 disease、level 两列时分组给出；--alphas 给出阈值曲线上的各点。
"""

from pathlib import Path
from typing import Annotated

import numpy as np

from fengsui.cli.commands.watch._files import sources
from fengsui.cli.commands.watch._precision import Alphas, Methods, Settings, numbers, show
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.watch.backtest import ABOUT, backtest, groups_of
from fengsui.watch.inject import Plan
from fengsui.watch.quality import contenders
from fengsui.watch.series import read_series
from fengsui.watch.settings import read_settings

SeriesFile = Annotated[
    Path,
    sources(
        "--series",
        zh="序列：series_id,t,observed[,date,freq,population,disease,level]",
        en="series: series_id,t,observed[,date,freq,population,disease,level]",
    ),
]
Sizes = Annotated[
    str,
    option(
        "--sizes", "规模（标准差的倍数），默认 3,5,8", "sizes in standard deviations; 3,5,8", metavar="LIST"
    ),
]
Shape = Annotated[
    str,
    option(
        "--shape",
        "各周病例份额，默认 0.5,0.42,0.07,0.01",
        "shares of the cases by week; 0.5,0.42,0.07,0.01",
        metavar="LIST",
    ),
]
Weeks = Annotated[
    int, option("--weeks", "评价最后几周，默认 52", "the last weeks are judged; 52", metavar="N", min=1)
]
Freq = Annotated[
    int, option("--freq", "无 freq 列时每年的时段数，默认 52", "steps in a year; 52", metavar="N")
]
Seed = Annotated[int, option("--seed", "随机数种子", "seed of what is drawn", metavar="N")]


def command(
    run: Run,
    series: SeriesFile,
    method: Methods = None,
    alphas: Alphas = None,
    config: Settings = None,
    sizes: Sizes = "3,5,8",
    shape: Shape = "0.5,0.42,0.07,0.01",
    weeks: Weeks = 52,
    freq: Freq = 52,
    seed: Seed = 1,
) -> None:
    """Put in, judge, count."""
    many = read_series(series, freq=freq)
    plan = Plan(numbers("--sizes", sizes), numbers("--shape", shape), weeks).checked()
    named = read_settings(config) if config else None
    chosen = contenders(method or ABOUT, alphas=numbers("--alphas", alphas), settings=named)
    rng = np.random.default_rng(seed)
    show(run, backtest(many, chosen, plan, rng, group=groups_of(series, many)))
