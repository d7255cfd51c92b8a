"""All chance of a drill, drawn from one numpy generator that is handed in.

A story asks for single numbers, and a call of numpy for one number costs more than the rest of the
story's line. So uniform and normal numbers are drawn in blocks and handed out one by one; the order of
asking decides what one gets, which makes a drill the same for the same seed.
"""

from collections.abc import Sequence
from math import exp, log
from typing import TypeVar

import numpy as np

T = TypeVar("T")
BLOCK = 8192
MINUTE = 60


class Chance:
    """Single random numbers from blocks of one generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self._units: list[float] = []
        self._normals: list[float] = []

    def unit(self) -> float:
        """A number in [0, 1)."""
        if not self._units:
            self._units = self.rng.random(BLOCK).tolist()
        return self._units.pop()

    def normal(self) -> float:
        """A standard normal number."""
        if not self._normals:
            self._normals = self.rng.standard_normal(BLOCK).tolist()
        return self._normals.pop()

    def hits(self, share: float) -> bool:
        """True in ``share`` of all cases."""
        return self.unit() < share

    def whole(self, low: int, high: int) -> int:
        """A whole number from ``low`` up to, and not including, ``high``."""
        return low + int(self.unit() * (high - low))

    def minutes(self, low: int, high: int) -> int:
        """Whole minutes from ``low`` up to, not including, ``high`` (both in seconds), in seconds.

        Deeds fall on whole minutes because that is what people write down; so nothing is lost when a
        file gives no seconds.
        """
        return self.whole(low // MINUTE, max(high // MINUTE, low // MINUTE + 1)) * MINUTE

    def one_of(self, options: Sequence[T]) -> T:
        """One of the options, each as likely as the others."""
        return options[int(self.unit() * len(options))]

    def lag(self, median: float, spread: float, *, most: int) -> int:
        """Seconds from a deed to its record: lognormal, whole minutes, at least one, at most ``most``.

        ``median`` in seconds; ``spread`` is the standard deviation of the logarithm.
        """
        seconds = exp(log(median) + spread * self.normal())
        return min(max(MINUTE, int(seconds) // MINUTE * MINUTE), most)


class Wheel:
    """Chooses among options with given weights."""

    def __init__(self, options: Sequence[T], weights: Sequence[float]) -> None:
        self.options = tuple(options)
        self._edges = np.cumsum(np.asarray(weights, dtype=float) / sum(weights)).tolist()

    def turn(self, chance: Chance) -> T:
        """One option."""
        place = chance.unit()
        for option, edge in zip(self.options, self._edges, strict=True):
            if place < edge:
                return option
        return self.options[-1]
