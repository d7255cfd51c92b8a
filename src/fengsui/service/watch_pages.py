"""The pages of early warning: signals with their loops, series, thresholds and what they were worth."""

from fengsui.access import doors
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import DAY, parse
from fengsui.service.frame import Asked, page
from fengsui.watch.declared import read_declared
from fengsui.watch.kept import Kept, latest


def _kept(asked: Asked) -> Kept | None:
    """The last morning kept by the moment asked about; the region may have none."""
    folder = asked.room.mornings
    return latest(folder, until=asked.visit.raw.known_at) if folder else None


def _day(text: str) -> int:
    """A day of the query, since 1970; 0 for none. BadInput for what is no day."""
    try:
        at = parse(text, zone="UTC")[0] if text else 0
    except ValueError as error:
        raise BadInput(f"day: {error}", (Finding("query", "day", repr(text), "a day"),)) from error
    return at // DAY


@page("watch.html")
def watch(asked: Asked):
    """Signals, the series of ``?area=`` and ``?source=`` on ``?day=``, thresholds and precision."""
    query, kept = asked.query, _kept(asked)
    area, source, day = query.get("area", ""), query.get("source", ""), _day(query.get("day", ""))
    return doors.watch(asked.visit, kept, read_declared(), area=area, source=source, day=day)


@page("signal.html", of_one=True)
def signal(asked: Asked, name: str):
    """One signal: why, its loop, its series."""
    return doors.signal(asked.visit, _kept(asked), read_declared(), name)
