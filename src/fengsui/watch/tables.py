"""Tables as their publishers wrote them, read as counts by a declaration: which column means what.

A declaration is a mapping in YAML; those shipped stand in ``tables.yaml``, which also says what each key
means. A new table needs a declaration and no code.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from fengsui.kit.errors import BadInput, Finding, NotFound
from fengsui.kit.yaml12 import load
from fengsui.watch.layouts import read_table
from fengsui.watch.raw import Counts

SHIPPED = Path(__file__).parent / "tables.yaml"
KEYS = {
    "title", "series", "keep", "date", "week", "epiweek", "counted", "count", "running", "beside", "step",
    "freq", "absent", "repeated", "points", "delays",
}  # fmt: skip
STEPS = {"day": (1, 365), "week": (7, 52), "four_weeks": (28, 13)}


def declared(name: str) -> Mapping:
    """The declaration of a name among the shipped, or of a YAML file; BadInput for a key it may not have."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise NotFound(f"There is no file {path}.")
        found = load(path.read_text(encoding="utf-8"))
    else:
        shipped = load(SHIPPED.read_text(encoding="utf-8"))
        if name not in shipped:
            raise NotFound(f"No table is declared as {name!r}; there are: {', '.join(shipped)}.")
        found = shipped[name]
    if not isinstance(found, Mapping) or (unknown := sorted(set(found) - KEYS)):
        what = ", ".join(unknown) if isinstance(found, Mapping) else type(found).__name__
        raise BadInput(name, (Finding(name, "declaration", what, "keys among " + ", ".join(sorted(KEYS))),))
    return found


def read_any(path: Path) -> pa.Table:
    """A table from CSV or Parquet."""
    if path.suffix != ".parquet":
        return read_table(path)
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    try:
        return parquet.read_table(path)
    except pa.ArrowInvalid as error:
        raise BadInput(str(path), (Finding(str(path), "file", str(error), "a table"),)) from error


def read_declared(path: Path, name: str, *, only: str | None = None) -> list[Counts]:
    """The counts of a table; ``only``: series whose name contains that."""
    declaration = declared(name)
    table = kept_rows(read_any(path), declaration, path)
    names = _names(table, declaration, path)
    order = {name: None for name in names if only is None or only in name}
    places = {name: [] for name in order}
    for row, name in enumerate(names):
        if name in places:
            places[name].append(row)
    span = _span(table, declaration, path) if declaration.get("absent") == "zero" else None
    found = [_counts(name, table.take(rows), declaration, path, span) for name, rows in places.items()]
    if not found:
        raise BadInput(str(path), (Finding(str(path), "series", "none", only or "rows to read"),))
    return found


def kept_rows(table: pa.Table, declaration: Mapping, path: Path) -> pa.Table:
    """Only the rows whose columns have one of the values that ``keep`` asks for."""
    for column, values in declaration.get("keep", {}).items():
        wanted = [str(value) for value in (values if isinstance(values, list) else [values])]
        given = column_of(table, column, path).cast(pa.string())
        table = table.filter(pc.is_in(given, value_set=pa.array(wanted)))
    return table


def column_of(table: pa.Table, name: str, path: Path) -> pa.ChunkedArray:
    """A column; BadInput if there is none."""
    if name not in table.column_names:
        raise BadInput(
            str(path), (Finding(str(path), name, "no such column", ", ".join(table.column_names)),)
        )
    return table[name]


def _names(table: pa.Table, declaration: Mapping, path: Path) -> list[str]:
    keys = declaration.get("series", [])
    if not keys:
        return [path.stem] * table.num_rows
    columns = [column_of(table, key, path).cast(pa.string()).fill_null("").to_pylist() for key in keys]
    return ["/".join(parts) for parts in zip(*columns, strict=True)]


def _span(table: pa.Table, declaration: Mapping, path: Path) -> tuple[np.datetime64, int] | None:
    """The first day of a table and its number of steps; None where steps are only counted."""
    length, freq = STEPS[declaration.get("step", "week")]
    steps, first = places_of(table, declaration, path, length=length, freq=freq)
    return None if first is None or not len(steps) else (first, int(steps.max()) + 1)


