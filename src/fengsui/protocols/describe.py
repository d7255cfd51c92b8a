"""A protocol in plain words, for command line, page and the pages of the documentation alike."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fengsui.kit.instant import show
from fengsui.kit.text import Text
from fengsui.protocols.model import (
    FOREVER,
    Basis,
    Evidence,
    Extension,
    Frame,
    InFlight,
    Length,
    Obligation,
    Pause,
    Protocol,
    Tell,
    Waiver,
    Window,
)
from fengsui.protocols.phrases import (
    Wording,
    field_words,
    kind_words,
    law,
    length_words,
    milestone_title,
    pattern_words,
    post_words,
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
    grants: tuple[Text, ...]  # what moves, lifts or stops the clock of steps, and who else is told
    escalation: tuple[Text, ...]
    retain: Text


def steps(protocol: Protocol, wording: Wording | None = None) -> tuple[Step, ...]:
    """Every step of a version, in the order of its file."""
    wording = wording or Wording()
    return tuple(
        Step(
            key=step.key,
            title=step.title,
            owner=post_words(step.by.role, step.by.place, step.by.level, wording),
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
        opens=pattern_words(protocol.opening.pattern, wording),
        closes=_closes(protocol),
        stops=tuple(_stop(protocol, i) for i in range(len(protocol.stops))),
        grants=tuple(_grants(protocol, wording)),
        escalation=tuple(_rung(protocol, i, wording=wording) for i in range(len(protocol.escalation))),
        retain=_retain(protocol),
    )


def clock(step: Obligation, protocol: Protocol) -> Text:
    """When a step is due, in words."""
    window, start = step.window, milestone_title(protocol, step.start)
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
            return _every(window, start, length)
    return Text(
        f"{start.zh}起，每次间隔不超过{length.zh}", f"again within {length.en} of the last, from: {start.en}"
    )


def _every(window: Window, start: Text, length: Text) -> Text:
    times, stays = window.times, length_words(window.open_for) if window.open_for else None
    held = Text(f"，每次限{stays.zh}", f", each open for {stays.en}") if stays else Text("", "")
    return Text(
        f"{start.zh}起每{length.zh}一次，共{times}次{held.zh}",
        f"every {length.en}, {times} times, from: {start.en}{held.en}",
    )


def _on_days(days: Iterable[int], start: Text, *, first: int) -> Text:
    listed = [str(day) for day in days]
    return Text(
        f"第{'、'.join(listed)}天（{start.zh}当日为第{first}天）",
        f"on day {', '.join(listed)} (day {first} is the day of: {start.en})",
    )


def _before(start: Text, length: Text | None, valid: Text | None) -> Text:
    """Due before something; ``valid``: how old the evidence may be by then."""
    zh, en = f"{start.zh}之前", f"before: {start.en}"
    if length is not None:
        zh, en = f"{start.zh}前至少{length.zh}", f"at least {length.en} before: {start.en}"
    return Text(f"{zh}，{valid.zh}内有效", f"{en}, no older than {valid.en}") if valid else Text(zh, en)


def _evidence(evidence: Evidence, protocol: Protocol, *, wording: Wording) -> Text:
    text = pattern_words(evidence.pattern, wording)
    zh, en = [text.zh], [text.en]
    if evidence.count > 1:
        zh.append(f"{evidence.count}次")
        en.append(f"{evidence.count} times")
    if evidence.apart:
        apart = length_words(Length(evidence.apart))
        zh.append(f"间隔至少{apart.zh}")
        en.append(f"at least {apart.en} apart")
    if evidence.distinct:
        fields = [field_words(name, evidence.pattern, wording=wording) for name in evidence.distinct]
        zh.append("、".join(f.zh for f in fields) + "不同")
        en.append("differing in " + " and ".join(f.en for f in fields))
    if evidence.not_by:
        other = milestone_title(protocol, evidence.not_by)
        zh.append(f"不得由“{other.zh}”的经办人办理")
        en.append(f"not by whoever did: {other.en}")
    if evidence.only_by:
        other = milestone_title(protocol, evidence.only_by)
        zh.append(f"须由“{other.zh}”的经办人办理")
        en.append(f"by whoever did: {other.en}")
    return Text("，".join(zh), ", ".join(en))


def _in_force(protocol: Protocol, zone: str) -> Text:
    since = show(protocol.valid_from, zone=zone)
    if protocol.valid_until == FOREVER:
        return Text(f"自 {since} 起", f"from {since}")
    until = show(protocol.valid_until, zone=zone)
    return Text(f"{since} 至 {until}（不含）", f"from {since} until {until}")


def _closes(protocol: Protocol) -> Text:
    if not protocol.closes:
        return Text("全部环节办结", "once every step is settled")
    names = [milestone_title(protocol, name) for name in protocol.closes]
    return Text("或".join(n.zh for n in names), " or ".join(n.en for n in names))


def _stop(protocol: Protocol, i: int) -> Text:
    stop = protocol.stops[i]
    when, every = milestone_title(protocol, stop.when), len(stop.cancels) == len(protocol.obligations)
    titles = [protocol.obligation(key).title for key in stop.cancels]
    zh = "全部环节" if every else "、".join(t.zh for t in titles)
    en = "every step" if every else "; ".join(t.en for t in titles)
    over = Text(f" → {stop.opens}", f" → {stop.opens}") if stop.opens else Text("", "")
    before = milestone_title(protocol, stop.unless) if stop.unless else None
    zh = f"{'（此前未达“' + before.zh + '”的）' if before else ''}：终止{zh}"
    en = f"{', unless before it: ' + before.en if before else ''}: ends {en}"
    return Text(f"{when.zh}{zh}{over.zh}", f"{when.en}{en}{over.en}")


def _grants(protocol: Protocol, wording: Wording) -> Iterator[Text]:
    for extension in protocol.extensions:
        yield _with_law(_extension(extension, protocol, wording), extension.basis)
    for waiver in protocol.waivers:
        yield _with_law(_waiver(waiver, protocol, wording), waiver.basis)
    for pause in protocol.pauses:
        yield _with_law(_pause(pause, protocol, wording), pause.basis)
    for tell in protocol.tells:
        yield _tell(tell, protocol, wording)


def _with_law(text: Text, basis: Basis) -> Text:
    ground = law(basis)
    return Text(f"{text.zh}（{ground.zh}）", f"{text.en} ({ground.en})") if ground.zh or ground.en else text


def _titles(keys: Iterable[str], protocol: Protocol) -> Text:
    titles = [protocol.obligation(key).title for key in keys]
    return Text("、".join(t.zh for t in titles), "; ".join(t.en for t in titles))


def _extension(one: Extension, protocol: Protocol, wording: Wording) -> Text:
    granted, steps_ = pattern_words(one.pattern, wording), _titles(one.of, protocol)
    until = field_words(one.data, one.pattern, wording=wording)
    most = length_words(one.at_most) if one.at_most else None
    limit = Text(f"，最长延{most.zh}", f", by {most.en} at most") if most else Text("", "")
    return Text(
        f"延期：{granted.zh}将{steps_.zh}延至其{until.zh}{limit.zh}",
        f"extension: {granted.en} moves {steps_.en} to its {until.en}{limit.en}",
    )


def _waiver(one: Waiver, protocol: Protocol, wording: Wording) -> Text:
    granted, steps_ = pattern_words(one.pattern, wording), _titles(one.of, protocol)
    return Text(f"免除：{granted.zh}免除{steps_.zh}", f"waiver: {granted.en} lifts {steps_.en}")


def _pause(one: Pause, protocol: Protocol, wording: Wording) -> Text:
    begin, end = pattern_words(one.begin, wording), pattern_words(one.end, wording)
    steps_ = _titles(one.of, protocol)
    return Text(
        f"中止计时：{begin.zh}至{end.zh}期间不计入{steps_.zh}的时限",
        f"clock stopped: from {begin.en} until {end.en}, for {steps_.en}",
    )


def _tell(one: Tell, protocol: Protocol, wording: Wording) -> Text:
    when, fact = milestone_title(protocol, one.when), kind_words(one.fact, wording)
    who = pattern_words(one.relation, wording)
    by = field_words(one.field, one.relation, wording=wording)
    return Text(
        f"告知：{when.zh}时，凡{who.zh}的{by.zh}为本对象者，记“{fact.zh}”",
        f"told: at “{when.en}”, to whoever names this subject as {by.en} in “{who.en}”, as “{fact.en}”",
    )


def _rung(protocol: Protocol, i: int, *, wording: Wording) -> Text:
    rung = protocol.escalation[i]
    to = _told(rung.to, wording)
    after = length_words(Length(rung.after))
    if not rung.after:
        return Text(f"逾期即告{to.zh}", f"at once: {to.en}")
    return Text(f"逾期{after.zh}告{to.zh}", f"after {after.en}: {to.en}")


def _told(to: str, wording: Wording) -> Text:
    """Who a rung tells: the owner, a level, or a post."""
    if to == "owner":
        return Text("责任人", "the owner")
    role, at, where = to.partition("@")
    place, _, level = where.partition(".")
    return post_words(role, place, level, wording) if at else wording.levels.get(to, Text(to, to))


def _retain(protocol: Protocol) -> Text:
    if protocol.retain == FOREVER:
        return Text("不设删除期限", "kept without limit")
    after = length_words(Length(protocol.retain))
    return Text(f"关闭后{after.zh}删除", f"erased {after.en} after closing")
