"""The fences around the tests themselves."""

import socket

import pytest

from tests.conftest import is_this_machine


def test_a_test_cannot_reach_another_machine():
    with socket.socket() as caller, pytest.raises(Exception, match="only speak to this machine"):
        caller.connect(("192.0.2.1", 80))


def test_a_test_cannot_ask_for_another_machines_name():
    with pytest.raises(Exception, match="may not look up"):
        socket.getaddrinfo("example.invalid", 443)


def test_a_test_can_speak_to_a_service_of_its_own():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname(), timeout=5) as client:
            client.sendall(b"smoke")
        heard, _ = server.accept()
        with heard:
            assert heard.recv(5) == b"smoke"


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "::1%lo", "", None, b"localhost"]
)
def test_this_machine_goes_by_several_names(host):
    assert is_this_machine(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.1.1", "example.org", "::2", "localhost.example"])
def test_other_machines_are_known_as_such(host):
    assert not is_this_machine(host)
