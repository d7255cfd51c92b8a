"""What people do at their posts, over the stories of the board's tests: done once, or refused."""

import shutil
from dataclasses import dataclass, replace

import pytest

from fengsui.access.actors import Actor, Post, with_posts
from fengsui.access.doors.work import my_work
from fengsui.access.policy import Policy
from fengsui.access.refusal import Denied
from fengsui.access.visit import Book, Visit
from fengsui.commands import command, names
from fengsui.commands.hand import Hand, asked_of, carry_out, why_not
from fengsui.commands.offers import offers
from fengsui.engines.home import Home, Setting, make_home, open_home
from fengsui.engines.sqlite import SqliteStore
from fengsui.facts.batch import Batch
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.errors import BadInput, Conflict
from fengsui.loops.duty import Status, status
from tests.board.region import HAILAR, HOTEL, HOUR, MANZHOULI, NOW, desk_of, person, stories, told

TRANSFER = Actor("zhao", "Zhao", (Post("transfer", MANZHOULI),), "transport")
HEAD = Actor("zhou", "Zhou", (Post("command", "150700"),), "command of Hulunbuir")
OTHER_HEAD = Actor("wu", "Wu", (Post("command", "150700"),), "health commission")
ELSEWHERE = Actor("qian", "Qian", (Post("transfer", HAILAR),))
CITIZEN = Actor("jiang", "Jiang", (Post("person"),), subject=person(2))
OMBUDSMAN = Actor("he", "He", (Post("ombudsman", "150700"),), subject=person(9))


@dataclass
class Office:
    """A region in which people act, one after the other."""

    home: Home
    now: int = NOW

    def hand(self, actor: Actor, key: str = "1") -> Hand:
        view = self.home.store.view
        raw = desk_of(self.home.store, self.home.world, self.home.library)
        actor = with_posts(actor, view, at=self.now)
        book = Book(self.home.store.audit, lambda: self.now)
        visit = Visit(actor, raw, Policy.shipped(), book, at=self.now, salt=b"salt")
        return Hand(visit, self.home.store, key, f"post-{actor.id}")

    def why_not(self, actor: Actor, name: str, **asked: object) -> str:
        module = command(name)
        refusal = why_not(module, self.hand(actor), asked_of(module, asked))
        return refusal.code if refusal else ""

    def do(self, actor: Actor, name: str, *, key: str = "1", **asked: object):
        module = command(name)
        return carry_out(module, self.hand(actor, key), asked_of(module, asked))

    def loop(self, subject: str) -> str:
        return self.home.store.view.loops(now=self.now, subject=subject)[0].id

    def status(self, subject: str, key: str, n: int = 0) -> Status:
        account = self.home.store.view.loop(self.loop(subject), as_of=self.now)
        duty = next(d for d in account.loop.duties if (d.key, d.n) == (key, n))
        return status(duty, self.now)


@pytest.fixture(scope="module")
def region(tmp_path_factory) -> Home:
    """The region before anybody did anything; its file is closed, its rules are read."""
    path = tmp_path_factory.mktemp("commands") / "region.db"
    make_home(path, Setting("inner-mongolia"))
    with open_home(path) as home:
        home.store.take(Batch.of(stories()), now=NOW)
    return home


@pytest.fixture
def office(region, tmp_path):
    path = shutil.copy(region.path, tmp_path / "region.db")
    store = SqliteStore.open(path, region.rules, region.world)
    yield Office(replace(region, path=path, store=store))
    store.close()


def test_every_command_has_a_title_a_verb_and_its_four_parts():
    for name in names():
        module = command(name)
        assert module.TITLE.zh
        assert module.TITLE.en
        assert {"Asked", "VERB", "why_not", "facts", "subject"} <= set(dir(module))


