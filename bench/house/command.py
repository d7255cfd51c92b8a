"""The command line all benchmarks share: ``python -m bench.NAME [--json] [--size N] [--runs N]``."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.house.machine import likeness, machine
from bench.house.measure import ROOT, Failed, Tell
from bench.house.rows import Row, as_json, as_text

FOLDER = ROOT / ".fengsui" / "bench"
RESULTS = "results.ndjson"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a benchmark is asked: how much work, how many rounds (None: as many as are usual), and where.

    ``size`` is in the benchmark's own unit (loops, facts, rows). ``folder`` keeps made-up input between
    runs. ``tell`` takes a line about what is being done.
    """

    size: int
    runs: int | None
    folder: Path
    tell: Tell


Rows = Callable[[Ask], list[Row]]


def main(name: str, rows: Rows, *, full: int, arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark from the command line and keep its rows; the number returned is the exit code."""
    parser = argparse.ArgumentParser(prog=f"python3 dev.py bench {name}")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--size", type=int, default=full, help=f"how much work (default {full:,})")
    parser.add_argument("--runs", type=int, help="how many rounds (default 5, or 3 if one takes over 30 s)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where input and results are kept")
    asked = parser.parse_args(arguments)
    asked.folder.mkdir(parents=True, exist_ok=True)
    before, program = machine(), likeness()
    try:
        made = rows(Ask(asked.size, asked.runs, asked.folder, _tell))
    except Failed as failure:
        print(f"✗ {failure}", file=sys.stderr)
        return 1
    record = {
        "bench": name,
        "size": asked.size,
        "full": asked.size == full,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": before,
        "program": program,
        "rows": [asdict(row) for row in made],
    }
    with (asked.folder / RESULTS).open("a", encoding="utf-8") as results:
        results.write(json.dumps(record, ensure_ascii=False) + "\n")
    print(as_json(made) if asked.json else as_text(made))
    return 0


def _tell(line: str) -> None:
    print(f"· {line}", file=sys.stderr, flush=True)
