import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.facts.catalogue import Catalogue
from fengsui.kit.areas import Areas
from fengsui.kit.instant import parse, show
from fengsui.sources.cells import CellError, plain, remembered, time_reader, translated, value_reader
from fengsui.sources.formats import iso_writer

KINDS = Catalogue.shipped().kinds
FIELDS = {
    "code": KINDS["test.result"].fields["result"],
    "number": KINDS["test.result"].fields["ct"],
    "integer": KINDS["followup.planned"].fields["number"],
    "yes_no": KINDS["community.visited"].fields["symptoms"],
    "area": KINDS["arrival.inbound"].fields["home"],
    "text": KINDS["test.result"].fields["sample"],
}
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]


def reader(type_: str, **more):
    return value_reader(FIELDS[type_], column="c", areas=Areas.of_region(), **more)


@pytest.mark.parametrize(
    ("type_", "cell", "value"),
    [
        ("code", " negative ", "negative"),
        ("code", "ｎegative", "negative"),
        ("number", "38.5", 38.5),
        ("number", "38.0", 38),
        ("number", "３８", 38),
        ("number", "1,234.5", 1234.5),
        ("number", "-2e3", -2000),
        ("integer", "7.0", 7),
        ("yes_no", "TRUE", True),
        ("yes_no", "否", False),
        ("area", "150702", "150702"),
        ("area", "海拉尔区", "150702"),
        ("area", "Hailar", "150702"),
        ("area", "150702-hotel-3", "150702-hotel-3"),
        ("text", " free ｔext ", "free ｔext"),
    ],
)
def test_a_cell_is_read_as_its_field_wants_it(type_, cell, value):
    read = reader(type_)
    assert (read(cell), type(read(cell))) == (value, type(value))


@pytest.mark.parametrize(
    ("type_", "cell", "expected"),
    [
        ("code", "negativ", "one of negative, positive, inconclusive, invalid"),
        ("number", "35,2", "a number, its decimal mark being '.'"),
        ("number", "12,34,567", "a number, its decimal mark being '.'"),
        ("number", "nan", "a number, its decimal mark being '.'"),
        ("number", "many", "a number, its decimal mark being '.'"),
        ("integer", "1.5", "a whole number"),
        ("yes_no", "perhaps", "yes or no (true/false, y/n, 1/0, 是/否)"),
        ("area", "Atlantis", "the code or name of a known area"),
    ],
)
def test_a_cell_that_will_not_do_says_what_it_should_be(type_, cell, expected):
    with pytest.raises(CellError) as caught:
        reader(type_)(cell)
    assert (caught.value.column, caught.value.found, caught.value.expected) == ("c", repr(cell), expected)


def test_a_declared_decimal_comma_is_read_as_one():
    read = reader("number", decimal=",")
    assert (read("35,2"), read("1.234,5")) == (35.2, 1234.5)


def test_a_table_is_read_letter_for_letter_first_and_without_case_second():
    read = translated({"Pos": "a", "pos": "b", "是": "c"}, column="c", default=None)
    assert [read(cell) for cell in ("Pos", "pos", "POS", " 是 ")] == ["a", "b", "a", "c"]
    with pytest.raises(CellError, match="one of"):
        read("neg")
    assert translated({"x": "y"}, column="c", default="z")("neg") == "z"


@pytest.mark.parametrize("zone", ZONES)
@given(
    st.integers(-2_000_000_000, 4_000_000_000), st.sampled_from(["", "Z", "+08:00", ".25", ".603Z", "-0330"])
)
def test_the_quick_way_to_read_a_time_is_the_slow_way(zone, at, tail):
    read = time_reader(("iso",), zone=zone, column="c")
    for text in (show(at, zone=zone), show(at, zone=zone).ljust(19, "x").replace("xxx", ":00")):
        for cell in (text, text.replace(" ", "T") + (tail if len(text) == 19 else "")):
            assert read(cell) == parse(cell, zone=zone)


@pytest.mark.parametrize("cell", ["2020-03-29 02:30:00", "2020-10-25 02:30:00", "2020-10-25 02:30"])
def test_hours_that_a_zone_skips_or_repeats_are_read_as_everywhere_else(cell):
    read = time_reader(("iso",), zone="Europe/Berlin", column="c")
    assert read(cell) == parse(cell, zone="Europe/Berlin")


