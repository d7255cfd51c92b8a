"""CRC-32 of many names at once, compiled: what ``zlib.crc32`` says of each, without a call for each."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from fengsui.engines.names import written
from fengsui.loops.compiled import entry

FULL = np.uint32(0xFFFF_FFFF)
# What each byte adds: checksums of single bytes differ by just that.
_TABLE = np.array([crc32(bytes([i])) ^ crc32(b"\0") for i in range(256)], np.uint32)


def checksums(texts: Sequence[str], begun: np.ndarray) -> np.ndarray:
    """int64[n]: the checksum of every text, each going on from that of what comes before it, ``begun``."""
    letters, bounds = written(texts)
    found = np.empty(len(texts), np.int64)
    go_on(letters, bounds, begun.astype(np.uint32), _TABLE, found)
    return found


@entry
def go_on(letters, bounds, begun, table, found):
    """Fill the checksums."""
    for i in range(found.size):
        c = np.uint32(begun[i] ^ FULL)
        for k in range(bounds[i], bounds[i + 1]):
            c = np.uint32(table[np.uint8(c) ^ letters[k]] ^ (c >> np.uint32(8)))
        found[i] = np.int64(c ^ FULL)
