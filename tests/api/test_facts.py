"""Facts told by a system: each line by itself, once, and no further than its posts reach."""

import gzip
import json
from types import SimpleNamespace

import pytest

from fengsui.access.actors import Actor, Post
from fengsui.access.policy import Policy
from fengsui.service.api import entry
from fengsui.service.app import ROOM, configure
from tests.board.region import HOTEL, MANZHOULI, NOW, person, world
from tests.service.at_the_gate import gate

LAB = Actor("key/lab-m", "lab-m", (Post("laboratory", MANZHOULI),), is_machine=True)
ELSEWHERE = "150300"


@pytest.fixture
def room(tmp_path):
    of = world()
    from fengsui.protocols.library import Library

    with gate(tmp_path / "region.db", of, Library.shipped(of.areas.region.zone), LAB) as made:
        key = SimpleNamespace(source="lab-m", per_minute=10_000)

        def with_key(request):
            request.key = key
            return LAB

        made.actor_of, made.has_accounts, made.policy = with_key, True, Policy.shipped()
        yield made


@pytest.fixture
def post(room):
    """Tell lines; the status and what was answered."""
    configure()
    from django.test import Client

    browser = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True, **{ROOM: room})

    def send(*lines, packed=False, type="application/x-ndjson", **more):
        body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines).encode()
        if packed:
            body, more = gzip.compress(body), {"HTTP_CONTENT_ENCODING": "gzip", **more}
        answer = browser.post("/api/v1/facts", body, content_type=type, **more)
        return answer.status_code, json.loads(answer.content)

    return send


def swab(key: str, n: int = 2, *, result: str = "negative", place: str | None = HOTEL, **more) -> dict:
    data = {"result": result, "laboratory": "lab-m", "reagent": "r1"}
    said = {"key": key, "kind": "test.result", "subject": person(n), "at": "2021-08-21T05:00:00+08:00"}
    return {**said, "place": place, "data": data, **more}


def statuses(said: dict) -> list[str]:
    return [result["status"] for result in said["results"]]


def test_what_is_told_is_derived_when_the_answer_comes(room, post):
    def has_it() -> bool:
        return "lab-m:1" in {fact.id for fact in room.live().subject_facts(person(2))}

    assert not has_it()
    status, said = post(swab("1"))
    assert (status, said["taken"], said["results"][0]["id"]) == (200, 1, "lab-m:1")
    assert has_it()


def test_told_twice_is_there_once_and_the_second_answer_says_so(room, post):
    assert statuses(post(swab("1"), swab("2"))[1]) == ["taken", "taken"]
    said = post(swab("1"), swab("3"), swab("2"), swab("3"))[1]
    assert statuses(said) == ["repeated", "taken", "repeated", "repeated"]
    assert (said["taken"], said["repeated"], said["refused"]) == (1, 3, 0)
    assert sum(f.source == "lab-m" for f in room.store.facts()) == 3


def test_a_key_that_comes_back_with_another_content_is_refused_with_what_differs_and_not_with_what_was_said(
    post,
):
    post(swab("1"))
    result = post(swab("1", result="positive"))[1]["results"][0]
    assert result["status"] == "refused"
    assert [found["field"] for found in result["findings"]] == ["data"]
    assert "negative" not in json.dumps(result)


def test_every_line_is_answered_in_its_place_and_what_is_good_is_taken(room, post):
    status, said = post(
        swab("1"),
        "{not json",
        "",
        swab("2", result="maybe"),
        {**swab("3"), "source": "customs"},
        swab("4", at="yesterday"),
        swab("5", at=NOW + 3 * 86400),
        swab("6", recorded_at=NOW + 86400),
        {**swab("7"), "by": "a\u0000b"},
        swab("8", place=HOTEL, at=NOW - 60),
    )
    assert status == 200
    assert [(r["row"], r["status"]) for r in said["results"]] == [
        (1, "taken"), (2, "refused"), (4, "refused"), (5, "refused"), (6, "refused"), (7, "refused"),
        (8, "refused"), (9, "refused"), (10, "taken"),
    ]  # fmt: skip
    fields = {r["row"]: r["findings"][0]["field"] for r in said["results"] if r["findings"]}
    assert (fields[4], fields[6], fields[7], fields[8]) == ("data.result", "at", "at", "recorded_at")
    assert {f.id for f in room.store.facts() if f.source == "lab-m"} == {"lab-m:1", "lab-m:8"}


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (swab("1", place=ELSEWHERE), "place"),
        (swab("1", place=None), "place"),
        ({**swab("1"), "kind": "quarantine.released", "data": {}}, "kind"),
        ({**swab("1"), "kind": "subject.same", "data": {"other": person(3)}}, "kind"),
        (swab("1", supersedes="lab-a:nowhere"), "supersedes"),
    ],
)
def test_a_key_tells_only_what_its_posts_may_and_only_of_their_places(room, post, line, field):
    result = post(line)[1]["results"][0]
    assert (result["status"], result["findings"][0]["field"]) == ("refused", field)
    assert not [f for f in room.store.facts() if f.source == "lab-m"]


