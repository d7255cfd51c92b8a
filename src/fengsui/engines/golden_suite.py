"""Many golden histories: read, run, and what could not be read, for command line, documents and tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fengsui.engines.derivation import Derivation
from fengsui.engines.golden import Verdict, judged, judged_together
from fengsui.engines.home import Setting, rules_of, world_of
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.areas import Areas
from fengsui.kit.errors import BadInput, Finding
from fengsui.loops.golden import Golden, golden_files, names_in, read_golden
from fengsui.loops.golden_table import Backdrop
from fengsui.loops.loop import World
from fengsui.loops.strata import Rules
from fengsui.protocols.library import PACKS, Library, protocol_files, shown

SHIPPED_REGION = "inner-mongolia"  # in which the shipped histories happen


class OneByOne(Derivation):
    """By the semantics, however many there are."""

    def pays(self, n: int) -> bool:
        """Never the kernel."""
        return False


class Together(Derivation):
    """By the kernel, however few there are."""

    def pays(self, n: int) -> bool:
        """Always the kernel."""
        return True


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no history as it stands; the protocols it would show, and what is wrong with it."""

    file: str
    protocols: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Suite:
    """Histories and what they are held against."""

    goldens: tuple[Golden, ...]
    unreadable: tuple[Unreadable, ...]
    library: Library
    rules: Rules
    world: World
    kinds: Catalogue
    asked: tuple[str, ...]  # the protocols that lie in the folders, or are named by the histories

    @classmethod
    def read(cls, setting: Setting, paths: Sequence[Path]) -> "Suite":
        """The histories among these files and folders, with the protocols, kinds and areas of a setting."""
        areas = setting.areas()
        return cls.over(setting.library(areas.region.zone), setting.catalogue(), areas, paths)

    @classmethod
    def over(cls, library: Library, kinds: Catalogue, areas: Areas, paths: Sequence[Path]) -> "Suite":
        """The same where these are read already."""
        about = {name: library.editions[name][0].protocol.subject for name in library.names}
        backdrop = Backdrop(kinds, areas, about, library.zone)
        goldens: list[Golden] = []
        unreadable: list[Unreadable] = []
        for path in golden_files(paths):
            try:
                goldens.append(read_golden(path, backdrop, file=shown(path)))
            except BadInput as error:
                unreadable.append(_unreadable(path, error))
        named = {name for golden in goldens for name in golden.protocols}
        asked = tuple(n for n in library.names if n in named or _lies_in(paths, library, n))
        rules = rules_of(library, areas)
        return cls(tuple(goldens), tuple(unreadable), library, rules, world_of(areas, rules), kinds, asked)

    @classmethod
    def shipped(cls) -> "Suite":
        """All that ship."""
        return cls.read(Setting(SHIPPED_REGION), [PACKS])

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Each history by itself, through the semantics."""
        derivation = OneByOne(self.rules, self.world)
        return tuple(judged(golden, derivation) for golden in self.goldens)

    def by_kernel(self) -> list[Verdict]:
        """All of them in one derivation by the kernel, which is compiled for it: half a minute."""
        return judged_together(self.goldens, Together(self.rules, self.world))

    @property
    def passes(self) -> bool:
        """Whether all can be read and are as expected."""
        return not self.unreadable and not any(verdict.misses for verdict in self.verdicts)


def _unreadable(path: Path, error: BadInput) -> Unreadable:
    names = names_in(path.read_text(encoding="utf-8-sig", errors="replace")) if path.is_file() else ()
    plain = (Finding(shown(path), "", str(error), "a golden history"),)
    return Unreadable(shown(path), names, error.findings or plain)


def _lies_in(paths: Sequence[Path], library: Library, name: str) -> bool:
    files = {shown(file) for file in protocol_files(path for path in paths if path.is_dir())}
    return any(edition.protocol.file in files for edition in library.editions[name])
