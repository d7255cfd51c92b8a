"""The outputs of the R packages surveillance and EpiEstim, where this machine has them, and comparing
with them.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from math import isinf, isnan
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "reference" / "watch"
RELATIVE = 1e-6
SMALLEST = 1e-12  # below, two numbers differ by rounding only


def reference(name: str) -> Path:
    """A file of the reference; skips the test where it is absent."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip("the outputs of the reference packages are not on this machine")
    return path


@cache
def table(name: str) -> pa.Table:
    """A table of the reference, NA as nothing."""
    options = csv.ConvertOptions(null_values=["NA", "NaN"], strings_can_be_null=True)
    return csv.read_csv(reference(name), convert_options=options)


def rows(name: str) -> list[dict]:
    """The rows of a table of the reference."""
    return table(name).to_pylist()


def number(value: object) -> float | None:
    """A number, or None for what is missing."""
    return None if value is None or (isinstance(value, float) and isnan(value)) else float(value)


def agree(one: object, other: object, *, within: float = RELATIVE) -> bool:
    """Whether two values are the same up to the tolerance, or both missing."""
    a, b = number(one), number(other)
    if a is None or b is None:
        return a is b
    if isinf(a) or isinf(b):
        return a == b
    return abs(a - b) <= within * max(abs(a), abs(b)) + SMALLEST


def differences(
    ours: Iterable[Mapping], theirs: Iterable[Mapping], *, key: tuple[str, ...], columns: tuple[str, ...]
) -> list[tuple]:
    """Every value of theirs that ours lacks or has otherwise: (key, column, theirs, ours)."""
    found = {tuple(row[name] for name in key): row for row in ours}
    wrong = []
    for row in theirs:
        at = tuple(row[name] for name in key)
        if at not in found:
            wrong.append((at, "row", "there", "not there"))
            continue
        wrong += [
            (at, name, row[name], found[at][name])
            for name in columns
            if not agree(row[name], found[at][name])
        ]
    return wrong
