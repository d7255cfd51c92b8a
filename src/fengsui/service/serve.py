"""Open a region's file and serve its pages on this machine, in one process."""

import threading
import webbrowser
from pathlib import Path

import uvicorn
from a2wsgi import WSGIMiddleware

from fengsui.engines.derivation import Derivation
from fengsui.engines.home import Home, open_home
from fengsui.engines.snapshot import Snapshot
from fengsui.kit.clock import Clock
from fengsui.service.app import application
from fengsui.service.room import Room

HOST = "127.0.0.1"  # there is no login yet, so no other machine may reach us
PORT = 8000
THREADS = 4  # pages are put together one at a time and rendered side by side
SOON = 0.8  # seconds until the browser is told to look


def serve(
    db_path: Path,
    *,
    clock: Clock,
    port: int = PORT,
    lang: str = "zh",
    open_browser: bool = False,
) -> None:
    """Serve the region of this file until interrupted. NotFound or BadInput if it is not a region's.

    ``clock`` says what *now* is on the pages: a drill's region is shown at the drill's own time.
    """
    with open_home(db_path) as home:
        asgi = WSGIMiddleware(application(room_of(home, clock=clock, lang=lang)), workers=THREADS)
        if open_browser:
            threading.Timer(SOON, webbrowser.open, (address(port),)).start()
        uvicorn.run(asgi, host=HOST, port=port, log_level="warning", lifespan="off", access_log=False)


def address(port: int) -> str:
    """Where the board is."""
    return f"http://{HOST}:{port}/"


def room_of(home: Home, *, clock: Clock, lang: str = "zh") -> Room:
    """What the pages of an open region are made from."""
    derivation = Derivation(home.rules, home.world)
    return Room(
        live=lambda: home.store.view,
        view_at=lambda as_of, known_at: Snapshot(
            home.store.facts(), derivation, as_of=as_of, known_at=known_at
        ),
        library=home.library,
        world=home.world,
        kinds=home.kinds,
        ledger=home.store,
        clock=clock,
        lang=lang,
    )
