"""YAML as its version 1.2 means it: ``no`` and ``12:30`` are text, and so are dates.

PyYAML reads version 1.1; given other rules for what a plain word is, it reads the core schema of 1.2
with a parser in C, ten times as fast as one in Python. A command reads a hundred files before it begins.
"""

import re
from functools import cache

TAG = "tag:yaml.org,2002:"
NULL, BOOL, INT, FLOAT = (TAG + name for name in ("null", "bool", "int", "float"))
# What a plain word is, by the letters it may begin with. 0017 and 0x1f stay text: in files like these
# they are codes, not octal and hexadecimal numbers.
CORE = (
    (NULL, r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    (BOOL, r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    (INT, r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    (
        FLOAT,
        r"[-+]?(?:(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)",
        list("-+.0123456789"),
    ),
)


@cache
def _loader() -> type:
    """A loader with the words of 1.2."""
    import yaml  # here, because not every process reads a file

    class Core(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        yaml_implicit_resolvers: dict = {}  # noqa: RUF012 - read by PyYAML under this name

    for tag, form, first in CORE:
        Core.add_implicit_resolver(tag, re.compile(f"^{form}$"), first)
    return Core


def compose(text: str) -> object:
    """The text as PyYAML's nodes, each with its tag and its mark; None if it is empty.

    Raises ``yaml.MarkedYAMLError`` where it is no YAML or more than one document.
    """
    import yaml

    return yaml.compose(text, Loader=_loader())


def load(text: str) -> object:
    """The text as plain values. Raises ``yaml.MarkedYAMLError``, for a key that stands twice too."""
    composed = compose(text)
    return None if composed is None else _plain(composed)


def value_of(node: object) -> object:
    """The value of a single word: None, a bool, an int, a float or a text."""
    text = node.value
    match node.tag:
        case tag if tag == NULL:
            return None
        case tag if tag == BOOL:
            return text.lower() == "true"
        case tag if tag == INT:
            return int(text)
        case tag if tag == FLOAT:
            return float(text)
    return text


def _plain(node: object) -> object:
    if node.id == "sequence":
        return [_plain(item) for item in node.value]
    if node.id != "mapping":
        return value_of(node)
    plain = {}
    for key_node, of in node.value:
        key = value_of(key_node) if key_node.id == "scalar" else None
        if key is None or key == "<<" or key in plain:
            from yaml.constructor import ConstructorError

            raise ConstructorError(problem=f"not a key of its own: {key!r}", problem_mark=key_node.start_mark)
        plain[key] = _plain(of)
    return plain
