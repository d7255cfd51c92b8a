"""An empty office for each test; protocols and areas are read once."""

from collections.abc import Iterator

import pytest

from fengsui.loops.loop import World
from fengsui.protocols.library import Library
from tests.alerts.office import Office
from tests.board.region import world


@pytest.fixture(scope="session")
def ground() -> tuple[World, Library]:
    """The areas and the protocols."""
    of = world()
    return of, Library.shipped(of.areas.region.zone)


@pytest.fixture
def office(tmp_path, ground) -> Iterator[Office]:
    """An office without a fact."""
    made = Office(tmp_path / "region.db", *ground)
    yield made
    made.close()