def test_whoever_owes_a_step_records_it_and_the_duty_is_met(office):
    assert office.status(person(3), "transfer") is Status.BREACHED
    receipt = office.do(
        TRANSFER, "record_step", loop=office.loop(person(3)), duty="transfer", place=HOTEL, note="by bus"
    )
    assert not receipt.is_repeat
    assert office.status(person(3), "transfer") is Status.LATE
    facts = {f.id: f for f in office.home.store.view.subject_facts(person(3))}
    assert facts["post-zhao:1"].by == "zhao"
    assert facts["post-zhao:1"].place == HOTEL
    assert facts["post-zhao:1.note"].data["note"] == "by bus"


def test_a_deed_sent_twice_is_done_once_also_when_time_went_by(office):
    asked = {"loop": office.loop(person(3)), "duty": "transfer", "place": HOTEL}
    first = office.do(TRANSFER, "record_step", **asked)
    office.now += HOUR
    again = office.do(TRANSFER, "record_step", **asked)
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert first.facts == again.facts
    n = sum(f.source == "post-zhao" for f in office.home.store.view.subject_facts(person(3)))
    assert n == 1


def test_something_else_under_the_same_id_is_a_conflict_and_nothing_is_written(office):
    asked = {"loop": office.loop(person(3)), "duty": "transfer"}
    office.do(TRANSFER, "record_step", **asked, place=HOTEL)
    before = len(office.home.store.facts())
    with pytest.raises(Conflict):
        office.do(TRANSFER, "record_step", **asked, place=f"{MANZHOULI}/hotel-9")
    assert len(office.home.store.facts()) == before


def test_whoever_does_not_owe_a_step_is_told_who_does(office):
    asked = {"loop": office.loop(person(3)), "duty": "transfer"}
    assert office.why_not(HEAD, "record_step", **asked) == "not_your_work"
    with pytest.raises(Denied, match="转运专班"):
        office.do(HEAD, "record_step", **asked)
    with pytest.raises(Denied):
        office.do(ELSEWHERE, "record_step", **asked)


def test_what_is_no_evidence_of_the_step_is_refused_with_what_would_be(office):
    asked = {"loop": office.loop(person(3)), "duty": "transfer", "kind": "test.result"}
    assert office.why_not(TRANSFER, "record_step", **asked) == "not_evidence"


def test_what_the_catalogue_does_not_know_is_bad_input_and_not_half_taken(office):
    before = len(office.home.store.facts())
    with pytest.raises(BadInput, match=r"data\.colour"):
        office.do(
            TRANSFER, "record_step", loop=office.loop(person(3)), duty="transfer", data={"colour": "red"}
        )
    assert len(office.home.store.facts()) == before


def test_who_rectified_a_hazard_cannot_verify_it(office):
    hazard, mine = "hazard/mine-7-0042", "150781/mine-7"
    account = office.home.store.view.loop(office.loop(hazard))
    step = next(o for v in account.protocols for o in v.obligations if o.evidence.not_by or "accept" in o.key)
    role, barred = step.by.role, step.evidence.not_by
    milestone = next(m for m in account.protocols[-1].milestones if m.name == barred)
    deed = told(milestone.pattern.kinds[0], hazard, 5, source="mine-7", place=mine, by="zhao")
    office.home.store.take(Batch.of([deed]), now=NOW)
    verifier = Actor("zhao", "Zhao", (Post(role),))
    asked = {"loop": office.loop(hazard), "duty": step.key}
    assert office.why_not(verifier, "record_step", **asked) == "same_person"
    assert office.why_not(Actor("li", "Li", verifier.posts), "record_step", **asked) == ""


def test_a_wrong_record_is_corrected_and_everything_that_follows_is_derived_again(office):
    asked = {"loop": office.loop(person(3)), "duty": "transfer", "place": HOTEL}
    office.do(TRANSFER, "record_step", **asked, at=NOW - 3 * HOUR)
    assert office.status(person(3), "transfer") is Status.FULFILLED
    office.do(
        TRANSFER,
        "correct_fact",
        key="2",
        loop=asked["loop"],
        fact="post-zhao:1",
        reason="clock",
        at=NOW - HOUR,
    )
    assert office.status(person(3), "transfer") is Status.LATE
    facts = [f.kind for f in office.home.store.view.subject_facts(person(3))]
    assert facts.count("quarantine.admitted") == 1
    assert "record.reasoned" in facts


