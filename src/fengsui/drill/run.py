"""A whole drill: the weeks of a region that never was, as source files, and the truth beside them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fengsui.drill.calendar import Calendar
from fengsui.drill.cases import cases, exposures, local_positives
from fengsui.drill.chance import Chance
from fengsui.drill.cold_chain import consignments
from fengsui.drill.contacts import close_contacts, secondary_contacts
from fengsui.drill.forms import FORMS, Form
from fengsui.drill.hazards import hazards
from fengsui.drill.inbound import arrivals
from fengsui.drill.noise import USUAL, Noise, Spoiler
from fengsui.drill.pack_forms import form_of, write_mapping
from fengsui.drill.packs import play_packs
from fengsui.drill.people import People
from fengsui.drill.plots import plot_books
from fengsui.drill.post import File, Post
from fengsui.drill.returnees import returns
from fengsui.drill.rules import DAY, HOUR, IN_FORCE
from fengsui.drill.story import Scene
from fengsui.drill.truth import Silence, Truth
from fengsui.drill.world import World, world_of
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.areas import Areas
from fengsui.kit.errors import BadInput, Finding
from fengsui.kit.instant import parse

TRUTH = "truth.ndjson"
SILENT = 2 * DAY
# Of all loops; a local case comes with about eight close contacts and twenty secondary ones.
SHARES = {"inbound": 0.3, "returnees": 0.28, "cases": 0.006, "cold_chain": 0.1, "hazards": 0.17}
STATEMENT_AFTER = 20 * HOUR + 10 * 60  # from midnight; results take 20 hours at most


Progress = Callable[[str, float], None]  # what is being done, and how much of all is done, 0 to 1


def quiet(step: str, share: float) -> None:
    """Progress nobody looks at."""


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill as it lies on disk: its files in the order they came, and its truth."""

    files: tuple[File, ...]
    truth_path: Path
    truth: Truth

    @property
    def end_at(self) -> int:
        """As of when the truth holds: every record there is has been made by then."""
        return self.truth.end_at


def generate(
    out_dir: Path,
    *,
    rng: np.random.Generator,
    areas: Areas,
    start: str = "2021-08-01",
    days: int = 21,
    run_in: int = 14,
    loops: int = 6000,
    packs: float = 1.0,
    breaks_per_10k: float = 150.0,
    noise: Noise = USUAL,
    progress: Progress = quiet,
) -> Drill:
    """Write the files of a drill and its truth into a folder; the same seed writes the same bytes.

    ``start``: the first civil day; ``days``: how many; ``run_in``: how many days before the start people
    were already coming, so that the sites are not empty. ``loops``: about how many are opened; the packs'
    plots come on top, ``packs`` times their usual share. Raises NotFound for a region without a world,
    BadInput for a time whose rules the drill does not know.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    calendar = Calendar(areas.region.zone, country=areas.region.country)
    start_at, _ = parse(start, zone=areas.region.zone)
    first_day = calendar.day(start_at)
    end_at = calendar.midnight(first_day + days)
    from_at = calendar.midnight(first_day - run_in)
    _check_rules_hold(calendar, from_at=from_at, end_at=end_at)
    for_places, for_people, for_files, for_stories = (Chance(one) for one in rng.spawn(4))
    world = world_of(areas)
    silence = _silence(world, calendar, first_day=first_day, days=days, chance=for_places)
    forms = {book.form: form_of(book, Catalogue.shipped()) for book in plot_books()}
    spoiler = Spoiler(noise, for_files, calendar=calendar, areas=areas, end_at=end_at, silence=silence)
    scene = Scene(
        world=world,
        people=People(world.homes, for_people),
        post=Post(spoiler, forms=FORMS | forms, end_at=end_at),
        truth=Truth(areas.region.key, start_at, end_at, silence),
        chance=for_stories,
        calendar=calendar,
        start_at=start_at,
        end_at=end_at,
        per_10k=breaks_per_10k,
    )
    _play(scene, loops, from_at=from_at, progress=progress)
    play_packs(scene, loops * packs, from_at=from_at)
    _state_completeness(scene, first_day - run_in, silence=silence)
    files, scene.truth.refused[:] = scene.post.write(out_dir, calendar, progress=_second_half(progress))
    files = _with_mappings(files, forms, folder=out_dir, zone=areas.region.zone)
    scene.truth.write(out_dir / TRUTH)
    return Drill(tuple(files), out_dir / TRUTH, scene.truth)


def _with_mappings(files: list[File], forms: Mapping[str, Form], *, folder: Path, zone: str) -> list[File]:
    """The files, those of the packs with the mapping that is written beside them."""
    catalogue, sent = Catalogue.shipped(), {file.mapping for file in files}
    written = {
        book.form: str(write_mapping(book, forms[book.form], catalogue=catalogue, folder=folder, zone=zone))
        for book in plot_books()
        if book.form in sent
    }
    return [replace(file, mapping=written.get(file.mapping, file.mapping)) for file in files]


def _check_rules_hold(calendar: Calendar, *, from_at: int, end_at: int) -> None:
    """Raise BadInput if the drill reaches out of the time its rules were in force."""
    began, ended = (parse(day, zone=calendar.zone)[0] for day in IN_FORCE)
    if not began <= from_at <= end_at <= ended:
        found = f"{calendar.written(from_at, 'minutes')} to {calendar.written(end_at, 'minutes')}"
        finding = Finding("drill", "start, run_in, days", found, f"a time between {' and '.join(IN_FORCE)}")
        raise BadInput("The drill knows the rules of the 8th edition only.", (finding,))


def _play(scene: Scene, loops: int, *, from_at: int, progress: Progress) -> None:
    """All flows, each as large as its share; people who test positive go from one to the next."""
    share = {flow: round(loops * part) for flow, part in SHARES.items()}
    progress("people", 0.0)
    positives = arrivals(scene, share["inbound"], from_at=from_at)
    positives += returns(scene, share["returnees"], from_at=from_at)
    known = cases(scene, local_positives(scene, share["cases"]), local=True)
    progress("contacts", 0.3)
    contacts = close_contacts(scene, exposures(scene, known))
    secondary_contacts(scene, contacts)
    positives += [contact.positive for contact in contacts if contact.positive is not None]
    cases(scene, positives, local=False)
    progress("goods and hazards", 0.4)
    consignments(scene, share["cold_chain"], from_at=from_at)
    hazards(scene, share["hazards"], from_at=from_at)


def _second_half(progress: Progress) -> Progress:
    return lambda step, share: progress(step, 0.5 + share / 2)


def _silence(
    world: World, calendar: Calendar, *, first_day: int, days: int, chance: Chance
) -> Silence | None:
    """Two days from a midnight on in the middle of the drill in which one laboratory sends nothing."""
    if days < 8:
        return None
    from_at = calendar.midnight(first_day + chance.whole(3, days - 4))
    return Silence(chance.one_of(world.laboratories).name, from_at, from_at + SILENT)


def _state_completeness(scene: Scene, day: int, *, silence: Silence | None) -> None:
    """Every evening each laboratory says that all results up to the last midnight have been sent."""
    for laboratory in scene.world.laboratories:
        midnight = scene.calendar.midnight(day)
        last = scene.end_at - 60
        for said_at in (*range(midnight + STATEMENT_AFTER, last, DAY), last):
            until = scene.end_at if said_at == last else said_at - STATEMENT_AFTER
            silent = silence is not None and silence.source == laboratory.name
            if not (silent and silence.from_at <= said_at < silence.until_at):
                said = {"source": laboratory.name, "until": until}
                scene.post.state("drill-status", said_at, cells=said)
