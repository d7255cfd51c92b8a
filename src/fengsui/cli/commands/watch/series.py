"""The series counted from the facts of the region, as a table detectors can read.

由本区事实统计出的序列，供检测方法读取。

A count nobody knows is empty and not 0. With --known-at: as it was known then.

无人知晓的数为空，不是 0。加 --known-at 则按当时所知。
"""

from typing import Annotated

from fengsui.cli.commands.watch._files import Out, write
from fengsui.cli.commands.watch._region import CountsFile, Week, declared_in
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.engines.series import Asked, series_of
from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.counts import DAY, WEEK

STEPS = {"day": DAY, "week": WEEK}
Step = Annotated[str, option("--step", "week（默认）或 day", "week, unless said; or day", metavar="STEP")]
By = Annotated[
    str,
    option(
        "--by",
        "onset（发病日，默认）或 report（报告日）",
        "onset, unless said; or report: the day of the record",
        metavar="DAY",
    ),
]
Levels = Annotated[
    str | None,
    option(
        "--level",
        "辖区级别，逗号分隔；默认前三级",
        "levels of areas, by commas; the upper three",
        metavar="LEVEL",
    ),
]
Sources = Annotated[
    str | None, option("--source", "数据流，逗号分隔；默认全部", "streams, by commas; all", metavar="STREAM")
]
Ages = Annotated[bool, option("--ages", "另分年龄组", "age bands too")]


def command(
    run: Run,
    out: Out = None,
    step: Step = "week",
    week: Week = "iso",
    by: By = "onset",
    level: Levels = None,
    source: Sources = None,
    ages: Ages = False,
    counts: CountsFile = None,
) -> None:
    """Count and write the table."""
    if step not in STEPS:
        raise BadInput(step, (Finding("--step", "step", repr(step), " or ".join(STEPS)),))
    at = run.moment()
    asked = Asked(
        until=at.as_of,
        known_at=at.known_at,
        step=STEPS[step],
        by=by,
        week=week,
        levels=tuple(level.split(",")) if level else None,
        streams=tuple(source.split(",")) if source else None,
        has_ages=ages,
    )
    write(run, series_of(run.home, declared_in(counts), asked).table(), out)
