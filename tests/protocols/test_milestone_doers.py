"""A milestone that others must reach: who rectified a hazard cannot be the one whose look ends it."""

import pytest

from fengsui.facts.fact import Fact
from fengsui.kit.errors import BadInput
from fengsui.kit.instant import NEVER
from fengsui.loops.bulk import Derivation, loops
from fengsui.loops.loop import Loop
from fengsui.loops.semantics import derive
from fengsui.loops.strata import Rules

from .given import at, changed, loaded, world

HAZARD = """
protocol: test.one/hazard
version: "1"
title: {zh: 隐患, en: Hazard}
basis: {document: {zh: 办法, en: Rules}, clause: "1"}
in_force: {from: "2021-01-01", until: null}
running_loops: pinned
subject: hazard
civil_time: Asia/Shanghai
start_day: 1
opens: {event: hazard.found}
places: {site: {at: found}}
jurisdiction: site
milestones:
  found: {opening: true, zh: 发现, en: Found}
  reports: {each: hazard.rectified, zh: 整改, en: Rectified}
  passed: {first: hazard.verified, where: {result: pass}, not_by: reports, zh: 合格, en: Passed}
obligations:
  struck: {zh: 销号, en: Struck off, by: inspector@site, from: passed, within: 72h, evidence: hazard.closed}
closes: {when: passed}
escalate: [{after: 0h, to: owner}]
""".lstrip()


def told(kind: str, when: str, by: str | None, **data: str) -> Fact:
    moment = at(when)
    return Fact(kind, "hazard/1", moment, moment, "firm", f"{kind}@{when}", place="150102", by=by, data=data)


FOUND = told("hazard.found", "2021-08-01 09:00", "wang")
DONE = told("hazard.rectified", "2021-08-02 09:00", "li")
ONCE_MORE = told("hazard.rectified", "2021-08-03 09:00", "zhao")


def passed(when: str, by: str | None) -> Fact:
    return told("hazard.verified", when, by, result="pass")


def both_ways(*facts: Fact) -> Loop:
    """The loop by the definition; the kernel must say the same."""
    version = loaded(HAZARD)
    (found,) = derive(lambda _: [version], facts, subject="hazard/1", world=world())
    derivation = Derivation(Rules({version.name: [version]}, lambda _name, _area: [version]), world())
    columns, ordered = derivation.columns([list(facts)])
    (twin,) = loops(derivation.derive(version.name, columns), derivation, ordered, ["hazard/1"])
    assert (twin.closed_at, twin.duties) == (found.closed_at, found.duties)
    return found


def test_the_look_of_whoever_rectified_ends_nothing():
    assert both_ways(FOUND, DONE, passed("2021-08-02 12:00", "li")).closed_at == NEVER


def test_nor_does_the_look_of_one_who_rectified_another_part_of_it():
    assert both_ways(FOUND, DONE, ONCE_MORE, passed("2021-08-04 12:00", "li")).closed_at == NEVER


def test_nor_does_a_look_that_nobody_signed():
    assert both_ways(FOUND, DONE, passed("2021-08-02 12:00", None)).closed_at == NEVER


def test_the_first_look_of_somebody_else_ends_it_and_starts_what_follows():
    found = both_ways(FOUND, DONE, passed("2021-08-02 12:00", "li"), passed("2021-08-02 15:00", "wang"))
    assert found.closed_at == at("2021-08-02 15:00")
    assert [d.anchor_at for d in found.duties] == [at("2021-08-02 15:00")]


def test_what_is_made_of_other_moments_has_nobody_who_did_it():
    text = changed(
        "passed: {first: hazard.verified, where: {result: pass},", "passed: {later_of: [found],", HAZARD
    )
    with pytest.raises(BadInput, match="first, last, each"):
        loaded(text)
