"""Say which version the tables of a database are of; with --to, take them back for an earlier program.

显示数据库的表结构版本；用 --to 退回到较早版本，供旧程序使用。

A newer program brings a database up to date when it opens it. To go back to the program before, take the
tables back first, with the newer one. Only what follows from the facts is dropped on the way; a step that
would lose anything else is refused.

新程序打开数据库时自动升级表结构。要退回旧程序，先用新程序退回表结构。退回时只丢弃可由事实重新推导的内容；
会丢失其他内容的步骤将被拒绝。
"""

from typing import Annotated

from fengsui.cli.options import option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.engines.address import connect_to
from fengsui.engines.migrations import steps, take_back
from fengsui.engines.sqlite_driver import schema_version
from fengsui.kit.errors import NotFound
from fengsui.kit.text import Text

To = Annotated[int | None, option("--to", "退回到此版本", "the version to go back to", metavar="N", min=1)]


def command(run: Run, to: To = None) -> None:
    """Go back if asked to, and say where the database is."""
    if not run.db.exists():
        raise NotFound(f"There is no database {run.db}.")
    connection = connect_to(run.db, read_only=to is None)
    try:
        taken = take_back(connection, to) if to is not None else []
        said = {"db": str(run.db), "version": schema_version(connection), "taken_back": taken}
        known = steps(connection)[-1][0]
    finally:
        connection.close()

    def show(page: Page) -> None:
        version = said["version"]
        page.line(
            Text(
                f"{run.db}：表结构版本 {version}，本程序为 {known}",
                f"{run.db}: tables of version {version}, this program's are {known}",
            )
        )

    run.answer({**said, "known": known}, show)
