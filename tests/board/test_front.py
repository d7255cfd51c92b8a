"""The front page: what is broken first, who owns it, who was told, how far the record can be trusted."""

import pytest

from fengsui.board.front import front
from fengsui.board.handovers import handovers
from fengsui.board.quality import quality
from fengsui.kit.errors import NotFound
from fengsui.loops.duty import Status
from tests.board.region import HOUR, MANZHOULI, NOW, person


@pytest.fixture(scope="module")
def page(desk):
    return front(desk)


def row(page, subject, key):
    return next(r for r in page.overdue if (r.subject, r.key) == (subject, key))


def test_the_longest_overdue_comes_first(page):
    assert [r.past for r in page.overdue] == sorted((r.past for r in page.overdue), reverse=True)
    assert page.oldest_past == page.overdue[0].past


def test_a_transfer_that_never_happened_is_named_with_owner_and_everybody_told(page):
    found = row(page, person(2), "transfer")
    assert (found.status, found.past) == (Status.BREACHED, 48 * HOUR)
    assert found.subject_name.zh == "人员 02a1b2c3"
    assert found.owner.title.zh == "满洲里市转运专班"
    assert [t.to.role for t in found.told] == ["transfer", "banner", "league", "region"]
    assert found.highest.to.title.zh == "内蒙古自治区指挥部"


def test_what_may_still_be_on_its_way_is_counted_apart_and_told_to_its_owner_only(page):
    found = row(page, person(3), "transfer")
    assert (found.status, [t.to.role for t in found.told]) == (Status.PROVISIONAL, ["transfer"])
    assert found.next_told.at == NOW + 4 * HOUR
    assert page.n_provisional == 1


def test_what_a_silent_laboratory_would_tell_is_unknown_and_not_broken(page):
    found = row(page, person(4), "pcr")
    assert (found.status, page.n_unknown) == (Status.UNKNOWN, 1)


def test_breaks_provisional_and_unknown_add_up_to_what_is_overdue(page):
    assert page.n_overdue == page.n_breaks + page.n_provisional + page.n_unknown
    assert page.n_overdue == page.total.overdue == len(page.overdue)


def test_rows_and_columns_of_the_table_add_up_to_its_total(page):
    assert sum(r.total.running for r in page.rows) == page.total.running == 6
    assert sum(c.total.running for c in page.columns) == page.total.running
    for r in page.rows:
        assert sum(cell.overdue for cell in r.cells) == r.total.overdue


def test_one_area_shows_what_lies_below_it_and_the_way_up(desk):
    page = front(desk, area="150700")
    assert [code for code, _ in page.path] == ["150000", "150700"]
    assert {r.code for r in page.rows} == {MANZHOULI, "150702"}
    assert front(desk, area="150100").n_overdue == 0


def test_an_area_there_is_not_is_refused(desk):
    with pytest.raises(NotFound):
        front(desk, area="999999")


def test_those_lost_between_two_stages_are_named(page):
    lost = {(pair.start, pair.end): pair for pair in page.lost}
    assert [r.subject for r in lost["released", "received"].named] == [person(6)]
    assert {r.subject for r in lost["entry", "admitted"].named} == {person(2), person(3)}


def test_the_strip_on_quality_counts_rows_not_taken_and_silent_sources(desk):
    found = quality(desk, limit=10)
    assert (found.n_refused, found.n_conflicts) == (1, 0)
    assert [(s.source, s.silent_for) for s in found.silent] == [("lab-b", 60 * HOUR)]
    assert found.rows[0].findings[0].expected == "the name of a place"
    assert found.by_file == (("sites.csv", 1),)


@pytest.mark.parametrize("by", ["port", "carriage"])
def test_at_every_hand_over_what_went_in_is_accounted_for(desk, by):
    page = handovers(desk, by=by, days=30)
    assert page.protocol == "cn.covid19/inbound"
    assert sum(g.n_lost for g in page.groups) == 3
    for group in page.groups:
        for b in group.balances:
            assert b.n_in == b.n_out + b.under_way + b.stopped + len(b.lost)
    named = [who.subject_name.zh for g in page.groups for b in g.balances for who in b.lost]
    assert sorted(named) == ["人员 02a1b2c3", "人员 03a1b2c3", "人员 06a1b2c3"]


def test_hand_overs_by_carriage_say_which_train_came_when(desk):
    names = {group.name.en for group in handovers(desk, by="carriage", days=3).groups}
    assert names == {
        "K19 Manzhouli Port 2021-08-18",
        "K19 Manzhouli Port 2021-08-20",
    }


def test_a_protocol_without_stages_has_no_hand_overs(desk):
    with pytest.raises(NotFound, match="no stages"):
        handovers(desk, protocol="cn.safety/hazard-major")
