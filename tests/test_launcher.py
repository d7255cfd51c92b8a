"""dev.py, the first thing a newcomer runs, without installing anything."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[1] / "dev.py"


@pytest.fixture
def dev(tmp_path, monkeypatch):
    """The launcher in a checkout of its own, with made-up lock files and a virtual environment that works."""
    spec = importlib.util.spec_from_file_location("dev", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ROOT, module.VENV = tmp_path, tmp_path / ".venv"
    module.STAMP, module.INSTALL_LOG = module.VENV / "stamp.json", module.VENV / "install.log"
    module.VENV.mkdir()
    (tmp_path / "requirements").mkdir()
    for name in module.LOCKS:
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"# {name}\n", encoding="utf-8")
    module.done = []
    monkeypatch.setattr(module, "home", lambda: "3.11 here")
    monkeypatch.setattr(module, "install", module.done.append)
    monkeypatch.setattr(module, "write_entry_points", lambda: None)
    monkeypatch.setattr(module, "run", lambda title, command, **more: module.done.append(title))
    return module


def start(*words: str, **environment: str) -> subprocess.CompletedProcess:
    """Run the launcher as a person would."""
    command = [sys.executable, str(FILE), *words]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)


def test_what_is_installed_once_is_not_installed_again(dev):
    dev.prepare("core")
    dev.prepare("core")
    assert dev.done == ["core"]


def test_a_changed_lock_is_installed_again(dev):
    dev.prepare("core")
    (dev.ROOT / "requirements" / "core.txt").write_text("# newer\n", encoding="utf-8")
    dev.prepare("core")
    assert dev.done == ["core", "core"]


def test_the_tests_bring_what_the_demo_needs_but_not_the_other_way_round(dev):
    dev.prepare("test")
    dev.prepare("core")
    dev.prepare("bench")
    dev.prepare("test")
    assert dev.done == ["test", "bench"]


def test_an_environment_that_moved_is_made_anew(dev, monkeypatch):
    dev.prepare("core")
    monkeypatch.setattr(dev, "home", lambda: "3.11 elsewhere")
    dev.prepare("core")
    assert dev.done == ["core", "venv", "core"]


def test_an_installation_that_was_killed_is_not_taken_for_whole(dev, monkeypatch):
    def killed(lock_name):
        dev.INSTALL_LOG.write_text("Installing collected packages", encoding="utf-8")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dev, "install", killed)
        with pytest.raises(KeyboardInterrupt):
            dev.prepare("core")
    dev.prepare("core")
    assert dev.done == ["venv", "core"]


def test_an_installation_that_failed_is_tried_again_where_it_stood(dev, monkeypatch):
    def failed(lock_name):
        raise dev.StepFailed(lock_name)

    with monkeypatch.context() as patch:
        patch.setattr(dev, "install", failed)
        with pytest.raises(dev.StepFailed):
            dev.prepare("core")
    dev.prepare("core")
    assert dev.done == ["core"]


def test_a_stamp_that_cannot_be_read_is_no_stamp(dev):
    for text in ("", "[]", json.dumps({"home": "3.11 here"})):
        dev.STAMP.write_text(text, encoding="utf-8")
        assert dev.read_stamp() is None


@pytest.mark.parametrize(
    ("log", "remedy"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "Do not go on"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for numba==0.68.1", "fits this Python"),
        ("(from versions: none)\nERROR: No matching distribution found for numba", "Check the network"),
        ("ReadTimeoutError", "Check the network"),
    ],
)
def test_a_failed_installation_ends_with_what_to_do(dev, monkeypatch, log, remedy):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert remedy in dev.install_failure(log, 3).splitlines()[-1]


def test_the_launcher_speaks_the_language_of_the_terminal():
    assert "可选" in start("bench", "nothing", LC_ALL="zh_CN.UTF-8").stderr
    assert "Which benchmark" in start("bench", "nothing", LC_ALL="C.UTF-8").stderr


def test_an_unknown_command_shows_the_commands_there_are():
    answer = start("dmeo")
    assert answer.returncode == 2
    assert "python3 dev.py demo" in answer.stderr
    assert answer.stdout == ""


def test_help_is_not_an_error():
    answer = start("--help")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "python3 dev.py test" in answer.stdout


def test_an_old_python_can_read_the_launcher_far_enough_to_be_told_so():
    tree = ast.parse(FILE.read_text(encoding="utf-8"), feature_version=(3, 7))
    first = next(node for node in tree.body if isinstance(node, ast.If))
    assert "sys.exit" in ast.unparse(first)
    assert not [node for node in tree.body[: tree.body.index(first)] if isinstance(node, ast.FunctionDef)]
