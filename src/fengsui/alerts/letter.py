"""Letters: what is put together for one address, when it may ring, and what it says.

A letter names the loop, the protocol, the step and the place, and leads to the page; it never names a
person, since it passes through hands that have no business with one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase
from hashlib import blake2b
from zoneinfo import ZoneInfo

from fengsui.alerts.notice import is_late
from fengsui.engines.outbox import Notice
from fengsui.kit.instant import show
from fengsui.kit.text import Text

LINES = 20  # of a letter; the rest is counted
PAUSE = 900  # seconds between two letters to one address that may wait


@dataclass(frozen=True, slots=True)
class Address:
    """Where a post is reached. ``channel``: mail, webhook or sms.

    ``quiet``: local times between which only what ``wakes`` (patterns of protocol names) rings; the
    rest waits until they end.
    """

    channel: str
    to: str
    lang: str = "zh"
    quiet: tuple[time, time] | None = None
    wakes: tuple[str, ...] = ()

    def is_woken_by(self, protocol: str) -> bool:
        """Whether a break of this protocol rings at any hour."""
        return any(fnmatchcase(protocol, pattern) for pattern in self.wakes)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address. ``id`` follows from its notices: sent again, it is the same."""

    id: str
    channel: str
    to: str
    subject: str
    body: str
    n_notices: int


def may_ring_at(address: Address, protocol: str, *, now: int, zone: str) -> int:
    """The first moment, from ``now`` on, at which a notice may ring at this address."""
    if address.quiet is None or address.is_woken_by(protocol):
        return now
    begin, end = address.quiet
    local = datetime.fromtimestamp(now, ZoneInfo(zone))
    is_over_midnight = end <= begin
    clock = local.time()
    is_quiet = (clock >= begin or clock < end) if is_over_midnight else begin <= clock < end
    if not is_quiet:
        return now
    day = local.date() + timedelta(days=1 if is_over_midnight and clock >= begin else 0)
    return int(datetime.combine(day, end, ZoneInfo(zone)).timestamp())


@dataclass(frozen=True)
class Wording:
    """What letters are said with. ``steps``: (protocol, duty) → title; ``root``: where the pages are."""

    titles: Mapping[str, Text]
    steps: Mapping[tuple[str, str], Text]
    place: Callable[[str], Text]
    zone: str
    root: str


def write(
    address: Address, notices: Sequence[Notice], *, ids: Sequence[int], now: int, say: Wording
) -> Letter:
    """The letter of these notices, those that have stood longest first. ``ids``: their numbers."""
    order = sorted(notices, key=lambda one: (bool(one.over_at), -one.level, one.broken_at, one.key))
    lines = [_line(one, address.lang, now=now, say=say) for one in order[:LINES]]
    if len(order) > LINES:
        lines.append(_MORE.in_(address.lang).format(n=len(order) - LINES))
    lines.append(f"{say.root}/work" if say.root else "")
    content = f"{address.channel}\x1f{address.to}\x1f{','.join(map(str, sorted(ids)))}"
    return Letter(
        id=blake2b(content.encode(), digest_size=12).hexdigest(),
        channel=address.channel,
        to=address.to,
        subject=_subject(order, address.lang, now=now),
        body="\n".join(line for line in lines if line),
        n_notices=len(order),
    )


_SUBJECT = Text("烽燧督办：{n} 项未闭环", "Fengsui: {n} open breaks")
_SUBJECT_OVER = Text("烽燧督办：{n} 项已闭环", "Fengsui: {n} breaks that have ended")
_SUBJECT_LATE = Text("（含迟到的提醒）", " (late)")
_LATE = Text("（迟到的提醒，应于 {at} 发出）", " (late: due to be told at {at})")
_OVER = Text("，已于 {at} 闭环", ", ended {at}")
_LINE = Text(
    "{place}：{title}·{step}，{at} 起逾期，第 {level} 级{over}{late}",
    "{place}: {title}, {step}: overdue since {at}, level {level}{over}{late}",
)
_MORE = Text("另有 {n} 项，见页面", "and {n} more, on the page")


def _subject(notices: Sequence[Notice], lang: str, *, now: int) -> str:
    standing = [one for one in notices if not one.over_at]
    said = (_SUBJECT if standing else _SUBJECT_OVER).in_(lang).format(n=len(standing or notices))
    if any(is_late(one, now=now) for one in notices):
        said += _SUBJECT_LATE.in_(lang)
    return said


def _line(one: Notice, lang: str, *, now: int, say: Wording) -> str:
    def at(moment: int) -> str:
        return show(moment, zone=say.zone)

    title = say.titles.get(one.protocol, Text(one.protocol, one.protocol))
    step = say.steps.get((one.protocol, one.duty), Text(one.duty, one.duty))
    line = _LINE.in_(lang).format(
        place=say.place(one.place).in_(lang),
        title=title.in_(lang),
        step=step.in_(lang),
        at=at(one.broken_at),
        level=one.level + 1,
        over=_OVER.in_(lang).format(at=at(one.over_at)) if one.over_at else "",
        late=_LATE.in_(lang).format(at=at(one.reached_at)) if is_late(one, now=now) else "",
    )
    return f"{line}\n  {say.root}/loop/{one.loop}" if say.root else line
