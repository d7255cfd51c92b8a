"""Published tables read by a declaration: calendars, running totals, gaps, repeats."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from fengsui.kit.errors import BadInput, NotFound
from fengsui.watch.tables import declared, epidemic_week, read_declared
from fengsui.watch.tables_other import places_table, points_table, triangle_table
from tests.cli.conftest import say


def read(tmp_path, text: str, declaration: str, **more):
    """The counts of a table under a declaration."""
    table, yaml = tmp_path / "table.csv", tmp_path / "declared.yaml"
    table.write_text(text)
    yaml.write_text(declaration)
    return read_declared(table, str(yaml), **more)


def test_a_week_without_a_row_is_unknown_unless_the_table_says_it_is_none(tmp_path):
    text = "week,n\n2026-W01,3\n2026-W03,4\n"
    (one,) = read(tmp_path, text, "{week: week, count: n}")
    assert np.array_equal(one.observed, [3, np.nan, 4], equal_nan=True)
    assert one.dates[0] == np.datetime64("2025-12-29")
    (one,) = read(tmp_path, text, "{week: week, count: n, absent: zero}")
    assert one.observed.tolist() == [3, 0, 4]


def test_where_absent_is_none_a_series_lasts_as_long_as_its_table(tmp_path):
    text = "week,place,n\n2026-W01,x,3\n2026-W02,y,1\n2026-W04,x,4\n"
    found = read(tmp_path, text, "{series: [place], week: week, count: n, absent: zero}")
    assert {one.series_id: one.observed.tolist() for one in found} == {"x": [3, 0, 0, 4], "y": [0, 1, 0, 0]}
    assert len({one.dates[0] for one in found}) == 1


def test_running_totals_become_what_they_grew_by_and_say_over_how_many_steps(tmp_path):
    text = "d,n\n2026-01-01,5\n2026-01-02,8\n2026-01-04,7\n"
    (one,) = read(tmp_path, text, "{date: d, step: day, count: n, running: [n]}")
    assert np.array_equal(one.observed, [5, 3, np.nan, -1], equal_nan=True)
    assert np.array_equal(one.beside["covers"], [1, 1, np.nan, 2], equal_nan=True)


def test_rows_are_kept_by_value_and_named_by_their_columns(tmp_path):
    text = "d,level,code,name,n\n2026-01-01,city,1,x,5\n2026-01-01,province,1,p,9\n2026-01-01,city,2,y,6\n"
    found = read(tmp_path, text, "{series: [code, name], keep: {level: city}, date: d, step: day, count: n}")
    assert [(one.series_id, one.observed.tolist()) for one in found] == [("1/x", [5]), ("2/y", [6])]
    only = read(tmp_path, text, "{series: [name], date: d, step: day, count: n}", only="y")
    assert [one.series_id for one in only] == ["y"]


@pytest.mark.parametrize(("rule", "value"), [("sum", 7), ("largest", 5), ("last", 2)])
def test_two_rows_of_one_day_are_taken_as_declared(rule, value, tmp_path):
    text = "d,n\n2026-01-01,5\n2026-01-01,2\n"
    (one,) = read(tmp_path, text, f"{{date: d, step: day, count: n, repeated: {rule}}}")
    assert one.observed.tolist() == [value]


def test_two_rows_of_one_day_are_refused_where_nothing_is_declared(tmp_path):
    with pytest.raises(BadInput):
        read(tmp_path, "d,n\n2026-01-01,5\n2026-01-01,2\n", "{date: d, step: day, count: n}")


def test_weeks_of_the_us_count_begin_on_the_sunday_before_the_fourth_of_january():
    where = Path("table.csv")
    assert epidemic_week("201601", where) == date(2016, 1, 3)
    assert epidemic_week("201501", where) == date(2015, 1, 4)
    assert epidemic_week("201453", where) == date(2014, 12, 28)
    assert epidemic_week("202001", where) == date(2019, 12, 29)
    with pytest.raises(BadInput):
        epidemic_week("201654", where)


@pytest.mark.parametrize(
    ("text", "declaration"),
    [
        ("d,n\nyesterday,5\n", "{date: d, step: day, count: n}"),
        ("d,n\n2026-01-01,many\n", "{date: d, step: day, count: n}"),
        ("d,n\n2026-01-01,5\n2026-01-05,6\n", "{date: d, step: week, count: n}"),
        ("w,n\n2026-W60,5\n", "{week: w, count: n}"),
        ("d,n\n2026-01-01,5\n", "{date: day, step: day, count: n}"),
        ("d,n\n2026-01-01,5\n", "{date: d, step: day, count: n, colour: red}"),
        ("d,n\n2026-01-01,5\n", "[date, n]"),
    ],
    ids=["no date", "no number", "off the weeks", "no such week", "no such column", "no such key", "a list"],
)
def test_what_a_declaration_does_not_fit_is_refused(text, declaration, tmp_path):
    with pytest.raises(BadInput):
        read(tmp_path, text, declaration)


def test_a_name_that_is_not_declared_is_answered_with_those_that_are():
    with pytest.raises(NotFound, match="us_notifiable"):
        declared("tycho")


def test_single_cases_become_areas_and_days_for_a_scan(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text("tile,x,y,time,type\nB,3,4,1.9,C\nA,1,2,0.2,B\nB,5,6,40.0,C\n")
    points = {"area": "tile", "x": "x", "y": "y", "days": "time", "since": "2002-01-01", "kind": "type"}
    cases = points_table(path, {"points": points}).to_pylist()
    assert [(row["area"], row["date"]) for row in cases] == [
        ("A", date(2002, 1, 1)), ("B", date(2002, 1, 2)), ("B", date(2002, 2, 10)),
    ]  # fmt: skip
    assert places_table(path, {"points": points}).to_pylist() == [
        {"area": "A", "x": 1.0, "y": 2.0},
        {"area": "B", "x": 4.0, "y": 5.0},
    ]
    assert points_table(path, {"points": points}, only="C").num_rows == 2


def test_a_triangle_in_columns_becomes_one_in_rows(tmp_path):
    path = tmp_path / "triangle.csv"
    path.write_text("day,D0,D1\n2026-01-05,3,2\n2026-01-12,4,NA\n")
    rows = triangle_table(path, {"date": "day", "delays": ["D0", "D1"]}).to_pylist()
    assert [(row["date"].day, row["delay"], row["n"]) for row in rows] == [
        (5, 0, 3.0), (5, 1, 2.0), (12, 0, 4.0), (12, 1, None),
    ]  # fmt: skip


def test_the_command_writes_what_the_review_reads(tmp_path):
    table, yaml, out = (tmp_path / name for name in ("t.csv", "d.yaml", "out.csv"))
    table.write_text("week,n,tests\n2026-W01,3,50\n2026-W03,4,60\n")
    yaml.write_text("{week: week, count: n, beside: [tests]}")
    said = say("watch", "read", table, "--as", yaml, "--out", out, "--lang", "en")
    assert (said.code, said.err) == (0, "")
    assert out.read_text().splitlines() == [
        "series_id,t,date,freq,observed,population,tests",
        "t,1,2025-12-29,52,3,NA,50",
        "t,2,2026-01-05,52,NA,NA,NA",
        "t,3,2026-01-12,52,4,NA,60",
    ]
    assert say("watch", "review", "--series", out, "--out", tmp_path / "rev.csv").code == 0
    said = say("watch", "positivity", "--series", out, "--json", "--lang", "en")
    assert said.code == 0
