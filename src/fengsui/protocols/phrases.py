"""How a protocol's lengths, posts, laws, facts and conditions are said in words, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fengsui.facts.catalogue import Catalogue, Field, FieldType
from fengsui.kit.instant import show_length
from fengsui.kit.text import Text
from fengsui.protocols.model import Basis, Length, Pattern, Protocol, Test, Unit

DAY = 86400


@dataclass(frozen=True, slots=True)
class Wording:
    """Where the words for codes come from; a code without words is shown as it is."""

    kinds: Catalogue = field(default_factory=Catalogue)
    roles: Mapping[str, Text] = field(default_factory=dict)
    levels: Mapping[str, Text] = field(default_factory=dict)


def length_words(length: Length) -> Text:
    """A length as people say it: elapsed days as so many times 24 hours, civil days as days."""
    n = length.n
    match length.unit:
        case Unit.SECONDS if n and n % DAY == 0 and n > DAY:
            return Text(f"{n // DAY}×24小时", f"{n // DAY} × 24 h")
        case Unit.SECONDS if n and n % 3600 == 0:
            return Text(f"{n // 3600}小时", f"{n // 3600} h")
        case Unit.SECONDS:
            return Text(*(show_length(n, lang=lang) for lang in ("zh", "en")))
        case Unit.DAYS:
            text = Text(f"{n}日", f"{n} days")
        case Unit.WORKING_DAYS:
            text = Text(f"{n}个工作日", f"{n} working days")
        case Unit.MONTHS:
            text = Text(f"{n}个月", f"{n} months")
    if length.to_working_day:
        return Text(f"{text.zh}（末日休假顺延）", f"{text.en} (on to the next working day)")
    return text


def law(basis: Basis) -> Text:
    """The instrument and the place in it."""
    rest = " ".join(part for part in (basis.number, basis.clause) if part)
    return Text(
        f"《{basis.document.zh}》{rest}" if basis.document.zh else rest, f"{basis.document.en} {rest}".strip()
    )


def milestone_title(protocol: Protocol, name: str) -> Text:
    """What a moment of the loop is called."""
    return protocol.milestone(name).title


def post_words(role: str, place: str, level: str, wording: Wording) -> Text:
    """A post: the role, and of which place or of its area of which level."""
    title = wording.roles.get(role, Text(role, role))
    if not place:
        return title
    of = wording.levels.get(level, Text(level, level))
    return Text(
        f"{title.zh}（{place}{'·' + of.zh if of.zh else ''}）",
        f"{title.en} ({place}{', ' + of.en if of.en else ''})",
    )


def pattern_words(pattern: Pattern, wording: Wording) -> Text:
    """Which facts are meant."""
    kinds = [kind_words(kind, wording) for kind in pattern.kinds]
    where = [_condition(test, _field(test.field, pattern, wording=wording)) for test in pattern.where]
    zh, en = "或".join(k.zh for k in kinds), " or ".join(k.en for k in kinds)
    if not where:
        return Text(zh, en)
    return Text(f"{zh}（{'，'.join(w.zh for w in where)}）", f"{en} ({', '.join(w.en for w in where)})")


def kind_words(kind: str, wording: Wording) -> Text:
    """What a kind of fact is called."""
    known = wording.kinds.kinds.get(kind)
    return known.title if known else Text(kind, kind)


def field_words(name: str, pattern: Pattern, *, wording: Wording) -> Text:
    """What a field of these facts is called."""
    return _field(name, pattern, wording=wording).title


def _field(name: str, pattern: Pattern, *, wording: Wording) -> Field:
    kinds = (wording.kinds.kinds.get(kind) for kind in pattern.kinds)
    unknown = Field(name, FieldType.TEXT, Text(name, name))
    return next((kind.fields[name] for kind in kinds if kind and name in kind.fields), unknown)


def _condition(test: Test, of: Field) -> Text:
    name, value = of.title, _value(test.value, of)
    match test.op:
        case "ne":
            return Text(f"{name.zh}不为 {value.zh}", f"{name.en}: not {value.en}")
        case "below":
            return Text(f"{name.zh}小于 {value.zh}", f"{name.en}: below {value.en}")
        case "at_least":
            return Text(f"{name.zh}不小于 {value.zh}", f"{name.en}: at least {value.en}")
        case "present" if test.value:
            return Text(f"载明{name.zh}", f"with {name.en}")
        case "present":
            return Text(f"未载明{name.zh}", f"without {name.en}")
        case "in":
            return Text(f"{name.zh}为 {value.zh} 之一", f"{name.en}: one of {value.en}")
    return Text(f"{name.zh}为 {value.zh}", f"{name.en}: {value.en}")


def _value(value: object, of: Field) -> Text:
    """A value as people say it: a code by its words."""
    if isinstance(value, tuple):
        each = [_value(one, of) for one in value]
        return Text("、".join(v.zh for v in each), ", ".join(v.en for v in each))
    if isinstance(value, bool):
        return Text("是", "yes") if value else Text("否", "no")
    return of.title_of(value) if isinstance(value, str) else Text(str(value), str(value))
