"""Every rule, with the smallest file that breaks it and nothing else; and the good file that breaks none."""

import pytest

from fengsui.kit.text import LANGS
from fengsui.protocols.lint import is_publishable, lint, lint_files
from fengsui.protocols.message import ERROR, RULES, WARNING, BadProtocol

from .given import GOOD, OVERLAY, ZONE, changed, kinds, loaded

STEP = "by: site@port, from: admitted, on_days: [1, 4], evidence: test.result"
TRANSFER = "by: transfer@port.banner, from: entry, within: 12h"
HOME = "  home: {at: entry, data: home}"
ENTRY = "  entry: {first: arrival.inbound, zh: 入境, en: Entered}\n"
CLOSES = "closes: {when: all_settled}"
STOP = "  - {when: positive, cancels: all}"
LADDER = "escalate: [{after: 0h, to: owner}, {after: 2h, to: banner}]"
EXTENSION = "extensions: [{event: hazard.extended, of: tested, until: data.deadline}]\n"

# rule → (passage, how it reads instead). Found while reading: nothing can be made of the file.
UNREADABLE = {
    "shape": ("within: 12h", "within: soon"),
    "unquoted": ('version: "1"', "version: 1"),
    "unknown-name": ("by: site@port", "by: site@nowhere"),
    "no-anchor": ("from: admitted", "from: arrived"),
    "no-window": ("within: 12h, ", ""),
    "mixed-windows": ("within: 12h", "within: 12h, on_days: [1]"),
    "on-days-start-day": ("start_day: 1\n", ""),
    "months-rounding": ("within: 12h", "within: 1 month"),
    "each-discharge": ("admitted: {first:", "admitted: {each:"),
    "each-windows": ("admitted: {first:", "admitted: {each:"),
    "milestone-cycle": (ENTRY, "  entry: {first: arrival.inbound, before: admitted}\n  x: {later_of: [x]}\n"),
    "extension-no-limit": (CLOSES, EXTENSION + CLOSES),
    "retroactive-reason": ("running_loops: pinned", "running_loops: retroactive"),
}
# Found by the linter.
UNFIT = {
    "no-owner": ("by: site@port, ", ""),
    "no-basis": (
        'basis: {document: {zh: 办法, en: Rules}, clause: "4.10"}',
        "basis: {document: {zh: 办法, en: Rules}}",
    ),
    "never-due": ("admitted: {first: quarantine.admitted}", "admitted: {first: hazard.found}"),
    "never-closes": (
        STEP + "}\nstops:\n" + STOP,
        STEP.replace("admitted", "positive") + "}\nstops:\n" + STOP.replace("all", "transfer"),
    ),
    "unknown-exit": (STOP, "  - {when: positive, cancels: all, opens: test.one/other}"),
    "deaf-exit": (STOP, "  - {when: positive, cancels: all, opens: test.one/loop}"),
    "restriction-no-release": (TRANSFER, TRANSFER + ", restricts: person"),
    "escalation-to-nobody": ("to: banner", "to: county"),
    "escalation-order": ("after: 2h", "after: 0h"),
    "petition-and-health": ("subject: person", "subject: person\nhealth: true"),
    "unknown-kind": ("evidence: test.result", "evidence: test.results"),
    "unknown-field": ("{result: positive}", "{outcome: positive}"),
    "unknown-code": ("{result: positive}", "{result: 阳性}"),
    "wrong-type": (HOME, "  home: {at: entry, data: port}"),
    "until-no-else": ("within: 12h", "until: data.deadline"),
    "stage-without-step": ("stages: [entry, admitted]", "stages: [admitted, entry]"),
    "each-meets-itself": (
        "obligations:\n",
        "  swabs: {each: test.result}\nobligations:\n  again: {zh: 复检, en: Again, by: site@port,"
        " from: swabs, within: 24h, discharge: all, evidence: test.result}\n",
    ),
    "mixed-discharge": (STEP, STEP + ", series: transfer, discharge: fifo"),
}
# Found between files.
OTHER = changed('version: "1"', 'version: "2"')
BETWEEN = {
    "version-overlap": (GOOD, changed('"2021-05-14"', '"2021-08-01"', OTHER)),
    "version-gap": (
        changed("until: null", 'until: "2021-07-01"'),
        changed('"2021-05-14"', '"2021-08-01"', OTHER),
    ),
    "renamed-key": (
        changed("until: null", 'until: "2021-08-01"'),
        changed('"2021-05-14"', '"2021-08-01"', OTHER)
        .replace("running_loops: pinned", "running_loops: remaining")
        .replace("  tested:", "  pcr:"),
    ),
    "protocol-cycle": (
        changed("first: quarantine.admitted", 'first: "test.one/b#admitted"'),
        changed("test.one/loop", "test.one/b").replace(
            "first: quarantine.admitted", 'first: "test.one/loop#admitted"'
        ),
    ),
    "overlay-without-base": (GOOD, OVERLAY.replace("of: test.one/loop", "of: test.one/none")),
    "overlay-incomplete": (GOOD, OVERLAY.replace("issuer: 指挥部\n", "")),
    "twice-published": (GOOD, GOOD),
}
# Where one broken rule cannot be had without another.
COMPANY = {
    "never-due": {"never-closes", "stage-without-step"},
    "unknown-kind": {"unknown-field"},
    "until-no-else": {"unknown-field"},
    "mixed-discharge": {"unknown-kind"},
    "protocol-cycle": {"stage-without-step", "never-due"},
    "unknown-code": set(),
}


