"""Areas as the scan takes them: how far apart, how many people; cases by area and day; their files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from fengsui.kit.errors import BadInput, Finding, NotFound

EARTH_KM = 6371.0088  # mean radius
MOST_FINDINGS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """Areas with the distances between all of them (n × n, inf: no way) and, where known, their people."""

    area_ids: tuple[str, ...]
    distance: np.ndarray
    population: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.area_ids)


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Cases one by one: the area of each (its number among the areas, from 0) and its day
    (``datetime64[D]``).
    """

    where: np.ndarray
    when: np.ndarray


def planar(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Distances between points of a map, in its own units."""
    return np.hypot(np.subtract.outer(x, x), np.subtract.outer(y, y))


def great_circle(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Distances on the globe in km between points in degrees (haversine formula)."""
    east, north = np.radians(longitude), np.radians(latitude)
    across = np.sin(np.subtract.outer(north, north) / 2) ** 2
    along = np.sin(np.subtract.outer(east, east) / 2) ** 2 * np.multiply.outer(np.cos(north), np.cos(north))
    return 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(1.0, across + along)))


def borders_between(n: int, neighbours: Sequence[tuple[int, int]]) -> np.ndarray:
    """How many borders lie between each two of n areas, going from neighbour to neighbour; inf: no way."""
    beside: list[set[int]] = [set() for _ in range(n)]
    for one, other in neighbours:
        beside[one].add(other)
        beside[other].add(one)
    out = np.full((n, n), np.inf)
    for start in range(n):
        edge, hops = {start}, 0
        while edge:
            out[start, list(edge)] = hops
            edge = {b for a in edge for b in beside[a] if np.isinf(out[start, b])}
            hops += 1
    return out


def read_areas(path: Path, *, neighbours: Path | None = None) -> Areas:
    """The areas of a CSV file ``area,longitude,latitude[,population]`` or ``area,x,y[,population]``.

    With a file ``area,neighbour`` distance is counted in borders, and no coordinates are asked for.
    """
    table = _read(path, {"area": pa.string(), "population": pa.float64()}, ("area",))
    area_ids = tuple(table["area"].to_pylist())
    if len(set(area_ids)) != len(area_ids) or not area_ids:
        twice = sorted({a for a in area_ids if area_ids.count(a) > 1})[:MOST_FINDINGS]
        raise BadInput(str(path), (Finding(str(path), "area", f"again: {twice}", "each area once"),))
    population = _numbers(table, "population", path) if "population" in table.column_names else None
    if population is not None and not np.all(population >= 0):
        raise BadInput(str(path), (Finding(str(path), "population", "below 0", "numbers from 0 up"),))
    if neighbours is not None:
        pairs = _read(neighbours, {"area": pa.string(), "neighbour": pa.string()}, ("area", "neighbour"))
        numbers = _numbered(area_ids)
        ends = [_found(pairs[name].to_pylist(), numbers, neighbours, name) for name in ("area", "neighbour")]
        between = borders_between(len(area_ids), list(zip(*ends, strict=True)))
        return Areas(area_ids, between, population)
    for names, distances in ((("longitude", "latitude"), great_circle), (("x", "y"), planar)):
        if set(names) <= set(table.column_names):
            return Areas(area_ids, distances(*(_numbers(table, name, path) for name in names)), population)
    expected = "longitude and latitude, x and y, or a file of neighbours"
    raise BadInput(str(path), (Finding(str(path), "columns", ", ".join(table.column_names), expected),))


def read_cases(path: Path, areas: Areas) -> Cases:
    """The cases of a CSV file ``area,date[,cases]``, a row a case or a row with how many."""
    table = _read(path, {"area": pa.string(), "date": pa.date32(), "cases": pa.int64()}, ("area", "date"))
    where = np.array(
        _found(table["area"].to_pylist(), _numbered(areas.area_ids), path, "area"), dtype=np.int64
    )
    when = table["date"].to_numpy().astype("datetime64[D]")
    count = table["cases"].to_numpy() if "cases" in table.column_names else np.ones(len(where), np.int64)
    if np.isnat(when).any() or (table.num_rows and not np.all(count >= 0)):
        expected = "a date on each row, and counts from 0 up"
        raise BadInput(str(path), (Finding(str(path), "date, cases", "missing or below 0", expected),))
    repeats = count.astype(np.int64)
    return Cases(np.repeat(where, repeats), np.repeat(when, repeats))


def _read(path: Path, types: Mapping[str, pa.DataType], needed: Sequence[str]) -> pa.Table:
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    options = csv.ConvertOptions(column_types=types, null_values=["NA", ""], strings_can_be_null=True)
    try:
        table = csv.read_csv(path, convert_options=options)
    except pa.ArrowInvalid as error:
        raise BadInput(str(path), (Finding(str(path), "file", str(error), "a table"),)) from error
    lacking = [name for name in needed if name not in table.column_names]
    if lacking:
        raise BadInput(
            str(path), tuple(Finding(str(path), name, "no such column", "a column") for name in lacking)
        )
    return table


def _numbers(table: pa.Table, name: str, path: Path) -> np.ndarray:
    column = table[name]
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)) or column.null_count:
        raise BadInput(str(path), (Finding(str(path), name, "missing or not a number", "a number each"),))
    return column.to_numpy().astype(float)


def _numbered(area_ids: Sequence[str]) -> dict[str, int]:
    return {area: i for i, area in enumerate(area_ids)}


def _found(names: Sequence[str], numbers: Mapping[str, int], path: Path, column: str) -> list[int]:
    unknown = [(i, name) for i, name in enumerate(names) if name not in numbers]
    if unknown:
        rows = unknown[:MOST_FINDINGS]
        raise BadInput(
            str(path),
            tuple(
                Finding(f"{path}: row {i + 2}", column, str(name), "an area of the list") for i, name in rows
            ),
        )
    return [numbers[name] for name in names]
