"""The pages over the small region of the board's tests, asked for through Django's own client."""

import pytest

from fengsui.engines.derivation import Derivation
from fengsui.engines.home import rules_of
from fengsui.engines.snapshot import Snapshot
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.clock import fixed
from fengsui.protocols.library import Library
from fengsui.service.app import ROOM, configure
from fengsui.service.room import Room
from tests.board.region import NOW, complete, open_store, stories, world


@pytest.fixture(scope="session")
def room(tmp_path_factory) -> Room:
    """The region at NOW."""
    of = world()
    library = Library.shipped(of.areas.region.zone)
    path = tmp_path_factory.mktemp("service") / "region.db"
    store = open_store(path, [*stories(), complete("lab-a", 1), complete("lab-b", 60)], of, library)
    derivation = Derivation(rules_of(library, of.areas), of)
    yield Room(
        live=lambda: store.view,
        view_at=lambda as_of, known_at: Snapshot(store.facts(), derivation, as_of=as_of, known_at=known_at),
        library=library,
        world=of,
        kinds=Catalogue.shipped(),
        ledger=store,
        clock=fixed(NOW),
    )
    store.close()


@pytest.fixture
def browser(room):
    """Somebody at this machine."""
    configure()
    from django.test import Client

    return Client(SERVER_NAME="127.0.0.1", **{ROOM: room})
