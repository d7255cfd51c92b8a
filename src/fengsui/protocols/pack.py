"""Packs: folders of protocols that belong together, what they are for, and the clauses they carry out.

``pack.yaml`` lies beside the protocols of a pack; ``clauses.yaml`` lists what there is to be carried out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fengsui.facts.yaml_file import Node, read
from fengsui.kit.text import Text
from fengsui.protocols.library import PACK, PACKS, Library, protocol_files, shown

CLAUSES = Path(__file__).with_name("clauses.yaml")


@dataclass(frozen=True, slots=True)
class Pack:
    """One folder. ``covers``: number of a clause → the protocols that carry it out, of any pack."""

    name: str
    title: Text
    about: Text
    covers: Mapping[int, tuple[str, ...]]
    folder: Path

    def protocols(self, library: Library) -> tuple[str, ...]:
        """The protocols of a library whose files lie in the folder."""
        files = {shown(path) for path in protocol_files([self.folder])}
        return tuple(n for n in library.names if any(e.protocol.file in files for e in library.editions[n]))


def clauses() -> dict[int, Text]:
    """The titles of the clauses by number."""
    root = read(CLAUSES)
    entries = root.entries(known=("clauses",), required=("clauses",))["clauses"].entries()
    found = {int(number): node.bilingual() for number, node in entries.items()}
    root.document.close()
    return found


def packs(folders: Iterable[Path] = (PACKS,)) -> tuple[Pack, ...]:
    """Every pack in and below some folders, by name. Raises BadInput with file and line."""
    found = [read_pack(path) for folder in folders for path in sorted(folder.rglob(PACK))]
    return tuple(sorted(found, key=lambda pack: pack.name))


def read_pack(path: Path) -> Pack:
    """A ``pack.yaml``."""
    root = read(path)
    entries = root.entries(known=("pack", "title", "about", "covers"), required=("pack", "title", "about"))
    if root.document.findings:
        root.document.close()
    pack = Pack(
        entries["pack"].text(),
        entries["title"].bilingual(),
        entries["about"].bilingual(),
        _covers(entries["covers"]) if "covers" in entries else {},
        path.parent,
    )
    root.document.close()
    return pack


def _covers(node: Node) -> dict[int, tuple[str, ...]]:
    numbers = {str(number): number for number in clauses()}
    for number, names in node.entries().items():
        if number not in numbers:
            names.wrong(f"the number of a clause, 1 to {len(numbers)}", found=repr(number))
    return {numbers[n]: names.texts() for n, names in node.entries().items() if n in numbers}


def carried_out(known: Iterable[Pack]) -> dict[int, tuple[str, ...]]:
    """For every clause the protocols that carry it out, none twice; empty where no pack names one."""
    found: dict[int, dict[str, None]] = {number: {} for number in clauses()}
    for pack in known:
        for number, names in pack.covers.items():
            found[number] |= dict.fromkeys(names)
    return {number: tuple(names) for number, names in found.items()}
