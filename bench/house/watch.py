"""Timing the parts of a measurement from inside the process that does them."""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

STATUS = Path("/proc/self/status")


@dataclass(slots=True)
class Part:
    """One timed part: seconds on the wall, and on all processors together (user and system)."""

    wall: float
    cpu: float


@dataclass(slots=True)
class Watch:
    """Times named parts. ``other_cpu`` and ``other_peak`` speak for processes that are not children.

    ``other_cpu``: CPU-seconds they have used so far. ``other_peak``: their peak memory in bytes.
    """

    parts: dict[str, Part] = field(default_factory=dict)
    other_cpu: Callable[[], float] = lambda: 0.0
    other_peak: Callable[[], int] = lambda: 0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time what happens inside; a name that comes again adds to what it had."""
        wall, cpu = time.perf_counter(), self._cpu()
        yield
        done = Part(time.perf_counter() - wall, self._cpu() - cpu)
        before = self.parts.get(name, Part(0.0, 0.0))
        self.parts[name] = Part(before.wall + done.wall, before.cpu + done.cpu)

    def peak(self) -> int:
        """The most memory this process and the others have held, in bytes."""
        return own_peak() + self.other_peak()

    def _cpu(self) -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime + self.other_cpu()


def own_peak() -> int:
    """The peak resident memory of this process, in bytes.

    Where there is /proc its high-water mark is read: ru_maxrss would also count what the parent held
    when it started us.
    """
    if STATUS.exists():
        return kilobytes(STATUS.read_text(encoding="ascii"), "VmHWM") * 1024
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024


def kilobytes(status: str, name: str) -> int:
    """A field of a file like /proc/self/status, in kB; 0 if it is not there."""
    lines = (line.split() for line in status.splitlines())
    return next((int(words[1]) for words in lines if words and words[0] == name + ":"), 0)
