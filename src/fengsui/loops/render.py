"""An explanation in sentences, the same for pages, the command line and the API."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from fengsui.kit.instant import NEVER, show, show_length
from fengsui.kit.text import Text
from fengsui.loops import words
from fengsui.loops.escalation import Post
from fengsui.loops.explanation import Clause, DutyLine, Explanation, MilestoneLine, Rejected, Remark, Seen
from fengsui.protocols.describe import MARKS

KindText = Callable[[str], Text]
DEADLINES = ("due_at", "until_at", "silent_at")  # times that are the end of something
LONG_AGO = -(10**9)  # the opening of a window that has none lies before this


def code_as_is(kind: str) -> Text:
    """For kinds nobody has given a title."""
    return Text(kind, kind)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, what it is about (a key of ``words.LABEL`` or ``words.PART``), and the facts it names."""

    about: str
    label: str
    text: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """One milestone or duty, or the loop itself. ``kind``: loop, milestone, duty."""

    kind: str
    key: str
    n: int
    heading: str
    status: str
    status_text: str
    sentences: tuple[Sentence, ...]


def render(explanation: Explanation, lang: str, *, kind_text: KindText = code_as_is) -> list[Block]:
    """The loop, its milestones and its duties in ``lang``; ``kind_text`` gives the titles of fact kinds."""
    page = _Page(explanation, lang, kind_text)
    return [
        page.loop(),
        *(page.milestone(line) for line in explanation.milestones),
        *(page.duty(line) for line in explanation.duties),
    ]


def due_text(at: int, *, zone: str) -> str:
    """A due time: the end of a day as 24:00 of it, as laws write it, and not as 00:00 of the next."""
    text = show(at, zone=zone)
    return f"{show(at - 1, zone=zone)[:10]} 24:00" if text.endswith(" 00:00") else text


def duty_text(title: Text, n: int, is_one_of_many: bool, *, is_day: bool, lang: str) -> str:
    """The duty's title, with its day or its count where there are several."""
    if is_day:
        return f"{title.in_(lang)} · " + (f"第 {n} 天" if lang == "zh" else f"day {n}")
    count = (f"第 {n + 1} 次" if lang == "zh" else f"no. {n + 1}") if is_one_of_many else ""
    return f"{title.in_(lang)} · {count}" if count else title.in_(lang)


