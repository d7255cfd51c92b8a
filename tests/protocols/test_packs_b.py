"""What holds for the packs about posts, places, hospitals, doses, signals and other countries as a whole."""

from itertools import pairwise

import pytest

from fengsui.protocols.model import Agg, Pattern, Protocol

from .given import kinds, shipped

ABROAD = tuple(name for name in shipped().names if not name.startswith("cn."))
REGIONAL = tuple(name for name in shipped().names if name.startswith("cn."))


def versions(name: str) -> list[Protocol]:
    return [edition.protocol for edition in shipped().editions[name]]


def where(name: str, milestone: str) -> dict[str, set]:
    """The codes a milestone asks for, by field."""
    tests = versions(name)[-1].milestone(milestone).pattern.where
    return {t.field: set(t.value) if t.op == "in" else {t.value} for t in tests if t.op in ("in", "eq")}


def codes(kind: str, field: str) -> set[str]:
    return set(kinds().kind(kind).fields[field].values)


def read_by(protocol: Protocol) -> set[str]:
    """Every kind of fact a protocol looks at."""
    patterns: list[Pattern] = [protocol.opening.pattern]
    patterns += [m.pattern for m in protocol.milestones if m.pattern]
    patterns += [step.evidence.pattern for step in protocol.obligations]
    return {kind for pattern in patterns for kind in pattern.kinds}


def test_there_are_protocols_of_other_countries():
    assert len(ABROAD) >= 5


@pytest.mark.parametrize("name", ABROAD)
def test_what_opens_a_protocol_of_another_country_is_read_by_no_regional_one(name):
    opening = {kind for version in versions(name) for kind in version.opening.pattern.kinds}
    regional = {kind for other in REGIONAL for version in versions(other) for kind in read_by(version)}
    assert opening & regional == set()


@pytest.mark.parametrize("name", ABROAD)
def test_a_protocol_of_another_country_counts_its_own_days_and_names_no_chinese_level(name):
    for version in versions(name):
        assert version.zone not in ("place", "Asia/Shanghai")
        assert {step.by.level for step in version.obligations} == {""}
        assert {rung.to.partition("@")[2] for rung in version.escalation[1:]} == {"here"}


def test_every_verdict_a_signal_closes_with_is_either_an_event_or_none():
    real, unreal = (where("cn.warning/signal", one)["verdict"] for one in ("real", "unreal"))
    assert real & unreal == set()
    assert real | unreal == codes("signal.closed", "verdict")


def test_every_answer_to_a_signal_either_ends_it_or_sends_somebody_out():
    dismissed, suspected = (where("cn.warning/signal", one)["verdict"] for one in ("dismissed", "suspected"))
    assert dismissed & suspected == set()
    assert dismissed | suspected == codes("signal.verified", "verdict")


def test_a_signal_cannot_be_closed_without_a_verdict():
    assert kinds().kind("signal.closed").fields["verdict"].required


def test_every_product_has_a_way_to_be_complete():
    asked = {
        product
        for milestone in ("done_vero", "done_28", "done_sub", "done_ad")
        for product in where("cn.covid19/vaccination", milestone)["product"]
    }
    assert asked == codes("vaccination.given", "product")


def test_every_item_of_infection_control_has_its_own_step():
    steps = versions("cn.health/ipc-campaign")[-1].obligations
    asked = {t.value for step in steps for t in step.evidence.pattern.where if t.field == "item"}
    assert asked == codes("ipc.checked", "item")


def test_each_of_the_seven_early_actions_has_its_own_step_and_none_is_forgotten():
    steps = versions("org.717alliance/event")[-1].obligations
    asked = {t.value for step in steps for t in step.evidence.pattern.where if t.field == "action"}
    assert asked == codes("health_event.acted", "action")
    assert len(asked) == 7


def test_every_risk_of_a_traveller_and_of_a_venue_is_taken_care_of():
    watched, low = (where("us.cdc/ebola-monitoring", one)["risk"] for one in ("watched", "low"))
    assert watched | low == codes("watch.started", "risk")
    venue = [where("cn.public/venue-inspection", one)["risk"] for one in ("high", "medium", "low")]
    assert set().union(*venue) == codes("venue.graded", "risk")


def test_the_rhythm_of_a_post_never_gets_slower_with_a_new_edition():
    old, new = versions("cn.covid19/high-risk-post")
    assert (old.version, new.version) == ("8", "9")
    lengths = {
        step.key: step.window.length.n for v in (old, new) for step in v.obligations if step.window.length
    }
    assert lengths["daily"] < lengths["twice_weekly"] < lengths["weekly"]
    assert all(before.valid_until == after.valid_from for before, after in pairwise((old, new)))


@pytest.mark.parametrize("name", ["cn.covid19/fever-clinic", "cn.covid19/first-visit"])
def test_turning_a_patient_away_is_a_break_at_once_each_time(name):
    version = versions(name)[-1]
    step = version.obligation("no_refusal")
    assert (step.window.length.n, version.milestone(step.start).agg) == (0, Agg.EACH)
