"""One small region for all tests of the board: nothing here writes to it."""

import pytest

from fengsui.board.desk import Desk
from fengsui.protocols.library import Library
from tests.board.region import complete, desk_of, open_store, stories, world


@pytest.fixture(scope="session")
def desk(tmp_path_factory) -> Desk:
    """The desk at NOW: laboratory a is complete, laboratory b has been silent for sixty hours."""
    of = world()
    library = Library.shipped(of.areas.region.zone)
    path = tmp_path_factory.mktemp("board") / "region.db"
    store = open_store(path, [*stories(), complete("lab-a", 1), complete("lab-b", 60)], of, library)
    yield desk_of(store, of, library)
    store.close()
