from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from fengsui.kit.errors import BadInput
from fengsui.sources.read import Broken, as_text, cells_of, opened
from fengsui.sources.spec import FileSpec
from tests.sources.made import file

CSV = FileSpec()
CLOCK = datetime.fromisoformat("2021-08-06T15:30")


def rows_of(path: Path, spec: FileSpec = CSV, wanted: tuple[str, ...] = ()) -> list:
    """(number, cells), the cells as a list, or what a broken row is said to be."""
    with opened(path, spec, wanted=wanted) as table:
        return [(n, c.found if isinstance(c, Broken) else list(c)) for n, c, _ in table.rows]


def columns_of(path: Path, spec: FileSpec = CSV, wanted: tuple[str, ...] = ()) -> tuple[str, ...]:
    with opened(path, spec, wanted=wanted) as table:
        return table.columns


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_usual_encodings_are_told_apart(tmp_path, encoding):
    path = file(tmp_path, "姓名,结果\n甲,阴性\n乙,阳性\n", encoding=encoding)
    assert columns_of(path) == ("姓名", "结果")
    assert rows_of(path) == [(2, ["甲", "阴性"]), (3, ["乙", "阳性"])]


def test_an_encoding_that_is_declared_is_used(tmp_path):
    path = file(tmp_path, "é\nü\n", encoding="latin-1")
    assert rows_of(path, FileSpec(encoding="latin-1")) == [(2, ["ü"])]


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path):
    path = file(tmp_path, 'title,,\n\na,b,c\n1,2,3\n\n"4\n4",5,6\n,,\n7,8,9\n')
    assert rows_of(path, FileSpec(skip=2)) == [
        (4, ["1", "2", "3"]),
        (6, ["4\n4", "5", "6"]),
        (8, ["7", "8", "9"]),
    ]


def test_a_file_without_a_header_has_the_columns_it_is_told(tmp_path):
    path = file(tmp_path, "1;2\n3;4\n")
    spec = FileSpec(delimiter=";", header=("a", "b"))
    assert columns_of(path, spec) == ("a", "b")
    assert rows_of(path, spec) == [(1, ["1", "2"]), (2, ["3", "4"])]


def test_columns_are_trimmed_and_those_without_a_name_are_called_by_their_place(tmp_path):
    assert columns_of(file(tmp_path, " Ａ , ,b\n")) == ("A", "(2)", "b")


def test_a_row_with_too_few_or_too_many_cells_is_broken_but_trailing_commas_are_not(tmp_path):
    path = file(tmp_path, "a,b\n1\n1,2,3\n1,2,,\n")
    assert rows_of(path) == [(2, "1 cells"), (3, "3 cells"), (4, ["1", "2"])]


def test_a_quotation_mark_that_is_never_closed_costs_its_own_line_only(tmp_path):
    path = file(tmp_path, 'a,b\n1,2\n3,"4\n5,6\n7,8\n')
    assert rows_of(path) == [(2, ["1", "2"]), (3, "unexpected end of data"), (4, ["5", "6"]), (5, ["7", "8"])]


def test_text_behind_a_closed_quotation_mark_is_not_guessed_at(tmp_path):
    path = file(tmp_path, 'a,b\n"1"x,2\n3,4\n')
    assert rows_of(path) == [(2, "',' expected after '\"'"), (3, ["3", "4"])]


def test_bytes_that_are_no_text_cost_their_own_row_only_and_are_kept(tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes(b"a,b\n1,\xff\n" + "2,甲\n3,4\n".encode())
    spec = FileSpec(encoding="utf-8")
    assert rows_of(path, spec) == [(2, "bytes that are no text"), (3, ["2", "甲"]), (4, ["3", "4"])]
    with opened(path, spec, wanted=()) as table:
        _, _, whole = next(table.rows)
        assert cells_of(table.raw(whole)) == {"a": "1", "b": "\\udcff"}


@given(st.lists(st.text(alphabet='ab,"\n\r é', max_size=12), max_size=12), st.integers(1, 3))
def test_every_line_of_a_file_comes_back_as_a_row_or_as_a_broken_one(tmp_path_factory, lines, width):
    folder = tmp_path_factory.mktemp("csv")
    header = ",".join("abc"[:width])
    path = file(folder, "\n".join([header, *lines]))
    with opened(path, CSV, wanted=()) as table:
        kept = "".join("".join(map(str, whole)) for _, _, whole in table.rows)
    for letter in "abé":
        assert kept.count(letter) == "\n".join(lines).count(letter)


def test_an_empty_file_has_no_header(tmp_path):
    with pytest.raises(BadInput, match="has no header"):
        columns_of(file(tmp_path, ""))


def test_a_file_that_is_not_there_is_bad_input(tmp_path):
    for name in ("a.csv", "a.xlsx"):
        with pytest.raises(BadInput, match="cannot be read"):
            columns_of(tmp_path / name)


def test_the_share_read_grows_to_the_whole(tmp_path):
    path = file(tmp_path, "a,b\n" + "1,2\n" * 20_000)
    with opened(path, CSV, wanted=()) as table:
        first = (next(table.rows), table.share())[1]
        assert sum(1 for _ in table.rows) == 19_999
        assert 0 < first < table.share() == 1


def workbook(path: Path) -> Path:
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    sheet = book.add_worksheet("八月")
    formats = {
        name: book.add_format({"num_format": name}) for name in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm", "hh:mm")
    }
    sheet.write_row(0, 0, ["title"])
    sheet.write_row(1, 0, ["no", "day", "when", "clock", "yes", "share"])
    sheet.write_number(2, 0, 7)
    sheet.write_datetime(2, 1, date(2021, 8, 6), formats["yyyy-mm-dd"])
    sheet.write_datetime(2, 2, CLOCK, formats["yyyy-mm-dd hh:mm"])
    sheet.write_datetime(2, 3, time(15, 30), formats["hh:mm"])
    sheet.write_boolean(2, 4, True)
    sheet.write_number(2, 5, 0.25)
    sheet.write_row(4, 0, ["8"])
    sheet.write_row(5, 6, ["beyond"])
    book.add_worksheet("other")
    book.close()
    return path


def test_a_sheet_is_read_as_its_csv_would_be(tmp_path):
    path = workbook(tmp_path / "in.xlsx")
    spec = FileSpec(format="xlsx", sheet="八月", skip=1, header=None)
    assert columns_of(path, spec)[:6] == ("no", "day", "when", "clock", "yes", "share")
    rows = rows_of(path, spec)
    assert rows[0] == (3, ["7", "2021-08-06", "2021-08-06 15:30:00", "15:30:00", "true", "0.25", ""])
    assert rows[1] == (5, ["8", "", "", "", "", "", ""])
    narrow = FileSpec(
        format="xlsx", sheet="八月", skip=2, header=("no", "day", "when", "clock", "yes", "share")
    )
    assert rows_of(path, narrow)[2] == (6, "7 cells")


def test_a_sheet_that_is_not_there_or_no_sheet_at_all_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="found the sheets 八月, other, expected a sheet called 九月"):
        columns_of(workbook(tmp_path / "in.xlsx"), FileSpec(format="xlsx", sheet="九月"))
    with pytest.raises(BadInput, match="found an empty sheet"):
        columns_of(tmp_path / "in.xlsx", FileSpec(format="xlsx", sheet="other"))
    with pytest.raises(BadInput, match="expected an XLSX workbook"):
        columns_of(file(tmp_path, "a,b", name="bad.xlsx"), FileSpec(format="xlsx"))


