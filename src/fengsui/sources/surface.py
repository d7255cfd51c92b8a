"""The parts of a mapping as they are written in YAML, read into the values of ``spec``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fengsui.facts.catalogue import Catalogue, Field, FieldType, Kind
from fengsui.facts.effective import SAME, WITHDRAWN
from fengsui.facts.yaml_file import Node, nearest_first
from fengsui.kit.instant import parse
from fengsui.kit.text import Text
from fengsui.sources import spec
from fengsui.sources.formats import iso_writer

TIME_KEYS = ("column", "format", "time", "day", "epoch", "plus", "date_means", "zone")
VALUE_KEYS = ("column", "table", "default", "empty", "decimal", "type", "const", "subject")
SUBJECT_KEYS = ("type", "id", "key", "register", "else")
FACT_REQUIRED = ("kind", "key", "subject", "at")
FACT_KEYS = (*FACT_REQUIRED, "when", "for_each", "place", "by", "data", "supersedes", "recorded_at")
PLAIN_FORMS = ("iso", "unix", "unix_ms", "excel")
UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
SCHEMES = ("id_card", "passport", "passport_mrz", "uscc", "container", "imo")
PLACE = Field("place", FieldType.AREA, Text("地点", "Place"))
BY = Field("by", FieldType.TEXT, Text("经办", "By"))


@dataclass(frozen=True, slots=True)
class Scope:
    """What the parts of a mapping may refer to."""

    catalogue: Catalogue
    tables: Mapping[str, Mapping[str, str]]
    zone: str


def zone_of(node: Node) -> str:
    """A zone by its IANA name."""
    zone = node.text()
    try:
        parse("2021-08-06", zone=zone)
    except ValueError:
        node.wrong("a zone such as Asia/Shanghai")
        return "UTC"
    return zone


def template_of(node: Node) -> spec.Template:
    """Text with {columns}; a brace itself is written twice."""
    parts: list[str] = [""]
    for literal, column, rest in re.findall(r"((?:[^{}]|\{\{|\}\})+)|\{([^{}]+)\}|([{}])", node.text()):
        if rest:
            node.wrong("braces around the name of a column, or {{ and }} for braces themselves")
        elif literal:
            parts[-1] += literal.replace("{{", "{").replace("}}", "}")
        else:
            parts += [column.strip(), ""]
    return spec.Template(tuple(parts))


def time_of(node: Node, scope: Scope, *, extra: tuple[str, ...] = ()) -> spec.TimeSpec:
    """A time: the name of a column, or entries. ``extra``: keys that someone else reads."""
    if not node.is_entries:
        return spec.TimeSpec(node.texts(), scope.zone)
    entries = node.entries(known=(*TIME_KEYS, *extra))
    if ("column" in entries) == ("day" in entries):
        node.wrong("either column, or day with epoch")
    if ("day" in entries) != ("epoch" in entries):
        node.wrong("day and epoch together")
    means = entries["date_means"].one_of(("start", "end")) if "date_means" in entries else "start"
    columns = (
        entries["day" if "day" in entries else "column"].texts()
        if "day" in entries or "column" in entries
        else ()
    )
    return spec.TimeSpec(
        columns=columns,
        zone=zone_of(entries["zone"]) if "zone" in entries else scope.zone,
        forms=("days",) if "day" in entries else _forms(entries.get("format")),
        clock=entries["time"].text() if "time" in entries else "",
        epoch=_epoch(entries.get("epoch")),
        plus=tuple(_plus(item) for item in entries["plus"].items()) if "plus" in entries else (),
        end_of_day=means == "end",
    )


def recorded_at_of(node: Node, scope: Scope) -> spec.TimeSpec:
    """When a record was made: a column, or the moment handed in with the file."""
    if node.is_entries:
        return moment_of(node, scope)
    node.one_of(("now", "file"))
    return spec.TimeSpec((), scope.zone, spec.GIVEN)


def moment_of(node: Node, scope: Scope) -> spec.TimeSpec:
    """A time that keeps the whole day where the file tells only a date; or "recorded"."""
    if node.value == spec.RECORDED[0]:
        return spec.TimeSpec((), scope.zone, spec.RECORDED)
    if node.is_entries and "date_means" in node.entries():
        node.wrong("nothing: a date without a time stays that whole day here", at="date_means")
    return time_of(node, scope)


def subject_of(node: Node, scope: Scope) -> spec.SubjectSpec:
    """Who a fact is about."""
    entries = node.entries(known=SUBJECT_KEYS, required=("type",))
    by_row = "else" in entries and entries["else"].one_of(("refuse", "source_row")) == "source_row"
    if not (entries.keys() & {"id", "key"} or by_row):
        node.wrong("a key, an id, or else: source_row")
    if "register" in entries and "key" not in entries:
        node.wrong("a key that belongs to the register", found="register without key")
    return spec.SubjectSpec(
        type=entries["type"].text() if "type" in entries else "",
        ids=tuple(_id(item) for item in entries["id"].items()) if "id" in entries else (),
        key=template_of(entries["key"]) if "key" in entries else None,
        register=entries["register"].text() if "register" in entries else "",
        by_row=by_row,
    )


def value_of(node: Node, field: Field, scope: Scope) -> spec.ValueSpec:
    """A value for a field, of the field's type."""
    refuse = "refuse" if field.required else "omit"
    if not node.is_entries:
        if field.type in (FieldType.TIME, FieldType.SUBJECT):
            node.wrong(f"entries that say how the {field.type} is made")
            return spec.ValueSpec()
        return _checked(node, field, spec.ValueSpec(template=template_of(node), empty=refuse))
    if field.type is FieldType.TIME:
        return _time_value(node, field, scope)
    entries = node.entries(known=VALUE_KEYS)
    if sum(key in entries for key in ("column", "const", "subject")) != 1:
        node.wrong("one of column, const, subject")
    if field.type is FieldType.SUBJECT and "subject" not in entries:
        node.wrong("an entry subject: {type: …, key: …}")
    _check_type(entries.get("type"), field)
    empty, instead = _empty(entries.get("empty"), field)
    value = spec.ValueSpec(
        columns=entries["column"].texts() if "column" in entries else (),
        template=template_of(entries["const"]) if "const" in entries else None,
        table=_table(entries.get("table"), scope),
        default=entries["default"].text() if "default" in entries else None,
        empty=empty,
        instead=instead,
        decimal=entries["decimal"].one_of((".", ",")) if "decimal" in entries else ".",
        subject=subject_of(entries["subject"], scope) if "subject" in entries else None,
    )
    return _checked(node, field, value)


