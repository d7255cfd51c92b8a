"""Take a file by a mapping.

按映射收入一个文件。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.options import argument, option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.kit.text import Text
from fengsui.sources.intake import Report, intake
from fengsui.sources.mapping import mapping_file, read_mapping

File = Annotated[Path, argument("FILE", "要收入的文件", "the file to take")]
Mapping = Annotated[
    str,
    option(
        "--mapping", "映射：随附的名称，或 YAML 文件", "mapping: one that ships, or a YAML file", metavar="M"
    ),
]
RecordedAt = Annotated[
    str | None,
    option(
        "--recorded-at",
        "文件记录的形成时刻（映射写明 recorded_at: file 时需要）",
        "when the records were made, where the mapping leaves that to the file",
        metavar="TIME",
    ),
]
Place = Annotated[
    str | None,
    option(
        "--place",
        "没有写明地点的事实归于此辖区：代码或名称",
        "area of facts that are told without a place: code or name",
        metavar="AREA",
    ),
]
NOTHING_TAKEN = 6  # exit code: the file could be read, and not one of its rows could be taken
COUNTS = {
    "rows": Text("读取行数", "rows read"),
    "skipped": Text("此前已处理的行", "rows done before"),
    "taken": Text("新收入事实", "facts taken"),
    "repeated": Text("重复的事实", "facts repeated"),
    "refused": Text("拒收的行", "rows refused"),
    "conflicts": Text("前后矛盾的行", "rows in conflict"),
    "without_facts": Text("不含事实的行", "rows without facts"),
    "repaired": Text("已补正的条目", "entries repaired"),
}


def command(
    run: Run, file: File, mapping: Mapping, place: Place = None, recorded_at: RecordedAt = None
) -> int:
    """Take the file and report what became of its rows; NOTHING_TAKEN if every one of them was refused."""
    report = take(run, file, mapping, place=place, recorded_at=recorded_at)
    run.answer(report, lambda page: show(page, report))
    return NOTHING_TAKEN if report.is_all_refused else 0


def take(
    run: Run, file: Path, mapping: str, *, place: str | None = None, recorded_at: str | None = None
) -> Report:
    """Take a file into the database, with a bar."""
    home = run.home
    read = read_mapping(mapping_file(mapping), home.kinds)
    with run.progress(f"收入 {file.name}", f"Taking {file.name}") as tell:
        tell(0.0, 1.0)
        return intake(
            file,
            read,
            home.store,
            now=run.writing_at(),
            areas=home.areas,
            recorded_at=run.time("--recorded-at", recorded_at) if recorded_at else None,
            progress=lambda so_far: tell(so_far.share, 1.0),
            secret=home.setting.key(),
            place=run.area(place, option="--place"),
        )


def show(page: Page, report: Report) -> None:
    """The counts that are not nothing, and where the refused rows are."""
    for name, title in COUNTS.items():
        n = getattr(report, name)
        if n or name in ("rows", "taken"):
            page.line(f"{n:>10,}  {page.said(title)}")
    if report.is_all_refused:
        page.line(
            Text(
                "没有一行能够收入。多半是映射与文件不符，或文件的地点不在本区。",
                "Not one row could be taken. Mostly the mapping is not of this file, or its places are of "
                "another region.",
            ),
            style="bold",
        )
    if report.refused or report.conflicts:
        page.line(Text("→ 查看原因：fengsui intake refused list", "→ see why: fengsui intake refused list"))