def rules_of(text: str) -> dict[str, object]:
    return {m.rule: m for m in lint([loaded(text)], kinds())}


def test_the_good_protocol_breaks_no_rule():
    assert lint([loaded()], kinds()) == []


def test_the_shipped_protocols_break_no_rule(shipped_protocols):
    assert [m.in_("en") for m in lint(shipped_protocols, kinds())] == []


def test_every_rule_there_is_has_a_file_here_that_breaks_it():
    assert {*UNREADABLE, *UNFIT, *BETWEEN} == set(RULES)


@pytest.mark.parametrize("rule", UNREADABLE)
def test_a_file_that_cannot_be_read_says_which_rule_it_breaks_and_where(rule):
    with pytest.raises(BadProtocol) as caught:
        loaded(changed(*UNREADABLE[rule]))
    message = next(m for m in caught.value.messages if m.rule == rule)
    assert message.file == "one.yaml"
    assert message.line > 1
    assert all(message.text.in_(lang) and message.remedy.in_(lang) for lang in LANGS)


@pytest.mark.parametrize("rule", UNFIT)
def test_a_file_that_may_not_be_published_says_which_rule_it_breaks_and_where(rule):
    text = changed(*UNFIT[rule])
    if rule == "petition-and-health":
        text = changed("{first: test.result, where: {result: positive}}", "{first: petition.accepted}", text)
        found = {m.rule: m for m in lint([loaded(text)])}
    else:
        found = rules_of(text)
    assert set(found) - {rule} <= COMPANY.get(rule, set())
    message = found[rule]
    assert message.file == "one.yaml"
    assert message.line > 1
    assert message.level == ERROR
    assert f"[{rule}]" in message.in_("zh")


@pytest.mark.parametrize("rule", BETWEEN)
def test_files_that_do_not_go_together_say_which_rule_is_broken(rule, tmp_path):
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for file, text in zip(files, BETWEEN[rule], strict=True):
        file.write_text(text, encoding="utf-8")
    found = {m.rule: m for m in lint_files(files, kinds(), zone=ZONE)}
    assert set(found) - {rule} <= COMPANY.get(rule, set())
    assert found[rule].file in map(str, files)
    assert found[rule].line >= 1


def test_a_warning_does_not_keep_a_protocol_from_being_published():
    first, second = (loaded(text) for text in BETWEEN["version-gap"])
    messages = lint([first, second], kinds())
    assert [m.level for m in messages] == [WARNING]
    assert is_publishable(messages)
    assert not is_publishable(lint([loaded(changed(*UNFIT["no-owner"]))], kinds()))


def test_a_message_names_file_line_clause_and_remedy():
    text = changed("by: site@port, ", "")
    message = rules_of(text)["no-owner"]
    line = next(i for i, words in enumerate(text.splitlines(), 1) if words.startswith("  tested:"))
    assert message.in_("en") == (
        f"one.yaml:{line}: obligations.tested.by: nobody owns the step tested [no-owner] add by: role@place"
    )


@pytest.mark.parametrize(
    "change",
    [
        ("  entry:", "  never: {first: test.result, before: opened}\n  opened: {opening: true}\n  entry:"),
        (
            "  entry:",
            "  never: {first: test.result, where: {result: [positive]}, after: gone}\n"
            "  gone: {first: hazard.found}\n  entry:",
        ),
        ("  entry:", "  gone: {first: hazard.found}\n  never: {later_of: [gone, entry]}\n  entry:"),
        ("  entry:", "  never: {first: test.result, where: {ct: {present: false, below: 35}}}\n  entry:"),
    ],
)
def test_a_step_that_counts_from_what_cannot_happen_is_never_due(change):
    text = changed(*change).replace("from: admitted", "from: never").replace(", looks_back: 1d", "")
    assert "never-due" in rules_of(text)


def test_an_earliest_of_several_is_reachable_if_one_of_them_is():
    text = changed(
        "  entry:", "  gone: {first: hazard.found}\n  either: {earlier_of: [gone, entry]}\n  entry:"
    )
    assert "never-due" not in rules_of(text.replace("from: admitted", "from: either"))


