"""Which facts count, as known at a moment: corrections, withdrawals, people who turn out to be one.

All of it is computed over a set: neither the order of the facts nor repeats of them matter, and a
correction may come before what it corrects.

Corrections of one fact form a tree. Whoever was corrected never counts again, also if the correction
is itself corrected (A←B←C leaves C). Where two corrections compete for the same fact the one
recorded last wins, the greater id if recorded in the same second; the others and whatever follows
from them do not count, and ``competing`` names them for a human.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from fengsui.facts.batch import row_of
from fengsui.facts.fact import Fact

WITHDRAWN = "fact.withdrawn"
SAME = "subject.same"


def known(facts: Iterable[Fact], known_at: int | None = None) -> list[Fact]:
    """One fact for each identity that was recorded by then, in the order of (at, id).

    Told twice with different recording times, the earliest is the one. None: everything.
    """
    first: dict[str, Fact] = {}
    for fact in facts:
        if known_at is not None and fact.recorded_at > known_at:
            continue
        held = first.get(fact.id)
        if held is None or _told_before(fact, held):
            first[fact.id] = fact
    return sorted(first.values(), key=lambda fact: (fact.at, fact.id))


def effective(facts: Iterable[Fact], *, known_at: int | None = None) -> list[Fact]:
    """The facts that count, as known then, in the order of (at, id)."""
    cut = known(facts, known_at)
    gone = ineffective(cut)
    return [fact for fact in cut if fact.id not in gone and fact.kind != WITHDRAWN]


def ineffective(cut: Iterable[Fact]) -> frozenset[str]:
    """Ids of the facts of a cut that do not count because of corrections.

    Facts that neither supersede nor are superseded never show here, so a store need only hand over
    those that have ``supersedes``: their targets are in the answer whether they are in the cut or not.
    """
    rivals = _rivals(cut)
    gone = set(rivals)
    for contenders in rivals.values():
        for loser in contenders[1:]:
            gone |= _with_followers(loser.id, rivals)
    return frozenset(gone)


def competing(facts: Iterable[Fact], *, known_at: int | None = None) -> dict[str, tuple[Fact, ...]]:
    """Facts that were corrected more than once: their ids, and the corrections, the winner first."""
    rivals = _rivals(known(facts, known_at))
    return {target: tuple(contenders) for target, contenders in sorted(rivals.items()) if contenders[1:]}


def canonical(facts: Iterable[Fact], *, known_at: int | None = None) -> dict[str, str]:
    """For every subject that is the same as another: the one name to use for all of them.

    The name is the smallest of the group, so it does not depend on the order of the merges. A
    withdrawn merge parts them again; subjects that are nobody else are left out.
    """
    return components(
        (fact.subject, str(fact.data["other"]))
        for fact in effective(facts, known_at=known_at)
        if fact.kind == SAME
    )


def components(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each name of the pairs → the smallest name it is connected with."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return {name: root(name) for name in sorted(parent)}


def _told_before(fact: Fact, held: Fact) -> bool:
    if fact.recorded_at != held.recorded_at:
        return fact.recorded_at < held.recorded_at
    # A store never holds two contents for one identity; over any other iterable the answer must
    # still not depend on the order, so the smaller content stands.
    return repr(row_of(fact)) < repr(row_of(held))


def _rivals(cut: Iterable[Fact]) -> dict[str, Sequence[Fact]]:
    """Fact id → the facts that supersede it, the winner first."""
    rivals: dict[str, list[Fact]] = defaultdict(list)
    for fact in cut:
        if fact.supersedes:
            rivals[fact.supersedes].append(fact)
    for contenders in rivals.values():
        contenders.sort(key=lambda fact: (fact.recorded_at, fact.id), reverse=True)
    return rivals


def _with_followers(start: str, rivals: Mapping[str, Sequence[Fact]]) -> set[str]:
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(fact.id for fact in rivals.get(name, ()))
    return seen
