"""Copy a region into a file, while others go on working; the file is a database itself.

把一个地区备份到文件，期间照常工作；备份文件本身就是一个可打开的数据库。

Facts, ledger, audit and what follows from the facts are copied as they stood at one moment, and read back
before the copy counts. It works the same from a file and from PostgreSQL. What the database only names (a
folder with the region or with protocols of your own, the secret of the pseudonyms) is to be kept beside it.

事实、登记簿、审计和推导结果按同一时刻的状态复制，并读回核对后才算完成；数据库文件与 PostgreSQL 用法相同。
数据库中只记了位置的内容（自备的地区或规程目录、代号密钥）须另行保存。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.copied import answer
from fengsui.cli.options import argument
from fengsui.cli.run import Run
from fengsui.engines.copying import back_up
from fengsui.kit.text import Text

To = Annotated[Path, argument("FILE", "备份到此文件，须尚不存在", "the file to make, not there yet")]


def command(run: Run, to: To) -> None:
    """Copy and say what was copied."""
    with run.progress("备份", "Backing up") as tell:
        tables = back_up(run.db, to, progress=tell)
    answer(run, tables, to, Text(f"已备份到 {to}", f"Backed up to {to}"))
