"""Look at the reporting before the detectors do: gaps, negative counts, revisions, catching up, leaps.

检测之前先核对报告：缺报、负数、修订、补报、陡增。

The series comes out complete; `set_aside` says which steps are not to be judged, --remarks why.

写出完整序列，`set_aside` 列标明不予判断处；--remarks 逐条说明理由。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.commands.watch._files import Out, sources, write, write_file
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.watch.raw import read_counts
from fengsui.watch.review import known_revisions, remarks_table, review_all, reviewed_table

SeriesFile = Annotated[
    Path,
    sources(
        "--series",
        zh="序列：series_id,t,date,observed，未知处 NA，更正为负；其余列为同一报告的数字",
        en="series: series_id,t,date,observed, NA where unknown; other columns: figures of the same reports",
    ),
]
Known = Annotated[
    Path | None,
    option(
        "--known",
        "已知修订：series_id,date,note",
        "revisions that are known: series_id,date,note",
        metavar="FILE",
    ),
]
Remarks = Annotated[
    Path | None, option("--remarks", "逐条说明写到此文件", "file for the remarks, one a row", metavar="FILE")
]


def command(
    run: Run, series: SeriesFile, known: Known = None, remarks: Remarks = None, out: Out = None
) -> None:
    """Review, and write the series and the remarks."""
    found = review_all(read_counts(series), known=known_revisions(known) if known else None)
    if remarks is not None:
        write_file(remarks_table(found), remarks)
    write(run, reviewed_table(found), out)
