"""The page on the API, typed line by line into a shell beside a running service."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.test_accounts import SERVE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "use-the-api.md"
TEXT = PAGE.read_text(encoding="utf-8")
LINES = [
    line for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.M | re.S) for line in block.splitlines()
]


@pytest.fixture(scope="module")
def typed(service):
    """What each line of the page said."""
    if not shutil.which("curl"):
        pytest.skip("no curl on this machine (Debian: apt install curl)")
    folder = service.config.parent
    shim = folder / "bin" / "fengsui"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{SERVE}" "$@" --json\n')
    shim.chmod(0o755)
    [(name, text)] = re.findall(r"^```json file=(\S+)\n(.*?)^```$", TEXT, re.M | re.S)
    (folder / name).write_text(text, encoding="utf-8")
    env = {**os.environ, "PATH": f"{shim.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}
    said = {}
    for line in LINES:
        told = line.replace("https://fengsui.example.org", service.address)
        done = subprocess.run(
            ["sh", "-c", told], capture_output=True, text=True, cwd=folder, env=env, check=False
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        said[line] = json.loads(done.stdout)
        if "key add" in line:
            env["LAB" if "laboratory@" in line else "HEAD"] = said[line]["key"]
    return said


def of(typed: dict, *words: str) -> dict:
    [found] = (said for line, said in typed.items() if all(word in line for word in words))
    return found


def test_a_line_is_taken_and_the_other_is_refused_with_what_was_expected(typed):
    said = of(typed, "@swabs.ndjson")
    assert [result["status"] for result in said["results"]] == ["taken", "refused"]
    assert said["results"][0]["id"] == "lab-manzhouli:2021-0001"
    [finding] = (f for f in said["results"][1]["findings"] if f["field"] == "data.result")
    assert "negative" in finding["expected"]


def test_the_same_sent_again_and_packed_is_repeated(typed):
    assert [result["status"] for result in of(typed, "gzip -c")["results"]] == ["repeated", "refused"]


def test_what_was_told_is_read_back_by_whom_it_concerns(typed):
    facts = of(typed, "/facts?limit")["facts"]
    assert "lab-manzhouli:2021-0001" in {fact["id"] for fact in facts}
    seen = of(typed, "/subject/")["facts"]
    assert "negative" in json.dumps(seen)
    assert of(typed, "/breaks")["rows"]


def test_the_tables_of_the_page_are_true_of_the_document(typed):
    document = of(typed, "openapi.json")
    fields = re.findall(r"^\| (`[a-z_`, ]+`) \|", TEXT, re.M)
    told = {name for cell in fields for name in re.findall(r"[a-z_]+", cell)} | {"supersedes"}
    assert told == set(document["components"]["schemas"]["Line"]["properties"])
    codes = {int(code) for code in re.findall(r"^\| (4\d\d) \|", TEXT, re.M)}
    assert codes | {200, 404} == {
        int(code) for code in document["paths"]["/api/v1/facts"]["post"]["responses"]
    }
