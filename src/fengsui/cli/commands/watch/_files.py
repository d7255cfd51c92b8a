"""What the commands of this folder share: their options, and where their answer goes."""

from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from fengsui.cli.options import both, option
from fengsui.cli.run import Run
from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.csv_file import write_table

Config = Annotated[
    Path, option("--config", "命名设置的 JSON 文件", "JSON file of named settings", metavar="FILE")
]
Out = Annotated[
    Path | None,
    option("--out", "结果 CSV 文件；默认输出到屏幕", "CSV file to write; else the screen", metavar="FILE"),
]
Compat = Annotated[
    str | None,
    option(
        "--compat",
        "surveillance（默认）：与参照软件包一致，包括其已知缺陷；none：更正后的做法",
        "surveillance, the default: as the reference package, its known defects too; none: corrected",
        metavar="surveillance|none",
    ),
]


def sources(*names: str, zh: str, en: str):
    """The option that names input files; the first name is the usual one."""
    return typer.Option(*names, help=both(zh, en), show_default=False, metavar="FILE")


def compat_of(asked: str | None) -> str | None:
    """What ``--compat`` asks for; BadInput if there is no such thing.

    These commands read the reference's files and write its columns, to be laid beside its own: so they
    say what it says unless told otherwise. The functions of ``fengsui.watch`` are right by default.
    """
    if asked in (None, "surveillance"):
        return "surveillance"
    if asked == "none":
        return None
    raise BadInput(f"--compat {asked}", (Finding("--compat", "compat", repr(asked), "surveillance or none"),))


def write(run: Run, table: pa.Table, out: Path | None, *, n_alarms: int | None = None) -> None:
    """Write the table where it should go, and say how much that was."""
    if out is None and not run.as_json:
        write_table(table, run.outside.out)
        return
    said = {"rows": table.num_rows} | ({} if n_alarms is None else {"alarms": n_alarms})
    if out is None:
        run.answer({**said, "table": table.to_pylist()}, lambda page: None)
        return
    with out.open("w", encoding="utf-8", newline="") as file:
        write_table(table, file)
    line_zh = f"{table.num_rows:,} 行" + ("" if n_alarms is None else f"，{n_alarms:,} 次预警") + f" → {out}"
    line_en = (
        f"{table.num_rows:,} rows" + ("" if n_alarms is None else f", {n_alarms:,} alarms") + f" → {out}"
    )
    run.answer({**said, "file": str(out)}, lambda page: page.line(run.say(line_zh, line_en)))
