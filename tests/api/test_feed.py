"""Records in the order of their arrival: nothing is skipped, and a cursor gives nothing away."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.access.actors import DESK, Actor, Post
from fengsui.access.doors.feed import cursor_of, facts, number_of
from fengsui.access.refusal import Denied
from fengsui.facts.batch import Batch
from fengsui.kit.errors import BadInput
from fengsui.protocols.library import Library
from tests.board.region import HOTEL, NOW, person, swab, world
from tests.service.at_the_gate import gate

HEAD = Actor("key/head", "head", (Post("command", "150700"),), is_machine=True)
FAR = Actor("key/far", "far", (Post("command", "150300"),), is_machine=True)


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    of = world()
    path = tmp_path_factory.mktemp("feed") / "region.db"
    with gate(path, of, Library.shipped(of.areas.region.zone)) as made:
        yield made


def visit(room, actor):
    return room.visit(actor, room.desk(NOW, NOW, is_now=True))


def test_page_by_page_every_record_comes_once_in_the_order_of_its_arrival(room):
    found, cursor = [], ""
    while not (page := facts(visit(room, DESK), room.store.after, cursor=cursor, limit=7)).is_end:
        assert len(page.facts) == 7
        found += page.facts
        cursor = page.cursor
    found += page.facts
    assert [f.id for f in found] == [f.id for _, f in room.store.after(0, limit=10_000)]
    assert sorted(f.id for f in found) == sorted(f.id for f in room.store.facts())


def test_who_stands_at_the_end_gets_what_arrives_next_and_nothing_twice(room):
    end = facts(visit(room, DESK), room.store.after, limit=1_000)
    assert facts(visit(room, DESK), room.store.after, cursor=end.cursor).facts == ()
    late = swab(person(2), 0.5, lab="lab-late")
    room.store.take(Batch.of([late]), now=NOW)
    more = facts(visit(room, DESK), room.store.after, cursor=end.cursor)
    assert [f.id for f in more.facts] == [late.id]


def test_records_told_from_beyond_ones_area_are_left_out(room):
    here = facts(visit(room, HEAD), room.store.after, limit=1_000).facts
    assert here
    assert HOTEL in {f.place for f in here}
    assert all(f.place.startswith("1507") for f in here)
    assert facts(visit(room, FAR), room.store.after, limit=1_000).facts == ()


def test_a_person_says_why_records_are_taken_away_and_a_key_was_made_for_it(room):
    person_there = Actor("zhou", "Zhou", (Post("command", "150700"),))
    with pytest.raises(Denied) as denied:
        facts(visit(room, person_there), room.store.after)
    assert denied.value.refusal.code == "reason_needed_to_export"
    told = room.visit(person_there, room.desk(NOW, NOW, is_now=True), reason="reconciliation with the port")
    assert facts(told, room.store.after).facts == facts(visit(room, HEAD), room.store.after).facts


def test_who_may_export_nothing_reads_no_records(room):
    lab = Actor("key/lab", "lab", (Post("laboratory", "150781"),), is_machine=True)
    with pytest.raises(Denied):
        facts(visit(room, lab), room.store.after)


@given(st.integers(min_value=0, max_value=2**40 - 1), st.binary(min_size=1, max_size=64))
def test_a_cursor_leads_back_to_its_number(seq, salt):
    assert number_of(cursor_of(seq, salt), salt) == seq


def test_cursors_of_neighbours_are_nothing_alike_and_those_of_another_region_lead_nowhere():
    cursors = [int(cursor_of(n, b"salt"), 16) for n in range(1, 200)]
    gaps = {b - a for a, b in pairwise(cursors)}
    assert len(gaps) == 198
    with pytest.raises(BadInput):
        number_of(cursor_of(7, b"another"), b"salt")


@pytest.mark.parametrize("text", ["", "7", "x" * 16, "-00000000000001f", "１" * 16, "0" * 17, "F" * 16])
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(BadInput):
        number_of(text, b"salt")
