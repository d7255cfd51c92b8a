"""A milestone may be reached at a time the fact carries: an event is filed today and starts next month."""

from collections.abc import Mapping

import pytest

from fengsui.facts.fact import Fact
from fengsui.kit.errors import BadInput
from fengsui.kit.instant import NEVER, show
from fengsui.loops.duty import status
from fengsui.loops.loop import Loop
from fengsui.loops.semantics import derive
from fengsui.protocols.lint import lint

from .given import ZONE, at, changed, kinds, loaded, world

EVENT = """
protocol: test.one/event
version: "1"
title: {zh: 大型活动, en: Event}
basis: {document: {zh: 办法, en: Rules}, clause: "1"}
in_force: {from: "2021-01-01", until: null}
running_loops: pinned
subject: event
civil_time: Asia/Shanghai
start_day: 1
opens: {event: event.filed}
places: {hall: {at: filed}}
jurisdiction: hall
milestones:
  filed: {opening: true, zh: 申请, en: Filed}
  starts: {last: event.filed, time: data.deadline, zh: 开始, en: Starts}
  over: {later_of: ["starts + 1d"], zh: 结束, en: Over}
obligations:
  permitted: {zh: 许可, en: Permitted, by: police@hall.banner, from: starts, before: 7d,
     evidence: event.permitted}
  checked: {zh: 检查, en: Checked, by: police@hall.banner, from: starts, within: 2h, evidence: event.checked}
closes: {when: over}
escalate: [{after: 0h, to: owner}]
""".lstrip()


def told(kind: str, when: str, **data: str) -> Fact:
    moment = at(when)
    values = {name: at(value) for name, value in data.items()}
    return Fact(kind, "event/1", moment, moment, "police", f"{kind}@{when}", place="150102", data=values)


def loop(*facts: Fact) -> Loop:
    event = loaded(EVENT)
    (found,) = derive(lambda _: [event], facts, subject="event/1", world=world())
    return found


def dues(found: Loop) -> Mapping[str, str]:
    return {d.key: "" if d.due_at == NEVER else show(d.due_at, zone=ZONE) for d in found.duties}


def test_what_is_due_before_the_start_counts_back_from_the_time_the_filing_names():
    found = loop(told("event.filed", "2021-05-06 10:00", deadline="2021-06-10 19:00"))
    assert dues(found) == {"permitted": "2021-06-03 19:00", "checked": "2021-06-10 21:00"}
    assert found.closed_at == at("2021-06-11 19:00")


def test_what_opens_at_the_start_is_not_open_before_it():
    found = loop(told("event.filed", "2021-05-06 10:00", deadline="2021-06-10 19:00"))
    checked = next(d for d in found.duties if d.key == "checked")
    assert status(checked, at("2021-06-10 18:59")) == "scheduled"
    assert status(checked, at("2021-06-10 19:00")) == "open"


def test_a_later_filing_that_names_another_start_moves_everything():
    first = told("event.filed", "2021-05-06 10:00", deadline="2021-06-10 19:00")
    moved = told("event.filed", "2021-05-20 10:00", deadline="2021-07-01 19:00")
    assert dues(loop(moved, first))["permitted"] == "2021-06-24 19:00"


def test_a_filing_without_a_start_does_not_take_away_the_one_known():
    first = told("event.filed", "2021-05-06 10:00", deadline="2021-06-10 19:00")
    assert dues(loop(first, told("event.filed", "2021-05-20 10:00"))) == dues(loop(first))


def test_while_nobody_has_said_when_it_starts_nothing_is_due():
    found = loop(told("event.filed", "2021-05-06 10:00"))
    assert dues(found) == {"permitted": "", "checked": ""}
    assert found.closed_at == NEVER


@pytest.mark.parametrize("pick", ["opening: true", "later_of: [starts]"])
def test_only_what_is_picked_from_facts_can_carry_its_time(pick):
    text = changed("filed: {opening: true,", f"filed: {{{pick}, time: data.deadline,", EVENT)
    with pytest.raises(BadInput) as refused:
        loaded(text)
    assert "first, last, each" in str(refused.value)


def test_the_field_must_be_a_time_of_the_kind():
    text = changed("last: event.filed, time: data.deadline", "last: hazard.graded, time: data.level", EVENT)
    assert "wrong-type" in {m.rule for m in lint([loaded(text)], kinds())}
