"""Make a key for a system, with the posts from which it speaks. It is shown once.

为一个系统建立密钥，并指定其岗位。密钥只显示一次。
"""

from typing import Annotated

from fengsui.cli.commands.key._keys import KeyName, keys
from fengsui.cli.commands.user._accounts import Config, post_of, region_of
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text

Posts = Annotated[
    list[str],
    option(
        "--post",
        "岗位：职责@地点，可重复，如 laboratory@150702",
        "post: role@place, may be repeated, such as laboratory@150702",
        metavar="POST",
    ),
]
Source = Annotated[
    str,
    option(
        "--source",
        "其记录所用的数据源名；不写则同密钥名。更换密钥时写原来的名称",
        "source of its facts; the name of the key unless said. To replace a key, name the old source",
        metavar="NAME",
    ),
]
Organisation = Annotated[str, option("--organisation", "所属单位", "body it belongs to", metavar="TEXT")]
Expires = Annotated[
    str | None, option("--expires", "到此时刻失效", "opens nothing from then on", metavar="TIME")
]
PerMinute = Annotated[int, option("--per-minute", "每分钟最多请求次数", "requests a minute", metavar="N")]


def command(
    run: Run,
    name: KeyName,
    post: Posts,
    config: Config,
    source: Source = "",
    organisation: Organisation = "",
    expires: Expires = None,
    per_minute: PerMinute = 600,
) -> None:
    """Make it."""
    of, now = keys(config), run.outside.clock()
    run.db = region_of(config)
    token = of.add(
        name,
        [post_of(run, text) for text in post],
        now=now,
        source=source,
        organisation=organisation,
        expires_at=run.time("--expires", expires) if expires else NEVER,
        per_minute=per_minute,
    )
    said = Text(f"{name} 的密钥（只显示这一次）：{token}", f"{name}, shown this once: {token}")
    run.answer({"name": name, "key": token}, lambda page: page.line(said))
