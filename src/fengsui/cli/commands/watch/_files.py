"""What the commands of this folder share: their options, and where their answer goes."""

import math
from datetime import date
from pathlib import Path
from typing import Annotated

import numpy as np
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
        run.answer({**said, "table": [_plain(row) for row in table.to_pylist()]}, lambda page: None)
        return
    write_file(table, out)
    line_zh = f"{table.num_rows:,} 行" + ("" if n_alarms is None else f"，{n_alarms:,} 次预警") + f" → {out}"
    line_en = (
        f"{table.num_rows:,} rows" + ("" if n_alarms is None else f", {n_alarms:,} alarms") + f" → {out}"
    )
    run.answer({**said, "file": str(out)}, lambda page: page.line(run.say(line_zh, line_en)))


def day_of(name: str, said: str | None) -> np.datetime64 | None:
    """The date an option names, None if it was not given; BadInput if it is none."""
    if said is None:
        return None
    try:
        return np.datetime64(date.fromisoformat(said), "D")
    except ValueError as error:
        raise BadInput(name, (Finding(name, "date", said, "a date such as 2026-01-31"),)) from error


def _plain(row: dict) -> dict:
    """A row as JSON can say it: dates as text, nothing for what is no number."""
    return {key: _plain_value(value) for key, value in row.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_file(table: pa.Table, out: Path) -> None:
    """Write a table to a file, without a word."""
    with out.open("w", encoding="utf-8", newline="") as file:
        write_table(table, file)
