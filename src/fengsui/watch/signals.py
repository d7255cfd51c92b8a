"""From alarms to signals: grouped, ranked, held against those there are, no more than can be answered.

A signal is what somebody has to verify. So what counts is not how many alarms detectors give but how many
groups of alarms a post gets in a week, and whether it was told of the same outbreak before.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fengsui.watch.counts import Counts, Key
from fengsui.watch.grouping import Cell, grouped
from fengsui.watch.judging import Verdicts, cut_for
from fengsui.watch.nearness import Nearness

EPOCH = np.datetime64("1970-01-01", "D")
MOST_ALARMS = 0.01  # share of judged steps a detector may exceed its cut, where nothing else is asked
TRIES = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
GROWN = 2.0  # how much the excess must have grown for a signal that was dismissed to be raised again
LATE = 7  # days that may lie between the end of a group and the end of its series: late reports
REST = 28  # days after its end in which a closed signal still stands for the same outbreak
NEWS = 7  # days at the end that do not count as the past
REAL = ("outbreak", "cluster")


@dataclass(frozen=True, slots=True)
class Alarm:
    """One series exceeding the bound of one detector in one step; days since 1970."""

    key: Key
    detector: str
    first: int
    last: int
    observed: float
    expected: float
    bound: float  # NaN: the detector has none on the scale of counts
    exceedance: float
    cut: float  # what it had to exceed

    @property
    def excess(self) -> float:
        """Cases too many."""
        return self.observed - self.expected


@dataclass(frozen=True, slots=True)
class Signal:
    """A group of alarms that is to be verified. ``lead``: the alarm that says most, of the latest days.

    ``areas``: the lowest areas that exceeded, the one with most cases too many first: it answers. ``wider``:
    areas around them that exceeded too. ``first``, ``last``: days since 1970. ``rank``: see ``rank_of``.
    """

    family: str
    disease: str
    areas: tuple[str, ...]
    wider: tuple[str, ...]
    ages: tuple[str, ...]
    sources: tuple[str, ...]
    detectors: tuple[str, ...]
    first: int
    last: int
    excess: float
    n_alarms: int
    lead: Alarm
    rank: float = 0.0

    @property
    def area(self) -> str:
        """Where it is to be verified."""
        return self.areas[0]

    @property
    def id(self) -> str:
        """The name it gets when it is raised: what, where, since when."""
        return f"{self.family}-{self.area}-{str(EPOCH + self.first).replace('-', '')}"


@dataclass(frozen=True, slots=True)
class Told:
    """A signal there is already. ``verdict``: "" while nobody closed it."""

    id: str
    family: str
    area: str
    areas: tuple[str, ...]
    first: int
    last: int
    excess: float
    verdict: str = ""
    raised_on: int = 0

    @property
    def is_dismissed(self) -> bool:
        """Whether it was found to be nothing."""
        return bool(self.verdict) and self.verdict not in REAL


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a morning makes of its groups. ``again``: groups with the signal they go on with; ``held``: groups
    a post with enough to verify is not asked about today; ``joined``: signals found to be one with another.
    """

    raised: tuple[Signal, ...]
    again: tuple[tuple[Signal, Told], ...] = ()
    held: tuple[Signal, ...] = ()
    joined: tuple[tuple[Told, Told], ...] = ()  # the later, and the earlier it belongs to


def alarms_of(counts: Counts, verdicts: Verdicts, *, cut: float) -> list[Alarm]:
    """What exceeds the cut, with more cases than expected."""
    over = verdicts.where((verdicts.exceedance > cut) & (verdicts.observed > verdicts.expected))
    days = (counts.dates - EPOCH).astype(np.int64)
    has_bound = over.bound >= over.expected  # that of EARS C3 may be 0: any case is enough after two bad days
    bound = np.where(has_bound, over.expected + cut * (over.bound - over.expected), np.nan)
    columns = (over.row, over.at, over.observed, over.expected, bound, over.exceedance)
    return [
        Alarm(
            counts.keys[row],
            over.detector,
            int(days[at]),
            int(days[at]) + counts.step - 1,
            y,
            mean,
            bound,
            by,
            cut,
        )
        for row, at, y, mean, bound, by in zip(*(column.tolist() for column in columns), strict=True)
    ]


