"""Tell everybody whom a break concerns, and go on telling, until interrupted; with --once, one round.

按配置持续通知断点责任人和上级，直到中断；加 --once 只做一轮。

The configuration is the service's one file. What fell due while nothing ran is told now and says that it
comes late. Two of these side by side do no harm.

配置与服务共用一个文件。停机期间到时的，启动后补发并注明迟到。同时运行两个也不会重发。
"""

import signal
import threading
from importlib import import_module
from pathlib import Path
from typing import Annotated

from fengsui.alerts.sweep import Swept
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.engines.address import address_of
from fengsui.engines.home import open_home
from fengsui.kit.text import Text

ConfigFile = Annotated[
    Path, option("--config", "服务的配置文件", "the configuration file of the service", metavar="FILE")
]
Once = Annotated[bool, option("--once", "只做一轮", "one round only")]


def command(run: Run, config: ConfigFile = Path("fengsui.toml"), once: Once = False) -> None:
    """Sweep, write, carry; again and again."""
    service = import_module("fengsui.service.alerting")
    file = service.read_alerts(config)
    clock = run.outside.clock
    with open_home(address_of(file.db)) as home:
        at_work = service.alerting(home, file, folder=config.resolve().parent)
        if once:
            swept = at_work.round(clock())
            sent, back = at_work.carry(clock)
            answer = {
                "notices": swept.notices,
                "over": swept.over,
                "letters": swept.letters,
                "sent": sent,
                "failed": back,
            }
            run.answer(answer, lambda page: page.line(_said(swept, sent, back)))
            return
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())

        def tell(swept: Swept, sent: int, back: int) -> None:
            if swept.notices or sent or back:
                run.outside.err.write(_said(swept, sent, back).in_(run.lang) + "\n")
                run.outside.err.flush()

        service.keep_telling(at_work, clock=clock, every=file.alerts.every, stop=stop, tell=tell)


def _said(swept: Swept, sent: int, back: int) -> Text:
    return Text(
        f"新通知 {swept.notices} 条，已了结 {swept.over} 条；发出 {sent} 封，退回 {back} 封",
        f"{swept.notices} new notices, {swept.over} breaks over; {sent} letters sent, {back} came back",
    )
