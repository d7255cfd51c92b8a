"""The definition finds every break of a drill as it was put in, and calls nothing else a break."""

from collections import Counter

import numpy as np
import pytest

from fengsui.drill.breaks import CATALOGUE
from fengsui.drill.run import generate
from fengsui.drill.score import score
from tests.drill.taken import breaks, derived, take


def report(differences):
    """What to look at when the score is not perfect."""
    said = []
    for d in differences:
        one = d.true or d.told
        said.append((d.kind, one.protocol, one.key, one.n, one.subject))
    return said


def test_every_break_is_found_with_its_true_time_and_owner_and_no_other(drill, taken, areas):
    found = score(drill.truth.breaks, breaks(taken, areas), as_of=drill.end_at)
    assert report(found.missed) == []
    assert report(found.false) == []
    assert report(found.wrong_time) == []
    assert report(found.wrong_owner) == []
    assert found.is_perfect


def test_as_many_loops_are_opened_as_the_truth_tells(drill, taken, areas):
    assert Counter(loop.protocol for loop, _ in derived(taken, areas)) == drill.truth.loops


@pytest.mark.parametrize(("start", "days"), [("2021-08-20", 40), ("2021-12-20", 21), ("2022-02-15", 30)])
def test_weeks_with_new_laws_a_year_end_or_a_february_are_found_as_well(tmp_path, areas, start, days):
    rng = np.random.default_rng(days)
    drill = generate(tmp_path, rng=rng, areas=areas, start=start, days=days, loops=500)
    found = score(drill.truth.breaks, breaks(take(drill, areas), areas), as_of=drill.end_at)
    assert report((*found.missed, *found.false, *found.wrong_time, *found.wrong_owner)) == []


@pytest.mark.parametrize(("start", "area"), [("2021-10-20", "150200"), ("2022-04-01", "150781")])
def test_where_a_city_ordered_a_fifth_test_it_is_in_the_drill_and_asked_for(tmp_path, areas, start, area):
    drill = generate(tmp_path, rng=np.random.default_rng(7), areas=areas, start=start, days=28, loops=1200)
    taken = take(drill, areas)
    under_order = [
        loop
        for loop, _ in derived(taken, areas)
        if loop.protocol == "cn.covid19/returnee"
        and any(d.n == 10 and d.met_at < drill.end_at for d in loop.duties)
    ]
    assert any(area in areas.path(areas.resolve(loop.place)) for loop in under_order)
    found = score(drill.truth.breaks, breaks(taken, areas), as_of=drill.end_at)
    assert report((*found.missed, *found.false, *found.wrong_time, *found.wrong_owner)) == []


def test_every_kind_of_the_catalogue_is_found_for_what_it_is(tmp_path, areas):
    rng = np.random.default_rng(2021)
    drill = generate(tmp_path, rng=rng, areas=areas, loops=4000, days=45)
    assert {i.kind for i in drill.truth.breaks} == {kind.name for kind in CATALOGUE}
    found = score(drill.truth.breaks, breaks(take(drill, areas), areas), as_of=drill.end_at)
    assert report((*found.missed, *found.false, *found.wrong_time, *found.wrong_owner)) == []
