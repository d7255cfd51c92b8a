"""Read a published table as series, by a declaration of what its columns mean.

按列含义声明读取已发布的表，写成序列。

What was not reported is NA, not 0; corrections stay below zero: see `fengsui watch review`.

未报告的是 NA，不是 0；更正保持负值：见 `fengsui watch review`。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.commands.watch._files import Out, write, write_file
from fengsui.cli.options import argument, option
from fengsui.cli.run import Run
from fengsui.watch.raw import table_of
from fengsui.watch.tables import declared, read_declared
from fengsui.watch.tables_other import places_table, points_table, triangle_table

File = Annotated[Path, argument("FILE", "CSV 或 Parquet 文件", "CSV or Parquet file")]
As = Annotated[
    str,
    option(
        "--as",
        "声明：随附名称（见 docs/watch.md）或 YAML 文件",
        "declaration: a shipped name (see docs/watch.md) or a YAML file",
        metavar="NAME",
    ),
]
Only = Annotated[
    str | None,
    option("--only", "只读名称含此文字的序列", "only series whose name contains this", metavar="TEXT"),
]
AreasOut = Annotated[
    Path | None,
    option(
        "--areas",
        "病例点位的表：另写辖区文件",
        "tables of single cases: the file of places to write",
        metavar="FILE",
    ),
]


def command(
    run: Run, file: File, name: As, only: Only = None, areas: AreasOut = None, out: Out = None
) -> None:
    """Read, and write in the layout of the other commands."""
    declaration = declared(name)
    if "points" in declaration:
        if areas is not None:
            write_file(places_table(file, declaration), areas)
        write(run, points_table(file, declaration, only=only), out)
        return
    if "delays" in declaration:
        write(run, triangle_table(file, declaration), out)
        return
    write(run, table_of(read_declared(file, name, only=only)), out)
