"""The epidemic curve of line lists as it stands: reported, expected in the end, and Rt of it, by area.

由病例清单得出当前流行曲线：已报告、最终预期及其 Rt，分辖区。

Rt of the last days allows for cases not yet reported; its interval holds that uncertainty too.

最近几天的 Rt 已计入尚未报告的病例，区间包含这一不确定性。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.commands.watch._files import Out, day_of, sources, write
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.watch.epicurve import curves_of_file

Lists = Annotated[
    Path,
    sources(
        "--linelist",
        zh="病例清单：[area,]onset,report[,imported]",
        en="line list: [area,]onset,report[,imported]",
    ),
]
Now = Annotated[
    str | None,
    option(
        "--now", "“今天”，默认末次报告日期", "the day that is today; that of the last report", metavar="DATE"
    ),
]
Delay = Annotated[
    int,
    option(
        "--delay", "最长报告延迟（天），默认 15", "longest delay to report in days; 15", metavar="N", min=1
    ),
]
Mean = Annotated[
    float,
    option("--mean", "代间隔均值（天），默认 5", "mean of the serial interval in days; 5", metavar="DAYS"),
]
Sd = Annotated[
    float,
    option(
        "--sd",
        "代间隔标准差（天），默认 1.9",
        "standard deviation of the serial interval; 1.9",
        metavar="DAYS",
    ),
]
Window = Annotated[
    int, option("--window", "Rt 的时间窗（天），默认 7", "days over which Rt is taken; 7", metavar="N", min=1)
]
History = Annotated[
    int,
    option(
        "--history",
        "由最近多少天的病例学习报告延迟，默认 60",
        "from how many of the last days delays are learned; 60",
        metavar="N",
        min=2,
    ),
]
Seed = Annotated[int, option("--seed", "随机数种子", "seed of what is drawn", metavar="N")]


def command(
    run: Run,
    linelist: Lists,
    now: Now = None,
    delay: Delay = 15,
    mean: Mean = 5.0,
    sd: Sd = 1.9,
    window: Window = 7,
    history: History = 60,
    seed: Seed = 1,
    out: Out = None,
) -> None:
    """Draw up the curves and write them."""
    table = curves_of_file(
        linelist,
        now=day_of("--now", now),
        longest=delay,
        interval=(mean, sd),
        length=window,
        history=history,
        seed=seed,
    )
    write(run, table, out)
