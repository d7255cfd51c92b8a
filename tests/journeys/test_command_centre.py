"""The command centre at six in the morning: a board on the wall that nobody touches."""

import time
from contextlib import ExitStack

import pytest

from fengsui.engines.home import Setting, make_home, open_home
from fengsui.engines.pulse import Pulse
from fengsui.facts.batch import Batch
from fengsui.kit.clock import fixed
from fengsui.service.boards import following
from fengsui.service.serve import room_of
from tests.board.region import NOW, arrival, person, stories
from tests.service.at_the_gate import served

WORDS = {
    "zh": {"live": "截至 06:00:00，实时更新", "away": "连接中断。以下是 2021-08-21 06:00:00 的情况"},
    "en": {
        "live": "As of 06:00:00, live",
        "away": "Connection lost. This is how things stood at 2021-08-21 06:00:00",
    },
}
NEW = person(9)[7:13]


@pytest.fixture(params=["zh", "en"])
def wall(request, chromium, tmp_path):
    """A board, what ends its server, and the store behind it."""
    path = tmp_path / "region.db"
    make_home(path, Setting("inner-mongolia"))
    with ExitStack() as region, ExitStack() as server:
        home = region.enter_context(open_home(path))
        home.store.take(Batch.of(stories()), now=NOW)
        room = room_of(home, clock=fixed(NOW), lang=request.param)
        server.enter_context(following(room.boards, lambda: Pulse(path)))
        address = server.enter_context(served(room))
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        region.callback(context.close)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(address)
        page.get_by_text(WORDS[request.param]["live"]).wait_for()
        page.said = WORDS[request.param]
        yield page, room, server


def test_what_was_recorded_a_moment_ago_stands_on_the_board_without_reloading(wall, picture):
    page, room, _ = wall
    page.evaluate("() => { window.opened = true; document.querySelector('[data-row] a').focus(); }")
    focused = page.evaluate("() => document.activeElement.getAttribute('href')")
    assert page.get_by_text(NEW).count() == 0
    with room.lock:
        room.store.take(Batch.of([arrival(person(9), 130)]), now=NOW)
    begun = time.monotonic()
    page.locator(f"li.new:has-text('{NEW}')").first.wait_for()
    assert time.monotonic() - begun < 2.5, "two seconds, and a little for the browser"
    picture(page, "live")
    assert page.evaluate("() => window.opened"), "the page was not loaded anew"
    assert page.evaluate("() => document.activeElement.getAttribute('href')") == focused


def test_a_lost_connection_is_said_plainly_and_as_of_when(wall, picture):
    page, _, server = wall
    assert page.locator("#away").is_hidden()
    server.close()
    page.get_by_text(page.said["away"]).wait_for()
    picture(page, "away")
    assert page.said["live"] not in page.inner_text("body")
