"""What waits: steps whose clock has not begun, and steps that nobody has set a time for."""

from collections import defaultdict
from dataclasses import dataclass

from fengsui.board.desk import Desk
from fengsui.board.subject import LoopRow, loop_row
from fengsui.engines.view import Head
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text
from fengsui.loops.duty import Duty, Status, status
from fengsui.protocols.model import Protocol

READ_AT_MOST = 500  # running loops, the latest first
NAMED = 5  # loops named with each step
NO_DEADLINE = Text("没有时限", "no deadline")


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One step of one protocol, with the running loops in which it waits for the same.

    ``waits_for``: the milestone its clock begins with; ``has_begun``: it counts, but has no due time.
    """

    protocol: str
    protocol_title: Text
    key: str
    title: Text
    waits_for: Text
    has_begun: bool
    n: int
    loops: tuple[LoopRow, ...]  # NAMED of them, the earliest opened


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in the running loops, most often first. ``n_loops``: how many loops were looked into."""

    now: int
    known_at: int
    protocol: str
    title: Text | None
    area: str
    area_name: Text | None
    protocols: tuple[tuple[str, Text], ...]  # to choose from: those of the rows
    n_loops: int
    is_cut: bool
    rows: tuple[WaitingRow, ...]


def waiting(desk: Desk, *, protocol: str | None = None, area: str | None = None) -> Waiting:
    """Everything that waits in up to READ_AT_MOST running loops. Raises NotFound for an area there is not."""
    heads = desk.view.loops(now=desk.now, protocol=protocol, area=area, running=True, limit=READ_AT_MOST + 1)
    found: dict[tuple[str, str, bool], dict[str, Head]] = defaultdict(dict)
    steps: dict[tuple[str, str, bool], tuple[Text, Text]] = {}
    for head in heads[:READ_AT_MOST]:
        try:
            loop = desk.view.loop(head.id, as_of=desk.now, known_at=desk.known_at).loop
        except NotFound:  # on record only later than the moment that is asked about
            continue
        for duty in loop.duties:
            if waits(duty, desk.now):
                version = desk.version(loop.protocol, duty.version, loop.place)
                at = (loop.protocol, duty.key, duty.anchor_at != NEVER)
                found[at][head.id] = head  # once, however many days of the step wait
                steps.setdefault(at, _step(version, duty))
    rows = [
        WaitingRow(
            protocol=name,
            protocol_title=desk.title(name),
            key=key,
            title=steps[name, key, has_begun][0],
            waits_for=steps[name, key, has_begun][1],
            has_begun=has_begun,
            n=len(heads_of),
            loops=tuple(
                loop_row(desk, head)
                for head in sorted(heads_of.values(), key=lambda head: head.opened_at)[:NAMED]
            ),
        )
        for (name, key, has_begun), heads_of in found.items()
    ]
    named = dict.fromkeys(row.protocol for row in sorted(rows, key=lambda row: row.protocol))
    return Waiting(
        now=desk.now,
        known_at=desk.known_at,
        protocol=protocol or "",
        title=desk.title(protocol) if protocol else None,
        area=area or "",
        area_name=desk.place_text(area) if area else None,
        protocols=tuple((name, desk.title(name)) for name in named),
        n_loops=min(len(heads), READ_AT_MOST),
        is_cut=len(heads) > READ_AT_MOST,
        rows=tuple(sorted(rows, key=lambda row: (-row.n, row.protocol, row.key))),
    )


def waits(duty: Duty, now: int) -> bool:
    """Whether nothing can become overdue by itself: the clock has not begun, or there is no due time."""
    stands = status(duty, now)
    return stands is Status.WAITING or (stands in (Status.OPEN, Status.SCHEDULED) and duty.due_at == NEVER)


def _step(version: Protocol, duty: Duty) -> tuple[Text, Text]:
    """The title of a step, and of what it waits for."""
    step = version.obligation(duty.key)
    if duty.anchor_at != NEVER:
        return step.title, NO_DEADLINE
    milestone = version.milestone(step.start)
    is_named = bool(milestone.title.zh or milestone.title.en)
    return step.title, milestone.title if is_named else Text(milestone.name, milestone.name)
