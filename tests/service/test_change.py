"""A change of policy on the page: the arithmetic of its totals, what-if, and the rows as a file.

Travellers 1 to 4 of the region run at NOW (2021-08-21), 5 is home and free, 6 was released and lost.
"""

import csv
import json
from io import StringIO
from threading import Thread

from fengsui.kit.errors import BadInput
from fengsui.kit.instant import parse
from fengsui.kit.text import LANGS

EIGHT_TO_NINE = {"before": "8", "after": "9"}
INBOUND = {**EIGHT_TO_NINE, "protocol": "cn.covid19/inbound"}
TODAY = {"from": "2021-08-21 06:00"}


def data(browser, **query) -> dict:
    return json.loads(browser.get("/api/change", query).content)


def test_without_versions_the_page_offers_every_change_there_is(browser):
    found = data(browser)
    offered = {(one["before"], one["after"]): dict(one["protocols"]) for one in found["choices"]}
    assert "cn.covid19/inbound" in offered["8", "9"]
    assert "cn.petition/request" in {name for names in offered.values() for name in names}
    assert found["changes"] == []


def test_a_traveller_in_the_sixth_day_is_freed_a_week_earlier_if_seven_days_held_from_today(browser):
    """In since 2021-08-16 11:00: free by the end of day 14, which is 08-29, or of day 7, which is 08-22."""
    found = data(browser, **INBOUND, **TODAY)
    (change,) = found["changes"]
    shifts = {(shift["before_at"], shift["after_at"]) for shift in change["shifts"]}
    before, after = (parse(f"2021-08-{day}", zone="Asia/Shanghai")[0] for day in (30, 23))
    assert (before, after) in {tuple(map(_at, shift)) for shift in shifts}
    days = {day["day"]: (day["before"], day["after"]) for day in found["days"]}
    assert days["2021-08-29"][0] >= 1
    assert days["2021-08-22"][1] >= 1


def _at(text: str) -> int:
    return parse(text, zone="UTC")[0]


def test_the_days_add_up_to_the_loops_that_move_and_the_bars_to_the_largest_day(browser):
    found = data(browser, **INBOUND, **TODAY)
    (change,) = found["changes"]
    moved = change["n_earlier"] + change["n_later"]
    assert moved >= 1
    assert sum(day["before"] for day in found["days"]) == moved
    assert sum(day["after"] for day in found["days"]) == moved
    assert max(max(day["share_before"], day["share_after"]) for day in found["days"]) == 100


def test_the_work_of_the_posts_is_the_sum_of_the_rows_that_can_be_taken_away(browser):
    found = data(browser, **INBOUND, **TODAY)
    answer = browser.get("/change", {**INBOUND, **TODAY, "format": "csv"}, headers={"cookie": "lang=en"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["规程 protocol"] for row in rows} == {"cn.covid19/inbound"}
    for name in ("added", "removed"):
        column = "增 added" if name == "added" else "减 removed"
        assert sum(int(row[column]) for row in rows) == sum(post[name] for post in found["posts"])
        assert found["changes"][0][f"n_{name}"] == sum(post[name] for post in found["posts"])
    assert found["changes"][0]["n_removed"] > 0


def test_a_double_test_that_the_ninth_edition_gave_up_falls_away(browser):
    steps = {step["key"]: step for step in data(browser, **INBOUND, **TODAY)["steps"]}
    assert steps["double_test"]["after"] < steps["double_test"]["before"]


def test_every_loop_that_keeps_the_old_rule_has_a_reason_and_a_name(browser):
    (change,) = data(browser, **INBOUND, **TODAY)["changes"]
    assert any(stay["why"]["en"] == "closed before it came into force" for stay in change["kept"])
    assert all(stay["n"] >= len(stay["loops"]) > 0 for stay in change["kept"])


def test_pinned_loops_stay_as_they_are(browser):
    (change,) = data(browser, **INBOUND, **TODAY, rule="pinned")["changes"]
    assert change["n_changed"] == 0
    assert {stay["why"]["en"] for stay in change["kept"]} >= {"running loops stay on their version"}


def test_the_page_shows_all_of_it_in_both_languages_without_anything_inline(browser):
    for lang in LANGS:
        answer = browser.get("/change", {**EIGHT_TO_NINE, **TODAY}, headers={"cookie": f"lang={lang}"})
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "style=" not in page
        assert "8 → 9" in page
        assert 'class="bar-pair"' in page
        assert {"zh": "哪天应解除", "en": "Who is to be freed on which day"}[lang] in page


def test_every_version_of_a_protocol_leads_to_what_it_changed(browser):
    page = browser.get("/protocol/cn.covid19/inbound").content.decode()
    assert "/change?before=8&amp;after=9&amp;protocol=cn.covid19/inbound" in page.replace("%2F", "/")


def test_what_cannot_be_compared_is_answered_with_the_reason(browser):
    assert browser.get("/change", {"before": "8", "after": "77"}).status_code == 404
    assert browser.get("/change", {**INBOUND, "rule": "whatever"}).status_code == 400
    assert browser.get("/change", {**INBOUND, "from": "yesterday"}).status_code == 400


def test_others_are_served_while_versions_are_compared(browser, room, monkeypatch):
    compare, could_others = room.compare, []

    def watched(*asked):
        other = Thread(target=lambda: could_others.append(_takes(room.lock)))
        other.start()
        other.join()
        return compare(*asked)

    monkeypatch.setattr(room, "compare", watched)
    assert data(browser, **INBOUND, **TODAY)["changes"]
    assert could_others == [True]


def test_the_room_is_held_again_after_a_comparison_that_failed(browser, room, monkeypatch):
    def failing(*asked):
        raise BadInput("no such order")

    monkeypatch.setattr(room, "compare", failing)
    assert [one["why"] for one in data(browser, **INBOUND)["refused"]] == ["no such order"]
    assert _takes(room.lock)


def _takes(lock) -> bool:
    is_free = lock.acquire(timeout=1)
    if is_free:
        lock.release()
    return is_free