def group_alarms(
    alarms: Sequence[Alarm], *, family: Callable[[Key], str], nearness: Nearness
) -> list[list[Alarm]]:
    """The alarms of each group, in the order in which groups begin."""
    held: dict[tuple[str, str, int, int], list[Alarm]] = defaultdict(list)
    for alarm in alarms:
        held[family(alarm.key), alarm.key.area, alarm.first, alarm.last].append(alarm)
    cells = [Cell(*at, max(alarm.excess for alarm in some)) for at, some in held.items()]
    groups: dict[int, list[Alarm]] = defaultdict(list)
    for number, some in zip(grouped(cells, nearness).tolist(), held.values(), strict=True):
        groups[number] += some
    return sorted(groups.values(), key=lambda some: (min(a.first for a in some), some[0].key))


def signal_of(group: Sequence[Alarm], *, family: str, nearness: Nearness) -> Signal:
    """What a group of alarms is, as a signal."""
    most: dict[str, float] = {}
    for alarm in group:
        most[alarm.key.area] = max(most.get(alarm.key.area, 0.0), alarm.excess)
    wider = {outer for area in most for outer in nearness.above.get(area, ()) if outer in most}
    areas = sorted((area for area in most if area not in wider), key=lambda area: (-most[area], area))
    last = max(alarm.last for alarm in group)
    of_areas = [alarm for alarm in group if alarm.key.area == areas[0]]
    end = max(alarm.last for alarm in of_areas)
    lead = max((a for a in of_areas if a.last == end), key=_says)
    signal = Signal(
        family=family,
        disease=lead.key.disease,
        areas=tuple(areas),
        wider=tuple(sorted(wider, key=lambda area: -nearness.depth(area))),
        ages=tuple(sorted({a.key.age for a in group if a.key.age})),
        sources=tuple(dict.fromkeys([lead.key.source, *sorted({a.key.source for a in group})])),
        detectors=tuple(sorted({a.detector for a in group})),
        first=min(alarm.first for alarm in group),
        last=last,
        excess=_excess(group, set(areas)),
        n_alarms=len(group),
        lead=lead,
    )
    return replace(signal, rank=rank_of(signal))


def _says(alarm: Alarm) -> tuple[bool, bool, float, float]:
    """How much an alarm says: all ages before one, with a bound people can look at before without."""
    return not alarm.key.age, not math.isnan(alarm.bound), alarm.excess, alarm.exceedance


def _excess(group: Sequence[Alarm], areas: set[str]) -> float:
    """Cases too many: over the lowest areas and all days, of the source that shows most, each day once."""
    found: dict[str, dict[tuple[str, int], float]] = defaultdict(dict)
    for alarm in group:
        if alarm.key.area in areas and not alarm.key.age:
            n = alarm.last - alarm.first + 1
            for day in range(alarm.first, alarm.last + 1):
                at = (alarm.key.area, day)
                held = found[alarm.key.source]
                held[at] = max(held.get(at, 0.0), alarm.excess / n)
    by_age = max((alarm.excess for alarm in group), default=0.0)
    return max([by_age, *(sum(days.values()) for days in found.values())])


def rank_of(signal: Signal) -> float:
    """The order in which signals are worth verifying; larger is sooner.

    Cases too many and exceedance count by their doublings, and so does each further area, age, source and
    detector that shows the same: what several independent looks agree on is rarely chance. Not a probability.
    """
    spread = (len(signal.areas), len(signal.ages) + 1, len(signal.sources), len(signal.detectors))
    size = math.log2(1 + max(signal.excess, 0)) + math.log2(1 + max(signal.lead.exceedance, 0))
    return round(size + sum(math.log2(n) for n in spread), 3)


