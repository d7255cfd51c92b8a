"""Files as rows of text: CSV, XLSX, NDJSON, Parquet. Streaming, so size does not matter.

A cell is text whatever the file calls it, "" where there is none; numbers and times come in the form a
CSV file would have them. So a mapping means the same for every format, and its rules are written once.
Rows are numbered as a spreadsheet shows them: the header is row 1, or the row after those skipped.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from operator import itemgetter
from pathlib import Path

import msgspec

from fengsui.kit.errors import BadInput, Finding
from fengsui.sources.cells import plain
from fengsui.sources.spec import OWN_COLUMNS, FileSpec

ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
}
TREES = ("json", "fhir", "cap")  # read by paths whatever their ending, see read_tree
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CHUNK = 1 << 20
TOGETHER = 500  # lines that are split into cells at a time


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that is none: too few or too many cells, or bytes that are no text."""

    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class Table:
    """A file opened for reading: its columns, and its rows, once, in order.

    ``rows`` yields (number, cells, whole): the cells in the order of ``columns``, or a ``Broken``; and
    what ``raw`` turns into the text that the ledger keeps. ``share`` tells how much has been read, 0 to 1.
    """

    columns: tuple[str, ...]
    rows: Iterator[tuple[int, Sequence[str] | Broken, object]]
    share: Callable[[], float]
    raw: Callable[[object], str]
    encoding: str = ""


@contextmanager
def opened(path: Path, file: FileSpec, *, wanted: tuple[str, ...]) -> Iterator[Table]:
    """The table in a file. ``wanted``: the columns the mapping reads, which NDJSON does not name itself.

    A file whose ending says otherwise than the mapping is read as its ending says. BadInput if it
    cannot be opened as what it should be.
    """
    from fengsui.sources import read_other, read_tree

    readers = {
        "csv": _csv,
        "xlsx": read_other.xlsx,
        "ndjson": read_other.ndjson,
        "parquet": read_other.parquet,
        "json": read_tree.json,
        "fhir": read_tree.fhir,
        "cap": read_tree.cap,
    }
    try:
        file = _form(path, file)
        stream = path.open("rb")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error
    with stream:
        yield readers[file.format](path, stream, file=file, wanted=wanted)