def conditions_of(node: Node) -> tuple[spec.Condition, ...]:
    """Conditions on columns; all of them have to hold."""
    return tuple(_condition(column, of) for column, of in node.entries().items())


def fact_of(node: Node, scope: Scope) -> spec.FactSpec:
    """One fact of a row."""
    entries = node.entries(known=FACT_KEYS, required=FACT_REQUIRED)
    if not all(key in entries for key in FACT_REQUIRED):
        return _unreadable()
    kind = scope.catalogue.kinds.get(entries["kind"].text())
    if kind is None:
        entries["kind"].wrong(f"a kind: {nearest_first(entries['kind'].text(), scope.catalogue.kinds)}")
        return _unreadable()
    subject = subject_of(entries["subject"], scope)
    if not kind.is_about(subject.type):
        entries["subject"].wrong(" or ".join(kind.subjects), found=subject.type, at="type")
    if kind.name == WITHDRAWN and "supersedes" not in entries:
        node.wrong("the record that is taken back", found="nothing", at="supersedes")
    data = _data(entries.get("data"), kind=kind, scope=scope, fact=node)
    other = data["other"].subject if kind.name == SAME and "other" in data else None
    if other and other.type != subject.type:
        node.wrong(f"a subject of the same type, {subject.type}", found=other.type, at="data.other")
    for_each = _for_each(entries["for_each"]) if "for_each" in entries else None
    return spec.FactSpec(
        kind=kind.name,
        fields=kind.fields,
        key=_key(entries["key"], for_each),
        subject=subject,
        at=moment_of(entries["at"], scope),
        data=data,
        place=value_of(entries["place"], PLACE, scope) if "place" in entries else None,
        by=value_of(entries["by"], BY, scope) if "by" in entries else None,
        supersedes=_record(entries["supersedes"]) if "supersedes" in entries else None,
        recorded_at=recorded_at_of(entries["recorded_at"], scope) if "recorded_at" in entries else None,
        when=conditions_of(entries["when"]) if "when" in entries else (),
        for_each=for_each,
    )


def _unreadable() -> spec.FactSpec:
    nothing = spec.Template(("",))
    return spec.FactSpec("", {}, nothing, spec.SubjectSpec(""), spec.TimeSpec((), "UTC"), {})


def _record(node: Node) -> spec.RecordSpec:
    """Another record: its key in the same source, or entries with source and key."""
    if not node.is_entries:
        return spec.RecordSpec(key=template_of(node))
    entries = node.entries(known=("source", "key"), required=("source", "key"))
    source, key = (template_of(entries[name]) if name in entries else None for name in ("source", "key"))
    return spec.RecordSpec(key=key or spec.Template(("",)), source=source)


def _key(node: Node, for_each: spec.ForEach | None) -> spec.Template:
    key = template_of(node)
    needed = for_each.name if for_each else None
    if needed and needed not in key.columns:
        node.wrong(f"{{{needed}}} in the key, so that each of them has its own")
    elif not key.columns:
        node.wrong("a column in the key, so that each row has its own")
    return key


