"""What a step, a stop and a switch of versions mean, on protocols as people write them; kernel included."""

from dataclasses import replace

from fengsui.facts.fact import Fact
from fengsui.kit.instant import NEVER, parse
from fengsui.loops.bulk import Derivation, loops
from fengsui.loops.duty import Duty, Status, status
from fengsui.loops.loop import Loop
from fengsui.loops.semantics import derive
from fengsui.loops.strata import Rules
from fengsui.protocols.load import load_text
from fengsui.protocols.model import Protocol

from .histories import world

ZONE = "Asia/Shanghai"
WORLD = world()

HEAD = """
protocol: test.one/stay
version: "{version}"
title: {{zh: 居家, en: Stay}}
basis: {{document: {{zh: 办法, en: Rules}}, clause: "1"}}
in_force: {{from: "{since}", until: {until}}}
running_loops: {mode}
subject: person
civil_time: Asia/Shanghai
start_day: 1
opens: {{event: arrival.inbound}}
milestones:
"""


def version(body: str, *, since="2021-01-01", until="null", mode="pinned", number="1") -> Protocol:
    text = HEAD.lstrip().format(version=number, since=since, until=until, mode=mode) + body.strip("\n") + "\n"
    return load_text(text, file="one.yaml", zone=ZONE)


def at(text: str) -> int:
    return parse(text, zone=ZONE)[0]


def fact(kind: str, when: str, *, by: str | None = None, **data: object) -> Fact:
    moment = at(when)
    return Fact(kind, "person/1", moment, moment, "told", f"{kind}@{when}", place="150102", by=by, data=data)


def both(versions: list[Protocol], *facts: Fact) -> Loop:
    """The one loop there is, by the definition; the kernel must say the same."""
    rules = Rules({"test.one/stay": versions}, lambda name, area: versions)
    (found,) = derive(lambda area: versions, facts, subject="person/1", world=WORLD)
    derivation = Derivation(rules, WORLD)
    columns, ordered = derivation.columns([list(facts)])
    (twin,) = loops(derivation.derive("test.one/stay", columns), derivation, ordered, ["person/1"])

    def rows(loop: Loop) -> list[Duty]:
        return sorted(loop.duties, key=lambda d: (d.key, d.n, d.version))

    assert (twin.closed_at, rows(twin)) == (found.closed_at, rows(found))
    return found


def duty(loop: Loop, key: str, n: int = 0) -> Duty:
    (found,) = [d for d in loop.duties if (d.key, d.n) == (key, n)]
    return found


# A new version counts from another moment

FREE = """
  entry: {{opening: true, zh: 入境, en: Entered}}
  over: {{later_of: [entry + {days}d], zh: 期满, en: Over}}
obligations:
  free: {{zh: 解除, en: Freed, by: site, from: over, within: 24h, evidence: home.arrived, frees: person}}
closes: {{when: all_settled}}
escalate: [{{after: 0h, to: owner}}]
"""


def fourteen_then(days: int, *, mode: str) -> list[Protocol]:
    first = version(FREE.format(days=14), until='"2021-08-10"')
    return [first, version(FREE.format(days=days), since="2021-08-10", mode=mode, number="2")]


def test_at_anchor_a_release_stays_owed_where_the_new_version_would_have_counted_it_from_before_itself():
    # Day 14 is after the switch and day 7 before it: neither version may let the person slip through.
    loop = both(fourteen_then(7, mode="at_anchor"), fact("arrival.inbound", "2021-08-01 08:00"))
    owed = duty(loop, "free")
    assert (owed.version, owed.open_at, owed.due_at) == ("1", at("2021-08-15 08:00"), at("2021-08-16 08:00"))


def test_at_anchor_a_moment_that_lies_ahead_by_both_versions_is_the_new_ones():
    loop = both(fourteen_then(10, mode="at_anchor"), fact("arrival.inbound", "2021-08-01 08:00"))
    owed = duty(loop, "free")
    assert (owed.version, owed.open_at) == ("2", at("2021-08-11 08:00"))


def test_nobody_is_freed_by_a_version_before_it_begins():
    versions = fourteen_then(7, mode="remaining")
    rules = Rules({"test.one/stay": versions}, lambda name, area: versions)
    entered = fact("arrival.inbound", "2021-08-01 08:00")
    before = rules.as_of(at("2021-08-09")).timeline("test.one/stay", None)
    owed = duty(both(list(before), entered), "free")
    assert (owed.version, owed.open_at) == ("1", at("2021-08-15 08:00"))
    after = duty(both(versions, entered), "free")
    assert (after.version, after.open_at, after.due_at) == ("2", at("2021-08-10"), at("2021-08-11"))


