"""Law 6 on the rules that are really used: kernel and semantics agree on the shipped protocols."""

from dataclasses import replace
from functools import cache
from random import Random

import pytest

from fengsui.facts.catalogue import Field
from fengsui.facts.fact import Fact
from fengsui.loops.bulk import Derivation, loops
from fengsui.loops.many import derive_subjects
from fengsui.loops.semantics import derive
from fengsui.loops.strata import Derived, derive_subject
from fengsui.protocols.checks.ground import patterns
from fengsui.protocols.model import Pattern

from .given import at, kinds, rules, shipped, world

PLACES = ("150105", "150102-hotel1", "150702", "150781", None)
DAY = 86400


@cache
def derivation() -> Derivation:
    return Derivation(rules(), world())


def read_kinds(name: str) -> list[str]:
    """Every kind of fact some version of a protocol reads, those it opens on several times."""
    versions = shipped().everywhere(name)
    read = {kind for version in versions for _, pattern, _ in patterns(version) for kind in pattern.kinds}
    return [*sorted(read), *versions[0].opening.pattern.kinds * 3]


def history(rng: Random, name: str, *, subject: str) -> list[Fact]:
    """Some facts of these kinds around a change of version, a few of them dates without a time."""
    start = rng.choice([v.valid_from for v in shipped().everywhere(name)]) + rng.randint(-24, 4) * DAY
    read = read_kinds(name)
    facts = [
        _fact(rng, rng.choice(read), subject=subject, key=f"{subject}.{i}", start=start)
        for i in range(rng.randint(2, 14))
    ]
    opening = shipped().versions(name)[0].opening.pattern
    return [_opened(rng, fact, opening) if fact.kind in opening.kinds else fact for fact in facts]


def _opened(rng: Random, fact: Fact, opening: Pattern) -> Fact:
    """Half of the facts a protocol may open on are given the data it asks for: chance alone seldom does."""
    asked = {test.field: test.value for test in opening.where if test.op in ("eq", "in")}
    if rng.random() < 0.5:
        return fact
    fitting = {name: rng.choice(v) if isinstance(v, tuple) else v for name, v in asked.items()}
    return replace(fact, data={**fact.data, **fitting})


def _fact(rng: Random, kind: str, *, subject: str, key: str, start: int) -> Fact:
    moment = start + rng.randint(0, 25 * DAY)
    span = rng.choice((0, 0, 0, DAY - 1))
    moment -= (moment + 8 * 3600) % DAY if span else 0
    return Fact(
        kind,
        subject,
        moment,
        moment + span + 3600,
        "told",
        key,
        span=span,
        place=rng.choice(PLACES),
        by=rng.choice(("li", "wang", None)),
        data=_data(rng, kind, moment=moment),
    )


def _data(rng: Random, kind: str, *, moment: int) -> dict[str, object]:
    known = kinds().kinds.get(kind)
    fields = known.fields.values() if known else ()
    return {f.name: _value(rng, f, moment=moment) for f in fields if f.required or rng.random() < 0.7}


def _value(rng: Random, field: Field, *, moment: int) -> object:
    match field.type:
        case "code":
            return rng.choice(field.values)
        case "time":
            return moment + rng.randint(1, 20) * DAY
        case "yes_no":
            return rng.random() < 0.5
        case "area":
            return rng.choice(PLACES[:1] + PLACES[2:4])
        case "number" | "integer":
            return rng.randint(1, 40)
    return rng.choice(("rectify", "a", "b"))


def comparable(loop):
    """Loops as both can say them: EACH milestones by their first, duties in one order."""
    return replace(
        loop,
        milestones={name: reached[:1] for name, reached in loop.milestones.items() if reached},
        duties=tuple(sorted(loop.duties, key=lambda d: (d.key, d.n, d.version))),
        versions=tuple(sorted(loop.versions)),
    )


@pytest.mark.parametrize("name", shipped().names)
def test_kernel_and_semantics_agree_on_the_shipped_protocol(name):
    rng = Random(name)
    subject_type = shipped().versions(name)[0].subject
    subjects = [f"{subject_type}/{i:03}" for i in range(150)]
    facts = [history(rng, name, subject=subject) for subject in subjects]
    cols, ordered = derivation().columns(facts)
    found = loops(derivation().derive(name, cols), derivation(), ordered, subjects)
    expected = [
        loop
        for subject, own in zip(subjects, facts, strict=True)
        for loop in derive(lambda area: rules().timeline(name, area), own, subject=subject, world=world())
    ]
    assert len(expected) > 30
    assert [comparable(one) for one in found] == [comparable(one) for one in expected]


def test_the_histories_reach_across_a_change_of_version():
    rng = Random("across")
    made = [history(rng, "cn.covid19/inbound", subject=f"person/{i}") for i in range(100)]
    switch = at("2022-06-28")
    assert sum(min(f.at for f in facts) < switch < max(f.at for f in facts) for facts in made) > 10


def by_first(derived: Derived) -> tuple[list[object], list[object]]:
    """What was derived, with milestones by their first, in an order of its own."""
    loops_of = [
        replace(
            loop,
            milestones={name: reached[:1] for name, reached in loop.milestones.items() if reached},
            duties=tuple(sorted(loop.duties, key=lambda d: (d.key, d.n, d.version))),
            versions=tuple(sorted(loop.versions)),
        )
        for loop in derived.loops
    ]
    return loops_of, list(derived.tellings)


@pytest.mark.parametrize("seed", range(12))
def test_many_subjects_at_once_say_what_each_says_alone_through_all_protocols(seed):
    rng = Random(seed)
    histories = {}
    for i in range(40):
        subject = f"person/{i}"
        facts = [
            f for name in rng.sample(sorted(rules().versions), 2) for f in history(rng, name, subject=subject)
        ]
        histories[subject] = [replace(f, key=f"{f.key}.{j}") for j, f in enumerate(facts)]
    found = derive_subjects(derivation(), histories)
    for subject, facts in histories.items():
        alone = derive_subject(rules(), facts, subject=subject, world=world())
        assert by_first(found[subject]) == by_first(alone)
