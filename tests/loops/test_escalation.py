"""Who is told of a break, and since when: read from the ladder at any moment."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.kit.instant import NEVER
from fengsui.kit.text import Text
from fengsui.loops.duty import Duty
from fengsui.loops.escalation import holder, ladder, next_told, owner, post_at, told
from fengsui.protocols.model import (
    Basis,
    Evidence,
    InFlight,
    Obligation,
    Opening,
    Owner,
    Pattern,
    Protocol,
    Rung,
    Window,
)
from fengsui.protocols.model import Frame as F

HOUR = 3600
DUE = 1_630_000_000
HAILAR = "150702"


@cache
def areas() -> Areas:
    return Areas.of_region()


def test_a_post_is_called_as_the_region_calls_it():
    here = areas()
    own = Areas(
        replace(here.region, role_names={"transfer": Text("接送队", "Drivers")}), map(here.get, here.codes)
    )
    assert post_at("transfer", HAILAR, areas=own).title == Text("海拉尔区接送队", "Drivers, Hailar District")
    assert post_at("customs", HAILAR, areas=own).title.zh == "海拉尔区海关"


def protocol(rungs=((0, "owner"), (2, "banner"), (24, "league"), (48, "region")), confirm_after=6 * HOUR):
    transfer = Obligation(
        key="transfer",
        title=Text("点对点转运", "Transfer"),
        by=Owner("transfer", "port", "banner"),
        start="entry",
        window=Window(F.WITHIN),
        evidence=Evidence(Pattern(("quarantine.admitted",))),
        basis=Basis(),
    )
    return Protocol(
        name="test/inbound",
        version="1",
        title=Text("入境", "Inbound"),
        basis=Basis(),
        valid_from=0,
        valid_until=NEVER,
        in_flight=InFlight.PINNED,
        subject="person",
        opening=Opening(Pattern(("arrival.inbound",))),
        milestones=(),
        obligations=(transfer,),
        escalation=tuple(Rung(after * HOUR, to) for after, to in rungs),
        confirm_after=confirm_after,
    )


def duty(**changes) -> Duty:
    values = {
        "key": "transfer",
        "n": 0,
        "anchor_at": DUE - 12 * HOUR,
        "open_at": DUE - 12 * HOUR,
        "due_at": DUE,
        "first_due_at": DUE,
        "met_at": NEVER,
        "ended_at": NEVER,
        "waived_at": NEVER,
        "until_at": NEVER,
        "version": "1",
        "place": HAILAR,
    }
    return Duty(**{**values, **changes})


def told_at(hours: float, of=None, **options):
    return [
        t.to.role
        for t in told(of or duty(), protocol(), now=DUE + int(hours * HOUR), areas=areas(), **options)
    ]


def test_nobody_is_told_before_the_due_time():
    assert told_at(-0.01) == []


def test_only_the_owner_is_told_while_the_break_is_provisional():
    assert told_at(0) == ["transfer"]
    assert told_at(5.9) == ["transfer"]


def test_the_rungs_passed_meanwhile_are_told_once_the_break_is_confirmed():
    assert told_at(6) == ["transfer", "banner"]
    assert told_at(24) == ["transfer", "banner", "league"]
    assert told_at(500) == ["transfer", "banner", "league", "region"]


def test_a_rung_below_the_confirmation_time_is_told_at_the_confirmation_and_not_before():
    banner = ladder(duty(), protocol(), areas=areas())[1]
    assert banner.at == DUE + 6 * HOUR


def test_each_level_is_the_area_that_the_place_lies_in():
    titles = [t.to.title for t in told(duty(), protocol(), now=DUE + 100 * HOUR, areas=areas())]
    assert [t.zh for t in titles][1:] == ["海拉尔区指挥部", "呼伦贝尔市指挥部", "内蒙古自治区指挥部"]
    assert titles[0] == Text("海拉尔区转运专班", "Transfer team, Hailar District")


def test_a_place_nobody_knows_still_has_somebody_told():
    unknown = told(duty(place=None), protocol(), now=DUE + 100 * HOUR, areas=areas())
    assert [t.to.place for t in unknown] == [None] * 4
    assert all(t.to.title.zh and t.to.title.en for t in unknown)


def test_a_silent_source_wakes_the_owner_and_nobody_above():
    assert told_at(100, silent_since=DUE - HOUR) == ["transfer"]
    assert told_at(100, silent_since=DUE + HOUR) == ["transfer", "banner", "league", "region"]


@pytest.mark.parametrize(
    "settled",
    [
        {"met_at": DUE + 30 * HOUR},
        {"ended_at": DUE + 30 * HOUR},
        {"waived_at": DUE + 30 * HOUR},
        {"until_at": DUE + 30 * HOUR},
    ],
)
def test_nobody_is_told_any_more_once_the_break_has_ended(settled):
    assert told_at(29, duty(**settled)) == ["transfer", "banner", "league"]
    assert told_at(31, duty(**settled)) == []


def test_of_a_miss_that_nothing_can_put_right_everybody_is_told_in_turn():
    final = duty(until_at=DUE)  # accept_late: never
    assert told_at(0, final) == ["transfer"]
    assert told_at(25, final) == ["transfer", "banner", "league"]
    following = next_told(final, protocol(), now=DUE + 25 * HOUR, areas=areas())
    assert (following.to.role, following.at) == ("region", DUE + 48 * HOUR)


def test_the_next_rung_and_its_time_are_foretold():
    coming = next_told(duty(), protocol(), now=DUE + 7 * HOUR, areas=areas())
    assert (coming.to.role, coming.at) == ("league", DUE + 24 * HOUR)


def test_before_the_due_time_the_first_to_be_told_is_the_owner():
    coming = next_told(duty(), protocol(), now=DUE - HOUR, areas=areas())
    assert (coming.to.role, coming.at) == ("transfer", DUE)


def test_nothing_is_foretold_of_a_duty_that_was_met_or_has_no_due():
    assert next_told(duty(met_at=DUE - HOUR), protocol(), now=DUE, areas=areas()) is None
    assert next_told(duty(due_at=NEVER), protocol(), now=DUE, areas=areas()) is None


def test_a_rung_may_name_a_post_at_one_of_the_loops_places():
    rungs = ((0, "owner"), (8, "cdc@home.league"), (9, "police@home"))
    at_home = {"home": "150703001"}
    said = told(
        duty(),
        protocol(rungs),
        now=DUE + 10 * HOUR,
        areas=areas(),
        whereabouts=lambda name: at_home.get(name),
    )
    assert [(t.to.role, t.to.place) for t in said] == [
        ("transfer", HAILAR),
        ("cdc", "150700"),
        ("police", "150703001"),
    ]


def post(at: int, person: str, place: str = HAILAR) -> Fact:
    data = {"role": "transfer", "person": person}
    return Fact(
        "post.assigned", f"post/{place}-transfer", at, at, "hr", f"{at}-{person}", place=place, data=data
    )


def test_the_break_is_the_one_of_who_held_the_post_when_it_was_due():
    posts = [
        post(DUE - 100, "person/before"),
        post(DUE + 100, "person/after"),
        post(DUE - 50, "person/x", "150703"),
    ]
    assert owner(duty(), protocol(), areas=areas(), posts=posts).holder == "person/before"
    assert holder("transfer", HAILAR, at=DUE + 100, posts=posts) == "person/after"
    assert holder("transfer", HAILAR, at=DUE - 101, posts=posts) is None


@given(st.integers(-100, 400), st.integers(0, 200), st.integers(0, 48))
def test_with_time_passing_nobody_who_was_told_is_untold_while_the_break_stands(start, later, confirm):
    rules = protocol(confirm_after=confirm * HOUR)
    before = told(duty(), rules, now=DUE + start * HOUR, areas=areas())
    after = told(duty(), rules, now=DUE + (start + later) * HOUR, areas=areas())
    assert after[: len(before)] == before
