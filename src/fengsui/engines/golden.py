"""Golden histories held against what the engine derives: every row, cell by cell.

Each history is derived at each moment it asks about, alone and one by one (the semantics), or all of them
at all their moments together (the kernel): then everybody gets a name that nobody else has.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from fengsui.engines.derivation import NOTHING_TOLD, Derivation
from fengsui.engines.people import People
from fengsui.engines.silence import Silence, watermarks
from fengsui.engines.state import Listing, version_of
from fengsui.facts.effective import canonical, effective, known
from fengsui.facts.fact import Fact
from fengsui.facts.yaml_file import nearest_first
from fengsui.kit.instant import NEVER, show
from fengsui.loops.duty import Duty, Status, status
from fengsui.loops.golden import CLOSED, LOOP, NONE, RUNNING, Expected, Golden
from fengsui.loops.loop import Loop, is_running
from fengsui.loops.strata import DERIVED, Derived
from fengsui.protocols.model import Protocol, Tell


@dataclass(frozen=True, slots=True)
class Miss:
    """One cell that is not as expected, or a row nothing answers to (``field`` is then step)."""

    line: int
    step: str
    field: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a row was about and found as it says. ``duty`` and ``status`` are None for a loop as a whole.

    ``behind``: every fact the subject's loops follow from, also derived ones; ``told``: by which tells of
    which protocols some of them came.
    """

    row: Expected
    loop: Loop
    version: Protocol
    duty: Duty | None
    status: Status | None
    behind: tuple[Fact, ...]
    told: tuple[tuple[str, Tell], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one history turned out: it passes if nothing is missed."""

    golden: Golden
    misses: tuple[Miss, ...]
    shown: tuple[Shown, ...]


@dataclass(frozen=True)
class Look:
    """What one history says at one moment; ``prefix`` stands before the keys of its subjects."""

    golden: Golden
    as_of: int
    known_at: int
    prefix: str = ""

    def name(self, subject: str) -> str:
        """A subject of the history as it is called where all are derived together."""
        kind, _, key = subject.partition("/")
        return f"{kind}/{self.prefix}{key}"

    @cached_property
    def records(self) -> list[Fact]:
        """What was on record, under the names of the look."""
        return [self._renamed(fact) for fact in known(self.golden.facts, self.known_at)]

    def _renamed(self, fact: Fact) -> Fact:
        if not self.prefix:
            return fact
        whose = self.golden.subjects
        data = {k: self.name(v) if isinstance(v, str) and v in whose else v for k, v in fact.data.items()}
        return replace(fact, subject=self.name(fact.subject), data=data)


@dataclass(frozen=True)
class Derivations:
    """What followed for everybody in some looks."""

    derivation: Derivation
    people: People
    histories: Mapping[str, Sequence[Fact]]
    derived: Mapping[str, Derived]

    @classmethod
    def of(cls, looks: Sequence[Look], derivation: Derivation) -> "Derivations":
        """Derive the facts that count in these looks, all in one; the same versions had begun by then."""
        derivation = derivation.at(looks[0].as_of)
        people = People({k: v for look in looks for k, v in canonical(look.records).items()})
        histories: dict[str, list[Fact]] = {}
        for look in looks:
            for fact in effective(look.records):
                if fact.when <= look.as_of:
                    histories.setdefault(people.name(fact.subject), []).append(fact)
        return cls(derivation, people, histories, derivation.settle(histories, people, lambda name: ()))

    def loops(self, name: str) -> tuple[Loop, ...]:
        """Everything that is followed about a subject."""
        return self.derived.get(self.people.name(name), NOTHING_TOLD).loops

    def behind(self, name: str) -> tuple[Fact, ...]:
        """Every fact its loops follow from."""
        name = self.people.name(name)
        if name not in self.histories:
            return ()
        return self.derivation.behind(name, self.histories, self.derived, self.people)

    @cached_property
    def _tellers(self) -> dict[str, Loop]:
        """Every loop by its id."""
        return {loop.id: loop for derived in self.derived.values() for loop in derived.loops}

    def told(self, behind: Sequence[Fact]) -> tuple[tuple[str, Tell], ...]:
        """The protocols and tells from which told facts come; their keys begin with loop and milestone."""
        found: dict[tuple[str, Tell], None] = {}
        for fact in behind:
            name, mark, rest = fact.key.partition("#")
            if fact.source == DERIVED and mark and "!" in rest:
                loop = self._tellers[name]
                version = version_of(
                    self.derivation.rules, loop.protocol, loop.versions[-1], place=loop.place
                )
                when = rest.partition("!")[0].partition(".")[0]
                tells = (t for t in version.tells if (t.when, t.fact) == (when, fact.kind))
                found |= dict.fromkeys((loop.protocol, tell) for tell in tells)
        return tuple(found)

    def silence(self, look: Look) -> Silence:
        """Which sources of a look are silent."""
        listing = Listing(self.derivation.world.areas)
        carriers = {(f.kind, listing.of(f.place), f.source) for f in look.records}
        return Silence(watermarks(look.records, now=look.as_of), carriers)


def judged(golden: Golden, derivation: Derivation) -> Verdict:
    """One history by itself, through the semantics."""
    found = [(look, Derivations.of([look], derivation)) for look in _looks(golden)]
    return _verdict(golden, found)


def judged_together(goldens: Sequence[Golden], derivation: Derivation) -> list[Verdict]:
    """All histories at all their moments in few derivations, which are the kernel's if that is loaded.

    Moments between which no version begins are derived together.
    """
    looks = {golden.file: list(_looks(golden, f"{i}.")) for i, golden in enumerate(goldens)}
    together: dict[int, list[Look]] = {}
    for look in (look for some in looks.values() for look in some):
        together.setdefault(id(derivation.at(look.as_of)), []).append(look)
    found = {held: Derivations.of(some, derivation) for held, some in together.items()}
    return [
        _verdict(golden, [(look, found[id(derivation.at(look.as_of))]) for look in looks[golden.file]])
        for golden in goldens
    ]


def found_in(golden: Golden, derivation: Derivation) -> Iterator[tuple[Look, Shown]]:
    """Every loop there is at each moment asked about, each followed by its duties: an aid to writing."""
    for look in _looks(golden):
        found = Derivations.of([look], derivation)
        for subject in sorted(found.derived):
            blank = Expected(
                0, look.as_of, look.known_at, None, subject, 0, "", None, None, None, None, None, None
            )
            for loop in found.loops(subject):
                yield look, _seen_loop(found, loop, blank)
                yield from ((look, _seen(look, found, loop, duty, blank)) for duty in loop.duties)


def _looks(golden: Golden, prefix: str = "") -> Iterator[Look]:
    for j, (as_of, known_at) in enumerate(golden.moments):
        yield Look(golden, as_of, known_at, f"{prefix}{j}." if prefix else "")


def _verdict(golden: Golden, looks: Sequence[tuple[Look, Derivations]]) -> Verdict:
    misses: list[Miss] = []
    shown: list[Shown] = []
    by_moment = {(look.as_of, look.known_at): (look, found) for look, found in looks}
    for row in golden.rows:
        look, found = by_moment[row.as_of, row.known_at]
        seen, wrong = _of_row(row, look, found)
        misses += wrong
        if seen and not wrong:
            shown.append(seen)
    return Verdict(golden, tuple(misses), tuple(shown))


def _of_row(row: Expected, look: Look, found: Derivations) -> tuple[Shown | None, list[Miss]]:
    if row.step == LOOP:
        return _of_loop(row, look, found)
    names = (row.protocol,) if row.protocol else look.golden.protocols
    duties = [
        (loop, duty)
        for name in names
        for loop in _meant(row, name, look, found)
        for duty in loop.duties
        if duty.key == row.step and row.n in (None, duty.n)
    ]
    if row.status == NONE and not duties:
        return None, []
    if len(duties) != 1:
        return None, [Miss(row.line, row.step, "step", "one duty of this step", _instead(row, duties, found))]
    [(loop, duty)] = duties
    seen = _seen(look, found, loop, duty, row)
    return seen, list(_differing(row, cells(seen), zone=look.golden.zone))


def _of_loop(row: Expected, look: Look, found: Derivations) -> tuple[Shown | None, list[Miss]]:
    names = (row.protocol,) if row.protocol else look.golden.protocols
    loops = [loop for name in names for loop in _meant(row, name, look, found)]
    if not loops:
        is_so = row.status in (None, NONE)
        return None, [] if is_so else [Miss(row.line, LOOP, "status", row.status, NONE)]
    if len(loops) > 1:
        names = ", ".join(loop.protocol for loop in loops)
        return None, [Miss(row.line, LOOP, "protocol", "the one that is meant", names)]
    seen = _seen_loop(found, loops[0], row)
    return seen, list(_differing(row, cells(seen), zone=look.golden.zone))


def _meant(row: Expected, name: str, look: Look, found: Derivations) -> list[Loop]:
    """The loop of a protocol the row means, if there is one by then."""
    whose = found.loops(look.name(row.subject))
    loops = [loop for loop in whose if loop.protocol == name and loop.opened_at <= row.as_of]
    loops.sort(key=lambda loop: loop.opened_at)
    return loops[row.loop - 1 :][:1] if row.loop else loops[-1:]


def _instead(row: Expected, duties: Sequence[tuple[Loop, Duty]], found: Derivations) -> str:
    """What there is where a row does not mean exactly one duty."""
    if duties:
        return "several: " + ", ".join(f"{loop.protocol} n {duty.n}" for loop, duty in duties)
    rules = found.derivation.rules.versions
    keys = {o.key for name in [row.protocol, *rules] if name for v in rules[name] for o in v.obligations}
    return "none" if row.step in keys else f"no such step; there are {nearest_first(row.step, sorted(keys))}"


def _seen_loop(found: Derivations, loop: Loop, row: Expected) -> Shown:
    """The loop as a whole, under the last of its versions that had come into force."""
    rules = found.derivation.rules
    governed = [version_of(rules, loop.protocol, name, place=loop.place) for name in loop.versions]
    version = [v for v in governed if v.valid_from <= row.as_of or v is governed[0]][-1]
    behind = found.behind(loop.subject)
    return Shown(row, loop, version, None, None, behind, found.told(behind))


def _seen(look: Look, found: Derivations, loop: Loop, duty: Duty, row: Expected) -> Shown:
    version = version_of(found.derivation.rules, loop.protocol, duty.version, place=loop.place)
    kinds = version.obligation(duty.key).evidence.pattern.kinds
    area = Listing(found.derivation.world.areas).of(duty.place)
    silent = found.silence(look).since(kinds, area)
    stands = status(duty, look.as_of, confirm_after=version.confirm_after, silent_since=silent)
    behind = found.behind(loop.subject)
    return Shown(row, loop, version, duty, stands, behind, found.told(behind))


def cells(seen: Shown) -> dict[str, object]:
    """What there is, by the columns of the expectations; times in seconds UTC."""
    duty, loop = seen.duty, seen.loop
    if duty is None:
        return {
            "status": RUNNING if is_running(loop, seen.row.as_of) else CLOSED,
            "due": NEVER,
            "done": loop.closed_at,
            "version": seen.version.version,
            "owner": loop.place or "",
        }
    return {
        "status": str(seen.status),
        "due": duty.due_at,
        "done": duty.met_at,
        "version": duty.version,
        "owner": owner_code(seen),
    }


def owner_code(seen: Shown) -> str:
    """Who owes a duty, as role@area."""
    role = seen.version.obligation(seen.duty.key).by.role
    return f"{role}@{seen.duty.place}" if seen.duty.place else role


def _differing(row: Expected, cells: Mapping[str, object], *, zone: str) -> Iterator[Miss]:
    for name in ("status", "version", "owner"):
        wanted = getattr(row, name)
        if wanted is not None and wanted != cells[name]:
            yield Miss(row.line, row.step, name, wanted, str(cells[name]))
    for name in ("due", "done"):
        wanted, at = getattr(row, name), cells[name]
        if wanted is not None and not wanted[0] <= at <= wanted[0] + wanted[1]:
            yield Miss(
                row.line, row.step, name, show(wanted[0], zone=zone, span=wanted[1]), show(at, zone=zone)
            )
