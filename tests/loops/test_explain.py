"""No explanation, no state: every status names its facts and its clause, and says so in both languages."""

from dataclasses import replace
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.kit.days import day_tables
from fengsui.kit.instant import NEVER, parse
from fengsui.kit.text import LANGS, Text
from fengsui.loops.duty import Status, status
from fengsui.loops.explain import explain, own_facts
from fengsui.loops.explanation import is_grounded
from fengsui.loops.loop import World
from fengsui.loops.render import due_text, render
from fengsui.loops.semantics import derive
from fengsui.protocols.model import (
    Agg,
    Basis,
    Discharge,
    Evidence,
    Extension,
    Frame,
    InFlight,
    Late,
    Length,
    Milestone,
    Obligation,
    Opening,
    Owner,
    Pattern,
    Pause,
    Place,
    Protocol,
    Rung,
    Stop,
    Test,
    Unit,
    Waiver,
    Window,
)
from tests.loops import histories as histories_of

HOUR, DAY = 3600, 86400
PLAN = Basis(Text("防控方案", "The plan"), "NHC", "51", "4.2")
HAILAR = "150702"
START = parse("2021-08-06 23:50", zone="Asia/Shanghai")[0]


@cache
def world() -> World:
    areas = Areas.of_region()
    return World(areas, day_tables(areas.zones, holidays=None))


def owed(key, start, window, evidence, **changes) -> Obligation:
    evidence = evidence if isinstance(evidence, Evidence) else Evidence(Pattern((evidence,)))
    values = {"series": key, "by": Owner("site", "site"), "basis": PLAN, **changes}
    return Obligation(
        key=key, title=Text(f"{key}项", key), start=start, window=window, evidence=evidence, **values
    )


def protocol(**changes) -> Protocol:
    pcr = {"series": "pcr", "late": Late.UNTIL_NEXT}
    two = Evidence(Pattern(("test",)), count=2, distinct=("laboratory",), apart=HOUR)
    checked = Evidence(Pattern(("verified",), (Test("result", "eq", "pass"),)), not_by="rectified")
    values = {
        "name": "test/all",
        "version": "1",
        "title": Text("万有规程", "Everything at once"),
        "basis": PLAN,
        "valid_from": 0,
        "valid_until": NEVER,
        "in_flight": InFlight.PINNED,
        "subject": "person",
        "opening": Opening(Pattern(("arrival",)), looks_back=30 * DAY),
        "milestones": (
            Milestone("entry", Agg.FIRST, Pattern(("arrival",)), title=Text("入境", "Entry")),
            Milestone("admitted", Agg.FIRST, Pattern(("admission",))),
            Milestone("exposed", Agg.FIRST, Pattern(("exposure",))),
            Milestone("enough", Agg.LATER_OF, of=(("exposed", Length(14 * DAY)), ("admitted", None))),
            Milestone("rectified", Agg.EACH, Pattern(("rectified",))),
            Milestone("positive", Agg.FIRST, Pattern(("test",), (Test("result", "eq", "positive"),))),
        ),
        "obligations": (
            owed("transfer", "entry", Window(Frame.WITHIN, Length(12 * HOUR)), "admission"),
            owed("pcr", "admitted", Window(Frame.ON_DAYS, days=(1, 4)), "test", **pcr),
            owed("double", "admitted", Window(Frame.WITHIN, Length(3 * DAY)), two, confidence="to_verify"),
            owed("notice", "admitted", Window(Frame.BEFORE, Length(DAY)), "notice", late=Late.NEVER),
            owed("release", "enough", Window(Frame.WITHIN, Length(1, Unit.DAYS)), "release"),
            owed("plan", "entry", Window(Frame.UNTIL, Length(2 * DAY), data="deadline"), "plan"),
            owed("verify", "rectified", Window(Frame.WITHIN, Length(DAY)), checked, discharge=Discharge.ALL),
            owed("watch", "admitted", Window(Frame.ROLLING, Length(DAY)), "visit"),
            owed("log", "entry", Window(Frame.EVERY, Length(DAY), times=2), "visit", late=Late.UNTIL_NEXT),
        ),
        "places": (Place("port", "entry"), Place("site", "admitted")),
        "jurisdiction": "port",
        "stops": (Stop("positive", ("transfer", "pcr", "double", "release", "watch")),),
        "extensions": (Extension(Pattern(("extended",)), ("plan",), "deadline", Length(9 * DAY)),),
        "waivers": (Waiver(Pattern(("waived",)), ("transfer", "plan"), target="duty"),),
        "pauses": (Pause(Pattern(("hearing",)), Pattern(("heard",)), ("release",)),),
        "escalation": (Rung(0, "owner"), Rung(8 * HOUR, "banner")),
        "confirm_after": 6 * HOUR,
    }
    return Protocol(**{**values, **changes})


