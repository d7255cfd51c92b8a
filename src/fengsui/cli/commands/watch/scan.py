"""Space-time scan: is there a circle of areas with too many cases in the last days?

时空扫描：最近几天是否有一片相邻辖区病例过多？

Each row is a cluster: its areas, since when, cases and expected cases, and how often chance alone shows one
so strong.

每行一个聚集：所含辖区、起始日、病例数与期望数，以及仅凭偶然多久会出现一次。
"""

from datetime import date
from pathlib import Path
from typing import Annotated

import numpy as np

from fengsui.cli.commands.watch._files import Out, sources, write
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.places import Cases, read_areas, read_cases
from fengsui.watch.scan import Reach, scan

CasesFile = Annotated[Path, sources("--cases", zh="病例：area,date[,cases]", en="cases: area,date[,cases]")]
AreasFile = Annotated[
    Path,
    sources(
        "--areas",
        zh="辖区：area,longitude,latitude[,population]，或 area,x,y[,population]",
        en="areas: area,longitude,latitude[,population] or area,x,y[,population]",
    ),
]
Neighbours = Annotated[
    Path | None,
    option(
        "--neighbours",
        "相邻关系 area,neighbour；距离按相隔边界数计",
        "who borders on whom: area,neighbour; distance is then counted in borders",
        metavar="FILE",
    ),
]
Model = Annotated[
    str,
    option(
        "--model",
        "permutation（默认，只需病例）或 poisson（按人口）",
        "permutation, unless said (cases only); or poisson (by population)",
        metavar="MODEL",
    ),
]
Since = Annotated[
    str | None,
    option("--since", "研究期首日，默认首例日期", "first day studied; of the first case", metavar="DATE"),
]
Until = Annotated[
    str | None,
    option("--until", "“今天”，默认末例日期", "the day that is today; that of the last case", metavar="DATE"),
]
Days = Annotated[
    int, option("--days", "最长时间窗（天），默认 28", "longest window in days; 28", metavar="N")
]
Largest = Annotated[
    float,
    option(
        "--largest",
        "最大圆圈所占病例（或人口）份额，默认 0.5",
        "largest circle as a share of the cases, or people; 0.5",
        metavar="SHARE",
    ),
]
Most = Annotated[int, option("--most", "最多列出几个聚集，默认 10", "clusters to name; 10", metavar="N")]
Replicates = Annotated[
    int, option("--replicates", "模拟次数，默认 999", "replicates simulated; 999", metavar="N")
]
Seed = Annotated[int, option("--seed", "随机数种子", "seed of what is drawn", metavar="N")]
Workers = Annotated[
    int, option("--workers", "线程数，默认 2；不影响结果", "threads, 2; the outcome is the same", metavar="N")
]


def command(
    run: Run,
    cases: CasesFile,
    areas: AreasFile,
    neighbours: Neighbours = None,
    model: Model = "permutation",
    since: Since = None,
    until: Until = None,
    days: Days = 28,
    largest: Largest = 0.5,
    most: Most = 10,
    replicates: Replicates = 999,
    seed: Seed = 1,
    workers: Workers = 2,
    out: Out = None,
) -> None:
    """Look for clusters and write the table."""
    places = read_areas(areas, neighbours=neighbours)
    read = read_cases(cases, places)
    table = scan(
        read,
        places,
        since=_day("--since", since, read, is_last=False),
        until=_day("--until", until, read, is_last=True),
        rng=np.random.default_rng(seed),
        model=model,
        reach=Reach(days=days, largest=largest, most=most),
        n_replicates=replicates,
        workers=workers,
    )
    write(run, table, out)


def _day(name: str, said: str | None, read: Cases, *, is_last: bool) -> np.datetime64:
    if said is None:
        if not len(read.when):
            raise BadInput("cases", (Finding("--cases", "rows", "no case", "cases"),))
        return read.when.max() if is_last else read.when.min()
    try:
        return np.datetime64(date.fromisoformat(said), "D")
    except ValueError as error:
        raise BadInput(name, (Finding(name, "date", said, "a date such as 2026-01-31"),)) from error