def test_a_loop_is_not_closed_from_before_the_version_that_closes_it():
    body = """
  entry: {{opening: true, zh: 入境, en: Entered}}
  negative: {{first: test.result, where: {{result: negative}}, zh: 阴性, en: Negative}}
  home: {{first: home.arrived, zh: 到家, en: Home}}
obligations:
  go: {{zh: 回家, en: Home, by: site, from: entry, within: 30d, evidence: home.arrived}}
closes: {{when: {closes}}}
escalate: [{{after: 0h, to: owner}}]
"""
    first = version(body.format(closes="home"), until='"2021-08-10"')
    second = version(body.format(closes="negative"), since="2021-08-10", mode="remaining", number="2")
    entered = fact("arrival.inbound", "2021-08-01 08:00")
    negative = fact("test.result", "2021-08-03 08:00", result="negative")
    assert both([first, second], entered, negative).closed_at == at("2021-08-10")


# A rhythm that becomes shorter or longer while it runs

RHYTHM = """
  entry: {{opening: true, zh: 入岗, en: Entered}}
  left: {{first: roster.left, zh: 离岗, en: Left}}
obligations:
  swab: {{zh: 采样, en: Swab, by: site, from: entry, rolling: {length}, evidence: sample.collected}}
stops:
  - {{when: left, cancels: all}}
closes: {{when: left}}
escalate: [{{after: 0h, to: owner}}]
"""


def rhythm(old: str, new: str, *, mode: str = "remaining") -> list[Protocol]:
    first = version(RHYTHM.format(length=old), until='"2021-08-10"')
    return [first, version(RHYTHM.format(length=new), since="2021-08-10", mode=mode, number="2")]


def test_a_rhythm_that_becomes_shorter_leaves_no_gap():
    # Last swab on the 7th at noon: due on the 14th by weeks; by two days it was due before the switch.
    facts = [fact("arrival.inbound", "2021-08-01 12:00"), fact("sample.collected", "2021-08-07 12:00")]
    loop = both(rhythm("7d", "2d"), *facts)
    assert (duty(loop, "swab", 0).version, duty(loop, "swab", 0).met_at) == ("1", at("2021-08-07 12:00"))
    running = duty(loop, "swab", 1)
    assert (running.version, running.open_at, running.due_at) == ("2", at("2021-08-10"), at("2021-08-12"))
    swabbed = both(rhythm("7d", "2d"), *facts, fact("sample.collected", "2021-08-11 12:00"))
    assert status(duty(swabbed, "swab", 1), at("2021-08-13")) is Status.FULFILLED
    assert duty(swabbed, "swab", 2).due_at == at("2021-08-13 12:00")


def test_a_rhythm_that_becomes_longer_does_not_mend_what_was_broken():
    facts = [fact("arrival.inbound", "2021-08-01 12:00"), fact("sample.collected", "2021-08-07 12:00")]
    loop = both(rhythm("2d", "7d"), *facts, fact("sample.collected", "2021-08-12 12:00"))
    broken = duty(loop, "swab", 1)
    assert (broken.version, broken.due_at, broken.met_at) == (
        "1",
        at("2021-08-09 12:00"),
        at("2021-08-12 12:00"),
    )
    following = duty(loop, "swab", 2)
    assert (following.version, following.due_at) == ("2", at("2021-08-19 12:00"))


# A milestone that each fact reaches, read otherwise by the next version

EACH = """
  entry: {{opening: true, zh: 发现, en: Found}}
  bad: {{each: test.result, where: {{result: {results}}}, zh: 异常, en: Bad}}
obligations:
  look: {{zh: 处置, en: Looked at, by: site, from: bad, within: 5d, evidence: visit.done, discharge: all}}
closes: {{when: all_settled}}
escalate: [{{after: 0h, to: owner}}]
"""


def test_a_result_after_the_switch_is_owed_whatever_number_an_earlier_one_had():
    first = version(EACH.format(results="[invalid, positive]"), until='"2021-08-10"')
    second = version(EACH.format(results="positive"), since="2021-08-10", mode="at_anchor", number="2")
    facts = [
        fact("arrival.inbound", "2021-08-01 12:00"),
        fact("test.result", "2021-08-02 12:00", result="invalid"),
        fact("test.result", "2021-08-11 12:00", result="positive"),
    ]
    found = both([first, second], *facts).duties
    assert [(d.n, d.version, d.anchor_at) for d in sorted(found, key=lambda d: d.n)] == [
        (0, "1", at("2021-08-02 12:00")),
        (1, "2", at("2021-08-11 12:00")),
    ]


# Windows one after the other

EVERY = """
  entry: {{opening: true, zh: 入境, en: Entered}}
obligations:
  look: {{zh: 查看, en: Looked at, by: site, from: entry, every: {every}, evidence: visit.done}}
closes: {{when: all_settled}}
escalate: [{{after: 0h, to: owner}}]
"""


def windows(every: str, entered: str) -> list[tuple[int, int]]:
    loop = both([version(EVERY.format(every=every))], fact("arrival.inbound", entered))
    return [(d.open_at, d.due_at) for d in sorted(loop.duties, key=lambda d: d.n)]


def test_a_window_may_be_open_for_less_than_the_time_to_the_next():
    assert windows("12h, times: 2, open_for: 2h", "2021-08-01 08:00") == [
        (at("2021-08-01 08:00"), at("2021-08-01 10:00")),
        (at("2021-08-01 20:00"), at("2021-08-01 22:00")),
    ]


