"""Write the pages about the packs and the coverage of the clauses, or check that they are not stale.

生成规程包与条款覆盖的文档页，或检查其是否已过时。

The pages are packs/*.md and coverage.md below the folder (docs). The golden histories are run for them.
With --check nothing is written, and the exit code is 1 if a page is not what it should be.

页面为该目录（默认 docs）下的 packs/*.md 和 coverage.md，生成时会运行范例。
--check 只检查，有过时页面则退出码为 1。
"""

from pathlib import Path
from typing import Annotated

from fengsui.board.coverage import coverage, coverage_page
from fengsui.board.pack_page import pack_pages
from fengsui.cli.options import option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.engines.golden_suite import Suite
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.text import Text
from fengsui.protocols.pack import packs

STALE = 1
Write = Annotated[bool, option("--write", "写入", "write them")]
Check = Annotated[bool, option("--check", "只检查", "only check them")]
Folder = Annotated[
    Path, option("--to", "文档目录，默认 docs", "folder of the documents: docs", metavar="DIR")
]


def command(run: Run, write: Write = False, check: Check = False, to: Folder = Path("docs")) -> int:
    """Of the packs that ship."""
    if write == check:
        found = Finding("protocol docs", "option", "both or neither", "--write or --check")
        raise BadInput("protocol docs", (found,))
    wanted = pages()
    stale = [name for name, text in wanted.items() if _now(to / name) != text]
    gone = sorted(f"packs/{path.name}" for path in (to / "packs").glob("*.md"))
    stale += [name for name in gone if name not in wanted]
    if write:
        (to / "packs").mkdir(parents=True, exist_ok=True)
        for name in stale:
            if name in wanted:
                (to / name).write_text(wanted[name], encoding="utf-8")
            else:
                (to / name).unlink()
    run.answer({"pages": list(wanted), "stale": stale}, lambda page: _show(page, stale, write=write))
    return STALE if stale and check else 0


def pages() -> dict[str, str]:
    """Every page by its path below the folder of the documents."""
    suite, known = Suite.shipped(), packs()
    made = {f"packs/{name}": text for name, text in pack_pages(suite, known).items()}
    return {"coverage.md": coverage_page(coverage(suite, known)), **made}


def _now(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _show(page: Page, stale: list[str], *, write: bool) -> None:
    for name in stale:
        page.line(name)
    n = len(stale)
    done = (
        Text(f"写入 {n} 页", f"{n} pages written") if write else Text(f"{n} 页已过时", f"{n} pages are stale")
    )
    page.line(done)
