"""Libraries as they would be: with a version that is not published yet, without one, or with other dates."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from fengsui.facts.yaml_file import read_text
from fengsui.kit.errors import BadInput, Conflict, Finding, NotFound
from fengsui.protocols.library import Edition, Library, shown
from fengsui.protocols.load import load_root, text_of
from fengsui.protocols.model import InFlight
from fengsui.protocols.overlay import Overlay, overlay_in


def with_file(library: Library, path: Path) -> tuple[Library, str, str]:
    """The library with one more file, in place of what it has under that name and version.

    Answers with the name of the protocol the file is about, and the version that comes of it. Raises
    BadInput if the file cannot be read, or is a local order over nothing that is in force meanwhile.
    """
    text = text_of(path)
    root = read_text(text, file=shown(path))
    if root.is_entries and "overlay" in root.value:
        return _with_order(library, overlay_in(root, zone=library.zone, text=text))
    added = Edition(load_root(root, zone=library.zone, text=text), root)
    name, version = added.protocol.name, added.protocol.version
    without = without_version(library, name, version, must_be_there=False)
    return _with(without, name, (*without.editions.get(name, ()), added)), name, version


def _with_order(library: Library, order: Overlay) -> tuple[Library, str, str]:
    if order.of not in library.editions:
        raise NotFound(f"{order.file} is laid over {order.of}, which is no protocol here.")
    others = tuple(o for o in library.overlays.get(order.of, ()) if o.name != order.name)
    laid = replace(library, overlays={**library.overlays, order.of: (*others, order)}, **_fresh())
    made = [p.version for p in laid.everywhere(order.of) if p.version.endswith(f"+{order.name}")]
    if not made:
        raise BadInput(f"{order.file} is in force at no time at which {order.of} is.")
    return laid, order.of, made[-1]


def without_version(library: Library, name: str, version: str, *, must_be_there: bool = True) -> Library:
    """The library without a version; the one before it then goes on for as long as it would have lasted.

    ``version`` may be one that a local order makes: then the order is left out.
    """
    editions = library.editions.get(name, ())
    gone = [e for e in editions if e.protocol.version == version]
    if gone:
        return _with(library, name, _closed_up(editions, gone[0]))
    overlays = library.overlays.get(name, ())
    kept = tuple(o for o in overlays if not version.endswith(f"+{o.name}"))
    if len(kept) < len(overlays):
        return replace(library, overlays={**library.overlays, name: kept}, **_fresh())
    if must_be_there:
        raise NotFound(f"{name} has no version {version}.")
    return library


def in_force_from(
    library: Library, name: str, version: str, *, at: int | None, in_flight: InFlight | None
) -> Library:
    """The library as if a published version came into force at another moment, or met loops otherwise.

    What would have begun between then and its own beginning does not. Conflict for a version that a
    local order makes: its dates are the order's.
    """
    editions = library.editions.get(name, ())
    moved = next((e for e in editions if e.protocol.version == version), None)
    if moved is None:
        raise Conflict(f"{version} of {name} is made by a local order; change the order's own dates.")
    protocol = moved.protocol
    at = protocol.valid_from if at is None else at
    if at >= protocol.valid_until:
        found = Finding(version, "in_force.from", "a moment after its end", "one before it")
        raise BadInput(f"{name} {version} is over by then.", (found,))
    tried = replace(protocol, valid_from=at, in_flight=in_flight or protocol.in_flight)
    kept = [
        replace(e, protocol=replace(e.protocol, valid_until=min(e.protocol.valid_until, at)))
        if e.protocol.valid_from < at
        else e
        for e in editions
        if e is not moved and not at <= e.protocol.valid_from < protocol.valid_from
    ]
    return _with(library, name, (*kept, replace(moved, protocol=tried)))


def _closed_up(editions: tuple[Edition, ...], gone: Edition) -> tuple[Edition, ...]:
    """The editions without one, whose time goes to the one before it."""
    kept = [e for e in editions if e is not gone]
    before = [e for e in kept if e.protocol.valid_from < gone.protocol.valid_from]
    if not before:
        return tuple(kept)
    last = max(before, key=lambda e: e.protocol.valid_from)
    until = max(last.protocol.valid_until, gone.protocol.valid_until)
    return tuple(
        replace(e, protocol=replace(e.protocol, valid_until=until)) if e is last else e for e in kept
    )


def _with(library: Library, name: str, editions: Iterable[Edition]) -> Library:
    ordered = tuple(sorted(editions, key=lambda e: (e.protocol.valid_from, e.protocol.version)))
    kept = {key: value for key, value in library.editions.items() if key != name}
    return replace(library, editions={**kept, **({name: ordered} if ordered else {})}, **_fresh())


def _fresh() -> dict[str, dict]:
    """A library remembers what it has laid out; another one must not."""
    return {"_patched": {}, "_timelines": {}}
