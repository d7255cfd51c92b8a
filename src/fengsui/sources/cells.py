"""From the text of a cell to a value, once for each kind of value. A cell that will not do says why.

Every function here makes a reader: it takes what a mapping says, and gives a function from a cell to a
value. Cells repeat, so readers remember what they have read; that is most of the speed of the intake.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from fengsui.facts.catalogue import Field, FieldType
from fengsui.facts.yaml_file import nearest_first
from fengsui.kit.areas import Areas
from fengsui.kit.instant import DAY, parse
from fengsui.sources.formats import iso_writer

Reader = Callable[[str], object]
TimeReader = Callable[[str], tuple[int, int]]

LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z
REMEMBERED = 20_000  # cells a reader keeps before it starts afresh
YES = frozenset({"true", "yes", "y", "t", "1", "是", "有"})
NO = frozenset({"false", "no", "n", "f", "0", "否", "无"})
# Seconds since the full hour, by what stands behind it: "07", "07:30".
CLOCK = {f"{m:02d}": m * 60 for m in range(60)}
CLOCK |= {f"{m:02d}:{s:02d}": m * 60 + s for m in range(60) for s in range(60)}


class CellError(ValueError):
    """A cell cannot be read: which column, what stood there, what was expected."""

    def __init__(self, column: str, found: str, expected: str) -> None:
        super().__init__(column, found, expected)
        self.column, self.found, self.expected = column, found, expected


def plain(cell: str) -> str:
    """A cell without blanks around it and with full-width letters and digits made plain (NFKC)."""
    cell = cell.strip()
    return cell if cell.isascii() else unicodedata.normalize("NFKC", cell).strip()


class Memory(dict):
    """What a reader made of the cells it has read: found at the speed of a dict, read if not there."""

    def __init__(self, read: Callable[[Any], Any], at_most: int) -> None:
        super().__init__()
        self._read = read
        self._at_most = at_most

    def __missing__(self, cell: Any) -> Any:
        if len(self) >= self._at_most:
            self.clear()  # files are in some order of time, so what was read long ago seldom comes again
        value = self[cell] = self._read(cell)
        return value


def remembered(read: Callable[[Any], Any], *, at_most: int = REMEMBERED) -> Callable[[Any], Any]:
    """The same reader, which looks up what it has read before. Failures are not kept."""
    return Memory(read, at_most).__getitem__


def value_reader(field: Field, *, column: str, areas: Areas | None, decimal: str = ".") -> Reader:
    """Reads cells as values of a field of any type but time and subject."""
    match field.type:
        case FieldType.CODE:
            return remembered(_code_reader(field.values, column))
        case FieldType.TEXT:
            return str.strip
        case FieldType.NUMBER:
            return remembered(_number_reader(column, decimal))
        case FieldType.INTEGER:
            return remembered(_integer_reader(column, decimal))
        case FieldType.YES_NO:
            return remembered(_yes_no_reader(column))
        case FieldType.AREA:
            return remembered(area_reader(column, areas))
    raise ValueError(f"a {field.type} is not read from a single cell")


def translated(table: Mapping[str, str], *, column: str, default: str | None) -> Callable[[str], str]:
    """Reads cells by a table: letter for letter, or else without regard to case."""
    exact = {plain(cell): code for cell, code in table.items()}
    folded: dict[str, str] = {}
    for cell, code in exact.items():
        folded.setdefault(cell.casefold(), code)

    def read(cell: str) -> str:
        text = plain(cell)
        code = exact.get(text) or folded.get(text.casefold()) or default
        if code is None:
            raise CellError(column, repr(cell), f"one of {nearest_first(text, exact)}")
        return code

    return read


def in_its_own_words(read: Callable[[str], Any], text: str, *, cell: str) -> Any:
    """What a reader makes of a text that was made of a cell; what is wrong is told of the cell itself."""
    try:
        return read(text)
    except CellError as error:
        raise CellError(error.column, repr(cell), error.expected) from None


def area_reader(column: str, areas: Areas | None) -> Callable[[str], str]:
    """Reads the code of a known area, or of a place in one, or the name or alias of an area."""

    def read(cell: str) -> str:
        text = plain(cell)
        if areas is None or areas.resolve(text) is not None:
            return text
        area = areas.find(text)
        if area is None:
            raise CellError(column, repr(cell), "the code or name of a known area")
        return area.code

    return read


def time_reader(forms: tuple[str, ...], *, zone: str, column: str, epoch: str = "") -> TimeReader:
    """Reads a cell as (at, span): seconds UTC, and how many seconds later it may still have been.

    ``forms`` are those of a ``TimeSpec``; the first that fits the cell is the one it is read by.
    """
    readers = [_reader_of_form(form, zone=zone, column=column, epoch=epoch) for form in forms]
    if len(readers) == 1:
        return readers[0]

    def read(cell: str) -> tuple[int, int]:
        for reader in readers[:-1]:
            try:
                return reader(cell)
            except CellError:
                continue
        return readers[-1](cell)

    return remembered(read)


def _reader_of_form(form: str, *, zone: str, column: str, epoch: str) -> TimeReader:
    match form:
        case "unix" | "unix_ms":
            return _unix_reader(column, 1 if form == "unix" else 1000)
        case "excel":
            return _days_reader(column, zone, datetime(1899, 12, 30))  # noqa: DTZ001 - a civil day, no zone yet
        case "days":
            start, _ = parse(epoch, zone="UTC")
            return _days_reader(column, zone, datetime.fromtimestamp(start, UTC).replace(tzinfo=None))
        case "iso":
            return _civil_reader(column, zone, None)
    return _civil_reader(column, zone, iso_writer(form))


def number_of(cell: str, *, column: str, decimal: str = ".") -> float:
    """A cell as a finite number. The other mark is passed over where it divides thousands, and only there."""
    mark = "," if decimal == "." else "."
    text = plain(cell)
    if mark in text:
        # 35,2 must not become 352 because somebody forgot to declare the comma.
        grouped = re.fullmatch(rf"[+-]?\d{{1,3}}(?:\{mark}\d{{3}})+(?:\{decimal}\d*)?", text, re.ASCII)
        text = text.replace(mark, "") if grouped else ""
    try:
        value = float(text.replace(decimal, "."))
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise CellError(column, repr(cell), f"a number, its decimal mark being {decimal!r}")
    return value


def _code_reader(values: tuple[str, ...], column: str) -> Reader:
    allowed = frozenset(values)

    def read(cell: str) -> str:
        code = plain(cell)
        if code not in allowed:
            raise CellError(column, repr(cell), f"one of {nearest_first(code, values)}")
        return code

    return read


def _number_reader(column: str, decimal: str) -> Reader:
    def read(cell: str) -> int | float:
        value = number_of(cell, column=column, decimal=decimal)
        return int(value) if value.is_integer() else value

    return read


def _integer_reader(column: str, decimal: str) -> Reader:
    def read(cell: str) -> int:
        value = number_of(cell, column=column, decimal=decimal)
        if not value.is_integer():
            raise CellError(column, repr(cell), "a whole number")
        return int(value)

    return read


def _yes_no_reader(column: str) -> Reader:
    def read(cell: str) -> bool:
        text = plain(cell).casefold()
        if text in YES or text in NO:
            return text in YES
        raise CellError(column, repr(cell), "yes or no (true/false, y/n, 1/0, 是/否)")

    return read


def _unix_reader(column: str, per_second: int) -> TimeReader:
    def read(cell: str) -> tuple[int, int]:
        at = int(number_of(cell, column=column)) // per_second
        if abs(at) > LATEST:
            raise CellError(column, repr(cell), "seconds (or milliseconds) since 1970 before the year 10000")
        return at, 0

    return read


def _days_reader(column: str, zone: str, first: datetime) -> TimeReader:
    """Days since ``first``; a fraction of a day is a time, a whole number a date."""

    def read(cell: str) -> tuple[int, int]:
        days = number_of(cell, column=column)
        try:
            moment = first + timedelta(seconds=round(days * DAY))
        except OverflowError:
            raise CellError(column, repr(cell), "a day number within the calendar") from None
        return parse(moment.isoformat(" ") if days % 1 else f"{moment:%Y-%m-%d}", zone=zone)

    def bounded(cell: str) -> tuple[int, int]:
        try:
            return remembering(cell)
        except CellError:
            raise
        except ValueError as error:
            raise CellError(column, repr(cell), _expected(error)) from None

    remembering = remembered(read)
    return bounded


def _civil_reader(column: str, zone: str, as_iso: Callable[[str], str | None] | None) -> TimeReader:
    """Reads times as people write them. A zone is asked once for each hour, not once for each cell."""

    def slow(cell: str) -> tuple[int, int]:
        try:
            return parse(plain(cell), zone=zone)
        except ValueError as error:
            raise CellError(column, repr(cell), _expected(error)) from None

    def hour(start: str) -> int:
        """The instant at which an hour begins, "2021-08-06 15:" and an offset if there is one."""
        if start[13] != ":":
            raise KeyError(start)
        (first, _), (last, _) = (
            parse(start[:14] + clock + start[14:], zone=zone) for clock in ("00:00", "59:59")
        )
        if last - first != 3599:
            raise KeyError(start)  # the zone changes its offset within this hour
        return first

    def read(cell: str) -> tuple[int, int]:
        if len(cell) > 15:
            start = cell[:14]
            if len(cell) > 19:
                # Fractions of a second are cut off, what follows them is the offset.
                start += cell[19:].lstrip(".0123456789") if cell[19] == "." else cell[19:]
            try:
                return hours[start] + CLOCK[cell[14:19]], 0
            except (KeyError, ValueError):
                pass  # written in another way
        return by_text(cell)

    def declared(cell: str) -> tuple[int, int]:
        text = as_iso(plain(cell))
        if text is None:
            raise CellError(column, repr(cell), "a time written as the mapping's format says")
        return in_its_own_words(read, text, cell=cell)

    hours = Memory(hour, REMEMBERED)
    by_text = remembered(slow)
    return declared if as_iso else read


def _expected(error: ValueError) -> str:
    return re.sub(r"^expected ", "", str(error)) or "a time"
