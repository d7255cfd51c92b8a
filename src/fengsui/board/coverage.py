"""Which clauses run: clause → protocols → golden histories → screens. What does not run is said so."""

from collections.abc import Sequence
from dataclasses import dataclass

from fengsui.engines.golden_suite import Suite
from fengsui.kit.text import Text
from fengsui.protocols.pack import Pack, carried_out, clauses

SCREENS = ("/protocol/{}", "/loops?protocol={}", "/breaks?protocol={}")  # of each protocol


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause. ``running``: every protocol named for it is there and has histories, all of which pass."""

    clause: int
    title: Text
    protocols: tuple[str, ...]
    golden_tests: tuple[str, ...]
    screens: tuple[str, ...]
    running: bool


def coverage(suite: Suite, packs: Sequence[Pack]) -> tuple[Clause, ...]:
    """Every clause by number; the histories of the suite are run for it."""
    by_protocol: dict[str, list[str]] = {}
    failed = {name for one in suite.unreadable for name in one.protocols}
    for verdict in suite.verdicts:
        for name in verdict.golden.protocols:
            by_protocol.setdefault(name, []).append(verdict.golden.file)
            if verdict.misses:
                failed.add(name)
    found = []
    titles = clauses()
    for number, names in carried_out(packs).items():
        histories = dict.fromkeys(file for name in names for file in by_protocol.get(name, ()))
        runs = all(n in suite.library.names and n in by_protocol and n not in failed for n in names)
        screens = tuple(screen.format(name) for name in names for screen in SCREENS)
        row = Clause(number, titles[number], names, tuple(histories), screens, bool(names) and runs)
        found.append(row)
    return tuple(found)


def coverage_page(rows: Sequence[Clause]) -> str:
    """``docs/coverage.md``."""
    n_running = sum(row.running for row in rows)
    lines = [
        "# Coverage 条款覆盖",
        "",
        f"{n_running} of {len(rows)} clauses have running loops: every protocol named for the clause is",
        "loaded and has golden histories, all of which pass. Written by `fengsui protocol docs --write`;",
        "as JSON: `fengsui coverage --json`.",
        "",
        f"{len(rows)} 条中有 {n_running} 条的闭环在运行：所列规程均已载入，并有全部通过的范例。",
        "",
        "| | clause 条款 | protocols 规程 | golden histories 范例 | screens 页面 | running 运行 |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        names = "<br>".join(f"`{name}`" for name in row.protocols) or "—"
        screens = "<br>".join(f"`{SCREENS[0].format(name)}`" for name in row.protocols) or "—"
        state = "✓" if row.running else "✗ no 否"
        title = f"{row.title.zh}<br>{row.title.en}"
        lines.append(f"| {row.clause} | {title} | {names} | {len(row.golden_tests)} | {screens} | {state} |")
    return "\n".join(lines) + "\n"
