"""Writes the figures into docs/performance.md: the latest full run of every benchmark."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.house.command import FOLDER, RESULTS
from bench.house.measure import ROOT
from bench.house.rows import Row, number
from bench.house.targets import TARGETS, Target

DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
ORDER = (
    "replay",
    "incremental",
    "lab_day",
    "durable",
    "postgres_intake",
    "intake",
    "http_intake",
    "overdue",
    "explain",
    "dry_run",
    "policy_diff",
    "watch",
    "alerts",
    "boards",
    "first_command",
)
UNITS = {"ratio": "×", "peak_mb": "MB"}

Record = Mapping[str, object]


def write_report(document: Path = DOCUMENT, results: Path = FOLDER / RESULTS) -> int:
    """Put the tables between the two marks of the document; the number returned is the exit code."""
    text = document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        print(f"{document} has no place for the figures: {BEGIN} … {END}", file=sys.stderr)
        return 1
    tables = "\n".join(tables_of(latest(results)))
    document.write_text(f"{before}{BEGIN}\n\n{tables}\n{END}{after}", encoding="utf-8")
    return 0


def latest(results: Path) -> dict[str, Record]:
    """The last full run of each benchmark, by name."""
    if not results.exists():
        return {}
    records = map(json.loads, results.read_text(encoding="utf-8").splitlines())
    return {record["bench"]: record for record in records if record["full"]}


def tables_of(records: Mapping[str, Record]) -> Iterator[str]:
    """The lines: targets first, then machine and rows of every benchmark."""
    yield from _targets(records)
    for name in ORDER:
        if name in records:
            yield from _rows(name, records[name])


def _targets(records: Mapping[str, Record]) -> Iterator[str]:
    yield "| benchmark | what | to reach | measured | reached |"
    yield "|---|---|---|---|---|"
    for target in sorted(TARGETS, key=lambda t: ORDER.index(t.bench)):
        rows = list(_rows_of(target, records))
        if not rows:
            cells = (_what(target, target.row), _bound(target, ""), "not measured yet", "")
            yield f"| `{target.bench}` | {' | '.join(cells)} |"
        for row in rows:
            value = getattr(row, target.of)
            unit = UNITS.get(target.of, row.unit)
            reached = "yes" if target.is_met(value) else "**no**"
            cells = (_what(target, row.name), _bound(target, unit), f"{number(value)} {unit}", reached)
            yield f"| `{target.bench}` | {' | '.join(cells)} |"
    yield ""


def _rows_of(target: Target, records: Mapping[str, Record]) -> Iterator[Row]:
    for said in records.get(target.bench, {}).get("rows", ()):
        row = Row(**said)
        named = row.name.startswith(target.row[:-1]) if target.row.endswith("*") else row.name == target.row
        if named and row.peer == target.peer and getattr(row, target.of) is not None:
            yield row


def _what(target: Target, name: str) -> str:
    of = {"ratio": f": {target.peer}'s cost over ours", "peak_mb": ": peak memory"}
    if target.peer == "bare insert":
        of["ratio"] = ": share of the bare insert's rate"
    return name + of.get(target.of, "")


def _bound(target: Target, unit: str) -> str:
    return f"{target.sign} {number(target.bound)} {unit}".rstrip()


def _rows(name: str, record: Record) -> Iterator[str]:
    machine = record["machine"]
    yield f"### {name}"
    yield ""
    versions = ", ".join(f"{package} {version}" for package, version in machine["packages"].items())
    yield (
        f"{record['at'][:10]}, {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"load {machine['load']} before; Python {machine['python']}, {versions}."
    )
    yield ""
    yield "| what | who | figure | from … to | runs | ratio | peak memory |"
    yield "|---|---|---|---|---|---|---|"
    rows = [Row(**said) for said in record["rows"]]
    for row in rows:
        spread = f"{number(row.low)} … {number(row.high)}" if row.runs > 1 else ""
        ratio = f"{number(row.ratio)} ×" if row.ratio is not None else ""
        peak = f"{number(row.peak_mb)} MB" if row.peak_mb is not None else ""
        cells = (
            row.name,
            row.peer or "Fengsui",
            f"{number(row.figure)} {row.unit}",
            spread,
            str(row.runs),
            ratio,
            peak,
        )
        yield f"| {' | '.join(cells)} |"
    yield ""
    for row in rows:
        if row.note:
            yield f"- {row.name}{', ' + row.peer if row.peer else ''}: {row.note}"
    yield ""
