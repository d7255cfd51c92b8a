"""The small forms of a protocol file: lengths, patterns, conditions, owners, texts."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

from fengsui.facts.yaml_file import Document, Node, nearest_first
from fengsui.kit.errors import Finding
from fengsui.kit.text import Text
from fengsui.protocols.language import KIND_FORM, NAME_FORM, OWNER_FORM, PATTERN_KEYS
from fengsui.protocols.message import BadProtocol, Message, say
from fengsui.protocols.model import Length, Owner, Pattern, Test, Unit

WHAT_ZH = {"milestone": "里程碑", "step": "环节", "place": "地点"}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ELAPSED = re.compile(r"(\d+)([smhd])")
_CIVIL = re.compile(r"([1-9]\d*) (day|working day|month)s?")
_UNITS = {"day": Unit.DAYS, "working day": Unit.WORKING_DAYS, "month": Unit.MONTHS}
# What YAML 1.1 readers turn into dates and numbers; in quotes, everyone reads the same.
_BARE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,2}:\d{2}(:\d{2})?")


@dataclass(slots=True)
class Page:
    """One file while it is read: what its parts are, and which rule each mistake breaks."""

    document: Document
    zone: str  # of the region: what a civil date in the file means
    start_day: int | None = None
    messages: list[Message] = field(default_factory=list)

    def fault(self, rule: str, node: Node, *, at: str = "", **words: object) -> None:
        """Note that a rule is broken here; reading goes on."""
        clause = f"{node.name}.{at}".strip(".") if at else node.name
        self.messages.append(say(rule, file=node.document.file, line=node.line, clause=clause, **words))

    def unknown(self, node: Node, text: str, *, what: str, known: Iterable[str]) -> None:
        """Note that a name refers to nothing."""
        words = {"what": what, "what_zh": WHAT_ZH[what], "known": nearest_first(text, known)}
        self.fault("unknown-name", node, name=text, **words)

    def close(self, *others: Document) -> None:
        """Raise BadProtocol with everything that was found, if anything was."""
        for document in (self.document, *others):
            for finding in document.findings:
                self.messages.append(shape(finding))
            document.findings.clear()
        if self.messages:
            found = sorted(self.messages, key=lambda m: (m.file, m.line, m.clause))
            raise BadProtocol(f"{self.document.file} cannot be read as a protocol", found)


def shape(finding: Finding) -> Message:
    """A finding of the YAML reader as a message: something has not the form it must have."""
    file, _, line = finding.where.rpartition(":")
    clause, words = finding.field, {"found": finding.found, "expected": finding.expected}
    return say("shape", file=file, line=int(line), clause=clause, **words)


def find_unquoted(page: Page, node: Node, lines: list[str]) -> None:
    """Note every date and time of the file that is not in quotes."""
    if node.is_entries or node.is_list:
        for inner in node.value.values() if node.is_entries else node.value:
            find_unquoted(page, inner, lines)
    elif isinstance(node.value, str) and _BARE.fullmatch(node.value):
        line = lines[node.line - 1]
        if not any(f"{quote}{node.value}{quote}" in line for quote in "\"'"):
            page.fault("unquoted", node, found=node.value)


def plain(node: Node) -> object:
    """The value without its places: what the digest is taken over."""
    match node.value:
        case dict():
            return {key: plain(value) for key, value in node.value.items()}
        case list():
            return [plain(value) for value in node.value]
    return node.value


def digest(content: object) -> str:
    """16 hex digits over a file's content; comments, order of keys and layout do not matter."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def quoted(page: Page, node: Node) -> str:
    """Text that must be quoted so that every reader of the file reads the same."""
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        page.fault("unquoted", node, found=node.written)
        return node.written
    return node.text()


def name(node: Node) -> str:
    """A name the author chose."""
    return _formed(node, NAME_FORM, "a name of small letters, digits and _")


def names(node: Node) -> tuple[str, ...]:
    """One name or several."""
    return tuple(name(item) for item in node.items())


def _formed(node: Node, pattern: str, expected: str) -> str:
    text = node.text()
    if text and not re.fullmatch(pattern, text):
        node.wrong(expected)
    return text


def seconds(node: Node) -> int:
    """An elapsed length as seconds."""
    match = _ELAPSED.fullmatch(node.text())
    if match is None:
        node.wrong("an elapsed length such as 90m, 24h or 14d")
        return 0
    return int(match[1]) * SECONDS[match[2]]


