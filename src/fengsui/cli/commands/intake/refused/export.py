"""Write the refused rows of one mapping as CSV, each with its reason, to be put right in any spreadsheet.

把某映射未能收入的行导出为 CSV，每行附原因，可用任何表格软件补正。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.options import argument, option
from fengsui.cli.run import Run
from fengsui.kit.errors import Conflict
from fengsui.kit.text import Text
from fengsui.sources.ledger import entries, export

Out = Annotated[Path, argument("FILE", "写到此文件", "the file to write")]
Mapping = Annotated[str, option("--mapping", "映射的名称", "name of the mapping", metavar="M")]
Name = Annotated[
    str, option("--file", "只导出此文件名的行", "rows of the file of this name only", metavar="NAME")
]


def command(run: Run, out: Out, mapping: Mapping, file: Name = "") -> None:
    """Write the rows; a file that is there already is left alone."""
    found = list(entries(run.home.store, mapping=mapping, name=file))
    try:
        with out.open("x", encoding="utf-8-sig", newline="") as stream:
            n = export(found, stream, lang=run.lang)
    except FileExistsError as error:
        raise Conflict(f"{out} is there already.") from error
    said = Text(
        f"{n} 行写入 {out}；补正后：fengsui intake refused resend {out} --mapping {mapping}",
        f"{n} rows written to {out}; when repaired: fengsui intake refused resend {out} --mapping {mapping}",
    )
    run.answer({"n": n, "file": str(out)}, lambda page: page.line(said))
