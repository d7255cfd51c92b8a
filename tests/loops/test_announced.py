"""A version that is published and begins later changes nothing of what stands today."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from fengsui.loops.duty import broken_from
from fengsui.loops.loop import is_running
from fengsui.loops.semantics import derive
from fengsui.loops.strata import Rules
from fengsui.protocols.model import InFlight

from .histories import DAY, HOUR, T0, history, rules, world

WORLD = world()
seeds = st.integers(0, 2**32)


def not_retroactive(made: Rules) -> Rules:
    """The same rules, where what would compute all anew meets loops at their anchors instead."""

    def meek(versions):
        return [
            replace(v, in_flight=InFlight.AT_ANCHOR) if v.in_flight is InFlight.RETROACTIVE else v
            for v in versions
        ]

    return Rules({"p": meek(made.versions["p"])}, lambda name, area: meek(made.timeline(name, area)))


def shown(made: Rules, facts, *, now: int):
    """Per loop that has opened: whether it runs, and every break that has begun."""
    loops = derive(lambda area: made.timeline("p", area), facts, subject="person/1", world=WORLD)
    return {
        loop.id: (is_running(loop, now), {d for d in loop.duties if broken_from(d) <= now}, loop.place)
        for loop in loops
        if loop.opened_at <= now
    }


@settings(max_examples=400)
@given(seed=seeds)
def test_what_stands_today_is_the_same_with_and_without_what_will_come_into_force_later(seed):
    rng = Random(seed)
    made = not_retroactive(rules(rng))
    now = T0 + rng.randint(1, 19) * DAY + rng.choice((0, 8, 16)) * HOUR
    facts = [f for f in history(rng, subject="person/1", n=12) if f.when + f.span <= now]
    assert shown(made.as_of(now), facts, now=now) == shown(made, facts, now=now)
