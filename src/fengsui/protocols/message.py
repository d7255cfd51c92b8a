"""What can be wrong with a protocol, each rule with a stable name, what it says and what puts it right.

The loader finds what cannot be read at all, the linter what can be read and still must not be
published. Both speak through this table, so that command line, page and documentation say the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.say import in_words
from fengsui.kit.text import Text

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing a protocol may not do (or, as a warning, had better not)."""

    says: Text  # with {places} for the names of the case at hand
    remedy: Text
    level: str = ERROR


@dataclass(frozen=True, slots=True)
class Message:
    """One finding: which rule, where in which file, in words, and what to do about it."""

    file: str
    line: int
    clause: str  # the part of the file: "obligations.transfer.by"
    rule: str
    text: Text
    remedy: Text
    level: str = ERROR

    def in_(self, lang: str) -> str:
        """The whole of it in one line."""
        where = f"{self.file}:{self.line}: {self.clause}"
        return f"{where}: {self.text.in_(lang)} [{self.rule}] {self.remedy.in_(lang)}"


class BadProtocol(BadInput):
    """A protocol file that cannot be read; ``messages`` are its findings with their rules."""

    def __init__(self, summary: str, messages: Sequence[Message]) -> None:
        findings = (
            Finding(
                f"{m.file}:{m.line}",
                m.clause,
                m.text.in_("en").removeprefix("found "),
                m.remedy.in_("en").removeprefix("expected "),
            )
            for m in messages
        )
        super().__init__(summary, tuple(findings))
        self.messages = tuple(messages)

    def in_(self, lang: str) -> str:
        """What it says and every message, a line each."""
        if lang == "en":
            return super().in_(lang)
        return "\n".join([in_words(self.args[0], lang), *(message.in_(lang) for message in self.messages)])


def say(rule: str, *, file: str, line: int, clause: str, **words: object) -> Message:
    """The message of a rule for one place."""
    table = RULES[rule]
    in_zh = {name: in_words(word, "zh") if isinstance(word, str) else word for name, word in words.items()}
    text, remedy = (Text(t.zh.format_map(in_zh), t.en.format_map(words)) for t in (table.says, table.remedy))
    return Message(file, line, clause, rule, text, remedy, table.level)


def _rule(says: tuple[str, str], remedy: tuple[str, str], level: str = ERROR) -> Rule:
    return Rule(Text(*says), Text(*remedy), level)


