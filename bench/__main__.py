"""``python -m bench NAME …`` runs one benchmark, ``all`` the set, ``report`` writes docs/performance.md."""

import importlib
import sys
from pathlib import Path

from bench.house import whole
from bench.house.report import write_report

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def main(arguments: list[str]) -> int:
    """Run what the first word names; the number returned is the exit code."""
    name = arguments[0] if arguments else ""
    if name == "report":
        return write_report()
    if name == "all":
        return whole.main(arguments[1:])
    if name not in NAMES:
        print(f"python -m bench NAME, with NAME one of: all, report, {', '.join(NAMES)}", file=sys.stderr)
        return 2
    return importlib.import_module(f"bench.{name}").main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
