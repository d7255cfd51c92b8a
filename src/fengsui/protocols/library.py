"""All protocols: their versions in time, and what local orders make of them in an area."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from fengsui.facts.yaml_file import Node, read_text
from fengsui.kit.errors import BadInput, NotFound
from fengsui.protocols.load import load_root, text_of
from fengsui.protocols.message import BadProtocol, Message, say
from fengsui.protocols.model import Protocol
from fengsui.protocols.overlay import Overlay, overlay_in, patched
from fengsui.protocols.surface import shape

PACKS = Path(__file__).parent / "packs"
PACK = "pack.yaml"  # what a folder of protocols says of itself; every other *.yaml is a protocol or an order


@dataclass(frozen=True, slots=True)
class Edition:
    """One version as its file has it: what it means, and the nodes an overlay is laid over."""

    protocol: Protocol
    root: Node = field(repr=False, compare=False)


@dataclass(frozen=True)
class Library:
    """Every version of every protocol, and every overlay.

    An area is given by its path of codes from the region down (``Areas.path``); the empty path is an
    area nobody knows, in which no overlay holds.
    """

    editions: Mapping[str, tuple[Edition, ...]]  # by name, by valid_from
    overlays: Mapping[str, tuple[Overlay, ...]]  # by the name of what they change, by valid_from
    zone: str
    _patched: dict[tuple, Protocol] = field(default_factory=dict, repr=False, compare=False)
    _timelines: dict[tuple, tuple[Protocol, ...]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def shipped(cls, zone: str) -> Self:
        """The packs that come with the package. ``zone``: of the region, in which their dates are read."""
        return cls.read((PACKS,), zone)

    @classmethod
    def read(cls, dirs: Iterable[Path], zone: str) -> Self:
        """Every protocol and order in and below these directories.

        Raises BadProtocol with everything that is wrong in any of them.
        """
        library, messages = cls.read_files(protocol_files(dirs), zone)
        if messages:
            raise BadProtocol("the protocols cannot be used as they are", messages)
        return library

    @classmethod
    def read_files(cls, files: Iterable[Path], zone: str) -> tuple[Self, tuple[Message, ...]]:
        """What of these files can be used, and what is wrong with the others."""
        editions: dict[str, list[Edition]] = defaultdict(list)
        overlays: dict[str, list[Overlay]] = defaultdict(list)
        messages: list[Message] = []
        for path in files:
            try:
                one = _read(path, zone)
            except BadInput as error:
                messages += _messages(error, path)
                continue
            if isinstance(one, Overlay):
                overlays[one.of].append(one)
            elif twin := _twin(one, editions[one.protocol.name]):
                messages.append(_published(one.protocol, twin.protocol))
            else:
                editions[one.protocol.name].append(one)
        library = cls(
            {k: tuple(sorted(v, key=_by_validity)) for k, v in sorted(editions.items()) if v},
            {k: tuple(sorted(v, key=lambda o: (o.valid_from, o.name))) for k, v in sorted(overlays.items())},
            zone,
        )
        wrong = {overlay.file: found for overlay, found in library._try_overlays() if found}
        messages += [message for found in wrong.values() for message in found]
        fit = {k: tuple(o for o in v if o.file not in wrong) for k, v in library.overlays.items()}
        return replace(library, overlays={k: v for k, v in fit.items() if v}), tuple(messages)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all protocols, sorted."""
        return tuple(self.editions)

    def versions(self, name: str, area_path: Sequence[str] = ()) -> tuple[Protocol, ...]:
        """Each version that ever holds in the area, once, by valid_from."""
        seen: dict[str, Protocol] = {}
        for protocol in self.timeline(name, area_path):
            seen.setdefault(protocol.version, protocol)
        return tuple(seen.values())

    def everywhere(self, name: str) -> tuple[Protocol, ...]:
        """All versions in all areas: the published ones, and what each overlay alone makes of them."""
        found = [edition.protocol for edition in self._editions(name)]
        for overlay in self.overlays.get(name, ()):
            found += [p for p in self.timeline(name, (overlay.area,)) if p.overlay]
        unique = {p.version: p for p in found}
        return tuple(sorted(unique.values(), key=lambda p: (p.valid_from, p.version)))

    def timeline(self, name: str, area_path: Sequence[str] = ()) -> tuple[Protocol, ...]:
        """Which version holds when in the area: by valid_from, without overlap; NotFound for no such name.

        An overlay is a switch to the changed version when it begins, and back when it ends. Where two
        published versions overlap the later one holds from its beginning.
        """
        held = tuple(o for o in self.overlays.get(name, ()) if o.area in area_path)
        # The narrower area has the last word, and of two orders of one area the later.
        held = tuple(sorted(held, key=lambda o: (list(area_path).index(o.area), o.valid_from, o.name)))
        key = (name, *((o.name, o.area) for o in held))
        if key not in self._timelines:
            self._timelines[key] = tuple(self._laid_out(name, held))
        return self._timelines[key]

    def at(self, name: str, moment: int, area_path: Sequence[str] = ()) -> Protocol:
        """The version in force at a moment. Raises NotFound if none is."""
        for protocol in self.timeline(name, area_path):
            if protocol.valid_from <= moment < protocol.valid_until:
                return protocol
        raise NotFound(f"no version of {name} is in force then")

    def _editions(self, name: str) -> tuple[Edition, ...]:
        try:
            return self.editions[name]
        except KeyError:
            raise NotFound(f"no protocol is called {name!r}") from None

    def _laid_out(self, name: str, overlays: tuple[Overlay, ...]) -> Iterable[Protocol]:
        editions = self._editions(name)
        for edition, following in zip(editions, (*editions[1:], None), strict=True):
            since, until = edition.protocol.valid_from, edition.protocol.valid_until
            if following is not None:
                until = min(until, following.protocol.valid_from)
            yield from self._cut(edition, overlays, since=since, until=until)

    def _cut(
        self, edition: Edition, overlays: tuple[Overlay, ...], *, since: int, until: int
    ) -> Iterable[Protocol]:
        """One edition's time, cut wherever an overlay begins or ends."""
        edges = {edge for o in overlays for edge in (o.valid_from, o.valid_until) if since < edge < until}
        starts = sorted({since, *edges})
        for start, end in zip(starts, (*starts[1:], until), strict=True):
            if start >= end:
                continue
            active = tuple(o for o in overlays if o.overlaps(start, end))
            protocol = self._with(edition, active)
            yield replace(protocol, valid_from=start, valid_until=end)

    def _with(self, edition: Edition, overlays: tuple[Overlay, ...]) -> Protocol:
        if not overlays:
            return edition.protocol
        key = (edition.protocol.name, edition.protocol.version, *((o.name, o.area) for o in overlays))
        if key not in self._patched:
            self._patched[key] = patched(edition.root, overlays, zone=self.zone)
        return self._patched[key]

    def _try_overlays(self) -> Iterable[tuple[Overlay, list[Message]]]:
        """Each overlay with what is wrong with it, which shows only once it is laid over something."""
        for name, overlays in self.overlays.items():
            for overlay in overlays:
                bases = [e for e in self.editions.get(name, ()) if _meet(e.protocol, overlay)]
                found = [] if bases else [_without_base(overlay)]
                for edition in bases:
                    try:
                        self._with(edition, (overlay,))
                    except BadInput as error:
                        found += _messages(error, Path(overlay.file))
                yield overlay, found


