"""Series from the facts of a region: counted by place, day or week, disease and age, as known at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fengsui.engines.address import connect_to
from fengsui.engines.home import Home
from fengsui.engines.series_rows import Counted, Rows
from fengsui.kit.areas import Areas
from fengsui.kit.days import day_of
from fengsui.kit.errors import BadInput, Finding
from fengsui.watch.counts import ALL_AGES, DAY, WEEK, Counts, Key
from fengsui.watch.declared import Declared, Stream
from fengsui.watch.weeks import week_start

BY = ("onset", "report")
REPORTING = {DAY: 28, WEEK: 8}  # steps back in which a place that reported is one that reports
LEAST_SHARE = 0.8  # of the places that report must have, for the count of an area to be known
N_LEVELS = 3  # region, league, banner: what is counted where nothing else is asked


@dataclass(frozen=True, slots=True)
class Asked:
    """Which series: days or weeks up to the last whole one before ``until``, by what was on record then.

    ``by``: onset (else the time of the fact), or report (when it was recorded). ``week``: iso or cdc.
    ``levels``: of areas, None for the upper three. ``streams``: None for all. ``n_steps``: the most back.
    """

    until: int
    known_at: int
    step: int = WEEK
    by: str = "onset"
    week: str = "iso"
    levels: tuple[str, ...] | None = None
    streams: tuple[str, ...] | None = None
    has_ages: bool = False
    n_steps: int = 520


def series_of(home: Home, declared: Declared, asked: Asked) -> Counts:
    """The series of a region. BadInput for a stream, level or way of counting there is not.

    A place without any fact of a stream has no series of it. A step is unknown, and not zero, after the day
    up to which the sources say to be complete; of counts that are reported as such, wherever fewer than
    LEAST_SHARE of the places that usually report did.
    """
    _refuse(home, declared, asked)
    streams = [declared.streams[name] for name in asked.streams or declared.streams]
    connection = connect_to(home.path, read_only=True)
    try:
        cut = Counted(
            connection, home.areas, home.world.days, known_at=asked.known_at, by_report=asked.by == "report"
        )
        found = [(one, cut.rows(one), cut.complete_until(one)) for one in streams]
    finally:
        connection.close()
    found = [part for part in found if len(part[1])]
    dates = _dates(home, asked, [rows.since for _, rows, _ in found])
    parts = [_cube(one, rows, until, dates, home.areas, asked) for one, rows, until in found]
    return _joined(parts, dates, step=asked.step, declared=declared)


def _refuse(home: Home, declared: Declared, asked: Asked) -> None:
    choices = (
        ("source", asked.streams or (), tuple(declared.streams)),
        ("level", asked.levels or (), home.areas.levels),
        ("by", (asked.by,), BY),
    )
    found = [
        Finding("series", name, repr(one), "one of " + ", ".join(known))
        for name, given, known in choices
        for one in given
        if one not in known
    ]
    if found:
        raise BadInput("series", tuple(found))


def _dates(home: Home, asked: Asked, firsts: Sequence[int]) -> np.ndarray:
    """The first day of each step: whole ones only, up to the moment, in the zone of the region."""
    tables = home.world.days
    today = day_of(tables, tables.zones.index(home.areas.region.zone), asked.until)
    end = int(week_start(today, kind=asked.week)) if asked.step == WEEK else today
    first = min([*firsts, end])
    if asked.step == WEEK:
        first = int(week_start(first, kind=asked.week))
    return np.arange(max(first, end - asked.n_steps * asked.step), end, asked.step, dtype=np.int64)


def _cube(
    stream: Stream, rows: Rows, until: np.ndarray, dates: np.ndarray, areas: Areas, asked: Asked
) -> tuple[list[Key], np.ndarray]:
    """The series of a stream, and float[n, steps] of their counts."""
    step = (rows.day - dates[0]) // asked.step if len(dates) else rows.day
    inside = (rows.day >= (dates[0] if len(dates) else 0)) & (step < len(dates))
    rows, step = rows.at(inside), step[inside]
    levels = [areas.levels.index(name) for name in asked.levels or areas.levels[:N_LEVELS]]
    n_ages = len(stream.bands) + 1 if asked.has_ages else 1
    kinds = [rows.disease * n_ages]
    if n_ages > 1:
        kinds.append(np.where(rows.age < 0, -1, rows.disease * n_ages + 1 + rows.age))
    cells, amounts, steps = [], [], []
    for kind in kinds:
        for level in levels:
            at = areas.ancestors[rows.area, level]
            chosen = (at >= 0) & (kind >= 0)
            cells.append(kind[chosen] * len(areas) + at[chosen])
            amounts.append(rows.amount[chosen])
            steps.append(step[chosen])
    cell, row = np.unique(np.concatenate(cells), return_inverse=True)
    flat = row * len(dates) + np.concatenate(steps)
    counts = np.bincount(flat, np.concatenate(amounts), len(cell) * len(dates)).reshape(len(cell), len(dates))
    at = cell % len(areas)
    if stream.is_missing_when_silent:
        counts[~_reported(rows, step, areas, len(dates), REPORTING[asked.step])[at]] = np.nan
    counts[dates[None, :] + asked.step - 1 > until[at][:, None]] = np.nan
    counts[:, dates < rows.since] = np.nan  # a step of which only a part was reported is none
    kind = cell // len(areas)
    keys = [
        Key(stream.name, rows.diseases[k // n_ages], areas.codes[a], _band(stream, k % n_ages))
        for k, a in zip(kind.tolist(), at.tolist(), strict=True)
    ]
    return keys, counts


def _band(stream: Stream, age: int) -> str:
    if not age:
        return ALL_AGES
    low = stream.bands[age - 1]
    return f"{low}-{stream.bands[age] - 1}" if age < len(stream.bands) else f"{low}+"


def _reported(rows: Rows, step: np.ndarray, areas: Areas, n_steps: int, back: int) -> np.ndarray:
    """bool[n_areas, n_steps]: whether enough of the places that report did. The places are the subjects."""
    place, number = np.unique(rows.subject, return_inverse=True)
    did = np.zeros((len(place), n_steps), dtype=bool)
    did[number, step] = True
    recent = np.cumsum(np.pad(did, ((0, 0), (1, 0))), axis=1)
    low = np.maximum(np.arange(n_steps) + 1 - back, 0)
    does = recent[:, 1:] - recent[:, low] > 0
    area = np.zeros(len(place), dtype=np.int64)
    area[number] = rows.area
    told, owed = np.zeros((2, len(areas), n_steps))
    for level in range(len(areas.levels)):
        at = areas.ancestors[area, level]
        np.add.at(told, at[at >= 0], did[at >= 0])
        np.add.at(owed, at[at >= 0], does[at >= 0])
    return (owed > 0) & (told >= LEAST_SHARE * owed)


def _joined(
    parts: Sequence[tuple[list[Key], np.ndarray]], dates: np.ndarray, *, step: int, declared: Declared
) -> Counts:
    """All streams under each other, those that are judged, with their denominators beside them."""
    keys = [key for part, _ in parts for key in part]
    counts = np.concatenate([np.empty((0, len(dates))), *(rows for _, rows in parts)])
    at = {key: i for i, key in enumerate(keys)}
    kept = [i for i, key in enumerate(keys) if declared.streams[key.source].judged]
    beneath = [at.get(keys[i]._replace(source=declared.streams[keys[i].source].of), -1) for i in kept]
    out_of = None
    if any(i >= 0 for i in beneath):
        out_of = np.array([counts[i] if i >= 0 else np.full(len(dates), np.nan) for i in beneath])
    return Counts(tuple(keys[i] for i in kept), dates.astype("datetime64[D]"), counts[kept], step, out_of)
