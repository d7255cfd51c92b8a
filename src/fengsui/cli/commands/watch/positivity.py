"""Positivity with its interval, and incidence as if testing had not changed.

阳性率及其区间，以及按通常检测量折算的发病数。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.commands.watch._files import Out, sources, write
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.watch.positivity import positivity_of_file

SeriesFile = Annotated[
    Path,
    sources(
        "--series",
        zh="序列：series_id,t,date,observed,tests",
        en="series: series_id,t,date,observed,tests",
    ),
]
Power = Annotated[
    float,
    option(
        "--power",
        "折算力度：0 不折算，1 全部折算，默认 0.5",
        "how much of a change in testing is taken out: 0 nothing, 1 all; 0.5",
        metavar="NUMBER",
        min=0.0,
        max=1.0,
    ),
]


def command(run: Run, series: SeriesFile, power: Power = 0.5, out: Out = None) -> None:
    """Work it out and write the table."""
    write(run, positivity_of_file(series, power=power), out)
