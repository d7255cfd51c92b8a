"""Make the database of a region.

建立一个地区的数据库。

It keeps the name of a region that ships (inner-mongolia), or the folder of your own, and folders with
protocols and kinds of facts to be used beside those that ship. People appear under pseudonyms; without a
secret these can be guessed from document numbers, so give one before real data are taken.

数据库记住所用的地区（随附的 inner-mongolia，或自备的地区目录），以及自备规程、事实种类的目录。
人员以代号出现；没有密钥时，代号可由证件号推出，收入真实数据前应设置密钥。
"""

from pathlib import Path
from typing import Annotated

from fengsui.cli.options import option
from fengsui.cli.page import Page
from fengsui.cli.run import REGION, Run
from fengsui.engines.home import Setting, make_home
from fengsui.kit.text import Text

Region = Annotated[
    str, option("--region", "随附地区的名称，或地区目录", "a region that ships, or a folder", metavar="R")
]
Protocols = Annotated[
    list[Path] | None,
    option("--protocols", "自备规程的目录，可多次", "folder of your own protocols", metavar="DIR"),
]
Kinds = Annotated[
    list[Path] | None,
    option("--kinds", "自备事实种类的目录，可多次", "folder of your own kinds", metavar="DIR"),
]


Secret = Annotated[
    Path | None,
    option(
        "--secret",
        "存有密钥的文件，用于人员代号；收入真实数据前必须设置",
        "file with a secret for the pseudonyms of people; needed before real data are taken",
        metavar="FILE",
    ),
]


def command(
    run: Run,
    region: Region = REGION,
    protocols: Protocols = None,
    kinds: Kinds = None,
    secret: Secret = None,
) -> None:
    """Make the file and say what is in it."""
    hidden = str(secret.resolve()) if secret else ""
    setting = Setting(_named(region), _whole(protocols), _whole(kinds), hidden)
    make_home(run.db, setting)
    home = run.home
    said = {
        "db": str(run.db),
        "region": home.areas.region.key,
        "areas": len(home.areas),
        "protocols": list(home.library.names),
        "kinds": len(home.kinds.kinds),
    }

    def show(page: Page) -> None:
        page.line(Text(f"已建立 {run.db}", f"Made {run.db}"))
        name, n = home.areas.region.name, len(home.areas)
        page.line(Text(f"  {name.zh}，{n} 个辖区", f"  {name.en}, {n} areas"))
        counts = len(home.library.names), len(home.kinds.kinds)
        page.line(
            Text(
                "  {} 个规程，{} 种事实".format(*counts), "  {} protocols, {} kinds of facts".format(*counts)
            )
        )

    run.answer(said, show)


def _named(region: str) -> str:
    """A folder by its whole path, so that the database can be used from anywhere."""
    return str(Path(region).resolve()) if Path(region).is_dir() else region


def _whole(folders: list[Path] | None) -> tuple[str, ...]:
    return tuple(str(folder.resolve()) for folder in folders or ())
