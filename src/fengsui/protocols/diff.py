"""What differs between two versions of a protocol, part by part and field by field.

This compares what the files say. What the difference does to loops that run is a matter of facts: see
``loops.dry_run``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum

from fengsui.kit.text import Text
from fengsui.protocols.model import FOREVER, Length, Owner, Pattern, Protocol, Test, Unit

# Parts of a protocol that are lists of things with names of their own.
NAMED = {"milestones": "name", "obligations": "key", "places": "name", "stops": "when", "tells": "fact"}
LISTED = ("extensions", "waivers", "pauses", "escalation")
# What two versions need not have in common, and where things stand in a file.
APART = frozenset(
    {"version", "valid_from", "valid_until", "file", "line", "lines", "digest", "area", "overlay"}
)
# Fields that are whole seconds, and are shown as lengths.
SECONDS = frozenset({"after", "again_after", "looks_back", "confirm_after", "apart", "late_for", "retain"})
WHOLE = (Text, Length, Pattern, Owner, Enum)  # shown as one, not field by field

UNITS = {
    Unit.DAYS: Text("{n} 日", "{n} civil days"),
    Unit.WORKING_DAYS: Text("{n} 个工作日", "{n} working days"),
    Unit.MONTHS: Text("{n} 个月", "{n} months"),
}
SIZES = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))  # as protocol files write elapsed lengths
OPS = {"eq": "=", "ne": "≠", "at_least": "≥", "below": "<", "in": "∈"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing the versions say differently. ``before`` or ``after`` is None where one has none.

    ``part``: of the protocol, as its file calls it; ``name``: of the thing in it, "" for the protocol
    itself; ``field``: its path in the thing, "" if the whole thing is new or gone.
    """

    part: str
    name: str
    field: str
    before: object
    after: object

    @property
    def where(self) -> str:
        """The path in the file: obligations.pcr.window.days."""
        return ".".join(filter(None, (self.part, self.name, self.field)))


def differences(before: Protocol, after: Protocol) -> tuple[Difference, ...]:
    """Everything the two say differently, in the order of the file; validity and versions left aside.

    A basis that every step takes over from the protocol is told once.
    """
    found: list[Difference] = []
    for one in fields(Protocol):
        old, new = getattr(before, one.name), getattr(after, one.name)
        if one.name in APART or old == new:
            continue
        if one.name in NAMED:
            found += _named(one.name, _by(old, NAMED[one.name]), _by(new, NAMED[one.name]))
        elif one.name in LISTED:
            found += _named(one.name, _numbered(old), _numbered(new))
        else:
            old, new = _length_of(one.name, old), _length_of(one.name, new)
            found += (Difference(one.name, "", path, a, b) for path, a, b in _fields("", old, new))
    carried = {(d.field, d.before, d.after) for d in found if d.part == "basis"}
    return tuple(d for d in found if not (d.name and _follows(d, carried)))


def _follows(one: Difference, carried: set[tuple[str, object, object]]) -> bool:
    """Whether a step's basis changed only because the protocol's own did, which it takes over."""
    head, _, field = one.field.partition(".")
    return head == "basis" and (field, one.before, one.after) in carried


def _by(things: Sequence[object], name: str) -> dict[str, object]:
    """Things by name; those that share one are numbered after the first."""
    found: dict[str, object] = {}
    for thing in things:
        called = free = str(getattr(thing, name))
        n = 1
        while free in found:
            n += 1
            free = f"{called} {n}"
        found[free] = thing
    return found


def _numbered(things: Sequence[object]) -> dict[str, object]:
    return {str(n): thing for n, thing in enumerate(things, start=1)}


def _named(part: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Difference]:
    for name in dict.fromkeys((*old, *new)):
        if name in old and name in new:
            for path, before, after in _fields("", old[name], new[name]):
                yield Difference(part, name, path, before, after)
        else:
            yield Difference(part, name, "", old.get(name), new.get(name))


def _fields(path: str, old: object, new: object) -> Iterator[tuple[str, object, object]]:
    """The fields in which two values of one shape differ; the values themselves if they have none."""
    if old == new:
        return
    if type(old) is not type(new) or not is_dataclass(old) or isinstance(old, WHOLE):
        name = path.rpartition(".")[2]
        yield path, _length_of(name, old), _length_of(name, new)
        return
    for one in fields(old):
        if one.name not in APART:
            inner = f"{path}.{one.name}" if path else one.name
            yield from _fields(inner, getattr(old, one.name), getattr(new, one.name))


def _length_of(name: str, value: object) -> object:
    """A number of seconds as the length it is; anything else as it is."""
    is_seconds = name in SECONDS and isinstance(value, int) and value != FOREVER
    return Length(value) if is_seconds else value


def worded(value: object) -> Text:
    """A value of a protocol as a person may read it; nothing at all as a dash."""
    match value:
        case None | "" | ():
            return Text("—", "—")
        case Text():
            return value
        case Length():
            return _length(value)
        case Pattern():
            said = "|".join(value.kinds) + "".join(f" [{_test(test)}]" for test in value.where)
            return Text(said, said)
        case Owner():
            said = value.role + (f"@{value.place}" if value.place else "")
            said += f".{value.level}" if value.level else ""
            return Text(said, said)
        case bool():
            return Text("是", "yes") if value else Text("否", "no")
        case Enum():
            return Text(str(value.value), str(value.value))
        case (str() as name, Length() | None as length):  # of a milestone that is made of others
            more = f" + {_length(length).en}" if length else ""
            return Text(name + more, name + more)
        case tuple():
            parts = [worded(item) for item in value]
            return Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))
    if value == FOREVER:
        return Text("不限", "no limit")
    if is_dataclass(value):
        return _thing(value)
    return Text(str(value), str(value))


def _thing(value: object) -> Text:
    """A step by its title, anything else by what it says."""
    title = getattr(value, "title", None)
    if isinstance(title, Text) and (title.zh or title.en):
        return title
    said = [
        (one.name, getattr(value, one.name)) for one in fields(value) if one.name not in APART | {"basis"}
    ]
    kept = [(name, worded(_length_of(name, item))) for name, item in said if item not in (None, "", (), 0)]
    return Text(
        "，".join(f"{name} {text.zh}" for name, text in kept),
        ", ".join(f"{name} {text.en}" for name, text in kept),
    )


def _length(length: Length) -> Text:
    if length.unit is not Unit.SECONDS:
        words = UNITS[length.unit]
        return Text(words.zh.format(n=length.n), words.en.format(n=length.n))
    said = "0"
    for size, letter in SIZES:
        if length.n and length.n % size == 0:
            said = f"{length.n // size}{letter}"
            break
    return Text(said, said)


def _test(test: Test) -> str:
    if test.op == "present":
        return test.field if test.value else f"¬{test.field}"
    value = "|".join(map(str, test.value)) if isinstance(test.value, tuple) else test.value
    return f"{test.field} {OPS[test.op]} {value}"
