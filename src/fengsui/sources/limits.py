"""How much a packed file may come to. What would fill the memory is refused before it is unpacked.

XLSX and Parquet are packed: a file of a few kilobytes can stand for terabytes. What a file declares about
itself costs nothing to look at, so that is always done. But it can lie. Where a file comes from somebody
else than whoever runs the program, a workbook is also unpacked once without keeping it, and asked how far
its cells lie apart: a reader makes room for all cells from the first to the last, and two cells at opposite
ends of a sheet bring a process down. That costs about as much as reading it does.
On such files: D. Fifield, "A better zip bomb", WOOT 2019.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path

from fengsui.kit.errors import BadInput, Finding

MB = 1024 * 1024
CHUNK = MB
ROWS_A_BYTE = 8  # of Parquet: a row that says anything of its own takes more than a bit
FEW_ROWS = 1_000_000  # below this nobody counts how densely a file is packed

# A row or a cell says where it stands, <row r="7">, <c r="B7">; if it does not, it follows the one before.
STANDS = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,7})(\d{0,10})["']""")
CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
ADRIFT = re.compile(rb"<(?:\w+:)?(?:c|row)(?![^<>]*\br\s*=)[\s/>]")
ROW_ENDS = re.compile(rb"</(?:\w+:)?row\s*>")
NOT_UTF8 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


@dataclass(frozen=True, slots=True)
class Limits:
    """The most a packed file may come to: parts, bytes unpacked, how often its own size, cells, rows."""

    parts: int = 5_000
    unpacked: int = 2048 * MB
    ratio: int = 200  # of what comes to more than 16 MB; spreadsheets come to twenty times their size
    cells: int = 32_000_000  # of the rectangle in which the cells of a sheet lie; each takes 24 bytes
    rows: int = 1_000_000_000  # of Parquet, which is read in pieces
    piece: int = 256 * MB  # bytes of text of one piece of Parquet


LIMITS = Limits()
UPLOADED = Limits(unpacked=400 * MB, cells=16_000_000, rows=1_048_576)  # the rows an Excel sheet has