@pytest.mark.parametrize(
    "cell", ["", "soon", "2021-08-06 25:00:00", "2021-08-06 15:61:00", "2021-02-30", "2021-08-06 15:00:00 x"]
)
def test_a_time_that_is_none_says_so(cell):
    with pytest.raises(CellError, match="a time such as"):
        time_reader(("iso",), zone="UTC", column="c")(cell)


@pytest.mark.parametrize(
    ("form", "cell", "iso"),
    [
        ("%d/%m/%Y", "6/8/2021", "2021-08-06"),
        ("%m/%d/%Y %H:%M", "08/06/2021 9:05", "2021-08-06 09:05"),
        ("%m/%d/%y %I:%M %p", "8/6/21 3:05 pm", "2021-08-06 15:05"),
        ("%m/%d/%y %I:%M %p", "8/6/21 12:05 AM", "2021-08-06 00:05"),
        ("%d-%b-%Y", "06-AUG-2021", "2021-08-06"),
        ("%B %d, %Y", "August 6, 2021", "2021-08-06"),
        ("%Y%m%d%H%M%S", "20210806150007", "2021-08-06 15:00:07"),
        ("%d.%m.%Y %H:%M:%S %z", "06.08.2021 15:00:00 +02:00", "2021-08-06 15:00:00+02:00"),
        ("%Y-%m-%dT00:00:00.000Z", "2021-08-06T00:00:00.000Z", "2021-08-06"),
        ("%d/%m/%y", "6/8/70", "1970-08-06"),
    ],
)
def test_a_declared_form_is_read_as_declared(form, cell, iso):
    read = time_reader((form,), zone="Asia/Shanghai", column="c")
    assert read(cell) == parse(iso, zone="Asia/Shanghai")


@pytest.mark.parametrize("cell", ["2021-08-06", "32/08/2021", "06/13/2021", "6/8/2021 10:00"])
def test_a_cell_of_another_form_is_refused(cell):
    with pytest.raises(CellError):
        time_reader(("%d/%m/%Y",), zone="UTC", column="c")(cell)


@pytest.mark.parametrize("form", ["%d/%m", "%Q", "%Y %Y %m %d", "day"])
def test_a_form_that_can_name_no_day_is_refused(form):
    with pytest.raises(ValueError, match="expected a pattern"):
        iso_writer(form)


def test_of_several_forms_the_first_that_fits_is_the_one():
    read = time_reader(("%Y-%m-%d 00:00", "%d/%m/%Y", "iso"), zone="Asia/Shanghai", column="c")
    for cell, iso in {
        "2021-08-06 00:00": "2021-08-06",
        "6/8/2021": "2021-08-06",
        "2021-08-06 07:30": "2021-08-06 07:30",
    }.items():
        assert read(cell) == parse(iso, zone="Asia/Shanghai")
    with pytest.raises(CellError, match="a time such as"):
        read("soon")


def test_a_month_by_a_name_that_is_none_is_no_time():
    assert iso_writer("%d %b %Y")("6 Avg 2021") is None


@pytest.mark.parametrize(
    ("form", "cell", "iso"),
    [
        ("unix", "1628233200", "2021-08-06 07:00:00Z"),
        ("unix_ms", "1628233200999", "2021-08-06 07:00:00Z"),
        ("excel", "44414", "2021-08-06"),
        ("excel", "44414.625", "2021-08-06 15:00:00"),
        ("days", "0", "2020-01-01"),
        ("days", "-1.5", "2019-12-30 12:00:00"),
    ],
)
def test_numbers_can_be_times(form, cell, iso):
    read = time_reader((form,), zone="Asia/Shanghai", column="c", epoch="2020-01-01")
    assert read(cell) == parse(iso, zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("form", "cell"), [("unix", "1628233200999"), ("excel", "1e12"), ("days", "-800000")]
)
def test_a_number_too_far_from_any_date_is_no_time(form, cell):
    with pytest.raises(CellError):
        time_reader((form,), zone="UTC", column="c", epoch="2020-01-01")(cell)


def test_a_reader_remembers_no_more_than_it_may_and_never_a_failure():
    asked = []

    def read(cell):
        asked.append(cell)
        return 10 // int(cell)

    looked_up = remembered(read, at_most=1)
    assert [looked_up(cell) for cell in ("5", "5", "2", "2", "5")] == [2, 2, 5, 5, 2]
    assert asked == ["5", "2", "5"]
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            looked_up("0")
    assert asked[-2:] == ["0", "0"]


def test_full_width_text_is_made_plain():
    assert plain("　ＡＢ１２ ") == "AB12"
