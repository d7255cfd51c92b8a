"""Run golden histories: tables of what happened, and of what must be owed at which moment.

运行范例：列出发生了什么、某时刻各环节应处于什么状态的表格，逐格核对。

Without a path, those of the database's own protocols are run, or those that ship. Every cell that is not as
expected is shown with file and line; the exit code is then 1.

不指定路径时，运行数据库自备规程的范例；没有自备规程时运行随附的。
逐格列出不符之处及其文件和行号，此时退出码为 1。
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from fengsui.cli.options import argument, option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.engines.golden import Look, Miss, Shown, Verdict, cells, found_in
from fengsui.engines.golden_cover import Gap, gaps
from fengsui.engines.golden_suite import OneByOne, Suite
from fengsui.engines.home import Setting
from fengsui.kit.errors import Finding, NotFound
from fengsui.kit.instant import NEVER, show
from fengsui.kit.text import Text
from fengsui.loops.golden import LOOP
from fengsui.protocols.library import PACKS

FAILED = 1
Paths = Annotated[
    list[Path] | None, argument("PATH…", "范例文件或目录", "golden histories, or folders with them")
]
Both = Annotated[
    bool,
    option("--both", "同时用编译内核核对（首次编译约半分钟）", "hold the kernel to them too (half a minute)"),
]
New = Annotated[
    bool, option("--new", "打印推导出的全部环节，便于编写", "print all that is found, as an aid to writing")
]
Coverage = Annotated[
    bool, option("--coverage", "列出还没有范例的环节、终止等", "list what no history shows yet")
]
Protocols = Annotated[
    list[Path] | None,
    option("--protocols", "自备规程的目录，可多次", "folder of your own protocols", metavar="DIR"),
]
Kinds = Annotated[
    list[Path] | None,
    option("--kinds", "自备事实种类的目录，可多次", "folder of your own kinds", metavar="DIR"),
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One file. ``wrong``: what keeps it from being read."""

    file: str
    title: Text | None
    protocols: tuple[str, ...]
    passed: bool
    rows: int
    misses: tuple[Miss, ...] = ()
    by_kernel: tuple[Miss, ...] = ()
    wrong: tuple[Finding, ...] = ()


def command(
    run: Run,
    paths: Paths = None,
    both: Both = False,
    new: New = False,
    coverage: Coverage = False,
    protocols: Protocols = None,
    kinds: Kinds = None,
) -> int:
    """Read them, run them, say what differs."""
    setting = _with(run.setting, protocols or [], kinds or [])
    own = [Path(folder) for folder in setting.protocols]
    asked = paths or own or [PACKS]
    for path in asked:
        if not path.exists():
            raise NotFound(f"There is no file {path}.")
    suite = Suite.read(setting, asked)
    if new:
        return _print_all(run, suite)
    outcomes = _outcomes(suite, suite.by_kernel() if both else [])
    missing = gaps(suite) if coverage else ()
    n_failed = sum(not outcome.passed for outcome in outcomes)
    said = {"files": len(outcomes), "failed": n_failed, "goldens": outcomes, "gaps": missing}
    run.answer(said, lambda page: _show(page, outcomes, missing, coverage=coverage))
    return FAILED if n_failed or missing else 0


def _with(setting: Setting, protocols: Sequence[Path], kinds: Sequence[Path]) -> Setting:
    return replace(
        setting,
        protocols=(*setting.protocols, *(str(path.resolve()) for path in protocols)),
        kinds=(*setting.kinds, *(str(path.resolve()) for path in kinds)),
    )


def _outcomes(suite: Suite, by_kernel: Sequence[Verdict]) -> list[Outcome]:
    others = {verdict.golden.file: verdict.misses for verdict in by_kernel}
    found = [
        Outcome(
            v.golden.file,
            v.golden.title,
            v.golden.protocols,
            not v.misses and not others.get(v.golden.file),
            len(v.golden.rows),
            v.misses,
            others.get(v.golden.file, ()),
        )
        for v in suite.verdicts
    ]
    found += [Outcome(u.file, None, u.protocols, False, 0, wrong=u.findings) for u in suite.unreadable]
    return sorted(found, key=lambda outcome: outcome.file)


def _show(page: Page, outcomes: Sequence[Outcome], missing: Sequence[Gap], *, coverage: bool) -> None:
    for outcome in outcomes:
        title = page.said(outcome.title or "")
        page.line(f"{'✓' if outcome.passed else '✗'} {outcome.file}  {title}")
        for finding in outcome.wrong:
            page.line(f"    {finding.in_(page.lang)}")
        for miss in outcome.misses:
            page.line(f"    {_said(page, outcome.file, miss)}")
        for miss in outcome.by_kernel:
            page.line(f"    {page.said(Text('内核：', 'kernel: '))}{_said(page, outcome.file, miss)}")
    n_failed = sum(not outcome.passed for outcome in outcomes)
    n_rows = sum(outcome.rows for outcome in outcomes)
    page.line(
        Text(
            f"{len(outcomes)} 个范例，{n_rows} 行，{n_failed} 个不符",
            f"{len(outcomes)} golden histories, {n_rows} rows, {n_failed} failed",
        )
    )
    if coverage:
        _show_gaps(page, missing)


def _said(page: Page, file: str, miss: Miss) -> str:
    text = Text(
        f"{file}:{miss.line}: {miss.step} {miss.field}：应为 {miss.expected}，实为 {miss.found}",
        f"{file}:{miss.line}: {miss.step} {miss.field}: expected {miss.expected}, found {miss.found}",
    )
    return page.said(text)


def _show_gaps(page: Page, missing: Sequence[Gap]) -> None:
    page.line()
    page.heading(Text(f"没有范例：{len(missing)} 项", f"Shown by no history: {len(missing)}"))
    heads = [Text("规程", "protocol"), Text("版本", "version"), Text("什么", "what"), Text("名称", "name")]
    page.table(heads, ([gap.protocol, gap.version, gap.what, gap.name] for gap in missing))


def _print_all(run: Run, suite: Suite) -> int:
    """For each history a table of everything there is at its moments, in the form of the file."""
    derivation = OneByOne(suite.rules, suite.world)
    for finding in (finding for one in suite.unreadable for finding in one.findings):
        run.outside.err.write(f"{finding.in_(run.lang)}\n")
    tables = [
        {"file": golden.file, "rows": [_row(look, seen) for look, seen in found_in(golden, derivation)]}
        for golden in suite.goldens
    ]

    def write(page: Page) -> None:
        for table in tables:
            page.line(f"{table['file']}\n")
            page.line("| " + " | ".join(COLUMNS) + " |")
            page.line("|" + "---|" * len(COLUMNS))
            for row in table["rows"]:
                page.line("| " + " | ".join(row) + " |")

    run.answer(tables, write)
    return FAILED if suite.unreadable else 0


COLUMNS = ("as of", "known", "protocol", "subject", "step", "n", "status", "due", "done", "version", "owner")


def _row(look: Look, seen: Shown) -> list[str]:
    def at(moment: int) -> str:
        return "" if moment == NEVER else show(moment, zone=look.golden.zone)

    known = "" if look.known_at == look.as_of else at(look.known_at)
    step, n = (seen.duty.key, str(seen.duty.n or "")) if seen.duty else (LOOP, "")
    found = cells(seen)
    times = [at(found["due"]), at(found["done"])]
    head = [at(look.as_of), known, seen.loop.protocol, seen.loop.subject, step, n, found["status"]]
    return [*head, *times, found["version"], found["owner"]]
