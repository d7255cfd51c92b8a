"""A compiled index from texts to the numbers they were given, for tens of millions of them.

The texts themselves are kept, one after the other, and compared, so that no two are ever taken for
one another. A dict of as many texts takes four times the memory, and filling it four times as long.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from fengsui.loops.compiled import entry, inner

ROOM = 1 << 12


class Names:
    """Texts, numbered from 1 on in the order in which they first appear."""

    def __init__(self) -> None:
        self.n = 0
        self._slots = np.zeros(2 * ROOM, np.uint64)  # half a checksum << 32 | number; 0: free
        self._letters = np.empty(16 * ROOM, np.uint8)
        self._ends = np.zeros(ROOM, np.int64)  # where the text of each number ends in ``letters``

    def numbers(self, texts: Sequence[str]) -> np.ndarray:
        """int64[n]: the numbers of texts, given now to those that have none."""
        letters, bounds = written(texts)
        self._reserve(len(texts), len(letters))
        found = np.empty(len(texts), np.int64)
        self.n = number(self._slots, self._letters, self._ends, self.n, letters, bounds, found)
        return found

    def known(self, texts: Sequence[str]) -> np.ndarray:
        """int64[n]: the numbers of texts, 0 for those that have none."""
        found = np.empty(len(texts), np.int64)
        look_up(self._slots, self._letters, self._ends, *written(texts), found)
        return found

    def texts(self, numbers: Iterable[int]) -> list[str]:
        """The way back."""
        ends = self._ends
        return [self._letters[ends[n - 1] : ends[n]].tobytes().decode() for n in numbers]

    def cut(self, n: int) -> None:
        """Forget all numbers above ``n``."""
        forget(self._slots, self._letters, self._ends, n, self.n)
        self.n = min(n, self.n)

    def _reserve(self, texts: int, letters: int) -> None:
        used = int(self._ends[self.n])
        if used + letters > len(self._letters):
            self._letters = _grown(self._letters, max(2 * len(self._letters), used + letters), used)
        if self.n + texts + 1 > len(self._ends):
            self._ends = _grown(self._ends, max(2 * len(self._ends), self.n + texts + 1), self.n + 1)
        if 2 * (self.n + texts) > len(self._slots):
            room = 1 << (4 * (self.n + texts) - 1).bit_length()
            self._slots = np.zeros(room, np.uint64)
            enter(self._slots, self._letters, self._ends, self.n)


@inner
def _checksum(letters, lo, hi):
    """FNV-1a, and its upper half mixed into the lower one."""
    h = np.uint64(0xCBF29CE484222325)
    for i in range(lo, hi):
        h = (h ^ np.uint64(letters[i])) * np.uint64(0x100000001B3)
    h ^= h >> np.uint64(32)
    h *= np.uint64(0x9E3779B97F4A7C15)
    return h ^ (h >> np.uint64(29))


@inner
def _is_same(letters, ends, n, text, lo, hi):
    begin, size = ends[n - 1], hi - lo
    if ends[n] - begin != size:
        return False
    i = 0
    while i < size and letters[begin + i] == text[lo + i]:
        i += 1
    return i == size


@inner
def _find(slots, letters, ends, checksum, text, lo, hi):
    """Where a text stands in ``slots``, or the free slot it would be put into."""
    mask = np.uint64(slots.size - 1)
    upper = checksum >> np.uint64(32)
    at = checksum & mask
    while slots[at] != 0:
        n = slots[at] & np.uint64(0xFFFFFFFF)
        if slots[at] >> np.uint64(32) == upper and _is_same(letters, ends, np.int64(n), text, lo, hi):
            break
        at = (at + np.uint64(1)) & mask
    return at


@inner
def _entry(checksum, n):
    return checksum >> np.uint64(32) << np.uint64(32) | np.uint64(n)


@entry
def number(slots, letters, ends, n, text, bounds, found):
    """Fill the number of every text, giving the next ones to new texts; returns the last number given."""
    for i in range(found.size):
        lo, hi = bounds[i], bounds[i + 1]
        checksum = _checksum(text, lo, hi)
        at = _find(slots, letters, ends, checksum, text, lo, hi)
        if slots[at] == 0:
            letters[ends[n] : ends[n] + hi - lo] = text[lo:hi]
            n += 1
            ends[n] = ends[n - 1] + hi - lo
            slots[at] = _entry(checksum, n)
        found[i] = np.int64(slots[at] & np.uint64(0xFFFFFFFF))
    return n


@entry
def look_up(slots, letters, ends, text, bounds, found):
    """Fill the number of every text, 0 for those that have none."""
    for i in range(found.size):
        lo, hi = bounds[i], bounds[i + 1]
        at = _find(slots, letters, ends, _checksum(text, lo, hi), text, lo, hi)
        found[i] = np.int64(slots[at] & np.uint64(0xFFFFFFFF))


@entry
def enter(slots, letters, ends, n):
    """Put texts 1 … n into empty slots, in that order."""
    mask = np.uint64(slots.size - 1)
    for i in range(1, n + 1):
        checksum = _checksum(letters, ends[i - 1], ends[i])
        at = checksum & mask
        while slots[at] != 0:
            at = (at + np.uint64(1)) & mask
        slots[at] = _entry(checksum, i)


@entry
def forget(slots, letters, ends, n, last):
    """Free the slots of texts above n. The last entered is freed first, so that no way is cut short."""
    for i in range(last, n, -1):
        lo, hi = ends[i - 1], ends[i]
        slots[_find(slots, letters, ends, _checksum(letters, lo, hi), letters, lo, hi)] = 0


def written(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The texts in UTF-8, one after the other, and int64[n + 1] where each begins."""
    letters = "".join(texts).encode()
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=bounds[1:])
    if bounds[-1] != len(letters):
        lengths = (len(text.encode()) for text in texts)
        np.cumsum(np.fromiter(lengths, np.int64, len(texts)), out=bounds[1:])
    return np.frombuffer(letters, np.uint8), bounds


def _grown(array: np.ndarray, room: int, used: int) -> np.ndarray:
    grown = np.zeros(room, array.dtype)
    grown[:used] = array[:used]
    return grown
