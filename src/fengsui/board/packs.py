"""Which pack a protocol belongs to: its folder among those that ship, or one's own."""

from functools import cache
from itertools import groupby
from pathlib import PurePath

from fengsui.board.desk import Desk
from fengsui.kit.text import Text
from fengsui.protocols.model import Protocol
from fengsui.protocols.pack import packs

SHIPPED = "packs"  # how the file of a protocol that ships begins: packs/border/inbound-8.yaml
OWN = Text("本地规程", "Protocols of our own")


def pack_of(protocol: Protocol) -> str:
    """The name of its pack, "" if it is one's own."""
    top, *below = PurePath(protocol.file).parts
    return below[0] if top == SHIPPED and len(below) > 1 else ""


def pack_title(name: str) -> Text:
    """What a pack is called; its name where it has no words for itself."""
    return _titles().get(name, Text(name, name)) if name else OWN


def by_pack(desk: Desk, names: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Packs with those of these protocols that are theirs; one's own first, as they are why one looks."""
    placed = sorted((pack_of(desk.current(name)), name) for name in names)
    grouped = groupby(placed, key=lambda one: one[0])
    return [(pack, tuple(name for _, name in members)) for pack, members in grouped]


def short_file(protocol: Protocol) -> str:
    """A file people recognise: below the packs that ship, or with its folder; never where it is installed."""
    path = PurePath(protocol.file)
    return path.relative_to(SHIPPED).as_posix() if path.parts[0] == SHIPPED else "/".join(path.parts[-2:])


@cache
def _titles() -> dict[str, Text]:
    return {pack.folder.name: pack.title for pack in packs()}
