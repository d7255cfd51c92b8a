"""Reading a region: ``region.yaml`` and ``areas.csv``, with every fault named by file, row and field."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from fengsui.kit.areas import Area, Region
from fengsui.kit.civil import day_from
from fengsui.kit.errors import BadInput, Finding, NotFound
from fengsui.kit.instant import zone_info
from fengsui.kit.text import Text
from fengsui.kit.yaml12 import load

COLUMNS = (
    "code", "parent", "level", "name_zh", "name_en", "kind", "valid_from", "valid_until", "zone", "alias",
)  # fmt: skip
_NEEDED = ("code", "parent", "level")


def read_region(path: Path) -> tuple[Region, list[Area]]:
    """A region and its areas in file order, their zones filled in from above.

    ``path`` is the folder or its region.yaml. Raises NotFound if a file is missing, BadInput with one
    finding for each place that cannot be taken.
    """
    region = read_header(path)
    table = (path if path.is_dir() else path.parent) / "areas.csv"
    if not table.is_file():
        raise NotFound(f"There is no region file {table}.")
    rows = list(_read_rows(table))
    findings = [found for where, row in rows for found in _faults(where, row, region)]
    _refuse(findings, table)
    placed = [(where, _area(row)) for where, row in rows]
    _refuse([*_misplaced(placed, region), *_overlapping(placed)], table)
    return region, _with_zones([area for _, area in placed], region)


def read_header(path: Path) -> Region:
    """What the region file alone says. ``path`` and errors as for ``read_region``."""
    from yaml import YAMLError  # here, because few processes read a region file

    path = path / "region.yaml" if path.is_dir() else path
    if not path.is_file():
        raise NotFound(f"There is no region file {path}.")
    try:
        said = load(path.read_text(encoding="utf-8"))
        names = {one["key"]: _words(one) for one in said["levels"]}
        uses = said.get("uses", "all")
        region = Region(
            key=str(said["region"]),
            name=_words(said["name"]),
            zone=str(said["zone"]),
            country=str(said["country"]) if said.get("country") else None,
            levels=tuple(names),
            level_names=names,
            role_names={str(role): _words(one) for role, one in (said.get("roles") or {}).items()},
            uses=None if uses == "all" else _listed(uses),
        )
        zone_info(region.zone)
    except (YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        expected = (
            "region, name {zh, en}, zone (IANA), country, levels top down as {key, zh, en}; and, if wanted, "
            "roles as role: {zh, en}, and uses: all, or a list of packs and protocols that ship"
        )
        found = Finding(path.name, "header", str(error), expected)
        raise BadInput("This region file cannot be taken.", (found,)) from error
    return region


def _words(said: Mapping[str, object]) -> Text:
    return Text(str(said["zh"]), str(said["en"]))


def _listed(said: object) -> tuple[str, ...]:
    if not isinstance(said, list):
        raise ValueError(f"uses: {said!r}")
    return tuple(map(str, said))


def _read_rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if missing := [name for name in _NEEDED if name not in (rows.fieldnames or ())]:
            found = Finding(f"{path.name}:1", "columns", ",".join(rows.fieldnames or ()), ",".join(COLUMNS))
            raise BadInput(f"The columns {', '.join(missing)} are missing.", (found,))
        for row in rows:
            yield f"{path.name}:{rows.line_num}", {name: (row.get(name) or "").strip() for name in COLUMNS}


def _faults(where: str, row: dict[str, str], region: Region) -> Iterator[Finding]:
    """What is wrong with one row by itself."""
    if not row["code"]:
        yield Finding(where, "code", "nothing", "a code")
    if row["level"] not in region.levels:
        yield Finding(where, "level", repr(row["level"]), f"one of {', '.join(region.levels)}")
    if not (row["name_zh"] or row["name_en"]):
        yield Finding(where, "name_zh", "nothing", "a name in at least one language")
    for field in ("valid_from", "valid_until"):
        try:
            _day(row[field])
        except ValueError:
            yield Finding(where, field, repr(row[field]), "a day such as 2013-03-08, or nothing")
    try:
        zone_info(row["zone"] or region.zone)
    except ValueError:
        yield Finding(where, "zone", repr(row["zone"]), "an IANA time zone such as Asia/Shanghai, or nothing")


def _area(row: dict[str, str]) -> Area:
    return Area(
        code=row["code"],
        parent=row["parent"] or None,
        level=row["level"],
        name=Text(row["name_zh"], row["name_en"]),
        zone=row["zone"],
        valid_from=_day(row["valid_from"]),
        valid_until=_day(row["valid_until"]),
        kind=row["kind"],
        aliases=tuple(filter(None, (alias.strip() for alias in row["alias"].split("|")))),
    )


def _misplaced(placed: list[tuple[str, Area]], region: Region) -> Iterator[Finding]:
    """Areas without a parent that is there and above them. Levels fall on the way down, so no circle can."""
    levels: dict[str, str] = {}
    for _, area in placed:
        levels.setdefault(area.code, area.level)
    depth = {level: i for i, level in enumerate(region.levels)}
    for where, area in placed:
        if levels[area.code] != area.level:
            yield Finding(where, "level", area.level, f"{levels[area.code]}, as in its first row")
        if area.parent is None:
            if depth[area.level]:
                yield Finding(where, "parent", "nothing", "the code of the area above")
        elif area.parent not in levels:
            yield Finding(where, "parent", repr(area.parent), "the code of an area in this file")
        elif depth[levels[area.parent]] >= depth[area.level]:
            yield Finding(where, "parent", f"{area.parent} ({levels[area.parent]})", f"above {area.level}")


def _overlapping(placed: list[tuple[str, Area]]) -> Iterator[Finding]:
    """Codes with two rows for the same day, or with rows that do not follow one another in the file."""
    rows: dict[str, list[tuple[str, Area]]] = {}
    for where, area in placed:
        rows.setdefault(area.code, []).append((where, area))
    for versions in rows.values():
        for (_, earlier), (where, later) in pairwise(versions):
            until, begins = earlier.valid_until, later.valid_from
            if until is None or begins is None or begins < until:
                expected = f"a day on or after the valid_until of the row of {later.code} before it"
                yield Finding(where, "valid_from", "an overlap", expected)


def _with_zones(areas: list[Area], region: Region) -> list[Area]:
    """The areas with a zone each: its own, or that of the nearest area above which has one."""
    by_code = {area.code: area for area in areas}

    def zone_above(area: Area) -> str:
        while not area.zone and area.parent is not None:
            area = by_code[area.parent]
        return area.zone or region.zone

    return [replace(area, zone=zone_above(area)) for area in areas]


def _day(text: str) -> int | None:
    if not text:
        return None
    day = date.fromisoformat(text)
    return day_from(day.year, day.month, day.day)


def _refuse(findings: list[Finding], path: Path) -> None:
    if findings:
        raise BadInput(f"{len(findings)} places of {path.name} cannot be taken.", tuple(findings))
