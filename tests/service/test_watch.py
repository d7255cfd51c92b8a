"""The pages of early warning: a signal with its loop, series with what nobody knows, thresholds."""

import json
from dataclasses import replace

import pytest

from fengsui.access.actors import Actor, Post
from fengsui.kit.clock import fixed
from fengsui.service.app import ROOM, configure
from fengsui.service.serve import room_of
from tests.cli.conftest import say
from tests.engines.test_series import HAILAR, NOW, outbreak, region

SIGNAL = f"respiratory-{HAILAR}-20260329"


@pytest.fixture(scope="module")
def morning(tmp_path_factory):
    """A region on the morning after eight cases in Hailar, and what the morning run said."""
    folder = tmp_path_factory.mktemp("watch")
    with region(folder, outbreak()):
        pass
    db = folder / "region.db"
    return db, say("watch", "morning", "--json", "--most", 1, db=db, now=NOW)


@pytest.fixture(scope="module")
def browser(morning):
    """Somebody at the desk, an hour later."""
    configure()
    from django.test import Client

    from fengsui.engines.home import open_home

    with open_home(morning[0]) as home:
        yield Client(SERVER_NAME="127.0.0.1", **{ROOM: room_of(home, clock=fixed(NOW + 3600))})


def test_the_morning_run_raises_the_outbreak_and_says_so(morning):
    said = morning[1].json
    assert (said["raised"], said["facts_written"]) == (1, 1)
    assert said["signals"][0]["id"] == SIGNAL
    assert "海拉尔区新冠病毒感染（病例）：2026年3月29日 8" in said["signals"][0]["said"]["zh"]


def test_the_same_morning_again_raises_nothing(morning):
    db = morning[0]
    again = say("watch", "morning", "--json", "--most", 1, db=db, now=NOW + 60).json
    assert (again["raised"], again["facts_written"]) == (0, 0)


def test_a_dry_run_writes_nothing(tmp_path):
    with region(tmp_path, outbreak()):
        pass
    said = say(
        "watch", "morning", "--dry-run", "--json", "--most", 1, db=tmp_path / "region.db", now=NOW
    ).json
    assert (said["raised"], said["facts_written"]) == (1, 0)
    assert not (tmp_path / "region.db.watch").exists()


def test_the_page_shows_the_signal_with_who_has_to_verify_it_until_when(browser):
    page = browser.get("/watch", {"lang": "zh"}).content.decode()
    for part in ("1 个信号待核实", "海拉尔区新冠病毒感染", "海拉尔区疾控中心", "二十四小时内核实"):
        assert part in page
    assert "Signals to be verified: 1" in browser.get("/watch", {"lang": "en"}).content.decode()
    row = json.loads(browser.get("/api/watch").content)["signals"][0]
    assert (row["id"], row["duty"]["owner"]["role"], row["duty"]["status"]) == (SIGNAL, "cdc", "open")


def test_the_map_tells_over_the_bound_from_never_any_in_words(browser):
    page = browser.get("/watch", {"area": "150700", "lang": "zh"}).content.decode()
    assert "▲ 超过上限" in page
    assert "从未报告" in page
    before = json.loads(browser.get("/api/watch", {"area": "150700", "day": "2026-03-27"}).content)
    tile = next(tile for tile in before["tiles"] if tile["code"] == HAILAR)
    assert (tile["count"], tile["level"]) == (0, "low")


def test_the_page_of_a_signal_says_why_and_shows_its_loop_and_series(browser):
    page = browser.get(f"/watch/{SIGNAL}", {"lang": "en"}).content.decode()
    for part in (
        "Hailar District: COVID-19",
        "8 on 2026-03-29",
        "Verified within a day",
        "<svg",
        "Open the loop",
    ):
        assert part in page


def test_no_page_of_early_warning_has_style_or_script_of_its_own(browser):
    for address in ("/watch", f"/watch/{SIGNAL}"):
        page = browser.get(address).content.decode()
        assert "style=" not in page
        assert "<script>" not in page


