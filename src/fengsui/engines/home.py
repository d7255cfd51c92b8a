"""Where a region lives: one database with its facts, which says itself what region it is and by which rules.

The database keeps the name of a shipped region, or the folder of one's own, and the folders of protocols and
kinds that are used beside the shipped ones. A secret for pseudonyms stays in a file of its own.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Self

from fengsui.engines.address import Address, connect_to
from fengsui.engines.derivation import Derivation
from fengsui.engines.fed import kinds_of
from fengsui.engines.migrations import migrate
from fengsui.engines.people import People
from fengsui.engines.snapshot import Snapshot
from fengsui.engines.sqlite import SqliteStore
from fengsui.engines.sqlite_driver import driver, writing
from fengsui.engines.store import RegionStore, quiet
from fengsui.engines.view import View
from fengsui.facts.catalogue import Catalogue
from fengsui.facts.effective import canonical, effective
from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas, shipped_region
from fengsui.kit.days import Holidays, day_tables
from fengsui.kit.errors import BadInput, Conflict, Finding, NotFound, Refused
from fengsui.kit.region_file import read_header
from fengsui.loops.loop import World
from fengsui.loops.strata import Rules
from fengsui.protocols.library import PACKS, Library, shown
from fengsui.protocols.model import Protocol

SETTING, MOVED = "home", "moved"  # rows of meta


@dataclass(frozen=True, slots=True)
class Setting:
    """What the file says of itself. ``region``: a shipped one's name, or the whole path of a folder."""

    region: str
    protocols: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    secret: str = ""  # the file with the secret, see kit.ids; without one, pseudonyms can be guessed

    def key(self) -> bytes:
        """The secret for pseudonyms; nothing if the region has none. NotFound if its file is gone."""
        if not self.secret:
            return b""
        try:
            found = Path(self.secret).read_bytes().strip()
        except OSError as error:
            raise NotFound(f"The secret of this region cannot be read: {error}") from error
        if not found:
            raise BadInput(f"{self.secret} is empty; a secret is a line nobody can guess.")
        return found

    def areas(self) -> Areas:
        """The areas of the region."""
        return Areas.read(self._folder())

    def catalogue(self) -> Catalogue:
        """The shipped kinds, and those of the folders."""
        return Catalogue.read(map(Path, self.kinds))

    def library(self, zone: str) -> Library:
        """The shipped protocols the region uses, and those of the folders. ``zone``: of the region."""
        library = Library.read((PACKS, *map(Path, self.protocols)), zone)
        uses = read_header(self._folder()).uses
        return library if uses is None else only(library, uses)

    def _folder(self) -> Path:
        folder = Path(self.region)
        return folder if folder.is_absolute() else shipped_region(self.region)


def only(library: Library, uses: Sequence[str]) -> Library:
    """A library in which, of what ships, only these packs and protocols are. BadInput for what does not."""
    shipped = {path.name: {shown(file) for file in path.rglob("*.yaml")} for path in PACKS.iterdir()}
    if unknown := [name for name in uses if name not in shipped and name not in library.names]:
        there = f"packs ({', '.join(sorted(shipped))}) and protocols that ship"
        raise BadInput(
            "The region uses what does not ship.",
            tuple(Finding("region.yaml", "uses", repr(name), there) for name in unknown),
        )
    left_out = set().union(*(files for pack, files in shipped.items() if pack not in uses))

    def is_used(name: str) -> bool:
        return name in uses or any(e.protocol.file not in left_out for e in library.editions[name])

    names = [name for name in library.names if is_used(name)]
    return Library(
        {name: library.editions[name] for name in names},
        {name: orders for name, orders in library.overlays.items() if name in names},
        library.zone,
    )


@dataclass(frozen=True)
class Home:
    """A region that is open: its rules, its world, and its store."""

    path: Address
    setting: Setting
    areas: Areas
    world: World
    library: Library
    rules: Rules
    kinds: Catalogue
    store: RegionStore

    def last_recorded_at(self) -> int:
        """When the latest fact was recorded; 0 without facts. Nothing there is has happened later."""
        return self._one("SELECT coalesce(max(recorded_at), 0) FROM fact")

    def n_loops(self) -> int:
        """How many loops were opened."""
        return self._one("SELECT count(*) FROM loop")

    def n_facts(self) -> int:
        """How many facts there are, also those that were corrected."""
        return self._one("SELECT count(*) FROM fact")

    def _one(self, sql: str) -> int:
        connection = connect_to(self.path, read_only=True)
        try:
            return connection.execute(sql).fetchone()[0]
        finally:
            connection.close()

    def view(self, *, as_of: int, known_at: int) -> View:
        """What was owed at a moment, by what was on record at another.

        While everything on record was recorded by then, the tables answer; the past is derived anew. So is
        a moment before a version that will reach behind its own beginning.
        """
        if self.last_recorded_at() <= min(as_of, known_at) and self.rules.steady_from <= as_of:
            return self.store.view
        derivation = Derivation(self.rules, self.world)
        return Snapshot(self.store.facts(known_at), derivation, as_of=as_of, known_at=known_at)

    def histories(self, read_by: Sequence[Protocol], *, as_of: int, known_at: int) -> dict[str, list[Fact]]:
        """The facts that count for each subject that may have a loop under one of these versions.

        With those that follow from other loops, if the versions read any. All are derived for it: this is
        the plain meaning of what ``trial`` does with columns, and takes minutes where that takes seconds.
        """
        records = self.store.facts(known_at)
        people = People(canonical(records, known_at=known_at))
        found: dict[str, list[Fact]] = defaultdict(list)
        for fact in effective(records, known_at=known_at):
            if fact.when <= as_of:
                found[people.name(fact.subject)].append(fact)
        derivation = Derivation(self.rules.as_of(as_of), self.world)
        told = {tell.fact for versions in self.rules.versions.values() for v in versions for tell in v.tells}
        if any("#" in kind or kind in told for kind in kinds_of(read_by)):
            derived = derivation.settle(found, people, lambda name: ())
            found = {name: list(derivation.behind(name, found, derived, people)) for name in found}
        opening = {kind for version in read_by for kind in version.opening.pattern.kinds}
        return {name: facts for name, facts in found.items() if any(f.kind in opening for f in facts)}

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


