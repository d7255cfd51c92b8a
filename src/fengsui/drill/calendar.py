"""The clock on the wall of the region: civil days as the rules count them, and times as people write them."""

from datetime import datetime

from fengsui.kit.days import Holidays, add_working_days, day_of, day_tables, midnight, next_working_day
from fengsui.kit.instant import zone_info


class Calendar:
    """Civil days and written times of one zone, with the working days of one country."""

    def __init__(self, zone: str, *, country: str | None) -> None:
        self.zone = zone
        self._info = zone_info(zone)
        self._tables = day_tables((zone,), holidays=Holidays(country) if country else None)

    def day(self, at: int) -> int:
        """The civil day of a moment, as days since 1970-01-01."""
        return day_of(self._tables, 0, at)

    def midnight(self, day: int) -> int:
        """The moment a civil day begins."""
        return midnight(self._tables, 0, day)

    def nth_day(self, start: int, n: int) -> tuple[int, int]:
        """The day that carries number n, [begin, end), where the day of ``start`` is day 1."""
        day = self.day(start) + n - 1
        return self.midnight(day), self.midnight(day + 1)

    def end_of_period(self, start: int, n: int) -> int:
        """When n days from ``start`` are over, the start day left out; never ends on a holiday."""
        last = next_working_day(self._tables, self.day(start) + n)
        return self.midnight(last + 1)

    def end_of_working_days(self, start: int, n: int) -> int:
        """When n working days from ``start`` are over, the start day left out."""
        return self.midnight(add_working_days(self._tables, self.day(start), n) + 1)

    def hour(self, at: int) -> float:
        """The hour of the day, 0 to 24, by the clock on the wall."""
        shown = datetime.fromtimestamp(at, self._info)
        return shown.hour + shown.minute / 60

    def written(self, at: int, style: str) -> str:
        """A time, to the minute, as a source of this style writes it."""
        shown = datetime.fromtimestamp(at, self._info)
        match style:
            case "iso":
                return shown.isoformat()
            case "slashes":
                return f"{shown.year}/{shown.month}/{shown.day} {shown.hour:02d}:{shown.minute:02d}"
            case "chinese":
                return f"{shown.year}年{shown.month}月{shown.day}日 {shown.hour:02d}:{shown.minute:02d}"
        return shown.isoformat(" ", "minutes")[:16]

    def week(self, at: int) -> str:
        """The ISO week of a moment, "2021-W31"."""
        year, week, _ = datetime.fromtimestamp(at, self._info).isocalendar()
        return f"{year}-W{week:02d}"
