"""The kinds of facts there are: which subjects they are about and which data they carry.

A kind is an entry of a YAML file in ``facts/kinds`` or in a directory of the user's, so a new kind is
a new file and no code. A kind has a version. When its fields change, the new version says how data
written before is read (``lifts``): names that changed, codes that changed, values to assume, fields
that are gone. A lift looks only at the data, so stored facts are never rewritten and need no version
of their own; for this to be certain, a lift may not take a name or a code away that is still in use.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Self

from fengsui.facts.fact import Fact
from fengsui.facts.yaml_file import Node, read
from fengsui.kit.errors import BadInput, Finding, NotFound
from fengsui.kit.text import Text

SHIPPED = Path(__file__).parent / "kinds"
ANY = "any"  # in a kind's subjects: about a subject of every type


class FieldType(StrEnum):
    """How a field's value is written in the data of a fact."""

    CODE = "code"  # one of the field's values
    TEXT = "text"
    NUMBER = "number"  # finite; an int where it is whole
    INTEGER = "integer"
    YES_NO = "yes_no"  # true, false
    TIME = "time"  # whole seconds UTC
    AREA = "area"  # a code that lies in a known area
    SUBJECT = "subject"  # "person/…"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind's data."""

    name: str
    type: FieldType
    title: Text
    values: tuple[str, ...] = ()  # CODE
    required: bool = False
    titles: Mapping[str, Text] = field(default_factory=lambda: MappingProxyType({}))  # CODE: of its values

    def title_of(self, value: str) -> Text:
        """What people call one of its codes: the code itself where the catalogue has no words for it."""
        return self.titles.get(value, Text(value, value))


