"""Let a key open nothing any more, at once and for good.

吊销密钥，立即生效，不可恢复。
"""

from fengsui.cli.commands.key._keys import KeyName, keys
from fengsui.cli.commands.user._accounts import Config
from fengsui.cli.run import Run
from fengsui.kit.text import Text


def command(run: Run, name: KeyName, config: Config) -> None:
    """Revoke it."""
    keys(config).revoke(name, at=run.outside.clock())
    said = Text(f"{name} 已吊销", f"{name} is revoked")
    run.answer({"name": name, "is_revoked": True}, lambda page: page.line(said))
