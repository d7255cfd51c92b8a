"""The API does what its document says, whatever it is sent: a machine asks a live server at random."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fengsui.access.actors import Actor, Post
from fengsui.protocols.library import Library
from fengsui.service.app import configure
from tests.board.region import MANZHOULI, person, world
from tests.service.at_the_gate import gate, served

HEAD = Actor("key/head", "head", (Post("command", MANZHOULI), Post("laboratory", MANZHOULI)), is_machine=True)
FAR = Actor("key/far", "far", (Post("command", "150300"),), is_machine=True)
EVERYBODY = [person(n).partition("/")[2] for n in range(1, 7)]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 40  # of each operation


@schemathesis.serializer("application/x-ndjson")
def as_lines(ctx, value):
    """The body as it is: lines are what the document calls a string."""
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """The addresses of a server for each actor, over one region; and the document."""
    configure()
    of = world()
    path = tmp_path_factory.mktemp("document") / "region.db"
    with gate(path, of, Library.shipped(of.areas.region.zone)) as room:

        def as_(actor):
            def with_key(request):
                request.key = SimpleNamespace(source=actor.name, per_minute=100_000)
                return actor

            return replace(room, actor_of=with_key, has_accounts=True, salt=b"salt")

        with served(as_(HEAD)) as head, served(as_(FAR)) as far:
            from fengsui.service.api.v1 import document

            yield SimpleNamespace(head=head, far=far, document=json.loads(json.dumps(document())))


def operations() -> list[tuple[str, str]]:
    configure()
    from fengsui.service.api.v1 import document

    return [(where, method) for where, methods in document()["paths"].items() for method in methods]


@pytest.mark.parametrize(("where", "method"), operations())
def test_whatever_is_asked_is_answered_as_the_document_says_and_to_whom_it_may(live, where, method):
    schema = schemathesis.openapi.from_dict(live.document)

    @given(case=schema[where][method].as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case):
        headers = {"X-Reason": "duty check"}
        case.call_and_validate(base_url=live.head, checks=CHECKS, headers=headers)
        answer = case.call(base_url=live.far, headers=headers)
        text = re.sub(r'"(query|parameters|findings)":.*', "", answer.text)
        assert not [name for name in EVERYBODY if name in text]

    ask()


@pytest.mark.parametrize("area", [None, MANZHOULI])
@pytest.mark.parametrize("where", [where for where, method in operations() if method == "get"])
def test_what_is_there_is_handed_out_as_the_document_describes_it(live, where, area):
    name = person(2)
    if where == "/api/v1/loop/{name}":
        [name] = (row["loop"] for row in fetched(live, f"subject/{person(2)}")["loops"])
    case = schemathesis.openapi.from_dict(live.document)[where]["get"].Case(
        path_parameters={"name": name} if "{" in where else {},
        query={"area": area} if area and where.rpartition("/")[2] in ("board", "breaks", "loops") else {},
        headers={"X-Reason": "duty check"},
    )
    answer = case.call_and_validate(base_url=live.head, checks=CHECKS)
    assert answer.status_code == 200, answer.text
    if where.rpartition("/")[2] in ("breaks", "loops", "facts"):
        assert person(2) in answer.text


def fetched(live, where: str) -> dict:
    return requests.get(f"{live.head}/api/v1/{where}", headers={"X-Reason": "duty"}, timeout=30).json()


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
                lambda inner: (
                    st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
                ),
                max_leaves=6,
            ).map(lambda value: json.dumps(value).encode()),
            st.fixed_dictionaries(
                {
                    "key": st.text(max_size=6),
                    "kind": st.sampled_from(["test.result", "fact.withdrawn", "arrival.inbound", "x"]),
                    "subject": st.sampled_from([person(1), "person/", "hazard/1", "person/new"]),
                    "at": st.integers() | st.text(max_size=12) | st.just("2021-08-20"),
                },
                optional={
                    "place": st.sampled_from(["150781", "150300", "999999", "150781/x"])
                    | st.text(max_size=5),
                    "by": st.text(max_size=5),
                    "recorded_at": st.integers() | st.just("2021-08-20"),
                    "supersedes": st.sampled_from(["head:1", "lab-a:x", "x", "head:"]),
                    "data": st.dictionaries(
                        st.sampled_from(["result", "laboratory", "reagent", "x"]),
                        st.sampled_from(["negative", "a", 1, True, 2**70, 1e308]) | st.text(max_size=4),
                    ),
                },
            ).map(lambda value: json.dumps(value).encode()),
        ),
        max_size=6,
    )
)
def test_whatever_lines_are_told_each_is_taken_or_refused_with_a_finding(live, lines):
    answer = requests.post(
        f"{live.head}/api/v1/facts",
        b"\n".join(line.replace(b"\n", b" ") for line in lines),
        headers={"Content-Type": "application/x-ndjson"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    told = [n for n, line in enumerate(lines, 1) if line.replace(b"\n", b" ").strip()]
    assert [result["row"] for result in results] == told
    assert all(bool(result["findings"]) == (result["status"] == "refused") for result in results)


def test_lines_sent_in_pieces_of_no_known_length_are_all_read(live):
    line = json.dumps({"key": "piece", "kind": "x", "subject": "person/1", "at": 0}).encode()
    answer = requests.post(
        f"{live.head}/api/v1/facts",
        (piece for piece in (line[:10], line[10:] + b"\n", line)),
        headers={"Content-Type": "application/x-ndjson"},
        timeout=30,
    )
    assert [(result["row"], result["status"]) for result in answer.json()["results"]] == [
        (1, "refused"),
        (2, "refused"),
    ]