def test_a_record_of_another_kind_is_not_taken_back_although_it_lies_at_the_keys_own_place(room, post):
    admitted = next(f for f in room.store.facts() if f.kind == "quarantine.admitted" and f.place == HOTEL)
    line = {
        "key": "w",
        "kind": "fact.withdrawn",
        "subject": admitted.subject,
        "at": NOW,
        "supersedes": admitted.id,
    }
    result = post(line)[1]["results"][0]
    assert (result["status"], result["findings"][0]["field"]) == ("refused", "supersedes")


def test_kind_and_place_have_to_be_of_one_post(room, post):
    policy = Policy.shipped()
    profiles = dict(policy.profiles)
    from dataclasses import replace

    profiles["customs"] = replace(profiles["laboratory"], name="customs", tells=("arrival.*",))
    room.policy = Policy(profiles, {**policy.roles, "customs_system": ("customs",)}, policy.otherwise)
    both = Actor(
        LAB.id, LAB.name, (Post("laboratory", MANZHOULI), Post("customs_system", ELSEWHERE)), is_machine=True
    )
    old = room.actor_of
    room.actor_of = lambda request: (old(request), both)[1]
    result = post(swab("1", place=ELSEWHERE))[1]["results"][0]
    assert (result["status"], result["findings"][0]["field"]) == ("refused", "place")
    assert statuses(post(swab("2"))[1]) == ["taken"]


def test_packed_lines_are_unpacked_and_what_is_broken_or_unpacks_to_too_much_is_refused(post):
    assert statuses(post(swab("1"), swab("2"), packed=True)[1]) == ["taken", "taken"]
    status, said = post("not gzip", HTTP_CONTENT_ENCODING="gzip")
    assert (status, said["code"]) == (400, "bad_input")
    status, said = post((" " * 60_000 + "\n") * 1_200, packed=True)
    assert (status, said["code"]) == (413, "too_large")


def test_a_body_of_another_type_and_a_line_without_an_end_are_refused(post):
    assert post(swab("1"), type="text/plain")[0] == 415
    assert post(swab("1"), type="application/x-www-form-urlencoded")[0] == 415
    status, said = post("x" * 200_000)
    assert (status, said["findings"][0]["expected"]) == (400, "at most 65,536 bytes a line")


def test_more_lines_than_one_request_may_tell_are_refused_as_a_whole(room, post):
    status, said = post("\n" * 50_000)
    assert (status, said["code"], said["findings"][0]["field"]) == (400, "bad_input", "lines")
    status, said = post(*["{}"] * 20_001)
    assert (status, said["code"], said["findings"][0]["expected"]) == (
        400,
        "bad_input",
        "at most 20,000 a request",
    )


def test_whoever_logged_in_does_not_tell_facts_by_that_and_a_post_that_uploads_nothing_tells_nothing(
    room, post
):
    room.actor_of = lambda request: LAB
    assert post(swab("1"))[1]["code"] == "key_needed"
    room.actor_of = lambda request: Actor("", "")
    status, said = post(swab("1"))
    assert (status, said["code"], set(said["message"])) == (401, "log_in_first", {"zh", "en"})


def test_who_asks_too_often_is_told_when_to_come_again():
    buckets = entry.Buckets()
    assert [buckets.wait("a", 2, 0.0) for _ in range(3)] == [0, 0, 30]
    assert buckets.wait("b", 2, 0.0) == 0
    assert buckets.wait("a", 2, 30.0) == 0


def test_the_audit_says_who_told_how_much(room, post):
    post(swab("1"), swab("2", result="maybe"))
    [line] = room.store.audit.lines(actor=LAB.id, verb="told")
    assert (line.object, json.loads(line.detail)) == (
        "source/lab-m",
        {"source": "lab-m", "facts": 1, "refused": 1},
    )
