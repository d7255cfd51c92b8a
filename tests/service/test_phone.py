"""What a phone fetches and sends: each record is taken once, or refused with its reason, for itself."""

import json

import pytest

from fengsui.access.actors import Actor, Post
from fengsui.protocols.library import Library
from fengsui.service.app import ROOM, configure
from tests.board.region import HOTEL, NOW, person, world
from tests.service.at_the_gate import gate


@pytest.fixture(scope="module")
def ground():
    of = world()
    return of, Library.shipped(of.areas.region.zone)


@pytest.fixture
def room(tmp_path, ground):
    with gate(tmp_path / "region.db", *ground) as made:
        yield made


def client(room):
    configure()
    from django.test import Client

    return Client(SERVER_NAME="127.0.0.1", **{ROOM: room})


def work(browser, **query) -> dict:
    return json.loads(browser.get("/phone/work", query).content)


def send(browser, *records) -> list[dict]:
    body = json.dumps({"records": list(records)})
    return json.loads(browser.post("/phone/send", body, content_type="application/json").content)["results"]


def transfer(browser, subject: str) -> tuple[dict, dict]:
    """The transfer owed to a subject, and its form."""
    row = next(r for r in work(browser)["rows"] if r["key"] == "transfer" and r["code"] == subject)
    return row, row["forms"][0]


def deed(row: dict, form: dict, name: str, **more) -> dict:
    return {
        "id": name, "command": "record_step", "loop": row["loop"], "duty": row["key"], "n": row["n"],
        "kind": form["kind"], "at": NOW - 60, "place": HOTEL, "data": {}, "label": None, **more,
    }  # fmt: skip


def without_label(record: dict) -> dict:
    return {name: value for name, value in record.items() if name != "label"}


def test_the_list_has_the_duties_of_the_post_with_the_forms_of_their_steps(room):
    found = work(client(room), lang="en")
    late = [row for row in found["rows"] if row["code"] == person(2)]
    assert [(row["key"], row["dueAt"]) for row in late] == [("transfer", NOW - 48 * 3600)]
    [form] = late[0]["forms"]
    assert (form["kind"], form["whyNot"]) == ("quarantine.admitted", "")
    assert found["csrf"]


def test_a_record_is_taken_and_the_duty_leaves_the_list(room):
    browser = client(room)
    row, form = transfer(browser, person(2))
    assert send(browser, without_label(deed(row, form, "a1"))) == [
        {"id": "a1", "state": "taken", "message": ""}
    ]
    assert [r for r in work(browser)["rows"] if r["code"] == person(2) and r["key"] == "transfer"] == []
    [fact] = [f for f in room.store.facts() if f.key == "a1"]
    assert (fact.kind, fact.place, fact.by, fact.at) == ("quarantine.admitted", HOTEL, "zhao", NOW - 60)


def test_a_record_whose_answer_was_lost_is_sent_again_and_taken_once(room):
    browser = client(room)
    record = without_label(deed(*transfer(browser, person(2)), "a1"))
    assert [send(browser, record)[0]["state"] for _ in range(3)] == ["taken", "repeated", "repeated"]
    assert len([f for f in room.store.facts() if f.key == "a1"]) == 1


def test_one_bad_record_among_many_stops_no_other(room):
    browser = client(room)
    row, form = transfer(browser, person(2))
    good = without_label(deed(row, form, "a2"))
    bad = [
        without_label(deed(row, form, "b1", loop="0" * 16)),
        without_label(deed(row, form, "b2", duty="no-such-step")),
        without_label(deed(row, form, "b3", kind="community.received")),
        {"id": "b4", "command": "drop_everything"},
        {"id": "b5", "command": "record_step", "loop": row["loop"], "duty": 7},
    ]
    results = send(browser, *bad[:3], good, *bad[3:])
    assert [r["state"] for r in results] == ["refused"] * 3 + ["taken"] + ["refused"] * 2
    assert all(r["message"] for r in results if r["state"] == "refused")


def test_somebody_elses_work_is_refused_in_words(tmp_path, ground):
    hotel = Actor("sun", "孙", (Post("site", HOTEL),), "hotel")
    with gate(tmp_path / "other.db", *ground) as room:
        row, form = transfer(client(room), person(2))
        room.actor_of = lambda request: hotel
        [result] = send(client(room), without_label(deed(row, form, "c1")))
        assert result["state"] == "refused"
        assert [f for f in room.store.facts() if f.key == "c1"] == []


def test_what_somebody_else_recorded_on_a_shared_phone_waits_for_them(room):
    browser = client(room)
    record = without_label(deed(*transfer(browser, person(2)), "a1", by="sun"))
    assert send(browser, record) == [{"id": "a1", "state": "held", "message": ""}]
    assert [f for f in room.store.facts() if f.key == "a1"] == []
    assert send(browser, {**record, "by": "zhao"})[0]["state"] == "taken"


def test_a_fault_of_ours_with_one_record_keeps_only_that_one_on_the_phone(room, monkeypatch):
    browser = client(room)
    row, form = transfer(browser, person(2))
    from fengsui.service import phone

    whole = phone.carry_out

    def fails(module, ready, asked):
        if ready.key == "b1":
            raise RuntimeError("a fault")
        return whole(module, ready, asked)

    monkeypatch.setattr(phone, "carry_out", fails)
    results = send(browser, *(without_label(deed(row, form, name)) for name in ("b1", "b2")))
    assert [r["state"] for r in results] == ["held", "taken"]


def test_a_phone_whose_clock_is_hours_off_is_read_by_the_time_that_went_between(room):
    browser = client(room)
    row, form = transfer(browser, person(2))
    ahead = 5 * 3600
    record = without_label(deed(row, form, "a1", at=NOW - 120 + ahead))
    body = json.dumps({"records": [record], "sent_at": NOW + ahead})
    browser.post("/phone/send", body, content_type="application/json")
    [fact] = [f for f in room.store.facts() if f.key == "a1"]
    assert fact.at == NOW - 120


@pytest.mark.parametrize("body", ["", "[]", '{"records": 7}', '{"records": [1]}', "\x00"])
def test_what_is_no_list_of_records_is_bad_input(room, body):
    answer = client(room).post("/phone/send", body, content_type="application/json")
    assert answer.status_code == 400


def test_too_many_at_once_is_bad_input(room):
    body = json.dumps({"records": [{"id": str(n)} for n in range(201)]})
    assert client(room).post("/phone/send", body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_says_nothing_of_anybody_and_may_use_the_camera(room, lang):
    answer = client(room).get("/phone", {"lang": lang})
    assert answer.headers["Permissions-Policy"].startswith("camera=(self)")
    assert person(2)[7:] not in answer.content.decode()
    assert json.loads(client(room).get("/phone/manifest.json").content)["scope"] == "/phone"
    assert "fengsui-phone-" in client(room).get("/phone/worker.js").content.decode()
