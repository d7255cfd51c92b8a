"""The catalogue of breaks, and how they are dealt out."""

import numpy as np
import pytest

from fengsui.drill.breaks import CATALOGUE, LATE, NEVER_DONE, OTHER, deal, kinds_of
from fengsui.drill.chance import Chance
from fengsui.drill.rules import DAY
from fengsui.protocols.library import Library

END = 60 * DAY


def dealt(openings, *, per_10k=200, flow="inbound", seed=1):
    return deal(flow, openings, end_at=END, per_10k=per_10k, chance=Chance(np.random.default_rng(seed)))


def test_there_are_more_than_twenty_kinds_each_with_its_own_name_in_both_languages():
    assert len(CATALOGUE) >= 20
    assert len({kind.name for kind in CATALOGUE}) == len(CATALOGUE)
    assert all(kind.title.zh and kind.title.en for kind in CATALOGUE)
    assert {kind.how for kind in CATALOGUE} == {NEVER_DONE, LATE, OTHER}


def test_every_kind_breaks_a_duty_its_protocol_has():
    library = Library.shipped("Asia/Shanghai")
    keys = {name: {o.key for v in library.everywhere(name) for o in v.obligations} for name in library.names}
    assert [kind.name for kind in CATALOGUE if kind.key not in keys[kind.protocol]] == []


def test_a_loop_breaks_only_if_there_was_time_for_it_before_the_end():
    openings = list(range(0, END, DAY // 20))
    for j, kind in dealt(openings).items():
        assert openings[j] + kind.within <= END, kind.name


def test_where_there_are_loops_enough_every_kind_is_dealt():
    assert set(dealt([0] * 100).values()) == set(kinds_of("inbound"))


def test_where_there_are_few_loops_a_share_of_them_breaks():
    assert len(dealt([0] * 40)) == 1


def test_nobody_breaks_in_a_drill_without_breaks_or_without_time():
    assert dealt([0] * 1000, per_10k=0) == {}
    assert dealt([END - 1] * 1000) == {}
    assert dealt([]) == {}


@pytest.mark.parametrize("flow", sorted({kind.flow for kind in CATALOGUE}))
def test_the_same_seed_deals_the_same(flow):
    openings = list(range(0, END, DAY // 10))
    assert dealt(openings, flow=flow) == dealt(openings, flow=flow)
    assert dealt(openings, flow=flow) != dealt(openings, flow=flow, seed=2)
