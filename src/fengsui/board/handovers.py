"""Hand-overs: who left one stage and did not reach the next, by protocol, and by port or flight."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fengsui.board.desk import Desk, subject_text
from fengsui.board.overdue import OverdueRow, overdue_rows
from fengsui.engines.view import Overdue
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import DAY, show
from fengsui.kit.text import LANGS, Text
from fengsui.loops.duty import Duty, Status, status
from fengsui.loops.loop import Loop
from fengsui.loops.naming import zone_at
from fengsui.loops.reconcile import HandOver, Lost, Passage, passages, reconcile
from fengsui.protocols.model import Protocol

CARRIAGES = ("flight", "route", "vehicle", "container")  # fields that say what somebody came with
BAR = "|"
N_NAMED = 5  # of each pair of stages, on the front page


@dataclass(frozen=True, slots=True)
class LostRow:
    """One pair of stages with those who are overdue between them; ``named``: the longest overdue."""

    protocol: str
    protocol_title: Text
    start: str
    end: str
    start_title: Text
    end_title: Text
    n_lost: int
    named: tuple[OverdueRow, ...]


def lost_between_stages(desk: Desk, late: Sequence[Overdue]) -> tuple[LostRow, ...]:
    """Every pair of stages between which somebody is overdue, the pairs with most of them first."""
    rows = []
    for name in sorted({one.protocol for one in late} & set(desk.library.names)):
        of_protocol = [one for one in late if one.protocol == name]
        for stage in passages(desk.library.everywhere(name)):
            lost = [one for one in of_protocol if one.key in stage.keys]
            if lost:
                rows.append(_lost_row(desk, name, stage=stage, lost=lost))
    return tuple(sorted(rows, key=lambda row: (-row.n_lost, row.protocol, row.start)))


def _lost_row(desk: Desk, name: str, *, stage: Passage, lost: Sequence[Overdue]) -> LostRow:
    return LostRow(
        protocol=name,
        protocol_title=desk.title(name),
        start=stage.start,
        end=stage.end,
        start_title=stage_title(desk, name, stage.start),
        end_title=stage_title(desk, name, stage.end),
        n_lost=len(lost),
        named=overdue_rows(desk, lost[:N_NAMED]),
    )


def stage_title(desk: Desk, protocol: str, stage: str) -> Text:
    """What a milestone is called in the newest version that has it; else what its fact is called."""
    for version in reversed(desk.library.versions(protocol)):
        for milestone in version.milestones:
            if milestone.name != stage:
                continue
            if milestone.title.zh or milestone.title.en:
                return milestone.title
            if milestone.pattern:
                return desk.kind_text(milestone.pattern.kinds[0])
    return Text(stage, stage)


@dataclass(frozen=True, slots=True)
class LostPerson:
    """Somebody between two stages, by pseudonym, with the loop to look into."""

    loop: str
    subject_name: Text
    broken_at: int
    past: int
    status: Status


@dataclass(frozen=True, slots=True)
class Balance:
    """in = out + under way + stopped + lost, for one pair of stages of one group."""

    start_title: Text
    end_title: Text
    n_in: int
    n_out: int
    under_way: int
    stopped: int
    n_unseen: int
    lost: tuple[LostPerson, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One port, or one flight of one day, with its pairs of stages in order."""

    key: str
    name: Text
    n_lost: int
    balances: tuple[Balance, ...]


@dataclass(frozen=True, slots=True)
class HandOvers:
    """The reconciliation of one protocol. ``protocols``: those that have stages, this one first."""

    now: int
    known_at: int
    protocol: str
    title: Text
    by: str  # port | carriage
    from_at: int
    protocols: tuple[tuple[str, Text], ...]
    groups: tuple[Group, ...]


