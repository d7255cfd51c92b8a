"""Make up weeks of a region that never was, take them in, and score what was found against the truth.

编一段虚构地区的若干周，收入数据库，再与真相逐一对照打分。

The same seed makes the same drill. OUT gets the source files as they would come, and truth.ndjson with
every break that was put in. A database that is not there yet is made; with --files-only none is touched.
Whatever was not found as it is, or wrongly called a break, is listed, and the exit code is 1.

同一种子得到同一演练。OUT 中是各来源文件和真相 truth.ndjson。数据库不存在时自动建立；--files-only 只写文件。
未如实发现或误报的逐一列出，退出码为 1。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.options import argument, option
from fengsui.cli.page import Page
from fengsui.cli.play import Played, played, take_drill, write_drill
from fengsui.cli.run import REGION, Run
from fengsui.drill.run import Drill
from fengsui.drill.score import Difference
from fengsui.engines.home import Setting, make_home
from fengsui.kit.errors import FengsuiError
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text

Out = Annotated[Path, argument("OUT", "写文件的目录", "the folder for the files")]
Loops = Annotated[
    int, option("--loops", "约多少个闭环；默认 6000", "about how many loops; 6000", metavar="N", min=1)
]
Seed = Annotated[int, option("--seed", "随机种子；默认 1", "seed of all chance; 1", metavar="N", min=0)]
Days = Annotated[int, option("--days", "多少天；默认 21", "how many days; 21", metavar="N", min=1)]
Start = Annotated[str, option("--start", "第一天；默认 2021-08-01", "first day; 2021-08-01", metavar="DAY")]
FilesOnly = Annotated[bool, option("--files-only", "只写文件，不收入", "write the files and take nothing in")]


def command(
    run: Run,
    out: Out,
    loops: Loops = 6000,
    seed: Seed = 1,
    days: Days = 21,
    start: Start = "2021-08-01",
    files_only: FilesOnly = False,
) -> int:
    """Write, take, score."""
    if not files_only and not run.db.exists():
        make_home(run.db, Setting(REGION))
    run.day("--start", start)
    drill = write_drill(run, out, seed=seed, start=start, days=days, loops=loops)
    if files_only:
        files = [{"path": str(f.path), "mapping": f.mapping, "rows": f.rows} for f in drill.files]
        answer = {"truth": str(drill.truth_path), "files": files, "loops": drill.truth.n_loops}
        run.answer(answer, lambda page: _show_files(page, drill))
        return 0
    reports = take_drill(run, run.home, drill)
    found = played(run.home, drill, reports, seed=seed, start=start, days=days)
    run.answer(found, lambda page: show(page, found, run))
    return 0 if found.is_perfect else FengsuiError.exit_code


def _show_files(page: Page, drill: Drill) -> None:
    page.table(
        [Text("文件", "file"), Text("映射", "mapping"), Text("行", "rows")],
        ((file.path, file.mapping, file.rows) for file in drill.files),
        right=[2],
    )
    page.line(Text(f"真相：{drill.truth_path}", f"the truth: {drill.truth_path}"))


def show(page: Page, found: Played, run: Run) -> None:
    """The counts, then every difference by name."""
    page.line(
        Text(
            f"闭环 {found.loops} · 事实 {found.facts} · 未能收入 {found.refused} 行",
            f"{found.loops} loops · {found.facts} facts · {found.refused} rows not taken",
        )
    )
    page.line(
        Text(
            f"断点：注入 {found.breaks_injected}，如实发现 {found.breaks_found}，误报 {found.breaks_false}",
            f"breaks: {found.breaks_injected} put in, {found.breaks_found} found as they are, "
            f"{found.breaks_false} false",
        )
    )
    for difference in found.differences:
        page.line(f"  {_difference(page, difference, run)}")


def _difference(page: Page, one: Difference, run: Run) -> str:
    broken = one.true or one.told
    return (
        f"{one.kind or '?'}  {broken.protocol}  {broken.subject}  {broken.key} {broken.n}  "
        f"{_side(page, one.true, run)} ≠ {_side(page, one.told, run)}"
    )


def _side(page: Page, broken, run: Run) -> str:
    if broken is None:
        return "—"
    until = "…" if broken.until_at == NEVER else page.time(broken.until_at, run.zone)
    return f"{page.time(broken.from_at, run.zone)} – {until} {broken.role}@{broken.place}"
