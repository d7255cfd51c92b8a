"""Move a region to another database, such as from a file to PostgreSQL.

把一个地区移到另一个数据库，例如从文件移到 PostgreSQL。

Nobody can write meanwhile. Every table is read back and compared before the copy is committed: afterwards all
of it is there, or none of it and the same command begins anew. The old database stays as it was but can no
longer be opened by mistake. A password never stands in the address: libpq finds it in the file PGPASSFILE
names, or in a service file (postgresql:///?service=region).

移动期间不能写入。每张表读回核对后才提交：要么全部到位，要么什么也没有，可重新执行同一命令。旧数据库保留原样，
但不能再误开。地址中不写口令：由 PGPASSFILE 所指文件或服务文件（postgresql:///?service=region）提供。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.copied import answer
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.engines.address import address_of
from fengsui.engines.copying import move
from fengsui.kit.text import Text

To = Annotated[
    Path,
    option(
        "--to",
        "移到此处：文件或 postgresql://…",
        "where to: a file or postgresql://…",
        metavar="DB",
        parser=address_of,
    ),
]


def command(run: Run, to: To) -> None:
    """Move and say what was moved."""
    with run.progress("移动", "Moving") as tell:
        tables = move(run.db, to, progress=tell)
    done = Text(f"已移到 {to}；请将 FENGSUI_DB 设为此地址", f"Moved to {to}; set FENGSUI_DB to it")
    answer(run, tables, to, done)
