"""Columns of integers as PostgreSQL reads them from the wire, made at once and not value by value."""

import struct

import numpy as np
from psycopg.adapt import Dumper
from psycopg.pq import Format

_ITEM = np.dtype([("length", ">i4"), ("value", ">i8")])
_BIGINT, _BIGINTS = 20, 1016  # the numbers of the types int8 and int8[]
_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
_END = struct.pack(">h", -1)


class BigintsDumper(Dumper):
    """int64[n] as the parameter of a statement."""

    format = Format.BINARY
    oid = _BIGINTS

    def dump(self, obj: np.ndarray) -> bytes:
        """See ``Dumper.dump``."""
        items = np.empty(len(obj), _ITEM)
        items["length"], items["value"] = 8, obj
        return struct.pack(">iiiii", 1, 0, _BIGINT, len(obj), 1) + items.tobytes()


def copied(rows: np.ndarray) -> bytes:
    """int64[n, width] as the data of a binary COPY into columns of bigint."""
    n, width = rows.shape
    items = np.empty(n, np.dtype([("width", ">i2"), ("items", _ITEM, (width,))]))
    items["width"], items["items"]["length"], items["items"]["value"] = width, 8, rows
    return _SIGNATURE + items.tobytes() + _END