def test_of_every_week_the_first_two_days():
    assert windows("7 days, times: 2, open_for: 2 days", "2021-08-01 08:00") == [
        (at("2021-08-01"), at("2021-08-03")),
        (at("2021-08-08"), at("2021-08-10")),
    ]


def test_months_are_counted_from_the_first_day_and_not_from_one_another():
    assert windows("1 month, times: 3, rounding: down", "2021-12-31 08:00") == [
        (at("2021-12-31"), at("2022-01-31")),
        (at("2022-01-31"), at("2022-02-28")),
        (at("2022-02-28"), at("2022-03-31")),
    ]


def test_an_act_between_two_short_windows_counts_late_for_the_one_before():
    protocol = version(EVERY.format(every="12h, times: 2, open_for: 2h"))
    facts = [fact("arrival.inbound", "2021-08-01 08:00"), fact("visit.done", "2021-08-01 15:00")]
    loop = both([protocol], *facts)
    now = at("2021-08-01 21:00")
    assert [status(duty(loop, "look", n), now) for n in (0, 1)] == [Status.LATE, Status.OPEN]


# A stop with an exception

UNLESS = """
  entry: {opening: true, zh: 入境, en: Entered}
  handed: {first: home.arrived, zh: 移交, en: Handed over}
  left: {first: roster.left, zh: 离开, en: Left}
obligations:
  visit: {zh: 走访, en: Visited, by: site, from: entry, within: 10d, evidence: visit.done}
stops:
  - {when: left, unless: handed, cancels: all}
closes: {when: all_settled}
escalate: [{after: 0h, to: owner}]
"""
ENTERED, LEFT = fact("arrival.inbound", "2021-08-01 08:00"), fact("roster.left", "2021-08-03 08:00")


def test_a_stop_stops():
    loop = both([version(UNLESS)], ENTERED, LEFT)
    assert (duty(loop, "visit").ended_at, loop.closed_at) == (at("2021-08-03 08:00"),) * 2


def test_a_stop_does_not_stop_where_its_exception_came_before_it_or_in_the_same_second():
    for when in ("2021-08-02 08:00", "2021-08-03 08:00"):
        assert (
            duty(both([version(UNLESS)], ENTERED, LEFT, fact("home.arrived", when)), "visit").ended_at
            == NEVER
        )


def test_an_exception_that_comes_later_changes_nothing():
    loop = both([version(UNLESS)], ENTERED, LEFT, fact("home.arrived", "2021-08-04 08:00"))
    assert duty(loop, "visit").ended_at == at("2021-08-03 08:00")


# Somebody else, and somebody else again

THREE = """
  entry: {opening: true, zh: 发现, en: Found}
  done: {each: hazard.rectified, zh: 整改, en: Rectified}
  checked: {each: hazard.verified, not_by: done, zh: 核查, en: Checked}
  approved: {first: hazard.closed, not_by: checked, zh: 批准, en: Approved}
obligations:
  file: {zh: 归档, en: Filed, by: site, from: entry, within: 10d, evidence: hazard.filed}
closes: {when: approved}
escalate: [{after: 0h, to: owner}]
"""


def test_who_may_not_have_checked_does_not_keep_anybody_from_approving():
    # Li rectified and so did not check, whatever Li signed: Li may approve. Zhao checked, and may not.
    facts = [
        fact("arrival.inbound", "2021-08-01 08:00", by="wang"),
        fact("hazard.rectified", "2021-08-02 08:00", by="li"),
        fact("hazard.verified", "2021-08-03 08:00", by="li"),
        fact("hazard.verified", "2021-08-04 08:00", by="zhao"),
    ]
    assert both([version(THREE)], *facts, fact("hazard.closed", "2021-08-05", by="zhao")).closed_at == NEVER
    approved = both([version(THREE)], *facts, fact("hazard.closed", "2021-08-05", by="li"))
    assert approved.closed_at == at("2021-08-05")


def test_a_version_that_begins_later_is_not_named_by_a_loop_of_today():
    versions = fourteen_then(10, mode="at_anchor")
    rules = Rules({"test.one/stay": versions}, lambda name, area: versions)
    entered = fact("arrival.inbound", "2021-08-01 08:00")
    today = rules.as_of(at("2021-08-05"))
    assert both(list(today.timeline("test.one/stay", None)), entered).versions == ("1",)
    assert both(versions, entered).versions == ("1", "2")
    assert today.as_of(at("2021-08-05")) is today
    assert rules.as_of(at("2021-08-10")) is rules


def test_only_a_version_that_reaches_behind_itself_unsettles_what_was_stored_before_it():
    versions = fourteen_then(10, mode="remaining")
    assert Rules({"test.one/stay": versions}, lambda name, area: versions).steady_from == -NEVER
    again = [versions[0], replace(versions[1], in_flight=type(versions[1].in_flight).RETROACTIVE)]
    rules = Rules({"test.one/stay": again}, lambda name, area: again)
    assert rules.steady_from == at("2021-08-10")
