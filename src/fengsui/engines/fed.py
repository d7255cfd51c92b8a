"""What other loops reach and tell, for a protocol that reads it: derived for the few who can have any.

Most subjects have nothing such a fact could come from (no positive test, no area that was raised). Who has is
found first, from the patterns of the milestones alone; only these are then read whole and derived, and only
under the protocols that feed the one that reads. Deriving everybody under everything, to the same end, takes
minutes for a hundred thousand loops.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np

from fengsui.engines.derivation import NOTHING_TOLD, Derivation
from fengsui.engines.numbering import Subjects, Words, rows_in
from fengsui.engines.people import People
from fengsui.engines.sqlite_driver import Connection
from fengsui.facts.batch import data_of, fact_of
from fengsui.facts.fact import Fact
from fengsui.loops.acts import COLUMNS, matches
from fengsui.loops.loop import World
from fengsui.loops.strata import Rules
from fengsui.protocols.model import Pattern, Protocol, Tell

AT_ONCE = 50_000  # facts
_LOOK = "SELECT subject, kind, data, by, place, source FROM fact WHERE kind IN ({})"
_WHERE = "SELECT seq, subject FROM fact WHERE kind IN ({})"
_WHOLE = (
    "SELECT f.kind, s.key, f.at, f.recorded_at, f.source, f.key, f.span, f.place, f.by, f.data, f.supersedes"
    " FROM fact f JOIN subject s ON s.id = f.subject WHERE f.seq IN ({})"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts at a moment. ``gone``: ids of what was corrected or taken back.

    ``one``: number of a subject → the one number of all who are the same as it, if others are.
    """

    as_of: int
    known_at: int
    gone: Collection[str]
    people: People
    one: Mapping[int, int]

    def counts(self, fact: Fact) -> bool:
        """Whether a record counts."""
        return fact.recorded_at <= self.known_at and fact.when <= self.as_of and fact.id not in self.gone

    def merged(self, subjects: np.ndarray) -> np.ndarray:
        """The numbers of subjects, all who are the same under one."""
        found = subjects.copy()
        for number, one in self.one.items():
            found[subjects == number] = one
        return found


class Feeding:
    """The protocols that feed some versions, at any remove.

    ``rules``: all there are; ``readers``: the versions that read, under names no protocol has.
    """

    def __init__(self, rules: Rules, world: World, readers: Mapping[str, Sequence[Protocol]]) -> None:
        self._rules, self._world, self._readers = rules, world, readers
        self._tells: dict[str, set[tuple[str, Tell]]] = defaultdict(set)
        for name, versions in rules.versions.items():
            for tell in chain.from_iterable(version.tells for version in versions):
                self._tells[tell.fact].add((name, tell))
        self.asked = self._derived(chain.from_iterable(readers.values()))
        self.names: set[str] = set()
        ahead = self._feeders(self.asked)
        while ahead:
            self.names |= ahead
            read = self._derived(chain.from_iterable(rules.versions[name] for name in ahead))
            ahead = self._feeders(read) - self.names

    @property
    def wanted(self) -> set[str]:
        """The derived kinds that are read, by those that feed too, and the milestones that are told of."""
        read = self.asked | self._derived(self.versions)
        return read | {f"{name}#{tell.when}" for kind in read for name, tell in self.tells(kind)}

    @property
    def versions(self) -> list[Protocol]:
        """Every version of the protocols that feed."""
        return [version for name in sorted(self.names) for version in self._rules.versions[name]]

    def tells(self, kind: str) -> Collection[tuple[str, Tell]]:
        """Who tells facts of a kind: the protocol, and how."""
        return self._tells.get(kind, ())

    def causes(self, kind: str) -> list[Pattern]:
        """What a subject must have a fact of to reach a milestone, in some version; none for other kinds."""
        name, _, mark = kind.partition("#")
        return [
            milestone.pattern or version.opening.pattern
            for version in (self._rules.versions.get(name, ()) if mark else ())
            for milestone in version.milestones
            if milestone.name == mark
        ]

    @cached_property
    def derivation(self) -> Derivation:
        """Under the protocols that feed. Those that read are only there to be read for, and open nothing."""
        rules, readers = self._rules, self._readers
        return Derivation(
            Rules(
                {**{name: rules.versions[name] for name in self.names}, **readers},
                lambda name, area: () if name in readers else rules.timeline(name, area),
            ),
            self._world,
        )

    def _derived(self, versions: Iterable[Protocol]) -> set[str]:
        return {kind for kind in kinds_of(versions) if "#" in kind or kind in self._tells}

    def _feeders(self, kinds: Iterable[str]) -> set[str]:
        kinds = set(kinds)
        names = {kind.partition("#")[0] for kind in kinds if "#" in kind}
        names |= {name for kind in kinds for name, _ in self.tells(kind)}
        return names & self._rules.versions.keys()


