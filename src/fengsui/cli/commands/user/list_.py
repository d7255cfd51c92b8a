"""The accounts with their posts.

账户及其岗位。
"""

from fengsui.cli.commands.user._accounts import Config, accounts
from fengsui.cli.run import Run
from fengsui.kit.text import Text

HEADS = [
    Text("账户", "account"),
    Text("姓名", "name"),
    Text("单位", "body"),
    Text("岗位", "posts"),
    Text("状态", "state"),
    Text("第二验证", "second factor"),
    Text("上次登录", "last login"),
]
ON, OFF = Text("启用", "on"), Text("停用", "off")
YES, NO = Text("有", "yes"), Text("无", "none")


def command(run: Run, config: Config) -> None:
    """One account a line."""
    every = accounts(config).every()
    rows = [
        (a.name, a.full_name, a.organisation, ", ".join(a.posts), ON if a.is_active else OFF,
         YES if a.has_second_factor else NO, a.last_login)
        for a in every
    ]  # fmt: skip
    run.answer({"accounts": every}, lambda page: page.table(HEADS, rows))
