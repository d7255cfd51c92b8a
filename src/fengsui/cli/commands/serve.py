"""Serve the pages, in both languages: at a desk, or with --config as a service with accounts.

提供页面（中英文）：本机桌面模式；加 --config 则为有账户的服务。

A desk has no login and can be reached from this machine only. A service asks everybody to log in.

桌面模式没有登录，只在本机可访问。服务模式人人须登录。
"""

from importlib import import_module
from pathlib import Path
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
Config = Annotated[
    Path | None,
    option(
        "--config",
        "服务的配置文件（fengsui.toml）",
        "configuration of a service (fengsui.toml)",
        metavar="FILE",
    ),
]
Open = Annotated[bool, option("--open", "在浏览器中打开", "open it in the browser")]


def command(run: Run, port: Port = None, open_browser: Open = False, config: Config = None) -> None:
    """Serve until interrupted; with --as-of the clock stands still at that moment."""
    if config is not None:
        serve_config(run, config)
        return
    asked = run.moment()
    clock = run.outside.clock if asked.is_now else fixed(asked.as_of)
    setting_of(run.db)
    serve(run, clock, port=free_port(run, port), open_browser=open_browser)


def serve_config(run: Run, config: Path) -> None:
    """Serve to people who log in. The zone of --as-of, if given, is that of the region it serves."""
    told = import_module("fengsui.service.config").read_config(config)
    run.db = told.address
    asked = run.moment()
    clock = run.outside.clock if asked.is_now else fixed(asked.as_of)
    stream = run.outside.err if run.as_json else run.outside.out
    stream.write(
        run.say(f"服务：{told.public}（Ctrl-C 结束）", f"The service: {told.public} (Ctrl-C ends it)") + "\n"
    )
    stream.flush()
    import_module("fengsui.service.serve").serve_config(config, clock=clock)


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
        f"看板：{service.address(port)}（仅限本机，没有登录；Ctrl-C 结束）",
        f"The board: {service.address(port)} (this machine only, no login; Ctrl-C ends it)",
    )
    stream = run.outside.err if run.as_json else run.outside.out
    stream.write(f"{said}\n")
    stream.flush()
    service.serve(run.db, port=port, clock=clock, lang=run.lang, open_browser=open_browser)
