"""Early warning on the board: signals with their loops, the series behind them, a map of tiles, precision.

Signals are facts and stand with their loops at any moment; series and bounds are those of the last morning
that was kept by then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fengsui.board.desk import Desk
from fengsui.board.loop_page import LoopPage, loop_page
from fengsui.board.watch_chart import Chart, chart
from fengsui.engines.signals import SOURCE, Story, stories_of, verdict_rows
from fengsui.kit.errors import NotFound
from fengsui.kit.text import Text
from fengsui.loops.duty import Status
from fengsui.loops.explanation import DutyLine
from fengsui.watch.counts import DAY
from fengsui.watch.declared import Declared
from fengsui.watch.explain import detector_text, sentence
from fengsui.watch.kept import Kept, Line
from fengsui.watch.signals import Signal, precision

PROTOCOL = "cn.warning/signal"
N_SIGNALS, N_CHARTS, N_DAYS = 60, 24, 14
LEAST_DRAWN = 6  # counts a series must have to be worth a drawing
STANDING = (Status.BREACHED, Status.PROVISIONAL, Status.UNKNOWN, Status.OPEN)
LOW, HIGH, OVER, ABSENT = "low", "high", "over", "absent"  # absent: there never was one


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One signal, and the step of its loop that is due next: whose, until when, and how that stands."""

    id: str
    loop: str
    area: str
    area_name: Text
    title: Text
    said: Text
    raised_at: int
    is_running: bool
    verdict: str
    verdict_name: Text
    strength: float
    duty: DutyLine | None


@dataclass(frozen=True, slots=True)
class Tile:
    """One area on the map. ``level``: absent (never any), low, high (above what was expected), over (the
    bound); "" where nobody knows.
    """

    code: str
    name: Text
    count: int | None
    bound: float | None
    level: str
    has_below: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """One series as a small drawing."""

    name: Text
    source: Text
    step: int
    area: str
    chart: Chart
    n_alarms: int


@dataclass(frozen=True, slots=True)
class Odd:
    """What is odd about some series of one source. ``n``: how many series; ``names``: some of their areas."""

    what: str
    source: Text
    n: int
    names: tuple[Text, ...]
    most: float


@dataclass(frozen=True, slots=True)
class Precision:
    """A detector with the threshold that holds and what its verified signals were. None: nothing verified."""

    detector: Text
    cut: float | None
    signals: int
    real: int
    false: int
    waiting: int
    ppv: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class WatchPage:
    """Everything at /watch. ``made_at``: of the morning shown, 0 without one. ``days``: to choose from."""

    now: int
    known_at: int
    made_at: int
    n_series: int
    load: float
    signals: tuple[SignalRow, ...]
    other: tuple[tuple[Text, Text], ...]  # what goes on or is only shown: name, sentence
    area: str
    area_name: Text
    path: tuple[tuple[str, Text], ...]
    may_count: bool  # whether series are this reader's to see at all
    source: str
    sources: tuple[tuple[str, Text], ...]
    day: int
    days: tuple[int, ...]
    tiles: tuple[Tile, ...]
    panels: tuple[Panel, ...]
    odd: tuple[Odd, ...]
    precision: tuple[Precision, ...]

    @property
    def n_open(self) -> int:
        """Signals without a verdict."""
        return sum(1 for row in self.signals if row.is_running)


@dataclass(frozen=True, slots=True)
class SignalPage:
    """One signal: why it was raised, its loop, the series of its areas."""

    now: int
    known_at: int
    row: SignalRow
    loop: LoopPage | None
    areas: tuple[tuple[str, Text], ...]
    detectors: tuple[Text, ...]
    numbers: tuple[tuple[str, float], ...]  # observed, expected, bound, excess: those there are
    window: tuple[int, int]
    panels: tuple[Panel, ...]


