"""Give an account a post from now on, or with --end take it away.

授予账户岗位，即时起；加 --end 则解除。
"""

from typing import Annotated

from fengsui.cli.commands.user._accounts import Config, Name, PostName, accounts, post_of, region_of
from fengsui.cli.options import option
from fengsui.cli.run import Run
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text

End = Annotated[bool, option("--end", "解除岗位", "take it away")]
Until = Annotated[str | None, option("--until", "到此时刻为止", "until then", metavar="TIME")]


def command(
    run: Run, name: Name, post: PostName, config: Config, until: Until = None, end: End = False
) -> None:
    """Give or take."""
    people, now = accounts(config), run.writing_at()
    run.db = region_of(config)
    found = post_of(run, post)
    if end:
        people.end_post(name, found, at=now)
    else:
        people.give_post(name, found, from_at=now, until_at=run.time("--until", until) if until else NEVER)
    ended = Text(" 已解除", " ended") if end else Text("", "")
    said = Text(f"{name}：{found.name}{ended.zh}", f"{name}: {found.name}{ended.en}")
    run.answer({"name": name, "post": found.name, "is_held": not end}, lambda page: page.line(said))