def _without_base(overlay: Overlay) -> Message:
    line = overlay.root.value["of"].line
    return say("overlay-without-base", file=overlay.file, line=line, clause="of", name=overlay.of)


def _meet(protocol: Protocol, overlay: Overlay) -> bool:
    return overlay.overlaps(protocol.valid_from, protocol.valid_until)


def protocol_files(dirs: Iterable[Path]) -> list[Path]:
    """The files of protocols and orders in and below these directories, each directory's by name."""
    found = (path for folder in dirs for path in sorted(Path(folder).rglob("*.yaml")))
    return [path for path in found if path.name != PACK]


def shown(path: Path) -> str:
    """How a file is called in messages: packs/border/inbound-8.yaml, wherever it is installed."""
    try:
        return Path(path).relative_to(PACKS.parent).as_posix()
    except ValueError:
        return str(path)


def _read(path: Path, zone: str) -> Edition | Overlay:
    text = text_of(path)
    root = read_text(text, file=shown(path))
    if root.is_entries and "overlay" in root.value:
        return overlay_in(root, zone=zone, text=text)
    return Edition(load_root(root, zone=zone, text=text), root)


def _by_validity(edition: Edition) -> tuple[int, str]:
    return edition.protocol.valid_from, edition.protocol.version


def _twin(one: Edition, others: Iterable[Edition]) -> Edition | None:
    return next((e for e in others if e.protocol.version == one.protocol.version), None)


def _published(protocol: Protocol, other: Protocol) -> Message:
    return say(
        "twice-published",
        file=protocol.file,
        line=protocol.lines.get("version", 1),
        clause="version",
        name=protocol.name,
        version=protocol.version,
        other=other.file,
    )


def _messages(error: BadInput, path: Path) -> Iterable[Message]:
    """The messages of an error; one that is not about a line of the file is about its first."""
    if isinstance(error, BadProtocol):
        return error.messages
    if error.findings:
        return [shape(finding) for finding in error.findings]
    words = {"found": str(error), "expected": "a protocol file"}
    return [say("shape", file=shown(path), line=1, clause="", **words)]
