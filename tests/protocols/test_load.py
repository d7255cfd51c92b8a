"""From the words of a file to their meaning, and nothing silently else."""

import pytest

from fengsui.kit.errors import BadInput
from fengsui.protocols.load import load_file
from fengsui.protocols.message import BadProtocol
from fengsui.protocols.model import FOREVER, Agg, Discharge, Frame, InFlight, Late, Length, Owner, Test, Unit

from .given import GOOD, at, changed, loaded


def step(line: str, text: str = GOOD):
    """The one step this line adds to the good protocol."""
    return loaded(
        changed("stops:\n", f"  more: {{zh: 又, en: More, by: site@port, {line}}}\nstops:\n", text)
    ).obligation("more")


def window(line: str):
    return step(f"from: entry, evidence: test.result, {line}").window


def evidence(line: str):
    return step(f"from: entry, within: 1h, evidence: {line}").evidence


def test_a_file_is_read_with_every_default_filled_in():
    one = loaded()
    assert (one.name, one.version, one.title.in_("zh")) == ("test.one/loop", "1", "试")
    assert (one.valid_from, one.valid_until) == (at("2021-05-14"), FOREVER)
    assert one.in_flight is InFlight.PINNED
    assert one.retain == FOREVER
    assert one.date_only == "benefit_of_doubt"
    assert one.opening.again_after == FOREVER
    assert one.stops[0].cancels == ("transfer", "tested")
    assert one.obligation("transfer").by == Owner("transfer", "port", "banner")
    assert one.file == "one.yaml"


def test_every_part_knows_its_line():
    one = loaded()
    lines = GOOD.splitlines()
    assert "tested: {zh" in lines[one.obligation("tested").line - 1]
    assert lines[one.lines["stops.0"] - 1].strip().startswith("- {when: positive")
    assert lines[one.lines["milestones.admitted"] - 1].strip().startswith("admitted:")


def test_a_step_stands_on_the_law_of_the_protocol_unless_it_names_its_own():
    own = step(
        "from: entry, within: 1h, evidence: test.result, basis: {document: {zh: 法, en: Law}, number: '7'}"
    ).basis
    assert (own.document.zh, own.number, own.clause) == ("法", "7", "")
    inherited = step("from: entry, within: 1h, evidence: test.result, clause: '5'").basis
    assert (inherited.document.zh, inherited.clause) == ("办法", "5")
    assert loaded().obligation("tested").basis.clause == "4.10"


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("90m", Length(5400)),
        ("14d", Length(14 * 86400)),
        ("3 days", Length(3, Unit.DAYS)),
        ("1 day", Length(1, Unit.DAYS)),
        ("5 working days", Length(5, Unit.WORKING_DAYS)),
    ],
)
def test_lengths_are_elapsed_or_civil_by_the_way_they_are_written(written, means):
    assert window(f"within: {written}").length == means


def test_months_say_what_happens_where_the_day_is_missing_and_legal_periods_may_move_to_a_working_day():
    assert window("within: 1 month, rounding: down").length == Length(1, Unit.MONTHS, "down")
    assert window("within: 15 days, ends_on: working_day").length == Length(15, Unit.DAYS, "", True)


def test_each_way_of_saying_when_becomes_its_frame():
    assert window("within: 2h, opens_after: 3 days").opens_after == Length(3, Unit.DAYS)
    assert window("before: 24h").frame is Frame.BEFORE
    assert window("on_days: [1, 4]").days == (1, 4)
    until = window("until: data.deadline, else: 3d")
    assert (until.frame, until.data, until.length) == (Frame.UNTIL, "deadline", Length(3 * 86400))
    assert window("every: 12h, for: 14d").times == 28
    assert window("every: 1 day, times: 21").times == 21
    assert window("rolling: 72h").frame is Frame.ROLLING


def test_an_act_counts_late_until_the_next_of_its_series_opens_and_for_ever_where_there_is_no_next():
    one = loaded()
    assert one.obligation("tested").late is Late.UNTIL_NEXT
    assert one.obligation("transfer").late is Late.ALWAYS
    late = step("from: entry, within: 1h, evidence: test.result, accept_late: 6h")
    assert (late.late, late.late_for) == (Late.FOR, 21600)
    assert step("from: entry, within: 1h, evidence: test.result, accept_late: never").late is Late.NEVER


def test_steps_that_share_a_series_are_a_series_both():
    text = changed("from: admitted, on_days: [1, 4]", "from: admitted, series: s, on_days: [1]")
    shared = step("from: entry, within: 1h, evidence: test.result, series: s", text)
    assert (shared.series, shared.late) == ("s", Late.UNTIL_NEXT)


def test_evidence_can_ask_for_two_that_differ_apart_and_by_somebody_else():
    two = evidence(
        "{event: test.result, count: 2, distinct: [laboratory, reagent], apart: 24h, not_by: entry}"
    )
    assert (two.count, two.distinct, two.apart, two.not_by) == (2, ("laboratory", "reagent"), 86400, "entry")
    assert evidence("[a.b, c.d]").pattern.kinds == ("a.b", "c.d")


