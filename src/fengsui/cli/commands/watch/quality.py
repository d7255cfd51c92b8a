"""How good are the detectors? On made-up series whose outbreaks are known.

各探测方法有多好？用暴发时间已知的模拟序列来量。

Draws the 42 scenarios of Noufaily and others, or reads labelled series, and prints for each detector: false
alarms a week, outbreaks found, how soon. Another --seed draws other series.

抽取 Noufaily 等人的 42 种情景，或读取已标注的序列；逐一给出每周误报率、发现的暴发比例与及时性。

换 --seed 即换一批序列。
"""

from pathlib import Path
from typing import Annotated

import numpy as np

from fengsui.cli.commands.watch._files import compat_of
from fengsui.cli.commands.watch._precision import Alphas, Methods, Settings, numbers, show
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.watch.quality import contenders, judged
from fengsui.watch.scenarios import draw, read_labelled
from fengsui.watch.settings import read_settings

Seed = Annotated[int, option("--seed", "随机数种子", "seed of what is drawn", metavar="N")]
Each = Annotated[
    int, option("--each", "每种情景几条序列，默认 10", "series of each scenario; 10", metavar="N", min=1)
]
LabelledFile = Annotated[
    Path | None,
    option(
        "--labelled",
        "已标注的序列：col,t,y_without_current,y_with_current,outbreak_current",
        "labelled series: col,t,y_without_current,y_with_current,outbreak_current",
        metavar="FILE",
    ),
]
Apart = Annotated[bool, option("--apart", "各情景分开", "each scenario apart too")]
Compat = Annotated[
    str,
    option("--compat", "surveillance 或 none（默认）", "surveillance, or none, the default", metavar="WHICH"),
]


def command(
    run: Run,
    method: Methods = None,
    seed: Seed = 1,
    each: Each = 10,
    alphas: Alphas = None,
    config: Settings = None,
    labelled: LabelledFile = None,
    apart: Apart = False,
    compat: Compat = "none",
) -> None:
    """Draw, judge, count."""
    rng = np.random.default_rng(seed)
    chosen = contenders(
        method or [], alphas=numbers("--alphas", alphas), settings=read_settings(config) if config else None
    )
    series = read_labelled(labelled) if labelled else draw(each, rng)
    show(run, judged(series, chosen, rng, compat=compat_of(compat), apart=apart))
