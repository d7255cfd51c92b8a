"""Before a version begins, the tables answer as a derivation does that has never heard of it."""

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fengsui.engines.derivation import Derivation
from fengsui.engines.snapshot import Snapshot
from fengsui.facts.batch import Batch
from tests.engines.stories import picture, story
from tests.loops.histories import DAY, HOUR, T0
from tests.loops.test_announced import not_retroactive

MOMENTS = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MOMENTS
@given(seed=st.integers(0, 2**32))
def test_the_tables_answer_for_every_moment_before_a_switch_without_a_write(engine, seed):
    rng = Random(seed)
    told = story(rng, tells=rng.random() < 0.3)
    if set(told.rules.versions) == {"p"}:
        told = replace(told, rules=not_retroactive(told.rules))
    now = T0 + rng.randint(1, 19) * DAY + rng.choice((0, 8, 16)) * HOUR
    assume(told.rules.steady_from <= now)
    facts = [f for f in told.facts if max(f.at + f.span, f.recorded_at) <= now]
    store = engine(told.rules, told.world)
    store.take(Batch.of(facts), now=now)
    for later in (now, now + rng.randint(1, 10) * DAY):
        judge = Snapshot(facts, Derivation(told.rules, told.world), as_of=later)
        assert picture(store.view, now=later) == picture(judge, now=later)
