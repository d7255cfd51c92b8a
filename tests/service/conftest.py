"""The pages over the small region of the board's tests, asked for through Django's own client.

Versions are tried on a file of their own, since what tries them opens a region by its file.
"""

import pytest

from fengsui.board.policy import policy
from fengsui.engines.derivation import Derivation
from fengsui.engines.home import Setting, make_home, open_home, rules_of
from fengsui.engines.snapshot import Snapshot
from fengsui.facts.batch import Batch
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.clock import fixed
from fengsui.protocols.library import Library
from fengsui.service.app import ROOM, configure
from fengsui.service.room import Room
from tests.board.region import NOW, complete, open_store, stories, world


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """The same stories in the file of a region."""
    path = tmp_path_factory.mktemp("home") / "region.db"
    make_home(path, Setting("inner-mongolia"))
    with open_home(path) as opened:
        opened.store.take(Batch.of(stories()), now=NOW)
        yield opened


@pytest.fixture(scope="session")
def room(tmp_path_factory, home) -> Room:
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
        store=store,
        compare=lambda library, old, new, as_of, known_at: policy(
            home, library, old, new, as_of=as_of, known_at=known_at
        ),
        clock=fixed(NOW),
    )
    store.close()


@pytest.fixture
def browser(room):
    """Somebody at this machine."""
    configure()
    from django.test import Client

    return Client(SERVER_NAME="127.0.0.1", **{ROOM: room})
