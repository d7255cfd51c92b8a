"""A region with a post at its gate: an officer, a phone, and a store that the test may change."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from a2wsgi import WSGIMiddleware

from fengsui.access.actors import Actor, Post
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.clock import fixed
from fengsui.loops.loop import World
from fengsui.protocols.library import Library
from fengsui.service.app import application
from fengsui.service.live import Live
from fengsui.service.room import Room
from tests.board.region import MANZHOULI, NOW, open_store, stories

OFFICER = Actor("zhao", "赵", (Post("transfer", MANZHOULI),), "border")


@contextmanager
def gate(path: Path, of: World, library: Library, actor: Actor = OFFICER) -> Iterator[Room]:
    """The region of the board's tests, asked by one actor."""
    store = open_store(path, stories(), of, library)
    try:
        yield Room(
            live=lambda: store.view,
            view_at=lambda as_of, known_at: store.view,
            library=library,
            world=of,
            kinds=Catalogue.shipped(),
            store=store,
            compare=lambda *asked, **more: None,
            clock=fixed(NOW),
            actor_of=lambda request: actor,
        )
    finally:
        store.close()


@contextmanager
def served(room: Room) -> Iterator[str]:
    """The pages of a room on a free port of this machine; the address they are at."""
    listening = socket.create_server(("127.0.0.1", 0))
    asgi = Live(WSGIMiddleware(application(room), workers=2), room.boards)
    config = uvicorn.Config(
        asgi, log_level="error", lifespan="off", access_log=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        yield f"http://localhost:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