def test_a_record_that_was_taken_back_counts_no_more(office):
    asked = {"loop": office.loop(person(3)), "duty": "transfer", "place": HOTEL}
    office.do(TRANSFER, "record_step", **asked)
    office.do(
        TRANSFER, "withdraw_fact", key="2", loop=asked["loop"], fact="post-zhao:1", reason="other person"
    )
    assert office.status(person(3), "transfer") is Status.BREACHED
    again = {"loop": asked["loop"], "fact": "post-zhao:1", "reason": "again"}
    assert office.why_not(TRANSFER, "withdraw_fact", **again) == "no_such_fact"


def test_a_worker_touches_only_what_they_recorded_or_their_post_owed(office):
    """A driver's own transfer is theirs; the traveller's arrival in the same loop is not."""
    loop = office.loop(person(3))
    office.do(TRANSFER, "record_step", loop=loop, duty="transfer", place=HOTEL)
    others = office.home.store.view.loop(loop, as_of=office.now).loop.opened_by
    for name in ("correct_fact", "withdraw_fact"):
        mine, not_mine = ({"loop": loop, "fact": fact, "reason": "clock"} for fact in ("post-zhao:1", others))
        assert office.why_not(TRANSFER, name, **mine) == ""
        assert office.why_not(TRANSFER, name, **not_mine) == "not_your_record"
        assert office.why_not(OMBUDSMAN, name, **not_mine) == ""
    colleague = Actor("sun", "Sun", TRANSFER.posts, "transport")
    asked = {"loop": loop, "fact": "post-zhao:1", "reason": "clock"}
    assert office.why_not(colleague, "correct_fact", **asked) == ""  # the same post owes the step


@pytest.mark.parametrize("name", ["correct_fact", "withdraw_fact"])
def test_a_correction_or_withdrawal_sent_twice_is_done_once(office, name):
    """The record it was about counts no more when it comes again: it is told that it arrived all the same."""
    loop = office.loop(person(3))
    office.do(TRANSFER, "record_step", loop=loop, duty="transfer", place=HOTEL)
    asked = {"loop": loop, "fact": "post-zhao:1", "reason": "clock"}
    first = office.do(TRANSFER, name, key="2", **asked)
    before = len(office.home.store.facts())
    office.now += HOUR
    again = office.do(TRANSFER, name, key="2", **asked)
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert again.facts == first.facts
    assert len(office.home.store.facts()) == before


def test_an_id_used_for_another_command_is_a_conflict(office):
    loop = office.loop(person(3))
    office.do(TRANSFER, "record_step", loop=loop, duty="transfer", place=HOTEL)
    with pytest.raises(Conflict):
        office.do(TRANSFER, "withdraw_fact", loop=loop, fact="post-zhao:1", reason="clock")
    asked = {"post": "transfer@150781", "until": NOW + 10 * HOUR, "reason": "leave", "to": "li"}
    with pytest.raises(Conflict):  # also where the other command is about another subject
        office.do(TRANSFER, "hand_over", **asked)
    assert with_posts(Actor("li", "Li"), office.home.store.view, at=office.now).held(office.now) == ()


def test_what_is_told_has_a_bound(office):
    asked = {"loop": office.loop(person(3)), "duty": "transfer", "note": "x" * 2_001}
    with pytest.raises(BadInput, match=r"note: found 2,001 letters, expected at most 2,000 letters"):
        office.do(TRANSFER, "record_step", **asked)
    with pytest.raises(BadInput, match=r"data\.flight: found 2,001 letters"):
        office.do(TRANSFER, "record_step", **{**asked, "note": "", "data": {"flight": "x" * 2_001}})
    with pytest.raises(BadInput, match=r"data\.seen\.1: found 2,001 letters"):
        office.do(TRANSFER, "record_step", **{**asked, "note": "", "data": {"seen": ["a", "x" * 2_001]}})
    with pytest.raises(BadInput, match=r"data\.seen: found 101 entries, expected at most 100 entries"):
        office.do(TRANSFER, "record_step", **{**asked, "note": "", "data": {"seen": ["a"] * 101}})


