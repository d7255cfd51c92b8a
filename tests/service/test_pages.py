"""The pages as a browser gets them: in both languages, safe, of any moment, and as data."""

import json
import re

import pytest

from fengsui.kit.text import LANGS
from tests.board.region import person

ROWS_OF_PAGES = (
    ("/", "现在有", "breaks now"),
    ("/?area=150700", "呼伦贝尔市", "Hulunbuir"),
    ("/breaks", "逾期事项", "Overdue"),
    ("/breaks?ended=7", "近 7 天结束的", "Ended in the last 7 days"),
    ("/breaks?missed=1", "近 7 天错过的", "Missed in the last 7 days"),
    ("/waiting", "等待中", "Waiting"),
    ("/loops", "进行中的闭环", "Loops running"),
    (f"/subject/{person(5)}", "不显示姓名", "No names"),
    ("/protocols", "规程", "Protocols"),
    ("/protocol/cn.covid19/inbound", "版本沿革", "Versions in time"),
    ("/handovers", "交接对账", "Hand-overs"),
    ("/data", "数据质量", "Data quality"),
    ("/search?q=海拉尔", "海拉尔区", "Hailar District"),
)
ADDRESSES = [row[0] for row in ROWS_OF_PAGES]


def loop_of(browser, subject) -> str:
    found = json.loads(browser.get("/api/loops").content)["rows"]
    return next(row["loop"] for row in found if row["subject"] == subject)


def text(answer) -> str:
    return answer.content.decode()


@pytest.mark.parametrize(("address", "zh", "en"), ROWS_OF_PAGES)
def test_every_page_comes_in_both_languages(browser, address, zh, en):
    for lang, words in (("zh", zh), ("en", en)):
        answer = browser.get(address, {"lang": lang} if "?" not in address else None, headers=cookie(lang))
        assert answer.status_code == 200
        assert words in text(answer)
        assert f'<html lang="{"zh-Hans" if lang == "zh" else "en"}">' in text(answer)


def cookie(lang: str) -> dict[str, str]:
    return {"cookie": f"lang={lang}"}


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_says_that_there_is_no_login_and_that_it_is_open_here_only(browser, address):
    assert "没有登录，只对本机开放" in text(browser.get(address))


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_has_inline_script_or_style_or_anything_from_elsewhere(browser, address):
    answer = browser.get(address)
    page = text(answer)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_shows_a_hole_or_a_name_from_the_code(browser, address, lang):
    page = text(browser.get(address, headers=cookie(lang)))
    visible = re.sub(r"<[^>]+>", " ", page)
    assert not re.search(r"\{\w*\}|\bNone\b|Text\(|Status\.|4611686018427387904", visible)


def test_the_front_page_says_first_what_is_broken_in_words(browser):
    page = text(browser.get("/"))
    first = page[page.index("<h1") : page.index("</ol>")]
    assert "个断点" in first
    assert "人员 02a1b2c3：点对点转运至隔离点应在" in first
    assert "满洲里市转运专班" in first
    assert "内蒙古自治区指挥部" in first


def test_one_click_leads_to_the_timeline_and_one_more_to_why(browser):
    front = text(browser.get("/"))
    link = re.search(r'href="(/loop/[0-9a-f]{16})#transfer-0"', front).group(1)
    page = text(browser.get(link))
    assert '<details class="why" id="transfer-0"' in page
    assert "没有做" in page
    assert "入境人员管理·闭环转运" in page
    assert "待核实" in page
    assert 'class="is-now"' in page


def test_every_sign_has_its_word_beside_it(browser):
    for address in ("/", "/breaks", "/loop/" + loop_of(browser, person(4))):
        page = text(browser.get(address))
        signs = re.findall(r'<(?:span|li) class="sign[^>]*>(?:<svg.*?</svg>)(.{1,60})', page, re.DOTALL)
        assert signs
        assert all(re.sub(r"<[^>]+>", "", rest).strip() for rest in signs)