class Fed:
    """The derived facts of a file that some versions read."""

    def __init__(self, connection: Connection, words: Words, feeding: Feeding, standing: Standing) -> None:
        self._connection, self._words = connection, words
        self._feeding, self._standing = feeding, standing

    def facts(self) -> list[tuple[int, Fact]]:
        """Each with the number of its subject, of all who are the same."""
        few = self._few()
        names, histories = self._histories(set().union(*few.values()))
        derivation, people = self._feeding.derivation, self._standing.people
        derivation.kernel  # noqa: B018 - whoever asks has loaded it for the versions that read
        derived = derivation.settle(histories, people, lambda name: ())
        asked = set().union(*(few[kind] for kind in self._feeding.asked))
        found: list[tuple[int, Fact]] = []
        for name in (name for name in histories if names[name] in asked):
            own = histories[name]
            told = derivation.told(
                own, people, lambda other: derived.get(other, NOTHING_TOLD).tellings, to=name
            )
            new = [*told, *derivation.marks(derived[name].loops, [*own, *told])]
            found += (
                (names[name], fact)
                for fact in new
                if fact.kind in self._feeding.asked and fact.when <= self._standing.as_of
            )
        return found

    def _few(self) -> dict[str, set[int]]:
        """Derived kind → the subjects that can have such a fact, and perhaps a few others.

        Protocols may tell one another in turn, so the sets are let grow until they do not.
        """
        feeding = self._feeding
        wanted = sorted(feeding.wanted)
        relations = {(tell.relation, tell.field) for kind in wanted for _, tell in feeding.tells(kind)}
        patterns = {pattern for kind in wanted for pattern in feeding.causes(kind)}
        having, related = self._scanned(patterns, relations)
        few: dict[str, set[int]] = {kind: set() for kind in wanted}
        for kind in wanted:
            few[kind].update(*(having[pattern] for pattern in feeding.causes(kind)))
        n = -1
        while n != (n := sum(map(len, few.values()))):
            for kind in wanted:
                for pattern in feeding.causes(kind):
                    few[kind].update(*(few.get(read, ()) for read in pattern.kinds))
                for name, tell in feeding.tells(kind):
                    tellers = few[f"{name}#{tell.when}"]
                    pairs = related[tell.relation, tell.field]
                    few[kind].update(one for one, about in pairs if about in tellers)
        return few

    def _scanned(
        self, patterns: Collection[Pattern], relations: Collection[tuple[Pattern, str]]
    ) -> tuple[Mapping[Pattern, set[int]], Mapping[tuple[Pattern, str], list[tuple[int, int]]]]:
        """Who has a record of each pattern; who is related to whom by each relation. By their numbers."""
        having: dict[Pattern, set[int]] = {pattern: set() for pattern in patterns}
        named: dict[tuple[Pattern, str], list[tuple[int, str]]] = {relation: [] for relation in relations}
        of_relation: dict[Pattern, list[str]] = defaultdict(list)
        for relation, field in relations:
            of_relation[relation].append(field)
        seen = _Seen([*patterns, *of_relation])
        text = self._words.text
        cursor = self._connection.execute(self._asking(_LOOK, seen.kinds))
        while held := cursor.fetchmany(AT_ONCE):
            for subject, kind, data, by, place, source in held:
                for pattern in seen.patterns(text(kind), data, by or None, text(place), text(source)):
                    if pattern in having:
                        having[pattern].add(subject)
                    for field in of_relation.get(pattern, ()):
                        named[pattern, field].append((subject, data_of(data).get(field)))
        abouts = {about for pairs in named.values() for _, about in pairs if isinstance(about, str)}
        number = Subjects(self._connection).known(abouts)
        one = self._standing.one
        return (
            {pattern: {one.get(s, s) for s in subjects} for pattern, subjects in having.items()},
            {
                relation: [
                    (one.get(subject, subject), one.get(number[about], number[about]))
                    for subject, about in pairs
                    if about in number
                ]
                for relation, pairs in named.items()
            },
        )

    def _histories(self, few: Collection[int]) -> tuple[dict[str, int], dict[str, list[Fact]]]:
        """The number of each of some subjects, by name, and what counts for it of what is read."""
        tells = (tell for version in self._feeding.versions for tell in version.tells)
        kinds = {*kinds_of(self._feeding.versions), *(k for tell in tells for k in tell.relation.kinds)}
        rows = self._connection.execute(self._asking(_WHERE, kinds)).fetchall()
        seq, subject = np.array(rows, np.int64).reshape(len(rows), 2).T
        one = self._standing.merged(subject)
        is_one = np.isin(one, np.fromiter(few, np.int64, len(few)))
        number = dict(zip(subject[is_one].tolist(), one[is_one].tolist(), strict=True))
        keys = rows_in(self._connection, "SELECT id, key FROM subject WHERE id IN ({})", number)
        names = {self._standing.people.name(key): number[i] for i, key in keys}
        histories: dict[str, list[Fact]] = {name: [] for name in names}
        for fact in whole(self._connection, self._words, seq[is_one].tolist()):
            if self._standing.counts(fact):
                histories[self._standing.people.name(fact.subject)].append(fact)
        return names, histories

    def _asking(self, sql: str, kinds: Iterable[str]) -> str:
        numbers = (self._words.known(kind) for kind in sorted(kinds))
        return sql.format(", ".join(str(number) for number in numbers if number) or "NULL")


