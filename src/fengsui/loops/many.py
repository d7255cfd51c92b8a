"""``strata.derive_subject`` for many subjects at once, by the kernel.

Gives the same, except that a milestone reached several times (EACH) shows its first only.
"""

from collections.abc import Mapping, Sequence

from fengsui.facts.fact import Fact
from fengsui.loops.bulk import Derivation, loops
from fengsui.loops.loop import Loop
from fengsui.loops.semantics import derive
from fengsui.loops.strata import Derived, Telling, reached_facts, tellings_of
from fengsui.protocols.model import Agg


def derive_subjects(d: Derivation, histories: Mapping[str, Sequence[Fact]]) -> dict[str, Derived]:
    """All loops of some subjects, and what they tell others.

    ``histories``: each subject's effective facts, together with what other subjects' loops tell it.
    """
    facts = {subject: list(history) for subject, history in histories.items()}
    kinds = {subject: {fact.kind for fact in history} for subject, history in facts.items()}
    found: dict[str, list[Loop]] = {subject: [] for subject in facts}
    tellings: dict[str, list[Telling]] = {subject: [] for subject in facts}
    for name in d.rules.order:
        opening = d.rules.opening_kinds[name]
        subjects = [subject for subject in facts if not kinds[subject].isdisjoint(opening)]
        tells = any(version.tells for version in d.rules.versions[name])
        for loop in _loops(d, name, {subject: facts[subject] for subject in subjects}):
            own = facts[loop.subject]
            found[loop.subject].append(loop)
            marks = [mark for mark in sorted(d.rules.marked[name]) if loop.milestones.get(mark)]
            if not marks and not tells:
                continue
            by_id = {fact.id: fact for fact in own}
            for mark in marks:
                added = list(reached_facts(loop, mark, f"{name}#{mark}", by_id))
                own += added
                kinds[loop.subject] |= {fact.kind for fact in added}
            tellings[loop.subject] += tellings_of(loop, d.rules, by_id)
    return {subject: Derived(tuple(found[subject]), tuple(tellings[subject])) for subject in facts}


def _loops(d: Derivation, name: str, facts: Mapping[str, Sequence[Fact]]) -> Sequence[Loop]:
    """The loops of one protocol, in the order of subjects and openings."""
    if not facts:
        return ()
    if _reads_each(d, name):
        rules, world = d.rules, d.world
        return [
            loop
            for subject, own in facts.items()
            for loop in derive(lambda area: rules.timeline(name, area), own, subject=subject, world=world)
        ]
    subjects = list(facts)
    cols, ordered = d.columns([facts[subject] for subject in subjects])
    return loops(d.derive(name, cols), d, ordered, subjects)


def _reads_each(d: Derivation, name: str) -> bool:
    """Whether others read a milestone of it that is reached several times; the kernel keeps the first."""
    read = set(d.rules.marked[name])
    for version in d.rules.versions[name]:
        read |= {tell.when for tell in version.tells}
    return any(m.agg is Agg.EACH and m.name in read for v in d.rules.versions[name] for m in v.milestones)
