"""Every store that keeps facts and what follows from them. A new engine joins and takes every test."""

from collections.abc import Callable
from itertools import count

import pytest

from fengsui.engines import lane, lane_rows, numbering, resident, upkeep, ways
from fengsui.engines.sqlite import SqliteStore
from fengsui.loops.loop import World
from fengsui.loops.strata import Rules

Opener = Callable[..., SqliteStore]


@pytest.fixture(params=["sqlite", "sqlite by the short way"])
def engine(request, tmp_path_factory, monkeypatch):
    """Opens a store: ``engine(rules, world)`` a new one, ``engine(rules, world, at=path)`` that one again.

    The short way, the histories it keeps and the columns of the ways into the log are meant for many facts;
    here they begin with the first.
    """
    if "short" in request.param:
        monkeypatch.setattr(upkeep, "MANY", 0)
        monkeypatch.setattr(ways, "TAIL", 5)
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

    def open_store(rules: Rules, world: World, *, at=None, **named) -> SqliteStore:
        store = SqliteStore.open(at or folder / f"{next(numbers)}.sqlite", rules, world, **named)
        opened.append(store)
        return store

    yield open_store
    for store in opened:
        store.close()
