"""Running measurements: each in a process of its own, the sides in turn, medians over the rounds."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.house.watch import Part

ROOT = Path(__file__).resolve().parents[2]
SHORT_RUNS, LONG_RUNS = 5, 3  # rounds; long: of a side that takes over LONG_SECONDS
LONG_SECONDS = 30.0
NOTHING_FEWER: Mapping[str, int] = {}


class Failed(Exception):
    """A measurement ended badly; carries the last lines it printed."""


@dataclass(frozen=True, slots=True)
class Side:
    """One way to do the work. ``function``: ``module:function`` that is given a Watch and the arguments."""

    name: str
    function: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Round:
    """What one process measured. ``peak`` in bytes."""

    parts: Mapping[str, Part]
    peak: int
    value: object


@dataclass(frozen=True, slots=True)
class Measured:
    """All rounds of one side."""

    side: Side
    rounds: tuple[Round, ...]

    @property
    def value(self) -> object:
        """What the last round returned."""
        return self.rounds[-1].value

    def cpu(self, part: str) -> list[float]:
        """CPU-seconds of a part, one a round."""
        return [r.parts[part].cpu for r in self.rounds]

    def wall(self, part: str) -> list[float]:
        """Seconds on the wall of a part, one a round."""
        return [r.parts[part].wall for r in self.rounds]

    @property
    def peak_mb(self) -> float:
        """The median of the peaks, in MB (10⁶ bytes)."""
        return median(r.peak for r in self.rounds) / 1e6


Tell = Callable[[str], None]


def in_child(function: str, arguments: Mapping[str, object]) -> Round:
    """Run one function in a fresh interpreter. Raises Failed with what it printed."""
    with tempfile.TemporaryDirectory(prefix="fengsui-bench-") as folder:
        result = Path(folder) / "result.json"
        paths = [str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
        done = subprocess.run(
            [sys.executable, "-m", "bench.house.child", str(result)],
            input=json.dumps({"function": function, "arguments": dict(arguments)}),
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not result.exists():
            raise Failed(f"{function} ended with {done.returncode}:\n{_tail(done.stdout + done.stderr)}")
        found = json.loads(result.read_text(encoding="utf-8"))
    parts = {name: Part(**times) for name, times in found["parts"].items()}
    return Round(parts, found["peak"], found["value"])


def in_turn(
    sides: Sequence[Side], *, runs: int | None, tell: Tell, fewer: Mapping[str, int] = NOTHING_FEWER
) -> list[Measured]:
    """Measure every side, one after the other, round after round, so that all see the same machine.

    ``runs``: rounds; None: five, and three for a side that takes longer than half a minute. ``fewer``: by
    side, the most rounds it gets.
    """
    rounds: dict[str, list[Round]] = {side.name: [] for side in sides}
    for n in range(runs or SHORT_RUNS):
        for side in sides:
            if n < min(_wanted(rounds[side.name], runs), fewer.get(side.name, n + 1)):
                tell(f"{side.name}, round {n + 1}")
                rounds[side.name].append(in_child(side.function, side.arguments))
    return [Measured(side, tuple(rounds[side.name])) for side in sides]


def _wanted(done: Sequence[Round], runs: int | None) -> int:
    """How many rounds a side gets, going by those it has had."""
    longest = max((part.wall for r in done for part in r.parts.values()), default=0.0)
    return runs or (SHORT_RUNS if longest <= LONG_SECONDS else LONG_RUNS)


def _tail(text: str, lines: int = 25) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
