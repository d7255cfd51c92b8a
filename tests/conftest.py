"""What every test gets: a machine without a network, and the same examples on every run."""

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.engines.postgres_server import Server, program

ROOT = Path(__file__).resolve().parents[1]

# derandomize: a run that was green is green again, on every machine; a found example goes into the test as
# @example. `--hypothesis-profile=many` goes looking for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("quick", settings.get_profile("ci"), max_examples=10)
settings.register_profile(
    "many",
    deadline=None,
    print_blob=True,
    max_examples=5_000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci")


class NoNetwork(Exception):
    """A test reached for another machine."""


def as_address(host: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address a host stands for if it is written in figures; None for a name."""
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def is_this_machine(host: object) -> bool:
    """Whether a host, as it is given to a socket, means this machine: a loopback address or its name."""
    address = as_address(host)
    return address.is_loopback if address else host in (None, "", b"", "localhost", b"localhost")


def refuse_strangers(family: int, address: object) -> None:
    """Raise NoNetwork if an address of this family lies on another machine. Unix sockets never do."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0] if isinstance(address, tuple) else address
    if not is_this_machine(host):
        raise NoNetwork(f"a test may only speak to this machine, not to {host}")


@pytest.fixture(scope="session", autouse=True)
def no_network():
    """Python's sockets reach this machine only. Libraries that bring their own sockets are not covered."""
    really = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
    look_up = socket.getaddrinfo

    def guarded(name):
        def reach(self, *arguments):
            refuse_strangers(self.family, arguments[-1])
            return really[name](self, *arguments)

        return reach

    def guarded_look_up(host, *arguments, **named):
        # Figures need no looking up, whoever they belong to.
        if not is_this_machine(host) and not as_address(host):
            raise NoNetwork(f"a test may not look up {host}")
        return look_up(host, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        for name in really:
            patch.setattr(socket.socket, name, guarded(name))
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


@pytest.fixture(scope="session")
def real_records() -> Path:
    """The folder of real records beside the checkout; a test that needs it is skipped where it is not."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real records are not beside this checkout (../shared/data)")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server of PostgreSQL."""
    if not program("initdb"):
        pytest.skip("PostgreSQL is not on this machine (Debian: apt-get install postgresql)")
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.close()
