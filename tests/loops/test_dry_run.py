"""A dry run says what the derivation would say: held against two plain derivations compared by hand."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fengsui.kit.days import day_of
from fengsui.kit.errors import NotFound
from fengsui.kit.instant import DAY, NEVER
from fengsui.loops import both_ways
from fengsui.loops import dry_run as dry
from fengsui.loops.duty import broken_from, settled_at
from fengsui.loops.kernel_compare import FIRST_DAY
from fengsui.loops.loop import loop_id
from fengsui.loops.semantics import derive
from fengsui.loops.strata import Rules
from fengsui.protocols.model import FOREVER, InFlight

from .histories import T0, history, rules, world

WORLD = world()
TIMES = "anchor_at open_at due_at first_due_at met_at ended_at waived_at until_at".split()


def without(made: Rules, version: str) -> Rules:
    """The rules without their last version, whose time goes to the one before."""

    def kept(versions):
        left = [v for v in versions if v.version != version]
        return [replace(v, valid_until=FOREVER) if v is left[-1] and not v.area else v for v in left]

    return Rules({"p": kept_all(made, version)}, lambda name, area: kept(made.timeline(name, area)))


def kept_all(made: Rules, version: str):
    left = [v for v in made.versions["p"] if v.version != version]
    plain = [v for v in left if not v.area]
    return [replace(v, valid_until=FOREVER) if v is plain[-1] else v for v in left]


class Account:
    """What one set of rules says of some histories, by the readable meaning."""

    def __init__(self, made: Rules, facts, now: int) -> None:
        self.made, self.now = made, now
        self.loops = {
            loop.opened_by: loop
            for subject, own in facts.items()
            for loop in derive(lambda area: made.timeline("p", area), own, subject=subject, world=WORLD)
        }

    def step(self, duty):
        versions = {v.version: v for v in self.made.versions["p"]}
        return versions[duty.version].obligation(duty.key)

    def duties(self, opened_by: str):
        """Each duty by what makes it itself: times, place, post."""
        loop = self.loops.get(opened_by)
        return {
            (d.key, d.n): (*(getattr(d, name) for name in TIMES), d.place, self.step(d).by.role)
            for d in (loop.duties if loop else ())
        }

    def free_at(self, opened_by: str) -> int:
        found = []
        for duty in self.loops[opened_by].duties:
            if not self.step(duty).frees:
                continue
            if duty.met_at <= min(self.now, duty.ended_at):
                found.append(duty.met_at)
            elif min(duty.ended_at, duty.waived_at) > self.now:
                found.append(duty.due_at)
        return max(found, default=NEVER)

    def n_broken(self) -> int:
        return sum(broken_from(d) <= self.now for loop in self.loops.values() for d in loop.duties)

    def work(self, opened_by: str, other: "Account") -> Counter:
        """Posts and days of the duties still to be done that the other account has not alike."""
        theirs, found = other.duties(opened_by), Counter()
        loop = self.loops.get(opened_by)
        for duty in loop.duties if loop else ():
            mine = self.duties(opened_by)[duty.key, duty.n]
            is_open = NEVER not in (duty.anchor_at, duty.due_at) and settled_at(duty) > self.now
            if is_open and theirs.get((duty.key, duty.n)) != mine:
                found[self.step(duty).by.role, duty.place, self.day(duty)] += 1
        return found

    def day(self, duty) -> int:
        areas = WORLD.areas
        known = areas.resolve(duty.place) if duty.place else None
        zone = areas.get(known).zone if known else areas.region.zone
        day = int(day_of(WORLD.days, areas.zones.index(zone), duty.due_at - 1))
        return min(max(day, FIRST_DAY), FIRST_DAY + (1 << 22) - 1)  # as far as the count reaches


def case(seed: int):
    """Rules of at least two versions in time, the same without the last, histories, a moment."""
    rng = Random(seed)
    made = rules(rng)
    while len([v for v in made.versions["p"] if not v.area]) < 2:
        made = rules(rng)
    version = [v for v in made.versions["p"] if not v.area][-1].version
    now = T0 + rng.randint(0, 20) * DAY
    facts = {f"person/{i}": history(rng, subject=f"person/{i}", n=rng.randint(1, 12)) for i in range(6)}
    return made, without(made, version), version, facts, now


@settings(max_examples=200)
@given(seed=st.integers(0, 2**32))
def test_a_dry_run_counts_what_two_derivations_differ_in(seed):
    made, before, version, facts, now = case(seed)
    found = dry.dry_run(before, made, facts, name="p", version=version, world=WORLD, now=now)
    happened = {name: [f for f in own if f.when <= now] for name, own in facts.items()}
    old, new = Account(before, happened, now), Account(made, happened, now)
    both = old.loops.keys() & new.loops.keys()
    changed = {
        name
        for name in both
        if old.duties(name) != new.duties(name) or old.loops[name].closed_at != new.loops[name].closed_at
    }
    assert found.n_loops == len(old.loops.keys() | new.loops.keys())
    assert found.n_changed == len(changed)
    assert found.n_only_before == len(old.loops.keys() - new.loops.keys())
    assert found.n_only_after == len(new.loops.keys() - old.loops.keys())
    freed = {name: (old.free_at(name), new.free_at(name)) for name in both}
    moved = {name: pair for name, pair in freed.items() if pair[0] != pair[1]}
    ids = {name: loop_id("p", new.loops[name].subject, name) for name in both}
    assert {s.loop: (s.before_at, s.after_at) for s in found.shifts} == {
        ids[name]: pair for name, pair in moved.items()
    }
    assert (found.n_breaks_before, found.n_breaks_after) == (old.n_broken(), new.n_broken())
    removed = sum((old.work(name, new) for name in old.loops), Counter())
    added = sum((new.work(name, old) for name in new.loops), Counter())
    posts = {post for post in removed.keys() | added.keys() if removed[post] != added[post]}
    assert {(w.role, w.place, w.day): (w.removed, w.added) for w in found.work} == {
        post: (removed[post], added[post]) for post in posts
    }


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32))
def test_every_loop_is_under_the_version_or_says_why_not(seed):
    made, before, version, facts, now = case(seed)
    found = dry.dry_run(before, made, facts, name="p", version=version, world=WORLD, now=now)
    happened = {name: [f for f in own if f.when <= now] for name, own in facts.items()}
    switch = next(v.valid_from for v in made.versions["p"] if v.version == version)
    last = max(now, switch)
    shown = Rules(
        {"p": [v for v in made.versions["p"] if v.valid_from <= last]},
        lambda name, area: [v for v in made.timeline(name, area) if v.valid_from <= last],
    )
    under = sum(version in loop.versions for loop in Account(shown, happened, now).loops.values())
    said = sum(kept.n for kept in found.kept if not kept.partly)
    assert under + said == found.n_loops - found.n_only_before


def test_the_cut_into_portions_makes_no_difference(monkeypatch):
    made, before, version, facts, now = case(7)
    whole = dry.dry_run(before, made, facts, name="p", version=version, world=WORLD, now=now)
    monkeypatch.setattr(both_ways, "PORTION", 1)
    assert dry.dry_run(before, made, facts, name="p", version=version, world=WORLD, now=now) == whole


def test_without_facts_nothing_changes():
    made, before, version, _, now = case(7)
    found = dry.dry_run(before, made, {}, name="p", version=version, world=WORLD, now=now)
    assert (found.n_loops, found.n_changed, found.work, found.kept) == (0, 0, (), ())


def test_a_pinned_version_leaves_running_loops_alone_and_says_so():
    made, *_ = case(7)
    first, *_ = (v for v in made.versions["p"] if not v.area)
    alone = replace(first, valid_from=-FOREVER, valid_until=FOREVER)
    at = T0 + 3 * DAY
    later = replace(alone, version="later", valid_from=at, obligations=(), in_flight=InFlight.PINNED)
    earlier = replace(alone, valid_until=at)
    old = Rules({"p": [alone]}, lambda name, area: [alone])
    new = Rules({"p": [earlier, later]}, lambda name, area: [earlier, later])
    own = [f for f in history(Random(3), subject="person/1", n=1) if f.kind == "open"]
    facts = {"person/1": [replace(own[0], at=T0, recorded_at=T0, span=0)]}
    found = dry.dry_run(old, new, facts, name="p", version="later", world=WORLD, now=T0 + DAY)
    assert found.n_changed == 0
    assert {kept.why for kept in found.kept} <= {"pinned", "closed"}
    assert found.in_flight is InFlight.PINNED


def test_a_version_that_is_not_there_cannot_be_tried():
    made, before, _, facts, now = case(7)
    with pytest.raises(NotFound):
        dry.dry_run(before, made, facts, name="p", version="none", world=WORLD, now=now)
