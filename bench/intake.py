"""A laboratory's file end to end: read, mapped, checked, stored, derived; beside Django's bulk_create.

Everybody the results are about has arrived and is in isolation, so every row meets a running loop. Django
reads the same file, turns its times and codes into values, and keeps the rows in SQLite with the indexes
the same questions would need; it derives nothing.
"""

import sys
from pathlib import Path

from bench.house.command import Ask
from bench.house.command import main as run
from bench.house.lab_files import RESULTS_A_PERSON, last_moment, mapping_for
from bench.house.measure import Measured, Side, in_child, in_turn
from bench.house.rows import Row, row_of
from bench.house.rules import world
from bench.house.store import copy_of, kept, rules
from bench.house.watch import Watch
from fengsui.engines.sqlite import SqliteStore
from fengsui.sources.intake import intake

FULL = 1_000_000  # rows of the file
FORMS = {"csv": 1.0, "ndjson": 1.0, "xlsx": 0.1}  # and the share of the rows; a sheet has a million at most
RUNS, DJANGO_RUNS = 3, 1  # a round of ours takes half a minute, one of Django's longer


def main(arguments: list[str] | None = None) -> int:
    """The command line; sizes are rows."""
    return run("intake", rows, full=FULL, arguments=arguments)


def rows(ask: Ask) -> list[Row]:
    """Each form of file beside Django reading the same."""
    ask.tell(f"{-(-ask.size // RESULTS_A_PERSON):,} people in isolation")
    base = kept(ask.folder, f"isolated-{ask.size}", "bench.house.lab_files:enrol", rows=ask.size)
    made: list[Row] = []
    for form, share in FORMS.items():
        size = max(1, int(ask.size * share))
        given = {"file": str(_file(ask, form, rows=size)), "form": form, "rows": size}
        mine = Side("Fengsui", "bench.intake:take", given | {"base": str(base)})
        peer = Side("Django", "bench.peers.django_rows:take", given)
        own, django = in_turn(
            [mine, peer], runs=ask.runs or RUNS, tell=ask.tell, fewer={"Django": DJANGO_RUNS}
        )
        name = f"intake of {form.upper()}"
        note = "" if share == 1 else f"{size:,} rows"
        ours = row_of(name, _rates(own, size), "k rows/s", peak_mb=own.peak_mb, note=note)
        theirs = _rates(django, size)
        made += [
            ours,
            row_of(
                name, theirs, "k rows/s", peer="Django", own=ours, peak_mb=django.peak_mb, more_is_better=True
            ),
        ]
    return made


def take(watch: Watch, *, base: str, file: str, form: str, rows: int) -> int:
    """Our side: from the file to what is owed, committed."""
    mapping = mapping_for(form)
    with copy_of(base) as copy:
        store = SqliteStore.open(copy, rules(), world())
        with watch.part("all"):
            report = intake(Path(file), mapping, store, now=last_moment(rows), areas=world().areas)
        store.close()
    if report.taken != rows:
        raise ValueError(f"not every row was taken: {report}")
    return report.taken


def _file(ask: Ask, form: str, *, rows: int) -> Path:
    path = ask.folder / f"results-{rows}.{form}"
    if not path.exists():
        ask.tell(f"writing {path.name}")
        being_made = path.with_suffix(f".part.{form}")
        arguments = {"path": str(being_made), "form": form, "rows": rows}
        in_child("bench.house.lab_files:write_file", arguments)
        being_made.rename(path)
    return path


def _rates(m: Measured, rows: int) -> list[float]:
    return [rows / wall / 1e3 for wall in m.wall("all")]


if __name__ == "__main__":
    sys.exit(main())