def check_xlsx(path: Path, limits: Limits = LIMITS, *, is_foreign: bool = False) -> None:
    """BadInput if a workbook comes to more than it may, or is no ZIP archive.

    ``is_foreign``: it is unpacked too, since what it declares is the word of somebody else.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
            _declared(path, parts, limits)
            if is_foreign:
                _real(path, packed, parts, limits=limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise _refused(path, str(error) or "a broken archive", "an XLSX workbook") from error


def check_parquet(path: Path, metadata: object, limits: Limits = LIMITS) -> None:
    """BadInput if the footer of a Parquet file, a ``pyarrow.parquet.FileMetaData``, declares too much."""
    size, n_rows = max(1, path.stat().st_size), metadata.num_rows
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    n_parts = len(groups) * metadata.num_columns
    if n_parts > limits.parts * 10:
        _too_much(path, f"{n_parts:,} parts", f"at most {limits.parts * 10:,} parts")
    chunks = [[group.column(j) for j in range(metadata.num_columns)] for group in groups]
    # A row of lists has many values: they are counted, and not the rows alone.
    n_values = max([n_rows, *(sum(chunk.num_values for chunk in of) for of in zip(*chunks, strict=True))])
    if n_values > limits.rows:
        _too_much(path, f"{n_values:,} rows", f"at most {limits.rows:,} rows")
    if n_values > FEW_ROWS and n_values > size * ROWS_A_BYTE:
        _too_much(path, f"{n_values:,} rows in {size:,} bytes", f"at most {ROWS_A_BYTE} rows a byte")
    unpacked = sum(max(0, chunk.total_uncompressed_size) for of in chunks for chunk in of)
    _bytes(path, max(unpacked, sum(group.total_byte_size for group in groups)), limits)


def too_long_a_piece(path: Path, n_bytes: int, limits: Limits = LIMITS) -> None:
    """BadInput if the texts of one piece come to more than they may: few values, said often, can be long."""
    if n_bytes > limits.piece:
        most = f"at most {limits.piece // MB} MB of text at a time"
        _too_much(path, f"{n_bytes // MB:,} MB of text at a time", most)


def _declared(path: Path, parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    """What the directory of the archive says."""
    if len(parts) > limits.parts:
        _too_much(path, f"{len(parts):,} parts", f"at most {limits.parts:,} parts")
    total = sum(part.file_size for part in parts)
    _bytes(path, total, limits)
    _ratio(path, total, limits)


def _real(path: Path, packed: zipfile.ZipFile, parts: list[zipfile.ZipInfo], *, limits: Limits) -> None:
    """What the archive comes to, whatever its directory says; any of its parts may be a sheet."""
    total = 0
    for part in parts:
        reach = _Reach()
        for chunk in _unpacked(packed, part, limits.unpacked - total + 1):
            total += len(chunk)
            _bytes(path, total, limits)
            _ratio(path, total, limits)
            if not reach.look(chunk):
                raise _refused(path, f"{part.filename!r}, which is no plain XML", "an XLSX workbook")
            _cells(path, reach, limits)


def _unpacked(packed: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """The bytes of a part, to its end and not to where the directory says that it ends."""
    real = copy(part)
    real.file_size, real.CRC = most, None
    with packed.open(real) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


class _Reach:
    """How far the cells of a sheet lie apart, as its text goes by; rather too far than not far enough."""

    def __init__(self) -> None:
        self._rest = b""
        self._n_rows = self._n_columns = 0  # the farthest that was named
        self._is_adrift = False  # whether there are cells or rows that do not say where they stand
        self._ended = self._in_row = self._widest = 0  # rows since then, cells of a row

    @property
    def rows(self) -> int:
        """Rows up to the last, at most."""
        return self._n_rows + self._ended

    @property
    def columns(self) -> int:
        """Columns up to the last, at most."""
        return self._n_columns + self._widest

    def look(self, chunk: bytes) -> bool:
        """The next bytes of the part; False if they cannot be looked at."""
        text = self._rest + chunk
        end = text.rfind(b"<")
        text, self._rest = text[:end], text[end:]
        if text.startswith(NOT_UTF8) or (text.startswith(b"<") and len(self._rest) > 2 * CHUNK):
            return False
        if not text.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):  # a picture, or the like
            self._rest = b""
            return True
        if named := STANDS.findall(text):
            letters, numbers = map(set, zip(*named, strict=True))
            self._n_rows = max(self._n_rows, *map(int, numbers - {b""}), 0)
            self._n_columns = max(self._n_columns, *map(_number, letters))
        self._is_adrift = self._is_adrift or ADRIFT.search(text) is not None
        if self._is_adrift:
            self._count(ROW_ENDS.split(text))
        return True

    def _count(self, rows: list[bytes]) -> None:
        self._ended += len(rows) - 1
        for i, row in enumerate(rows):
            self._in_row = len(CELL.findall(row)) + (0 if i else self._in_row)
            self._widest = max(self._widest, self._in_row)


def _number(letters: bytes) -> int:
    """The number of a column: A is 1, Z is 26, AA is 27."""
    n = 0
    for letter in letters.upper():
        n = n * 26 + letter - 64
    return n


def _cells(path: Path, reach: _Reach, limits: Limits) -> None:
    if reach.rows * reach.columns > limits.cells:
        found = f"a sheet of {reach.rows:,} rows and {reach.columns:,} columns"
        _too_much(path, found, f"at most {limits.cells:,} cells from its first to its last")


def _bytes(path: Path, total: int, limits: Limits) -> None:
    if total > limits.unpacked:
        found = f"{total // MB:,} MB when it is unpacked"
        _too_much(path, found, f"at most {limits.unpacked // MB:,} MB when it is unpacked")


def _ratio(path: Path, total: int, limits: Limits) -> None:
    times = total // max(1, path.stat().st_size)
    if total > 16 * MB and times > limits.ratio:
        _too_much(path, f"{times:,} times its size when it is unpacked", f"at most {limits.ratio} times")


class TooMuch(BadInput):
    """A packed file that would fill the memory."""


def _too_much(path: Path, found: str, expected: str) -> None:
    raise TooMuch(f"{path} is packed too tightly", (Finding(str(path), "file", found, expected),))


def _refused(path: Path, found: str, expected: str) -> BadInput:
    return BadInput(f"{path} cannot be read", (Finding(str(path), "file", found, expected),))
