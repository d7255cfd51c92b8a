"""Serve the board on this machine, in both languages. There is no login yet, so nobody else can reach it.

在本机提供看板页面（中英文）。尚无登录，因此只在本机可访问。
"""

from importlib import import_module
from typing import Annotated

from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.kit.clock import fixed

Port = Annotated[int, option("--port", "端口；默认 8000", "port; 8000", metavar="N", min=0, max=65535)]
Open = Annotated[bool, option("--open", "在浏览器中打开", "open it in the browser")]


def command(run: Run, port: Port = 8000, open_browser: Open = False) -> None:
    """Serve until interrupted; with --as-of the clock stands still at that moment."""
    asked = run.moment()
    clock = run.outside.clock if asked.is_now else fixed(asked.as_of)
    serve(run, clock, port=port, open_browser=open_browser)


def serve(run: Run, clock, *, port: int, open_browser: bool) -> None:
    """Hand the database over to the service, which alone knows the web."""
    service = import_module("fengsui.service.serve")
    service.serve(run.db, port=port, clock=clock, lang=run.lang, open_browser=open_browser)
