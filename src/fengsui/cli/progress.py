"""How far something is that takes longer than one cares to wait: a bar on a terminal, lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread, Timer

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from fengsui.cli.clock import Surroundings
from fengsui.kit.text import Text

PATIENCE = 2.0  # seconds before anything is shown
EVERY = 5.0  # seconds between two lines where there is no terminal
Tell = Callable[[float, float], None]  # done, of how many


@contextmanager
def progress(title: Text, surroundings: Surroundings) -> Iterator[Tell]:
    """Gives a function that is told ``(done, of how many)``; it may be called as often as one likes.

    Shown after PATIENCE also if it never is, so that nobody takes a long step for a standstill.
    """
    show = _bar if surroundings.err.isatty() else _lines
    with show(title.in_(surroundings.lang), surroundings) as tell:
        yield tell


@contextmanager
def _bar(title: str, surroundings: Surroundings) -> Iterator[Tell]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(file=surroundings.err), transient=True, refresh_per_second=4)
    task = bar.add_task(title, total=None)
    patience = Timer(PATIENCE, bar.start)
    patience.daemon = True
    patience.start()
    try:
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
    finally:
        patience.cancel()
        patience.join()
        bar.stop()


@contextmanager
def _lines(title: str, surroundings: Surroundings) -> Iterator[Tell]:
    reached, ended = "", Event()

    def tell(done: float, total: float) -> None:
        nonlocal reached
        reached = f" {100 * done / total:.0f} %" if total else ""

    def write() -> None:
        wait = PATIENCE
        while not ended.wait(wait):
            surroundings.err.write(f"{title}{reached} …\n")
            surroundings.err.flush()
            wait = EVERY

    writer = Thread(target=write, daemon=True)
    writer.start()
    try:
        yield tell
    finally:
        ended.set()
        writer.join()
