"""Open a region's file and serve its pages: at a desk, to this machine; as a service, to who logs in."""

import threading
import webbrowser
from hashlib import blake2b
from importlib import import_module
from pathlib import Path

import uvicorn
from a2wsgi import WSGIMiddleware

from fengsui.access.policy import Policy
from fengsui.board.policy import policy
from fengsui.engines.address import Address, beside
from fengsui.engines.derivation import Derivation
from fengsui.engines.home import Home, open_home
from fengsui.engines.pulse import Pulse
from fengsui.engines.snapshot import Snapshot
from fengsui.kit.clock import Clock
from fengsui.service.app import application, with_tables
from fengsui.service.boards import following
from fengsui.service.config import read_config, secret_of
from fengsui.service.live import Live
from fengsui.service.room import Room
from fengsui.watch.kept import folder_beside

HOST = "127.0.0.1"  # a desk has no login, so no other machine may reach it
PORT = 8000
THREADS = 4  # pages are put together one at a time and rendered side by side
SOON = 0.8  # seconds until the browser is told to look


def serve(
    db: Address,
    *,
    clock: Clock,
    port: int = PORT,
    lang: str = "zh",
    open_browser: bool = False,
) -> None:
    """Serve the region of this database until interrupted. NotFound or BadInput if it is not a region's.

    ``clock`` says what *now* is on the pages: a drill's region is shown at the drill's own time.
    """
    with open_home(db) as home:
        room = room_of(home, clock=clock, lang=lang)
        asgi = Live(WSGIMiddleware(application(room), workers=THREADS), room.boards)
        if open_browser:
            threading.Timer(SOON, webbrowser.open, (address(port),)).start()
        with following(room.boards, lambda: Pulse(home.path)):
            uvicorn.run(asgi, host=HOST, port=port, log_level="warning", lifespan="off", access_log=False)


def serve_config(path: Path, *, clock: Clock) -> None:
    """Serve a region to people who log in, as a configuration file says. NotFound or BadInput."""
    config = read_config(path)
    with open_home(config.address) as home:
        with_tables(config)
        room = room_of(home, clock=clock, lang=config.lang)
        room.mornings = Path(config.mornings)
        room.salt = blake2b(secret_of(config).encode()).digest()
        room.policy = Policy.read(Path(config.policy)) if config.policy else room.policy
        room.actor_of, room.has_accounts = import_module("fengsui.service.accounts.door").actor_of, True
        room.knows = import_module("fengsui.service.accounts.people").can_log_in
        asgi = Live(WSGIMiddleware(application(room), workers=config.threads), room.boards)
        tls = {"ssl_certfile": config.tls.certificate, "ssl_keyfile": config.tls.key} if config.tls else {}
        with following(room.boards, lambda: Pulse(home.path)):
            uvicorn.run(
                asgi,
                host=config.host,
                port=config.port,
                log_level="warning",
                lifespan="off",
                access_log=False,
                server_header=False,
                proxy_headers=bool(config.proxies),
                **tls,
            )


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
        store=home.store,
        compare=lambda library, old, new, as_of, known_at: policy(
            home, library, old, new, as_of=as_of, known_at=known_at
        ),
        clock=clock,
        lang=lang,
        secret=home.setting.key(),
        mornings=folder_beside(beside(home.path, Path())),
    )