def _counts(
    name: str,
    table: pa.Table,
    declaration: Mapping,
    path: Path,
    span: tuple[np.datetime64, int] | None,
) -> Counts:
    """One series. ``span``: that of the whole table, where a step without a row had none."""
    length, freq = STEPS[declaration.get("step", "week")]
    if "freq" in declaration:
        given = declaration["freq"]
        freq = int(given) if isinstance(given, int) else int(table[given][0].as_py())
    steps, first = places_of(table, declaration, path, length=length, freq=freq)
    n = int(steps.max()) + 1
    if span is not None:
        steps = steps + int((first - span[0]).astype(int)) // length
        first, n = span
    running = set(declaration.get("running", ()))
    wanted = {"observed": declaration["count"], **{key: key for key in declaration.get("beside", ())}}
    if isinstance(declaration.get("beside"), Mapping):
        wanted = {"observed": declaration["count"], **declaration["beside"]}
    placed = {}
    for as_name, column in wanted.items():
        values = _numbers(column_of(table, column, path), path, column)
        laid = _laid(values, steps, n, declaration, f"{path}: {name}")
        placed[as_name] = _changes(laid) if column in running else laid
        if as_name == "observed" and column in running:
            placed["covers"] = _covered(laid)
    observed = placed.pop("observed")
    if declaration.get("absent", "unknown") == "zero":
        observed = np.where(np.isnan(observed), 0.0, observed)
    dates = None if first is None else first + length * np.arange(n)
    return Counts(name, observed, freq, dates, None, placed)


def _numbers(column: pa.ChunkedArray, path: Path, name: str) -> np.ndarray:
    try:
        return column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(float)
    except pa.ArrowInvalid as error:
        raise BadInput(str(path), (Finding(str(path), name, str(error)[:80], "numbers"),)) from error


def _laid(values: np.ndarray, steps: np.ndarray, n: int, declaration: Mapping, where: str) -> np.ndarray:
    """Values on their places in time; what to do with two of one place is declared."""
    out = np.full(n, np.nan)
    rule = declaration.get("repeated", "refuse")
    if rule == "refuse" and len(np.unique(steps)) < len(steps):
        twice = int(np.flatnonzero(np.bincount(steps) > 1)[0])
        raise BadInput(where, (Finding(where, "rows", f"two of step {twice + 1}", "one, or `repeated`"),))
    for step, value in zip(steps, values, strict=True):
        old = out[step]
        if np.isnan(old) or rule == "last":
            out[step] = value
        elif not np.isnan(value):
            out[step] = {"sum": old + value, "largest": max(old, value)}.get(rule, old)
    return out


def _changes(running: np.ndarray) -> np.ndarray:
    """What a running total grew by; after steps without a total the growth is that of several steps."""
    out = np.full(len(running), np.nan)
    known = np.flatnonzero(~np.isnan(running))
    if len(known):
        out[known[0]] = running[known[0]]
        out[known[1:]] = np.diff(running[known])
    return out


def _covered(running: np.ndarray) -> np.ndarray:
    """How many steps the growth of a running total is that of; NaN where there is none."""
    known = np.flatnonzero(~np.isnan(running))
    out = np.full(len(running), np.nan)
    out[known] = np.diff(known, prepend=known[:1] - 1)
    return out


def places_of(
    table: pa.Table, declaration: Mapping, path: Path, *, length: int, freq: int
) -> tuple[np.ndarray, np.datetime64 | None]:
    """The place in time of each row, from 0, and the first day of all (None where steps are counted)."""
    if "counted" in declaration:
        year, period = (
            _numbers(column_of(table, key, path), path, key).astype(int) for key in declaration["counted"]
        )
        steps = year * freq + period
        return steps - steps.min(), None
    if "week" in declaration:
        texts = column_of(table, declaration["week"], path).to_pylist()
        days = [_iso_week(text, path) for text in texts]
    elif "epiweek" in declaration:
        texts = column_of(table, declaration["epiweek"], path).to_pylist()
        days = [epidemic_week(str(text), path) for text in texts]
    elif "date" in declaration:
        days = [_day(value, path) for value in column_of(table, declaration["date"], path).to_pylist()]
    else:
        return np.arange(table.num_rows), None
    found = np.array(days, dtype="datetime64[D]")
    off = (found - found.min()).astype(int)
    if np.any(off % length):
        expected = f"steps of {length} days from {found.min()} on"
        raise BadInput(str(path), (Finding(str(path), "date", str(found[off % length > 0][0]), expected),))
    return off // length, found.min()


def _day(value: object, path: Path) -> date:
    text = str(value)[:10]
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(str(path), (Finding(str(path), "date", text, "a date such as 2026-01-31"),)) from error


def _iso_week(text: object, path: Path) -> date:
    found = re.fullmatch(r"(\d{4})-?W(\d{1,2})", str(text))
    try:
        return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except (TypeError, ValueError) as error:
        raise BadInput(
            str(path), (Finding(str(path), "week", str(text), "an ISO week such as 2026-W05"),)
        ) from error


def epidemic_week(text: str, path: Path) -> date:
    """The Sunday on which a week of the US count begins (``195001``): week 1 has 4 January in it."""
    if not re.fullmatch(r"\d{6}", text) or not 1 <= int(text[4:]) <= 53:
        raise BadInput(str(path), (Finding(str(path), "week", text, "year and week such as 195001"),))
    fourth = date(int(text[:4]), 1, 4)
    return fourth - timedelta(days=fourth.isoweekday() % 7) + timedelta(weeks=int(text[4:]) - 1)
