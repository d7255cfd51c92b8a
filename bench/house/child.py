"""The process a measurement runs in: reads what to do from stdin, writes what it found to a file.

Started as ``python -m bench.house.child RESULT`` by ``measure``; whatever a library prints goes its way.
"""

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from bench.house.watch import Watch


def main() -> None:
    """Call ``module:function(watch, **arguments)`` and write parts, peak and what it returned."""
    asked = json.load(sys.stdin)
    module, _, name = asked["function"].partition(":")
    watch = Watch()
    value = getattr(importlib.import_module(module), name)(watch, **asked["arguments"])
    found = {
        "parts": {part: asdict(times) for part, times in watch.parts.items()},
        "peak": watch.peak(),
        "value": value,
    }
    Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