def fact(kind: str, hours: float, *, key: str = "", lag: float = 1, **changes) -> Fact:
    at = START + int(hours * HOUR)
    values = {"place": HAILAR, "source": "s", "subject": "person/a", "by": "li", **changes}
    return Fact(kind=kind, at=at, recorded_at=at + int(lag * HOUR), key=key or f"{kind}{hours}", **values)


def account(facts, *, hours: float, rules: Protocol | None = None, **options):
    rules = rules or protocol()
    facts = [f for f in facts if f.when <= START + hours * HOUR]
    (loop,) = derive(lambda area: (rules,), facts, subject="person/a", world=world())
    return explain(loop, [rules], facts, now=START + int(hours * HOUR), world=world(), **options)


def line(explanation, key, n=0):
    return next(d for d in explanation.duties if (d.key, d.n) == (key, n))


def codes(duty_line):
    return {remark.code for remark in duty_line.remarks}


ARRIVAL = fact("arrival", 0)
ADMISSION = fact("admission", 5)


def test_a_duty_that_is_met_names_what_it_counts_from_and_what_met_it():
    found = line(account([ARRIVAL, ADMISSION], hours=9), "transfer")
    assert found.status is Status.FULFILLED
    assert [(c.part, c.fact.id) for c in found.causes] == [("anchored", ARRIVAL.id), ("met", ADMISSION.id)]
    assert found.clause.basis is PLAN


def test_a_break_names_its_owner_and_who_was_told():
    found = line(account([ARRIVAL], hours=30), "transfer")
    assert found.status is Status.BREACHED
    assert [t.to.role for t in found.told] == ["site", "banner"]
    assert found.owner.title.zh == "海拉尔区集中隔离点"


def test_what_has_not_happened_yet_is_not_told():
    found = line(account([ARRIVAL, ADMISSION], hours=4), "transfer")
    assert (found.status, found.met_at, found.facts("met")) == (Status.OPEN, NEVER, ())


def test_the_later_of_two_clocks_names_the_facts_of_both():
    exposure = fact("exposure", -48)
    found = line(account([ARRIVAL, ADMISSION, exposure], hours=6), "release")
    assert {f.id for f in found.facts("anchored")} == {exposure.id, ADMISSION.id}


def test_a_duty_that_waits_says_what_for():
    found = line(account([ARRIVAL], hours=1), "pcr", 4)
    assert (found.status, found.anchor.en) == (Status.WAITING, "admitted")


def test_a_stop_is_named_as_the_end():
    positive = fact("test", 7, data={"result": "positive"})
    found = line(account([ARRIVAL, ADMISSION, positive], hours=8), "release")
    assert (found.status, [f.id for f in found.facts("ended")]) == (Status.CANCELLED, [positive.id])


def rejected(facts, key, n=0, hours=400, **options):
    found = line(account(facts, hours=hours, **options), key, n)
    return {r.fact.id: r.why for r in found.rejected}


def test_an_act_for_the_next_slot_is_listed_with_the_one_it_went_to():
    late = fact("test", 24 * 4, key="t2")
    assert rejected([ARRIVAL, ADMISSION, late], "pcr", 1) == {late.id: "met_another"}


def test_of_two_tests_one_alone_is_not_enough():
    one = fact("test", 9, key="t1", data={"laboratory": "a"})
    assert rejected([ARRIVAL, ADMISSION, one], "double") == {one.id: "alone"}


def test_two_tests_of_one_laboratory_are_not_two():
    same = [fact("test", h, key=f"t{h}", data={"laboratory": "a"}) for h in (9, 12)]
    assert set(rejected([ARRIVAL, ADMISSION, *same], "double").values()) == {"same_field"}


def test_a_test_that_does_not_name_its_laboratory_does_not_count_where_that_is_asked():
    bare = fact("test", 9, key="t1")
    assert rejected([ARRIVAL, ADMISSION, bare], "double") == {bare.id: "no_field"}


def test_two_tests_too_close_together_are_not_two():
    close = [fact("test", h, key=f"t{h}", data={"laboratory": str(h)}) for h in (9, 9.5)]
    assert set(rejected([ARRIVAL, ADMISSION, *close], "double").values()) == {"too_soon"}


