"""Alerting as a process: its configuration, its directory, its carriers, a week of standing still."""

import hashlib
import hmac
import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fengsui.engines.home import Setting, make_home, open_home
from fengsui.engines.outbox import Outbox, Outgoing
from fengsui.facts.batch import Batch
from fengsui.kit.areas import Areas
from fengsui.kit.errors import BadInput, NotFound
from fengsui.service.alerting import Alerting, alerting, directory_of, read_alerts
from fengsui.service.carriers import Down, NotCarried, gateway, mail
from tests.board.region import HOUR, NOW, PORT, arrival, person, told

LETTER = Outgoing("0a1b", "webhook", "duty-officer", "烽燧督办：1 项未闭环", "海拉尔区：…", 1)


@contextmanager
def receiver(answers):
    """An HTTP server on loopback that keeps what it is sent and answers with these codes in turn."""
    got = []
    codes = iter(answers)

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((dict(self.headers), body))
            self.send_response(next(codes, 200))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = HTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", got
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def mail_server():
    """As much SMTP as a letter needs, on loopback, for one letter."""
    got: list[str] = []
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(10)

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rwb") as stream:
            say = lambda text: (stream.write(text + b"\r\n"), stream.flush())  # noqa: E731
            say(b"220 here")
            in_data = False
            for raw in stream:
                line = raw.rstrip(b"\r\n")
                if in_data:
                    if line == b".":
                        in_data = False
                        say(b"250 taken")
                    else:
                        got.append(line.decode())
                elif line.upper() == b"DATA":
                    in_data = True
                    say(b"354 go on")
                elif line.upper() == b"QUIT":
                    say(b"221 bye")
                    return
                else:
                    say(b"250 ok")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1], got
    finally:
        thread.join(10)
        listening.close()


def test_a_gateway_gets_the_letter_signed_and_under_its_id():
    with receiver([200]) as (url, got):
        gateway(url, secret=b"between us")(LETTER)
    [(headers, body)] = got
    assert json.loads(body) == {
        "id": "0a1b", "to": "duty-officer", "subject": LETTER.subject, "text": LETTER.body
    }  # fmt: skip
    assert headers["Idempotency-Key"] == "0a1b"
    assert headers["X-Fengsui-Signature"] == hmac.new(b"between us", body, hashlib.sha256).hexdigest()


def test_a_gateway_that_refuses_or_is_not_there_says_so():
    with receiver([503]) as (url, _), pytest.raises(NotCarried, match="503"):
        gateway(url)(LETTER)
    with pytest.raises(NotCarried):
        gateway("http://127.0.0.1:9/")(LETTER)


def test_where_nobody_answers_only_one_letter_waits_for_an_answer(tmp_path):
    asked = []

    def dead(letter: Outgoing) -> None:
        asked.append(letter.id)
        raise Down("nobody there")

    outbox = Outbox.open(tmp_path / "region.db")
    for n in range(30):
        outbox.post((f"m{n}", "mail", "a@b", "s", "b", 1), [], now=0)
        outbox.post((f"w{n}", "webhook", "c", "s", "b", 1), [], now=0)
    carried = []
    at_work = Alerting.__new__(Alerting)
    at_work.outbox, at_work.carriers = outbox, {"mail": dead, "webhook": carried.append}
    assert at_work.carry(lambda: 0) == (30, 30)
    assert len(asked) == 1
    assert len(carried) == 30
    assert outbox.states() == {"sent": 30, "waiting": 30}
    outbox.close()


def test_mail_goes_out_with_an_id_of_its_own():
    with mail_server() as (port, got):
        mail("127.0.0.1", port, sender="Fengsui <duty@region.example>", tls=False)(LETTER)
    assert "Message-ID: <0a1b@region.example>" in got
    assert "Auto-Submitted: auto-generated" in got


CONFIG = """
db = "region.db"
public = "https://board.example"
[alerts]
every = 5
[alerts.webhook]
url = "{url}"
[[alerts.address]]
role = "transfer"
channel = "webhook"
to = "transfer-desk"
[[alerts.address]]
role = "banner"
place = "150700"
channel = "webhook"
to = "hulunbuir"
lang = "en"
quiet = ["22:00", "06:00"]
wakes = ["cn.covid19/*"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "fengsui.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_post_without_an_address_of_its_own_is_reached_through_the_area_above(tmp_path):
    found = read_alerts(written(tmp_path, CONFIG.format(url="http://127.0.0.1:9/")))
    directory = directory_of(found.alerts, Areas.of_region())
    assert [a.to for a in directory("banner", "150781")] == ["hulunbuir"]  # Manzhouli lies in Hulunbuir
    assert directory("banner", "150100") == ()
    assert [a.to for a in directory("transfer", "")] == ["transfer-desk"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('db = "x"\n[alerts]\nevery = "often"\n', r"alerts\.every"),
        ('db = "x"\n[alerts]\nloud = true\n', "loud"),
        ('db = "x"\n[[alerts.address]]\nrole = "a"\nchannel = "mail"\nto = "b"\n', "one that is set up"),
        ("db = ", "not TOML"),
    ],
)
def test_a_configuration_that_cannot_be_taken_says_which_field(tmp_path, text, said):
    with pytest.raises(BadInput, match=said):
        read_alerts(written(tmp_path, text))
    with pytest.raises(NotFound):
        read_alerts(tmp_path / "nowhere.toml")


def facts(n: int):
    """Travellers whom nobody took on: each a transfer that was due twelve hours after the arrival."""
    for k in range(n):
        who = f"person/{k:016x}"
        yield replace(arrival(person(1), 100), subject=who, key=f"a{k}")
        yield replace(
            told("sample.collected", person(1), 99, source="customs", place=PORT), subject=who, key=f"s{k}"
        )


def test_after_standing_still_every_post_is_told_once_although_the_gateway_fails_at_first(tmp_path):
    path = tmp_path / "region.db"
    make_home(path, Setting("inner-mongolia"))
    with receiver([500, 200]) as (url, got), open_home(path) as home:
        file = read_alerts(written(tmp_path, CONFIG.format(url=url)))
        at_work = alerting(home, file, folder=tmp_path)
        at_work.round(NOW - 101 * HOUR)
        home.store.take(Batch.of(list(facts(50))), now=NOW)
        swept = at_work.round(NOW)
        assert swept.notices > 100
        assert swept.letters == 2  # one to each of two desks, however many breaks there are
        assert at_work.carry(lambda: NOW) == (1, 1)
        assert at_work.carry(lambda: NOW + 29) == (0, 0)
        assert at_work.carry(lambda: NOW + 31) == (1, 0)
        again = at_work.round(NOW + 60)
        assert again.letters == 0
        ids = [json.loads(body)["id"] for _, body in got]
    assert len(ids) == 3
    assert len(set(ids)) == 2
    assert any("（含迟到的提醒）" in json.loads(body)["subject"] for _, body in got)
    english = next(json.loads(body) for _, body in got if json.loads(body)["to"] == "hulunbuir")
    assert "Manzhouli" in english["text"]


def test_a_failure_never_holds_the_key_in_the_address_of_a_gateway():
    with pytest.raises(NotCarried) as failed:
        gateway("http://127.0.0.1:9/send?key=between-us")(LETTER)
    assert "between-us" not in str(failed.value)


def test_an_address_no_header_can_hold_is_a_letter_that_came_back():
    with pytest.raises(NotCarried):
        mail("127.0.0.1", 9, sender="duty@region.example", tls=False)(LETTER._replace(address="a\nBcc: b"))
