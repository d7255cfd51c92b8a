"""Law 6: the kernel and the semantics agree, to the last row, on protocols and histories of every kind."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fengsui.loops.bulk import Derivation, loops
from fengsui.loops.semantics import derive

from .histories import history, rules, world

WORLD = world()


def comparable(loop):
    """Loops as both twins can say them: EACH milestones by their first, duties in one order."""
    return replace(
        loop,
        milestones={name: reached[:1] for name, reached in loop.milestones.items() if reached},
        duties=tuple(sorted(loop.duties, key=lambda d: (d.key, d.n, d.version))),
        versions=tuple(sorted(loop.versions)),
    )


@settings(max_examples=400)
@given(seed=st.integers(0, 2**32))
def test_the_kernel_says_what_the_semantics_say(seed):
    rng = Random(seed)
    made = rules(rng)
    subjects = [f"person/{i}" for i in range(6)]
    facts = [history(rng, subject=s, n=rng.randint(1, 12)) for s in subjects]
    derivation = Derivation(made, WORLD)
    cols, ordered = derivation.columns(facts)
    found = loops(derivation.derive("p", cols), derivation, ordered, subjects)
    expected = [
        loop
        for subject, own in zip(subjects, facts, strict=True)
        for loop in derive(lambda area: made.timeline("p", area), own, subject=subject, world=WORLD)
    ]
    assert [comparable(x) for x in found] == [comparable(x) for x in expected]


@pytest.mark.parametrize("seed", range(20))
def test_the_semantics_do_not_look_at_the_order_of_arrival(seed):
    rng = Random(seed)
    made = rules(rng)
    facts = history(rng, subject="person/1", n=12)
    timeline = lambda area: made.timeline("p", area)  # noqa: E731
    first = derive(timeline, facts, subject="person/1", world=WORLD)
    for _ in range(5):
        rng.shuffle(facts)
        assert derive(timeline, facts, subject="person/1", world=WORLD) == first
