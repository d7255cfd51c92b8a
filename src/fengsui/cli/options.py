"""How commands declare their arguments: in both languages, and the same where they mean the same."""

from pathlib import Path
from typing import Annotated

import typer

from fengsui.engines.address import address_of
from fengsui.kit.text import Text

BETWEEN = "\x1f"  # parts the two languages of a help text; no text contains it


def both(zh: str, en: str) -> str:
    """A help text in both languages, the way it travels through the parser."""
    return f"{zh}{BETWEEN}{en}"


def text_of(helped: str | None) -> Text:
    """The two languages of a help text made by ``both``."""
    zh, _, en = (helped or "").partition(BETWEEN)
    return Text(zh, en)


def option(name: str, zh: str, en: str, **more):
    """An option of a command."""
    return typer.Option(name, help=both(zh, en), show_default=False, **more)


def argument(name: str, zh: str, en: str, **more):
    """An argument of a command; ``name`` as the help page writes it."""
    return typer.Argument(metavar=name, help=both(zh, en), show_default=False, **more)


# What every command takes.
Db = Annotated[
    Path | None,
    option(
        "--db",
        "数据库文件，或 postgresql://…；默认 fengsui.db 或环境变量 FENGSUI_DB",
        "database file, or postgresql://…; fengsui.db, or FENGSUI_DB",
        metavar="DB",
        parser=address_of,
    ),
]
AsOf = Annotated[
    str | None,
    option(
        "--as-of",
        "问的是哪一时刻，当地时间，如 2021-08-20T18:00；默认现在",
        "the moment asked about, in the region's time, such as 2021-08-20T18:00; now",
        metavar="TIME",
    ),
]
KnownAt = Annotated[
    str | None,
    option(
        "--known-at",
        "只按该时刻之前已记录的事实；写入时为记录时刻",
        "by what was on record then; for commands that write: when it is recorded",
        metavar="TIME",
    ),
]
Lang = Annotated[str | None, option("--lang", "语言：zh 或 en", "language: zh or en", metavar="zh|en")]
AsJson = Annotated[bool, option("--json", "以 JSON 输出", "answer in JSON")]

# What several commands take.
Area = Annotated[
    str | None,
    option("--area", "辖区：代码或名称，含其下级", "area by code or name, with all below it", metavar="AREA"),
]
ProtocolName = Annotated[
    str | None,
    option("--protocol", "规程，可只写末段", "protocol; the last part of its name will do", metavar="NAME"),
]
Owner = Annotated[
    str | None,
    option("--owner", "责任岗位，如 customs", "post that owes it, such as customs", metavar="ROLE"),
]
Limit = Annotated[int, option("--limit", "最多几行", "how many rows at most", metavar="N", min=1)]
