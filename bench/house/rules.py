"""The rules the benchmarks run under: the shipped inbound protocol, eighth edition, in Inner Mongolia."""

from functools import cache

from fengsui.engines import home
from fengsui.engines.home import world_of
from fengsui.kit.areas import Areas
from fengsui.loops.loop import World
from fengsui.loops.strata import Rules
from fengsui.protocols.library import Library
from fengsui.protocols.model import Protocol

NAME, VERSION = "cn.covid19/inbound", "8"


@cache
def world() -> World:
    """The region's areas and calendar."""
    areas = Areas.of_region()
    return world_of(areas, home.rules_of(Library.shipped(areas.region.zone), areas))


@cache
def inbound() -> Protocol:
    """The eighth edition as it is shipped."""
    library = Library.shipped(world().areas.region.zone)
    return next(p for p in library.versions(NAME) if p.version == VERSION)


def rules_of(*versions: Protocol) -> Rules:
    """Rules of one protocol name; the versions hold in every area, in the order given."""
    return Rules({versions[0].name: versions}, lambda _name, _area: versions)
