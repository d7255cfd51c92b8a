"""Reads a mapping from its YAML file and checks it against the catalogue of kinds.

Everything that can be wrong without looking at a file of data is found here, with the line it stands on:
kinds and fields that do not exist, required fields nobody fills, codes a table offers that the kind does
not know, two facts of a row under one key. The language is described in ``docs/mappings.md``.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from fengsui.facts.catalogue import Catalogue
from fengsui.facts.check import SOURCE
from fengsui.facts.yaml_file import Document, Node, nearest_first, read_text
from fengsui.kit.errors import BadInput, NotFound
from fengsui.sources import spec
from fengsui.sources.read_tree import steps_of
from fengsui.sources.surface import Scope, fact_of, recorded_at_of, template_of, zone_of

SHIPPED = Path(__file__).parent / "mappings"
REQUIRED = ("mapping", "title", "file", "zone", "source", "row", "facts")
OPTIONAL = ("recorded_at", "missing", "values", "ignores")
FORMATS = ("csv", "xlsx", "ndjson", "parquet", "json", "fhir", "cap")


def mapping_file(name: str, dirs: tuple[Path, ...] = ()) -> Path:
    """The file of a mapping: a path, or the name of one in ``dirs`` or among the shipped. NotFound."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return path
    found = {file.stem: file for folder in (SHIPPED, *dirs) for file in sorted(Path(folder).rglob("*.yaml"))}
    if name not in found:
        raise NotFound(f"no mapping is called {name!r}; there are: {nearest_first(name, found)}")
    return found[name]


def read_mapping(path: Path, catalogue: Catalogue) -> spec.FileMapping:
    """The mapping a file describes. Raises BadInput naming file, line and field of every mistake."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    return mapping_of(text, catalogue, file=str(path))


def mapping_of(text: str, catalogue: Catalogue, *, file: str) -> spec.FileMapping:
    """The mapping a text describes; ``file`` is its name in messages."""
    root = read_text(text, file=file)
    entries = root.entries(known=(*REQUIRED, *OPTIONAL), required=REQUIRED)
    root.document.close()  # without these there is nothing to check the rest against
    scope = Scope(catalogue, _tables(entries.get("values")), zone_of(entries["zone"]))
    facts = tuple(fact_of(node, scope) for node in entries["facts"].items())
    _refuse_shared_keys(entries["facts"], facts)
    given = spec.TimeSpec((), scope.zone, spec.GIVEN)
    recorded_at = recorded_at_of(entries["recorded_at"], scope) if "recorded_at" in entries else given
    mapping = spec.FileMapping(
        name=entries["mapping"].text(),
        title=entries["title"].bilingual(),
        file=_file(entries["file"]),
        source=_source(entries["source"]),
        row=entries["row"].texts(),
        facts=tuple(replace(fact, recorded_at=fact.recorded_at or recorded_at) for fact in facts),
        missing=frozenset({"", *(entries["missing"].texts() if "missing" in entries else ())}),
        ignores=entries["ignores"].texts() if "ignores" in entries else (),
        recorded_by_file=_asks_for_moment(root),
        digest=blake2b(text.encode(), digest_size=16).hexdigest(),
        path=file,
    )
    root.document.close()
    return mapping


def check_columns(mapping: spec.FileMapping, columns: tuple[str, ...]) -> None:
    """Raise BadInput naming every column the mapping needs and the file lacks, and the other way round.

    A column nobody reads is a mistake unless the mapping says that it ignores it: it may be the very
    column that tells a correction from a record.
    """
    document = Node(None, 1, "", Document(mapping.path))
    named = {*mapping.columns(), *mapping.ignores, *(f"({i})" for i in range(1, len(columns) + 1))}
    for column in mapping.columns():
        if column not in columns:
            expected = f"a column of the file, which has: {nearest_first(column, columns)}"
            document.wrong(expected, found=repr(column), at="columns")
    for column in columns:
        if (
            column not in named
            and spec.REST not in mapping.ignores
            and not column.startswith(spec.OWN_COLUMNS)
        ):
            document.wrong(
                "a use for every column, or its name under ignores", found=repr(column), at="ignores"
            )
    for column in sorted({column for column in columns if columns.count(column) > 1}):
        document.wrong("each column of the file once", found=f"{column!r} more than once", at="columns")
    document.document.close()


def _tables(node: Node | None) -> Mapping[str, Mapping[str, str]]:
    if node is None:
        return {}
    return {
        name: {cell: code.text() for cell, code in table.entries().items()}
        for name, table in node.entries().items()
    }


def _file(node: Node) -> spec.FileSpec:
    known = ("format", "encoding", "delimiter", "header", "sheet", "skip", "rows")
    entries = node.entries(known=known, required=("format",))
    return spec.FileSpec(
        format=entries["format"].one_of(FORMATS) if "format" in entries else "csv",
        encoding=_encoding(entries["encoding"]) if "encoding" in entries else "",
        delimiter=_delimiter(entries["delimiter"]) if "delimiter" in entries else ",",
        header=_header(entries["header"]) if "header" in entries else None,
        sheet=entries["sheet"].text() if "sheet" in entries else "",
        skip=entries["skip"].integer() if "skip" in entries else 0,
        rows=_path(entries["rows"]) if "rows" in entries else "",
    )


def _encoding(node: Node) -> str:
    try:
        "".encode(node.text())
    except LookupError:
        node.wrong("an encoding such as utf-8 or gb18030")
    return node.text()


def _path(node: Node) -> str:
    try:
        steps_of(node.text())
    except ValueError:
        node.wrong("a path such as entry.resource")
    return node.text()


def _delimiter(node: Node) -> str:
    text = {"tab": "\t"}.get(node.text(), node.text())
    if len(text) != 1:
        node.wrong("one character, or tab")
    return text[:1] or ","


def _header(node: Node) -> tuple[str, ...] | None:
    if node.value is True:
        return None
    if not node.is_list:
        node.wrong("true, or the names of the columns in their order")
    return node.texts()


def _source(node: Node) -> spec.Template:
    source = template_of(node)
    if not all(SOURCE.fullmatch(part) for part in source.parts[::2] if part):
        node.wrong("a name without blanks and colons")
    return source


def _asks_for_moment(root: Node) -> bool:
    """Whether recorded_at: file stands anywhere."""
    places = [root, *root.entries()["facts"].items()]
    said = [place.entries().get("recorded_at") for place in places if place.is_entries]
    return any(node is not None and node.value == "file" for node in said)


def _refuse_shared_keys(node: Node, facts: tuple[spec.FactSpec, ...]) -> None:
    seen: set[spec.Template] = set()
    for item, fact in zip(node.items(), facts, strict=True):
        if fact.kind and fact.key in seen:
            item.wrong("a key no other fact of the row has", found="".join(fact.key.parts), at="key")
        seen.add(fact.key)
