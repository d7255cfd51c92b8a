"""Score forecasts against what came: weighted interval score, coverage, log score, by model and weeks ahead.

给预报评分：加权区间评分、覆盖率、对数评分，按模型和提前周数。

Only rows that every model could forecast count. Weeks ahead 0 stands for all.

只计各模型都有预报的行。提前周数 0 表示全部。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.commands.watch._files import Out, sources, write
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.watch.layouts import read_table
from fengsui.watch.raw import read_counts, truth_into
from fengsui.watch.scoring import score_table

Forecasts = Annotated[
    Path, sources("--forecasts", zh="watch forecast 写出的表", en="the table that watch forecast wrote")
]
Truth = Annotated[
    Path | None,
    sources(
        "--series",
        zh="后来的序列，补上预报时未知的真值",
        en="the series as it came, for what was not yet known",
    ),
]
Against = Annotated[
    str,
    option(
        "--against",
        "相对评分的基准模型，默认 last_value",
        "the model that relative scores are relative to; last_value",
        metavar="MODEL",
    ),
]


def command(
    run: Run, forecasts: Forecasts, series: Truth = None, against: Against = "last_value", out: Out = None
) -> None:
    """Score and write the table."""
    table = read_table(forecasts)
    if series is not None:
        table = truth_into(table, read_counts(series))
    write(run, score_table(table, against=against, where=str(forecasts)), out)
