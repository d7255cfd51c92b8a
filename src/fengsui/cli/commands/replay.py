"""Derive everything anew from the facts and compare with what is kept. Nothing is changed.

从事实重新推导全部结果，与库中所存逐一比对；不改动任何内容。

That both agree is the first law of the program. Where they do not, the differences are listed and the exit
code is 1; opening the database after a change of protocols derives it anew by itself. With --parquet the
facts are those of a file, and all duties and breaks of one --protocol are derived from it and counted.

两者一致是本程序的第一定律。若不一致，逐一列出，退出码为 1。规程变动后打开数据库会自动重新推导。
用 --parquet 时，从文件中的事实推导 --protocol 所指规程的全部应办事项和断点并计数。
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

from fengsui.cli.options import Limit, ProtocolName, option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.engines.derivation import Derivation
from fengsui.engines.home import Home, rules_of, world_of
from fengsui.engines.snapshot import Snapshot
from fengsui.engines.view import View
from fengsui.kit.errors import BadInput, FengsuiError, Finding, NotFound
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text
from fengsui.loops import words
from fengsui.loops.duty import Status
from fengsui.loops.strata import Rules

EVERYTHING = 10**9  # loops
END = NEVER - 1  # of time: by then every break there can be has begun
Parquet = Annotated[
    Path | None,
    option("--parquet", "从此 Parquet 文件的事实推导", "derive from the facts of this file", metavar="FILE"),
]


@dataclass(frozen=True, slots=True)
class Difference:
    """One loop, break or count that the two accounts do not agree about; None where one has none."""

    what: str  # loop | break | count
    name: str
    kept: object
    anew: object


@dataclass(frozen=True, slots=True)
class Replay:
    """How much was derived anew, and every difference."""

    facts: int
    loops: int
    breaks: int  # that had begun when the last fact was recorded
    n_differences: int
    differences: tuple[Difference, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class FromFile:
    """What follows from the facts of a file as of ``now``; ``duties`` by status."""

    now: int
    protocol: str
    facts: int
    loops: int
    duties: dict[str, int]
    breaks: int
    seconds: float


def command(run: Run, parquet: Parquet = None, protocol: ProtocolName = None, limit: Limit = 50) -> int:
    """Derive, compare, say what differs; or derive from a file and count."""
    started = run.outside.ticks()
    if parquet is not None:
        _from_file(run, parquet, protocol, started)
        return 0
    home = run.home
    with run.progress("从事实重新推导", "Deriving anew from the facts") as tell:
        tell(0, 3)
        anew = _anew(home)
        n_loops = len(anew.loops(now=END, limit=EVERYTHING))
        tell(2, 3)
        found = list(
            differences(home.store.view, anew, moments=(home.last_recorded_at(), run.moment().as_of))
        )
    said = Replay(
        facts=home.n_facts(),
        loops=n_loops,
        breaks=sum(1 for _ in anew.breaks(now=home.last_recorded_at())),
        n_differences=len(found),
        differences=tuple(islice(found, limit)),
        seconds=round(run.outside.ticks() - started, 1),
    )
    run.answer(said, lambda page: _show(page, said))
    return FengsuiError.exit_code if found else 0


def _anew(home: Home) -> Snapshot:
    """The second account: from the facts alone, in memory, by the readable meaning."""
    return Snapshot(home.store.facts(), Derivation(home.rules, home.world))


def differences(kept: View, anew: View, *, moments: tuple[int, ...]) -> Iterator[Difference]:
    """What the two do not agree about: loops, breaks however far ahead, and counts at some moments."""
    yield from _differing("loop", _loops(kept), _loops(anew))
    yield from _differing("break", _breaks(kept), _breaks(anew))
    for now in moments:
        yield from _differing("count", _counts(kept, now), _counts(anew, now))


def _loops(view: View) -> Mapping[str, object]:
    return {head.id: head for head in view.loops(now=END, limit=EVERYTHING)}


def _breaks(view: View) -> Mapping[str, object]:
    return {f"{b.loop} {b.key} {b.n}": b for b in view.breaks(now=END)}


def _counts(view: View, now: int) -> Mapping[str, object]:
    cells = (cell for cell in view.counts(now=now) if cell.running or cell.overdue)
    return {f"{c.protocol} {c.area} {now}": c for c in cells}


def _differing(what: str, kept: Mapping[str, object], anew: Mapping[str, object]) -> Iterator[Difference]:
    for name in sorted(kept.keys() | anew.keys()):
        if kept.get(name) != anew.get(name):
            yield Difference(what, name, kept.get(name), anew.get(name))


def _show(page: Page, said: Replay) -> None:
    counts = (said.facts, said.loops, said.breaks, said.seconds)
    page.line(
        Text(
            "由 {} 条事实推导出 {} 个闭环、{} 个断点，用时 {} 秒".format(*counts),
            "{} facts give {} loops and {} breaks, in {} s".format(*counts),
        )
    )
    if not said.n_differences:
        page.line(Text("✓ 与库中所存一致", "✓ the same as what is kept"))
        return
    page.line(Text(f"✗ 有 {said.n_differences} 处不同", f"✗ {said.n_differences} differences"))
    for one in said.differences:
        page.line(f"  {one.what} {one.name}: {one.kept} ≠ {one.anew}")


def _from_file(run: Run, path: Path, protocol: str | None, started: float) -> None:
    """Count what follows from a file of facts, by the rules of the region."""
    from fengsui.engines.replay import replay  # and the kernel, which the comparison does without
    from fengsui.loops.bulk import Derivation as Kernel

    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    name = run.protocol(protocol, run.library)
    if name is None:
        found = Finding("--protocol", "protocol", "nothing", f"one of {', '.join(run.library.names)}")
        raise BadInput("A replay from a file is of one protocol.", (found,))
    rules = rules_of(run.library, run.areas)
    alone = Rules({name: rules.versions[name]}, rules.timeline)
    now = run.moment().as_of
    with run.progress("从文件推导", "Deriving from the file") as tell:
        derived = replay(path, Kernel(alone, world_of(run.areas, alone)), name, now=now, progress=tell)
    said = FromFile(
        now=now,
        protocol=name,
        facts=derived.n_facts,
        loops=derived.n_loops,
        duties=dict(derived.counts),
        breaks=len(derived.breaks.get("from_at", ())),
        seconds=round(run.outside.ticks() - started, 1),
    )
    run.answer(said, lambda page: _show_counts(page, said))


def _show_counts(page: Page, said: FromFile) -> None:
    counts = (said.facts, said.loops, said.breaks, said.seconds)
    page.line(
        Text(
            "由 {:,} 条事实推导出 {:,} 个闭环、{:,} 个断点，用时 {} 秒".format(*counts),
            "{:,} facts give {:,} loops and {:,} breaks, in {} s".format(*counts),
        )
    )
    rows = ((words.STATUS[Status(name)], f"{n:,}") for name, n in said.duties.items() if n)
    page.table([Text("状态", "state"), Text("应办事项", "duties")], rows, right=[1])