def handovers(
    desk: Desk, *, protocol: str | None = None, by: str = "port", area: str | None = None, days: int = 7
) -> HandOvers:
    """The hand-overs of the loops opened in the last ``days``, by port or by flight, train or truck.

    Raises NotFound if the protocol has no stages to reconcile.
    """
    staged = tuple(
        (name, desk.title(name)) for name in desk.library.names if passages(desk.library.everywhere(name))
    )
    from_at = desk.now - days * DAY
    name = protocol or _busiest(desk, [n for n, _ in staged], area)
    if name not in dict(staged):
        raise NotFound(f"{name!r} has no stages to reconcile.")
    stages = passages(desk.library.everywhere(name))
    loops = list(desk.view.whole_loops(protocol=name, area=area, from_at=from_at, now=desk.now))
    groups = {loop.id: _group(desk, loop, by) for loop in loops}
    subjects = {loop.id: loop.subject for loop in loops}
    found = reconcile(
        loops,
        stages,
        now=desk.now,
        group=lambda loop: groups[loop.id],
        status_of=_status_of(desk, name),
    )
    keys = sorted({str(h.group) for h in found})
    made = (
        _make_group(desk, name, key=key, found=[h for h in found if h.group == key], subjects=subjects)
        for key in keys
    )
    ordered = sorted(made, key=lambda group: (-group.n_lost, group.key))
    staged = tuple(sorted(staged, key=lambda one: one[0] != name))
    return HandOvers(desk.now, desk.known_at, name, desk.title(name), by, from_at, staged, tuple(ordered))


def _busiest(desk: Desk, names: list[str], area: str | None) -> str:
    """The protocol with the most loops running."""
    running = Counter()
    for count in desk.view.counts(now=desk.now, area=area):
        running[count.protocol] += count.running
    return max(names, key=lambda name: running[name], default="")


def _group(desk: Desk, loop: Loop, by: str) -> str:
    """The port; or carriage, port and civil day, where the opening fact names what somebody came with."""
    place = loop.place or ""
    if by == "port":
        return place
    facts = desk.view.subject_facts(loop.subject, known_at=desk.known_at)
    data = next((f.data for f in facts if f.id == loop.opened_by), {})
    ride = next((str(data[name]) for name in CARRIAGES if data.get(name)), "")
    day = show(loop.opened_at, zone=zone_at(desk.world.areas, loop.place))[:10]
    return BAR.join((ride, place, day))


def _status_of(desk: Desk, name: str) -> Callable[[Loop, Duty], Status]:
    versions: dict[str, Protocol] = {v.version: v for v in desk.library.everywhere(name)}

    def read(loop: Loop, duty: Duty) -> Status:
        version = versions.get(duty.version)
        wait = version.confirm_after if version else 0
        return status(
            duty, desk.now, confirm_after=wait, silent_since=desk.view.silent_since(loop, duty, now=desk.now)
        )

    return read


def _make_group(desk: Desk, name: str, *, key: str, found: list[HandOver], subjects: dict[str, str]) -> Group:
    ride, place, day = key.split(BAR) if BAR in key else ("", key, "")
    where = desk.place_text(place or None)
    return Group(
        key=key,
        name=Text(*(" ".join(filter(None, (ride, where.in_(lang), day))) for lang in LANGS)),
        n_lost=sum(len(h.broken) for h in found),
        balances=tuple(_balance(desk, name, found=h, subjects=subjects) for h in found),
    )


def _balance(desk: Desk, name: str, *, found: HandOver, subjects: dict[str, str]) -> Balance:
    def person(lost: Lost) -> LostPerson:
        return LostPerson(
            lost.loop, subject_text(subjects[lost.loop]), lost.at, desk.now - lost.at, lost.status
        )

    return Balance(
        start_title=stage_title(desk, name, found.start),
        end_title=stage_title(desk, name, found.end),
        n_in=found.n_in,
        n_out=found.n_out,
        under_way=found.under_way,
        stopped=found.stopped,
        n_unseen=found.n_unseen,
        lost=tuple(person(lost) for lost in found.broken),
    )
