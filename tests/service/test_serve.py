"""Serving a region's file: one process, this machine only."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing

import pytest

from fengsui.engines.home import Setting, make_home, open_home
from fengsui.facts.batch import Batch
from fengsui.kit.clock import fixed
from fengsui.kit.errors import NotFound
from fengsui.service.serve import HOST, address, room_of, serve
from tests.board.region import NOW, stories

PROGRAM = """
from pathlib import Path
from fengsui.kit.clock import fixed
from fengsui.service.serve import serve
serve(Path({path!r}), clock=fixed({now}), port={port}, lang="en")
"""


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    path = tmp_path_factory.mktemp("serve") / "region.db"
    make_home(path, Setting("inner-mongolia"))
    with open_home(path) as home:
        home.store.take(Batch.of(stories()), now=NOW)
    return path


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind((HOST, 0))
        return found.getsockname()[1]


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 (an address of this machine)
        return answer.read()


def wait_for(process: subprocess.Popen, url: str) -> bytes:
    for _ in range(200):
        assert process.poll() is None, process.stderr.read()
        try:
            return fetched(url)
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answered at {url}")


def test_a_region_is_served_at_the_clock_that_was_handed_in_and_at_this_machine_only(region):
    port = free_port()
    program = PROGRAM.format(path=str(region), now=NOW, port=port)
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    try:
        assert json.loads(wait_for(process, address(port) + "health"))["now"] == "2021-08-20T22:00:00Z"
        page = fetched(address(port)).decode()
        assert "breaks now" in page
        board = json.loads(fetched(address(port) + "api/board"))
        assert board["n_breaks"] > 0
    finally:
        process.terminate()
        process.communicate(timeout=10)
    assert address(port).startswith("http://127.0.0.1:")


def test_the_present_and_the_past_of_a_served_region_agree_where_they_meet(region):
    with open_home(region) as home:
        room = room_of(home, clock=fixed(NOW))
        live = room.desk(NOW, NOW, is_now=True)
        past = room.desk(NOW, NOW, is_now=False)
        assert live.view.standing(now=NOW) == past.view.standing(now=NOW)
        assert live.view.overdue(now=NOW) == past.view.overdue(now=NOW)


def test_only_the_last_few_views_of_the_past_are_kept(region):
    with open_home(region) as home:
        room = room_of(home, clock=fixed(NOW))
        views = [room.desk(NOW - i, NOW - i, is_now=False).view for i in range(6)]
        assert room.desk(NOW - 5, NOW - 5, is_now=False).view is views[5]
        assert room.desk(NOW, NOW, is_now=False).view is not views[0]


def test_a_file_that_is_not_there_is_not_served(tmp_path):
    with pytest.raises(NotFound):
        serve(tmp_path / "nothing.db", clock=fixed(NOW))
