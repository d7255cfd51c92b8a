"""Deriving again and again in the same space, or a few subjects at a time, says what deriving afresh says."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from fengsui.kit.errors import BadInput
from fengsui.loops.bulk import Derivation, Few, loops
from fengsui.loops.kernel_resident import Chains, link
from fengsui.loops.strata import Rules

from .histories import T0, history, rules, world

WORLD = world()
SUBJECTS = [f"person/{i}" for i in range(6)]


def made(seed: int):
    rng = Random(seed)
    derivation = Derivation(rules(rng), WORLD)
    facts = [history(rng, subject=subject, n=rng.randint(1, 12)) for subject in SUBJECTS]
    return rng, derivation, derivation.columns(facts)


def chained(cols, order) -> Chains:
    """The facts of the columns as they would be linked had they come in this order."""
    subject = np.repeat(np.arange(len(cols.start) - 1), np.diff(cols.start))[order]
    columns = (cols.when, cols.span, cols.code, cols.place, cols.tie, cols.ref, *cols.extra)
    lines = np.stack([np.full(len(order), -1), *(column[order] for column in columns)], axis=1)
    chains = Chains(np.full(len(SUBJECTS), -1, np.int64), lines.astype(np.int64))
    link(chains, subject, 0)
    return chains


@pytest.mark.parametrize("seed", range(40))
def test_a_space_used_before_leaves_no_trace_in_what_is_derived_in_it(seed):
    rng, derivation, (cols, facts) = made(seed)
    other = derivation.columns([history(rng, subject="person/x", n=30) for _ in range(3)])[0]
    space = derivation.space("p")
    derivation.derive("p", other, space)
    again = loops(derivation.derive("p", cols, space), derivation, facts, SUBJECTS)
    assert again == loops(derivation.derive("p", cols), derivation, facts, SUBJECTS)


@pytest.mark.parametrize("seed", range(40))
def test_one_subject_after_the_other_from_linked_facts_is_all_of_them_at_once(seed):
    rng, derivation, (cols, _) = made(seed)
    table = derivation.derive("p", cols)
    order = np.array(rng.sample(range(len(cols.when)), len(cols.when)), np.int64)
    few = Few(derivation, "p", chained(cols, order))
    for subject in range(len(SUBJECTS)):
        n, _ = few.derive(np.array([subject]), below=len(order))
        assert n == np.sum(table.openings.subject == subject)
        for own, loop in enumerate(np.flatnonzero(table.openings.subject == subject)):
            lo, hi = few.room.heads[own, 2:]
            expected = table.times[table.heads[loop, 2] : table.heads[loop, 3]]
            assert few.room.heads[own, :2].tolist() == table.heads[loop, :2].tolist()
            assert few.room.times[lo:hi].tolist() == expected.tolist()


@pytest.mark.parametrize("seed", range(10))
def test_what_is_not_asked_for_is_not_written_and_changes_nothing_else(seed):
    _, derivation, (cols, _) = made(seed)
    asked = derivation.derive("p", cols)
    unasked = derivation.derive("p", cols, derivation.space("p", asks_reached=False))
    assert len(unasked.reached) == 0
    assert unasked.times.tolist() == asked.times.tolist()
    assert unasked.heads.tolist() == asked.heads.tolist()


def test_facts_numbered_from_a_bound_on_are_not_there_yet():
    _, derivation, (cols, _) = made(3)
    few = Few(derivation, "p", chained(cols, np.arange(len(cols.when))))
    assert few.derive(np.arange(len(SUBJECTS)), below=0) == (0, 0)


def test_rules_that_do_not_list_a_version_as_it_holds_are_told_so():
    rng = Random(1)
    whole = rules(rng)
    (first, *_) = whole.timeline("p", None)
    cut = replace(first, valid_until=T0)
    with pytest.raises(BadInput, match="not among the versions of these rules"):
        Derivation(Rules({"p": whole.versions["p"]}, lambda name, area: (cut,)), WORLD)
