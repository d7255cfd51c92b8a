"""What is counted for which series, as a file declares it (``counts.yaml`` ships)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fengsui.facts.yaml_file import Node, read
from fengsui.kit.text import Text

SHIPPED = Path(__file__).with_name("counts.yaml")
SUBJECTS, FACTS = "subjects", "facts"
_KEYS = (
    "title",
    "facts",
    "where",
    "count",
    "again_after",
    "disease",
    "family",
    "onset",
    "silence",
    "of",
    "age",
)


@dataclass(frozen=True, slots=True)
class Stream:
    """One source of counts: which facts, what of them, for which disease, and what silence means.

    ``count``: ``subjects``, ``facts``, or the field to add up. ``disease_field``, ``onset``, ``age``: fields
    of the data, "" for none. ``bands``: the first year of each age band. ``judged``: whether detectors look
    at it, or it is only the denominator of another. ``raises``: whether what they find is to be verified.
    """

    name: str
    title: Text
    kinds: tuple[str, ...]
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    count: str = FACTS
    again_after: int = 0
    disease: str = ""
    disease_field: str = ""
    family: str = ""
    onset: str = ""
    is_missing_when_silent: bool = False
    of: str = ""
    age: str = ""
    bands: tuple[int, ...] = ()
    judged: bool = True
    raises: bool = True

    @property
    def added(self) -> str:
        """The field that is added up; "" where facts or subjects are counted."""
        return "" if self.count in (SUBJECTS, FACTS) else self.count


@dataclass(frozen=True, slots=True)
class Declared:
    """All streams by name, and what diseases are called."""

    streams: Mapping[str, Stream]
    diseases: Mapping[str, Text]

    def family(self, stream: str, disease: str) -> str:
        """Which alarms may be of one outbreak with those of a stream."""
        one = self.streams.get(stream)
        return (one.family if one else "") or disease

    def raises(self, stream: str) -> bool:
        """Whether what is found in a stream is to be verified; yes for one nobody declared."""
        return stream not in self.streams or self.streams[stream].raises

    def disease_text(self, code: str) -> Text:
        """What a disease is called; its code where nobody says."""
        return self.diseases.get(code, Text(code, code))

    def stream_text(self, name: str) -> Text:
        """What a stream is called; its name where nobody says."""
        return self.streams[name].title if name in self.streams else Text(name, name)


def read_declared(path: Path = SHIPPED) -> Declared:
    """The declaration in a YAML file. BadInput names every line that cannot be taken."""
    root = read(path)
    entries = root.entries(known=("series", "diseases"), required=("series",))
    streams = {}
    if "series" in entries:
        streams = {name: _stream(name, node) for name, node in entries["series"].entries().items()}
    said = entries["diseases"].entries() if "diseases" in entries else {}
    diseases = {code: node.bilingual() for code, node in said.items()}
    for name, one in streams.items():
        if one.of and one.of not in streams:
            root.wrong("a series of this file", found=repr(one.of), at=f"series.{name}.of")
    root.document.close()
    return Declared(streams, diseases)


def _stream(name: str, node: Node) -> Stream:
    said = node.entries(known=(*_KEYS, "judged", "raises"), required=("title", "facts", "disease"))

    def text(key: str, otherwise: str = "") -> str:
        return said[key].text() if key in said else otherwise

    disease, disease_field = "", ""
    if "disease" in said:
        disease, disease_field = _disease(said["disease"])
    age = said["age"].entries(known=("field", "bands"), required=("field", "bands")) if "age" in said else {}
    where = said["where"].entries() if "where" in said else {}
    return Stream(
        name=name,
        title=said["title"].bilingual() if "title" in said else Text(name, name),
        kinds=said["facts"].texts() if "facts" in said else (),
        where={key: each.texts() for key, each in where.items()},
        count=text("count", FACTS),
        again_after=said["again_after"].integer() if "again_after" in said else 0,
        disease=disease,
        disease_field=disease_field,
        family=text("family"),
        onset=text("onset"),
        is_missing_when_silent="silence" in said and said["silence"].one_of(("zero", "missing")) == "missing",
        of=text("of"),
        age=age["field"].text() if "field" in age else "",
        bands=tuple(each.integer() for each in age["bands"].items()) if "bands" in age else (),
        judged=said["judged"].yes_no() if "judged" in said else True,
        raises=said["raises"].yes_no() if "raises" in said else True,
    )


def _disease(node: Node) -> tuple[str, str]:
    """The code, and the field that says it for each fact."""
    if not node.is_entries:
        return node.text(), ""
    said = node.entries(known=("field", "otherwise"), required=("field", "otherwise"))
    return tuple(said[key].text() if key in said else "" for key in ("otherwise", "field"))
