"""Who × what × where, over every address there is: a new page without a door fails here."""

import json
import re
from dataclasses import replace

import pytest
from django.urls import get_resolver

from fengsui.access.actors import Actor, Post
from fengsui.service.app import ROOM, configure
from tests.board.region import AIRPORT, HOTEL, MANZHOULI, PORT, person

FAR = "150300"  # Wuhai: nothing happens there
MINE = "150781/mine-7"


def somebody(name: str, *posts: tuple[str, str | None], subject: str = "") -> Actor:
    return Actor(name, name, tuple(Post(role, place) for role, place in posts), "body", subject)


ACTORS = {
    "nobody": Actor("", ""),
    "without a post": Actor("li", "li"),
    "transfer here": somebody("zhao", ("transfer", MANZHOULI)),
    "transfer elsewhere": somebody("qian", ("transfer", FAR)),
    "hotel": somebody("sun", ("site", HOTEL)),
    "head here": somebody("zhou", ("command", "150700")),
    "head elsewhere": somebody("wu", ("command", FAR)),
    "epidemiologist": somebody("zheng", ("cdc", "150700")),
    "mine": somebody("wang", ("enterprise", MINE)),
    "another mine": somebody("feng", ("enterprise", "150781/mine-8")),
    "laboratory": somebody("chen", ("laboratory", "150702")),
    "auditor": somebody("chu", ("auditor", None)),
    "administrator": somebody("wei", ("administrator", None)),
    "person 2": somebody("jiang", ("person", None), subject=person(2)),
    "former head": Actor("shen", "shen", (Post("command", "150700", until_at=0),), "body"),
}
EVERY_PERSON = [person(n) for n in range(1, 7)]
HAZARD = "hazard/mine-7-0042"
LISTS = [
    *"board breaks breaks?ended=30 breaks?missed=1 loops waiting handovers work watch".split(),
    "handovers?by=carriage",
    f"search?q={person(2)}",
]

# What each of them sees of the stories of tests/board/region.py, worked out by hand. Travellers 1 to 6 came
# in at Manzhouli, and all have a transfer owed there; 1 and 4 to 6 were admitted to the hotel; the mine's
# hazard lies in the mine. Nobody else's place is in it.
SEES = {
    "transfer here": {*EVERY_PERSON},
    "hotel": {person(1), person(4), person(5), person(6)},
    "head here": {*EVERY_PERSON, HAZARD},
    "epidemiologist": {*EVERY_PERSON, HAZARD},
    "mine": {HAZARD},
    "person 2": {person(2)},
}


@pytest.fixture
def as_(room):
    """A browser in which one of the actors has logged in."""
    configure()
    from django.test import Client

    def client(name: str, **more: object):
        of = replace(room, actor_of=lambda request: ACTORS[name], salt=b"salt", _past={}, **more)
        return Client(SERVER_NAME="127.0.0.1", **{ROOM: of})

    return client


def addresses(room) -> dict[str, str]:
    """Every address there is, with something that exists filled in, by its name."""
    loop = next(h.id for h in room.live().loops(now=room.clock(), subject=person(2)))
    fill = {
        "loop": loop, "subject": person(2), "restriction": person(2), "restriction-code": person(2),
        "protocol": "cn.covid19/inbound", "do": "acknowledge", "sheet": "breaks",
    }  # fmt: skip
    found = {}
    for pattern in get_resolver().url_patterns:
        text = str(pattern.pattern)
        value = fill.get(str(pattern.name).removeprefix("api-"), "of-that-name-there-is-none")
        text = re.sub("<[a-z]+:name>", value, text)
        found[pattern.name] = f"/{text}"
    return found


def leaks(text: str, *, but: set[str] = frozenset()) -> set[str]:
    """Subjects that an answer names, whole or in short, other than those it may."""
    return {s for s in [*EVERY_PERSON, HAZARD] if s not in but and s.partition("/")[2][:8] in text}


def test_every_address_of_the_matrix_can_be_filled_in(room, as_):
    as_("nobody")
    assert not [where for where in addresses(room).values() if "<" in where]


@pytest.mark.parametrize("who", ["nobody", "without a post", "former head", "auditor", "administrator"])
def test_whoever_has_no_grant_sees_nobody_at_any_address_in_any_form(who, room, as_):
    browser = as_(who)
    for name, where in addresses(room).items():
        for form in ("", "?format=json", "?format=csv", "?part=live", "?as_of=2021-08-20"):
            if name in ("subject", "api-subject", "restriction", "restriction-code") or "restriction" in name:
                continue  # these say back the name they were asked for; see the test below
            answer = browser.get(where + form)
            text = answer.content.decode()
            assert not leaks(text), (name, form)
            assert answer.status_code in (200, 302, 400, 401, 403, 404, 405), (name, form)


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("what", ["subject", "loop", "restriction"])
def test_a_record_opens_for_whom_it_may_and_for_nobody_else(who, what, room, as_):
    browser = as_(who)
    for subject in [*EVERY_PERSON, HAZARD]:
        loop = next(h.id for h in room.live().loops(now=room.clock(), subject=subject))
        where = f"/api/loop/{loop}" if what == "loop" else f"/api/{what}/{subject}"
        answer = browser.get(where, headers={"X-Reason": "duty check"})
        may = subject in SEES.get(who, ())
        assert (answer.status_code == 200) == may, (who, subject, answer.content[:200])
        if not may:
            assert answer.status_code in (401, 403)
            assert not leaks(answer.content.decode())


