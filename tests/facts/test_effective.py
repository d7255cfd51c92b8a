import pytest
from hypothesis import given
from hypothesis import strategies as st

from fengsui.facts.effective import canonical, competing, components, effective, ineffective, known
from fengsui.facts.fact import Fact
from tests.facts.made import SUBJECTS, fact, records


def keys(facts: list[Fact]) -> str:
    return " ".join(fact.key for fact in facts)


def test_a_correction_stands_in_for_what_it_corrects():
    assert keys(effective([fact("1"), fact("2", supersedes="s:1")])) == "2"


def test_of_a_chain_of_corrections_the_last_one_counts():
    chain = [fact("a"), fact("b", supersedes="s:a"), fact("c", supersedes="s:b")]
    assert keys(effective(chain)) == "c"


def test_a_correction_that_comes_before_what_it_corrects_works_all_the_same():
    assert keys(effective([fact("2", supersedes="s:1")])) == "2"
    assert keys(effective([fact("2", supersedes="s:1"), fact("1")])) == "2"


def test_of_two_corrections_the_one_recorded_last_wins():
    facts = [
        fact("1"),
        fact("early", supersedes="s:1", recorded_at=300),
        fact("late", supersedes="s:1", recorded_at=301),
    ]
    assert keys(effective(facts)) == "late"
    assert keys(competing(facts)["s:1"]) == "late early"


def test_of_two_corrections_recorded_together_the_greater_id_wins():
    facts = [fact("1"), fact("2", supersedes="s:1"), fact("3", supersedes="s:1")]
    assert keys(effective(facts)) == "3"


def test_what_follows_from_a_correction_that_lost_does_not_count_either():
    facts = [
        fact("1"),
        fact("loser", supersedes="s:1", recorded_at=300),
        fact("winner", supersedes="s:1", recorded_at=301),
        fact("on", supersedes="s:loser", recorded_at=400),
    ]
    assert keys(effective(facts)) == "winner"


def test_a_withdrawn_fact_is_gone_and_its_withdrawal_is_no_event():
    facts = [fact("1"), fact("2"), fact("w", kind="fact.withdrawn", supersedes="s:1")]
    assert keys(effective(facts)) == "2"


def test_a_withdrawal_that_is_taken_back_does_not_bring_the_fact_back():
    facts = [
        fact("1"),
        fact("w", kind="fact.withdrawn", supersedes="s:1"),
        fact("v", kind="fact.withdrawn", supersedes="s:w"),
    ]
    assert effective(facts) == []


def test_facts_that_correct_each_other_in_a_circle_all_fall():
    facts = [fact("1", supersedes="s:2"), fact("2", supersedes="s:1"), fact("3")]
    assert keys(effective(facts)) == "3"


def test_a_correction_counts_only_from_when_it_was_recorded():
    facts = [fact("1", recorded_at=10), fact("2", supersedes="s:1", recorded_at=20)]
    assert keys(effective(facts, known_at=19)) == "1"
    assert keys(effective(facts, known_at=20)) == "2"


def test_of_one_fact_told_twice_the_earlier_record_is_the_one():
    facts = [fact("1", recorded_at=30), fact("1", recorded_at=20)]
    assert [f.recorded_at for f in known(facts)] == [20]
    assert known(facts, 19) == []


@given(records(), st.randoms(use_true_random=False))
def test_neither_order_nor_repeats_change_what_counts(facts, random):
    shuffled = [*facts, *random.choices(facts, k=3)]
    random.shuffle(shuffled)
    for known_at in (None, 5, 10):
        assert effective(shuffled, known_at=known_at) == effective(facts, known_at=known_at)
        assert canonical(shuffled, known_at=known_at) == canonical(facts, known_at=known_at)
        assert competing(shuffled, known_at=known_at) == competing(facts, known_at=known_at)


@given(records())
def test_what_counts_still_counts_when_asked_again(facts):
    counting = effective(facts)
    assert effective(counting) == counting


@given(records())
def test_every_fact_that_was_corrected_is_out_and_no_original_is_out_without_a_correction(facts):
    targets = {fact.supersedes for fact in facts if fact.supersedes}
    gone = ineffective(known(facts))
    assert targets <= gone
    assert all(fact.id in targets or fact.supersedes for fact in facts if fact.id in gone)


@given(records())
def test_the_facts_that_supersede_are_all_one_needs_to_know_what_is_out(facts):
    cut = known(facts)
    assert ineffective(fact for fact in cut if fact.supersedes) == ineffective(cut)


@given(records())
def test_each_corrected_original_has_one_stand_in_at_most(facts):
    cut = known(facts)
    above = {fact.id: fact.supersedes for fact in cut if fact.supersedes}

    def root(name: str) -> str:
        seen = set()
        while name in above and name not in seen:
            seen.add(name)
            name = above[name]
        return name

    roots = [root(fact.id) for fact in effective(facts) if fact.supersedes]
    assert len(roots) == len(set(roots))


def same(key: str, one: str, other: str, **said) -> Fact:
    return fact(key, kind="subject.same", subject=one, data={"other": other}, **said)


def test_people_found_to_be_one_go_by_the_smallest_of_their_names():
    merges = [same("1", "person/c", "person/b"), same("2", "person/a", "person/b")]
    assert canonical(merges) == {"person/a": "person/a", "person/b": "person/a", "person/c": "person/a"}


def test_a_withdrawn_merge_parts_them_again():
    merges = [same("1", "person/b", "person/a"), same("2", "person/c", "person/a")]
    parting = fact("3", kind="fact.withdrawn", supersedes="s:1", recorded_at=300)
    assert canonical([*merges, parting]) == {"person/a": "person/a", "person/c": "person/a"}
    assert canonical([*merges, parting], known_at=299) == canonical(merges)


pairs = st.lists(st.tuples(st.sampled_from(SUBJECTS), st.sampled_from(SUBJECTS)), max_size=8)


@given(pairs)
def test_whoever_is_the_same_as_the_same_is_the_same(some):
    names = components(some)
    assert all(names[one] == names[other] for one, other in some)
    assert all(names[name] == name and name <= member for member, name in names.items())


@given(pairs, pairs)
def test_a_merge_never_parts_anyone(some, more):
    before, after = components(some), components(some + more)
    for one in before:
        for other in before:
            if before[one] == before[other]:
                assert after[one] == after[other]


@pytest.mark.parametrize("known_at", [None, 0, 10])
def test_nothing_known_is_nothing_in_force(known_at):
    assert effective([], known_at=known_at) == []
    assert canonical([], known_at=known_at) == {}