def workload_cuts(
    parts: Sequence[tuple[Counts, Sequence[Verdicts]]],
    *,
    most: float,
    area_weeks: float,
    family: Callable[[Key], str],
    nearness: Nearness,
) -> tuple[dict[str, float], float, float]:
    """Where each detector has to be cut so that a post gets at most ``most`` groups an area and week.

    From the region's own past: each detector is cut where the same share of its judged steps lies beyond,
    and the largest share of TRIES is taken whose groups are few enough. The last NEWS days are no past: an
    outbreak must not raise the threshold it has to exceed. Returns the cuts, that share, and how many groups
    an area-week it would have brought.
    """
    parts = [(counts, [_past(counts, one) for one in verdicts]) for counts, verdicts in parts]
    cuts, share, load = {}, 0.0, 0.0
    for share in TRIES:
        cuts = {one.detector: cut_for(one, share=share) for _, verdicts in parts for one in verdicts}
        alarms = [
            alarm
            for counts, verdicts in parts
            for one in verdicts
            for alarm in alarms_of(counts, one, cut=cuts[one.detector])
        ]
        load = len(group_alarms(alarms, family=family, nearness=nearness)) / max(area_weeks, 1.0)
        if load <= most:
            break
    return cuts, share, load


def _past(counts: Counts, verdicts: Verdicts) -> Verdicts:
    return verdicts.where(verdicts.at < len(counts.dates) - max(NEWS // counts.step, 1))


def sort_out(
    signals: Iterable[Signal],
    told: Iterable[Told],
    *,
    nearness: Nearness,
    most_open: int,
) -> Sorted:
    """Which groups are raised today: those nobody was told of, the highest first, while a post has room.

    A group goes on with a signal of its family, near it, whose days touch: until that is closed, for REST
    days after it was found real, and after it was dismissed as long as the excess has not grown to GROWN
    times what it was.
    """
    known = sorted(told, key=lambda one: (one.first, one.id))
    waiting = defaultdict(int)
    for one in known:
        waiting[one.area] += not one.verdict
    raised, again, held, joined = [], [], [], []
    for signal in sorted(signals, key=lambda one: (-one.rank, one.id)):
        same = [one for one in known if goes_on(signal, one, nearness)]
        if same:
            again.append((signal, same[0]))
            joined += [(late, same[0]) for late in same[1:] if not late.verdict]
        elif waiting[signal.area] >= most_open:
            held.append(signal)
        else:
            raised.append(signal)
            waiting[signal.area] += 1
    unique = dict.fromkeys(joined)
    return Sorted(tuple(raised), tuple(again), tuple(held), tuple(unique))


def goes_on(signal: Signal, told: Told, nearness: Nearness) -> bool:
    """Whether a group is the outbreak a signal was raised for."""
    if signal.family != told.family or signal.first > told.last + REST or told.first > signal.last + LATE:
        return False
    theirs = told.areas or (told.area,)
    if not any(nearness.are_near(one, other) for one in signal.areas for other in theirs):
        return False
    return not (told.is_dismissed and signal.excess >= GROWN * max(told.excess, 1.0))


def precision(verdicts: Iterable[Mapping[str, str]], *, by: Sequence[str]) -> list[dict[str, object]]:
    """What verified signals turned out to be, by the columns ``by`` (detector, disease, level …).

    Rows of ``signal_id, area, disease, detector, raised, verdict``. A signal of an outbreak already known
    counts for neither side. ``low``, ``high``: Wilson's 95 % interval of the share that was real.
    """
    found: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in verdicts:
        verdict = row["verdict"]
        at = 0 if verdict in REAL else 1 if verdict == "" else 2 if verdict == "known" else 3
        found[tuple(row[name] for name in by)][at] += 1
    rows = []
    for names, (real, waiting, known, false) in sorted(found.items()):
        low, high = wilson(real, real + false)
        n = {"signals": real + waiting + known + false, "real": real, "false": false, "known": known}
        share = real / (real + false) if real + false else None
        rows.append(
            {
                **dict(zip(by, names, strict=True)),
                **n,
                "open": waiting,
                "ppv": share,
                "low": low,
                "high": high,
            }
        )
    return rows


def wilson(k: int, n: int, z: float = 1.959963984540054) -> tuple[float | None, float | None]:
    """Wilson's score interval of a share (J Am Stat Assoc 22 (1927) 209); None where nothing was tried."""
    if not n:
        return None, None
    p, scale = k / n, 1 + z * z / n
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
    middle = (p + z * z / (2 * n)) / scale
    return max(0.0, middle - half), min(1.0, middle + half)
