"""The morning run: all series, every detector, alarms grouped to signals, each signal a loop to verify.

早间运行：全部序列、各检测方法，预警归并为信号，每个信号开启一个核实闭环。

With --series on a file; without it on the facts of the region, into which the signals are written as facts.
The same morning again adds nothing. An outbreak that goes on is not raised a second time.

有 --series 时读文件；没有时用本区事实，并把信号写成事实。同一天早上再跑一次不会增加任何东西；
仍在继续的疫情不会再次发信号。
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pyarrow as pa

from fengsui.cli.commands.watch._files import Out, write
from fengsui.cli.commands.watch._region import CountsFile, Kept, Week, declared_in, mornings_of, names_in
from fengsui.cli.options import option
from fengsui.cli.page import Page
from fengsui.cli.run import Run
from fengsui.engines.series import Asked, series_of
from fengsui.engines.signals import raise_signals, stories, told
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.text import Text
from fengsui.watch.counts import DAY, WEEK, Key, read_counts
from fengsui.watch.declared import Declared
from fengsui.watch.explain import detector_text, sentence
from fengsui.watch.judging import DETECTORS, Detector
from fengsui.watch.kept import write_morning
from fengsui.watch.morning import Morning, Room, morning
from fengsui.watch.nearness import Nearness, read_nearness
from fengsui.watch.signals import EPOCH, Signal

SeriesFile = Annotated[
    Path | None,
    option(
        "--series",
        "序列文件 series_id,date,observed[,source,disease,area,age]；不写则用本区事实",
        "series: series_id,date,observed[,source,disease,area,age]; else the facts of the region",
        metavar="FILE",
    ),
]
AreasFile = Annotated[
    Path | None, option("--areas", "上下级关系 area,parent", "who lies in whom: area,parent", metavar="FILE")
]
Neighbours = Annotated[
    Path | None,
    option("--neighbours", "相邻关系 area,neighbour", "who borders on whom: area,neighbour", metavar="FILE"),
]
Chosen = Annotated[
    str | None,
    option(
        "--detectors", "检测方法，逗号分隔；默认全部", "detectors, by commas; all of them", metavar="NAMES"
    ),
]
Most = Annotated[
    float,
    option(
        "--most",
        "每地每周最多几个新信号，默认 0.05；由本地往期定阈值",
        "new signals an area and week at most, 0.05; thresholds follow from the past",
        metavar="N",
    ),
]
MostOpen = Annotated[
    int,
    option("--most-open", "每地最多几个未核实信号，默认 5", "open signals an area at most, 5", metavar="N"),
]
DryRun = Annotated[bool, option("--dry-run", "只看，不写入信号", "look only, raise nothing")]


def command(
    run: Run,
    series: SeriesFile = None,
    areas: AreasFile = None,
    neighbours: Neighbours = None,
    detectors: Chosen = None,
    most: Most = 0.05,
    most_open: MostOpen = 5,
    week: Week = "iso",
    counts: CountsFile = None,
    dry_run: DryRun = False,
    kept: Kept = None,
    out: Out = None,
) -> None:
    """Run, raise, keep, and say what there is to do."""
    declared = declared_in(counts)
    asked = {"detectors": chosen(detectors), "room": Room(most, most_open)}
    if series is not None:
        found = _judged([read_counts(series)], declared, read_nearness(areas, neighbours), asked)
        _answer(run, found, out, sentences(found, declared, names_in(None)), n_written=0)
        return
    found, n_written = of_region(
        run, declared, week=week, asked=asked, neighbours=neighbours, dry_run=dry_run, kept=kept
    )
    _answer(run, found, out, sentences(found, declared, names_in(run.areas)), n_written=n_written)


def of_region(
    run: Run,
    declared: Declared,
    *,
    week: str = "iso",
    asked: dict | None = None,
    neighbours: Path | None = None,
    dry_run: bool = False,
    kept: Path | None = None,
    at: int | None = None,
) -> tuple[Morning, int]:
    """The morning of the region, and how many facts were written. ``at``: not the moment asked for."""
    moment = run.moment()
    now, known_at = (at, at) if at is not None else (moment.as_of, moment.known_at)
    home = run.home
    steps = [Asked(until=now, known_at=known_at, step=step, week=week) for step in (DAY, WEEK)]
    many = [series_of(home, declared, one) for one in steps]
    pairs = read_nearness(None, neighbours) if neighbours else None
    near = Nearness.of(home.areas)
    near = Nearness(near.above, pairs.beside) if pairs else near
    known = stories(home, known_at=known_at)
    found = _judged(many, declared, near, {**(asked or {}), "told": told(home, known, declared)})
    if dry_run:
        return found, 0
    written = raise_signals(home, found, known, now=now).new
    write_morning(mornings_of(run, kept), found, at=now)
    return found, written


def _judged(many: list, declared: Declared, near: Nearness, asked: dict) -> Morning:
    def family(key: Key) -> str:
        return declared.family(key.source, key.disease)

    def may_raise(signal: Signal) -> bool:
        return declared.raises(signal.lead.key.source)

    return morning(many, family=family, nearness=near, may_raise=may_raise, **asked)


def chosen(names: str | None) -> tuple[Detector, ...]:
    """The detectors of these names; BadInput for one there is not."""
    if names is None:
        return DETECTORS
    known = {one.name: one for one in DETECTORS}
    asked = names.split(",")
    if unknown := [name for name in asked if name not in known]:
        expected = "of " + ", ".join(known)
        raise BadInput(
            "--detectors", tuple(Finding("--detectors", "detector", repr(name), expected) for name in unknown)
        )
    return tuple(known[name] for name in asked)


def sentences(found: Morning, declared: Declared, name: Callable[[str], Text]) -> dict[str, Text]:
    """What to say of each signal, by its id."""
    return {one.id: sentence(one, area=name, declared=declared) for one in found.signals}


def _answer(run: Run, found: Morning, out: Path | None, said: dict[str, Text], *, n_written: int) -> None:
    if out is not None:
        write(run, _table(found, said, run.lang), out)
        return
    news = {one.id for one in found.sorted.raised}
    value = {
        "series": sum(len(counts) for counts, _ in found.parts),
        "alarms": len(found.alarms),
        "signals": [
            {"id": one.id, "rank": one.rank, "is_new": one.id in news, "said": said[one.id]}
            for one in found.signals
        ],
        "raised": len(found.sorted.raised),
        "held": len(found.sorted.held),
        "facts_written": n_written,
        "cuts": dict(found.cuts),
        "share": found.share,
        "signals_per_area_week": found.load,
    }
    run.answer(value, lambda page: _show(page, found, said, value))


def _show(page: Page, found: Morning, said: dict[str, Text], value: dict) -> None:
    n = value["series"]
    page.heading(
        Text(
            f"{n:,} 条序列 · {len(found.signals)} 个信号 · 新发 {value['raised']} · 暂缓 {value['held']}",
            f"{n:,} series · {len(found.signals)} signals · {value['raised']} new · {value['held']} held",
        )
    )
    going_on = {one.id: earlier.id for one, earlier in found.sorted.again}
    new, held = {one.id for one in found.sorted.raised}, {one.id for one in found.sorted.held}
    for one in found.signals:
        page.line()
        page.line(_state(one.id, new, held, going_on), style="bold" if one.id in new else "")
        page.line(said[one.id])
    page.line()
    cuts = ", ".join(f"{page.said(detector_text(name))} {cut:.2f}" for name, cut in found.cuts.items())
    page.line(
        Text(
            f"阈值（超出倍数，按往期每地每周 {found.load:.3f} 个信号）：{cuts}",
            f"thresholds (exceedance; in the past {found.load:.3f} signals an area and week): {cuts}",
        ),
        style="dim",
    )


def _state(name: str, new: set[str], held: set[str], going_on: dict[str, str]) -> Text:
    if name in new:
        return Text(f"新信号 {name}", f"new: {name}")
    if name in going_on:
        return Text(f"延续 {going_on[name]}", f"goes on: {going_on[name]}")
    if name in held:
        return Text(f"暂缓（该地未核实信号已满） {name}", f"held back, the post has enough open: {name}")
    return Text(f"仅供参考 {name}", f"to know only: {name}")


def _table(found: Morning, said: dict[str, Text], lang: str) -> pa.Table:
    """One row a signal."""
    new = {one.id for one in found.sorted.raised}
    rows = [
        {
            "signal_id": one.id,
            "rank": one.rank,
            "is_new": int(one.id in new),
            "family": one.family,
            "disease": one.disease,
            "area": one.area,
            "areas": " ".join(one.areas),
            "from": str(EPOCH + one.first),
            "until": str(EPOCH + one.last),
            "observed": one.lead.observed,
            "expected": one.lead.expected,
            "bound": one.lead.bound,
            "excess": one.excess,
            "detectors": "+".join(one.detectors),
            "sources": "+".join(one.sources),
            "said": said[one.id].in_(lang),
        }
        for one in found.signals
    ]
    columns = (
        "signal_id",
        "rank",
        "is_new",
        "family",
        "disease",
        "area",
        "areas",
        "from",
        "until",
        "observed",
    )
    columns += ("expected", "bound", "excess", "detectors", "sources", "said")
    return pa.table({name: [row[name] for row in rows] for name in columns})