def test_objects_line_by_line_are_rows(tmp_path):
    lines = '{"no": 1, "who": {"id": "ann", "age": 7}, "list": ["a", "b"]}\n\n'
    lines += '{"no": 2.5, "ok": true}\nno json\n[1]\n'
    path = file(tmp_path, lines, name="in.ndjson")
    spec = FileSpec(format="ndjson")
    assert columns_of(path, spec, ("no", "who.id")) == ("no", "who.id", "list", "ok")
    rows = rows_of(path, spec, ("no", "who.id"))
    assert rows[:2] == [(1, ["1", "ann", "a\nb", ""]), (3, ["2.5", "", "", "true"])]
    assert [n for n, _ in rows[2:]] == [4, 5]
    assert rows[3][1] == "a list, not an object"


def test_an_object_is_kept_whole_also_what_the_mapping_does_not_ask_for(tmp_path):
    path = file(tmp_path, '{"no": 1}\n{"no": 2, "more": {"x": [1]}}\nnone\n', name="in.jsonl")
    with opened(path, FileSpec(format="ndjson", header=("no", "who")), wanted=()) as table:
        kept = [cells_of(table.raw(whole)) for _, _, whole in table.rows]
    assert kept == [
        {"no": "1", "who": ""},
        {"no": "2", "who": "", "more": '{"x":[1]}'},
        {"no": "none\n", "who": ""},
    ]


def test_parquet_columns_of_every_type_are_text(tmp_path):
    eight = timezone(timedelta(hours=8))
    table = pa.table(
        {
            "n": pa.array([1, None]),
            "x": pa.array([38.0, 38.5]),
            "s": pa.array(["甲", None]).dictionary_encode(),
            "day": pa.array([date(2021, 8, 6), None]),
            "when": pa.array([datetime.fromisoformat("2021-08-06T15:00:01.5"), None]),
            "abs": pa.array([datetime(2021, 8, 6, 15, tzinfo=eight), None], pa.timestamp("us", "UTC")),
            "clock": pa.array([time(15, 0), None]),
            "ok": pa.array([True, None]),
            "list": pa.array([["a", "b"], None]),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=1)
    path = tmp_path / "in.parquet"
    assert columns_of(path, FileSpec(format="parquet")) == tuple(table.column_names)
    whole = [
        "1",
        "38",
        "甲",
        "2021-08-06",
        "2021-08-06 15:00:01",
        "2021-08-06 07:00:00Z",
        "15:00:00",
        "true",
        "a\nb",
    ]
    assert rows_of(path, FileSpec(format="parquet")) == [(2, whole), (3, ["", "38.5", *[""] * 7])]


def test_what_is_no_parquet_file_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="expected a Parquet file"):
        columns_of(file(tmp_path, "a,b", name="bad.parquet"), FileSpec(format="parquet"))


def test_a_file_is_read_as_its_ending_says(tmp_path):
    path = file(tmp_path, "a,b\n1,2\n", name="in.csv")
    assert rows_of(path, FileSpec(format="xlsx", sheet="八月", skip=4)) == [(2, ["1", "2"])]
    other = file(tmp_path, "a;b\n1;2\n", name="in.dat")
    assert rows_of(other, FileSpec(delimiter=";")) == [(2, ["1", "2"])]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (3.0, "3"),
        (3.25, "3.25"),
        (1e300, "1e+300"),
        ({"a": 1}, '{"a":1}'),
        ((1, 2.0), "1\n2"),
    ],
)
def test_a_value_is_written_as_a_csv_file_would_have_it(value, text):
    assert as_text(value) == text
