"""Live boards: who is let in, what is made once for many, and that nobody sees another's share."""

import asyncio
import gzip
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from a2wsgi import WSGIMiddleware

from fengsui.access.actors import Actor, Post
from fengsui.access.policy import Policy
from fengsui.engines.home import Setting, make_home, open_home
from fengsui.engines.pulse import Pulse
from fengsui.facts.batch import Batch
from fengsui.kit.clock import fixed
from fengsui.protocols.library import Library
from fengsui.service.app import ROOM, application, configure
from fengsui.service.boards import LIVES, PAUSE, TRUSTED, Boards, Caller, following
from fengsui.service.live import HELD, Live
from fengsui.service.serve import room_of
from tests.board.region import HAILAR, MANZHOULI, NOW, arrival, person, stories, world
from tests.service.at_the_gate import gate, served

ME, YOU = Caller("h", "part=live", "sessionid=1"), Caller("h", "part=live", "sessionid=2")


class Ticks:
    """A clock that goes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks():
    return Ticks()


@pytest.fixture
def boards(ticks):
    return Boards(ticks, version="1.0")


def test_whoever_was_let_in_is_asked_again_after_half_a_minute(boards, ticks):
    boards.know(ME, "share")
    assert boards.share_of(ME) == "share"
    assert boards.share_of(YOU) is None
    assert boards.share_of(ME._replace(host="elsewhere")) is None
    ticks.now += TRUSTED
    assert boards.share_of(ME) is None


def test_a_page_is_fresh_until_the_data_changes_or_ten_seconds_have_passed(boards, ticks):
    part = boards.keep("share", b"<p>page</p>", version="1.0", as_of="2021-08-21 06:00:12")
    assert gzip.decompress(part.packed) == part.html
    ticks.now += LIVES - 0.1
    assert boards.fresh("share") is part
    boards.tell("2.0")
    assert boards.fresh("share") is None
    boards.tell("1.0")
    ticks.now += 0.2
    assert boards.fresh("share") is None, "a break may begin although nobody records anything"


def test_a_page_is_made_no_oftener_than_agreed_however_fast_the_data_changes(boards, ticks):
    boards.keep("share", b"", version="1.0", as_of="")
    boards.tell("2.0")
    assert boards.pause("share") == pytest.approx(PAUSE)
    assert boards.recent("share") is not None
    ticks.now += PAUSE
    assert (boards.pause("share"), boards.recent("share")) == (0.0, None)


def test_while_nobody_knows_whether_the_data_changed_no_page_counts_as_fresh(boards):
    boards.keep("share", b"", version="", as_of="")
    boards.tell("")
    assert boards.fresh("share") is None


def test_the_version_changes_with_facts_and_refused_rows_and_not_with_looks(tmp_path):
    path = tmp_path / "region.db"
    make_home(path, Setting("inner-mongolia"))
    with open_home(path) as home:
        pulse = Pulse(path)
        seen = [pulse.read()]
        home.store.take(Batch.of(stories()), now=NOW)
        seen.append(pulse.read())
        home.store.audit.write(at=NOW, actor="a", verb="saw", object="o")
        assert pulse.read() == seen[-1]
        conflict = replace(stories()[0], place=MANZHOULI)
        assert home.store.take(Batch.of([conflict]), now=NOW).conflicts
        seen.append(pulse.read())
        pulse.close()
    assert len(set(seen)) == 3


def test_a_database_that_went_away_is_asked_again():
    answers, told = iter([OSError("gone"), "1.0", OSError("gone"), "2.0"]), []

    class Beating:
        def read(self):
            match next(answers, "2.0"):
                case OSError() as gone:
                    raise gone
                case version:
                    return version

        def close(self):
            told.append("closed")

    boards, ended = Boards(), threading.Event()
    seen = []
    boards.call(lambda: (seen.append(boards.version), boards.version == "2.0" and ended.set()))
    with following(boards, Beating):
        assert ended.wait(15)
    assert seen == ["1.0", "", "2.0"]
    assert len(told) == 3


OFFICE = Post("cdc", MANZHOULI)


@pytest.fixture(scope="module")
def of():
    return world()


def share(room, actor):
    return room.visit(actor, room.desk(NOW, NOW, is_now=True)).share


def test_two_of_one_post_share_a_page_and_two_who_see_their_own_work_only_do_not(tmp_path, of):
    with gate(tmp_path / "region.db", of, Library.shipped(of.areas.region.zone)) as room:
        wang, li = Actor("wang", "王", (OFFICE,)), Actor("li", "李", (OFFICE,))
        assert share(room, wang) == share(room, li)
        assert share(room, wang) != share(room, replace(li, posts=(Post("cdc", HAILAR),)))
        drivers = [replace(one, posts=(Post("transfer", MANZHOULI),)) for one in (wang, li)]
        assert share(room, drivers[0]) != share(room, drivers[1])


def test_a_shared_page_is_what_each_would_have_been_shown_alone(tmp_path, of):
    configure()
    from django.test import Client

    with gate(tmp_path / "region.db", of, Library.shipped(of.areas.region.zone)) as room:
        alone = []
        for who in ("wang", "li"):
            room.actor_of = lambda request, who=who: Actor(who, who, (OFFICE,))
            room.boards = Boards()
            alone.append(Client(SERVER_NAME="127.0.0.1", **{ROOM: room}).get("/?part=live").content)
        assert alone[0] == alone[1]
        assert person(2)[7:13].encode() in alone[0]


def test_somebody_of_another_post_is_never_handed_a_page_that_was_made_for_more(tmp_path, of):
    configure()
    from django.test import Client

    with gate(tmp_path / "region.db", of, Library.shipped(of.areas.region.zone)) as room:
        posts = {
            "head": Post("command"),
            "driver": Post("transfer", HAILAR),
            "lab": Post("laboratory", "lab-a"),
        }
        answers = {}
        for who, post in posts.items():
            room.actor_of = lambda request, who=who, post=post: Actor(who, who, (post,))
            answers[who] = Client(SERVER_NAME="127.0.0.1", **{ROOM: room}).get("/?part=live&area=150700")
        assert person(2)[7:13] in answers["head"].content.decode()
        assert person(2)[7:13] not in answers["driver"].content.decode()
        assert answers["lab"].status_code == 403
        assert all("Board-Version" in answers[who].headers for who in ("head", "driver"))


def test_every_look_at_a_shared_page_is_written_down(tmp_path, of):
    configure()
    from django.test import Client

    with gate(tmp_path / "region.db", of, Library.shipped(of.areas.region.zone)) as room:
        for who in ("wang", "li"):
            room.actor_of = lambda request, who=who: Actor(who, who, (OFFICE,))
            Client(SERVER_NAME="127.0.0.1", **{ROOM: room}).get("/?part=live")
        lines = room.store.audit.latest(10)
        looks = {(line.actor, line.verb) for line in lines if line.object == "board"}
        assert looks == {("wang", "listed"), ("li", "listed")}


def ask(app, *, cookie: str = "a=1", etag: str = "", path: str = "/"):
    """One request, as a server hands it over: status, headers, body."""
    sent = []
    headers = [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode()), (b"if-none-match", etag.encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": b"part=live",
        "headers": headers,
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    async def whole():
        await app(scope, receive, send)
        said = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], said, b"".join(m.get("body", b"") for m in sent[1:])

    return whole()


def in_a_loop(work):
    """What ``work`` comes to, in an event loop of its own: a browser driven by other tests has one here."""

    def bounded():
        return asyncio.run(asyncio.wait_for(work, 30))

    with ThreadPoolExecutor(1) as aside:
        return aside.submit(bounded).result()


def test_many_who_wait_for_a_change_are_answered_by_one_making(tmp_path, of):
    made = []
    with gate(tmp_path / "region.db", of, Library.shipped(of.areas.region.zone)) as room:
        room.boards.tell("1.0")
        pages = WSGIMiddleware(application(room), workers=2)

        async def counted(scope, receive, send):
            made.append(scope["path"])
            await pages(scope, receive, send)

        app = Live(counted, room.boards)

        async def all_of_it():
            first = [await ask(app, cookie=f"a={n}") for n in range(20)]
            assert len(made) == 20, "each is let in by the pages"
            waiting = [
                asyncio.create_task(ask(app, cookie=f"a={n}", etag=first[n][1]["etag"])) for n in range(20)
            ]
            await asyncio.sleep(0.3)
            assert not any(task.done() for task in waiting)
            with room.lock:
                room.store.take(Batch.of([arrival(person(9), 30)]), now=NOW)
            room.boards.tell("2.0")
            return first, await asyncio.gather(*waiting)

        first, second = in_a_loop(all_of_it())
    assert len(made) == 21
    assert {status for status, _, _ in (*first, *second)} == {200}
    assert len({body for _, _, body in second}) == 1
    assert person(9)[7:13].encode() in second[0][2]
    assert second[3][1]["content-security-policy"].startswith("default-src 'none'")
    assert second[3][1]["cache-control"] == "no-store"


def test_everybody_is_handed_the_new_page_also_while_the_data_never_stands_still(tmp_path, of):
    with gate(tmp_path / "region.db", of, Library.shipped(of.areas.region.zone)) as room:
        room.boards.tell("1.0")
        pages, lsn = WSGIMiddleware(application(room), workers=2), iter(range(2, 100))

        async def restless(scope, receive, send):
            room.boards.tell(f"{next(lsn)}.0")
            await pages(scope, receive, send)
            room.boards.tell(f"{next(lsn)}.0")

        app = Live(restless, room.boards)

        async def all_of_it():
            first = [await ask(app, cookie=f"a={n}") for n in range(8)]
            with room.lock:
                room.store.take(Batch.of([arrival(person(9), 30)]), now=NOW)
            begun = time.monotonic()
            again = [ask(app, cookie=f"a={n}", etag=first[n][1]["etag"]) for n in range(8)]
            return await asyncio.gather(*again), time.monotonic() - begun

        answers, took = in_a_loop(all_of_it())
    assert all(person(9)[7:13].encode() in body for _, _, body in answers)
    assert took < HELD, "one making serves all: eight, one after the other, would pause eight times"


def test_a_request_that_waited_in_vain_is_told_that_nothing_changed_and_as_of_when(tmp_path, of, monkeypatch):
    monkeypatch.setattr("fengsui.service.live.HELD", 0.3)
    with gate(tmp_path / "region.db", of, Library.shipped(of.areas.region.zone)) as room:
        room.boards.tell("1.0")
        app = Live(WSGIMiddleware(application(room), workers=2), room.boards)

        async def twice():
            _, said, _ = await ask(app)
            begun = time.monotonic()
            return await ask(app, etag=said["etag"]), time.monotonic() - begun

        (status, said, body), waited = in_a_loop(twice())
    assert (status, body) == (304, b"")
    assert said["board-as-of"] == "2021-08-21 06:00:00"
    assert 0.3 <= waited < HELD


def test_making_that_fails_holds_nobody_up(tmp_path, of):
    with gate(tmp_path / "region.db", of, Library.shipped(of.areas.region.zone)) as room:
        room.boards.tell("1.0")
        app = Live(WSGIMiddleware(application(room), workers=2), room.boards)

        async def taken_away():
            seen = [(await ask(app, cookie=f"a={n}"))[1]["etag"] for n in range(3)]
            room.policy = replace(Policy.shipped(), otherwise=())
            room.boards.tell("2.0")
            return await asyncio.gather(*(ask(app, cookie=f"a={n}", etag=seen[n]) for n in range(3)))

        answers = in_a_loop(taken_away())
    assert [status for status, _, _ in answers] == [403, 403, 403]


def test_a_fact_of_another_process_is_on_an_open_board_within_two_seconds(tmp_path):
    path = tmp_path / "region.db"
    make_home(path, Setting("inner-mongolia"))
    with open_home(path) as home, open_home(path) as other:
        home.store.take(Batch.of(stories()), now=NOW)
        room = room_of(home, clock=fixed(NOW))
        with following(room.boards, lambda: Pulse(path)), served(room) as address:
            before = fetched(f"{address}/?part=live")
            took = []

            def record():
                time.sleep(0.5)
                other.store.take(Batch.of([arrival(person(9), 30)]), now=NOW)
                took.append(time.monotonic())

            thread = threading.Thread(target=record)
            thread.start()
            after = fetched(f"{address}/?part=live", etag=before[1])
            late = time.monotonic() - took[0]
            thread.join()
    assert person(9)[7:13] not in before[0]
    assert person(9)[7:13] in after[0]
    assert late < 2.0


def fetched(url: str, etag: str = "") -> tuple[str, str]:
    request = urllib.request.Request(url, headers={"If-None-Match": etag})  # noqa: S310 (this machine)
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return answer.read().decode(), answer.headers["ETag"]