def test_nobody_corrects_a_record_about_themselves(office):
    fact = next(f.id for f in office.home.store.view.subject_facts(person(2)))
    asked = {"loop": office.loop(person(2)), "fact": fact, "reason": "wrong"}
    ombudsman = Actor("he", "He", OMBUDSMAN.posts, subject=person(2))
    assert office.why_not(ombudsman, "correct_fact", **asked) == "about_yourself"
    assert office.why_not(OMBUDSMAN, "correct_fact", **asked) == ""
    assert office.why_not(CITIZEN, "correct_fact", **asked) == "not_at_your_post"


def test_a_head_acknowledges_what_they_were_told_of_and_it_leaves_their_tray(office):
    tray = {row.loop for row in my_work(office.hand(HEAD).visit).told}
    loop = office.loop(person(2))
    assert loop in tray
    office.do(HEAD, "acknowledge", loop=loop, duty="transfer")
    assert {row.loop for row in my_work(office.hand(HEAD).visit).told} == tray - {loop}
    asked = {"loop": loop, "duty": "transfer"}
    assert office.why_not(HEAD, "acknowledge", **asked) == "already_acknowledged"
    assert office.why_not(TRANSFER, "acknowledge", **asked) == ""


def test_what_is_not_overdue_needs_no_acknowledgement(office):
    asked = {"loop": office.loop(person(1)), "duty": "transfer"}
    assert office.why_not(HEAD, "acknowledge", **asked) == "not_broken"


def test_a_duty_given_to_somebody_is_their_work_and_they_may_record_it(office):
    loop = office.loop(person(2))
    asked = {"loop": loop, "duty": "transfer"}
    with pytest.raises(Denied):
        office.do(ELSEWHERE, "record_step", **asked)
    office.do(HEAD, "reassign", **asked, to="qian", reason="the bus broke down")
    (row,) = my_work(office.hand(ELSEWHERE).visit).rows
    assert (row.loop, row.key, row.is_given, row.is_overdue) == (loop, "transfer", True, True)
    office.do(ELSEWHERE, "record_step", **asked, place=HOTEL)
    assert office.status(person(2), "transfer") is Status.LATE
    assert my_work(office.hand(ELSEWHERE).visit).rows == ()


def test_a_post_is_handed_over_for_a_time_and_comes_back_by_itself(office):
    deputy = Actor("li", "Li", (), subject="person/li")
    asked = {"post": "transfer@150781", "to": "li", "until": NOW + 10 * HOUR, "reason": "leave"}
    assert office.why_not(HEAD, "hand_over", **asked) == "not_your_post"
    office.do(TRANSFER, "hand_over", **asked)
    assert {row.subject for row in my_work(office.hand(deputy).visit).rows} == {person(2), person(3)}
    office.now += 10 * HOUR
    assert office.why_not(deputy, "record_step", loop=office.loop(person(2)), duty="transfer") != ""
    assert not office.hand(deputy).visit.held()


def test_a_duty_that_was_given_comes_back_when_its_time_is_over(office):
    loop = office.loop(person(2))
    asked = {"loop": loop, "duty": "transfer", "to": "qian", "reason": "the bus broke down"}
    assert office.why_not(HEAD, "reassign", **asked, until=NOW) == "already_over"
    assert office.why_not(HEAD, "reassign", **asked, until=NOW + 61 * 24 * HOUR) == "too_long"
    office.do(HEAD, "reassign", **asked, until=NOW + 10 * HOUR)
    office.now += 10 * HOUR - 1
    assert office.why_not(ELSEWHERE, "record_step", loop=loop, duty="transfer", place=HOTEL) == ""
    office.now += 1
    assert office.why_not(ELSEWHERE, "record_step", loop=loop, duty="transfer", place=HOTEL) != ""
    assert office.why_not(TRANSFER, "record_step", loop=loop, duty="transfer", place=HOTEL) == ""
    assert my_work(office.hand(ELSEWHERE).visit).rows == ()


