"""Check protocol files: what is wrong, in which line, and what to do about it.

检查规程文件：哪里不对、在哪一行、怎么改。

Without files, those that ship and those of the database are checked. Errors make the exit code 2.

不指定文件时，检查随附的和数据库所用的规程。有错误时退出码为 2。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.options import argument
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.kit.errors import BadInput, NotFound
from fengsui.kit.text import Text
from fengsui.protocols.library import PACKS, protocol_files
from fengsui.protocols.lint import is_publishable, lint_files
from fengsui.protocols.message import ERROR, Message

Files = Annotated[
    list[Path] | None, argument("FILE…", "规程文件或目录", "protocol files, or folders of them")
]
LEVELS = {"error": Text("错误", "error"), "warning": Text("提醒", "warning")}


def command(run: Run, files: Files = None) -> int:
    """Everything wrong with the files; they may refer to all protocols there are."""
    setting = run.setting
    known = _files([PACKS, *map(Path, setting.protocols)])
    asked = _files(files) if files else known
    messages = lint_files(
        asked, setting.catalogue(), zone=run.zone, beside=known, areas_levels=run.areas.levels
    )
    run.answer({"files": len(asked), "messages": messages}, lambda page: _show(page, messages, len(asked)))
    return 0 if is_publishable(messages) else BadInput.exit_code


def _files(paths: list[Path]) -> list[Path]:
    found = [file for path in paths for file in (protocol_files([path]) if path.is_dir() else [path])]
    for file in found:
        if not file.is_file():
            raise NotFound(f"There is no file {file}.")
    return found


def _show(page: Page, messages: list[Message], n_files: int) -> None:
    for message in messages:
        page.line(f"{LEVELS[message.level].in_(page.lang)} {message.in_(page.lang)}")
    n_errors = sum(message.level == ERROR for message in messages)
    n_warnings = len(messages) - n_errors
    page.line(
        Text(
            f"检查 {n_files} 个文件：{n_errors} 处错误，{n_warnings} 处提醒",
            f"{n_files} files: {n_errors} errors, {n_warnings} warnings",
        )
    )
