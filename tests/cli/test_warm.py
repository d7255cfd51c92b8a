"""The kernel is compiled beside a long command, and nothing is left running when that has ended."""

import subprocess

from fengsui.cli import warm


def test_whoever_compiles_is_ended_and_waited_for_when_the_command_ends_first(monkeypatch):
    started = []

    class Noted(subprocess.Popen):
        def __init__(self, *words, **more):
            super().__init__(*words, **more)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    monkeypatch.setattr(warm, "PATIENCE", 0.0)
    with warm.compiling():
        assert [child.returncode for child in started] == [None]
    assert started[0].returncode is not None


def test_a_command_that_fails_leaves_nobody_behind(monkeypatch):
    ended = []

    class Noted(subprocess.Popen):
        def wait(self, timeout=None):
            ended.append(super().wait(timeout))
            return ended[-1]

    monkeypatch.setattr(subprocess, "Popen", Noted)
    try:
        with warm.compiling():
            raise KeyError("made up")
    except KeyError:
        assert len(ended) == 1