@pytest.mark.parametrize(
    "address", ["/", "/breaks", "/loops", "/protocols", "/handovers", "/data", "/search?q=海拉尔"]
)
def test_every_page_is_also_data_at_its_own_address_and_below_api(browser, address):
    joint = "&" if "?" in address else "?"
    own = browser.get(f"{address}{joint}format=json")
    twin = browser.get(f"/api{'/board' if address == '/' else address}")
    assert own.headers["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(own.content) == json.loads(twin.content)


def test_a_loop_as_data_carries_the_sentences_of_the_language_asked_for(browser):
    address = "/api/loop/" + loop_of(browser, person(2))
    for lang, words in (("zh", "没有做"), ("en", "was not done")):
        blocks = json.loads(browser.get(address, headers=cookie(lang)).content)["blocks"]
        transfer = next(b for b in blocks if b["key"] == "transfer")
        assert words in transfer["sentences"][0]["text"]


def test_the_past_is_shown_as_it_was_and_says_so_and_leads_on_within_the_past(browser):
    page = text(browser.get("/?as_of=2021-08-19 12:00"))
    assert "您看的是过去：2021-08-19 12:00 的情况" in page
    assert "hx-get" not in page
    assert "as_of=2021-08-19+12%3A00" in page
    data = json.loads(browser.get("/api/board?as_of=2021-08-19 12:00").content)
    assert data["now"] == "2021-08-19T04:00:00Z"
    assert {row["subject"] for row in data["overdue"]} == {person(2), person(6), "hazard/mine-7-0042"}


def test_what_was_not_recorded_yet_was_not_known(browser):
    loop = loop_of(browser, person(1))
    address = f"/api/loop/{loop}?as_of=2021-08-20 05:30&known_at="
    statuses = {}
    for known_at in ("2021-08-20 05:30", "2021-08-20 06:30"):
        found = json.loads(browser.get(address + known_at).content)
        lines = {d["key"]: d["status"] for d in found["loop"]["duties"] if d["n"] == 0}
        statuses[known_at] = lines["transfer"]
    assert statuses == {"2021-08-20 05:30": "open", "2021-08-20 06:30": "fulfilled"}


def test_a_day_is_asked_for_as_it_was_at_its_end_and_the_future_is_the_present(browser):
    assert json.loads(browser.get("/api/board?as_of=2021-08-19").content)["now"] == "2021-08-19T15:59:59Z"
    assert json.loads(browser.get("/api/board?as_of=2031-01-01").content)["now"] == "2021-08-20T22:00:00Z"


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/nowhere", 404, "没有这一页"),
        ("/loop/0123456789abcdef", 404, "没有这一页"),
        ("/subject/person/nobody", 404, "没有这一页"),
        ("/?area=999999", 404, "没有这一页"),
        ("/protocol/cn.covid19/nothing", 404, "没有这一页"),
        ("/?as_of=yesterday", 400, "请求看不懂"),
        ("/breaks?page=-1", 400, "请求看不懂"),
    ],
)
def test_what_cannot_be_answered_is_said_in_words_and_as_data(browser, address, status, words):
    answer = browser.get(address)
    assert (answer.status_code, words in text(answer)) == (status, True)
    joint = "&" if "?" in address else "?"
    data = json.loads(browser.get(f"{address}{joint}format=json").content)
    assert data["message"]


def test_what_a_query_says_is_never_markup(browser):
    page = text(browser.get("/search", {"q": "<script>alert(1)</script>"}))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_another_name_for_this_machine_is_not_answered(browser):
    assert browser.get("/", SERVER_NAME="board.example.org").status_code == 400


@pytest.mark.parametrize("address", ["/", "/breaks", "/health"])
def test_nothing_can_be_written_here(browser, address):
    assert browser.post(address).status_code == 405


def test_the_language_one_chose_is_kept(browser):
    browser.get("/?lang=en")
    assert '<html lang="en">' in text(browser.get("/breaks"))
    assert "lang=zh" in text(browser.get("/breaks"))


def test_the_board_refreshes_only_its_live_part(browser):
    page = text(browser.get("/"))
    address = re.search(r'data-board="([^"]+)"', page).group(1)
    part = text(browser.get(address))
    assert "<html" not in part
    assert part.strip() in page


@pytest.mark.parametrize(
    "name", ["fengsui/pages.css", "fengsui/keys.js", "fengsui/beacon.svg", "django_htmx/htmx-2.min.js"]
)
def test_styles_and_scripts_are_served_from_here(browser, name):
    answer = browser.get(f"/static/{name}")
    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content)) > 100


def test_the_process_says_that_it_answers_and_by_which_clock(browser):
    assert json.loads(browser.get("/health").content) == {"ok": True, "now": "2021-08-20T22:00:00Z"}
