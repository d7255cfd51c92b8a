"""The first command of the README in a fresh clone: how long until the demo has run, and how much disk."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.measure import ROOT, Failed, Side, in_turn
from bench.house.rows import Row, row_of
from bench.house.watch import Watch

FULL = 1  # there is one size
RUNS = 3  # each fetches everything over the network, so three are enough


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    return run("first_command", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """Seconds in all, the project's own share, and the disk."""
    given = {"source": str(ROOT), "folder": str(ask.folder)}
    (own,) = in_turn(
        [Side("Fengsui", "bench.first_command:demo", given)], runs=ask.runs or RUNS, tell=ask.tell
    )
    values = [r.value for r in own.rounds]
    found = values[-1]
    note = (
        f"{found['loops']:,} loops, {found['facts']:,} facts; {found['breaks_injected']} breaks injected, "
        f"{found['breaks_found']} found, {found['breaks_false']} false"
    )
    return [
        row_of("the first command", own.wall("all"), "s", note=note),
        row_of("the first command: the project's own work", [v["seconds"] for v in values], "s"),
        row_of("the first command: disk", [v["disk"] / 1e6 for v in values], "MB"),
    ]


def demo(watch: Watch, *, source: str, folder: str) -> dict[str, float]:
    """Clone what is committed, run the command without anything kept from earlier runs, take it all down."""
    with tempfile.TemporaryDirectory(prefix="fresh-", dir=folder) as fresh:
        clone = Path(fresh) / "fengsui"
        subprocess.run(["git", "clone", "-q", source, str(clone)], check=True)
        # Only what a new user has: no variables of an environment we may run in, no cache of packages.
        kept = {
            name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
        with watch.part("all"):
            done = subprocess.run(
                [python, "dev.py", "demo", "--no-serve", "--json"],
                cwd=clone,
                env=kept | {"PIP_NO_CACHE_DIR": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            raise Failed(done.stderr[-2_000:])
        disk = sum(path.lstat().st_blocks * 512 for path in clone.rglob("*"))
        return json.loads(done.stdout) | {"disk": disk}


if __name__ == "__main__":
    sys.exit(main())
