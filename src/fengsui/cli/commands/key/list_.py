"""The keys with their posts, and when each was last used.

密钥、其岗位及上次使用时间。
"""

from fengsui.cli.commands.key._keys import keys
from fengsui.cli.commands.user._accounts import Config, region_of
from fengsui.cli.run import Run
from fengsui.kit.instant import NEVER, show
from fengsui.kit.text import Text

HEADS = [
    Text("密钥", "key"),
    Text("数据源", "source"),
    Text("单位", "body"),
    Text("岗位", "posts"),
    Text("状态", "state"),
    Text("失效时刻", "expires"),
    Text("上次使用", "last used"),
]
LIVE, REVOKED, EXPIRED = Text("有效", "live"), Text("已吊销", "revoked"), Text("已过期", "expired")


def command(run: Run, config: Config) -> None:
    """One key a line."""
    every, now = keys(config).every(), run.outside.clock()
    run.db = region_of(config)

    def state(key) -> Text:
        return LIVE if key.is_live(now) else REVOKED if key.revoked_at <= now else EXPIRED

    def time(at: int) -> str:
        return show(at, zone=run.zone) if 0 < at < NEVER else "—"

    rows = [
        (k.name, k.source, k.organisation, ", ".join(k.posts), state(k), time(k.expires_at), time(k.used_at))
        for k in every
    ]
    run.answer({"keys": every}, lambda page: page.table(HEADS, rows))
