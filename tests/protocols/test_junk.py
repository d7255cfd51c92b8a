"""Whatever stands in a file, it is read or refused with its line; nothing makes the reading fall over."""

import json
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from fengsui.kit.yaml12 import load
from fengsui.protocols.library import Library
from fengsui.protocols.lint import lint
from fengsui.protocols.load import load_text
from fengsui.protocols.message import BadProtocol

from .given import GOOD, OVERLAY, ZONE, kinds

JUNK = (
    None,
    5,
    -1,
    1.5,
    True,
    "",
    "x",
    "2021-05-14",
    [],
    [None],
    [[1]],
    {},
    {"a": {"b": []}},
    "all",
    ["all"],
)
FULL = GOOD.replace(
    "closes:",
    "extensions: [{event: hazard.extended, of: tested, until: data.deadline, at_most: 30d, clause: '1'}]\n"
    "waivers: [{event: a.b, of: [tested], target: data.x}]\n"
    "pauses: [{from: a.b, until: {event: c.d, where: {x: {not: [y, z]}}}, of: [tested]}]\n"
    "tells: [{when: positive, to: {event: contact.identified, field: index}, as: a.told}]\n"
    "confirm_after: 6h\nretain: {after_close: 30d, then: erase}\ncloses:",
)


def spoilt(tree: object, rng: Random) -> object:
    """The tree with one of its parts replaced by junk, dropped or said twice under another name."""
    parts = list(_parts(tree))
    holder, key = rng.choice(parts)
    match rng.randrange(3):
        case 0:
            holder[key] = rng.choice(JUNK)
        case 1:
            del holder[key]
        case 2 if isinstance(holder, dict):
            holder[f"{key}x"] = holder[key]
    return tree


def _parts(tree: object):
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in list(pairs):
        yield tree, key
        yield from _parts(value)


def tree(text: str) -> dict:
    return load(text)


@settings(max_examples=120)
@given(seed=st.integers(0, 2**32))
def test_a_spoilt_protocol_is_read_and_linted_or_refused_with_lines(seed):
    rng = Random(seed)
    text = json.dumps(spoilt(spoilt(tree(FULL), rng), rng), ensure_ascii=False, indent=1)
    try:
        messages = lint([load_text(text, file="spoilt.yaml", zone=ZONE)], kinds())
        refused = False
    except BadProtocol as error:
        messages, refused = error.messages, True
    assert messages or not refused
    assert all(m.file == "spoilt.yaml" and 1 <= m.line <= text.count("\n") + 1 for m in messages)


@settings(max_examples=80)
@given(seed=st.integers(0, 2**32))
def test_a_spoilt_overlay_is_laid_over_or_refused_with_lines(tmp_path_factory, seed):
    rng, folder = Random(seed), tmp_path_factory.mktemp("spoilt")
    base, over = folder / "base.yaml", folder / "over.yaml"
    base.write_text(GOOD, encoding="utf-8")
    over.write_text(json.dumps(spoilt(tree(OVERLAY), rng), indent=1), encoding="utf-8")
    library, messages = Library.read_files([base, over], ZONE)
    held = [p.version for p in library.everywhere("test.one/loop")]
    assert held[0] == "1"
    assert messages or len(held) == 2
    assert all(m.line >= 1 for m in messages)
