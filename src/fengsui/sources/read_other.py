"""The formats that know more than text: XLSX, NDJSON, Parquet. See ``read`` for what a row looks like."""

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path

import msgspec

from fengsui.kit.errors import BadInput, Finding
from fengsui.sources.limits import check_parquet, check_xlsx, too_long_a_piece
from fengsui.sources.read import TOGETHER, Broken, Table, as_text, header_of, raw_of
from fengsui.sources.spec import FileSpec

Rows = Iterator[tuple[int, Sequence[str] | Broken, object]]

SAMPLE = 1000  # objects of an NDJSON file that are asked for their names
BATCH = 20_000  # rows of Parquet turned into text at a time


def xlsx(path: Path, stream: io.BufferedReader, *, file: FileSpec, wanted: tuple[str, ...]) -> Table:
    """One sheet. The sheet is unpacked in memory, outside of Python; its rows stream from there."""
    from python_calamine import CalamineError, CalamineWorkbook

    check_xlsx(path)
    try:
        book = CalamineWorkbook.from_filelike(stream)
    except (CalamineError, ValueError) as error:
        raise _unreadable(path, str(error), "an XLSX workbook") from error
    if file.sheet and file.sheet not in book.sheet_names:
        raise _unreadable(path, f"the sheets {', '.join(book.sheet_names)}", f"a sheet called {file.sheet}")
    sheet = book.get_sheet_by_name(file.sheet) if file.sheet else book.get_sheet_by_index(0)
    rows = ([cell if type(cell) is str else as_text(cell) for cell in row] for row in sheet.iter_rows())
    numbered = islice(enumerate(rows, start=1), file.skip, None)
    if file.header is None:
        _, head = next(numbered, (0, []))
        columns = header_of(head)
    else:
        columns = file.header
    if not columns:
        raise _unreadable(path, "an empty sheet", "a first row that names the columns")
    done = 0
    total = max(1, sheet.total_height)

    def counted() -> Rows:
        nonlocal done
        for n, cells in numbered:
            done = n
            if any(cells):
                yield n, _of_width(cells, len(columns)), cells

    return Table(columns, counted(), share=lambda: min(1.0, done / total), raw=raw_of(columns))


def ndjson(path: Path, stream: io.BufferedReader, *, file: FileSpec, wanted: tuple[str, ...]) -> Table:
    """One object a line. Its columns: those named in ``header``, or the names in the first objects.

    The value in {"a": {"b": …}} is called a.b. A line that is no object is a broken row.
    """
    decode = msgspec.json.Decoder().decode
    read = 0

    def decoded() -> Iterator[tuple[int, dict | Broken, bytes]]:
        nonlocal read
        for n, line in enumerate(stream, start=1):
            read += len(line)
            if not line.strip():
                continue
            try:
                row = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                row = Broken(str(error), "one JSON object a line")
            else:
                if not isinstance(row, dict):
                    row = Broken(f"a {type(row).__name__}, not an object", "one JSON object a line")
            yield n, row, line

    lines = islice(decoded(), file.skip, None)
    sample = list(islice(lines, SAMPLE))
    columns = file.header or tuple(
        dict.fromkeys(name for _, row, _ in sample if isinstance(row, dict) for name in _names(row, wanted))
    )
    pick = _picker(columns)

    def rows() -> Rows:
        read = chain(sample, lines)
        while some := list(islice(read, TOGETHER)):
            numbers, found, wholes = zip(*some, strict=True)
            yield from zip(numbers, _cells_of(found, columns, pick), wholes, strict=True)

    def raw(line: bytes) -> str:
        try:
            row = decode(line)
            cells = pick(row)
            more = {
                name: value
                for name, value in row.items()
                if name not in columns and not _nested(name, columns)
            }
        except (msgspec.DecodeError, AttributeError, TypeError):
            return raw_of(columns)([line.decode("utf-8", "surrogateescape")])
        return raw_of((*columns, *more))([*cells, *map(as_text, more.values())])

    size = max(1, path.stat().st_size)
    return Table(columns, rows(), share=lambda: read / size, raw=raw, encoding="utf-8")


