"""One round of the beacon: what is to be told by now goes into the outbox, and from there into letters."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from fengsui.alerts.letter import PAUSE, Address, Wording, may_ring_at, write
from fengsui.alerts.notice import Ladders
from fengsui.engines.outbox import Errand, Notice, Outbox
from fengsui.engines.view import View

Directory = Callable[[str, str], Sequence[Address]]  # role, place → where whoever holds that post is reached


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did."""

    notices: int
    over: int
    letters: int


def sweep(
    view: View,
    ladders: Ladders,
    outbox: Outbox,
    *,
    directory: Directory,
    wording: Wording,
    now: int,
    pause: int = PAUSE,
) -> Swept:
    """Tell everything that is to be told by ``now`` and was not. Doing it twice does nothing twice."""
    n, n_over = notice_all(view, ladders, outbox, directory=directory, zone=wording.zone, now=now)
    return Swept(n, n_over, write_all(outbox, directory=directory, wording=wording, now=now, pause=pause))


def notice_all(
    view: View, ladders: Ladders, outbox: Outbox, *, directory: Directory, zone: str, now: int
) -> tuple[int, int]:
    """Enter what is to be told, and the end of what was told; how many of each."""
    before = outbox.swept_at()
    known = outbox.open_notices()
    standing = {one.key: one for one in ladders.standing(view, now=now)}
    gone = known.keys() - standing.keys()
    ended: dict[str, Notice] = {}
    over: dict[str, int] = {}
    if before is not None:
        told = outbox.told_between(before)
        for one in ladders.ended(view, after=before, now=now):
            if one.key in gone:
                over[one.key] = one.over_at
            elif one.key not in known and (one.key, one.broken_at) not in told:
                ended[one.key] = one
    # What is not among the ended was taken back: it never was a break, by what is known now.
    over |= {key: now for key in gone - over.keys()}
    new = [one for key, one in standing.items() if key not in known] + list(ended.values())
    rows = [(one, _errands(one, directory, zone=zone, now=now)) for one in new]
    return outbox.note(rows, over=over, now=now), len(over)


def write_all(outbox: Outbox, *, directory: Directory, wording: Wording, now: int, pause: int) -> int:
    """Put what waits into letters, one an address, not more often than every ``pause`` seconds."""
    last = outbox.last_written()
    n = 0
    by_address = sorted(outbox.waiting(now=now), key=_address)
    for (channel, to), errands in groupby(by_address, key=_address):
        held: list[Errand] = list(errands)
        address = _found(held[0], directory)
        if now - last.get((channel, to), -pause) < pause and not _is_urgent(held, address):
            continue
        letter = write(
            address,
            [errand.told for errand in held],
            ids=[errand.id for errand in held],
            now=now,
            say=wording,
        )
        row = (letter.id, channel, to, letter.subject, letter.body, letter.n_notices)
        n += outbox.post(row, [errand.id for errand in held], now=now)
    return n


def _is_urgent(errands: Iterable[Errand], address: Address) -> bool:
    return any(address.is_woken_by(errand.told.protocol) for errand in errands)


def _address(errand: Errand) -> tuple[str, str]:
    return errand.channel, errand.address


def _found(errand: Errand, directory: Directory) -> Address:
    """The address as the directory has it now; by what was noted if it does not have it any more."""
    there = directory(errand.told.role, errand.told.at_place)
    fallback = Address(errand.channel, errand.address, errand.lang)
    return next((a for a in there if (a.channel, a.to) == _address(errand)), fallback)


def _errands(one: Notice, directory: Directory, *, zone: str, now: int) -> list[tuple[str, str, str, int]]:
    return [
        (a.channel, a.to, a.lang, may_ring_at(a, one.protocol, now=now, zone=zone))
        for a in directory(one.role, one.at_place)
    ]
