"""Packed files that stand for far more than they are: refused before they are unpacked, with the reason."""

import zipfile
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from fengsui.kit.errors import BadInput
from fengsui.sources.limits import MB, UPLOADED, Limits, TooMuch, check_parquet, check_xlsx
from fengsui.sources.read import opened
from fengsui.sources.read_other import metadata_of
from fengsui.sources.spec import FileSpec

SMALL = Limits(parts=20, unpacked=2 * MB, ratio=50, cells=10_000, rows=1_000, piece=MB)
SHEET = '<?xml version="1.0"?><worksheet><sheetData>{}</sheetData></worksheet>'


def archive(path: Path, **parts: bytes | str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(f"xl/worksheets/{name}.xml", text)
    return path


def sheet(path: Path, rows: str) -> Path:
    return archive(path, sheet1=SHEET.format(rows))


def found(path: Path, limits: Limits = SMALL, *, is_foreign: bool = True) -> str:
    """What a workbook is refused for, "" if it is not."""
    try:
        check_xlsx(path, limits, is_foreign=is_foreign)
    except TooMuch as error:
        [finding] = error.findings
        return f"{finding.found}; {finding.expected}"
    return ""


def test_a_workbook_as_people_make_them_passes_and_is_read(tmp_path):
    path = tmp_path / "in.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet()
        for n in range(300):
            page.write_row(n, 0, [f"R{n}", "阴性", n])
    assert found(path) == ""
    with opened(path, FileSpec(format="xlsx"), wanted=()) as table:
        assert len(list(table.rows)) == 299


def test_what_the_directory_declares_is_enough_to_refuse(tmp_path):
    path = archive(tmp_path / "bomb.xlsx", **{f"s{n}": bytes(MB) for n in range(3)})
    for is_foreign in (False, True):
        assert found(path, is_foreign=is_foreign) == (
            "3 MB when it is unpacked; at most 2 MB when it is unpacked"
        )


def test_more_than_two_hundred_times_its_size_is_no_sheet(tmp_path):
    path = archive(tmp_path / "bomb.xlsx", s=bytes(30 * MB))
    assert found(path, UPLOADED).endswith("at most 200 times")
    assert path.stat().st_size < MB


def test_too_many_parts_are_refused(tmp_path):
    path = archive(tmp_path / "bomb.xlsx", **{f"s{n}": "" for n in range(21)})
    assert found(path) == "21 parts; at most 20 parts"


def test_a_directory_that_lies_about_the_size_is_not_believed(tmp_path):
    """The part declares ten bytes and comes to three megabytes."""
    path = archive(tmp_path / "liar.xlsx", s=b"<a>" + b"x" * 3 * MB)
    raw = path.read_bytes()
    size = (3 * MB + 3).to_bytes(4, "little")
    assert raw.count(size) >= 1
    path.write_bytes(raw.replace(size, (10).to_bytes(4, "little")))
    assert found(path) == "2 MB when it is unpacked; at most 2 MB when it is unpacked"


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row>',
        '<row r="1"><c r="A1"/><c r="XFD1048576"/></row>',  # a cell that is not where its row is
        "<row r='1'><c r='A1'/></row><row\tr = '5000'><x:c s='1' r = 'xfd5000'/></row>",
        '<row r="9999"><c/><c/><c/></row>',  # cells that do not say where they are
        "<row><c/><c/></row>" * 5_001,
        '<row r="1"><c r="A1" s="' + "0" * 3_000 + '"/><c s="' + "0" * 3_000 + '" r="ZZZ1"/></row>',
    ],
)
def test_cells_far_from_each_other_would_fill_the_memory(tmp_path, rows):
    said = found(sheet(tmp_path / "far.xlsx", rows))
    assert said.startswith("a sheet of")
    assert said.endswith("at most 10,000 cells from its first to its last")


def test_cells_that_do_not_say_where_they_are_are_counted(tmp_path):
    assert found(sheet(tmp_path / "in.xlsx", "<row><c/><c/></row>" * 2_000)) == ""


def test_a_sheet_in_another_encoding_is_not_looked_past(tmp_path):
    hidden = SHEET.format('<row r="1048576"><c r="XFD1048576"/></row>').encode("utf-16")
    path = archive(tmp_path / "hidden.xlsx", s=hidden)
    with pytest.raises(BadInput, match="which is no plain XML"):
        check_xlsx(path, SMALL, is_foreign=True)


def test_what_is_no_archive_is_bad_input(tmp_path):
    path = tmp_path / "in.xlsx"
    path.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(BadInput, match="expected an XLSX workbook"):
        check_xlsx(path)


def parquet(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path, compression="zstd")
    return path


def declared(path: Path, limits: Limits = SMALL) -> str:
    """What a Parquet file is refused for by what it declares, "" if it is not."""
    with suppress(TooMuch):
        check_parquet(path, metadata_of(path), limits)
        return ""
    with pytest.raises(TooMuch) as error:
        check_parquet(path, metadata_of(path), limits)
    return error.value.findings[0].found


def test_parquet_as_people_make_it_passes_and_is_read(tmp_path):
    path = parquet(tmp_path / "in.parquet", no=[str(n) for n in range(900)], result=["阴性"] * 900)
    assert declared(path) == ""
    with opened(path, FileSpec(format="parquet"), wanted=()) as table:
        assert [cells for _, cells, _ in table.rows][-1] == ("899", "阴性")


def test_two_million_rows_in_a_few_kilobytes_say_nothing(tmp_path):
    path = parquet(tmp_path / "bomb.parquet", result=pa.repeat("阴性", 2_000_000))
    assert path.stat().st_size < 10_000
    assert declared(path) == "2,000,000 rows"
    assert declared(path, Limits()).startswith("2,000,000 rows in ")
    assert declared(path, UPLOADED) == "2,000,000 rows"


def test_a_row_group_that_comes_to_too_much_is_refused(tmp_path):
    path = parquet(tmp_path / "bomb.parquet", note=["x" * 3 * MB])
    assert declared(path) == "3 MB when it is unpacked"


def test_a_row_of_a_million_values_is_counted_as_what_it_is(tmp_path):
    path = parquet(tmp_path / "bomb.parquet", tags=pa.array([[1] * 1_001]))
    assert declared(path) == "1,001 rows"


def test_a_long_text_that_is_said_in_every_row_is_not_written_out(tmp_path):
    """One text of a megabyte, kept once, in each of a thousand rows: a gigabyte."""
    said = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000), ["x" * MB])
    path = parquet(tmp_path / "bomb.parquet", note=said.cast(pa.dictionary(pa.int32(), pa.string())))
    assert path.stat().st_size < MB
    with (
        pytest.raises(TooMuch, match=r"1,000 MB of text at a time, expected at most 256 MB"),
        opened(path, FileSpec(format="parquet"), wanted=()) as table,
    ):
        list(table.rows)


def test_parquet_that_is_broken_in_its_middle_is_bad_input(tmp_path):
    path = parquet(tmp_path / "in.parquet", no=[f"{n:032}" for n in range(5_000)])
    raw = bytearray(path.read_bytes())
    raw[200:1200] = b"\xff" * 1000
    path.write_bytes(raw)
    with (
        pytest.raises(BadInput, match="expected a Parquet file"),
        opened(path, FileSpec(format="parquet"), wanted=()) as table,
    ):
        list(table.rows)
