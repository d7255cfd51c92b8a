"""A protocol in plain words, for command line, page and the pages of the documentation alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fengsui.facts.catalogue import Catalogue
from fengsui.kit.instant import show, show_length
from fengsui.kit.text import Text
from fengsui.protocols.model import (
    FOREVER,
    Basis,
    Evidence,
    Frame,
    InFlight,
    Length,
    Obligation,
    Pattern,
    Protocol,
    Test,
    Unit,
)

MARKS: dict[str, Text] = {
    "sourced": Text("依据原文", "read in the instrument"),
    "press": Text("据公开报道", "seen in the press"),
    "to_verify": Text("待核实", "to be verified"),
    "design": Text("系统设定", "a choice of this system"),
}
RUNNING: dict[InFlight, Text] = {
    InFlight.PINNED: Text("已开启的闭环仍按原版本", "running loops stay on their version"),
    InFlight.AT_ANCHOR: Text(
        "各环节按起算时施行的版本", "each step follows the version in force when it began"
    ),
    InFlight.REMAINING: Text("未到期的环节改按本版", "what is not yet due follows this version"),
    InFlight.RETROACTIVE: Text("自始按本版重算", "reckoned anew from the start"),
}
DAY = 86400


@dataclass(frozen=True, slots=True)
class Step:
    """One row: what, by whom, by when, shown by what, under which law, and how well that is known."""

    key: str
    title: Text
    owner: Text
    clock: Text
    evidence: Text
    law: Text
    confidence: str
    mark: Text
    restricts: bool
    frees: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """What a protocol says besides its steps."""

    title: Text
    version: str
    law: Text
    in_force: Text
    running: Text
    opens: Text
    closes: Text
    stops: tuple[Text, ...]
    escalation: tuple[Text, ...]
    retain: Text


@dataclass(frozen=True, slots=True)
class Wording:
    """Where the words for codes come from; a code without words is shown as it is."""

    kinds: Catalogue = field(default_factory=Catalogue)
    roles: Mapping[str, Text] = field(default_factory=dict)
    levels: Mapping[str, Text] = field(default_factory=dict)


def steps(protocol: Protocol, wording: Wording | None = None) -> tuple[Step, ...]:
    """Every step of a version, in the order of its file."""
    wording = wording or Wording()
    return tuple(
        Step(
            key=step.key,
            title=step.title,
            owner=_owner(step, wording),
            clock=clock(step, protocol),
            evidence=_evidence(step.evidence, protocol, wording=wording),
            law=law(step.basis),
            confidence=step.confidence,
            mark=MARKS[step.confidence],
            restricts=step.restricts,
            frees=step.frees,
        )
        for step in protocol.obligations
    )


def outline(protocol: Protocol, wording: Wording | None = None, *, zone: str) -> Outline:
    """The rest of a version; ``zone``: in which its dates are shown."""
    wording = wording or Wording()
    return Outline(
        title=protocol.title,
        version=protocol.version,
        law=law(protocol.basis),
        in_force=_in_force(protocol, zone),
        running=RUNNING[protocol.in_flight],
        opens=_pattern(protocol.opening.pattern, wording),
        closes=_closes(protocol),
        stops=tuple(_stop(protocol, i) for i in range(len(protocol.stops))),
        escalation=tuple(_rung(protocol, i, wording=wording) for i in range(len(protocol.escalation))),
        retain=_retain(protocol),
    )


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


def clock(step: Obligation, protocol: Protocol) -> Text:
    """When a step is due, in words."""
    window, start = step.window, _milestone(protocol, step.start)
    length = length_words(window.length) if window.length else Text("", "")
    after = length_words(window.opens_after) if window.opens_after else None
    match window.frame:
        case Frame.WITHIN if after:
            return Text(
                f"{start.zh}满{after.zh}后的{length.zh}内",
                f"within {length.en}, from {after.en} after: {start.en}",
            )
        case Frame.WITHIN:
            return Text(f"{start.zh}后{length.zh}内", f"within {length.en} of: {start.en}")
        case Frame.BEFORE:
            return _before(start, length if window.length.n else None, after)
        case Frame.ON_DAYS:
            return _on_days(window.days, start, first=protocol.start_day)
        case Frame.UNTIL:
            rest = (
                Text(f"；未载明的{length.zh}内", f", or else within {length.en}") if window.length else length
            )
            told = Text(f"{start.zh}所载期限（{window.data}）", f"the {window.data} told by: {start.en}")
            return Text(told.zh + rest.zh, told.en + rest.en)
        case Frame.EVERY:
            times = window.times
            return Text(
                f"{start.zh}起每{length.zh}一次，共{times}次",
                f"every {length.en}, {times} times, from: {start.en}",
            )
    return Text(
        f"{start.zh}起，每次间隔不超过{length.zh}", f"again within {length.en} of the last, from: {start.en}"
    )


def law(basis: Basis) -> Text:
    """The instrument and the place in it."""
    rest = " ".join(part for part in (basis.number, basis.clause) if part)
    return Text(
        f"《{basis.document.zh}》{rest}" if basis.document.zh else rest, f"{basis.document.en} {rest}".strip()
    )


def _on_days(days: Iterable[int], start: Text, *, first: int) -> Text:
    listed = [str(day) for day in days]
    return Text(
        f"第{'、'.join(listed)}天（{start.zh}当日为第{first}天）",
        f"on day {', '.join(listed)} (day {first} is the day of: {start.en})",
    )


def _milestone(protocol: Protocol, name: str) -> Text:
    return protocol.milestone(name).title


def _owner(step: Obligation, wording: Wording) -> Text:
    role = wording.roles.get(step.by.role, Text(step.by.role, step.by.role))
    if not step.by.place:
        return role
    level = wording.levels.get(step.by.level, Text(step.by.level, step.by.level))
    return Text(
        f"{role.zh}（{step.by.place}{'·' + level.zh if level.zh else ''}）",
        f"{role.en} ({step.by.place}{', ' + level.en if level.en else ''})",
    )


def _before(start: Text, length: Text | None, valid: Text | None) -> Text:
    """Due before something; ``valid``: how old the evidence may be by then."""
    zh, en = f"{start.zh}之前", f"before: {start.en}"
    if length is not None:
        zh, en = f"{start.zh}前至少{length.zh}", f"at least {length.en} before: {start.en}"
    return Text(f"{zh}，{valid.zh}内有效", f"{en}, no older than {valid.en}") if valid else Text(zh, en)


def _evidence(evidence: Evidence, protocol: Protocol, *, wording: Wording) -> Text:
    text = _pattern(evidence.pattern, wording)
    zh, en = [text.zh], [text.en]
    if evidence.count > 1:
        zh.append(f"{evidence.count}次")
        en.append(f"{evidence.count} times")
    if evidence.apart:
        apart = length_words(Length(evidence.apart))
        zh.append(f"间隔至少{apart.zh}")
        en.append(f"at least {apart.en} apart")
    if evidence.distinct:
        fields = [_field(name, evidence.pattern, wording=wording) for name in evidence.distinct]
        zh.append("、".join(f.zh for f in fields) + "不同")
        en.append("differing in " + " and ".join(f.en for f in fields))
    if evidence.not_by:
        other = _milestone(protocol, evidence.not_by)
        zh.append(f"不得由“{other.zh}”的经办人办理")
        en.append(f"not by whoever did: {other.en}")
    if evidence.only_by:
        other = _milestone(protocol, evidence.only_by)
        zh.append(f"须由“{other.zh}”的经办人办理")
        en.append(f"by whoever did: {other.en}")
    return Text("，".join(zh), ", ".join(en))


def _pattern(pattern: Pattern, wording: Wording) -> Text:
    kinds = [_kind(kind, wording) for kind in pattern.kinds]
    where = [_condition(test, _field(test.field, pattern, wording=wording)) for test in pattern.where]
    zh, en = "或".join(k.zh for k in kinds), " or ".join(k.en for k in kinds)
    if not where:
        return Text(zh, en)
    return Text(f"{zh}（{'，'.join(w.zh for w in where)}）", f"{en} ({', '.join(w.en for w in where)})")


def _kind(kind: str, wording: Wording) -> Text:
    known = wording.kinds.kinds.get(kind)
    return known.title if known else Text(kind, kind)


def _field(name: str, pattern: Pattern, *, wording: Wording) -> Text:
    for kind in pattern.kinds:
        known = wording.kinds.kinds.get(kind)
        if known and name in known.fields:
            return known.fields[name].title
    return Text(name, name)


def _condition(test: Test, name: Text) -> Text:
    value = ", ".join(map(str, test.value)) if test.op == "in" else str(test.value)
    if isinstance(test.value, bool):
        value = "true" if test.value else "false"
    match test.op:
        case "ne":
            return Text(f"{name.zh}不为 {value}", f"{name.en}: not {value}")
        case "below":
            return Text(f"{name.zh}小于 {value}", f"{name.en}: below {value}")
        case "at_least":
            return Text(f"{name.zh}不小于 {value}", f"{name.en}: at least {value}")
        case "present" if test.value:
            return Text(f"载明{name.zh}", f"with {name.en}")
        case "present":
            return Text(f"未载明{name.zh}", f"without {name.en}")
        case "in":
            return Text(f"{name.zh}为 {value} 之一", f"{name.en}: one of {value}")
    return Text(f"{name.zh}为 {value}", f"{name.en}: {value}")


def _in_force(protocol: Protocol, zone: str) -> Text:
    since = show(protocol.valid_from, zone=zone)
    if protocol.valid_until == FOREVER:
        return Text(f"自 {since} 起", f"from {since}")
    until = show(protocol.valid_until, zone=zone)
    return Text(f"{since} 至 {until}（不含）", f"from {since} until {until}")


def _closes(protocol: Protocol) -> Text:
    if not protocol.closes:
        return Text("全部环节办结", "once every step is settled")
    names = [_milestone(protocol, name) for name in protocol.closes]
    return Text("或".join(n.zh for n in names), " or ".join(n.en for n in names))


def _stop(protocol: Protocol, i: int) -> Text:
    stop = protocol.stops[i]
    when, every = _milestone(protocol, stop.when), len(stop.cancels) == len(protocol.obligations)
    titles = [protocol.obligation(key).title for key in stop.cancels]
    zh = "全部环节" if every else "、".join(t.zh for t in titles)
    en = "every step" if every else "; ".join(t.en for t in titles)
    over = Text(f" → {stop.opens}", f" → {stop.opens}") if stop.opens else Text("", "")
    return Text(f"{when.zh}：终止{zh}{over.zh}", f"{when.en}: ends {en}{over.en}")


def _rung(protocol: Protocol, i: int, *, wording: Wording) -> Text:
    rung = protocol.escalation[i]
    to = (
        Text("责任人", "the owner")
        if rung.to == "owner"
        else wording.levels.get(rung.to, Text(rung.to, rung.to))
    )
    after = length_words(Length(rung.after))
    if not rung.after:
        return Text(f"逾期即告{to.zh}", f"at once: {to.en}")
    return Text(f"逾期{after.zh}告{to.zh}", f"after {after.en}: {to.en}")


def _retain(protocol: Protocol) -> Text:
    if protocol.retain == FOREVER:
        return Text("不设删除期限", "kept without limit")
    after = length_words(Length(protocol.retain))
    return Text(f"关闭后{after.zh}删除", f"erased {after.en} after closing")