def _data(node: Node | None, *, kind: Kind, scope: Scope, fact: Node) -> dict[str, spec.ValueSpec]:
    entries = node.entries() if node is not None else {}
    for name, field in kind.fields.items():
        if field.required and name not in entries:
            fact.wrong(
                f"a value ({field.type}), which {kind.name} requires", found="nothing", at=f"data.{name}"
            )
    values = {}
    for name in sorted(entries):
        if name in kind.fields:
            values[name] = value_of(entries[name], kind.fields[name], scope)
        else:
            entries[name].wrong(
                f"a field of {kind.name}: {nearest_first(name, kind.fields) or 'it has none'}",
                found=repr(name),
            )
    return values


def _time_value(node: Node, field: Field, scope: Scope) -> spec.ValueSpec:
    entries = node.entries()
    _check_type(entries.get("type"), field)
    empty, instead = _empty(entries.get("empty"), field)
    if empty == "use":
        entries["empty"].wrong("omit or refuse, for a time")
    time = time_of(node, scope, extra=("empty", "type"))
    return spec.ValueSpec(time=time, empty=empty, instead=instead)


def _check_type(node: Node | None, field: Field) -> None:
    if node is not None and node.text() != field.type:
        node.wrong(f"{field.type}, which is the type of {field.name}, or nothing")


def _empty(node: Node | None, field: Field) -> tuple[str, str | None]:
    if node is None:
        return ("refuse" if field.required else "omit"), None
    text = node.text()
    if text == "omit" and field.required:
        node.wrong(f"refuse, or a value: {field.name} is required")
    return (text, None) if text in ("omit", "refuse") else ("use", text)


def _table(node: Node | None, scope: Scope) -> Mapping[str, str] | None:
    if node is None:
        return None
    name = node.text()
    if name not in scope.tables:
        node.wrong(f"a table under values: {nearest_first(name, scope.tables) or 'there is none'}")
    return scope.tables.get(name, {})


def _checked(node: Node, field: Field, value: spec.ValueSpec) -> spec.ValueSpec:
    """Codes that are written in the mapping itself have to be codes of the field."""
    if field.type is not FieldType.CODE:
        return value
    offered = {*(value.table or {}).values(), value.default, value.instead}
    if value.template is not None and not value.template.columns:
        offered.add(value.template.parts[0])
    for code in sorted(offered - {None, *field.values}):
        node.wrong(f"a code of {field.name}: {nearest_first(code, field.values)}", found=repr(code))
    return value


def _condition(column: str, node: Node) -> spec.Condition:
    if not node.is_entries:
        return spec.Condition(column, "in", frozenset(node.texts()))
    entries = node.entries(known=("not", "present", "below", "at_least"))
    if len(entries) != 1:
        node.wrong("one of not, present, below, at_least")
        return spec.Condition(column, "in")
    ((op, of),) = entries.items()
    match op:
        case "not":
            return spec.Condition(column, "not_in", frozenset(of.texts()))
        case "present":
            return spec.Condition(column, "not_in" if of.yes_no() else "in", frozenset({""}))
    if not isinstance(of.value, int | float):
        of.wrong("a number")
        return spec.Condition(column, "in")
    return spec.Condition(column, op, bound=float(of.value))


def _for_each(node: Node) -> spec.ForEach:
    keys = ("column", "split", "as")
    entries = node.entries(known=keys, required=keys)
    column, separators, name = (entries[key].text() if key in entries else "?" for key in keys)
    return spec.ForEach(column, separators, name)


def _id(node: Node) -> spec.IdSpec:
    entries = node.entries(known=("scheme", "column", "country"), required=("scheme", "column"))
    return spec.IdSpec(
        scheme=entries["scheme"].one_of(SCHEMES) if "scheme" in entries else "",
        columns=entries["column"].texts() if "column" in entries else (),
        country=template_of(entries["country"]) if "country" in entries else None,
    )


def _plus(node: Node) -> spec.Plus:
    entries = node.entries(known=("column", "unit"), required=("column", "unit"))
    unit = entries["unit"].one_of(UNITS) if "unit" in entries else "s"
    return spec.Plus(entries["column"].text() if "column" in entries else "", UNITS[unit])


def _forms(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ("iso",)
    for item in node.items():
        if item.text() not in PLAIN_FORMS:
            try:
                iso_writer(item.text())
            except ValueError as error:
                item.wrong(f"one of {', '.join(PLAIN_FORMS)}, or {str(error).removeprefix('expected ')}")
    return node.texts()


def _epoch(node: Node | None) -> str:
    if node is None:
        return ""
    try:
        parse(node.text(), zone="UTC")
    except ValueError:
        node.wrong("a date such as 2020-01-01")
        return "1970-01-01"
    return node.text()
