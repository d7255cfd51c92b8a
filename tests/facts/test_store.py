"""What every store has to do. The plain one is tested here; others take these tests as theirs."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.engines.plain import PlainStore
from fengsui.facts.batch import Batch, row_of
from fengsui.facts.store import FileMark, Refused, content_digest, same_content
from fengsui.kit.errors import Finding
from tests.facts.made import fact, records

NOW = 1000
A, B = fact("1"), fact("2", subject="person/b")
OTHER_A = replace(A, at=101)


def entry(name: str = "w:7") -> Refused:
    return Refused(name, 7, "{}", (Finding("row 7", "at", "x", "a time"),), NOW)


@pytest.fixture
def store() -> PlainStore:
    return PlainStore()


def test_a_fact_is_taken_once_however_often_it_is_told(store):
    assert store.take(Batch.of([A, B, A]), now=NOW).new == 2
    again = store.take(Batch.of([A, B]), now=NOW)
    assert (again.new, again.repeated, again.conflicts) == (0, 2, [])
    assert store.facts() == [A, B]


def test_a_repeat_with_an_earlier_record_moves_the_record_back(store):
    store.take(Batch.of([A]), now=NOW)
    taken = store.take(Batch.of([replace(A, recorded_at=150)]), now=NOW)
    assert (taken.new, taken.repeated) == (0, 1)
    store.take(Batch.of([replace(A, recorded_at=180)]), now=NOW)
    assert [f.recorded_at for f in store.facts()] == [150]


def test_the_same_key_with_other_content_is_a_conflict_and_never_overwrites(store):
    store.take(Batch.of([A]), now=NOW)
    taken = store.take(Batch.of([B, OTHER_A]), now=NOW)
    [conflict] = taken.conflicts
    assert (taken.new, conflict.index, conflict.kept, conflict.offered) == (1, 1, row_of(A), row_of(OTHER_A))
    assert store.facts() == [A, B]
    [kept] = store.refused()
    assert kept.why == "conflict"
    assert [str(finding) for finding in kept.findings] == ["s:1: at: found 101, expected 100, as told before"]
    assert '"at":101' in kept.raw


def test_of_two_contents_in_one_batch_the_first_stands(store):
    taken = store.take(Batch.of([A, OTHER_A]), now=NOW)
    assert (taken.new, len(taken.conflicts)) == (1, 1)
    assert store.facts() == [A]


def test_a_batch_that_must_be_whole_is_left_untouched_by_a_conflict(store):
    store.take(Batch.of([A]), now=NOW)
    mark = FileMark("d", "f.csv", "m", 9)
    taken = store.take(Batch.of([B, OTHER_A]), now=NOW, refused=[entry()], mark=mark, whole=True)
    assert (taken.new, taken.repeated, len(taken.conflicts)) == (0, 0, 1)
    assert store.facts() == [A]
    assert list(store.refused()) == []
    assert store.mark("d") is None


def test_the_same_conflict_told_again_is_one_entry(store):
    store.take(Batch.of([A]), now=NOW)
    store.take(Batch.of([OTHER_A]), now=NOW)
    store.take(Batch.of([OTHER_A]), now=NOW + 5)
    assert [kept.told_at for kept in store.refused()] == [NOW]


def test_refused_rows_stay_until_they_are_settled_and_are_never_deleted(store):
    store.take(Batch(), now=NOW, refused=[entry(), entry()])
    assert list(store.refused()) == [entry()]
    store.take(Batch(), now=NOW, settled={"w:7": "taken"})
    assert list(store.refused()) == []
    assert [kept.settled_by for kept in store.refused(open_only=False)] == ["taken"]


def test_a_settled_entry_is_not_opened_again_by_the_same_refusal(store):
    store.take(Batch(), now=NOW, refused=[entry()])
    store.take(Batch(), now=NOW, settled={"w:7": "taken"})
    store.take(Batch(), now=NOW, refused=[entry()])
    assert list(store.refused()) == []


def test_the_position_in_a_file_is_kept_with_its_facts(store):
    assert store.mark("d") is None
    for rows in (10, 20):
        store.take(Batch.of([A]), now=NOW, mark=FileMark("d", "f.csv", "m", rows))
    assert store.mark("d") == FileMark("d", "f.csv", "m", 20)


def test_what_was_known_then_can_be_asked(store):
    late = replace(B, recorded_at=500)
    store.take(Batch.of([A, late]), now=NOW)
    assert store.facts(known_at=499) == [A]


def test_the_facts_of_a_person_are_those_of_all_who_are_the_same_as_they_were_known(store):
    merge = fact("m", kind="subject.same", data={"other": "person/b"}, recorded_at=300)
    parting = fact("p", kind="fact.withdrawn", supersedes="s:m", recorded_at=400)
    store.take(Batch.of([A, B, merge, parting]), now=NOW)
    assert store.facts_of("person/b", known_at=250) == [B]
    assert [f.key for f in store.facts_of("person/b", known_at=350)] == ["1", "2", "m"]
    assert store.facts_of("person/b") == [B]


def test_a_correction_that_moves_a_fact_to_someone_else_takes_it_away(store):
    moved = fact("c", subject="person/b", supersedes="s:1")
    store.take(Batch.of([A, moved]), now=NOW)
    assert store.facts_of("person/a") == []
    assert store.facts_of("person/b") == [moved]


@given(records(), st.integers(1, 5))
def test_the_batching_makes_no_difference(facts, size):
    whole, parts = PlainStore(), PlainStore()
    whole.take(Batch.of(facts), now=NOW)
    for start in range(0, len(facts), size):
        parts.take(Batch.of(facts[start : start + size]), now=NOW)
    assert parts.facts() == whole.facts()


@given(records(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(facts, random):
    told = [*facts, *(replace(f, recorded_at=random.randint(0, 20)) for f in facts)]
    one, other = PlainStore(), PlainStore()
    one.take(Batch.of(told), now=NOW)
    random.shuffle(told)
    other.take(Batch.of(told), now=NOW)
    assert one.facts() == other.facts()


def test_when_it_was_recorded_is_not_part_of_what_a_fact_says():
    later = replace(A, recorded_at=999)
    assert same_content(row_of(A), row_of(later))
    assert content_digest(row_of(A)) == content_digest(row_of(later)) != content_digest(row_of(OTHER_A))