RULES: dict[str, Rule] = {
    # Found while reading
    "shape": _rule(("写的是 {found}", "found {found}"), ("应为：{expected}", "expected {expected}")),
    "unquoted": _rule(
        ("{found} 没有加引号", "{found} is not in quotes"),
        ("版本号、日期、时间和地区代码都要加引号", "put versions, dates, times and area codes in quotes"),
    ),
    "unknown-name": _rule(
        ("没有名为 {name} 的{what_zh}", "there is no {what} called {name}"),
        ("应为以下之一：{known}", "use one of: {known}"),
    ),
    "no-anchor": _rule(
        ("起算点 {name} 不是本规程的里程碑", "it counts from {name}, which is no milestone"),
        ("在 milestones 下定义它，或改用：{known}", "define it under milestones, or use one of: {known}"),
    ),
    "no-window": _rule(
        ("没有写何时到期", "nothing says when it is due"),
        (
            "写 within、before、on_days、until、every、rolling 之一",
            "write one of within, before, on_days, until, every, rolling",
        ),
    ),
    "mixed-windows": _rule(
        ("一个环节里同时写了 {found}", "one step mixes {found}"),
        ("按日和按时分成两个环节", "make two steps, one counted in days and one in hours"),
    ),
    "on-days-start-day": _rule(
        (
            "用了 on_days，但没有写起始日是第几天",
            "on_days is used, but not which number the start day carries",
        ),
        ("在规程里写 start_day: 1 或 start_day: 0", "add start_day: 1 or start_day: 0 to the protocol"),
    ),
    "months-rounding": _rule(
        (
            "以月计，但没有写小月缺日怎么办",
            "counted in months, but not what happens where the day is missing",
        ),
        ("加上 rounding: down 或 rounding: up", "add rounding: down or rounding: up"),
    ),
    "each-discharge": _rule(
        (
            "每次 {name} 都产生一项，但没有写一次办理算清哪几项",
            "each {name} starts its own, but not which of them one act meets",
        ),
        ("加上 discharge: all 或 discharge: fifo", "add discharge: all or discharge: fifo"),
    ),
    "each-windows": _rule(
        (
            "每次 {name} 都产生一项，而 {window} 又有几个时限，彼此无法区分",
            "each {name} starts its own, and {window} asks for several windows of each, with one number",
        ),
        (
            "每次只写一个时限，或改以 first、last 里程碑为起算点，或分成几个环节",
            "ask for one window of each, count from a first or last milestone, or make several steps",
        ),
    ),
    "mixed-discharge": _rule(
        ("系列 {series} 里 fifo 与其他办法并用", "the series {series} mixes fifo with another discharge"),
        ("同一系列用同一办法", "let all steps of a series discharge alike"),
    ),
    "milestone-cycle": _rule(
        ("里程碑互相引用成环：{names}", "milestones refer to each other in a circle: {names}"),
        ("让其中一个只依据事实", "let one of them follow from facts alone"),
    ),
    "extension-no-limit": _rule(
        ("延期没有上限", "the extension has no limit"),
        ("加上 at_most，写明最多延多久", "add at_most: how far it may move the deadline"),
    ),
    "retroactive-reason": _rule(
        ("溯及既往，但没有写理由", "it reaches back without saying why"),
        ("加上 reason", "add a reason"),
    ),
    "overlay-incomplete": _rule(
        ("地方加码缺少 {what_zh}", "the overlay lacks {what}"),
        (
            "地方规定必须写明发布机关、依据和截止日期",
            "a local order must name its issuer, its basis and when it ends",
        ),
    ),
    # Found by the linter
    "no-owner": _rule(
        ("环节 {step} 没有责任人", "nobody owns the step {step}"),
        ("加上 by: 职责@地点", "add by: role@place"),
    ),
    "no-basis": _rule(
        ("{step} 没有法律依据", "{step} has no legal basis"),
        (
            "写明文件，并写条款或文号",
            "name the document, and its number or the clause",
        ),
    ),
    "never-due": _rule(
        (
            "环节 {step} 永远不会到期：{name} 不可能达到",
            "{step} can never become due: {name} cannot be reached",
        ),
        ("改起算点，或改 {name} 的条件", "count from another milestone, or change what {name} asks for"),
    ),
    "never-closes": _rule(
        ("闭环可能永远关不上：{why_zh}", "the loop can never close: {why}"),
        ("改 closes，或加一条 stops", "change closes, or add a stop"),
    ),
    "unknown-exit": _rule(
        ("转出到不存在的规程 {name}", "it leads to {name}, a protocol that does not exist"),
        ("改正名称，或补上该规程", "put the name right, or add that protocol"),
    ),
    "deaf-exit": _rule(
        ("转出到 {name}，但它不由 {kind} 开启", "it leads to {name}, which does not open on {kind}"),
        ("在 {name} 的 opens 里加上 {kind}", "add {kind} to the opens of {name}"),
    ),
    "restriction-no-release": _rule(
        ("{step} 限制人身自由，但没有解除环节", "{step} restricts a person, and no step releases them"),
        ("加一个 frees: person 的环节", "add a step with frees: person"),
    ),
    "escalation-to-nobody": _rule(
        ("升级督办没有落到人：{found}", "the escalation reaches nobody: {found}"),
        ("应为 owner、{levels} 之一或 职责@地点", "use owner, one of {levels}, or role@place"),
    ),
    "escalation-order": _rule(
        ("升级时限没有逐级递增", "the escalation does not rise step by step"),
        ("每一级的 after 要比上一级长", "make each after longer than the one before"),
    ),
    "petition-and-health": _rule(
        (
            "健康规程不得与信访、纠纷、反诈记录相连：{found}",
            "health and petitions, disputes or fraud must not meet: {found}",
        ),
        ("去掉 {found}", "take {found} out"),
    ),
    "unknown-kind": _rule(
        ("没有名为 {name} 的事实种类", "there is no kind of fact called {name}"),
        ("改正名称，或在事实目录中定义它{near_zh}", "put the name right, or add it to the catalogue{near}"),
    ),
    "unknown-field": _rule(
        ("{kind} 没有字段 {name}", "{kind} has no field {name}"),
        ("应为以下之一：{known}", "use one of: {known}"),
    ),
    "unknown-code": _rule(
        ("{kind} 的 {name} 从不取值 {value}", "{name} of {kind} is never {value}"),
        ("应为以下之一：{known}", "use one of: {known}"),
    ),
    "wrong-type": _rule(
        ("{kind} 的 {name} 不是{what_zh}", "{name} of {kind} is not {what}"),
        ("换一个字段，或改条件", "use another field, or change the condition"),
    ),
    "until-no-else": _rule(
        (
            "期限取自 {name}，但该字段可能为空，届时永不到期",
            "the deadline is in {name}, which may be missing: then it is never due",
        ),
        ("加上 else，或要求该字段必有", "add else, or ask for the field to be present"),
    ),
    "version-overlap": _rule(
        ("与版本 {other} 的施行期重叠", "it is in force at the same time as version {other}"),
        ("改 in_force，使前后相接", "change in_force so that one ends where the next begins"),
    ),
    "version-gap": _rule(
        ("与版本 {other} 之间有空档，其间无规可依", "between it and version {other} nothing is in force"),
        ("改 in_force，使前后相接", "change in_force so that one ends where the next begins"),
        WARNING,
    ),
    "renamed-key": _rule(
        (
            "上一版的 {old} 与本版的 {new} 证据相同、名称不同，换版时会被当作两件事",
            "{old} of the version before and {new} ask for the same evidence under two names",
        ),
        ("同一环节各版用同一名称", "keep one name for one step across versions"),
        WARNING,
    ),
    "each-meets-itself": _rule(
        (
            "环节 {step} 由每次 {name} 产生，而同一事实又是它的凭证，一产生即办结",
            "each {name} starts {step}, and the same fact is its evidence: it is met as it begins",
        ),
        (
            "换凭证，或加 opens_after，或写 not_by: {name}",
            "ask for other evidence, or add opens_after, or not_by: {name}",
        ),
    ),
    "stage-without-step": _rule(
        ("交接 {start} → {end} 之间没有环节负责", "no step leads from stage {start} to stage {end}"),
        ("加一个以 {end} 为证据的环节", "add a step whose evidence is {end}"),
    ),
    "protocol-cycle": _rule(
        ("规程之间互相等待成环：{names}", "protocols wait for each other in a circle: {names}"),
        ("去掉其中一个 # 引用", "take one of the # references out"),
    ),
    "overlay-without-base": _rule(
        (
            "所改规程 {name} 不存在，或其间没有版本施行",
            "there is no version of {name} in force for it to change",
        ),
        ("改正 of 或 in_force", "put of or in_force right"),
    ),
    "twice-published": _rule(
        (
            "{name} 版本 {version} 已在 {other} 发布",
            "{name} version {version} is published in {other} already",
        ),
        ("给它另一个版本号", "give it another version"),
    ),
}
