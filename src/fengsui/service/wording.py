"""What the pages say, in both languages: two files with the same keys."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from fengsui.facts.yaml_file import Node, read
from fengsui.kit.text import LANGS

FOLDER = Path(__file__).parent / "words"


@cache
def words(lang: str) -> Mapping[str, str]:
    """Every sentence of one language by its dotted key ("front.headline"). BadInput names a bad line."""
    if lang not in LANGS:
        raise ValueError(f"expected one of the languages {', '.join(LANGS)}, found {lang!r}")
    root = read(FOLDER / f"{lang}.yaml")
    found = dict(_flat(root, ""))
    root.document.close()
    return found


def say(key: str, lang: str, **values: object) -> str:
    """One sentence with its values filled in. KeyError if there is no such sentence."""
    text = words(lang)[key]
    return text.format(**values) if values else text


def section(name: str, lang: str) -> dict[str, str]:
    """All sentences below a name, by the rest of their keys: for a script, which fills in values itself."""
    start = f"{name}."
    return {key.removeprefix(start): text for key, text in words(lang).items() if key.startswith(start)}


def _flat(node: Node, name: str) -> Iterator[tuple[str, str]]:
    if not node.is_entries:
        yield name, node.text()
        return
    for key, below in node.entries().items():
        yield from _flat(below, f"{name}.{key}" if name else key)
