"""Databases with a history in them, made once for each size and copied for each measurement."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from hashlib import blake2b
from pathlib import Path

from bench.house.measure import in_child
from bench.house.rules import world
from bench.house.watch import Watch
from bench.house.workload import RECIPE, Workload, inbound, part_of
from fengsui.engines import sqlite
from fengsui.engines.home import rules_of
from fengsui.engines.sqlite import SqliteStore, digest_of
from fengsui.facts.catalogue import Catalogue
from fengsui.facts.check import Checker
from fengsui.loops.strata import Rules
from fengsui.protocols.library import Library

# Of a stream's rows, how many are history: after three quarters of them people still arrive, most of
# those who came are still running, and the others have not long gone.
HISTORY = 0.75
FACTS_A_LOOP = 11.83  # of the stream
PRELOAD_BATCH = 100_000


@cache
def rules() -> Rules:
    """Every shipped protocol, as it holds in the areas of the region."""
    areas = world().areas
    return rules_of(Library.shipped(areas.region.zone), areas)


@cache
def checker() -> Checker:
    """The door every fact goes through."""
    return Checker(Catalogue.read(()), world().areas)


def loops_for(facts: int, *, more: int = 0) -> int:
    """Of how many loops a stream has so many facts as its history, and at least so many more after it."""
    return max(10, round(max(facts / HISTORY, facts + more * 1.1) / FACTS_A_LOOP))


def with_history(folder: Path, *, loops: int, facts: int) -> Path:
    """A database with the first facts of the stream of so many loops; made if it is not there."""
    file = inbound(folder, loops)
    name = f"history-{loops}-{facts}"
    return kept(folder, name, "bench.house.store:preload", file=asdict(file), facts=facts)


def kept(folder: Path, name: str, function: str, **arguments: object) -> Path:
    """A database that a function fills in a process of its own; kept while it would come out the same."""
    path = folder / f"{name}-{RECIPE}-{_likeness()}.sqlite"
    if not path.exists():
        being_made = path.with_suffix(".part")
        being_made.unlink(missing_ok=True)
        in_child(function, {"path": str(being_made), **arguments})
        being_made.rename(path)
    return path


def preload(watch: Watch, *, path: str, file: dict, facts: int) -> None:
    """Take the first facts of a file."""
    file = Workload(**file)
    store = SqliteStore.open(path, rules(), world())
    with watch.part("all"):
        for first in range(0, facts, PRELOAD_BATCH):
            rows = part_of(file, first, min(facts, first + PRELOAD_BATCH))
            for batch in rows.batches(PRELOAD_BATCH):
                store.take(batch, now=file.now)
    store.close()


@contextmanager
def copy_of(path: str) -> Iterator[Path]:
    """A copy of a database, beside it, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="copy-", dir=Path(path).parent) as folder:
        yield Path(shutil.copyfile(path, Path(folder) / "copy.sqlite"))


def _likeness() -> str:
    """Changes whenever rules, areas or tables do."""
    digest = blake2b(digest_of(rules(), world()).encode(), digest_size=6)
    for script in sorted(Path(sqlite.__file__).parent.glob("schema/*.sql")):
        digest.update(script.read_bytes())
    return digest.hexdigest()
