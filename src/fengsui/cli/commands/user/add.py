"""Make an account. Its first password is shown once, and changed at the first login.

建立账户。初始密码只显示一次，首次登录时须更改。
"""

from typing import Annotated

from fengsui.cli.commands.user._accounts import Config, Name, accounts
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.kit.text import Text

FullName = Annotated[str, option("--full-name", "姓名", "name of the person", metavar="TEXT")]
Organisation = Annotated[str, option("--organisation", "所属单位", "body they belong to", metavar="TEXT")]
Subject = Annotated[
    str,
    option(
        "--subject",
        "事实中此人的代号，如 person/…",
        "pseudonym under which facts speak of them, such as person/…",
        metavar="ID",
    ),
]


def command(
    run: Run,
    name: Name,
    config: Config,
    full_name: FullName = "",
    organisation: Organisation = "",
    subject: Subject = "",
) -> None:
    """Make it."""
    people = accounts(config)
    password = people.add(name, full_name=full_name, organisation=organisation, subject=subject)
    said = {"name": name, "password": password}
    run.answer(said, lambda page: page.line(Text(f"{name} 的初始密码：{password}", f"{name}: {password}")))