def make_home(path: Address, setting: Setting) -> None:
    """Make the database of a region. Conflict if there is one; what the setting names is read first."""
    if path.exists():
        raise Conflict(f"{path} is there already.")
    setting.library(setting.areas().region.zone)
    setting.catalogue()
    setting.key()
    connection = connect_to(path)
    try:
        migrate(connection)
        with writing(connection):
            row = (SETTING, json.dumps(asdict(setting), ensure_ascii=False))
            connection.execute("INSERT INTO meta VALUES (?, ?)", row)
    finally:
        connection.close()


def setting_of(path: Address) -> Setting:
    """What a database says of itself. NotFound if there is none, BadInput if it is not one of ours.

    One whose region was moved elsewhere is Refused.
    """
    if not path.exists():
        raise NotFound(f"There is no database {path}; `fengsui init --db {path}` makes one.")
    connection = connect_to(path, read_only=True)
    try:
        sql = "SELECT name, value FROM meta WHERE name IN (?, ?)"
        said = dict(connection.execute(sql, (SETTING, MOVED)).fetchall())
    except driver().DatabaseError as error:
        raise BadInput(f"{path} is not a database of ours: {error}") from error
    finally:
        connection.close()
    if MOVED in said:
        raise Refused(f"The region of {path} was moved to {said[MOVED]}; what is written here would be lost.")
    if SETTING not in said:
        raise BadInput(f"{path} does not say which region it is of.")
    found = json.loads(said[SETTING])
    lists = {name: tuple(value) for name, value in found.items() if isinstance(value, list)}
    return Setting(**found | lists)


def open_home(
    path: Address, *, progress: Callable[[int, int], None] = quiet, synchronous: str = "NORMAL"
) -> Home:
    """Open the database of a region. ``progress`` is told how far it is where all is derived anew.

    ``synchronous``: of a file, see ``sqlite_driver.connect``.
    """
    setting = setting_of(path)
    areas = setting.areas()
    library = setting.library(areas.region.zone)
    rules = rules_of(library, areas)
    world = world_of(areas, rules)
    if isinstance(path, Path):
        store = SqliteStore.open(path, rules, world, synchronous=synchronous, progress=progress)
    else:
        from fengsui.engines.postgres.store import PostgresStore  # and its driver, which few need

        store = PostgresStore.open(path, rules, world, progress=progress)
    return Home(path, setting, areas, world, library, rules, setting.catalogue(), store)


def world_of(areas: Areas, rules: Rules) -> World:
    """The areas with the days of their zones, and the working days of their country.

    A protocol may count in a zone of its own, in which no area of the region lies; its days come last.
    """
    country = areas.region.country
    declared = {version.zone for versions in rules.versions.values() for version in versions} - {"place"}
    zones = tuple(dict.fromkeys((*areas.zones, *sorted(declared))))
    return World(areas, day_tables(zones, holidays=Holidays(country) if country else None))


def rules_of(library: Library, areas: Areas) -> Rules:
    """The protocols of a library as they hold in the areas of a region.

    Whatever orders meet in an area, all of them are of areas on one path down, and they meet in the
    lowest of those too: so the versions there are all there are.
    """

    @cache
    def path_of(area: str | None) -> tuple[str, ...]:
        known = areas.resolve(area) if area else None
        return areas.path(known) if known else ()

    def timeline(name: str, area: str | None) -> Sequence[Protocol]:
        return library.timeline(name, path_of(area))

    def everywhere(name: str) -> Iterable[Protocol]:
        ordered = (o.area for o in library.overlays.get(name, ()) if o.area in areas.index)
        for area in (None, *ordered):
            yield from timeline(name, area)

    versions = {
        name: tuple(sorted(dict.fromkeys(everywhere(name)), key=lambda v: (v.valid_from, v.version)))
        for name in library.names
    }
    return Rules(versions, timeline)
