"""Every pack has its place in the drill: stories that hold together, and every break of them found."""

from itertools import chain

import numpy as np
import pytest

from fengsui.drill import rules
from fengsui.drill.breaks import LATE, NEVER_DONE
from fengsui.drill.calendar import Calendar
from fengsui.drill.chance import Chance
from fengsui.drill.moments import length, moment
from fengsui.drill.plan import plan
from fengsui.drill.plots import kinds_of_packs, plot_books
from fengsui.drill.run import generate
from fengsui.drill.score import score
from fengsui.kit.errors import BadInput
from fengsui.kit.instant import NEVER, parse
from fengsui.protocols.library import Library
from tests.drill.taken import breaks, derived, take

HOUR, DAY = 3600, 86_400
PLOTS = {f"{book.pack} {plot.title.en}": plot for book in plot_books() for plot in book.plots}
BY_HAND = {
    rules.INBOUND,
    rules.RETURNEE,
    rules.CLOSE,
    rules.SECONDARY,
    rules.CASE,
    rules.COLD_CHAIN,
    rules.HAZARD,
    rules.MAJOR_HAZARD,
}


@pytest.fixture(scope="module")
def calendar():
    return Calendar("Asia/Shanghai", country="CN")


def at(text):
    return parse(text, zone="Asia/Shanghai")[0]


def played(plot, *, calendar, seed, broken=None):
    chance = Chance(np.random.default_rng(seed))
    low, high = plot.hours
    opened = calendar.midnight(calendar.day(at("2021-08-06")) + seed % 20) + chance.minutes(low, high)
    return plan(plot, opened, broken=broken, calendar=calendar, chance=chance)


def test_every_shipped_protocol_has_a_story_or_a_reason_why_not():
    told = {plot.protocol for plot in PLOTS.values()} | BY_HAND
    told |= set(chain.from_iterable(plot.also for plot in PLOTS.values()))
    excused = {name: why for book in plot_books() for name, why in book.not_here.items()}
    assert set(Library.shipped("Asia/Shanghai").names) == told | set(excused)
    assert not told & set(excused)
    assert all(why.zh and why.en for why in excused.values())


def test_every_story_breaks_a_duty_its_protocol_has_and_is_named_in_both_languages():
    library = Library.shipped("Asia/Shanghai")
    keys = {name: {o.key for v in library.everywhere(name) for o in v.obligations} for name in library.names}
    for plot in PLOTS.values():
        assert [duty.key for duty in plot.duties if duty.key not in keys[duty.protocol]] == []
        assert plot.title.zh
        assert plot.kinds


def test_every_way_to_break_has_its_own_name():
    kinds = kinds_of_packs()
    assert len({kind.name for kind in kinds}) == len(kinds) > 200
    assert {kind.how for kind in kinds} == {NEVER_DONE, LATE}


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_a_story_nobody_breaks_has_no_break(name, calendar):
    for seed in range(20):
        assert played(PLOTS[name], calendar=calendar, seed=seed).broken == ()


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_whatever_a_story_can_be_broken_in_breaks_that_duty_and_contradicts_nothing(name, calendar):
    for kind, duty in PLOTS[name].kinds:
        for seed in range(8):
            course = played(PLOTS[name], calendar=calendar, seed=seed, broken=(kind, duty))
            of_it = [one for one in course.broken if one.duty == duty]
            assert len(of_it) == 1
            assert of_it[0].from_at <= of_it[0].until_at


def test_a_deed_left_out_takes_those_after_it_along(calendar):
    gap = PLOTS["analysis A gap in the system"]
    broken = next(one for one in gap.kinds if one[0].key == "assign" and one[0].how == NEVER_DONE)
    course = played(gap, calendar=calendar, seed=1, broken=broken)
    assert [course.times[deed] for deed in ("assigned", "closed", "confirmed")] == [None] * 3
    assert [(one.duty.key, one.until_at) for one in course.broken] == [("assign", NEVER)]
    assert course.broken[0].from_at == course.times["found"] + DAY


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("found + 24h", "2021-08-07 15:00"),
        ("found - 2h", "2021-08-06 13:00"),
        ("end of day 1 of found", "2021-08-07 00:00"),
        ("day 4 of found + 8h", "2021-08-09 08:00"),
        ("3 days after found", "2021-08-10 00:00"),
        # Friday the 6th: the weekend does not count, the third working day is Wednesday the 11th.
        ("3 working days after found", "2021-08-12 00:00"),
        # Saturday the 7th is not worked, nor is Sunday: over with Monday.
        ("1 days after found to a working day", "2021-08-10 00:00"),
        ("found + 2*12h30m", "2021-08-07 15:30"),
    ],
)
def test_a_moment_is_what_its_words_say(said, meant, calendar):
    assert moment(said).at({"found": at("2021-08-06 15:00")}, calendar) == at(meant)


def test_a_moment_after_what_never_happens_is_none(calendar):
    assert moment("found + 24h").at({"found": None}, calendar) is None


@pytest.mark.parametrize("said", ["found +", "found + 3w", "day x of found", "12"])
def test_what_is_no_moment_is_refused(said):
    with pytest.raises(BadInput):
        moment(said)


def test_a_length_is_a_sum_of_times():
    assert length("4*12h30m") == 48 * HOUR + 1800
    with pytest.raises(BadInput):
        length("12h half")


@pytest.mark.parametrize(
    ("seed", "start", "days"),
    [(1, "2021-08-01", 35), (2, "2021-08-01", 35), (3, "2021-08-01", 45), (4, "2021-12-20", 21)],
)
def test_every_break_of_the_packs_is_found_as_it_is_and_no_other(seed, start, days, tmp_path, areas):
    rng = np.random.default_rng(seed)
    drill = generate(tmp_path, rng=rng, areas=areas, start=start, days=days, loops=40, packs=300)
    taken = take(drill, areas)
    found = score(drill.truth.breaks, breaks(taken, areas), as_of=drill.end_at)
    differences = (*found.missed, *found.false, *found.wrong_time, *found.wrong_owner)
    assert [(d.kind, d.true, d.told) for d in differences] == []
    assert found.injected > 100
    loops = {}
    for loop, _ in derived(taken, areas):
        loops[loop.protocol] = loops.get(loop.protocol, 0) + 1
    assert loops == drill.truth.loops


def test_a_drill_of_six_thousand_loops_has_a_loop_of_every_story(tmp_path, areas):
    stories = {plot.protocol for plot in PLOTS.values()}
    drill = generate(tmp_path, rng=np.random.default_rng(7), areas=areas, loops=60, packs=100)
    assert stories <= set(drill.truth.loops)