def watch_page(
    desk: Desk,
    kept: Kept | None,
    declared: Declared,
    *,
    area: str = "",
    source: str = "",
    day: int = 0,
    root: str = "",
    may_count: bool = True,
) -> WatchPage:
    """The page of early warning. ``root``: the area above which there is nothing to go up to.

    Raises NotFound for an area there is not.
    """
    areas = desk.world.areas
    top = areas.get(area or areas.codes[0]).code
    found = _stories(desk)
    facts = kept.facts if kept else None
    sources = _sources(kept, declared)
    source = source if source in dict(sources) else (sources[0][0] if sources else "")
    below = [code for code in areas.children(top)] or [top]
    lines = kept.lines(areas=[*below, top], sources=[source]) if kept and source else []
    daily = [line for line in lines if line.step == DAY] or lines
    days = tuple(daily[0].days[-N_DAYS:].tolist()) if daily else ()
    day = day if day in days else (days[-1] if days else 0)
    return WatchPage(
        now=desk.now,
        known_at=desk.known_at,
        made_at=facts.at if facts else 0,
        n_series=facts.n_series if facts else 0,
        load=facts.load if facts else 0.0,
        signals=tuple(_row(desk, one, facts.signals if facts else (), declared) for one in found[:N_SIGNALS]),
        other=tuple(_other(desk, facts.signals, facts.raised, declared)) if facts else (),
        area=area,
        area_name=areas.get(top).name,
        path=tuple(
            (code, areas.get(code).name) for code in areas.path(top) if not root or areas.covers(root, code)
        ),
        may_count=may_count,
        source=source,
        sources=sources,
        day=day,
        days=days,
        tiles=tuple(_tile(desk, code, daily, day) for code in below),
        panels=tuple(_panels(desk, lines, declared))[:N_CHARTS],
        odd=tuple(_odd(desk, kept, declared)) if kept else (),
        precision=_precision(desk, found, facts.cuts if facts else {}),
    )


def signal_page(desk: Desk, kept: Kept | None, declared: Declared, name: str) -> SignalPage:
    """The page of one signal. Raises NotFound if there is none of this name."""
    facts = desk.view.subject_facts(f"signal/{name}", known_at=desk.known_at)
    found = stories_of(fact for fact in facts if fact.when <= desk.now)
    if not found:
        raise NotFound(f"There is no signal {name}.")
    story = found[0]
    data = story.raised.data
    places = str(data.get("areas", data["area"])).split()
    lines = kept.lines(areas=places, sources=str(data.get("source", "")).split("+")) if kept else []
    row = _row(desk, story, kept.facts.signals if kept else (), declared)
    return SignalPage(
        now=desk.now,
        known_at=desk.known_at,
        row=row,
        loop=loop_page(desk, row.loop) if row.loop else None,
        areas=tuple((code, desk.place_text(code)) for code in places),
        detectors=tuple(detector_text(one) for one in str(data["method"]).split("+")),
        numbers=tuple(
            (key, float(data[key])) for key in ("observed", "expected", "bound", "excess") if key in data
        ),
        window=(int(data.get("window_from", 0)), int(data.get("window_until", 0))),
        panels=tuple(_panels(desk, lines, declared))[:N_CHARTS],
    )


def _stories(desk: Desk) -> list[Story]:
    """The latest signals, those that wait for a verdict first."""
    heads = desk.view.loops(now=desk.now, protocol=PROTOCOL, limit=N_SIGNALS * 4)
    found = []
    for subject in dict.fromkeys(head.subject for head in heads):
        facts = desk.view.subject_facts(subject, known_at=desk.known_at)
        found += stories_of(fact for fact in facts if fact.when <= desk.now)
    kept = [story for story in found if not story.joined]
    return sorted(kept, key=lambda one: (bool(one.verdict), -one.raised.at, one.id))


def _row(desk: Desk, story: Story, signals: Sequence[Signal], declared: Declared) -> SignalRow:
    data = story.raised.data
    heads = desk.view.loops(now=desk.now, subject=story.raised.subject, protocol=PROTOCOL, limit=1)
    duty = _next_duty(desk, heads[0].id) if heads else None
    area = str(data["area"])
    field = desk.kinds.kinds["signal.closed"].fields["verdict"]
    known = next((one for one in signals if one.id == story.id), None)
    name = desk.place_text(area)
    disease = declared.disease_text(str(data["disease"]))
    return SignalRow(
        id=story.id,
        loop=heads[0].id if heads else "",
        area=area,
        area_name=name,
        title=Text(f"{name.zh}{disease.zh}", f"{name.en}: {disease.en}"),
        said=sentence(known, area=desk.place_text, declared=declared) if known else Text("", ""),
        raised_at=story.raised.at,
        is_running=bool(heads) and desk.now < heads[0].closed_at,
        verdict=story.verdict,
        verdict_name=field.title_of(story.verdict) if story.verdict else Text("", ""),
        strength=float(data.get("strength", 0.0)),
        duty=duty,
    )


