"""Keys of systems, as an operator makes them and a running service knows them."""

import json
import urllib.request
from urllib.error import HTTPError

import pytest

from tests.board.region import HOTEL, person


@pytest.fixture
def ask(service):
    """A request with a key; status, headers and what was answered."""

    def send(where: str, key: str = "", *lines: dict, headers: dict | None = None):
        body = "\n".join(map(json.dumps, lines)).encode() if lines else None
        said = {"Authorization": f"Bearer {key}"} if key else {}
        said |= {"Content-Type": "application/x-ndjson"} if lines else {}
        request = urllib.request.Request(f"{service.address}{where}", body, said | (headers or {}))  # noqa: S310
        try:
            answer = urllib.request.urlopen(request, timeout=30)  # noqa: S310
        except HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers, answer.read().decode()

    return send


def swab(key: str) -> dict:
    data = {"result": "negative", "laboratory": "lab-m", "reagent": "r1"}
    said = {"key": key, "kind": "test.result", "subject": person(2), "at": "2021-08-21T05:00:00+08:00"}
    return {**said, "place": HOTEL, "data": data}


def listed(service, name: str) -> dict:
    return next(key for key in service.operate("key", "list")["keys"] if key["name"] == name)


def test_a_key_tells_and_reads_what_its_posts_may_until_it_is_revoked(service, ask):
    key = service.operate("key", "add", "lab-m", "--post", "laboratory@150781")["key"]
    assert listed(service, "lab-m")["used_at"] is None
    status, _, text = ask("/api/v1/facts", key, swab("1"), swab("1"))
    assert (status, [r["status"] for r in json.loads(text)["results"]]) == (200, ["taken", "repeated"]), text
    assert json.loads(text)["results"][0]["id"] == "lab-m:1"
    assert ask("/api/v1/protocols", key)[0] == 200
    status, _, text = ask("/api/v1/board", key)
    assert (status, json.loads(text)["code"]) == (403, "not_at_your_post")
    assert listed(service, "lab-m")["used_at"] is not None
    service.operate("key", "revoke", "lab-m")
    status, headers, text = ask("/api/v1/protocols", key)
    assert (status, headers["WWW-Authenticate"], json.loads(text)["code"]) == (401, "Bearer", "key_revoked")


def test_a_key_opens_nothing_but_the_api(service, ask):
    key = service.operate("key", "add", "head-m", "--post", "command@150700")["key"]
    assert ask("/api/v1/breaks", key)[0] == 200
    assert "/accounts/login/" in ask("/breaks", key)[2] or ask("/breaks", key)[0] == 401
    assert ask("/api/breaks", key)[0] == 401


def test_a_key_that_is_none_and_one_that_has_expired_are_told_apart_from_nobody(service, ask):
    for key, code in (("", "log_in_first"), ("fsk_none", "key_unknown"), ("fsk_", "key_unknown")):
        status, _, text = ask("/api/v1/protocols", key)
        assert (status, json.loads(text)["code"]) == (401, code)
        assert set(json.loads(text)) == {"code", "message", "parameters", "findings"}


def test_the_key_itself_is_kept_nowhere(service):
    key = service.operate("key", "add", "hidden", "--post", "laboratory@150781")["key"]
    kept = b"".join(path.read_bytes() for path in service.config.parent.glob("region.db.accounts*"))
    assert b"hidden" in kept
    assert key.encode() not in kept
    assert key.removeprefix("fsk_").encode() not in kept


def test_who_asks_too_often_is_told_how_long_to_wait(service, ask):
    key = service.operate("key", "add", "busy", "--post", "laboratory@150781", "--per-minute", "2")["key"]
    assert [ask("/api/v1/protocols", key)[0] for _ in range(2)] == [200, 200]
    status, headers, text = ask("/api/v1/protocols", key)
    assert (status, json.loads(text)["code"]) == (429, "too_often")
    assert 1 <= int(headers["Retry-After"]) <= 30


def test_methods_and_addresses_that_are_none_are_refused_in_the_same_shape(service, ask):
    key = service.operate("key", "add", "lost", "--post", "cdc@150700")["key"]
    status, headers, text = ask("/api/v1/board", key, {"a": 1})
    assert (status, headers["Allow"], json.loads(text)["code"]) == (405, "GET", "not_allowed")
    status, _, text = ask("/api/v1/nowhere", key)
    assert (status, json.loads(text)["code"]) == (404, "not_found")
    status, _, text = ask("/api/v1/breaks?page=x", key)
    said = json.loads(text)
    assert (status, said["code"], said["findings"][0]["field"]) == (400, "bad_input", "page")
    status, _, text = ask("/api/v1/board?as_of=never", key)
    assert (status, json.loads(text)["findings"][0]["field"]) == (400, "as_of")


def test_the_document_and_its_page_are_served_under_the_policy_of_all_pages(service, ask):
    key = service.operate("key", "add", "reader", "--post", "cdc@150700")["key"]
    said = json.loads(ask("/api/v1/openapi.json", key)[2])
    assert said["openapi"].startswith("3.1")
    assert set(said["paths"]["/api/v1/facts"]) == {"get", "post"}
    assert said["components"]["schemas"]["Line"]["required"] == ["key", "kind", "subject", "at"]
    status, headers, text = ask("/api/v1/", key)
    assert (status, "script-src 'self'" in headers["Content-Security-Policy"]) == (200, True)
    assert "/api/v1/facts" in text
    assert "<script>" not in text
