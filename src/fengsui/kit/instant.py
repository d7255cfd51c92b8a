"""Points in time: whole seconds since 1970-01-01T00:00:00Z, read from and shown as text.

A reading without a time of day stays what it is: ``parse`` returns the first second it can mean and
how many more seconds it may mean, so a date is never taken for midnight.

Civil times that a zone skips or repeats are read with the offset in force before the change (PEP 495,
``fold=0``): of a repeated hour the first pass is meant, and 02:30 in a skipped hour is the instant half
an hour after the change. Fractions of a second are cut off.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

Instant = int

NEVER: int = 2**62  # undefined; later than everything that can be written as a date
DAY = 86400

EXPECTED = (
    "a time such as 2021-08-06 15:00, 2021-08-06T15:00:00+08:00 or 2021年8月6日 15:00, "
    "or a day such as 2021-08-06, 2021/8/6 or 20210806"
)
_EPOCH = date(1970, 1, 1).toordinal()
_START, _SECOND = datetime(1970, 1, 1), timedelta(seconds=1)  # noqa: DTZ001 - a clock's face, no zone
_OLDEST_YEAR = 1000  # 0001-01-01 is how programs write "no date", and lies outside of datetime in UTC
_LATEST = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp())  # the last day every zone can show

_OFFSET = r"(Z|[+-]\d\d(?::?\d\d)?)?"
_WRITTEN = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})"
    r"(?:[T\s]\s*(\d{1,2})(?::(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?\s*" + _OFFSET + r")?",
    re.ASCII | re.IGNORECASE,
)
_PACKED = re.compile(
    r"(\d{4})()(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?" + _OFFSET + r")?",
    re.ASCII | re.IGNORECASE,
)
_CHINESE = str.maketrans({"年": "-", "月": "-", "日": " ", "时": ":", "点": ":", "分": ":", "秒": ""})


@cache
def zone_info(zone: str) -> ZoneInfo:
    """The rules of an IANA zone by name; ValueError if there is no such zone."""
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"expected an IANA time zone such as Asia/Shanghai, found {zone!r}") from error


def parse(text: str, *, zone: str) -> tuple[int, int]:
    """The instant a text means and its span in seconds: 0 for a time, a whole civil day less 1 for a date.

    ``zone`` is where a time without an offset was written down. 24:00 is the end of its day (ISO 8601).
    Raises ValueError saying what was expected.
    """
    clock = _plainly(text)
    if clock is not None:
        return (clock - _START) // _SECOND - _east(clock, zone), 0
    match = _WRITTEN.fullmatch(text) or _PACKED.fullmatch(text) or _loosely(text)
    if match is None:
        raise ValueError(f"expected {EXPECTED}")
    year, _, month, day, hour, minute, second, offset = match.groups()
    first = _day_start(int(year), int(month), int(day))
    if hour is None:
        at = _from_civil(first, zone)
        return at, _from_civil(first + DAY, zone) - at - 1
    civil = first + _second_of_day(int(hour), int(minute or 0), int(second or 0))
    return (civil - _offset_seconds(offset) if offset else _from_civil(civil, zone)), 0


def show(at: int, *, zone: str, lang: str = "en", span: int = 0) -> str:
    """An instant as people of the zone write it; a reading of a whole day as that day; NEVER as a dash.

    Seconds appear only where there are any, so that what is not the same does not look the same.
    """
    if at > _LATEST:
        return "—"
    start = datetime.fromtimestamp(at, zone_info(zone))
    if not span:
        return _minutes(start)
    midnight = (start.toordinal() - _EPOCH) * DAY
    if at == _from_civil(midnight, zone) and at + span + 1 == _from_civil(midnight + DAY, zone):
        return f"{start:%Y-%m-%d}"
    end = datetime.fromtimestamp(at + span, zone_info(zone))
    return f"{_minutes(start)} {'至' if lang == 'zh' else 'to'} {_minutes(end)}"


def show_length(seconds: int, *, lang: str) -> str:
    """A length of time in its two largest units, rounded down: "3 d 4 h", "3 天 4 小时"; NEVER as a dash."""
    if abs(seconds) >= NEVER:
        return "—"
    names = ("天", "小时", "分钟", "秒") if lang == "zh" else ("d", "h", "min", "s")
    parts = []
    rest = abs(seconds)
    for size, name in zip((DAY, 3600, 60, 1), names, strict=True):
        count, rest = divmod(rest, size)
        parts.append((count, name))
    largest = next((i for i, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = [f"{count} {name}" for count, name in parts[largest : largest + 2] if count]
    return ("-" if seconds < 0 else "") + (" ".join(shown) or f"0 {names[-1]}")


def _plainly(text: str) -> datetime | None:
    """The most common writing, 2021-08-06 15:00[:07], by the standard library: four times as fast."""
    if len(text) not in (16, 19) or text[10] not in " T":
        return None
    try:
        clock = datetime.fromisoformat(text)
    except ValueError:
        return None
    return clock if clock.tzinfo is None and clock.year >= _OLDEST_YEAR else None


def _loosely(text: str) -> re.Match | None:
    """The second try, for full-width digits, Chinese date words and stray blanks."""
    plain = unicodedata.normalize("NFKC", text).translate(_CHINESE).strip().rstrip(":").rstrip()
    return _WRITTEN.fullmatch(plain) or _PACKED.fullmatch(plain)


def _day_start(year: int, month: int, day: int) -> int:
    """Seconds from 1970 to the start of a civil day, on a clock that never changes."""
    if year < _OLDEST_YEAR:
        raise ValueError(f"expected a year from {_OLDEST_YEAR} on; {EXPECTED}")
    try:
        return (date(year, month, day).toordinal() - _EPOCH) * DAY
    except ValueError:
        raise ValueError(f"expected a day the calendar has; {EXPECTED}") from None


def _second_of_day(hour: int, minute: int, second: int) -> int:
    total = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or total > DAY:
        raise ValueError(f"expected a time of day from 00:00 to 24:00; {EXPECTED}")
    return total


def _offset_seconds(offset: str) -> int:
    """Seconds east of Greenwich of "+08:00", "-0330", "+08" or "Z"."""
    if offset in "Zz":
        return 0
    hours, minutes = int(offset[1:3]), int(offset[-2:]) if len(offset) > 3 else 0
    if hours > 15 or minutes > 59:
        raise ValueError("expected an offset from -15:59 to +15:59, such as +08:00")
    return (hours * 3600 + minutes * 60) * (-1 if offset[0] == "-" else 1)


def _from_civil(civil: int, zone: str) -> int:
    """The instant at which a zone's clocks show a civil time, both as seconds from 1970."""
    day, second = divmod(civil, DAY)
    # The day after 9999-12-31 is the one civil day datetime lacks; no rule changes on it.
    clock = datetime.fromordinal(min(day + _EPOCH, date.max.toordinal())) + timedelta(seconds=second)
    return civil - _east(clock, zone)


def _east(clock: datetime, zone: str) -> int:
    """How many seconds a zone's clocks are ahead of UTC when they show this."""
    return int(zone_info(zone).utcoffset(clock).total_seconds())


def _minutes(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment.second else f"{moment:%Y-%m-%d %H:%M}"
