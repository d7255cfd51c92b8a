"""The post room: takes deeds from the stories, keeps them as rows, and writes the files of every week."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, groupby
from pathlib import Path

import msgspec

from fengsui.drill.calendar import Calendar
from fengsui.drill.forms import Form
from fengsui.drill.noise import Deed, Row, Spoiler
from fengsui.drill.truth import Impossible

SUFFIX = {"csv": ".csv", "ndjson": ".ndjson", "xlsx": ".xlsx"}
CREATED = datetime(2021, 8, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source: where it is, the name of its mapping, and how many rows it has."""

    path: Path
    mapping: str
    rows: int


class Post:
    """Rows by form, as they will stand in the files."""

    def __init__(self, spoiler: Spoiler, *, forms: Mapping[str, Form], end_at: int) -> None:
        self._spoiler, self._forms, self._end_at = spoiler, forms, end_at
        self._rows: dict[str, list[Row]] = {name: [] for name in forms}
        self._counters = {name: _counter(form.prefix) for name, form in forms.items()}

    def send(self, form: str, at: int, *, cells: Mapping[str, object]) -> None:
        """Tell of a deed, unless it lies at or after the end: then nobody knows of it yet."""
        if at < self._end_at:
            self._rows[form] += self._spoiler.rows(self._deed(form, at, cells=cells))

    def state(self, form: str, at: int, *, cells: Mapping[str, object]) -> None:
        """The same for what machines send: at once, and without mistakes."""
        if at < self._end_at:
            self._rows[form].append(self._spoiler.clean(self._deed(form, at, cells=cells)))

    def write(
        self, folder: Path, calendar: Calendar, *, progress: Callable[[str, float], None]
    ) -> tuple[list[File], list[Impossible]]:
        """One file a source and week, the earlier weeks first; and the rows that nobody can take."""
        files: list[File] = []
        total = max(1, sum(map(len, self._rows.values())))
        impossible: list[Impossible] = []
        for form, week, rows in self._by_week(calendar):
            path = folder / f"{week}-{form.name}{SUFFIX[form.format]}"
            progress(path.name, sum(file.rows for file in files) / total)
            lines = (_cells(row, form, calendar=calendar) for row in rows)
            WRITERS[form.format](path, form, lines=lines)
            files.append(File(path, form.name, len(rows)))
            first = 1 if form.format == "ndjson" else 2  # the header is row 1, where there is one
            impossible += [
                Impossible(path.name, n, row.record, row.why)
                for n, row in enumerate(rows, start=first)
                if row.why
            ]
        return sorted(files, key=lambda file: file.path.name), impossible

    def _by_week(self, calendar: Calendar) -> Iterator[tuple[Form, str, list[Row]]]:
        for name, rows in self._rows.items():
            rows.sort(key=lambda row: (row.arrives_at, row.record))
            weeks: dict[int, str] = {}

            def week_of(row: Row, weeks: dict[int, str] = weeks) -> str:
                day = calendar.day(row.arrives_at)
                if day not in weeks:
                    weeks[day] = calendar.week(row.arrives_at)
                return weeks[day]

            for week, of_week in groupby(rows, key=week_of):
                yield self._forms[name], week, list(of_week)

    def _deed(self, form: str, at: int, *, cells: Mapping[str, object]) -> Deed:
        return Deed(self._forms[form], at, cells, self._counters[form])


def _counter(prefix: str) -> Callable[[], str]:
    """Record numbers one after the other, "M0000001" first."""
    numbers = count(1)
    return lambda: f"{prefix}{next(numbers):07d}"


def _cells(row: Row, form: Form, *, calendar: Calendar) -> Sequence[str]:
    """The cells of a row in the order of the form's headings."""
    at = row.at if isinstance(row.at, str) else calendar.written(row.at, form.style)
    recorded = calendar.written(row.recorded_at, form.style)
    return (row.record, *row.cells, at, recorded, row.corrects)


def _write_csv(path: Path, form: Form, *, lines: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding=form.encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(form.headings)
        writer.writerows(lines)


def _write_ndjson(path: Path, form: Form, *, lines: Iterable[Sequence[str]]) -> None:
    encoder = msgspec.json.Encoder()
    with path.open("wb") as stream:
        for cells in lines:
            said = {name: cell for name, cell in zip(form.headings, cells, strict=True) if cell}
            stream.write(encoder.encode(said) + b"\n")


def _write_xlsx(path: Path, form: Form, *, lines: Iterable[Sequence[str]]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.set_properties({"created": CREATED})  # else the library asks the clock
        sheet = book.add_worksheet()
        for n, cells in enumerate((form.headings, *lines)):
            for column, cell in enumerate(cells):
                if cell:
                    sheet.write_string(n, column, cell)


WRITERS = {"csv": _write_csv, "ndjson": _write_ndjson, "xlsx": _write_xlsx}
