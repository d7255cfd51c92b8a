"""Run a detector: every named setting on every series it fits.

运行一种检测方法：每个命名设置用于每条适合的序列。

The table has the columns of the reference of that method.

结果列与该方法的参照文件相同。
"""

from pathlib import Path
from typing import Annotated

import pyarrow.compute as pc

from fengsui.cli.commands.watch._files import Compat, Config, Out, compat_of, sources, write
from fengsui.cli.options import argument, option
from fengsui.cli.run import Run
from fengsui.watch.methods import METHODS, method_named, run_method
from fengsui.watch.review import withheld
from fengsui.watch.series import read_series
from fengsui.watch.settings import read_settings

NAMES = ", ".join(METHODS)
Method = Annotated[str, argument("METHOD", f"方法：{NAMES}", f"one of {NAMES}")]
SeriesFile = Annotated[
    Path,
    sources(
        "--series",
        zh="序列：series_id,t,date,freq,observed,population,state",
        en="series: series_id,t,date,freq,observed,population,state",
    ),
]
Freq = Annotated[
    int,
    option(
        "--freq",
        "无 freq 列时每年的时段数，默认 52",
        "steps in a year, where no column says; 52",
        metavar="N",
    ),
]


def command(
    run: Run,
    method: Method,
    series: SeriesFile,
    config: Config,
    out: Out = None,
    compat: Compat = None,
    freq: Freq = 52,
) -> None:
    """Judge the series and write the table."""
    name = method_named(method)
    table = run_method(name, read_series(series, freq=freq), read_settings(config), compat=compat_of(compat))
    table = withheld(table, series)
    n_alarms = pc.sum(table["alarm"]).as_py() or 0
    write(run, table, out, n_alarms=int(n_alarms))