def header_of(cells: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns; a column without one is called by its place, "(3)"."""
    return tuple(plain(cell) or f"({i})" for i, cell in enumerate(cells, start=1))


def raw_of(columns: Sequence[str]) -> Callable[[Sequence[str]], str]:
    """How the ledger keeps a row of cells."""

    def raw(cells: Sequence[str]) -> str:
        # A row that is not text has bytes in it that JSON cannot hold; \\udcff stands for the byte ff.
        legible = [cell.encode("utf-8", "backslashreplace").decode() for cell in cells]
        return msgspec.json.encode({"columns": columns, "cells": legible}).decode()

    return raw


def cells_of(raw: str) -> dict[str, str]:
    """The cells a ledger's entry keeps, by column; what is too much for the columns under "(+)"."""
    kept = msgspec.json.decode(raw)
    if "fact" in kept:
        return {name: "" if value is None else str(value) for name, value in kept["fact"].items()}
    pairs = list(zip_longest(kept["columns"], kept["cells"][: len(kept["columns"])], fillvalue=""))
    more = kept["cells"][len(kept["columns"]) :]
    return dict([*pairs, *([("(+)", " | ".join(more))] if more else [])])


def as_text(value: object) -> str:
    """A value of a typed format as the cell of a CSV file would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, list | tuple):
        return "\n".join(map(as_text, value))
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    return str(value)  # dates and times: ISO 8601 with a blank between


def _form(path: Path, file: FileSpec) -> FileSpec:
    """What the file is: as the mapping says, unless its ending or its first column says otherwise."""
    form = ENDINGS.get(path.suffix.lower(), file.format)
    if form == "csv":
        with path.open("rb") as stream:
            start = stream.read(64).removeprefix(codecs.BOM_UTF8)
        if start.startswith(OWN_COLUMNS.encode()):
            # Refused rows that were written out for repair; a spreadsheet may have changed the commas.
            delimiter = re.match(rb"\w+(\W)", start)
            return FileSpec(delimiter=delimiter[1].decode() if delimiter else ",")
    if form == file.format or (file.format in TREES and form == "ndjson"):
        return file
    return replace(FileSpec(), format=form, header=file.header)


def _csv(path: Path, stream: io.BufferedReader, *, file: FileSpec, wanted: tuple[str, ...]) -> Table:
    encoding = file.encoding or _encoding(path)
    is_clean = _is_all_text(path, encoding)
    # A byte that is no text must not stop the file: it becomes a lone surrogate, which marks its row.
    text = io.TextIOWrapper(stream, _with_bom(encoding), errors="surrogateescape", newline="")
    lines = _Lines(text, file.delimiter)
    n = 0
    for _ in range(file.skip):
        n += 1
        next(lines.records, None)
    columns = file.header
    if columns is None:
        n += 1
        columns = header_of(_first(lines.records, path))
    size = max(1, path.stat().st_size)
    return Table(
        columns=columns,
        rows=_csv_rows(lines, n=n, width=len(columns), is_clean=is_clean),
        share=lambda: text.buffer.tell() / size,  # text, not stream: what is let go of is closed
        raw=_raw_of_line(columns, file.delimiter),
        encoding=encoding,
    )


class _Lines:
    """The records of a CSV file, and the lines each is made of, so that a broken one can be kept whole."""

    def __init__(self, text: io.TextIOWrapper, delimiter: str) -> None:
        self._text = text
        self._delimiter = delimiter
        self._again: deque[str] = deque()
        self.held: list[str] = []  # the lines of the record that was read last
        self.records = self._read()

    @property
    def is_behind(self) -> bool:
        """Whether lines wait that were read before."""
        return bool(self._again)

    def next_lines(self) -> list[str]:
        """The next lines of the file, some hundred of them; none at its end."""
        return list(islice(self._text, TOGETHER))

    def simply(self, lines: list[str]) -> list[list[str]]:
        """Lines of which none has a quotation mark, each a record of its own. csv.Error if one is none."""
        return list(csv.reader(lines, delimiter=self._delimiter, strict=True))

    def put_back(self, lines: list[str]) -> None:
        """Read these again, one record after the other."""
        self._again.extend(lines)

    def give_back(self) -> str:
        """Take the first held line as it is; the others are read again, each on its own merits.

        A quotation mark that is never closed swallows what follows; only its own line is at fault.
        """
        first, *others = self.held or [""]
        self._again.extendleft(reversed(others))
        self.held.clear()
        self.records = self._read()
        return first

    def _read(self) -> Iterator[list[str]]:
        return csv.reader(self._noted(), delimiter=self._delimiter, strict=True)

    def _noted(self) -> Iterator[str]:
        note = self.held.append
        while True:
            line = self._again.popleft() if self._again else next(self._text, "")
            if not line:
                return
            note(line)
            yield line


def _csv_rows(
    lines: _Lines, *, n: int, width: int, is_clean: bool
) -> Iterator[tuple[int, Sequence[str] | Broken, object]]:
    """The records behind the header. ``is_clean``: the whole file is text, so no line need be looked at."""
    while read := lines.next_lines():
        whole = "".join(read)
        if '"' not in whole and (is_clean or _is_text(whole)):
            records = _all_simple(lines, read, width)
            if records:
                yield from zip(range(n + 1, n + 1 + len(read)), records, read)  # noqa: B905 - of one length
                n += len(read)
                continue
        lines.put_back(read)
        while lines.is_behind:
            n += 1
            row = _next_row(lines, n, width=width, is_clean=is_clean)
            if row is not None:
                yield row


def _all_simple(lines: _Lines, read: list[str], width: int) -> list[list[str]]:
    """The cells of lines that are a record each, none of them empty and all of this width; else nothing."""
    try:
        records = lines.simply(read)
    except csv.Error:
        return []
    if set(map(len, records)) != {width} or not all(map(itemgetter(0), records)):
        return []
    return records


def _next_row(
    lines: _Lines, n: int, *, width: int, is_clean: bool
) -> tuple[int, Sequence[str] | Broken, object] | None:
    """The next record, whatever it is; None for one without anything in it."""
    held = lines.held
    held.clear()
    try:
        cells = next(lines.records)
    except csv.Error as error:
        return n, Broken(str(error), "a row of CSV, each quotation mark closed"), lines.give_back()
    # The line, and not its cells, is what is kept of a row: one piece of memory instead of twenty.
    whole = held[0] if len(held) == 1 else "".join(held)
    if not is_clean and not all(map(_is_text, held)):
        return n, Broken("bytes that are no text", "the encoding of the file"), whole
    if len(cells) != width and (any(cells[width:]) or (len(cells) < width and any(cells))):
        return n, Broken(f"{len(cells)} cells", f"{width}, as in the header"), whole
    return (n, cells[:width], whole) if any(cells) else None


def _raw_of_line(columns: Sequence[str], delimiter: str) -> Callable[[str], str]:
    raw = raw_of(columns)

    def raw_line(line: str) -> str:
        try:
            return raw(next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter, strict=True)))
        except csv.Error:
            return raw([line])

    return raw_line


def _is_text(line: str) -> bool:
    if line.isascii():
        return True
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def _first(reader: Iterator[list[str]], path: Path) -> list[str]:
    try:
        return next(reader)
    except (StopIteration, csv.Error) as error:
        found = Finding(str(path), "header", str(error) or "nothing", "a first row that names the columns")
        raise BadInput(f"{path} has no header", (found,)) from None


def _encoding(path: Path) -> str:
    """UTF-8 if the whole file is, UTF-16 if it says so, else GB18030."""
    with path.open("rb") as stream:
        start = stream.read(4)
    by_bom = next((name for bom, name in BOMS if start.startswith(bom)), "")
    return by_bom or ("utf-8" if _is_all_text(path, "utf-8") else "gb18030")


def _is_all_text(path: Path, encoding: str) -> bool:
    """Whether every byte of the file is text in this encoding. A tenth of a second for 100 MB."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _with_bom(encoding: str) -> str:
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