def test_evidence_can_be_reserved_to_who_decided_and_can_be_too_old():
    assert evidence("{event: test.result, only_by: entry}").only_by == "entry"
    certificate = step("from: entry, before: 0h, valid_for: 48h, evidence: test.result").window
    assert (certificate.length.n, certificate.opens_after.n) == (0, 2 * 86400)


@pytest.mark.parametrize(
    ("where", "tests"),
    [
        ("result: positive", (Test("result", "eq", "positive"),)),
        ("result: [negative, positive]", (Test("result", "in", ("negative", "positive")),)),
        ("ct: {at_least: 30, below: 35.5}", (Test("ct", "at_least", 30), Test("ct", "below", 35.5))),
        ("result: {not: [a, b]}", (Test("result", "ne", "a"), Test("result", "ne", "b"))),
        ("funds: {present: true}", (Test("funds", "present", True),)),
        ('"@by": li', (Test("@by", "eq", "li"),)),
        ("fit: true", (Test("fit", "eq", True),)),
    ],
)
def test_conditions_are_read_as_they_are_written(where, tests):
    assert evidence(f"{{event: test.result, where: {{{where}}}}}").pattern.where == tests


def test_milestones_come_after_those_they_name():
    text = changed("  entry: {first", '  free: {later_of: ["admitted + 14d", entry]}\n  entry: {first')
    one = loaded(text)
    names = [m.name for m in one.milestones]
    assert names.index("free") > max(names.index("entry"), names.index("admitted"))
    free = one.milestone("free")
    assert free.agg is Agg.LATER_OF
    assert dict(free.of) == {"admitted": Length(14 * 86400), "entry": None}


def test_what_happens_to_steps_besides_is_read_too():
    text = changed(
        "closes:",
        "extensions:\n"
        "  - {event: a.more, of: tested, target: data.obligation, until: data.deadline, at_most: 30d}\n"
        "waivers: [{event: a.b, of: [tested]}]\n"
        "pauses: [{from: hearing.started, until: {event: hearing.ended}, of: [tested]}]\n"
        "tells: [{when: positive, to: {event: contact.identified, field: index}, as: a.told}]\n"
        "confirm_after: 6h\nretain: {after_close: 30d, then: erase}\ncloses:",
    )
    one = loaded(text)
    assert (one.extensions[0].of, one.extensions[0].data, one.extensions[0].target) == (
        ("tested",),
        "deadline",
        "obligation",
    )
    assert one.waivers[0].pattern.kinds == ("a.b",)
    assert one.pauses[0].end.kinds == ("hearing.ended",)
    assert (one.tells[0].field, one.tells[0].fact) == ("index", "a.told")
    assert (one.confirm_after, one.retain) == (21600, 30 * 86400)


def test_an_each_milestone_lets_one_act_meet_all_if_so_said():
    text = changed("  positive:", "  reports: {each: hazard.rectified}\n  positive:")
    assert step("from: reports, within: 3d, evidence: a.b, discharge: all", text).discharge is Discharge.ALL


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("within: 12h", "within: 12 hours", "a length such as"),
        ("subject: person", "subject: person\nsubjekt: person", "subject"),
        ("subject: person", "subject: person\nsubject: person", "each key once"),
        ("civil_time: place", "civil_time: Mars/Olympus", "time zone"),
        ("event: arrival.inbound,", "event: Arrival Inbound,", "a kind such as"),
        ("on_days: [1, 4]", "on_days: [4, 1]", "ascending"),
        ("{result: positive}", "{result: {like: p}}", "below"),
        ("until: null", 'until: "2020-01-01"', "an end after its beginning"),
        ('from: "2021-05-14"', 'from: "someday"', "a time such as"),
        ("evidence: test.result", "evidence: {event: test.result, count: 3, distinct: [a]}", "count: 2"),
        ("within: 12h", "every: 5h, for: 12h", "a whole number of times"),
        ("within: 12h", "every: 5h", "either times or for"),
        ("{first: quarantine.admitted}", "{first: a.b, last: a.b}", "one of first"),
        ("subject: person\n", "", "an entry of this name"),
    ],
)
def test_what_is_not_of_the_language_is_refused_with_what_is(old, new, says):
    with pytest.raises(BadProtocol) as caught:
        loaded(changed(old, new))
    assert any(says in str(finding) for finding in caught.value.findings)
    assert all(m.file == "one.yaml" and m.line > 0 for m in caught.value.messages)


def test_all_mistakes_of_a_file_are_named_at_once():
    text = changed("within: 12h", "within: soon").replace("by: site@port", "by: site@nowhere")
    with pytest.raises(BadProtocol) as caught:
        loaded(text)
    assert {m.rule for m in caught.value.messages} == {"shape", "unknown-name"}


def test_a_file_that_is_no_yaml_or_not_there_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="not YAML"):
        loaded("protocol: [")
    with pytest.raises(BadInput, match="cannot be read"):
        load_file(tmp_path / "absent.yaml", zone="Asia/Shanghai")


def test_the_digest_is_of_what_is_said_and_not_of_how_it_is_laid_out():
    same = "# a comment\n" + changed("start_day: 1\n", "").replace("subject:", "start_day: 1\n\nsubject:")
    assert loaded(same).digest == loaded().digest
    assert loaded(changed("within: 12h", "within: 11h")).digest != loaded().digest
