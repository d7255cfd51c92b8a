"""Checksums of many names at once: those the standard library gives, also after a source's name."""

from random import Random
from zlib import crc32

import numpy as np

from fengsui.engines.checksums import checksums


def test_checksums_of_many_are_those_of_each():
    rng = Random(7)
    texts = ["", "王", *("".join(rng.choices("aZ09-王é", k=rng.randint(1, 40))) for _ in range(500))]
    begun = [crc32(source.encode()) for source in rng.choices(("lab:", "出入境:", ""), k=len(texts))]
    found = checksums(texts, np.array(begun, np.int64)).tolist()
    assert found == [crc32(text.encode(), so_far) for text, so_far in zip(texts, begun, strict=True)]
