"""``python -m bench all``: every benchmark at full size, one after the other, the tables written after each.

A set takes the better part of an hour. One that was broken off goes on where it was: what was measured with
the program as it is now is not measured again, and made-up input and databases are kept. The order is that
of use: what others need for their input comes first.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic

from bench.house.command import FOLDER, RESULTS
from bench.house.machine import ROOT, likeness
from bench.house.report import latest, write_report

# Minutes on two quiet cores, input included; a set with a limit leaves out what would not end in time.
MINUTES: Mapping[str, float] = {
    "durable": 11,
    "explain": 1,
    "intake": 5,
    "http_intake": 4,
    "overdue": 6,
    "incremental": 2,
    "dry_run": 1,
    "policy_diff": 12,
    "lab_day": 14,
    "replay": 6,
    "watch": 2,
    "alerts": 2,
    "boards": 7,
    "postgres_intake": 5,
    "first_command": 9,
}


def main(arguments: Sequence[str]) -> int:
    """The command line; the number returned is the exit code, 1 if a benchmark failed."""
    parser = argparse.ArgumentParser(prog="python -m bench all")
    parser.add_argument("--minutes", type=float, help="begin nothing that would end later than that")
    parser.add_argument("--again", action="store_true", help="measure also what was measured already")
    parser.add_argument("names", nargs="*", help="only these, in this order")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in MINUTES]
    if unknown:
        parser.error(f"{', '.join(unknown)}: expected some of {', '.join(MINUTES)}")
    return run(asked.names or list(MINUTES), minutes=asked.minutes, again=asked.again)


def run(names: Sequence[str], *, minutes: float | None, again: bool) -> int:
    """Measure, tell how it goes, write the tables after each; ``minutes``: the limit."""
    begun, failed = monotonic(), 0
    done = set() if again else measured()
    for i, name in enumerate(names, 1):
        spent = (monotonic() - begun) / 60
        if name in done:
            _tell(f"{i} of {len(names)}: {name} was measured with this program already")
        elif minutes is not None and spent + MINUTES[name] > minutes:
            _tell(f"{i} of {len(names)}: {name} takes {MINUTES[name]:g} minutes and is left out")
        else:
            ends = datetime.now(UTC) + timedelta(minutes=MINUTES[name])
            _tell(f"{i} of {len(names)}: {name}, until about {ends:%H:%M} UTC")
            failed += benchmark(name) != 0
            write_report()
            _tell(f"{name} took {(monotonic() - begun) / 60 - spent:.1f} minutes")
    return int(failed > 0)


def benchmark(name: str) -> int:
    """Run one, whatever becomes of it; its exit code."""
    return subprocess.run([sys.executable, "-m", "bench", name], cwd=ROOT, check=False).returncode


def measured() -> set[str]:
    """The benchmarks whose last full run was of the program as it is now."""
    now = likeness()
    return {name for name, record in latest(FOLDER / RESULTS).items() if record.get("program") == now}


def _tell(line: str) -> None:
    print(f"━ {line}", file=sys.stderr, flush=True)
