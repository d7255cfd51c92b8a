"""The laws, on every engine: replay, order, twice is once, correction, time writes nothing."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fengsui.engines.derivation import Derivation
from fengsui.engines.plain import PlainStore
from fengsui.engines.snapshot import Snapshot
from fengsui.facts.batch import Batch
from fengsui.kit.errors import NotFound
from tests.engines.stories import NOW, Story, comparable, dump, picture, story
from tests.loops.histories import DAY, HOUR, T0

# On PostgreSQL the same laws stand in test_postgres_laws.
pytestmark = pytest.mark.parametrize("engine", ["sqlite", "sqlite by the short way"], indirect=True)
seeds = st.integers(0, 2**32)


def law(max_examples: int):
    return settings(max_examples=max_examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


def parts(rng: Random, facts: list) -> list[list]:
    """The facts in order, cut at random into batches."""
    cuts = sorted(rng.sample(range(len(facts) + 1), min(len(facts), rng.randint(0, 6))))
    return [facts[a:b] for a, b in zip([0, *cuts], [*cuts, len(facts)], strict=True)]


def kept(engine, told: Story, batches: list[list]):
    store = engine(told.rules, told.world)
    for batch in batches:
        store.take(Batch.of(batch), now=NOW)
    return store


def judged(told: Story, **moment) -> Snapshot:
    """What the plain store and the plain derivation make of a story."""
    plain = PlainStore()
    plain.take(Batch.of(told.facts), now=NOW)
    return Snapshot(plain.facts(), Derivation(told.rules, told.world), **moment)


def after_all(rng: Random) -> int:
    """A moment later than everything in a story: often on, or one second off, an hour or a midnight."""
    return T0 + rng.randint(20, 60) * DAY + rng.choice((0, 7, 16)) * HOUR + rng.choice((-1, 0, 1, 700))


@law(120)
@given(seed=seeds)
def test_the_state_kept_batch_by_batch_is_the_state_derived_afresh(engine, seed):
    rng = Random(seed)
    told = story(rng)
    store, judge = kept(engine, told, parts(rng, told.facts)), judged(told)
    for now in (after_all(rng), after_all(rng)):
        assert picture(store.view, now=now) == picture(judge, now=now)


@law(40)
@given(seed=seeds)
def test_facts_in_another_order_and_other_batches_make_the_same_state(engine, seed):
    rng = Random(seed)
    told = story(rng)
    one = kept(engine, told, parts(rng, told.facts))
    shuffled = rng.sample(told.facts, len(told.facts))
    other = kept(engine, told, parts(rng, shuffled))
    now = after_all(rng)
    assert picture(one.view, now=now) == picture(other.view, now=now)
    assert one.facts() == other.facts()


@law(30)
@given(seed=seeds)
def test_the_same_facts_again_change_nothing(engine, seed):
    rng = Random(seed)
    told = story(rng)
    store = kept(engine, told, parts(rng, told.facts))
    before = dump(store)
    later = [replace(fact, recorded_at=fact.recorded_at + rng.choice((0, DAY))) for fact in told.facts]
    taken = store.take(Batch.of(rng.sample(later, len(later))), now=NOW + DAY)
    assert (taken.new, taken.repeated, taken.conflicts) == (0, len(later), [])
    assert dump(store) == before


@law(40)
@given(seed=seeds)
def test_a_repeat_that_turns_out_to_be_recorded_earlier_is_as_if_it_had_come_first(engine, seed):
    rng = Random(seed)
    told = story(rng)
    early = [replace(fact, recorded_at=fact.recorded_at - HOUR) for fact in told.facts[::3]]
    one = kept(engine, told, [told.facts, early])
    other = kept(engine, told, [early, told.facts])
    now = after_all(rng)
    assert one.facts() == other.facts()
    assert picture(one.view, now=now) == picture(other.view, now=now)


@law(40)
@given(seed=seeds)
def test_every_past_moment_can_be_asked_for_as_it_was_and_as_it_was_known(engine, seed):
    rng = Random(seed)
    told = story(rng)
    store = kept(engine, told, parts(rng, told.facts))
    as_of, known_at = (T0 + rng.randint(0, 16) * DAY + rng.choice((0, 8)) * HOUR for _ in range(2))
    judge = judged(told, as_of=as_of, known_at=known_at)
    for head in judged(told).loops(now=NOW, limit=1_000):
        moment = {"as_of": as_of, "known_at": known_at}
        assert answer(store.view, head.id, **moment) == answer(judge, head.id)


def answer(view, loop: str, **moment) -> object:
    try:
        account = view.loop(loop, **moment)
        return account._replace(loop=comparable(account.loop))
    except NotFound:
        return "no such loop then"


@law(20)
@given(seed=seeds)
def test_a_correction_is_as_if_it_had_been_right_from_the_start(engine, seed):
    rng = Random(seed)
    told = story(rng, tells=False)
    facts = [fact for fact in told.facts if not fact.supersedes]
    wrong = rng.choice([fact for fact in facts if fact.subject.startswith("person")])
    right = replace(wrong, at=wrong.at - DAY, recorded_at=wrong.recorded_at + DAY, key="right")
    correction = replace(right, supersedes=wrong.id)
    rest = [fact for fact in facts if fact is not wrong]
    corrected = kept(engine, told, [facts, [correction]])
    from_the_start = kept(engine, told, [[*rest, right]])
    now = after_all(rng)
    assert picture(corrected.view, now=now) == picture(from_the_start.view, now=now)


@law(20)
@given(seed=seeds)
def test_time_and_questions_write_nothing(engine, seed):
    rng = Random(seed)
    told = story(rng)
    store = kept(engine, told, parts(rng, told.facts))
    before = dump(store)
    for days in (0, 1, 30, 400):
        picture(store.view, now=NOW + days * DAY)
    assert dump(store) == before


@law(30)
@given(seed=seeds)
def test_tables_that_are_dropped_come_back_the_same(engine, seed):
    rng = Random(seed)
    told = story(rng)
    store = kept(engine, told, parts(rng, told.facts))
    before = dump(store)
    assert store.rebuild(now=NOW) == 0
    assert dump(store) == before


@law(30)
@given(seed=seeds)
def test_rules_that_change_show_everything_as_if_they_had_always_held(engine, seed, tmp_path_factory):
    rng = Random(seed)
    told, others = story(rng), story(rng)
    path = tmp_path_factory.mktemp("rules") / "store.sqlite"
    store = engine(told.rules, told.world, at=path)
    store.take(Batch.of(told.facts), now=NOW)
    store.close()
    again = engine(others.rules, told.world, at=path)
    fresh = kept(engine, replace(told, rules=others.rules), [told.facts])
    now = after_all(rng)
    assert picture(again.view, now=now) == picture(fresh.view, now=now)
    assert again.rebuild(now=NOW) == 0  # the record of what is shown has followed


@pytest.mark.parametrize("seed", range(3))
def test_a_long_story_with_many_subjects_keeps_in_step(engine, seed):
    rng = Random(seed)
    told = story(rng, n_subjects=60, n_facts=10)
    store = kept(engine, told, [told.facts[i : i + 50] for i in range(0, len(told.facts), 50)])
    now = after_all(rng)
    assert picture(store.view, now=now) == picture(judged(told), now=now)
    assert store.rebuild(now=NOW) == 0
