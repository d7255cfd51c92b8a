"""The morning run: all series, every detector, alarms grouped to signals, and what each post has to verify.

Tables in, tables out. Where the counts come from and where signals go is the business of whoever calls.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fengsui.watch.counts import DAY, WEEK, Counts, Key
from fengsui.watch.judging import DETECTORS, Detector, Verdicts, judge
from fengsui.watch.nearness import Nearness
from fengsui.watch.reporting import Note, notes
from fengsui.watch.signals import (
    EPOCH,
    LATE,
    Alarm,
    Signal,
    Sorted,
    Told,
    alarms_of,
    group_alarms,
    signal_of,
    sort_out,
    workload_cuts,
)

BACK = {DAY: 42, WEEK: 26}  # steps judged: enough of the past to know how often a detector speaks
FRESH = 3  # an alarm of the last days is news; of weekly counts, one of the last week


@dataclass(frozen=True, slots=True)
class Room:
    """What a post can verify. ``most``: new signals an area and week; ``most_open``: open ones at a time;
    ``least``: cases too many below which nobody is asked.
    """

    most: float = 0.05
    most_open: int = 5
    least: float = 2.0


@dataclass(frozen=True, eq=False)
class Morning:
    """What a morning found. ``signals``: every group that is news, raised or not, the highest rank first.

    ``cuts``: the exceedance each detector had to exceed; ``share``: of judged steps beyond it; ``load``:
    groups an area and week that would have brought in the past. ``parts``: counts with what was said of them.
    """

    signals: tuple[Signal, ...]
    sorted: Sorted
    cuts: Mapping[str, float]
    share: float
    load: float
    notes: tuple[Note, ...]
    parts: tuple[tuple[Counts, tuple[Verdicts, ...]], ...] = ()
    alarms: tuple[Alarm, ...] = field(default=(), repr=False)


def morning(
    many: Sequence[Counts],
    *,
    family: Callable[[Key], str],
    nearness: Nearness,
    told: Sequence[Told] = (),
    detectors: Sequence[Detector] = DETECTORS,
    room: Room | None = None,
    may_raise: Callable[[Signal], bool] = lambda signal: True,
) -> Morning:
    """Judge, cut where the posts' room allows, group, and sort out what is new. ``many``: counts by day, by
    week, or both. ``may_raise``: whether a group is for the posts at all, or only to be shown.
    """
    room = room or Room()
    parts = [(counts, tuple(judge(counts, detectors, back=BACK[counts.step]))) for counts in many]
    cuts, share, load = workload_cuts(
        parts, most=room.most, area_weeks=_area_weeks(many, nearness), family=family, nearness=nearness
    )
    alarms, fresh = [], set()
    for counts, verdicts in parts:
        ends = _ends(counts)
        for one in verdicts:
            found = alarms_of(counts, one, cut=cuts[one.detector])
            fresh |= {alarm for alarm in found if alarm.last > ends[alarm.key] - max(FRESH, counts.step)}
            alarms += found
    groups = group_alarms(alarms, family=family, nearness=nearness)
    signals = [
        signal_of(group, family=family(group[0].key), nearness=nearness)
        for group in groups
        if not fresh.isdisjoint(group)
    ]
    signals.sort(key=lambda one: (-one.rank, one.id))
    return Morning(
        signals=tuple(signals),
        sorted=sort_out(
            [one for one in signals if one.excess >= room.least and may_raise(one)],
            told,
            nearness=nearness,
            most_open=room.most_open,
        ),
        cuts=cuts,
        share=share,
        load=load,
        notes=tuple(note for counts in many for note in notes(counts)),
        parts=tuple(parts),
        alarms=tuple(alarms),
    )


def _area_weeks(many: Sequence[Counts], nearness: Nearness) -> float:
    """Areas that answer, those that contain no other, times the weeks judged."""
    areas = {key.area for counts in many for key in counts.keys}
    outer = {above for area in areas for above in nearness.above.get(area, ())}
    weeks = max((min(BACK[c.step], len(c.dates)) * c.step / WEEK for c in many), default=0.0)
    return len(areas - outer) * weeks


def _ends(counts: Counts) -> dict[Key, int]:
    """The last day each series is known of; nothing is news that ended LATE days before the others."""
    known = counts.is_known
    days = (counts.dates - EPOCH).astype(np.int64)
    if not len(days):
        return {}
    last = known.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    ends = np.maximum(days[last], days[-1] - LATE) + counts.step - 1
    return dict(zip(counts.keys, ends.tolist(), strict=True))
