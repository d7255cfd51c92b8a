"""Databases with a history in them, made once for each size and copied for each measurement."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from pathlib import Path

from bench.house.measure import in_child
from bench.house.rules import world
from bench.house.watch import Watch
from bench.house.workload import RECIPE, travellers
from fengsui.drill.stream import Stream
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


def loops_for(facts: int) -> int:
    """Of how many loops the history has about so many facts."""
    return max(10, round(facts / HISTORY / FACTS_A_LOOP))


def history(made: Stream) -> Stream:
    """The part of a stream that is in the database before anything is measured."""
    return _part(made, 0, int(len(made) * HISTORY))


def arriving(made: Stream) -> Stream:
    """The part that arrives afterwards."""
    return _part(made, int(len(made) * HISTORY), len(made))


def _part(made: Stream, first: int, end: int) -> Stream:
    return replace(made, **{name: column[first:end] for name, column in made.columns.items()})


def with_history(folder: Path, loops: int) -> Path:
    """A database with the history of so many loops; made if it is not there."""
    return kept(folder, f"history-{loops}", "bench.house.store:preload", loops=loops)


def kept(folder: Path, name: str, function: str, **arguments: object) -> Path:
    """A database that a function fills in a process of its own; kept while it would come out the same."""
    path = folder / f"{name}-{RECIPE}-{_likeness()}.sqlite"
    if not path.exists():
        being_made = path.with_suffix(".part")
        being_made.unlink(missing_ok=True)
        in_child(function, {"path": str(being_made), **arguments})
        being_made.rename(path)
    return path


def preload(watch: Watch, *, path: str, loops: int) -> None:
    """Take the history of a stream."""
    made = travellers(loops)
    store = SqliteStore.open(path, rules(), world())
    with watch.part("all"):
        for batch in history(made).batches(PRELOAD_BATCH):
            store.take(batch, now=made.as_of)
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