def _next_duty(desk: Desk, loop: str) -> DutyLine | None:
    """The step that is due first of those nobody did yet."""
    standing = [line for line in loop_page(desk, loop).duties if line.status in STANDING]
    return min(standing, key=lambda line: (line.due_at, line.key), default=None)


def _other(
    desk: Desk, signals: Iterable[Signal], raised: Sequence[str], declared: Declared
) -> Iterable[tuple[Text, Text]]:
    """Groups of the last morning that no post was asked about."""
    for one in signals:
        if one.id not in raised and not declared.raises(one.lead.key.source):
            yield desk.place_text(one.area), sentence(one, area=desk.place_text, declared=declared)


def _sources(kept: Kept | None, declared: Declared) -> tuple[tuple[str, Text], ...]:
    """The streams the morning has series of, in the order in which they are declared."""
    there = set(kept.table["source"].to_pylist()) if kept else set()
    ordered = [
        *(name for name in declared.streams if name in there),
        *sorted(there - declared.streams.keys()),
    ]
    return tuple((name, declared.stream_text(name)) for name in ordered)


def _tile(desk: Desk, code: str, lines: Sequence[Line], day: int) -> Tile:
    areas = desk.world.areas
    line = next((one for one in lines if one.key.area == code), None)
    at = -1 if line is None else int((day - line.days[0]) // line.step)
    count, mean, bound, is_over = None, 0.0, None, False
    if line is not None and 0 <= at < len(line.observed) and line.observed[at] == line.observed[at]:
        count, is_over = int(line.observed[at]), bool(line.alarms[at] > 0)
        mean = float(line.expected[at]) if line.expected[at] == line.expected[at] else 0.0
        bound = round(float(line.bound[at]), 1) if line.bound[at] == line.bound[at] else None
    level = (
        ABSENT
        if line is None
        else ""
        if count is None
        else OVER
        if is_over
        else HIGH
        if count > mean and count
        else LOW
    )
    return Tile(code, areas.get(code).name, count, bound, level, bool(areas.children(code)))


def _panels(desk: Desk, lines: Sequence[Line], declared: Declared) -> Iterable[Panel]:
    """The series that exceeded first, then by name."""

    def order(line: Line) -> tuple:
        return -int((line.alarms[-N_DAYS:] > 0).sum()), line.key, line.step

    told = [line for line in lines if (~np.isnan(line.observed)).sum() >= LEAST_DRAWN]
    for line in sorted(told, key=order):
        yield Panel(
            name=desk.place_text(line.key.area),
            source=declared.stream_text(line.key.source),
            step=line.step,
            area=line.key.area,
            chart=chart(line),
            n_alarms=int((line.alarms > 0).sum()),
        )


def _odd(desk: Desk, kept: Kept, declared: Declared) -> Iterable[Odd]:
    """What is odd about the reports, by source and kind, the most frequent first."""
    found: dict[tuple[str, str], list] = {}
    for note in kept.facts.notes:
        found.setdefault((note.what, note.key.source), []).append(note)
    for (what, source), some in sorted(found.items(), key=lambda item: -len(item[1])):
        names = dict.fromkeys(note.key.area for note in sorted(some, key=lambda note: -note.usual))
        yield Odd(
            what=what,
            source=declared.stream_text(source),
            n=len(some),
            names=tuple(desk.place_text(code) for code in list(names)[:3]),
            most=max(note.n for note in some),
        )


def _precision(desk: Desk, found: Sequence[Story], cuts: dict[str, float]) -> tuple[Precision, ...]:
    """Each detector with what its signals turned out to be. Signals others raised count by their method."""
    own = [story for story in found if story.raised.source == SOURCE]
    rows = {row["detector"]: row for row in precision(verdict_rows(desk.world.areas, own), by=("detector",))}
    nothing = {"signals": 0, "real": 0, "false": 0, "open": 0, "ppv": None, "low": None, "high": None}
    names = [*cuts, *(name for name in rows if name not in cuts)]
    return tuple(_precise(name, cuts.get(name), rows.get(name, nothing)) for name in names)


def _precise(name: str, cut: float | None, row: dict) -> Precision:
    counted = (row["signals"], row["real"], row["false"], row["open"])
    return Precision(detector_text(name), cut, *counted, row["ppv"], row["low"], row["high"])
