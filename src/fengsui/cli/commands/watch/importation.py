"""Where imported cases come from: by origin and port, how many a traveller, what is new, what came back.

输入病例从何而来：按来源地和口岸，每万旅客几例，何者首见，何者在归零后反弹。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.commands.watch._files import Out, day_of, sources, write
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.watch.importation import QUIET, WINDOW, importation_of_files

CasesFile = Annotated[
    Path, sources("--cases", zh="病例：date,origin,port[,cases]", en="cases: date,origin,port[,cases]")
]
Travellers = Annotated[
    Path | None,
    sources(
        "--travellers",
        zh="旅客：date,origin|port,travellers；可省略",
        en="travellers: date,origin|port,travellers; may be left out",
    ),
]
Until = Annotated[
    str | None,
    option("--until", "“今天”，默认末例日期", "the day that is today; that of the last case", metavar="DATE"),
]
Window = Annotated[
    int, option("--window", "近期天数，默认 28", "days that are looked at; 28", metavar="N", min=1)
]
Quiet = Annotated[
    int,
    option(
        "--quiet",
        "多少天无病例后再现算反弹，默认 28",
        "days without cases that make a rebound; 28",
        metavar="N",
        min=1,
    ),
]


def command(
    run: Run,
    cases: CasesFile,
    travellers: Travellers = None,
    until: Until = None,
    window: Window = WINDOW,
    quiet: Quiet = QUIET,
    out: Out = None,
) -> None:
    """Count, and write the table."""
    day = day_of("--until", until)
    write(run, importation_of_files(cases, travellers, until=day, window=window, quiet=quiet), out)
