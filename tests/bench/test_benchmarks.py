"""Every benchmark runs, at a size at which it costs seconds and means nothing."""

import importlib
import json
import subprocess
import sys

import pytest

from bench.house.command import Ask
from bench.house.rows import Row

SLOW = pytest.mark.slow
TINY = (
    pytest.param("dry_run", 3_000),
    pytest.param("alerts", 60),
    pytest.param("boards", 6, marks=SLOW),
    pytest.param("durable", 3_000, marks=SLOW),
    pytest.param("explain", 60),
    pytest.param("http_intake", 3_000, marks=SLOW),
    pytest.param("incremental", 600),
    pytest.param("intake", 60, marks=SLOW),
    pytest.param("lab_day", 500, marks=SLOW),
    pytest.param("overdue", 600),
    pytest.param("policy_diff", 150, marks=SLOW),
    pytest.param("watch", 104, marks=SLOW),
)


def run(name: str, folder, *, size: int) -> list[Row]:
    return importlib.import_module(f"bench.{name}").rows(Ask(size, 1, folder, lambda line: None))


def hold_what_was_promised(rows: list[Row]) -> None:
    assert rows
    assert all(row.name and row.figure > 0 and row.runs >= 1 for row in rows)
    peers = [row for row in rows if row.peer and row.ratio is not None]
    assert all(row.ratio > 0 for row in peers)
    ours = {row.name for row in rows if not row.peer}
    assert {row.name for row in peers} <= ours, "a peer stands under our own row of the same figure"


@pytest.mark.parametrize(("name", "size"), TINY)
def test_a_benchmark_gives_its_rows(name, size, tmp_path):
    rows = run(name, tmp_path, size=size)
    hold_what_was_promised(rows)
    assert any(row.peak_mb for row in rows)


@pytest.mark.slow
def test_the_replay_is_measured_beside_all_its_peers(tmp_path):
    for needed in ("duckdb", "polars", "psycopg", "SpiffWorkflow"):
        pytest.importorskip(needed, reason=f"{needed} is not installed (dev.py bench installs it)")
    rows = run("replay", tmp_path, size=50)
    hold_what_was_promised(rows)
    assert {"DuckDB", "Polars", "Python", "SpiffWorkflow"} <= {row.peer for row in rows}


def test_the_first_command_is_run_in_a_clone_of_what_is_committed(tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.mkdir()
    said = {
        "loops": 3,
        "facts": 9,
        "breaks_injected": 1,
        "breaks_found": 1,
        "breaks_false": 0,
        "seconds": 0.5,
    }
    (source / "dev.py").write_text(f"import sys\nprint({json.dumps(said)!r})\nsys.exit(len(sys.argv) != 4)\n")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", "-C", str(source)]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "m"]):
        subprocess.run([*git, *words], check=True)
    bench = importlib.import_module("bench.first_command")
    monkeypatch.setattr(bench, "ROOT", source)
    rows = bench.rows(Ask(1, 1, tmp_path, lambda line: None))
    hold_what_was_promised(rows)
    assert [row.name.partition(": ")[2] for row in rows] == ["", "the project's own work", "disk"]
    assert "1 found, 0 false" in rows[0].note


def test_a_name_that_is_no_benchmark_is_told_which_there_are():
    done = subprocess.run(
        [sys.executable, "-m", "bench", "nothing"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "replay" in done.stderr
