"""Serve the board on this machine, in both languages. There is no login yet, so nobody else can reach it.

在本机提供看板页面（中英文）。尚无登录，因此只在本机可访问。
"""

from importlib import import_module
from typing import Annotated

from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.engines.home import setting_of
from fengsui.kit.clock import Clock, fixed
from fengsui.kit.errors import Conflict

FIRST, LAST = 8000, 8019  # ports that are tried where none is named
Port = Annotated[
    int | None,
    option(
        "--port",
        "端口；默认 8000 起第一个空闲的",
        "port; the first free one from 8000",
        metavar="N",
        min=1,
        max=65535,
    ),
]
Open = Annotated[bool, option("--open", "在浏览器中打开", "open it in the browser")]


def command(run: Run, port: Port = None, open_browser: Open = False) -> None:
    """Serve until interrupted; with --as-of the clock stands still at that moment."""
    asked = run.moment()
    clock = run.outside.clock if asked.is_now else fixed(asked.as_of)
    setting_of(run.db)
    serve(run, clock, port=free_port(run, port), open_browser=open_browser)


def free_port(run: Run, port: int | None) -> int:
    """The port that was named, or the first that is free. Conflict if there is none."""
    found = next(
        (one for one in ([port] if port else range(FIRST, LAST + 1)) if run.outside.is_free(one)), None
    )
    if found is None:
        raise Conflict(
            f"Somebody listens on port {port or f'{FIRST} to {LAST}'} already; name another with --port."
        )
    return found


def serve(run: Run, clock: Clock, *, port: int, open_browser: bool) -> None:
    """Hand the database over to the service, which alone knows the web, and say where it is."""
    service = import_module("fengsui.service.serve")
    said = run.say(
        f"看板：{service.address(port)}（仅限本机，尚无登录；Ctrl-C 结束）",
        f"The board: {service.address(port)} (this machine only, no login yet; Ctrl-C ends it)",
    )
    stream = run.outside.err if run.as_json else run.outside.out
    stream.write(f"{said}\n")
    stream.flush()
    service.serve(run.db, port=port, clock=clock, lang=run.lang, open_browser=open_browser)
