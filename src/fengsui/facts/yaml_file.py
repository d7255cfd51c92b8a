"""YAML files written by people: read strictly, every value with its line.

YAML 1.2: ``no`` and ``12:30`` stay text, and so do dates. Duplicate keys, anchors that merge and
second documents are refused. Reading goes on after a mistake, so that one run names them all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.text import Text
from fengsui.kit.yaml12 import compose, value_of


@dataclass(frozen=True, slots=True)
class Document:
    """One file while it is read: its name and what was found wrong so far."""

    file: str
    findings: list[Finding] = field(default_factory=list)

    def close(self) -> None:
        """Raise BadInput with every finding, if there is one."""
        if self.findings:
            raise BadInput(f"{self.file} cannot be read as it is", tuple(self.findings))


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file, where it stands, and how it is to be read.

    ``value`` is None, bool, int, float, str, a list of nodes, or a dict of nodes by their key.
    """

    value: object
    line: int
    name: str  # "facts[0].data.deadline"
    document: Document = field(repr=False, compare=False)
    written: str = ""  # a single value as it stands in the file

    def wrong(self, expected: str, *, found: str | None = None, at: str = "") -> None:
        """Note a mistake here (or at the entry ``at``); reading goes on."""
        name = f"{self.name}.{at}".strip(".") if at else self.name
        where = f"{self.document.file}:{self.line}"
        self.document.findings.append(Finding(where, name, self.shown if found is None else found, expected))

    @property
    def shown(self) -> str:
        """The value in a message, not more than a line of it."""
        if isinstance(self.value, dict):
            return "entries " + ", ".join(self.value) if self.value else "no entries"
        if isinstance(self.value, list):
            return f"a list of {len(self.value)}"
        return "nothing" if self.value is None else repr(self.value)

    @property
    def is_entries(self) -> bool:
        """Whether it is a mapping of keys to values."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.value, list)

    def entries(self, *, known: Iterable[str] = (), required: Iterable[str] = ()) -> Mapping[str, "Node"]:
        """Its entries by key; with ``known``, any other key is a mistake. Empty if it has none."""
        if not isinstance(self.value, dict):
            self.wrong("entries (key: value)")
            return {}
        expected = tuple(known)
        for key, node in self.value.items():
            if expected and key not in expected:
                node.wrong(f"one of {nearest_first(key, expected)}", found=f"the key {key!r}")
        for key in required:
            if key not in self.value:
                self.wrong("an entry of this name", found="nothing", at=key)
        return self.value

    def items(self) -> list["Node"]:
        """Its items; a single value stands for a list of one."""
        if isinstance(self.value, list):
            return self.value
        return [] if self.value is None else [self]

    def text(self) -> str:
        """It as text, as it was written: version: 1.10 is "1.10"."""
        if isinstance(self.value, str | bool | int | float):
            return self.written
        self.wrong("text")
        return ""

    def texts(self) -> tuple[str, ...]:
        """It as a list of texts; a single text stands for a list of one."""
        return tuple(node.text() for node in self.items())

    def integer(self, *, at_least: int = 0) -> int:
        """It as a whole number."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and self.value >= at_least:
            return self.value
        self.wrong(f"a whole number, at least {at_least}")
        return at_least

    def yes_no(self) -> bool:
        """It as true or false."""
        if isinstance(self.value, bool):
            return self.value
        self.wrong("true or false")
        return False

    def one_of(self, values: Iterable[str]) -> str:
        """It as one of these texts; the first of them if it is not."""
        allowed = tuple(values)
        text = self.text()
        if text in allowed:
            return text
        self.wrong(f"one of {nearest_first(text, allowed)}")
        return allowed[0]

    def bilingual(self) -> Text:
        """It as a text in Chinese and English."""
        entries = self.entries(known=("zh", "en"), required=("zh", "en"))
        return Text(*(entries[lang].text() if lang in entries else "" for lang in ("zh", "en")))


def read(path: Path) -> Node:
    """The whole file as a node. Raises BadInput naming the line when it is not YAML."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    return read_text(text, file=str(path))


def read_text(text: str, *, file: str) -> Node:
    """The text of a file as a node; ``file`` is its name in messages."""
    from yaml import MarkedYAMLError  # here, because not every process reads a file

    try:
        composed = compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        _not_yaml(file, line=line, problem=error.problem or "something else")
    document = Document(file)
    if composed is None:
        return Node({}, 1, "", document)
    return _node(composed, name="", document=document)


def nearest_first(text: str, allowed: Iterable[str]) -> str:
    """The allowed values in words, led by those that look like ``text``, not more than a dozen."""
    names = list(allowed)
    close = get_close_matches(text, names, n=3, cutoff=0.6)
    rest = [name for name in names if name not in close]
    return ", ".join([*close, *rest][:12]) + (" …" if len(names) > 12 else "")


def _node(composed: object, *, name: str, document: Document) -> Node:
    line = composed.start_mark.line + 1
    if composed.id == "mapping":
        return Node(_entries(composed, name=name, document=document), line, name, document)
    if composed.id == "sequence":
        items = [_node(item, name=f"{name}[{i}]", document=document) for i, item in enumerate(composed.value)]
        return Node(items, line, name, document)
    return Node(value_of(composed), line, name, document, written=composed.value)


def _entries(composed: object, *, name: str, document: Document) -> dict[str, Node]:
    entries: dict[str, Node] = {}
    for key_node, value_node in composed.value:
        line = key_node.start_mark.line + 1
        key = str(key_node.value) if key_node.id == "scalar" else ""
        path = f"{name}.{key}".strip(".")
        node = _node(value_node, name=path, document=document)
        if not key or key == "<<":
            Node(None, line, path, document).wrong("a plain key", found=key or "a nested key")
        elif key in entries:
            Node(None, line, path, document).wrong("each key once", found=f"{key!r} a second time")
        else:
            entries[key] = node
    return entries


def _not_yaml(file: str, *, line: int, problem: str) -> NoReturn:
    finding = Finding(f"{file}:{line}", "", problem, "YAML 1.2")
    raise BadInput(f"{file} is not YAML", (finding,))
