"""From what counts for each subject to what is owed, with what subjects' loops tell one another.

What a loop tells others (a contact's index person turned out positive) is itself derived, so a subject
hears it from the current derivation of the other. Everyone concerned is derived in rounds from nothing
heard until no one tells anything new; the order of the rounds makes no difference to where they end.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from fengsui.engines.people import People
from fengsui.facts.fact import Fact
from fengsui.kit.errors import FengsuiError
from fengsui.loops.acts import matches
from fengsui.loops.loop import Loop, World
from fengsui.loops.strata import Derived, Rules, Telling, derive_subject, reached_facts
from fengsui.protocols.model import Pattern

if TYPE_CHECKING:
    from fengsui.loops.bulk import Derivation as Kernel

A_FEW, MANY = 4, 200  # names from which on the kernel is quicker: once it is loaded, and with its loading
PAID = 200_000  # names derived one by one, before and after, that cost about what compiling the kernel costs
ROUNDS = 16  # of telling; rules that need more tell each other in a circle
Heard = Callable[[str], Sequence[Telling]]  # what the loops of a name tell

NOTHING_TOLD = Derived((), ())


class Derivation:
    """The rules and the world, and the few things worked out from them once."""

    def __init__(self, rules: Rules, world: World, *, whole: "Derivation | None" = None) -> None:
        self.rules = rules
        self.world = world
        self._whole = whole  # what it was cut from
        self._one_by_one = 0  # names derived, or facts, that the kernel would have been quicker for
        self._past: list[Derivation] = []

    def at(self, moment: int) -> "Derivation":
        """The derivation by the rules that had come into force by a moment."""
        rules = self.rules.as_of(moment)
        if rules is self.rules:
            return self
        for past in self._past:
            if past.rules is rules:
                return past
        self._past.append(type(self)(rules, self.world, whole=self))
        return self._past[-1]

    @cached_property
    def tells(self) -> tuple[tuple[Pattern, str], ...]:
        """Every (relation, field) by which some protocol tells others, in a fixed order."""
        found = {
            (tell.relation, tell.field)
            for versions in self.rules.versions.values()
            for version in versions
            for tell in version.tells
        }
        return tuple(sorted(found, key=repr))

    @cached_property
    def fields(self) -> Mapping[str, tuple[str, ...]]:
        """Kind of fact → the fields by which it relates its subject to another one."""
        found: dict[str, set[str]] = defaultdict(set)
        for relation, field in self.tells:
            for kind in relation.kinds:
                found[kind].add(field)
        return {kind: tuple(sorted(names)) for kind, names in found.items()}

    def named(self, fact: Fact) -> Iterable[str]:
        """The subjects a fact relates its own one to."""
        values = (fact.data.get(field) for field in self.fields.get(fact.kind, ()))
        return [value for value in values if isinstance(value, str) and value]

    def told(self, facts: Sequence[Fact], people: People, heard: Heard, *, to: str) -> list[Fact]:
        """What a subject is told by the loops of those its facts relate it to, in the order of ids."""
        found: dict[str, Fact] = {}
        for fact in facts:
            for field in self.fields.get(fact.kind, ()):
                about = fact.data.get(field)
                for telling in heard(people.name(about)) if isinstance(about, str) else ():
                    if telling.field == field and matches(telling.relation, fact):
                        told = telling.to(to)
                        found[told.id] = told
        return [found[name] for name in sorted(found)]

    def derive(self, name: str, facts: Sequence[Fact], told: Sequence[Fact] = ()) -> Derived:
        """What follows for one name from its facts and what it is told."""
        return derive_subject(self.rules, facts, subject=name, world=self.world, told=told)

    def marks(self, loops: Iterable[Loop], facts: Iterable[Fact]) -> list[Fact]:
        """The milestones of loops that other protocols of the same subject read, as derived facts."""
        known = {fact.id: fact for fact in facts}
        found: list[Fact] = []
        for loop in loops:
            for mark in sorted(self.rules.marked[loop.protocol]):
                new = list(reached_facts(loop, mark, f"{loop.protocol}#{mark}", known))
                known |= {fact.id: fact for fact in new}
                found += new
        return found

    def behind(
        self,
        name: str,
        histories: Mapping[str, Sequence[Fact]],
        derived: Mapping[str, Derived],
        people: People,
    ) -> tuple[Fact, ...]:
        """Every fact the loops of a name follow from, told and derived ones too, in the order of (at, id)."""

        def heard(other: str) -> Sequence[Telling]:
            return derived.get(other, NOTHING_TOLD).tellings

        facts = [*histories[name], *self.told(histories[name], people, heard, to=name)]
        facts += self.marks(derived[name].loops, facts)
        return tuple(sorted(facts, key=lambda fact: (fact.at, fact.id)))

    def once(
        self, histories: Mapping[str, Sequence[Fact]], people: People, heard: Heard
    ) -> dict[str, Derived]:
        """What follows for each name if all that is told is known already."""
        return self.each(
            {name: [*facts, *self.told(facts, people, heard, to=name)] for name, facts in histories.items()}
        )

    def each(self, histories: Mapping[str, Sequence[Fact]]) -> dict[str, Derived]:
        """What follows for many names, each from its facts and what it is told, alone.

        The kernel is only loaded, and compiled, when there is enough to do for it; from then on it is
        used for more than a few. A milestone reached several times shows its first only.
        """
        if not self.pays(len(histories)):
            return {name: self.derive(name, facts) for name, facts in histories.items()}
        from fengsui.loops.many import derive_subjects

        return derive_subjects(self.kernel, histories)

    def pays(self, n: int) -> bool:
        """Whether the kernel is the quicker way for so many names.

        Loaded, it is for more than a few. Compiled on an earlier day, it is for many. Where it has yet to
        be compiled, which takes half a minute, that is put off until as much was spent without it.
        """
        if self._is_loaded():
            return n >= A_FEW
        self._one_by_one += n
        return n >= MANY and (self._one_by_one >= PAID or self._is_compiled())

    def _is_loaded(self) -> bool:
        return "kernel" in self.__dict__ or (self._whole is not None and self._whole._is_loaded())

    def _is_compiled(self) -> bool:
        """Asked each time: another process may be compiling just now."""
        from fengsui.loops.compiled import is_compiled
        from fengsui.loops.kernel_govern import derive

        return is_compiled(derive)

    @cached_property
    def kernel(self) -> "Kernel":
        """The rules compiled for the kernel."""
        from fengsui.loops.bulk import Derivation as Kernel

        return Kernel(self.rules, self.world)

    def settle(
        self, histories: Mapping[str, Sequence[Fact]], people: People, outside: Heard
    ) -> dict[str, Derived]:
        """What follows for each name, where these names may tell one another.

        ``outside``: what is told by the loops of names that are not among them.
        """
        derived: dict[str, Derived] = {}
        heard_by: dict[str, list[Fact]] = {}
        related = self._related(histories, people)
        ahead: Iterable[str] = histories

        def heard(name: str) -> Sequence[Telling]:
            return derived.get(name, NOTHING_TOLD).tellings if name in histories else outside(name)

        for _ in range(ROUNDS):
            told = {name: self.told(histories[name], people, heard, to=name) for name in ahead}
            new = self.each(
                {
                    name: [*histories[name], *facts]
                    for name, facts in told.items()
                    if heard_by.get(name) != facts
                }
            )
            heard_by |= told
            tellers = [n for n, d in new.items() if d.tellings != derived.get(n, NOTHING_TOLD).tellings]
            derived |= new
            if not tellers:
                return derived
            ahead = {listener for teller in tellers for listener in related.get(teller, ())}
        raise FengsuiError(
            f"Protocols tell each other in a circle: {', '.join(sorted(ahead)[:5])} and perhaps others"
            f" still heard something new after {ROUNDS} rounds."
        )

    def _related(self, histories: Mapping[str, Sequence[Fact]], people: People) -> dict[str, set[str]]:
        """Name → those of these names that listen to it."""
        related: dict[str, set[str]] = defaultdict(set)
        if self.fields:
            for name, facts in histories.items():
                for fact in facts:
                    for about in self.named(fact):
                        related[people.name(about)].add(name)
        return related
