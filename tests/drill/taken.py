"""The files of a drill, taken into a plain store, and what the definition makes of them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from fengsui.drill.run import Drill
from fengsui.drill.truth import Break
from fengsui.engines.home import rules_of, world_of
from fengsui.engines.plain import PlainStore
from fengsui.facts.catalogue import Catalogue
from fengsui.facts.effective import canonical, effective
from fengsui.facts.fact import Fact
from fengsui.kit.areas import Areas
from fengsui.loops.acts import matches
from fengsui.loops.duty import broken_from, broken_until
from fengsui.loops.loop import Loop
from fengsui.loops.strata import derive_subject
from fengsui.protocols.library import Library
from fengsui.sources.intake import Report, intake
from fengsui.sources.mapping import mapping_file, read_mapping


@dataclass(frozen=True)
class Taken:
    """A store with everything in it, and the report of every file."""

    store: PlainStore
    reports: dict[str, Report]
    facts: dict[str, list[Fact]]  # what counts in the end, by subject


def take(drill: Drill, areas: Areas) -> Taken:
    """Every file, in the order they came."""
    store, catalogue = PlainStore(), Catalogue.shipped()
    reports = {}
    for file in drill.files:
        mapping = read_mapping(mapping_file(file.mapping), catalogue)
        reports[file.path.name] = intake(
            file.path, mapping, store, now=drill.end_at, areas=areas, batch=100_000
        )
    records = store.facts(drill.end_at)
    same = canonical(records)
    facts = defaultdict(list)
    for fact in effective(records):
        facts[same.get(fact.subject, fact.subject)].append(fact)
    return Taken(store, reports, dict(facts))


def derived(taken: Taken, areas: Areas) -> list[tuple[Loop, Library]]:
    """Every loop there is, by the definition; contacts told of a positive one are derived again."""
    library = Library.shipped(areas.region.zone)
    rules = rules_of(library, areas)
    world = world_of(areas, rules)
    told: dict[str, list[Fact]] = {}
    loops: dict[str, tuple[Loop, ...]] = {}
    waiting = set(taken.facts)
    while waiting:
        tellings = []
        for subject in sorted(waiting):
            found = derive_subject(
                rules, taken.facts[subject], subject=subject, world=world, told=told.get(subject, ())
            )
            loops[subject] = found.loops
            tellings += found.tellings
        waiting = set()
        for telling in tellings:
            for subject, facts in taken.facts.items():
                related = (f for f in facts if matches(telling.relation, f))
                if any(f.data.get(telling.field) == telling.about for f in related):
                    told.setdefault(subject, []).append(telling.to(subject))
                    waiting.add(subject)
    return [(loop, library) for of_subject in loops.values() for loop in of_subject]


def breaks(taken: Taken, areas: Areas) -> Iterator[Break]:
    """Every break the definition finds, as the score wants it."""
    for loop, library in derived(taken, areas):
        roles = {
            (v.version, o.key): o.by.role for v in library.everywhere(loop.protocol) for o in v.obligations
        }
        for duty in loop.duties:
            yield Break(
                protocol=loop.protocol,
                subject=loop.subject,
                key=duty.key,
                n=duty.n,
                from_at=broken_from(duty),
                until_at=broken_until(duty),
                role=roles[duty.version, duty.key],
                place=duty.place,
            )
