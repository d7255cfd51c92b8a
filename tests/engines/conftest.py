"""Every store that keeps facts and what follows from them. A new engine joins and takes every test."""

from collections.abc import Callable
from hashlib import blake2b
from itertools import count
from pathlib import Path

import pytest

from fengsui.engines import lane, lane_rows, numbering, resident, upkeep, ways
from fengsui.engines.address import Address
from fengsui.engines.store import RegionStore
from fengsui.loops.loop import World
from fengsui.loops.strata import Rules
from tests.engines.stories import open_at

Opener = Callable[..., RegionStore]
ENGINES = ("sqlite", "postgres")


def address_on(engine: str, path: Path, request: pytest.FixtureRequest) -> Address:
    """Where a test that would use this file finds its database: the file, or a schema named after it."""
    if engine == "sqlite":
        return path
    name = blake2b(str(path).encode(), digest_size=8).hexdigest()
    return request.getfixturevalue("postgres").schema(f"s{name}")


@pytest.fixture(params=ENGINES)
def address(request, tmp_path) -> Address:
    """Where a database can be made, on each engine."""
    return address_on(request.param, tmp_path / "region.db", request)


@pytest.fixture(params=[f"{name}{way}" for name in ENGINES for way in ("", " by the short way")])
def engine(request, tmp_path_factory, monkeypatch):
    """Opens a store: ``engine(rules, world)`` a new one, ``engine(rules, world, at=path)`` that one again.

    The short way, the histories it keeps and the columns of the ways into the log are meant for many facts;
    here they begin with the first.
    """
    name, _, way = request.param.partition(" ")
    if way:
        monkeypatch.setattr(upkeep, "MANY", 0)
        monkeypatch.setattr(ways, "TAIL", 5)
        monkeypatch.setattr(ways, "SHORT_TAIL", 3)
        monkeypatch.setattr(ways, "FAN_IN", 3)
        monkeypatch.setattr(resident, "KEPT", 4)
        monkeypatch.setattr(resident, "AT_ONCE", 3)
        monkeypatch.setattr(lane_rows, "KEPT", 4)
        monkeypatch.setattr(numbering, "STRUNG", 3)
        monkeypatch.setattr(lane, "PART", 2)
        monkeypatch.setattr(lane, "ASIDE", 6)
    folder = tmp_path_factory.mktemp("stores")
    numbers = count()
    opened = []

    def open_store(rules: Rules, world: World, *, at=None, **named) -> RegionStore:
        path = at or folder / f"{next(numbers)}.sqlite"
        store = open_at(address_on(name, path, request), rules, world, **named)
        opened.append(store)
        return store

    yield open_store
    for store in opened:
        store.close()