def test_both_of_two_tests_are_named_when_they_met_it():
    both = [fact("test", h, key=f"t{h}", data={"laboratory": str(h)}) for h in (9, 12)]
    found = line(account([ARRIVAL, ADMISSION, *both], hours=30), "double")
    assert [(c.part, c.fact.id) for c in found.causes[1:]] == [("met", both[1].id), ("met_with", both[0].id)]


def test_who_rectified_cannot_verify():
    done = fact("rectified", 10)
    passed = {"result": "pass"}
    own = fact("verified", 11, key="own", data=passed)
    nobody = fact("verified", 12, key="nobody", by=None, data=passed)
    failing = fact("verified", 13, key="failing", by="wang", data={"result": "fail"})
    assert rejected([ARRIVAL, done, own, nobody, failing], "verify") == {
        own.id: "same_person",
        nobody.id: "no_person",
        failing.id: "other_content",
    }


def test_an_act_before_the_window_or_after_the_last_moment_says_so():
    early = fact("admission", -1, key="early")
    assert rejected([ARRIVAL, early], "transfer", hours=20) == {early.id: "before_opening"}
    tardy = fact("notice", 30)
    assert rejected([ARRIVAL, ADMISSION, tardy], "notice") == {tardy.id: "too_late"}


def test_an_act_after_the_end_says_so():
    facts = [ARRIVAL, fact("test", 7, key="p", data={"result": "positive"}), fact("admission", 9)]
    assert rejected(facts, "transfer") == {facts[-1].id: "after_end"}


def test_an_act_at_the_very_moment_at_which_the_duty_both_opened_and_ended_met_it():
    at_once = fact("admission", 0)
    facts = [ARRIVAL, fact("test", 0, key="p", data={"result": "positive"}), at_once]
    assert rejected(facts, "transfer") == {}
    met = line(account(facts, hours=9), "transfer")
    assert [(c.part, c.fact.id) for c in met.causes if c.part == "met"] == [("met", at_once.id)]


def test_the_end_of_a_day_is_written_one_way_in_every_sentence():
    """A first test owed on the day that ends at the due: due, overdue and told all say 24:00 of that day."""
    block = next(
        b for b in render(account([ARRIVAL, ADMISSION], hours=26), "en") if (b.key, b.n) == ("pcr", 1)
    )
    said = [s.text for s in block.sentences if s.about in ("state", "window", "told", "next_told")]
    assert "2021-08-07 24:00" in said[0]
    assert not [text for text in said if "2021-08-08 00:00" in text]