def test_a_duty_is_given_for_a_week_where_nothing_is_said(office):
    asked = {"loop": office.loop(person(2)), "duty": "transfer", "to": "qian", "reason": "the bus broke down"}
    [name, _] = office.do(HEAD, "reassign", **asked).facts
    facts = {fact.id: fact for fact in office.home.store.view.subject_facts(person(2))}
    assert facts[name].data["until"] == NOW + 7 * 24 * HOUR


def test_work_goes_to_nobody_of_whom_there_is_no_account(office):
    given = {"loop": office.loop(person(2)), "duty": "transfer", "to": "qain", "reason": "leave"}
    post = {"post": "transfer@150781", "to": "qain", "until": NOW + HOUR, "reason": "leave"}
    for actor, name, said in ((HEAD, "reassign", given), (TRANSFER, "hand_over", post)):
        module, hand = command(name), office.hand(actor)
        hand = replace(hand, visit=replace(hand.visit, knows={"qian", "li"}.__contains__))
        assert why_not(module, hand, asked_of(module, said)).code == "nobody_of_that_name"
        assert why_not(module, hand, asked_of(module, {**said, "to": "qian"})) is None


@pytest.mark.parametrize(
    ("until", "to", "code"),
    [
        (NOW, "li", "already_over"),
        (NOW + 61 * 24 * HOUR, "li", "too_long"),
        (NOW + HOUR, "zhao", "to_yourself"),
    ],
)
def test_a_hand_over_has_an_end_and_another_person(office, until, to, code):
    asked = {"post": "transfer@150781", "to": to, "until": until, "reason": "leave"}
    assert office.why_not(TRANSFER, "hand_over", **asked) == code


def test_an_exception_takes_two_persons_of_two_bodies(office):
    loop = office.loop(person(2))
    asked = {
        "loop": loop, "duty": "transfer", "reason": "medical_need", "until": NOW + HOUR,
    }  # fmt: skip
    assert office.why_not(HEAD, "override", **{**asked, "reason": "because"}) == "not_a_reason"
    assert office.why_not(HEAD, "override", **{**asked, "until": NOW + 8 * 24 * HOUR}) == "too_long"
    assert office.why_not(TRANSFER, "override", **asked) == "not_at_your_post"
    bodyless = Actor("zhou", "Zhou", HEAD.posts)
    assert office.why_not(bodyless, "override", **asked) == "needs_a_body"
    (proposal,) = office.do(HEAD, "override", **asked).facts
    agree = {"loop": loop, "proposal": proposal}
    assert office.why_not(HEAD, "override", **agree) == "needs_a_second_person"
    colleague = Actor("feng", "Feng", HEAD.posts, HEAD.organisation)
    assert office.why_not(colleague, "override", **agree) == "needs_a_second_body"
    office.do(OTHER_HEAD, "override", **agree)
    agreed = [f for f in office.home.store.view.subject_facts(person(2)) if f.kind == "override.agreed"]
    assert [(f.by, f.data["body"], f.data["reason"]) for f in agreed] == [
        ("wu", "health commission", "medical_need")
    ]
    office.now += HOUR
    assert office.why_not(OTHER_HEAD, "override", **agree) == "no_such_proposal"


def test_whom_it_is_about_objects_and_others_cannot_in_their_name(office):
    loop = office.loop(person(2))
    office.do(CITIZEN, "appeal", loop=loop, grounds="I was never on that train")
    (filed,) = office.home.store.view.subject_facts("objection/post-jiang.1")
    assert (filed.kind, filed.data["about"], filed.data["loop"]) == ("objection.filed", person(2), loop)
    with pytest.raises(Denied):
        office.do(CITIZEN, "appeal", key="2", loop=office.loop(person(3)), grounds="…")


