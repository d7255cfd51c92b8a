"""See it all at once: a made-up region, three weeks of August 2021, the board.

一次看完：虚构地区、2021 年 8 月的三周、看板。

Everything goes into .fengsui/demo below the present folder, or beside --db, and is made anew each
time. The clock of the board stands at the end of the third week.

全部写入当前目录下的 .fengsui/demo（或 --db 所在位置），每次重新生成。看板的时钟停在第三周末。
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fengsui.board.front import Front, front
from fengsui.cli.commands import serve as server
from fengsui.cli.commands.drill import Loops, Seed
from fengsui.cli.commands.drill import show as show_score
from fengsui.cli.commands.status import show as show_front
from fengsui.cli.commands.watch.morning import of_region
from fengsui.cli.options import option
from fengsui.cli.page import Page
from fengsui.cli.play import Played, played, take_drill, write_drill
from fengsui.cli.run import REGION, Run
from fengsui.drill.run import TRUTH
from fengsui.engines.home import Setting, make_home
from fengsui.kit.clock import fixed
from fengsui.kit.errors import BadInput, Conflict, FengsuiError, Finding
from fengsui.kit.text import Text
from fengsui.watch.declared import read_declared
from fengsui.watch.kept import folder_beside

FOLDER = Path(".fengsui") / "demo"
START, DAYS = "2021-08-01", 21
WAITED = 42 * 3600  # a morning run long enough before the end for its signals to have been answered
NoServe = Annotated[bool, option("--no-serve", "不启动看板", "end without serving the board")]


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demonstration found. ``seconds``: from the start of the command to here."""

    loops: int
    facts: int
    breaks_injected: int
    breaks_found: int
    breaks_false: int
    seconds: float


def command(
    run: Run,
    no_serve: NoServe = False,
    loops: Loops = 6000,
    seed: Seed = 1,
    port: server.Port = None,
    open_browser: server.Open = False,
) -> int:
    """Make, take, score, show, serve."""
    with run.outside.compiling():
        return _demo(run, no_serve, loops=loops, seed=seed, port=port, open_browser=open_browser)


def _demo(run: Run, no_serve: bool, *, loops: int, seed: int, port: int | None, open_browser: bool) -> int:
    started = run.outside.ticks()
    port = port if no_serve else server.free_port(run, port)  # before the work, not after it
    run.db = _place(run)
    make_home(run.db, Setting(REGION))
    drill = write_drill(run, files_of(run.db), seed=seed, start=START, days=DAYS, loops=loops)
    reports = take_drill(run, run.home, drill)
    found = played(run.home, drill, reports, seed=seed, start=START, days=DAYS)
    for at in (found.end_at - WAITED, found.end_at):  # after the score: signals are not of the drill's truth
        of_region(run, read_declared(), at=at)
    seconds = round(run.outside.ticks() - started, 1)
    said = Demo(
        found.loops, found.facts, found.breaks_injected, found.breaks_found, found.breaks_false, seconds
    )
    run.answer(said, lambda page: _show(page, found, run, seconds))
    if not no_serve:
        run.close()
        server.serve(run, fixed(found.end_at), port=port, open_browser=open_browser)
    return 0 if found.is_perfect else FengsuiError.exit_code


def _place(run: Run) -> Path:
    """Where the database goes; what an earlier demonstration left there is removed first."""
    db = run.db if run.is_db_named else FOLDER / "region.db"
    if not isinstance(db, Path):
        expected = "a file; `fengsui move` takes it to a server afterwards"
        raise BadInput("A demonstration is played into a file.", (Finding("--db", "db", str(db), expected),))
    files = files_of(db)
    if db.exists() or files.exists():
        if not (files / TRUTH).is_file():
            raise Conflict(f"{db} is there already, and no demonstration made it.")
        for path in (db, *(db.with_name(db.name + end) for end in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)
        shutil.rmtree(files)
        shutil.rmtree(folder_beside(db), ignore_errors=True)
    files.mkdir(parents=True)
    return db


def files_of(db: Path) -> Path:
    """The folder of the source files beside a demonstration's database."""
    return db.with_name(db.name + ".files")


def _show(page: Page, found: Played, run: Run, seconds: float) -> None:
    desk = run.desk(at=found.end_at)
    board = front(desk)
    show_front(page, board, run)
    page.line()
    show_score(page, found, run)
    page.line(Text(f"用时 {seconds} 秒", f"{seconds} s"), style="dim")
    at = page.time(found.end_at, run.zone).replace(" ", "T")
    page.line()
    for command in (f"breaks --db {run.db} --as-of {at}", *_first_loop(board, f"--db {run.db} --as-of {at}")):
        page.line(f"→ fengsui {command}")


def _first_loop(board: Front, where: str) -> list[str]:
    return [f"explain {board.overdue[0].loop} {where}"] if board.overdue else []