def parquet(path: Path, stream: io.BufferedReader, *, file: FileSpec, wanted: tuple[str, ...]) -> Table:
    """A Parquet file, row group by row group. Values become text in columns, which costs next to nothing."""
    import pyarrow.parquet as pq

    metadata = metadata_of(path)
    check_parquet(path, metadata)
    source = pq.ParquetFile(stream, metadata=metadata, read_dictionary=_repeating(metadata))
    columns = tuple(source.schema_arrow.names)
    total = max(1, source.metadata.num_rows)
    done = 0

    def rows() -> Rows:
        nonlocal done
        for batch in _pieces(source, path):
            for cells in zip(*map(_column_text, batch.columns), strict=True):
                done += 1
                yield done + 1, cells, cells

    return Table(columns, rows(), share=lambda: done / total, raw=raw_of(columns))


def metadata_of(path: Path) -> object:
    """What the footer of a Parquet file declares, a ``pyarrow.parquet.FileMetaData``. BadInput."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, str(error), "a Parquet file") from error


def _repeating(metadata: object) -> list[str]:
    """The columns of text, whose values are read as the file keeps them, once each, to see their length."""
    columns = map(metadata.schema.column, range(metadata.num_columns))
    return [c.path for c in columns if c.physical_type == "BYTE_ARRAY" and not c.max_repetition_level]


def _pieces(source: object, path: Path) -> Iterator[object]:
    """The record batches of a Parquet file. BadInput if one cannot be read, or its texts are too long."""
    import pyarrow as pa

    try:
        for batch in source.iter_batches(batch_size=BATCH):
            too_long_a_piece(path, sum(map(_n_bytes, batch.columns)))
            yield batch
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, str(error), "a Parquet file") from error


def _n_bytes(column: object) -> int:
    """What texts that are kept once each come to when each row has its own; 0 for other columns."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if not pa.types.is_dictionary(kind) or not _is_text(kind.value_type):
        return 0
    return pc.sum(pc.take(pc.binary_length(column.dictionary), column.indices)).as_py() or 0


def _is_text(kind: object) -> bool:
    import pyarrow as pa

    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary))


def _column_text(column: object) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_nested(kind):
        return [as_text(value) for value in column.to_pylist()]  # Arrow writes 1e20 as 1e+20, and no lists
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("s", kind.tz), safe=False)  # whole seconds are all a fact has
    elif pa.types.is_time(kind):
        column = column.cast(pa.time32("s"), safe=False)
    return pc.fill_null(pc.cast(column, pa.string()), "").to_pylist()


def _cells_of(
    rows: Sequence[dict | Broken], columns: tuple[str, ...], pick: Callable[[dict], list[str]]
) -> Sequence[Sequence[str] | Broken]:
    """The cells of objects in the order of the columns. Most name all columns and hold nothing but text."""
    if len(columns) > 1:
        try:
            found = list(map(itemgetter(*columns), rows))
        except (KeyError, TypeError):
            found = []
        if found and set(map(type, chain.from_iterable(found))) == {str}:
            return found
    return [row if isinstance(row, Broken) else pick(row) for row in rows]


def _of_width(cells: list[str], width: int) -> Sequence[str] | Broken:
    if len(cells) == width:
        return cells
    if any(cells[width:]):
        return Broken(f"{len(cells)} cells", f"{width}, as in the header")
    return [*cells[:width], *[""] * (width - len(cells))]


def _names(row: dict, wanted: tuple[str, ...]) -> Iterator[str]:
    """The names in an object; one that holds an object is called by those names below it that are wanted."""
    for name, value in row.items():
        below = (
            [column for column in wanted if column.startswith(f"{name}.")] if isinstance(value, dict) else ()
        )
        yield from below or (name,)


def _nested(name: str, columns: tuple[str, ...]) -> bool:
    return any(column.startswith(f"{name}.") for column in columns)


def _picker(columns: tuple[str, ...]) -> Callable[[dict], list[str]]:
    """A function from an object to its cells in the order of the columns."""
    paths = [(column, column.split(".") if "." in column else None) for column in columns]

    def pick(row: dict) -> list[str]:
        cells = []
        for column, path in paths:
            value = row.get(column)
            if value is None and path:
                value = row
                for name in path:
                    value = value.get(name) if isinstance(value, dict) else None
            cells.append(value if type(value) is str else as_text(value))
        return cells

    return pick


def _unreadable(path: Path, found: str, expected: str) -> BadInput:
    return BadInput(f"{path} cannot be read", (Finding(str(path), "file", found, expected),))
