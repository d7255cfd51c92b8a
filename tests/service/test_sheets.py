"""Lists as files: who gets which rows, why, and what a spreadsheet makes of them."""

import csv
import json
from dataclasses import replace
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from fengsui.access.actors import Actor, Post
from fengsui.board import sheets
from fengsui.kit.text import Text
from fengsui.service.app import ROOM
from fengsui.service.sheets import as_csv, as_xlsx
from tests.board.region import person

HEAD = Actor("zhou", "周", (Post("command", "150700"),), "body")
ELSEWHERE = Actor("wu", "吴", (Post("command", "150300"),), "body")
OFFICER = Actor("zhao", "赵", (Post("transfer", "150781"),), "border")
WHY = {"X-Reason": "meeting at seven"}


def rows_of(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines()))


@pytest.fixture
def as_(room, browser):
    """A browser in which one of the actors has logged in."""
    from django.test import Client

    return lambda actor: Client(
        SERVER_NAME="127.0.0.1", **{ROOM: replace(room, actor_of=lambda request: actor, salt=b"s", _past={})}
    )


def test_a_sheet_has_every_row_of_its_list_and_not_one_page_of_it(browser, monkeypatch):
    monkeypatch.setattr("fengsui.board.breaks.PER_PAGE", 1)
    found = rows_of(browser.get("/sheet/breaks?lang=en"))
    listed = browser.get("/api/breaks?lang=en").json()
    assert len(listed["rows"]) == 1
    assert len(found) == listed["n"] > 1
    [row] = [one for one in found if one["subject"] == person(2)]
    assert (row["step"], row["status"], row["place code"]) == ("transfer", "broken", "150781")
    assert int(row["overdue (minutes)"]) > 0


def test_loops_are_read_part_by_part_to_the_last(browser, monkeypatch):
    whole = rows_of(browser.get("/sheet/loops?lang=en"))
    monkeypatch.setattr(sheets, "AT_ONCE", 2)
    assert rows_of(browser.get("/sheet/loops?lang=en")) == whole
    assert {person(1), person(2), "hazard/mine-7-0042"} <= {row["subject"] for row in whole}
    one = rows_of(browser.get("/sheet/loops?lang=en&protocol=cn.covid19/inbound"))
    assert {row["protocol"] for row in one} == {"cn.covid19/inbound"}


def test_more_rows_than_a_sheet_may_have_are_refused_and_not_cut_off(browser, monkeypatch):
    monkeypatch.setattr(sheets, "MOST", 2)
    for name in ("breaks", "loops"):
        answer = browser.get(f"/sheet/{name}?lang=en")
        assert answer.status_code == 400
        assert "more than 2 rows" in answer.content.decode()


def test_whoever_exports_says_why_and_each_time_is_a_line_of_the_audit(room, as_):
    browser = as_(HEAD)
    asked = browser.get("/sheet/breaks?area=150781")
    assert asked.status_code == 403
    assert 'name="reason"' in asked.content.decode()
    why = {"X-Reason": "inspection of the port"}
    answers = [browser.get("/sheet/breaks?area=150781", headers=why) for _ in range(2)]
    lines = room.store.audit.lines(actor="zhou", object="breaks", limit=1000)
    told = [(n.verb, json.loads(n.detail)) for n in lines if n.reason == why["X-Reason"]]
    assert told == [("exported", {"area": "150781", "n": len(rows_of(one))}) for one in answers]


def test_a_sheet_holds_the_rows_of_ones_own_area_and_nobody_else_under_whatever_name(as_):
    assert rows_of(as_(HEAD).get("/sheet/breaks", headers=WHY))
    assert rows_of(as_(ELSEWHERE).get("/sheet/breaks", headers=WHY)) == []
    assert as_(ELSEWHERE).get("/sheet/breaks?area=150781", headers=WHY).status_code == 403
    assert as_(OFFICER).get("/sheet/breaks", headers=WHY).status_code == 403


def test_only_whoever_may_export_is_offered_it(as_):
    assert "/sheet/breaks" in as_(HEAD).get("/breaks").content.decode()
    assert "/sheet/" not in as_(OFFICER).get("/breaks").content.decode()


def test_a_workbook_has_the_same_cells_and_no_formulas(browser):
    workbook = CalamineWorkbook.from_filelike(BytesIO(browser.get("/sheet/breaks?format=xlsx").content))
    [head, *rows] = workbook.get_sheet_by_index(0).to_python()
    plain = list(csv.reader(browser.get("/sheet/breaks").content.decode("utf-8-sig").splitlines()))
    assert head == plain[0]
    assert [[str(int(c)) if isinstance(c, float) else c for c in row] for row in rows] == plain[1:]
    risky = sheets.Sheet("breaks", (Text("对象", "subject"),), (("=HYPERLINK(1)",), ("-5",), (-5,)))
    assert as_csv(risky, "en").decode("utf-8-sig").splitlines() == ["subject", "'=HYPERLINK(1)", "'-5", "-5"]
    cells = CalamineWorkbook.from_filelike(BytesIO(as_xlsx(risky, "zh"))).get_sheet_by_index(0).to_python()
    assert cells == [["对象"], ["'=HYPERLINK(1)"], ["'-5"], [-5.0]]


@pytest.mark.parametrize(
    ("address", "status"),
    [("/sheet/people", 404), ("/sheet/breaks?format=pdf", 400), ("/sheet/loops?area=x", 404)],
)
def test_what_there_is_not_is_said(browser, address, status):
    assert browser.get(address).status_code == status