class _Page:
    """One explanation in one language."""

    def __init__(self, explanation: Explanation, lang: str, kind_text: KindText) -> None:
        self.of = explanation
        self.lang = lang
        self.kind_text = kind_text
        self.by_id = {fact.id: fact for fact in explanation.facts}

    def loop(self) -> Block:
        is_closed = self.of.closed_at <= self.of.now
        status = ("已闭环", "closed") if is_closed else ("进行中", "running")
        return Block(
            "loop",
            self.of.loop,
            0,
            self.of.title.in_(self.lang),
            "closed" if is_closed else "running",
            Text(*status).in_(self.lang),
            (
                self.fact_sentence("opened", self.of.opened_by, zone=self.of.zone),
                self.law(self.of.opened_under),
            ),
        )

    def milestone(self, line: MilestoneLine) -> Block:
        is_reached = line.at <= self.of.now
        shown = show(line.at, zone=self.of.zone, lang=self.lang)
        text = shown if is_reached else words.NOT_REACHED.in_(self.lang)
        first = Sentence("milestone", words.LABEL["milestone"].in_(self.lang), text)
        rest = (self.fact_sentence("reached", fact, zone=self.of.zone) for fact in line.facts)
        heading = duty_text(line.title, line.n, line.n > 0, is_day=False, lang=self.lang)
        return Block(
            "milestone",
            line.name,
            line.n,
            heading,
            "reached" if is_reached else "waiting",
            text,
            (first, *rest),
        )

    def duty(self, line: DutyLine) -> Block:
        return Block(
            "duty",
            line.key,
            line.n,
            self.duty_name(line),
            line.status.value,
            words.STATUS[line.status].in_(self.lang),
            tuple(self.duty_sentences(line)),
        )

    def duty_sentences(self, line: DutyLine) -> Iterator[Sentence]:
        yield self.say("state", words.STATE[line.status], line, **self.times(line))
        if line.due_at != NEVER or line.open_at != NEVER:
            yield self.window(line)
        for cause in line.causes:
            part = words.PART[cause.part].in_(self.lang).format(anchor=line.anchor.in_(self.lang))
            yield self.fact_sentence(cause.part, cause.fact, zone=line.zone, label=part)
        yield self.law(line.clause)
        yield Sentence("owner", words.LABEL["owner"].in_(self.lang), self.post(line.owner))
        if line.told:
            text = "；".join if self.lang == "zh" else "; ".join
            each = (
                words.TOLD.in_(self.lang).format(
                    title=t.to.title.in_(self.lang), at=due_text(t.at, zone=line.zone)
                )
                for t in line.told
            )
            yield Sentence("told", words.LABEL["told"].in_(self.lang), text(each))
        if line.next_told:
            after = line.next_told
            yield self.say(
                "next_told",
                words.NEXT,
                line,
                title=after.to.title.in_(self.lang),
                at=due_text(after.at, zone=line.zone),
            )
        yield from (self.remark(line, remark) for remark in line.remarks)
        yield from (self.rejected(line, one) for one in line.rejected)

    def times(self, line: DutyLine) -> dict[str, object]:
        """Every time and length a sentence on the state may speak of."""
        now, zone = self.of.now, line.zone
        silent = next((r.values["silent_at"] for r in line.remarks if r.code == "source_silent"), NEVER)
        return {
            "open": show(max(line.open_at, LONG_AGO), zone=zone),
            "due": due_text(line.due_at, zone=zone),
            "met": show(line.met_at, zone=zone),
            "until": due_text(line.until_at, zone=zone) if line.until_at != NEVER else "—",
            "lifted": show(line.lifted_at, zone=zone),
            "broken": due_text(line.broken_at, zone=zone),
            "confirmed": due_text(line.confirmed_at, zone=zone),
            "silent": due_text(silent, zone=zone),
            "left": self.length(line.due_at - now),
            "past": self.length(now - line.broken_at),
            "late": self.length(line.met_at - line.broken_at),
            "anchor": line.anchor.in_(self.lang),
        }

    def window(self, line: DutyLine) -> Sentence:
        zone = line.zone
        values: dict[str, object] = {
            "open": show(line.open_at, zone=zone) if line.open_at > LONG_AGO else "",
            "due": due_text(line.due_at, zone=zone),
            "zone": zone,
            "n": line.n,
            "first_day": show(line.anchor_at, zone=zone)[:10],
            "start_day": line.start_day,
        }
        kind = "within"
        if line.due_at == NEVER:
            kind = "endless"
        elif line.start_day is not None:
            kind = "day"
        elif line.open_at <= LONG_AGO:
            kind = "before"
        sentence = self.say("window", words.WINDOW[kind], line, **values)
        if line.first_due_at == line.due_at:
            return sentence
        more = (
            words.WINDOW["first_due"].in_(self.lang).format(first_due=due_text(line.first_due_at, zone=zone))
        )
        joint = "" if self.lang == "zh" else " "
        return Sentence(sentence.about, sentence.label, f"{sentence.text}{joint}{more}")

    def law(self, clause: Clause) -> Sentence:
        basis = clause.basis
        where = f"{basis.number} {basis.clause}".strip()
        document = basis.document.in_(self.lang)
        if self.lang == "zh" and document and "《" not in document:
            document = f"《{document}》"
        text = words.LAW.in_(self.lang).format(
            document=document,
            where=("" if self.lang == "zh" else ", ") + where if where else "",
            version=clause.version,
            confidence=MARKS[clause.confidence].in_(self.lang),
        )
        return Sentence("law", words.LABEL["law"].in_(self.lang), text)

    def remark(self, line: DutyLine, remark: Remark) -> Sentence:
        code = f"date_only:{remark.values['rule']}" if remark.code == "date_only" else remark.code
        values = self.filled(remark.values, line.zone)
        if remark.fact:
            values["fact"] = self.fact_name(remark.fact)
        sentence = self.say("remark", words.REMARK[code], line, **values)
        return Sentence("remark", sentence.label, sentence.text, (remark.fact,) if remark.fact else ())

    def rejected(self, line: DutyLine, one: Rejected) -> Sentence:
        values = self.filled(one.values, line.zone)
        if "key" in one.values:
            values["duty"] = self.name_of(str(one.values["key"]), int(str(one.values["n"])))
        why = words.REJECTED[one.why].in_(self.lang).format(**values)
        colon = "：" if self.lang == "zh" else ": "
        text = f"{self.fact_text(one.fact, line.zone)}{colon}{why}"
        return Sentence("rejected", words.LABEL["rejected"].in_(self.lang), text, (one.fact.id,))

    # pieces

    def say(self, about: str, template: Text, line: DutyLine, **values: object) -> Sentence:
        return Sentence(about, words.LABEL[about].in_(self.lang), template.in_(self.lang).format(**values))

    def filled(self, values: Mapping[str, object], zone: str) -> dict[str, object]:
        """Times as civil times and lengths as lengths, by the names they carry."""
        return {name: self.shown(name, value, zone) for name, value in values.items()}

    def shown(self, name: str, value: object, zone: str) -> object:
        if isinstance(value, int) and name in DEADLINES:
            return due_text(value, zone=zone)
        if isinstance(value, int) and (name.endswith("_at") or name == "at"):
            return show(value, zone=zone)
        if isinstance(value, int) and name in ("ahead", "apart"):
            return self.length(value)
        if isinstance(value, list | tuple | frozenset | set):
            return ("或" if self.lang == "zh" else " or ").join(sorted(map(str, value)))
        if value is None:
            return "空" if self.lang == "zh" else "missing"
        return value

    def fact_sentence(self, about: str, fact: Seen, *, zone: str, label: str = "") -> Sentence:
        label = label or words.PART[about].in_(self.lang)
        return Sentence(about, label, self.fact_text(fact, zone), (fact.id,))

    def fact_text(self, fact: Seen, zone: str) -> str:
        name = fact.place_name.in_(self.lang) if fact.place_name else ""
        place = words.FACT_WHERE.in_(self.lang).format(place=name) if name else ""
        return words.FACT.in_(self.lang).format(
            kind=self.kind_text(fact.kind).in_(self.lang),
            at=show(fact.at, zone=zone, lang=self.lang, span=fact.span),
            where=place,
            source=fact.source,
            recorded=show(fact.recorded_at, zone=zone),
        )

    def fact_name(self, fact_id: str) -> str:
        fact = self.by_id.get(fact_id)
        return f"{self.kind_text(fact.kind).in_(self.lang)} {fact_id}" if fact else fact_id

    def name_of(self, key: str, n: int) -> str:
        line = next((d for d in self.of.duties if (d.key, d.n) == (key, n)), None)
        return self.duty_name(line) if line else key

    def duty_name(self, line: DutyLine) -> str:
        is_day = line.start_day is not None
        return duty_text(line.title, line.n, line.is_one_of_many, is_day=is_day, lang=self.lang)

    def post(self, post: Post) -> str:
        title = post.title.in_(self.lang)
        if not post.holder:
            return title
        return words.HELD_BY.in_(self.lang).format(title=title, holder=post.holder)

    def length(self, seconds: int) -> str:
        return show_length(max(seconds, 0), lang=self.lang)
