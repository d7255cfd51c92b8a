"""The truth agrees with the files: checked by counting in the files again, without rules or engine of ours.

The day arithmetic here is that of the standard library, and the deadlines are written out once more.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fengsui.drill.breaks import CATALOGUE
from fengsui.drill.plots import kinds_of_packs

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS, DAYS = timedelta(hours=1), timedelta(days=1)


def moment(at):
    return datetime.fromtimestamp(at, SHANGHAI)


def end_of(day):
    """24:00 of the day of a moment."""
    return day.replace(hour=0, minute=0) + DAYS


class Life:
    """What the files say of one subject, by kind, in time order."""

    def __init__(self, facts, end):
        self.facts = sorted(facts, key=lambda fact: fact.at)
        self.end = end

    def all(self, *kinds, since=None, until=None):
        times = [(moment(f.at), f) for f in self.facts if f.kind in kinds]
        return [(t, f) for t, f in times if (since is None or t >= since) and (until is None or t < until)]

    def first(self, *kinds, since=None):
        return next(iter(self.all(*kinds, since=since)), (None, None))


def late_or_missing(done, due, end):
    """Whether a duty was broken by the end: not done, or not before its due, once that is over."""
    return due <= end and (done is None or done >= due)


def inbound_breaks(life):
    """The duties of one traveller that were broken, as anybody would count them from the record."""
    entered, _ = life.first("arrival.inbound")
    positive = next((t for t, f in life.all("test.result") if f.data["result"] == "positive"), None)
    broken = set()

    def owed(key, n, done, due):
        stopped = positive is not None and positive < due and (done is None or done > positive)
        if not stopped and late_or_missing(done, due, life.end):
            broken.add((key, n))

    owed("sampled", 0, life.first("sample.collected")[0], entered + 2 * HOURS)
    admitted, _ = life.first("quarantine.admitted")
    owed("transfer", 0, admitted, entered + 12 * HOURS)
    if admitted is None:
        return broken
    for n in (1, 4, 7, 14):
        last = end_of(admitted) + (n - 1) * DAYS
        owed("pcr", n, life.first("test.result", since=last - DAYS)[0], last)
    exit_day = end_of(admitted) + 13 * DAYS
    results = life.all("test.result", since=exit_day - DAYS)
    second = next((t for t, f in results if f.data["laboratory"] != results[0][1].data["laboratory"]), None)
    owed("double_test", 14, second, exit_day)
    released, _ = life.first("quarantine.released", since=exit_day - DAYS)
    owed("release", 14, released, exit_day)
    if released is not None:
        owed("received", 0, life.first("community.received", since=released)[0], released + 24 * HOURS)
        for n in (2, 7):
            last = end_of(released) + (n - 1) * DAYS
            owed("home", n, life.first("test.result", since=last - DAYS)[0], last)
    return broken


def cargo_breaks(life):
    """The duties of one consignment that were broken. Those after the exit are owed no longer."""
    broken = set()
    closed, _ = life.first("consignment.released", "consignment.disposed")
    arrived, _ = life.first("consignment.arrived")
    if arrived is None:
        return broken

    def owed(key, done, due):
        if late_or_missing(done, due, life.end) and not (closed and closed < due and done is None):
            broken.add((key, 0))

    def result(outcome, since):
        found = life.all("consignment.tested", since=since)
        return next((t for t, f in found if f.data["result"] == outcome), None)

    owed("announced", life.first("consignment.announced")[0], arrived - 24 * HOURS)
    sampled, _ = life.first("consignment.sampled")
    owed("sampled", sampled, arrived + 24 * HOURS)
    if sampled is None:
        return broken
    tested, test = life.first("consignment.tested")
    owed("tested", tested, sampled + 24 * HOURS)
    if tested is None:
        return broken
    if test.data["result"] == "positive":
        owed("sealed", life.first("consignment.sealed")[0], tested + 2 * HOURS)
        owed("disposed", life.first("consignment.disposed")[0], tested + 72 * HOURS)
        return broken
    disinfected, _ = life.first("consignment.disinfected")
    owed("disinfected", disinfected, tested + 12 * HOURS)
    stored, record = life.first("consignment.stored")
    if disinfected is not None:
        checked = stored if stored and record.data.get("seal") else None
        owed("stored", checked, disinfected + 72 * HOURS)
    if stored is not None:
        batch = result("negative", stored)
        owed("batch_tested", batch, stored + 48 * HOURS)
        if batch is not None:
            coded, _ = life.first("consignment.coded")
            owed("coded", coded, batch + 24 * HOURS)
            if coded is not None:
                owed("released", closed, coded + 48 * HOURS)
    return broken


@pytest.mark.parametrize(
    ("protocol", "opening", "count"),
    [
        ("cn.covid19/inbound", "arrival.inbound", inbound_breaks),
        ("cn.food/cold-chain-import", "consignment.arrived", cargo_breaks),
    ],
)
def test_whoever_counts_again_in_the_files_finds_the_truth_and_nothing_else(
    drill, taken, protocol, opening, count
):
    end = moment(drill.end_at)
    counted = {
        (subject, key, n)
        for subject, facts in taken.facts.items()
        if any(fact.kind == opening for fact in facts)
        for key, n in count(Life(facts, end))
    }
    told = {
        (i.broken.subject, i.broken.key, i.broken.n)
        for i in drill.truth.breaks
        if i.broken.protocol == protocol
    }
    assert told
    assert counted == told


def test_no_break_begins_after_the_end_or_ends_before_it_begins(drill):
    for injected in drill.truth.breaks:
        assert drill.truth.start_at - 15 * 86_400 < injected.broken.from_at <= drill.end_at
        assert injected.broken.from_at <= injected.broken.until_at


def test_every_break_is_of_the_loop_its_kind_names(drill):
    kinds = {kind.name: kind for kind in (*CATALOGUE, *kinds_of_packs())}
    assert all(kinds[i.kind].protocol == i.broken.protocol for i in drill.truth.breaks)


def test_a_loop_is_broken_in_one_way_only(drill):
    ways = {}
    for injected in drill.truth.breaks:
        ways.setdefault((injected.broken.protocol, injected.broken.subject), set()).add(injected.kind)
    assert all(len(kinds) == 1 for kinds in ways.values())


def test_every_owner_of_a_break_is_a_place_in_the_region(drill, areas):
    assert all(areas.resolve(i.broken.place) for i in drill.truth.breaks)
    assert {i.broken.role for i in drill.truth.breaks} >= {
        "customs",
        "transfer",
        "site",
        "community",
        "enterprise",
    }