def test_what_is_done_is_in_the_audit_before_it_is_done_and_what_is_refused_too(office):
    office.do(HEAD, "acknowledge", loop=office.loop(person(2)), duty="transfer")
    with pytest.raises(Denied):
        office.do(HEAD, "record_step", loop=office.loop(person(3)), duty="transfer")
    lines = [(line.verb, line.object) for line in office.home.store.audit.lines(actor="zhou")]
    assert lines == [("changed", person(2)), ("refused", "record_step")]
    assert office.home.store.audit.verify().is_whole


def test_what_could_not_be_written_after_all_is_in_the_audit_as_not_done(office, monkeypatch):
    def broken(*_, **more):
        raise OSError("the disk is full")

    asked = {"loop": office.loop(person(3)), "duty": "transfer", "place": HOTEL}
    with monkeypatch.context() as for_now:
        for_now.setattr(office.home.store, "take", broken)
        with pytest.raises(OSError, match="disk is full"):
            office.do(TRANSFER, "record_step", **asked)
    lines = office.home.store.audit.lines(actor="zhao")
    assert [(line.verb, line.object) for line in lines] == [("changed", person(3)), ("refused", person(3))]
    assert '"code":"not_written"' in lines[1].detail.replace(" ", "")
    assert not office.do(TRANSFER, "record_step", **asked).is_repeat  # under the same id, as a phone does


def test_a_page_offers_what_will_be_taken_and_gives_the_reason_for_the_rest(office):
    mine = offers(office.hand(TRANSFER), office.loop(person(2)))
    can = {(o.command, o.key) for o in mine if o.refusal is None}
    assert ("record_step", "transfer") in can
    assert ("acknowledge", "transfer") in can
    heads = offers(office.hand(HEAD), office.loop(person(2)))
    refused = next(o for o in heads if (o.command, o.key) == ("record_step", "transfer"))
    assert refused.refusal.code == "not_your_work"


def test_the_kinds_of_what_people_do_are_in_the_catalogue():
    kinds = Catalogue.shipped().kinds
    assert {"duty.acknowledged", "duty.reassigned", "post.handed_over", "override.agreed"} <= kinds.keys()


def test_a_loop_that_is_not_there_is_refused_like_one_beyond_reach(office):
    there = {"loop": office.loop(person(2)), "duty": "transfer"}
    for loop in (there["loop"], "0123456789abcdef"):
        assert office.why_not(ELSEWHERE, "record_step", **{**there, "loop": loop}) == "nothing_of_yours"


def test_who_was_given_one_duty_may_not_record_the_others_of_its_loop(office):
    loop = office.loop(person(2))
    office.do(HEAD, "reassign", loop=loop, duty="transfer", to="qian", reason="the bus broke down")
    account = office.home.store.view.loop(loop, as_of=office.now)
    others = {(d.key, d.n) for d in account.loop.duties if d.key != "transfer"}
    assert others
    assert office.why_not(ELSEWHERE, "record_step", loop=loop, duty="transfer") == ""
    for key, n in others:
        assert office.why_not(ELSEWHERE, "record_step", loop=loop, duty=key, n=n) == "not_your_work"


def test_the_trace_of_a_deed_is_taken_back_but_never_rewritten(office):
    loop = office.loop(person(2))
    office.do(HEAD, "reassign", loop=loop, duty="transfer", to="qian", reason="the bus broke down")
    asked = {"loop": loop, "fact": "post-zhou:1", "reason": "another person"}
    assert (
        office.why_not(OMBUDSMAN, "correct_fact", **asked, data={"person": "officer/he"}) == "kept_as_it_is"
    )
    assert office.why_not(OMBUDSMAN, "withdraw_fact", **asked) == ""


def test_a_post_held_for_somebody_is_not_passed_on(office):
    asked = {"post": "transfer@150781", "until": NOW + 10 * HOUR, "reason": "leave"}
    office.do(TRANSFER, "hand_over", **asked, to="li")
    deputy = Actor("li", "Li", (), subject="person/li")
    assert office.why_not(deputy, "hand_over", **asked, to="wang") == "not_passed_on"
    assert office.why_not(TRANSFER, "hand_over", **asked, to="wang") == ""
