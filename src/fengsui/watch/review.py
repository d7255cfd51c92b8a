"""What a series says about its own reporting, before a detector looks at it.

Set aside is only what cannot be the cases of that day or week: nothing reported, counts below zero, a day on
which other running totals of the same report were taken back by as much, reports that catch up on days
without any. Such a step is not judged, and detectors see the usual level in its place, so that it moves no
threshold. A leap that nothing explains stays an alarm, named, since the same leap is what an outbreak
from one source looks like: to set it aside because it is large would be to look away.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib.stride_tricks import sliding_window_view

from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.text import Text
from fengsui.watch.layouts import read_table
from fengsui.watch.raw import Counts, table_of
from fengsui.watch.series import Series

WORDS = {
    "missing": Text("没有报告：未知，不是零", "nothing reported: unknown, not zero"),
    "negative": Text("计数为负：收回先前的病例", "below zero: cases of earlier days are taken back"),
    "recount": Text(
        "同一报告的其他累计数被收回，不少于新增数：口径或核对修订，不是当日病例",
        "another running total of the same report was taken back by as much: a revision, not the day's cases",
    ),
    "catch_up": Text("补报：此前无报告的日子", "catching up on the days before, which had no report"),
    "taken_back": Text("次日即被收回", "taken back the next time"),
    "silent": Text(
        "一直有病例而此处为零：多半未报告", "none, where there always were some: likely not reported"
    ),
    "known": Text("已知修订", "a revision that is known"),
    "leap": Text(
        "陡增，超过前七期最大值三倍：仍作预警，先核对报告",
        "over three times the largest of the seven before: it stays an alarm; look at the reporting first",
    ),
    "effort": Text("检测量翻倍而阳性率未升", "tests doubled and positivity did not rise"),
    "cut": Text("长期无报告之前的部分不用", "what lies before a long time without reports is not used"),
}  # fmt: skip
SETS_ASIDE = ("missing", "negative", "recount", "catch_up", "taken_back", "silent", "known")
BEFORE = 7  # steps that say what is usual
STEADY = 5.0  # a median of so many: then a zero is no chance (e^-5)
LEAP, CATCHING_UP = 3.0, 1.5
LONGEST_GAP = 8  # steps that may be filled
LONGEST_SILENCE = 2  # steps; who reports none for longer has none
LEAST_RECOUNT = 10  # people; a correction of a few says nothing of a whole day
NOT_PEOPLE = ("tests", "covers")  # columns whose falls take nobody back


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing seen at one step: its kind (a key of ``WORDS``) and the figures behind it."""

    series_id: str
    t: int
    date: np.datetime64 | None
    kind: str
    observed: float
    usual: float
    note: str = ""

    @property
    def is_set_aside(self) -> bool:
        """Whether that step is not judged."""
        return self.kind in SETS_ASIDE


@dataclass(frozen=True, slots=True, eq=False)
class Reviewed:
    """A complete series, why each step is not judged (None where it is), and everything remarked."""

    series: Series
    set_aside: tuple[str | None, ...]
    remarks: tuple[Remark, ...]
    beside: Mapping[str, np.ndarray]  # further figures of the same reports; "reported": the count as it came


def review(counts: Counts, *, known: Mapping[np.datetime64, str] | None = None) -> Reviewed | None:
    """Look through one series; None where nothing is left. ``known``: revisions by date, with a note.

    What is looked at is what was known on the day, with one exception: a leap that is taken back the next
    time is set aside once it is.
    """
    begin = _after_the_last_long_gap(counts.observed)
    if begin == len(counts):
        return None
    remarks = []
    if begin:
        remarks.append(_remark(counts, begin, "cut", counts.observed[begin], np.nan))
    filled = counts.observed.copy()
    reasons: list[str | None] = [None] * len(counts)
    for i in begin + np.flatnonzero(_to_look_at(counts, begin, known or {})):
        usual = _usual(filled, begin, i)
        kind, note = _kind(counts, filled, reasons, i, known or {})
        if kind is None:
            continue
        remarks.append(_remark(counts, i, kind, counts.observed[i], usual, note))
        if kind in SETS_ASIDE:
            reasons[i] = kind
            filled[i] = usual if not np.isnan(usual) else _next_known(counts.observed, i)
    kept = slice(begin, None)
    series = Series(
        counts.series_id,
        np.maximum(filled[kept], 0.0),
        counts.freq,
        None if counts.dates is None else counts.dates[kept],
        None if counts.population is None else counts.population[kept],
    )
    beside = {name: column[kept] for name, column in {"reported": counts.observed, **counts.beside}.items()}
    return Reviewed(series, tuple(reasons[kept]), tuple(remarks), beside)