@dataclass(frozen=True, slots=True)
class Lift:
    """How data written under version ``of`` and before is read today."""

    of: int
    rename: Mapping[str, str]  # field → field
    recode: Mapping[str, Mapping[str, str]]  # field → code → code
    fill: Mapping[str, object]  # field → value to assume where it is missing
    drop: frozenset[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact (DHIS2: program stage; FHIR: a profile)."""

    name: str
    version: int
    title: Text
    subjects: tuple[str, ...]
    fields: Mapping[str, Field]
    lifts: tuple[Lift, ...] = ()
    file: str = ""
    line: int = 0

    def is_about(self, subject_type: str) -> bool:
        """Whether a subject of this type can have such facts."""
        return subject_type in self.subjects or ANY in self.subjects

    def lifted(self, data: Mapping[str, object]) -> Mapping[str, object]:
        """The data as today's version would have written it. Lifting twice changes nothing more."""
        for lift in self.lifts:
            data = _lift(data, lift)
        return data


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All kinds by name."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)

    @classmethod
    def shipped(cls) -> Self:
        """The kinds that come with the package."""
        return cls(_shipped())

    @classmethod
    def read(cls, dirs: Iterable[Path], *, with_shipped: bool = True) -> Self:
        """The kinds of every ``*.yaml`` in these directories, beside the shipped ones.

        Raises BadInput naming file and line of everything that is wrong in any of them.
        """
        kinds = dict(_shipped()) if with_shipped else {}
        files = [path for folder in dirs for path in sorted(Path(folder).glob("*.yaml"))]
        return cls(_read_all(files, kinds))

    def kind(self, name: str) -> Kind:
        """The kind of that name. Raises NotFound."""
        try:
            return self.kinds[name]
        except KeyError:
            raise NotFound(f"no kind of fact is called {name!r}") from None

    def lifted(self, fact: Fact) -> Fact:
        """The fact with its data as today's version of its kind would have written it."""
        kind = self.kinds.get(fact.kind)
        if kind is None or not kind.lifts:
            return fact
        return replace(fact, data=kind.lifted(fact.data))


@cache
def _shipped() -> Mapping[str, Kind]:
    return _read_all(sorted(SHIPPED.glob("*.yaml")), {})


def _read_all(files: Iterable[Path], kinds: dict[str, Kind]) -> dict[str, Kind]:
    findings: list[Finding] = []
    for path in files:
        root = read(path)
        entries = root.entries(known=("kinds",), required=("kinds",))
        for name, node in entries["kinds"].entries().items() if "kinds" in entries else ():
            if name in kinds:
                other = kinds[name]
                node.wrong(f"a name of its own; {other.file}:{other.line} has this one")
            kinds[name] = _kind(name, node)
        findings += root.document.findings
    if findings:
        raise BadInput("the catalogue of kinds cannot be read as it is", tuple(findings))
    return kinds


def _kind(name: str, node: Node) -> Kind:
    keys = ("version", "title", "subject", "fields", "lifts")
    entries = node.entries(known=keys, required=keys[:3])
    fields = {
        field_name: _field(field_name, of)
        for field_name, of in (entries["fields"].entries() if "fields" in entries else {}).items()
    }
    kind = Kind(
        name=name,
        version=entries["version"].integer(at_least=1) if "version" in entries else 1,
        title=entries["title"].bilingual() if "title" in entries else Text("", ""),
        subjects=entries["subject"].texts() if "subject" in entries else (),
        fields=fields,
        file=node.document.file,
        line=node.line,
    )
    lifts = [_lift_of(of, kind) for of in (entries["lifts"].items() if "lifts" in entries else ())]
    return replace(kind, lifts=tuple(sorted(lifts, key=lambda lift: lift.of)))


def _field(name: str, node: Node) -> Field:
    entries = node.entries(known=("type", "values", "required", "title"), required=("type", "title"))
    type_ = FieldType(entries["type"].one_of(FieldType)) if "type" in entries else FieldType.TEXT
    coded = entries.get("values")
    titles = (
        {code: of.bilingual() for code, of in coded.entries().items()} if coded and coded.is_entries else {}
    )
    values = tuple(titles) or (coded.texts() if coded else ())
    if (type_ is FieldType.CODE) != bool(values):
        node.wrong("values for a code, and only for a code", at="values", found=", ".join(values) or "none")
    if len(set(values)) < len(values):
        node.wrong("each value once", at="values", found=", ".join(values))
    return Field(
        name=name,
        type=type_,
        title=entries["title"].bilingual() if "title" in entries else Text("", ""),
        values=values,
        required="required" in entries and entries["required"].yes_no(),
        titles=titles,
    )


def _lift_of(node: Node, kind: Kind) -> Lift:
    entries = node.entries(known=("of", "rename", "recode", "fill", "drop"), required=("of",))
    lift = Lift(
        of=entries["of"].integer(at_least=1) if "of" in entries else 1,
        rename=_texts_of(entries.get("rename")),
        recode={f: _texts_of(codes) for f, codes in _entries_of(entries.get("recode")).items()},
        fill={f: value.value for f, value in _entries_of(entries.get("fill")).items()},
        drop=frozenset(entries["drop"].texts() if "drop" in entries else ()),
    )
    if lift.of >= kind.version:
        node.wrong(f"a version before {kind.version}, the present one", at="of", found=str(lift.of))
    for taken in sorted((lift.rename.keys() | lift.drop) & kind.fields.keys()):
        node.wrong("a name that no field has today", found=f"{taken!r}, which is a field")
    written = set(lift.rename.values()) | lift.recode.keys() | lift.fill.keys()
    for name in sorted(written - kind.fields.keys()):
        node.wrong("a field of today's version", found=repr(name))
    for name in sorted(lift.recode.keys() & kind.fields.keys()):
        for code in sorted(lift.recode[name].keys() & set(kind.fields[name].values)):
            node.wrong("a code that is not in use today", at=f"recode.{name}", found=repr(code))
    return lift


def _entries_of(node: Node | None) -> Mapping[str, Node]:
    return node.entries() if node is not None else {}


def _texts_of(node: Node | None) -> dict[str, str]:
    return {key: value.text() for key, value in _entries_of(node).items()}


def _lift(data: Mapping[str, object], lift: Lift) -> dict[str, object]:
    lifted = {lift.rename.get(name, name): value for name, value in data.items() if name not in lift.drop}
    for name, codes in lift.recode.items():
        if name in lifted:
            lifted[name] = codes.get(str(lifted[name]), lifted[name])
    return {**lift.fill, **lifted}