@pytest.mark.parametrize("who", ACTORS)
def test_what_is_not_there_and_what_is_beyond_reach_are_answered_alike(who, room, as_):
    if SEES.get(who):
        subject = next(s for s in [*EVERY_PERSON, HAZARD, "person/nobody"] if s not in SEES[who])
    else:
        subject = person(3)
    browser = as_(who)
    here = browser.get(f"/api/subject/{subject}", headers={"X-Reason": "duty check"})
    nowhere = browser.get("/api/subject/person/ffffffffffffffffffff", headers={"X-Reason": "duty check"})
    assert (here.status_code, here.content) == (nowhere.status_code, nowhere.content)


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("page", LISTS)
def test_lists_and_the_search_box_name_only_whom_one_may_see(who, page, as_):
    answer = as_(who).get(f"/api/{page}")
    asked_for = {person(2)} if "search" in page else set()
    text = answer.content.decode()
    assert not leaks(text, but=SEES.get(who, set()) | asked_for), answer.content[:500]
    if "search" in page and answer.status_code == 200:
        found = json.loads(text)
        assert bool(found["loops"]) == (person(2) in SEES.get(who, ()))


def test_the_lists_of_somebody_at_work_are_not_empty(as_):
    found = json.loads(as_("transfer here").get("/api/breaks").content)
    assert {row["subject"] for row in found["rows"]} == {person(2), person(3)}
    mine = json.loads(as_("mine").get("/api/breaks").content)
    assert {row["subject"] for row in mine["rows"]} == {HAZARD}
    assert json.loads(as_("another mine").get("/api/breaks").content)["rows"] == []


def test_a_head_elsewhere_sees_that_there_are_breaks_but_not_whose(as_):
    rows = json.loads(as_("head elsewhere").get("/api/breaks").content)["rows"]
    everything = json.loads(as_("head here").get("/api/breaks").content)["rows"]
    assert len(rows) == len(everything) > 0
    assert all("/~" in row["subject"] for row in rows)
    assert len({row["subject"] for row in rows}) == len({row["subject"] for row in everything})


def test_whoever_may_not_glance_is_told_that_an_area_is_not_theirs(as_):
    answer = as_("transfer elsewhere").get("/api/breaks?area=150781")
    assert answer.status_code == 403
    assert json.loads(answer.content)["error"] == "outside_your_area"


def test_a_record_that_is_not_ones_own_work_asks_for_a_reason_and_the_audit_keeps_it(room, as_):
    browser = as_("epidemiologist")
    loop = next(h.id for h in room.live().loops(now=room.clock(), subject=person(1)))
    first = browser.get(f"/api/loop/{loop}")
    assert (first.status_code, json.loads(first.content)["error"]) == (403, "reason_needed")
    page = browser.get(f"/loop/{loop}")
    assert "须说明理由" in page.content.decode()
    assert browser.get(f"/api/loop/{loop}", headers={"X-Reason": "outbreak 7"}).status_code == 200
    lines = [n for n in room.store.audit.lines(actor="zheng", object=f"loop/{loop}", limit=1000)]
    assert [(n.verb, n.reason) for n in lines][-2:] == [("refused", ""), ("saw", "outbreak 7")]


def test_ones_own_work_opens_without_a_reason(room, as_):
    loop = next(h.id for h in room.live().loops(now=room.clock(), subject=person(2)))
    assert as_("transfer here").get(f"/api/loop/{loop}").status_code == 200


def test_a_board_that_refreshes_itself_is_one_line_of_the_audit(room, as_):
    browser = as_("head here", _book=None)
    before = len(room.store.audit.lines(actor="zhou", limit=10_000))
    for _ in range(5):
        browser.get("/?part=live")
    assert len(room.store.audit.lines(actor="zhou", limit=10_000)) == before + 1


def test_no_form_is_taken_from_another_page_than_ours(room):
    from django.test import Client

    browser = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True, **{ROOM: room})
    answer = browser.post("/do/acknowledge", {"loop": "0"})
    assert answer.status_code == 403
    assert "不是从本系统页面提交的" in answer.content.decode()


def test_posts_of_places_that_are_no_area_cover_what_lies_in_them_and_not_what_is_called_alike():
    from fengsui.access.policy import is_at
    from fengsui.kit.areas import Areas

    areas = Areas.of_region()
    assert is_at("150781/mine-7/pit-2", MINE, areas)
    assert not is_at("150781/mine-70", MINE, areas)
    assert not is_at("150781", MINE, areas)
    assert is_at(PORT, MANZHOULI, areas)
    assert not is_at(AIRPORT, MANZHOULI, areas)


def test_the_person_concerned_reads_why_until_when_and_who_decides_and_can_object(as_):
    browser = as_("person 2")
    page = browser.get(f"/restriction/{person(2)}").content.decode()
    for words in ("为什么受到限制", "至何时", "由谁决定", "满洲里口岸", "提出异议", "解除集中隔离"):
        assert words in page
    code = browser.get(f"/restriction-code/{person(2)}")
    assert code.headers["Content-Type"] == "image/svg+xml"
    assert code.content.startswith(b"<svg")
