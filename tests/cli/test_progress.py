"""Whoever waits longer than two seconds sees how far it is; whoever does not sees nothing."""

import time
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from fengsui.cli import progress as shown
from fengsui.cli.clock import Surroundings
from fengsui.kit.text import Text

TITLE = Text("收入", "Taking")


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def outside(monkeypatch):
    monkeypatch.setattr(shown, "PATIENCE", 0.02)
    monkeypatch.setattr(shown, "EVERY", 0.02)
    return Surroundings(lambda: 0, lambda: 0.0, "en", Path("x.db"), StringIO(), StringIO(), lambda port: True)


def wait(outside: Surroundings, *, seconds: float) -> str:
    with shown.progress(TITLE, outside) as tell:
        tell(1, 4)
        time.sleep(seconds)
        tell(2, 4)
    return outside.err.getvalue()


def test_what_is_quick_shows_nothing(monkeypatch, outside):
    monkeypatch.setattr(shown, "PATIENCE", 5.0)
    assert wait(outside, seconds=0) == ""
    assert wait(replace(outside, err=Terminal()), seconds=0).strip() == ""


def test_without_a_terminal_lines_say_how_far_it_is(outside):
    assert "Taking 25 % …" in wait(outside, seconds=0.2)


def test_on_a_terminal_a_bar_is_drawn_and_removed(outside):
    assert "Taking" in wait(replace(outside, err=Terminal()), seconds=0.6)


def test_the_bar_goes_away_when_the_work_fails(outside):
    with pytest.raises(ZeroDivisionError), shown.progress(TITLE, outside):
        raise ZeroDivisionError
    assert "Traceback" not in outside.err.getvalue()


def test_a_share_is_shown_before_the_first_part_is_done(outside):
    with shown.progress(TITLE, outside) as tell:
        tell(0.0, 1.0)
        time.sleep(0.2)
    assert "Taking 0 % …" in outside.err.getvalue()
