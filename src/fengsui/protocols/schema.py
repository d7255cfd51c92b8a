"""The JSON Schema of protocol and overlay files, for editors that complete and check while one types.

``docs/protocol.schema.json`` is its printed copy. It says what may stand where; what must not be
published although it may stand there is for ``lint``.
"""

import json
from collections.abc import Mapping

from fengsui.protocols import language
from fengsui.protocols.language import (
    OVERLAY_KEYS,
    OVERLAY_REQUIRED,
    PROTOCOL_KEYS,
    PROTOCOL_REQUIRED,
    entries,
)

# Shapes that stand in many places are said once, under $defs.
NAMED = ("BASIS", "BILINGUAL", "COMPARISON", "IN_FORCE", "KINDS", "LENGTH", "NAME", "OF", "PATTERN", "WHERE")


def json_schema() -> dict[str, object]:
    """The schema (draft 2020-12): an overlay if the file has that key, else a protocol."""
    shared = {name: getattr(language, name) for name in NAMED}
    names = {_key(shape): name.lower() for name, shape in shared.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Fengsui protocol",
        "if": {"required": ["overlay"]},
        "then": _shortened(entries(OVERLAY_KEYS, required=OVERLAY_REQUIRED), names),
        "else": _shortened(entries(PROTOCOL_KEYS, required=PROTOCOL_REQUIRED), names),
        "$defs": {name.lower(): _inside(shape, names) for name, shape in shared.items()},
    }


def printed() -> str:
    """The schema as it stands in the documentation."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


def _key(shape: object) -> str:
    """What two shapes have in common that differ only in what an editor shows for them."""
    plain = {k: v for k, v in shape.items() if k != "description"} if isinstance(shape, Mapping) else shape
    return json.dumps(plain, sort_keys=True)


def _shortened(shape: object, names: Mapping[str, str]) -> object:
    """The shape with a reference wherever one of the named ones stands."""
    name = names.get(_key(shape)) if isinstance(shape, Mapping) else None
    if name is None:
        return _inside(shape, names)
    reference = {"$ref": f"#/$defs/{name}"}
    return reference | ({"description": shape["description"]} if "description" in shape else {})


def _inside(shape: object, names: Mapping[str, str]) -> object:
    if isinstance(shape, Mapping):
        return {key: _shortened(value, names) for key, value in shape.items()}
    return [_shortened(item, names) for item in shape] if isinstance(shape, list) else shape
