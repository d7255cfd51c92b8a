"""What may not be published: a step nobody owns, a loop that cannot end, a restriction without release.

The rules are in ``message``, the checks in ``checks``. A new check is a function and its line in the
table below.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from fengsui.facts.catalogue import Catalogue
from fengsui.protocols.checks import family, structure, words
from fengsui.protocols.checks.ground import Ground
from fengsui.protocols.library import Library, shown
from fengsui.protocols.message import ERROR, Message
from fengsui.protocols.model import Protocol

LEVELS = ("region", "league", "banner", "township", "village", "site")
CHECKS = (
    structure.owned,
    structure.lawful,
    structure.due,
    structure.others_meet,
    structure.closing,
    structure.released,
    structure.escalated,
    structure.handed_over,
    structure.allocated,
    structure.deadlines,
    words.known_kinds,
    words.known_fields,
    words.carried_fields,
    family.exits,
    family.apart,
)


def lint(
    protocols: Iterable[Protocol],
    kinds: Catalogue | None = None,
    *,
    areas_levels: Sequence[str] = LEVELS,
) -> list[Message]:
    """Everything wrong with these protocols, which are taken to be all there are; by file and line.

    Without ``kinds`` the names of facts and fields are not checked. What an overlay leaves as it is,
    is said of the version it lies over and not again.
    """
    families: dict[str, list[Protocol]] = defaultdict(list)
    for protocol in protocols:
        families[protocol.name].append(protocol)
    for versions in families.values():
        versions.sort(key=lambda p: (bool(p.overlay), p.valid_from, p.version))
    ground = Ground({k: tuple(v) for k, v in families.items()}, tuple(areas_levels), kinds)
    messages: list[Message] = []
    said: set[tuple[str, str, str]] = set()
    for versions in ground.families.values():
        for protocol in versions:
            found = [message for check in CHECKS for message in check(protocol, ground)]
            known = {(m.rule, m.clause, m.text.en) for m in found}
            messages += [
                m for m in found if not protocol.overlay or (m.rule, m.clause, m.text.en) not in said
            ]
            said = known | (said if protocol.overlay else set())
        messages += family.versions(versions)
    messages += family.circles(ground)
    return sorted(messages, key=lambda m: (m.file, m.line, m.clause, m.rule))


def lint_files(
    files: Iterable[Path],
    kinds: Catalogue | None = None,
    *,
    zone: str,
    beside: Iterable[Path] = (),
    areas_levels: Sequence[str] = LEVELS,
) -> list[Message]:
    """Everything wrong with these files, also what keeps them from being read.

    ``beside``: files they may refer to, about which nothing is said. ``zone``: of the region.
    """
    asked = [Path(file) for file in files]
    others = [Path(file) for file in beside if Path(file) not in asked]
    library, messages = Library.read_files([*asked, *others], zone)
    protocols = [protocol for name in library.names for protocol in library.everywhere(name)]
    messages = [*messages, *lint(protocols, kinds, areas_levels=areas_levels)]
    names = {shown(file) for file in asked}
    return sorted((m for m in messages if m.file in names), key=lambda m: (m.file, m.line, m.clause))


def is_publishable(messages: Iterable[Message]) -> bool:
    """Whether there is no error among them; warnings may stand."""
    return not any(message.level == ERROR for message in messages)
