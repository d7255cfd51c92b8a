"""What the commands on signals share: the declaration, the names of areas, where mornings are kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.engines.address import beside
from fengsui.kit.areas import Areas
from fengsui.kit.text import Text
from fengsui.watch.declared import SHIPPED, Declared, read_declared
from fengsui.watch.kept import folder_beside

CountsFile = Annotated[
    Path | None,
    option(
        "--counts",
        "声明哪些事实计入哪条序列的 YAML 文件；默认随附的一份",
        "YAML file saying which facts count for which series; the one that ships",
        metavar="FILE",
    ),
]
Week = Annotated[
    str,
    option(
        "--week",
        "iso（周一起，默认）或 cdc（周日起）",
        "iso (from Monday), unless said; or cdc (from Sunday)",
        metavar="KIND",
    ),
]
Kept = Annotated[
    Path | None,
    option(
        "--kept",
        "早间运行结果的目录；默认在数据库旁，数据库在服务器上时在当前目录",
        "folder of the morning runs; beside the database, or here where that is on a server",
        metavar="DIR",
    ),
]


def mornings_of(run: Run, kept: Path | None) -> Path:
    """Where the morning runs of the region are kept."""
    return kept or folder_beside(beside(run.home.path, Path()))


def declared_in(path: Path | None) -> Declared:
    """The declaration a command is to go by."""
    return read_declared(path or SHIPPED)


def names_in(areas: Areas | None) -> Callable[[str], Text]:
    """What areas are called; their code where nobody says."""

    def name(code: str) -> Text:
        known = areas.resolve(code) if areas else None
        return areas.get(known).name if known else Text(code, code)

    return name
