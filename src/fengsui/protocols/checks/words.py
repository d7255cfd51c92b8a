"""Whether the kinds, fields and codes a protocol reads are those the catalogue of facts has."""

from collections.abc import Iterator
from difflib import get_close_matches

from fengsui.facts.catalogue import Field, FieldType, Kind
from fengsui.protocols.checks.ground import (
    Ground,
    about,
    at_part,
    at_step,
    milestones_of,
    pattern_of,
    patterns,
)
from fengsui.protocols.message import Message
from fengsui.protocols.model import Obligation, Pattern, Protocol, Test

NUMERIC = (FieldType.NUMBER, FieldType.INTEGER, FieldType.TIME)
TYPES_ZH = {"time": "时间", "area": "地区", "subject": "对象", "text": "文字或代码", "number": "数值"}


def known_kinds(protocol: Protocol, ground: Ground) -> Iterator[Message]:
    """Every kind is in the catalogue; every protocol#milestone exists."""
    for part, pattern, step in patterns(protocol):
        for kind in pattern.kinds:
            if not _is_known(kind, ground):
                yield about("unknown-kind", protocol, part=part, of=step, name=kind, **_near(kind, ground))
    for i, tell in enumerate(protocol.tells):
        if not _is_known(tell.fact, ground):
            yield at_part(
                "unknown-kind", protocol, part=f"tells.{i}", name=tell.fact, **_near(tell.fact, ground)
            )


def _is_known(kind: str, ground: Ground) -> bool:
    if "#" in kind:
        return any(milestones_of(ground, kind))
    return ground.kinds is None or kind in ground.kinds.kinds


def _near(kind: str, ground: Ground) -> dict[str, str]:
    names = list(ground.kinds.kinds) if ground.kinds else []
    close = get_close_matches(kind, names, n=1)
    return (
        {"near": f" ({close[0]}?)", "near_zh": f"（{close[0]}？）"} if close else {"near": "", "near_zh": ""}
    )


def known_fields(protocol: Protocol, ground: Ground) -> Iterator[Message]:
    """Every field of a condition exists, and every value it is compared with can occur."""
    for part, pattern, step in patterns(protocol):
        kinds = _kinds(pattern, ground)
        for test in pattern.where if kinds else ():
            for rule, words in _wrong(test, kinds):
                yield about(rule, protocol, part=part, of=step, **words)


def _kinds(pattern: Pattern | None, ground: Ground) -> list[Kind]:
    """The kinds of a pattern that the catalogue has."""
    if pattern is None or ground.kinds is None:
        return []
    return [ground.kinds.kinds[kind] for kind in pattern.kinds if kind in ground.kinds.kinds]


def _wrong(test: Test, kinds: list[Kind]) -> Iterator[tuple[str, dict[str, object]]]:
    if test.field.startswith("@"):
        return
    title = " / ".join(kind.name for kind in kinds)
    fields = [kind.fields[test.field] for kind in kinds if test.field in kind.fields]
    if not fields:
        known = ", ".join(sorted({name for kind in kinds for name in kind.fields})) or "-"
        yield "unknown-field", {"kind": title, "name": test.field, "known": known}
        return
    words = {"kind": title, "name": test.field}
    for value in test.value if test.op == "in" else (test.value,):
        if test.op in ("eq", "in", "ne") and not any(_can_be(field, value) for field in fields):
            codes = sorted({code for field in fields for code in field.values})
            yield "unknown-code", {**words, "value": value, "known": ", ".join(codes) or fields[0].type.value}
    if test.op in ("below", "at_least") and not any(field.type in NUMERIC for field in fields):
        yield "wrong-type", {**words, "what": "a number", "what_zh": TYPES_ZH["number"]}


def _can_be(field: Field, value: object) -> bool:
    match field.type:
        case FieldType.CODE:
            return value in field.values
        case FieldType.YES_NO:
            return isinstance(value, bool)
        case FieldType.NUMBER | FieldType.INTEGER | FieldType.TIME:
            return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def carried_fields(protocol: Protocol, ground: Ground) -> Iterator[Message]:
    """Deadlines, targets, areas and differences are read from fields of the right type."""
    for step in protocol.obligations:
        yield from _of_step(step, protocol, ground=ground)
    for i, extension in enumerate(protocol.extensions):
        kinds = _kinds(extension.pattern, ground)
        wanted = ((extension.data, ("time",)), (extension.target, ("text", "code")))
        for name, types in wanted:
            for rule, words in _carried(name, kinds, types=types):
                yield at_part(rule, protocol, part=f"extensions.{i}", **words)
    for milestone in protocol.milestones:
        kinds = _kinds(milestone.pattern, ground) if milestone.pattern else []
        for rule, words in _carried(milestone.time, kinds, types=("time",)):
            yield at_part(rule, protocol, part=f"milestones.{milestone.name}", **words)
    for place in protocol.places:
        kinds = _kinds(pattern_of(protocol, protocol.milestone(place.at)), ground)
        for rule, words in _carried(place.data, kinds, types=("area",)):
            yield at_part(rule, protocol, part=f"places.{place.name}", **words)
    for i, tell in enumerate(protocol.tells):
        for rule, words in _carried(tell.field, _kinds(tell.relation, ground), types=("subject",)):
            yield at_part(rule, protocol, part=f"tells.{i}", **words)


def _of_step(step: Obligation, protocol: Protocol, *, ground: Ground) -> Iterator[Message]:
    kinds = _kinds(pattern_of(protocol, protocol.milestone(step.start)), ground)
    for rule, words in _carried(step.window.data, kinds, types=("time",)):
        yield at_step(rule, protocol, of=step, key="until", **words)
    for name in step.evidence.distinct:
        for rule, words in _carried(name, _kinds(step.evidence.pattern, ground)):
            yield at_step(rule, protocol, of=step, key="evidence", **words)


def _carried(
    name: str, kinds: list[Kind], *, types: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, object]]]:
    """What is wrong with a field that is read from facts of these kinds; any type if none is asked for."""
    if not name or not kinds:
        return
    title = " / ".join(kind.name for kind in kinds)
    fields = [kind.fields[name] for kind in kinds if name in kind.fields]
    if not fields:
        known = ", ".join(sorted({field for kind in kinds for field in kind.fields})) or "-"
        yield "unknown-field", {"kind": title, "name": name, "known": known}
    elif types and not any(field.type.value in types for field in fields):
        words = {"what": " or ".join(types), "what_zh": TYPES_ZH[types[0]]}
        yield "wrong-type", {"kind": title, "name": name, **words}
