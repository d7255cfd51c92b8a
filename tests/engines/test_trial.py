"""A version tried on the file is a version tried on the facts."""

from collections import Counter
from dataclasses import replace

import pytest

from fengsui.engines.fed import Feeding
from fengsui.engines.home import open_home, rules_of
from fengsui.engines.trial import Tried, tried
from fengsui.kit.instant import DAY, NEVER, parse
from fengsui.loops.dry_run import DryRun, dry_run
from fengsui.loops.duty import Duty, settled_at
from fengsui.loops.loop import Loop
from fengsui.loops.semantics import derive
from fengsui.loops.strata import Rules
from fengsui.protocols.what_if import in_force_from, without_version
from tests.cli.conftest import say

ZONE = "Asia/Shanghai"
END = parse("2021-08-11 00:00", zone=ZONE)[0]


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    """A small drill, with its corrections, late records and people who turn out to be one."""
    folder = tmp_path_factory.mktemp("trial")
    said = say("drill", folder / "files", "--loops", 150, "--days", 10, db=folder / "region.db")
    assert said.code in (0, 1), said.err
    with open_home(folder / "region.db") as home:
        yield home


def sides(home, name: str, version: str, *, at: str) -> tuple[Rules, Rules]:
    """The rules without a version, and with it as if in force from a day on."""
    switch = parse(at, zone=ZONE)[0]
    library = in_force_from(home.library, name, version, at=switch, in_flight=None)
    return rules_of(without_version(library, name, version), home.areas), rules_of(library, home.areas)


def both(home, name: str, version: str, *, at: str, as_of: int, known_at: int) -> tuple[Tried, DryRun]:
    """The version tried on the columns of the file and on the facts."""
    before, after = sides(home, name, version, at=at)
    given = {"name": name, "version": version}
    quick = tried(
        home, before, after, **given, as_of=as_of, known_at=known_at, progress=lambda done, total: None
    )
    read_by = (*before.versions[name], *after.versions[name])
    facts = home.histories(read_by, as_of=as_of, known_at=known_at)
    return quick, dry_run(before, after, facts, **given, world=home.world, now=as_of)


def in_any_order(found: DryRun) -> DryRun:
    """What is named is named in the order of the subjects, which is another in the file."""
    return replace(
        found,
        changed=tuple(sorted(found.changed)),
        shifts=tuple(sorted(found.shifts, key=repr)),
        kept=tuple(replace(kept, loops=tuple(sorted(kept.loops))) for kept in found.kept),
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["inbound", "returnee", "close-contact", "secondary-contact", "case"])
@pytest.mark.parametrize(("as_of", "known_at"), [(END, END), (END - 3 * 86400, END), (END, END - 2 * 86400)])
def test_a_version_tried_on_the_columns_of_the_file_does_what_it_does_to_the_facts(
    region, name, as_of, known_at
):
    quick, slow = both(region, f"cn.covid19/{name}", "9", at="2021-08-05", as_of=as_of, known_at=known_at)
    assert in_any_order(quick.effect) == in_any_order(slow)
    assert slow.n_changed > 0


@pytest.mark.slow
def test_corrections_and_merged_people_are_followed(region):
    records = region.store.facts(END)
    assert any(fact.supersedes for fact in records)
    assert any(fact.kind == "subject.same" for fact in records)
    early, late = (
        both(region, "cn.covid19/inbound", "9", at="2021-08-05", as_of=END, known_at=known)[0].effect
        for known in (END - 4 * 86400, END)
    )
    assert early.n_loops < late.n_loops


def test_only_protocols_that_feed_the_one_that_reads_are_derived_at_any_remove(region):
    """A case reads who of the contacts is positive; a contact is told so, by other contacts."""
    feeding = Feeding(region.rules, region.world, {"reads": region.rules.versions["cn.covid19/case"]})
    assert {"cn.covid19/inbound", "cn.covid19/close-contact", "cn.covid19/secondary-contact"} <= feeding.names
    assert "cn.covid19/case" not in feeding.names
    assert "cn.petition/request" not in feeding.names
    assert "contact.index_positive" in feeding.wanted
    (cause,) = set(feeding.causes("cn.covid19/inbound#positive"))
    assert cause.kinds == ("test.result",)


def test_a_protocol_that_reads_no_other_is_fed_by_none(region):
    feeding = Feeding(region.rules, region.world, {"reads": region.rules.versions["cn.covid19/inbound"]})
    assert (feeding.names, feeding.asked) == (set(), set())


def loops_of(home, rules: Rules, name: str, facts) -> dict[str, Loop]:
    """The loops of a protocol by the semantics, by opening fact, under the versions there are by the end."""

    def timeline(area):
        return [version for version in rules.timeline(name, area) if version.valid_from <= END]

    return {
        loop.opened_by: loop
        for subject, own in facts.items()
        for loop in derive(timeline, own, subject=subject, world=home.world)
    }


def is_ahead(duty: Duty) -> bool:
    return NEVER not in (duty.anchor_at, duty.due_at) and settled_at(duty) > END


def owed(loop: Loop, frees: set[str]) -> int:
    """From when on the subject is owed its release, by hand."""
    releases = [d for d in loop.duties if d.key in frees and d.due_at != NEVER]
    met = [d.met_at for d in releases if d.met_at <= min(END, d.ended_at)]
    standing = [d.open_at for d in releases if d.met_at > END and min(d.ended_at, d.waived_at) > END]
    return max([*met, *standing], default=NEVER)


@pytest.mark.slow
def test_what_lies_ahead_is_what_the_semantics_adds_up_to(region):
    name = "cn.covid19/inbound"
    quick, _ = both(region, name, "9", at="2021-08-10", as_of=END, known_at=END)
    before, after = sides(region, name, "9", at="2021-08-10")
    facts = region.histories((*before.versions[name], *after.versions[name]), as_of=END, known_at=END)
    old, new = (loops_of(region, rules, name, facts) for rules in (before, after))
    frees = {o.key for version in after.versions[name] for o in version.obligations if o.frees}
    work = [
        Counter(d.key for loop in side.values() for d in loop.duties if is_ahead(d)) for side in (old, new)
    ]
    assert {s.key: (s.before, s.after) for s in quick.outlook.steps if s.before or s.after} == {
        key: (work[0][key], work[1][key]) for key in work[0].keys() | work[1].keys()
    }
    times = [(owed(old[fact], frees), owed(new[fact], frees)) for fact in old]
    seen = [(was, now) for was, now in times if NEVER not in (was, now)]
    assert quick.outlook.n_at_once == sum(now <= END < was for was, now in seen)
    days = Counter((max(now, END) + 8 * 3600) // DAY for was, now in seen if was != now)
    assert {d.day: d.after for d in quick.outlook.free_days if d.after} == days
    assert quick.outlook.n_at_once > 0
    # The 9th edition has no double test; two that were overdue when it came in are still owed.
    assert work[0]["double_test"] > work[1]["double_test"]