def test_a_date_without_a_time_is_remarked_with_the_rule_it_is_read_by():
    whole_day = fact("admission", 1, span=DAY // 2)
    assert "date_only" in codes(line(account([ARRIVAL, whole_day], hours=30), "transfer"))


def test_a_clock_that_runs_ahead_is_remarked():
    ahead = fact("admission", 5, lag=-2)
    assert "clock_ahead" in codes(line(account([ARRIVAL, ahead], hours=30), "transfer"))


def test_a_deed_in_time_with_a_record_too_late_is_both():
    slow = fact("admission", 5, lag=10)
    found = line(account([ARRIVAL, slow], hours=30), "transfer")
    assert (found.status, codes(found)) == (Status.FULFILLED, {"recorded_after_due"})


def test_a_deadline_before_the_start_is_kept_and_remarked():
    arrival = fact("arrival", 0, data={"deadline": START - DAY})
    found = line(account([arrival], hours=30), "plan")
    assert (found.status, found.broken_at) == (Status.BREACHED, START)
    assert "deadline_before_start" in codes(found)


def test_an_extension_in_time_moves_the_due_and_a_late_one_changes_nothing():
    in_time = fact("extended", 20, data={"deadline": START + 5 * DAY})
    late = fact("extended", 130, data={"deadline": START + 20 * DAY})
    found = line(account([ARRIVAL, in_time, late], hours=200), "plan")
    assert [f.id for f in found.facts("extended")] == [in_time.id]
    assert (found.due_at, found.first_due_at) == (START + 5 * DAY, START + 2 * DAY)
    assert [(r.code, r.fact) for r in found.remarks] == [("late_extension", late.id)]


def test_the_facts_that_stopped_the_clock_are_named():
    exposure, hearing, heard = fact("exposure", -400), fact("hearing", 7), fact("heard", 50)
    found = line(account([ARRIVAL, ADMISSION, exposure, hearing, heard], hours=60), "release")
    assert {(c.part, c.fact.id) for c in found.causes} >= {("paused", hearing.id), ("resumed", heard.id)}
    assert found.due_at > found.first_due_at


def test_evidence_first_recorded_of_another_subject_is_always_shown():
    merged = fact("admission", 5, subject="person/b")
    assert "other_subject" in codes(line(account([ARRIVAL, merged], hours=30), "transfer"))


def test_a_mark_of_confidence_is_carried_to_the_line():
    explanation = account([ARRIVAL, ADMISSION], hours=6)
    assert line(explanation, "double").clause.confidence == "to_verify"
    block = next(b for b in render(explanation, "zh") if b.key == "double")
    assert "待核实" in next(s.text for s in block.sentences if s.about == "law")


def test_an_act_from_before_a_duty_began_to_count_says_so():
    early = fact("release", 1)
    assert rejected([ARRIVAL, early], "release") == {early.id: "not_begun"}


def test_what_met_another_duty_before_this_one_began_is_no_candidate():
    exposure = fact("exposure", -48)
    tests = [fact("test", 6, key="t1"), fact("test", 24 * 4, key="t4")]
    assert rejected([ARRIVAL, exposure, ADMISSION, *tests], "release") == {}


def test_a_silent_source_makes_it_unknown_and_says_up_to_when_it_told():
    found = line(account([ARRIVAL], hours=30, silent_since=lambda duty: START + HOUR), "transfer")
    assert found.status is Status.UNKNOWN
    assert [r.values["silent_at"] for r in found.remarks if r.code == "source_silent"] == [START + HOUR]


def test_facts_of_the_next_loop_of_the_same_subject_are_not_this_ones():
    rules = protocol(opening=Opening(Pattern(("arrival",)), again_after=60 * DAY, looks_back=10 * DAY))
    facts = [ARRIVAL, fact("arrival", 24 * 90), fact("admission", 24 * 91), fact("visit", 24 * 81)]
    first, second = derive(lambda area: (rules,), facts, subject="person/a", world=world())
    now = START + 100 * DAY
    found = [
        explain(one, [rules], facts, now=now, world=world(), own=own_facts(one, facts, lambda _: [rules]))
        for one in (first, second)
    ]
    assert [f.id for f in found[0].facts] == [ARRIVAL.id]
    assert {f.id for f in found[1].facts} == {f.id for f in facts[1:]}


def test_a_release_that_the_new_version_wanted_earlier_is_moved_to_the_switch_and_says_so():
    switch = START + 20 * DAY
    old = protocol(
        valid_until=switch,
        milestones=(
            Milestone("entry", Agg.FIRST, Pattern(("arrival",))),
            Milestone("admitted", Agg.FIRST, Pattern(("admission",))),
        ),
        obligations=(owed("release", "admitted", Window(Frame.ON_DAYS, days=(28,)), "release", frees=True),),
        stops=(),
        extensions=(),
        waivers=(),
        pauses=(),
    )
    shorter = owed("release", "admitted", Window(Frame.ON_DAYS, days=(7,)), "release", frees=True)
    new = protocol(
        version="2",
        valid_from=switch,
        in_flight=InFlight.REMAINING,
        milestones=old.milestones,
        obligations=(shorter,),
        stops=(),
        extensions=(),
        waivers=(),
        pauses=(),
    )
    (loop,) = derive(lambda area: (old, new), [ARRIVAL, ADMISSION], subject="person/a", world=world())
    found = explain(loop, [old, new], [ARRIVAL, ADMISSION], now=switch + HOUR, world=world())
    moved = next(d for d in found.duties if d.clause.version == "2")
    assert (moved.open_at, codes(moved)) == (switch, {"moved_to_switch"})


def test_a_numbered_day_is_written_with_the_date_of_its_first_day_and_ends_at_24_00():
    text = {
        b.key + str(b.n): " ".join(s.text for s in b.sentences)
        for b in render(account([ARRIVAL, ADMISSION], hours=6), "zh")
    }
    assert (
        "第 4 天：2021-08-10 00:00 至 2021-08-10 24:00（Asia/Shanghai），2021-08-07 为第 1 天。"
        in text["pcr4"]
    )


def test_the_end_of_a_day_is_written_as_24_00_of_that_day():
    midnight = parse("2021-08-07 00:00", zone="Asia/Shanghai")[0]
    assert due_text(midnight, zone="Asia/Shanghai") == "2021-08-06 24:00"
    assert due_text(midnight + 60, zone="Asia/Shanghai") == "2021-08-07 00:01"
    assert due_text(NEVER, zone="Asia/Shanghai") == "—"


KINDS = (
    *("admission", "exposure", "test", "test", "test", "rectified", "verified", "release", "plan", "visit"),
    *("visit", "notice", "extended", "waived", "hearing", "heard"),
)
DATA = st.fixed_dictionaries(
    {},
    optional={
        "result": st.sampled_from(["pass", "fail", "negative", "positive"]),
        "laboratory": st.sampled_from("ab"),
        "deadline": st.integers(START - DAY, START + 30 * DAY),
        "duty": st.sampled_from(["transfer", "plan"]),
    },
)


@st.composite
def histories(draw):
    n = draw(st.integers(0, 14))
    happened = [
        fact(
            draw(st.sampled_from(KINDS)),
            draw(st.integers(-40, 800)) / 2,
            key=str(i),
            lag=draw(st.integers(-4, 60)),
            span=draw(st.sampled_from([0, 0, 0, DAY - 1])),
            by=draw(st.sampled_from(["li", "wang", None])),
            subject=draw(st.sampled_from(["person/a", "person/a", "person/b"])),
            data=draw(DATA),
        )
        for i in range(n)
    ]
    return [ARRIVAL, *happened]


@settings(max_examples=150)
@given(histories(), st.integers(-10, 900), st.sampled_from(["benefit_of_doubt", "end_of_day"]))
def test_every_status_of_every_duty_has_its_facts_its_clause_and_its_sentence(history, hours, date_only):
    rules = protocol(date_only=date_only)
    now = START + hours * HOUR
    history = [f for f in history if f.when <= now]
    loops = derive(lambda area: (rules,), history, subject="person/a", world=world())
    for loop in loops:
        check_every_line(loop, rules, history, now=now)


def check_every_line(loop, rules, history, *, now):
    explanation = explain(loop, [rules], history, now=now, world=world())
    by_id = {f.id: f for f in history}
    for duty, found in zip(loop.duties, explanation.duties, strict=True):
        assert found.status is status(duty, now, confirm_after=rules.confirm_after)
        assert is_grounded(found), found
        named = [c.fact.id for c in found.causes] + [r.fact.id for r in found.rejected]
        assert all(by_id[name].when <= now for name in named)
        met = {f.id for part in ("met", "met_with") for f in found.facts(part)}
        assert met.isdisjoint(r.fact.id for r in found.rejected)
    for lang in LANGS:
        blocks = render(explanation, lang)
        assert len(blocks) == 1 + len(explanation.milestones) + len(explanation.duties)
        assert all(s.text and s.label for b in blocks for s in b.sentences)
        assert not any("{" in s.text for b in blocks for s in b.sentences)


@pytest.mark.parametrize("lang", LANGS)
def test_a_kind_is_called_by_the_title_its_catalogue_gives(lang):
    title = Text("入境", "Arrival from abroad")
    blocks = render(account([ARRIVAL], hours=1), lang, kind_text=lambda kind: title)
    assert blocks[0].sentences[0].text.startswith(title.in_(lang))


def with_basis(version: Protocol) -> Protocol:
    """A random version with law on every step, as the linter demands of a real one."""
    titled = [replace(o, title=Text(o.key, o.key), basis=PLAN) for o in version.obligations]
    return replace(version, obligations=tuple(titled), basis=PLAN, confirm_after=6 * HOUR)


@settings(max_examples=150)
@given(st.integers(0, 10**9), st.integers(0, 14))
def test_it_holds_for_random_protocols_with_versions_and_orders_and_several_loops(seed, days):
    rng = Random(seed)
    made = histories_of.rules(rng)
    lawful = {id(v): with_basis(v) for v in made.versions["p"]}
    now = histories_of.T0 + days * DAY
    history = histories_of.history(rng, subject="person/a", n=rng.randint(1, 14))
    history = [f for f in history if f.when <= now]

    def timeline(area):
        return [lawful[id(v)] for v in made.timeline("p", area)]

    loops = derive(timeline, history, subject="person/a", world=world())
    versions = {v.version: v for v in lawful.values()}
    for loop in loops:
        governing = [versions[name] for name in loop.versions]
        own = own_facts(loop, history, timeline)
        explanation = explain(loop, governing, history, now=now, world=world(), own=own)
        for duty, found in zip(loop.duties, explanation.duties, strict=True):
            assert found.status is status(duty, now, confirm_after=6 * HOUR)
            assert is_grounded(found), found
        assert all(s.text for lang in LANGS for b in render(explanation, lang) for s in b.sentences)