def test_a_step_that_goes_round_needs_a_stop():
    rolling = changed("on_days: [1, 4]", "rolling: 72h")
    assert "never-closes" not in rules_of(rolling)
    assert "never-closes" in rules_of(rolling.replace("cancels: all", "cancels: transfer"))


def test_a_loop_that_closes_at_a_milestone_closes_only_if_that_can_be_reached():
    assert rules_of(changed(CLOSES, "closes: {when: positive}")) == {}
    gone = changed("  positive:", "  gone: {first: hazard.found}\n  positive:")
    assert "never-closes" in rules_of(gone.replace(CLOSES, "closes: {when: gone}"))


def test_a_step_that_waits_for_what_need_not_happen_leaves_the_loop_open_for_ever():
    text = changed(STOP, "  - {when: positive, cancels: transfer}").replace(
        "from: admitted", "from: positive"
    )
    assert "never-closes" in rules_of(text)


def test_whoever_is_restricted_may_be_freed_by_another_step():
    text = changed(TRANSFER, TRANSFER + ", restricts: person").replace(STEP, STEP + ", frees: person")
    assert rules_of(text) == {}


def test_a_deadline_that_is_required_or_asked_for_needs_nothing_else():
    planned = "{last: hazard.planned, where: {deadline: {present: true}}}"
    text = GOOD.replace("subject: person", "subject: hazard").replace("arrival.inbound", "hazard.found")
    text = text.replace("{first: quarantine.admitted}", planned).replace(
        "quarantine.admitted", "hazard.planned"
    )
    text = text.replace("test.result, where: {result: positive}", "hazard.voided").replace(
        "test.result", "hazard.rectified"
    )
    text = text.replace(", data: home", "").replace("on_days: [1, 4]", "until: data.deadline")
    assert rules_of(text) == {}
    assert "until-no-else" in rules_of(text.replace(planned, "{last: hazard.planned}"))


@pytest.mark.parametrize("kind", ["petition.accepted", "dispute.found", "fraud.warned"])
def test_neither_side_reads_the_other(kind):
    health = changed("protocol: test.one/loop", "protocol: cn.covid19/one").replace(
        "quarantine.admitted", kind
    )
    assert "petition-and-health" in {m.rule for m in lint([loaded(health)])}
    other = GOOD.replace("arrival.inbound", kind)
    assert "petition-and-health" in {m.rule for m in lint([loaded(other)])}
    alone = other.replace("quarantine.admitted", kind).replace("test.result, where: {result: positive}", kind)
    assert "petition-and-health" not in {m.rule for m in lint([loaded(alone.replace("test.result", kind))])}


def test_health_reaches_petitions_neither_through_a_field_nor_through_another_protocol():
    field = changed("{result: positive}", "{petition_number: x}").replace("test.one/loop", "cn.covid19/one")
    assert "petition-and-health" in {m.rule for m in lint([loaded(field)])}
    petition = GOOD.replace("test.one/loop", "test.one/petition").replace(
        "arrival.inbound", "petition.accepted"
    )
    petition = petition.replace("quarantine.admitted", "petition.answered").replace(
        "test.result", "petition.closed"
    )
    through = changed("{first: quarantine.admitted}", '{first: "test.one/petition#admitted"}')
    through = through.replace("test.one/loop", "cn.covid19/one")
    said = {m.rule for m in lint([loaded(petition, "p.yaml"), loaded(through)]) if m.file == "one.yaml"}
    assert "petition-and-health" in said


def test_an_overlay_is_not_blamed_for_what_it_lies_over(tmp_path):
    base = tmp_path / "base.yaml"
    base.write_text(changed("by: site@port, ", ""), encoding="utf-8")
    over = tmp_path / "over.yaml"
    over.write_text(OVERLAY, encoding="utf-8")
    assert {m.file for m in lint_files([base, over], kinds(), zone=ZONE)} == {str(base)}


def test_an_overlay_is_blamed_for_what_it_changes(tmp_path):
    base, over = tmp_path / "base.yaml", tmp_path / "over.yaml"
    base.write_text(GOOD, encoding="utf-8")
    over.write_text(OVERLAY.replace("on_days: [1, 4, 7]", "evidence: test.results"), encoding="utf-8")
    messages = lint_files([base, over], kinds(), zone=ZONE)
    assert [(m.rule, m.file) for m in messages] == [("unknown-kind", str(over))]


def test_files_beside_are_looked_at_but_not_judged(tmp_path):
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.write_text(
        changed(STOP, "  - {when: positive, cancels: all, opens: test.one/other}"), encoding="utf-8"
    )
    taken = GOOD.replace("test.one/loop", "test.one/other").replace("by: site@port, ", "")
    other.write_text(
        taken.replace("arrival.inbound, looks", '"test.one/loop#positive", looks'), encoding="utf-8"
    )
    assert {m.rule for m in lint_files([one], kinds(), zone=ZONE)} == {"unknown-exit"}
    assert lint_files([one], kinds(), zone=ZONE, beside=[other]) == []
