"""Files that are trees: JSON as most systems export it, FHIR bundles, CAP alerts. A row is one of the
things a path leads to; a column is a path from there.

``a.b`` walks down, and through every item of a list; ``coding[system=http://loinc.org].code`` takes only
the items that say so; ``^.a`` begins at the thing that holds the row, ``^^.a`` at the one above. Several
values at one path are one cell with a line each.
"""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

import msgspec

from fengsui.kit.errors import BadInput, Finding
from fengsui.sources.read import Broken, Table, as_text, raw_of
from fengsui.sources.spec import FileSpec

WHOLE = "(whole)"  # the column under which the ledger keeps all of a row that was refused
STEP = re.compile(r"([^.\[\]]+)(?:\[([^=\]]+)=([^\]]*)\])?(?:\.|$)")
SEPARATOR = "\n"
DEEPEST = 100  # elements inside one another; no alert needs a tenth of that
Rows = Iterator[tuple[int, Sequence[str] | Broken, object]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a name, and what its items must say."""

    name: str
    key: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A thing in the tree, and the one that holds it."""

    value: object
    above: "Found | None" = None


def steps_of(path: str) -> tuple[int, tuple[Step, ...]]:
    """How far up a path begins, and its steps down. ValueError if it is none."""
    down = path.lstrip("^")
    up = len(path) - len(down)
    down = down.removeprefix(".") if up else down
    found, at = [], 0
    while at < len(down):
        match = STEP.match(down, at)
        if match is None:
            raise ValueError(
                f"expected a path such as code.coding[system=http://loinc.org].code, not {path!r}"
            )
        found.append(Step(match[1], match[2] or "", match[3] or ""))
        at = match.end()
    return up, tuple(found)


def things(root: object, path: str) -> Iterator[Found]:
    """Everything a path of rows leads to, with what holds it; an empty path: the root, or its items."""
    held = [Found(root)]
    for step in steps_of(path)[1]:
        held = [Found(item, one) for one in held for item in _items(one.value, step)]
    for one in held:
        if isinstance(one.value, list):
            yield from (Found(item, one.above) for item in one.value)
        else:
            yield one


def values_at(row: Found, path: str) -> list[object]:
    """The values a column has in a row."""
    up, steps = steps_of(path)
    start: Found | None = row
    for _ in range(up):
        start = start.above if start else None
    held: list[object] = [start.value] if start else []
    for step in steps:
        held = [item for value in held for item in _items(value, step)]
    return [value for value in held if value is not None]


def _items(value: object, step: Step) -> list[object]:
    """What a step leads to from a value: the items of a list, each for itself."""
    if isinstance(value, list):
        return [item for one in value for item in _items(one, step)]
    below = value.get(step.name) if isinstance(value, dict) else None
    found = below if isinstance(below, list) else [] if below is None else [below]
    if not step.key:
        return found
    return [one for one in found if isinstance(one, dict) and as_text(one.get(step.key)) == step.says]


def json(path: Path, stream: io.BufferedReader, *, file: FileSpec, wanted: tuple[str, ...]) -> Table:
    """One JSON document, or one a line; its rows are what ``file.rows`` leads to."""
    return _table([*_documents(path, stream)], file, wanted)


def fhir(path: Path, stream: io.BufferedReader, *, file: FileSpec, wanted: tuple[str, ...]) -> Table:
    """FHIR R4: a bundle, a resource, or a resource a line. What is no valid resource is a broken row."""
    resources = []
    for document in _documents(path, stream):
        is_bundle = isinstance(document, dict) and document.get("resourceType") == "Bundle"
        resources += (
            [found.value for found in things(document, "entry.resource")] if is_bundle else [document]
        )
    return _table(resources, file, wanted, check=_fhir_check())


def cap(path: Path, stream: io.BufferedReader, *, file: FileSpec, wanted: tuple[str, ...]) -> Table:
    """An alert of the Common Alerting Protocol 1.2. A row is what ``file.rows`` says: info."""
    try:
        root = xml_tree(stream.read())
        root["about"] = _about(root)
    except (expat.ExpatError, ValueError) as error:
        raise _unreadable(path, str(error), "a CAP 1.2 alert in XML") from error
    return _table([root], file, wanted)


def _about(alert: dict) -> str:
    """The identifier of the alert a message speaks of: the first it refers to, or itself.

    References are written "sender,identifier,sent", with blanks between them (CAP 1.2, 3.2.1).
    """
    said = as_text(alert.get("references")).split()
    if not said:
        return as_text(alert.get("identifier"))
    parts = said[0].split(",")
    if len(parts) != 3:
        raise ValueError(f"the reference {said[0]!r}, which is not sender,identifier,sent")
    return parts[1]


def _table(
    roots: Sequence[object],
    file: FileSpec,
    wanted: tuple[str, ...],
    check: Callable[[object], Broken | None] = lambda value: None,
) -> Table:
    for column in wanted:
        try:
            steps_of(column)
        except ValueError as error:
            raise BadInput(str(error)) from error
    found = [one for root in roots for one in things(root, file.rows)]
    done = 0

    def rows() -> Rows:
        nonlocal done
        for done, one in enumerate(found, start=1):
            yield done, check(one.value) or _cells(one, wanted), one

    def raw(one: Found) -> str:
        whole = msgspec.json.encode(one.value).decode()
        return raw_of((*wanted, WHOLE))([*_cells(one, wanted), whole])

    return Table(wanted, rows(), share=lambda: done / max(1, len(found)), raw=raw, encoding="utf-8")


def _cells(one: Found, columns: Sequence[str]) -> list[str]:
    return [SEPARATOR.join(map(as_text, values_at(one, column))) for column in columns]


def _documents(path: Path, stream: io.BufferedReader) -> Iterator[object]:
    text = stream.read()
    try:
        yield msgspec.json.decode(text)
        return
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        whole = error
    for line in filter(None, map(bytes.strip, text.splitlines())):
        try:
            yield msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _unreadable(path, str(whole), "one JSON document, or one a line") from whole


def _fhir_check() -> Callable[[object], Broken | None]:
    try:
        from fhir.resources.R4B import get_fhir_model_class
    except ImportError as error:
        raise BadInput(
            "Reading FHIR needs the package fhir.resources: install fengsui[standards]."
        ) from error

    def check(resource: object) -> Broken | None:
        name = resource.get("resourceType") if isinstance(resource, dict) else None
        try:
            get_fhir_model_class(name).model_validate(resource)
        except KeyError:
            return Broken(f"resourceType {name!r}", "a resource of FHIR R4")
        except ValueError as error:
            return Broken(_first_of(error), f"a {name} as FHIR R4 has it")
        return None

    return check


def _first_of(error: ValueError) -> str:
    """What pydantic finds wrong, in a line."""
    wrong = error.errors() if hasattr(error, "errors") else []
    said = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong[:3]]
    return "; ".join(said) or str(error)


def xml_tree(text: bytes) -> dict:
    """An XML document as a tree of dicts: children by their name without namespace, lists where repeated.

    Document types are refused: they define entities, and nothing good was ever said with those.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    stack: list[tuple[dict, list[str]]] = [({}, [])]

    def start(name: str, attributes: dict) -> None:
        if len(stack) > DEEPEST:
            raise ValueError(f"more than {DEEPEST} elements inside one another")
        stack.append(({}, []))

    def end(name: str) -> None:
        children, said = stack.pop()
        value = children or "".join(said).strip()
        above, key = stack[-1][0], name.rpartition(" ")[2]
        if key not in above:
            above[key] = value
        elif isinstance(above[key], list):
            above[key].append(value)
        else:
            above[key] = [above[key], value]

    def doctype(*_: object) -> None:
        raise ValueError("a document type, which is not read")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda said: stack[-1][1].append(said)
    parser.StartDoctypeDeclHandler = doctype
    parser.Parse(text, True)
    (root,) = stack[0][0].values()
    if not isinstance(root, dict):
        raise ValueError("a document without elements")
    return root


def _unreadable(path: Path, found: str, expected: str) -> BadInput:
    return BadInput(f"{path} cannot be read", (Finding(str(path), "file", found, expected),))