def _to_look_at(counts: Counts, begin: int, known: Mapping[np.datetime64, str]) -> np.ndarray:
    """Steps where anything may have to be said: most series have none, and are done in no time."""
    y = counts.observed[begin:]
    odd = ~(y >= 0)
    for name, column in counts.beside.items():
        odd |= column[begin:] > 1 if name == "covers" else column[begin:] < 0
    if counts.dates is not None and known:
        odd |= np.isin(counts.dates[begin:], list(known))
    if len(y) > BEFORE:
        past = sliding_window_view(np.nan_to_num(y), BEFORE)[:-1]
        odd[BEFORE:] |= (y[BEFORE:] == 0) & (past.min(axis=1) >= STEADY)
        odd[BEFORE:] |= y[BEFORE:] > LEAP * np.maximum(past.max(axis=1), STEADY)
        if "tests" in counts.beside:
            tests = sliding_window_view(np.nan_to_num(counts.beside["tests"][begin:]), BEFORE)
            odd[BEFORE:] |= counts.beside["tests"][begin + BEFORE :] > 2 * tests[:-1].max(axis=1)
    # What is filled in changes what is usual in the steps after it.
    return np.convolve(odd, np.ones(BEFORE + 1))[: len(y)] > 0


def _remark(counts: Counts, i: int, kind: str, observed: float, usual: float, note: str = "") -> Remark:
    day = None if counts.dates is None else counts.dates[i]
    return Remark(counts.series_id, i + 1, day, kind, float(observed), float(usual), note)


def _after_the_last_long_gap(observed: np.ndarray) -> int:
    """Where the last stretch begins that has no long gap in it; the end of all if there is no count."""
    known = np.flatnonzero(~np.isnan(observed))
    if not len(known):
        return len(observed)
    wide = np.flatnonzero(np.diff(known) > LONGEST_GAP + 1)
    return int(known[wide[-1] + 1]) if len(wide) else int(known[0])


def _usual(filled: np.ndarray, begin: int, i: int) -> float:
    past = filled[max(begin, i - BEFORE) : i]
    return float(np.median(past)) if len(past) else np.nan


def _next_known(observed: np.ndarray, i: int) -> float:
    later = observed[i:]
    later = later[later >= 0]
    return float(later[0]) if len(later) else 0.0


def _kind(
    counts: Counts, filled: np.ndarray, reasons: list, i: int, known: Mapping[np.datetime64, str]
) -> tuple[str | None, str]:
    """What is to be said of a step, and the figures; the first that applies."""
    y = counts.observed[i]
    if np.isnan(y):
        return "missing", ""
    if counts.dates is not None and counts.dates[i] in known:
        return "known", known[counts.dates[i]]
    if y < 0:
        return "negative", ""
    past = filled[max(0, i - BEFORE) : i]
    past = past[~np.isnan(past)]
    usual = float(np.median(past)) if len(past) else np.nan
    back = {
        name: column[i] for name, column in counts.beside.items() if name not in NOT_PEOPLE and column[i] < 0
    }
    if -sum(back.values()) >= max(y, LEAST_RECOUNT) and y > CATCHING_UP * usual:
        return "recount", ", ".join(f"{name} {value:+.0f}" for name, value in back.items())
    return _against_the_past(counts, past, reasons, i) if len(past) == BEFORE else (None, "")


def _against_the_past(counts: Counts, past: np.ndarray, reasons: list, i: int) -> tuple[str | None, str]:
    y, usual, largest = counts.observed[i], float(np.median(past)), float(past.max())
    n_silent = 0
    while i > n_silent and reasons[i - 1 - n_silent] == "silent":
        n_silent += 1
    if y == 0 and past.min() >= STEADY and n_silent < LONGEST_SILENCE:
        return "silent", ""
    covers = counts.beside["covers"][i] if "covers" in counts.beside else 1 + n_silent
    if covers > 1 and CATCHING_UP * usual < y <= CATCHING_UP * covers * usual:
        return "catch_up", f"{covers:.0f}"
    if usual >= STEADY and y > LEAP * largest:
        later = counts.observed[i + 1] if i + 1 < len(counts) else np.nan
        is_taken_back = later < 0 and -later >= (y - usual) / 2
        return ("taken_back", f"{later:+.0f}") if is_taken_back else ("leap", f"{y / largest:.1f}×")
    return _against_tests(counts, usual, i)


