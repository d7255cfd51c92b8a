"""Nowcast: how many cases of the last days there will be once all are reported.

即时预报：最近几天的病例全部报告后将有多少。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.commands.watch._files import Compat, Config, Out, compat_of, sources, write
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.watch.layouts import nowcast_table

Sources = Annotated[
    list[Path],
    sources(
        "--series",
        "--linelists",
        "--triangles",
        zh="病例清单 dataset,dHospital,dReport 或报告三角 case,date,delay,n，可多次给出",
        en="line list dataset,dHospital,dReport, or triangle case,date,delay,n; may be given again",
    ),
]
Method = Annotated[
    str | None,
    option("--method", "只用这一种方法，如 lawless", "this method only, such as lawless", metavar="METHOD"),
]


def command(
    run: Run,
    series: Sources,
    config: Config,
    out: Out = None,
    method: Method = None,
    compat: Compat = None,
) -> None:
    """Nowcast every case and write the table."""
    write(run, nowcast_table(series, config, method=method, compat=compat_of(compat)), out)
