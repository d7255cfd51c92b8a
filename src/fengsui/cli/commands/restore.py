"""Make the database of a region again from a backup, and prove it.

用备份重建一个地区的数据库，并加以验证。

The database must not be there yet. Afterwards everything is derived anew from the facts and compared, row
by row, with what the backup held; if any row differs its table is named and the exit code is 1. --no-proof
leaves that out. A backup of PostgreSQL can be restored into a file, and the other way round.

目标数据库须尚不存在。恢复后从事实重新推导，与备份中的推导结果逐行比对；若有不同，列出所在的表，退出码为 1。
--no-proof 跳过比对。PostgreSQL 的备份可恢复为文件，反之亦可。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.copied import answer
from fengsui.cli.options import argument, option
from fengsui.cli.run import Run
from fengsui.engines.copying import back_up, rehearse
from fengsui.kit.errors import FengsuiError, NotFound
from fengsui.kit.text import Text

From = Annotated[Path, argument("FILE", "备份文件", "the backup")]
Proof = Annotated[
    bool, option("--proof/--no-proof", "重新推导并逐行比对", "derive everything anew and compare every row")
]


def command(run: Run, backup: From, proof: Proof = True) -> int:
    """Copy, derive anew, compare."""
    if not backup.is_file():
        raise NotFound(f"There is no file {backup}.")
    with run.progress("恢复", "Restoring") as tell:
        tables = back_up(backup, run.db, progress=tell)
    differing: list[str] = []
    if proof:
        with run.progress("重新推导并比对", "Deriving anew and comparing") as tell:
            differing = rehearse(run.db, progress=tell)
    done = Text(f"已恢复到 {run.db}", f"Restored to {run.db}")
    answer(run, tables, run.db, done, proved=proof, differing=differing)
    return FengsuiError.exit_code if differing else 0
