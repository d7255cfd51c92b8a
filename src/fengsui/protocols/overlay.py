"""A local order laid over a protocol: for one area, from one day to another, with issuer and basis.

An overlay says only what it changes. It is laid over whichever version of the protocol is in force,
so a new national edition does not silently undo it, nor it the new edition.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fengsui.facts.yaml_file import Node
from fengsui.protocols import language
from fengsui.protocols.load import protocol_in, validity
from fengsui.protocols.model import FOREVER, Protocol
from fengsui.protocols.surface import Page, digest, find_unquoted, plain, quoted

# What means something only as a whole: half of one instrument and half of another is no law.
WHOLE = ("basis", "evidence", "where", "title")
OWED = (("issuer", "its issuer", "发布机关"), ("basis", "its basis", "依据"))


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay file."""

    name: str
    of: str  # the protocol it changes
    area: str  # where it holds, with everything below
    valid_from: int
    valid_until: int
    root: Node = field(repr=False, compare=False)

    @property
    def file(self) -> str:
        """Its file, as messages name it."""
        return self.root.document.file

    def overlaps(self, since: int, until: int) -> bool:
        """Whether it holds at some moment of the half-open [since, until)."""
        return self.valid_from < until and since < self.valid_until


def overlay_in(root: Node, *, zone: str, text: str) -> Overlay:
    """The overlay in a file's nodes. Raises BadProtocol; also if issuer, basis or expiry are missing."""
    page = Page(root.document, zone)
    find_unquoted(page, root, text.splitlines())
    needed = [key for key in language.OVERLAY_REQUIRED if key not in ("issuer", "basis")]
    keys = root.entries(known=language.OVERLAY_KEYS, required=needed)
    for key, what, what_zh in OWED:
        if key not in keys:
            page.fault("overlay-incomplete", root, at=key, what=what, what_zh=what_zh)
    if any(key not in keys for key in needed):
        page.close()
    if "basis" in keys:
        keys["basis"].entries(known=language.BASIS_KEYS)
    since, until = validity(page, keys["in_force"])
    if until == FOREVER:
        words = {"what": "its expiry", "what_zh": "截止日期"}
        page.fault("overlay-incomplete", keys["in_force"], at="until", **words)
    keys["changes"].entries(known=language.CHANGE_KEYS)
    overlay = Overlay(
        name=keys["overlay"].text(),
        of=keys["of"].text(),
        area=quoted(page, keys["area"]),
        valid_from=since,
        valid_until=until,
        root=root,
    )
    page.close()
    return overlay


def patched(base: Node, overlays: Sequence[Overlay], *, zone: str) -> Protocol:
    """The protocol at ``base`` with the overlays laid over it one after the other.

    Its validity is still the base version's; ``library`` cuts it to the time the overlays hold.
    """
    root = base
    for overlay in overlays:
        root = _laid_over(root, overlay)
    last = overlays[-1]
    page = Page(last.root.document, zone)
    protocol = protocol_in(page, root)
    page.close(base.document, *(overlay.root.document for overlay in overlays))
    names = "+".join(overlay.name for overlay in overlays)
    return replace(
        protocol,
        version=f"{protocol.version}+{names}",
        area=last.area,
        overlay=names,
        file=last.file,
        digest=digest([plain(base), *(plain(overlay.root) for overlay in overlays)]),
    )


def _laid_over(base: Node, overlay: Overlay) -> Node:
    keys = overlay.root.value
    changes = dict(keys["changes"].value)
    if "obligations" in changes and changes["obligations"].is_entries:
        changes["obligations"] = _with_law(changes["obligations"], keys)
    changes["running_loops"] = keys["running_loops"]
    if "reason" in keys:
        changes["reason"] = keys["reason"]
    return _merged(base, replace(keys["changes"], value=changes, name=""))


def _with_law(steps: Node, order: dict[str, Node]) -> Node:
    """The changed steps, each standing on the order from now on and as well known as it is."""
    law = dict(order["basis"].value)
    law.setdefault("issuer", order["issuer"])
    given = {"basis": replace(order["basis"], value=law)}
    # The clause of the base version is one of another instrument.
    given["clause"] = law["clause"] if "clause" in law else replace(order["basis"], value=None)
    if "confidence" in order:
        given["confidence"] = order["confidence"]
    changed = {}
    for key, step in steps.value.items():
        changed[key] = replace(step, value={**given, **step.value}) if step.is_entries else step
    return replace(steps, value=changed)


def _merged(base: Node, patch: Node) -> Node:
    """Entry by entry; a null takes the entry out, anything that is not entries replaces."""
    if not (base.is_entries and patch.is_entries):
        return patch
    entries = dict(base.value)
    for key, node in patch.value.items():
        if node.value is None:
            entries.pop(key, None)
        elif key in entries and key not in WHOLE:
            entries[key] = _merged(entries[key], node)
        else:
            entries[key] = node
    return replace(patch, value=entries)
