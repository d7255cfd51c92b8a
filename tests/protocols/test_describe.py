"""A protocol in words that an officer reads, in both languages."""

import pytest

from fengsui.facts.catalogue import Catalogue
from fengsui.kit.text import LANGS, Text
from fengsui.protocols.describe import MARKS, outline, steps
from fengsui.protocols.language import CONFIDENCE
from fengsui.protocols.model import Length, Pattern, Unit
from fengsui.protocols.model import Test as Condition
from fengsui.protocols.phrases import Wording, length_words, pattern_words

from .given import ZONE, changed, kinds, loaded, shipped

WORDING = Wording(kinds(), {"site": Text("集中隔离点", "Site")}, {"banner": Text("旗县", "banner")})


def row(line: str):
    text = changed("stops:\n", f"  more: {{zh: 又, en: More, by: site@port.banner, {line}}}\nstops:\n")
    return next(step for step in steps(loaded(text), WORDING) if step.key == "more")


@pytest.mark.parametrize(
    ("when", "zh", "en"),
    [
        ("within: 2h", "入境后2小时内", "within 2 h of: Entered"),
        (
            "within: 7d, opens_after: 7d",
            "入境满7×24小时后的7×24小时内",
            "within 7 × 24 h, from 7 × 24 h after: Entered",
        ),
        ("before: 24h", "入境前至少24小时", "at least 24 h before: Entered"),
        ("before: 0h", "入境之前", "before: Entered"),
        ("on_days: [1, 4]", "第1、4天（入境当日为第1天）", "on day 1, 4 (day 1 is the day of: Entered)"),
        (
            "until: data.x, else: 3 days",
            "入境所载期限（x）；未载明的3日内",
            "the x told by: Entered, or else within 3 days",
        ),
        (
            "every: 90m, times: 3",
            "入境起每1 小时 30 分钟一次，共3次",
            "every 1 h 30 min, 3 times, from: Entered",
        ),
        (
            "rolling: 72h",
            "入境起，每次间隔不超过3×24小时",
            "again within 3 × 24 h of the last, from: Entered",
        ),
    ],
)
def test_clocks_are_said_in_words(when, zh, en):
    clock = row(f"from: entry, evidence: test.result, {when}").clock
    assert (clock.zh, clock.en) == (zh, en)


def test_a_length_says_whether_it_is_elapsed_or_counted_in_days():
    assert length_words(Length(14 * 86400)).zh == "14×24小时"
    assert length_words(Length(14, Unit.DAYS)).zh == "14日"
    assert length_words(Length(5, Unit.WORKING_DAYS)).en == "5 working days"
    assert length_words(Length(1, Unit.MONTHS, "down")).zh == "1个月"
    assert "顺延" in length_words(Length(15, Unit.DAYS, "", True)).zh


def test_evidence_owner_law_and_mark_are_said_in_words():
    one = row(
        "from: entry, within: 1h, confidence: to_verify, "
        "evidence: {event: test.result, where: {result: negative}, "
        "count: 2, distinct: [laboratory, reagent], apart: 24h, not_by: admitted}"
    )
    assert one.owner == Text("集中隔离点（port·旗县）", "Site (port, banner)")
    assert one.evidence.zh == (
        "核酸检测结果（结果为 阴性），2次，间隔至少24小时，检测机构、试剂不同，不得由“admitted”的经办人办理"
    )
    assert one.law.zh == "《办法》4.10"
    assert one.mark == MARKS["to_verify"]


@pytest.mark.parametrize(
    ("where", "zh"),
    [
        ("result: [negative, positive]", "结果为 阴性、阳性 之一"),
        ("result: {not: invalid}", "结果不为 无效"),
        ("ct: {at_least: 30, below: 35}", "Ct 值不小于 30，Ct 值小于 35"),
        ("sample: {present: true}", "载明样本编号"),
        ("sample: {present: false}", "未载明样本编号"),
    ],
)
def test_conditions_are_said_in_words(where, zh):
    assert (
        zh
        in row(f"from: entry, within: 1h, evidence: {{event: test.result, where: {{{where}}}}}").evidence.zh
    )


def test_every_degree_of_confidence_has_its_mark():
    assert set(MARKS) == set(CONFIDENCE)


def test_every_shipped_protocol_can_be_said_in_both_languages(shipped_protocols):
    for protocol in shipped_protocols:
        said = outline(protocol, WORDING, zone=ZONE)
        texts = [said.title, said.law, said.in_force, said.running, said.opens, said.closes, said.retain]
        texts += [*said.stops, *said.grants, *said.escalation]
        for one in steps(protocol, WORDING):
            texts += [one.title, one.owner, one.clock, one.evidence, one.law, one.mark]
        assert all(text.in_(lang) for text in texts for lang in LANGS)


def test_an_outline_says_when_it_holds_who_takes_over_and_who_is_told():
    said = outline(shipped().at("cn.covid19/inbound", 1_629_000_000), WORDING, zone=ZONE)
    assert said.in_force.en == "from 2021-05-14 00:00 until 2022-06-28 00:00"
    assert said.stops == (
        Text(
            "检测阳性：终止全部环节 → cn.covid19/case", "Tested positive: ends every step → cn.covid19/case"
        ),
    )
    assert [text.zh for text in said.escalation] == [
        "逾期即告责任人",
        "逾期2小时告旗县",
        "逾期24小时告league",
        "逾期2×24小时告region",
    ]
    assert said.retain.zh == "关闭后30×24小时删除"


def test_a_code_is_said_by_its_words(tmp_path):
    (tmp_path / "dog.yaml").write_text(
        "kinds:\n  dog.seen: {version: 1, title: {zh: 见犬, en: Dog seen}, subject: [person], fields: {mood: "
        "{type: code, values: {calm: {zh: 安静, en: quiet}, wild: {zh: 狂躁, en: raging}}, "
        "title: {zh: 状态, en: Mood}}}}\n",
        encoding="utf-8",
    )
    pattern = Pattern(("dog.seen",), (Condition("mood", "in", ("calm", "wild")),))
    said = pattern_words(pattern, Wording(Catalogue.read([tmp_path])))
    assert said == Text("见犬（状态为 安静、狂躁 之一）", "Dog seen (Mood: one of quiet, raging)")


def test_what_moves_lifts_or_stops_a_clock_is_said_with_its_law():
    text = changed(
        "closes:",
        "extensions:\n  - {event: hazard.extended, of: [transfer], until: data.deadline, at_most: 2d}\n"
        "waivers:\n  - {event: quarantine.released, of: [tested], clause: 第九条}\n"
        "pauses:\n  - {from: quarantine.admitted, until: quarantine.released, of: [transfer, tested]}\n"
        "closes:",
    )
    extension, waiver, pause = outline(loaded(text), WORDING, zone=ZONE).grants
    assert extension.en == (
        "extension: Extension granted moves Taken to its New deadline, by 2 × 24 h at most (Rules 4.10)"
    )
    assert waiver.zh == "免除：解除隔离免除检测（《办法》第九条）"
    assert pause.en == (
        "clock stopped: from Admitted to an isolation site until Released from isolation, for Taken; Tested"
        " (Rules 4.10)"
    )


def test_a_rung_may_be_a_post():
    text = changed("{after: 2h, to: banner}", "{after: 2h, to: site@port.banner}")
    said = outline(loaded(text), WORDING, zone=ZONE)
    assert said.escalation[1] == Text("逾期2小时告集中隔离点（port·旗县）", "after 2 h: Site (port, banner)")
