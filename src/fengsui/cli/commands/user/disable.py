"""Keep an account out, at once, or with --enable let it in again.

停用账户，立即生效；加 --enable 则重新启用。
"""

from typing import Annotated

from fengsui.cli.commands.user._accounts import Config, Name, accounts
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.kit.text import Text

Enable = Annotated[bool, option("--enable", "重新启用", "let it in again")]


def command(run: Run, name: Name, config: Config, enable: Enable = False) -> None:
    """Switch it off or on."""
    accounts(config).enable(name, is_active=enable)
    said = Text(f"{name} 已启用", f"{name} is on") if enable else Text(f"{name} 已停用", f"{name} is off")
    run.answer({"name": name, "is_active": enable}, lambda page: page.line(said))