def length(page: Page, node: Node, *, beside: dict[str, Node] | None = None) -> Length | None:
    """A length of time; ``beside`` are the keys it stands among, for rounding and ends_on."""
    beside = beside or {}
    rounding = beside["rounding"].one_of(("down", "up")) if "rounding" in beside else ""
    to_working_day = "ends_on" in beside and beside["ends_on"].one_of(("working_day",)) == "working_day"
    text = node.text()
    if match := _ELAPSED.fullmatch(text):
        return Length(int(match[1]) * SECONDS[match[2]])
    if match := _CIVIL.fullmatch(text):
        unit = _UNITS[match[2]]
        if unit is Unit.MONTHS and not rounding:
            page.fault("months-rounding", node)
        return Length(int(match[1]), unit, rounding if unit is Unit.MONTHS else "", to_working_day)
    node.wrong("a length such as 2h, 14d, 3 days, 5 working days or 1 month")
    return None


def kind(node: Node) -> str:
    """The kind of a fact, or protocol#milestone."""
    return _formed(node, KIND_FORM, "a kind such as test.result, or protocol#milestone")


def kinds(node: Node) -> tuple[str, ...]:
    """One kind or several."""
    found = tuple(kind(item) for item in node.items())
    if not found:
        node.wrong("a kind of fact")
    return found


def pattern(node: Node) -> Pattern:
    """A kind, or {event: kinds, where: conditions}."""
    if not node.is_entries:
        return Pattern(kinds(node))
    return pattern_in(node.entries(known=PATTERN_KEYS, required=("event",)))


def pattern_in(keys: dict[str, Node], *, event: str = "event") -> Pattern:
    """The pattern that stands among other keys."""
    return Pattern(
        kinds(keys[event]) if event in keys else (),
        where(keys["where"]) if "where" in keys else (),
    )


def where(node: Node) -> tuple[Test, ...]:
    """Conditions on the data of a fact."""
    tests: list[Test] = []
    for key, value in node.entries().items():
        if key.startswith("@") and key not in ("@by", "@place", "@source"):
            value.wrong("@by, @place, @source or a field", found=f"the key {key!r}")
        tests += _conditions(key, value)
    return tuple(tests)


def _conditions(key: str, node: Node) -> list[Test]:
    if node.is_list:
        return [Test(key, "in", tuple(_value(item) for item in node.items()))]
    if not node.is_entries:
        return [Test(key, "eq", _value(node))]
    tests = []
    for op, value in node.entries(known=("below", "at_least", "not", "present")).items():
        match op:
            case "not":
                tests += [Test(key, "ne", _value(item)) for item in value.items()]
            case "present":
                tests.append(Test(key, "present", value.yes_no()))
            case "below" | "at_least":
                if isinstance(value.value, bool) or not isinstance(value.value, int | float):
                    value.wrong("a number")
                tests.append(Test(key, op, value.value))
    return tests


def _value(node: Node) -> object:
    """A single value to compare with."""
    if node.is_entries or node.is_list or node.value is None:
        node.wrong("a value, or {present: false} for none")
        return ""
    return node.value


def field_of_data(node: Node) -> str:
    """The field in data.field."""
    head, _, tail = node.text().partition(".")
    if head != "data" or not re.fullmatch(NAME_FORM, tail):
        node.wrong("data. and a field, such as data.deadline")
    return tail


def owner(node: Node) -> Owner:
    """role, role@place or role@place.level."""
    role, _, place = _formed(node, OWNER_FORM, "role, role@place or role@place.level").partition("@")
    place, _, level = place.partition(".")
    return Owner(role, place, level)


def title(keys: dict[str, Node], *, default: str) -> Text:
    """The zh and en among other keys; the name stands in for a missing one."""
    zh, en = (keys[lang].text() if lang in keys else "" for lang in ("zh", "en"))
    return Text(zh or en or default, en or zh or default)


def checked(page: Page, node: Node | None, *, known: Iterable[str], what: str) -> tuple[str, ...]:
    """The names at a node, each of which must be known; ``what``: milestone, step or place."""
    if node is None:
        return ()
    found = names(node)
    for text, item in zip(found, node.items(), strict=True):
        if text not in known:
            page.unknown(item, text, what=what, known=known)
    return found
