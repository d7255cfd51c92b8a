"""Protocols as people read them: steps, clocks, owners, law, and how sure we are; versions in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fengsui.board.desk import SUBJECT_TYPES, Desk
from fengsui.board.packs import by_pack, pack_title, short_file
from fengsui.kit.errors import NotFound
from fengsui.kit.text import Text
from fengsui.loops.naming import role_names
from fengsui.protocols.describe import Outline, Step, Wording, outline, steps
from fengsui.protocols.model import Protocol


@dataclass(frozen=True, slots=True)
class ProtocolRow:
    """One protocol of the list. ``version`` is the one in force at the moment, "" if none is."""

    name: str
    title: Text
    subject: Text
    version: str
    n_steps: int
    n_versions: int


@dataclass(frozen=True, slots=True)
class ProtocolGroup:
    """The protocols of one pack. ``pack``: "" for one's own."""

    pack: str
    title: Text
    rows: tuple[ProtocolRow, ...]


@dataclass(frozen=True, slots=True)
class ProtocolList:
    """All protocols, by pack."""

    now: int
    known_at: int
    groups: tuple[ProtocolGroup, ...]

    @property
    def rows(self) -> tuple[ProtocolRow, ...]:
        """Every protocol, in the order of the page."""
        return tuple(row for group in self.groups for row in group.rows)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in time. ``area_name`` is set on local orders; ``previous``: what it took the place of."""

    version: str
    valid_from: int
    valid_until: int
    running: Text
    is_shown: bool
    is_in_force: bool
    overlay: str
    area_name: Text | None
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class ProtocolPage:
    """One version of one protocol, and the others."""

    now: int
    known_at: int
    name: str
    title: Text
    subject: Text
    outline: Outline
    steps: tuple[Step, ...]
    versions: tuple[VersionRow, ...]
    confirm_after: int
    file: str
    url: str


def protocol_list(desk: Desk) -> ProtocolList:
    """Every protocol with the version that is in force."""
    groups = (
        ProtocolGroup(pack, pack_title(pack), tuple(_row(desk, name) for name in names))
        for pack, names in by_pack(desk, desk.library.names)
    )
    return ProtocolList(desk.now, desk.known_at, tuple(groups))


def _row(desk: Desk, name: str) -> ProtocolRow:
    versions = desk.library.versions(name)
    current = _in_force(versions, desk.now)
    shown = desk.current(name)
    return ProtocolRow(
        name=name,
        title=shown.title,
        subject=SUBJECT_TYPES.get(shown.subject, Text(shown.subject, shown.subject)),
        version=current.version if current else "",
        n_steps=len(shown.obligations),
        n_versions=len(desk.library.everywhere(name)),
    )


def _in_force(versions: Sequence[Protocol], now: int) -> Protocol | None:
    return next((v for v in versions if v.valid_from <= now < v.valid_until), None)


def protocol_page(desk: Desk, name: str, *, version: str | None = None) -> ProtocolPage:
    """The version asked for, else the one in force, else the newest. Raises NotFound."""
    everywhere = desk.library.everywhere(name)
    shown = desk.current(name)
    if version is not None:
        shown = next((v for v in everywhere if v.version == version), None)
        if shown is None:
            raise NotFound(f"{name} has no version {version}.")
    wording = Wording(desk.kinds, role_names(desk.world.areas), desk.world.areas.region.level_names)
    zone = desk.world.areas.region.zone
    published = [edition.protocol.version for edition in desk.library.editions[name]]
    previous = {after: before for before, after in pairwise(published)}
    return ProtocolPage(
        now=desk.now,
        known_at=desk.known_at,
        name=name,
        title=shown.title,
        subject=SUBJECT_TYPES.get(shown.subject, Text(shown.subject, shown.subject)),
        outline=outline(shown, wording, zone=zone),
        steps=steps(shown, wording),
        versions=tuple(
            _version(desk, v, shown, zone=zone, wording=wording, previous=previous) for v in everywhere
        ),
        confirm_after=shown.confirm_after,
        file=short_file(shown),
        url=shown.basis.url,
    )


def _version(
    desk: Desk,
    one: Protocol,
    shown: Protocol,
    *,
    zone: str,
    wording: Wording,
    previous: Mapping[str, str],
) -> VersionRow:
    return VersionRow(
        version=one.version,
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        running=outline(one, wording, zone=zone).running,
        is_shown=one.version == shown.version,
        is_in_force=one.valid_from <= desk.now < one.valid_until,
        overlay=one.overlay,
        area_name=desk.place_text(one.area) if one.area else None,
        previous=previous.get(one.version, ""),
        digest=one.digest,
    )
