"""A new first password for somebody who forgot theirs; with --second-factor also forget lost devices.

为忘记密码者重发初始密码；加 --second-factor 则同时清除丢失的验证设备。
"""

from typing import Annotated

from fengsui.cli.commands.user._accounts import Config, Name, accounts
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.kit.text import Text

Lost = Annotated[bool, option("--second-factor", "清除第二验证方式", "forget second factors")]


def command(run: Run, name: Name, config: Config, second_factor: Lost = False) -> None:
    """Show it once."""
    people = accounts(config)
    password = people.renew_password(name)
    dropped = people.drop_second_factors(name) if second_factor else 0
    said = {"name": name, "password": password, "second_factors_forgotten": dropped}
    run.answer(said, lambda page: page.line(Text(f"{name} 的初始密码：{password}", f"{name}: {password}")))
