"""The front door: commands are found, speak both languages, take the same options, and fail politely."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from fengsui.cli import front
from fengsui.cli.clock import language, of_this_machine
from fengsui.cli.commands import status
from fengsui.cli.front import COMMANDS, Folder
from fengsui.cli.options import text_of
from fengsui.kit import errors
from tests.test_purity import asks

from .conftest import say

SOURCE = Path(front.__file__).parent
# What the command line promises; a new command joins by being a file and needs no line here.
PROMISED = """
    breaks demo drill explain handover init intake loops protocol replay serve status subject
""".split()
COMMON = {"--json", "--db", "--as-of", "--known-at", "--lang"}


def every_command(folder: Folder | None = None, path: tuple[str, ...] = ()):
    """Each command there is, with the words that lead to it."""
    folder = folder or Folder("fengsui", COMMANDS)
    for name in folder.list_commands(None):
        command = folder.get_command(None, name)
        if isinstance(command, Folder):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name), command


def test_help_leads_to_every_command():
    page = say("--help")
    assert page.code == 0
    assert [name for name in PROMISED if f"  {name} " not in page.out] == []


def test_every_command_says_what_it_is_for_in_both_languages():
    for path, command in every_command():
        assert all((command.about.zh, command.about.en)), path


def test_every_option_is_explained_in_both_languages():
    for path, command in every_command():
        for param in command.params:
            text = text_of(param.help)
            assert all((text.zh, text.en)), (path, param.name)


def test_every_command_takes_the_same_five_options():
    for path, command in every_command():
        options = {name for param in command.params for name in param.opts}
        assert options >= COMMON, path


@pytest.mark.parametrize("path", [path for path, _ in every_command()], ids=" ".join)
def test_every_command_has_a_help_page_in_both_languages(path):
    english, chinese = say(*path, "--help"), say(*path, "--help", "--lang", "zh")
    assert (english.code, chinese.code) == (0, 0)
    assert "Usage: fengsui" in english.out
    assert "用法: fengsui" in chinese.out
    assert not [line for line in english.out.splitlines() if line != line.rstrip()]


def test_without_arguments_the_help_page_is_shown():
    assert say().out == say("--help").out
    assert say("protocol").out == say("protocol", "--help").out


def test_taking_a_file_is_what_intake_means_unless_its_ledger_is_asked_for():
    assert "FILE" in say("intake", "--help").out
    assert "refused" in say("intake", "--help").out
    assert "there is no database" in say("intake", "x.csv", "--mapping", "m").err.lower()
    assert "export" in say("intake", "refused").out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["bogus"], "bogus"),
        (["explain"], "LOOP is missing"),
        (["status", "--bogus"], "there is no option --bogus"),
        (["loops", "--limit", "many"], "--limit"),
        (["loops", "--limit", "0"], "--limit"),
        (["protocol", "show", "--as-of", "soon"], "--as-of soon"),
        (["status", "--lang", "fr"], "--lang fr"),
    ],
)
def test_a_mistake_in_the_arguments_is_told_and_exits_with_two(words, complaint):
    said = say(*words)
    assert said.code == 2
    assert said.out == ""
    assert complaint in said.err
    assert "Traceback" not in said.err


def test_mistakes_are_told_in_chinese_too():
    assert "缺少 LOOP" in say("explain", "--lang", "zh").err
    assert "没有选项 --bogus" in say("status", "--bogus", "--lang=zh").err
    assert "用法" in say("--lang", "zh").out


def raising(error: Exception):
    """A command that fails with this."""

    def command(run) -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.FengsuiError("no"), 1),
        (errors.BadInput("no", (errors.Finding("row 3", "at", "x", "a time"),)), 2),
        (errors.NotFound("no"), 3),
        (errors.Refused("no"), 4),
        (errors.Conflict("no"), 5),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 0),
        (ZeroDivisionError("by zero"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_each_way_to_fail_has_its_exit_code_and_none_shows_a_traceback(monkeypatch, error, code):
    monkeypatch.setattr(status, "command", raising(error))
    said = say("status")
    assert said.code == code
    assert "Traceback" not in said.err
    if isinstance(error, errors.BadInput):
        assert "row 3: at: found x, expected a time" in said.err
    if isinstance(error, ZeroDivisionError):
        assert "FENGSUI_TRACEBACK" in said.err


def test_only_one_file_of_the_command_line_asks_the_machine():
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {name}"
        for path in sorted(SOURCE.rglob("*.py"))
        if path.name != "clock.py"
        for line, name in asks(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_command_but_serve_knows_the_web():
    found = [
        path.name
        for path in sorted((SOURCE / "commands").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom) and "fengsui.service" in ast.unparse(node)
    ]
    assert found == []


WITHOUT_DJANGO = """
import sys
from io import StringIO
from pathlib import Path
from fengsui.cli.clock import Surroundings
from fengsui.cli.front import answer

for words in {lines}:
    outside = Surroundings(lambda: 0, lambda: 0.0, "en", Path({db!r}), StringIO(), StringIO(), bool)
    answer(words, outside)
    web = [name for name in ("django", "uvicorn", "a2wsgi", "whitenoise") if name in sys.modules]
    if web:
        sys.exit(f"{{words}} brought in {{web}}")
"""


def test_every_command_but_serve_runs_without_the_web(drilled, tmp_path):
    lines = [[*path, "--help"] for path, _ in every_command()]
    lines += [["status"], ["breaks"], ["loops"], ["handover"], ["protocol", "show"], ["protocol", "lint"]]
    lines += [["drill", str(tmp_path), "--files-only", "--loops", "20", "--days", "2"], ["explain", "0" * 16]]
    lines += [["replay"], ["protocol", "diff", "inbound@8", "inbound@9"], ["intake", "refused", "list"]]
    code = WITHOUT_DJANGO.format(lines=lines, db=str(drilled))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "lang"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ([], {"LANG": "de_DE", "FENGSUI_LANG": "zh"}, "zh"),
        (["status", "--lang", "en"], {"FENGSUI_LANG": "zh"}, "en"),
        (["status", "--lang=zh"], {}, "zh"),
        (["status", "--lang"], {}, "en"),
        (["--lang", "zh", "status", "--lang", "en"], {}, "en"),
    ],
)
def test_the_language_is_the_one_asked_for_last_or_that_of_the_terminal(arguments, environment, lang):
    assert language(arguments, environment) == lang


def test_the_machine_is_asked_for_time_language_and_database(monkeypatch):
    monkeypatch.setenv("FENGSUI_DB", "elsewhere.db")
    monkeypatch.setenv("FENGSUI_LANG", "zh")
    outside = of_this_machine([])
    assert (outside.db, outside.lang) == (Path("elsewhere.db"), "zh")
    assert outside.clock() > 1_700_000_000
    assert outside.ticks() <= outside.ticks()