def _against_tests(counts: Counts, usual: float, i: int) -> tuple[str | None, str]:
    tests, y = counts.beside.get("tests"), counts.observed
    if tests is None or not y[i] > usual:
        return None, ""
    before, cases = tests[i - BEFORE : i], y[i - BEFORE : i]
    if not (np.all(before > 0) and tests[i] > 2 * before.max()):
        return None, ""
    is_higher = y[i] / tests[i] > np.nanmedian(cases / before)
    return (None, "") if is_higher else ("effort", f"{tests[i]:.0f} / {before.max():.0f}")


def review_all(
    many: Iterable[Counts], *, known: Mapping[str, Mapping[np.datetime64, str]] | None = None
) -> list[Reviewed]:
    """Every series of which something is left."""
    found = (review(one, known=(known or {}).get(one.series_id)) for one in many)
    return [one for one in found if one is not None]


def known_revisions(path: Path) -> dict[str, dict[np.datetime64, str]]:
    """Revisions that are known, from a file ``series_id,date,note``."""
    table = read_table(path)
    lacking = [name for name in ("series_id", "date", "note") if name not in table.column_names]
    if lacking:
        where = str(path)
        raise BadInput(where, tuple(Finding(where, name, "no such column", "a column") for name in lacking))
    known: dict[str, dict[np.datetime64, str]] = {}
    for row in table.to_pylist():
        known.setdefault(str(row["series_id"]), {})[np.datetime64(row["date"], "D")] = str(row["note"])
    return known


def reviewed_table(many: Sequence[Reviewed]) -> pa.Table:
    """The complete series in the layout of the detectors, with ``set_aside``: why a step is not judged."""
    counts = [
        Counts(
            one.series.series_id,
            one.series.observed,
            one.series.freq,
            one.series.dates,
            one.series.population,
            one.beside,
        )
        for one in many
    ]
    return table_of(counts, set_aside={one.series.series_id: list(one.set_aside) for one in many})


def remarks_table(many: Iterable[Reviewed]) -> pa.Table:
    """Every remark: ``series_id, t, date, kind, set_aside, observed, usual, note, zh, en``."""
    remarks = [remark for one in many for remark in one.remarks]
    days = [None if one.date is None else one.date.astype(object) for one in remarks]
    return pa.table(
        {
            "series_id": pa.array([one.series_id for one in remarks], pa.string()),
            "t": pa.array([one.t for one in remarks], pa.int64()),
            "date": pa.array(days, pa.date32()),
            "kind": pa.array([one.kind for one in remarks], pa.string()),
            "set_aside": pa.array([int(one.is_set_aside) for one in remarks], pa.int64()),
            "observed": pa.array([one.observed for one in remarks], pa.float64(), from_pandas=True),
            "usual": pa.array([one.usual for one in remarks], pa.float64(), from_pandas=True),
            "note": pa.array([one.note for one in remarks], pa.string()),
            "zh": pa.array([WORDS[one.kind].zh for one in remarks], pa.string()),
            "en": pa.array([WORDS[one.kind].en for one in remarks], pa.string()),
        }
    )


def withheld(alarms: pa.Table, series: Path) -> pa.Table:
    """Alarms without those of steps that a reviewed file sets aside, and with ``set_aside``, why.

    The file is one of ``reviewed_table``; alarms on any other come back as they are.
    """
    given = read_table(series)
    if "set_aside" not in given.column_names:
        return alarms
    names = zip(map(str, given["series_id"].to_pylist()), given["t"].to_pylist(), strict=True)
    reasons = dict(zip(names, given["set_aside"].to_pylist(), strict=True))
    keys = zip(map(str, alarms["series_id"].to_pylist()), alarms["t"].to_pylist(), strict=True)
    said = pa.array([reasons.get(key) for key in keys], pa.string())
    judged = alarms["alarm"].combine_chunks()
    at = alarms.column_names.index("alarm")
    without = pc.if_else(said.is_valid(), pa.scalar(None, judged.type), judged)
    return alarms.set_column(at, "alarm", without).append_column("set_aside", said)
