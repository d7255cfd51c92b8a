"""The board is served on this machine, at an address that is said, on a port nobody has."""

import socket
from types import SimpleNamespace

import pytest

from fengsui.cli.clock import can_listen
from fengsui.cli.commands import serve

from .conftest import BUSY, END, NOW, say


@pytest.fixture
def served(monkeypatch):
    """What the service was asked to do, without the web."""
    calls = []
    service = SimpleNamespace(
        address=lambda port: f"http://127.0.0.1:{port}/",
        serve=lambda db, **more: calls.append({"db": db, **more, "now": more["clock"]()}),
    )
    monkeypatch.setattr(serve, "import_module", lambda name: service)
    return calls


def test_the_address_is_said_and_the_first_free_port_is_taken(served, drilled):
    said = say("serve", db=drilled)
    assert said.code == 0
    assert f"http://127.0.0.1:{BUSY + 1}/" in said.out
    assert "no login" in said.out
    assert (served[0]["port"], served[0]["now"], served[0]["lang"]) == (BUSY + 1, NOW, "en")


def test_with_a_moment_the_clock_of_the_board_stands_still(served, drilled):
    say("serve", "--as-of", END, "--lang", "zh", db=drilled, now=NOW + 5)
    assert (served[0]["now"], served[0]["lang"]) == (NOW, "zh")


def test_where_json_is_asked_for_the_address_goes_to_the_error_stream(served, drilled):
    said = say("serve", "--json", db=drilled)
    assert said.out == ""
    assert "http://127.0.0.1" in said.err


def test_a_named_port_that_somebody_has_is_refused(served, drilled):
    said = say("serve", "--port", BUSY, db=drilled)
    assert said.code == 5
    assert str(BUSY) in said.err
    assert not served


def test_the_demonstration_looks_for_a_port_before_it_begins(served, tmp_path):
    said = say("demo", "--port", BUSY, "--db", tmp_path / "demo.db")
    assert said.code == 5
    assert not (tmp_path / "demo.db").exists()


def test_without_a_region_nothing_is_served(served, tmp_path):
    assert say("serve", db=tmp_path / "nowhere.db").code == 3
    assert not served


def test_a_port_is_free_until_somebody_listens_on_it():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not can_listen(port)
    assert can_listen(port)