class _Seen:
    """Which of some patterns a record matches, worked out once for all that look alike to them."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._of_kind: dict[str, list[Pattern]] = defaultdict(list)
        for pattern in dict.fromkeys(patterns):
            for kind in pattern.kinds:
                self._of_kind[kind].append(pattern)
        self._fields = {
            kind: sorted({test.field for pattern in held for test in pattern.where})
            for kind, held in self._of_kind.items()
        }
        self._met: dict[tuple, list[Pattern]] = {}
        self.kinds = self._of_kind.keys()

    def patterns(
        self, kind: str, data: str, by: str | None, place: str | None, source: str
    ) -> Sequence[Pattern]:
        """Those it matches."""
        fields = self._fields[kind]
        if not fields:
            return self._of_kind[kind]
        fact = Fact(kind, "", 0, 0, source, "", 0, place, by, data_of(data))
        # As text: 1, 1.0 and True would be one key of a dict, and are three values of data.
        look = (kind, *(repr(_value(fact, field)) for field in fields))
        if look not in self._met:
            self._met[look] = [pattern for pattern in self._of_kind[kind] if matches(pattern, fact)]
        return self._met[look]


def _value(fact: Fact, field: str) -> object:
    return getattr(fact, COLUMNS[field]) if field in COLUMNS else fact.data.get(field)


def kinds_of(versions: Iterable[Protocol]) -> Iterator[str]:
    """Every kind of fact that some version reads."""
    for v in versions:
        patterns = [v.opening.pattern, *(m.pattern for m in v.milestones if m.pattern)]
        patterns += [x.evidence.pattern for x in v.obligations]
        patterns += [x.pattern for x in (*v.extensions, *v.waivers)]
        patterns += [pattern for pause in v.pauses for pattern in (pause.begin, pause.end)]
        yield from chain.from_iterable(pattern.kinds for pattern in patterns)


def whole(connection: Connection, words: Words, seqs: Iterable[int]) -> list[Fact]:
    """The records of some sequence numbers, in no order."""
    text = words.text
    return [
        fact_of(
            (
                text(kind),
                subject,
                at,
                recorded_at,
                text(source),
                key,
                span,
                text(place),
                by or None,
                data,
                supersedes or None,
            )
        )
        for kind, subject, at, recorded_at, source, key, span, place, by, data, supersedes in rows_in(
            connection, _WHOLE, seqs
        )
    ]