@pytest.mark.parametrize(
    ("address", "status"), [("/watch/nothing", 404), ("/watch?area=zz", 404), ("/watch?day=soon", 400)]
)
def test_what_is_not_there_is_said_to_be_so(browser, address, status):
    assert browser.get(address).status_code == status


def test_explain_tells_the_signal_at_the_terminal_and_signals_lists_it(morning):
    told = say("watch", "explain", SIGNAL, "--lang", "en", db=morning[0], now=NOW + 3600)
    assert "observed 8" in told.out
    assert "CDC, Hailar District" in told.out
    listed = say("watch", "signals", "--json", db=morning[0], now=NOW + 3600).json
    assert [row["id"] for row in listed["signals"]] == [SIGNAL]


def test_series_of_the_region_can_be_written_for_the_detectors(morning, tmp_path):
    out = tmp_path / "series.csv"
    said = say("watch", "series", "--step", "day", "--level", "banner", "--out", out, db=morning[0], now=NOW)
    assert said.code == 0
    lines = out.read_text("utf-8").splitlines()
    assert lines[0] == "series_id,t,date,freq,observed,population,state,source,disease,area,age"
    assert f"cases/covid19/{HAILAR},28,2026-03-29,365,8,NA,NA,cases,covid19,{HAILAR}," in lines


def test_a_file_of_series_needs_no_region(tmp_path):
    path = tmp_path / "series.csv"
    rows = [f"s,2026-03-{day:02d},{9 if day == 28 else day % 2}" for day in range(1, 29)]
    path.write_text("series_id,date,observed\n" + "\n".join(rows), "utf-8")
    said = say("watch", "morning", "--series", path, "--json", "--most", 1)
    assert [one["id"] for one in said.json["signals"]] == ["cases-s-20260328"]
    unknown = say("watch", "morning", "--series", path, "--detectors", "tea_leaves")
    assert unknown.code != 0
    assert "tea_leaves" in unknown.err


FAR = "150300"  # Wuhai, where nobody fell ill


def at_post(morning, role: str, place: str, **asked: str) -> tuple[int, dict]:
    """What /api/watch says to somebody who holds one post."""
    from django.test import Client

    from fengsui.engines.home import open_home

    actor = Actor("li", "li", (Post(role, place),), "body")
    with open_home(morning[0]) as home:
        room = replace(
            room_of(home, clock=fixed(NOW + 3600)), actor_of=lambda request: actor, salt=b"salt", _past={}
        )
        answer = Client(SERVER_NAME="127.0.0.1", **{ROOM: room}).get("/api/watch", asked)
    return answer.status_code, json.loads(answer.content)


def test_a_head_sees_the_series_of_the_own_area_and_no_count_of_another(browser, morning):
    own = at_post(morning, "command", "150700")[1]
    assert own["area_name"]["en"] == "Hulunbuir"
    assert {panel["area"] for panel in own["panels"]} >= {"150700", HAILAR}
    code, far = at_post(morning, "command", FAR)
    assert code == 200
    assert (far["n_series"], far["panels"], far["odd"], far["other"]) == (0, [], [], [])
    assert HAILAR not in json.dumps(far)
    assert far["path"][0][0] == FAR
    for area in ("150700", HAILAR, "150000"):
        code, said = at_post(morning, "command", FAR, area=area)
        assert (code, said["error"]) == (403, "outside_your_area")


def test_a_page_of_a_signal_shows_its_reader_no_series_of_areas_of_others(browser, morning):
    # A laboratory sees what it owes and no counts: not even that there was a morning.
    code, said = at_post(morning, "laboratory", HAILAR)
    assert code == 200
    assert (said["may_count"], said["n_series"], said["panels"], said["signals"]) == (False, 0, [], [])


def test_who_answers_for_all_sees_all(browser, morning):
    code, _ = at_post(morning, "auditor", "150700")
    assert code == 403  # sees counts and no lists: signals are lists
    everything = json.loads(browser.get("/api/watch").content)
    assert everything["path"][0][0] == "150000"
    assert everything["n_series"] > 0
