"""Cases, from the positive test to the second visit after discharge, and whom they had met."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fengsui.drill import rules
from fengsui.drill.breaks import Kind, deal
from fengsui.drill.chance import MINUTE
from fengsui.drill.people import Person
from fengsui.drill.positive import Positive
from fengsui.drill.rules import DAY, HOUR
from fengsui.drill.story import Owner, Scene, Story
from fengsui.kit.instant import NEVER

STAY_DAYS = 15  # in hospital, before the review that finds them fit
BETWEEN_REVIEWS = (40 * HOUR, 60 * HOUR)
FEWEST, MOST = 5, 12  # close contacts of a local case


@dataclass(frozen=True, slots=True)
class Known:
    """A case whose core facts are known: from then on contacts are listed."""

    person: Person
    place: str
    investigated_at: int


def local_positives(scene: Scene, n: int) -> list[Positive]:
    """``n`` people found in fever clinics between the start and the end."""
    chance = scene.chance
    moments = sorted(scene.start_at + chance.minutes(0, scene.end_at - scene.start_at) for _ in range(n))
    found = []
    for at in moments:
        person = scene.people.resident()
        found.append(Positive(person, f"{person.home}/hospital-01", at))
    return found


def cases(scene: Scene, positives: Iterable[Positive], *, local: bool) -> list[Known]:
    """What is done about people who tested positive. ``local``: found in a clinic, not in isolation."""
    known = sorted((p for p in positives if p.at < scene.end_at), key=lambda p: (p.at, p.person.number))
    openings = [positive.at for positive in known]
    dealt = deal("case", openings, end_at=scene.end_at, per_10k=scene.per_10k, chance=scene.chance)
    return [_lived(scene, one, broken=dealt.get(i), local=local) for i, one in enumerate(known)]


def _lived(scene: Scene, found: Positive, *, broken: Kind | None, local: bool) -> Known:
    story = Story.of_person(scene, found.person, protocol=rules.CASE, broken=broken)
    chance, place = story.chance, found.place
    banner = scene.world.banner(place)
    clinic, cdc = ("hospital", place), ("cdc", banner)
    if local:
        story.test(found.at, place=place, laboratory=scene.world.laboratory(place), result="positive")
        story.tell("drill-cdc", found.at, what="confirmed", place=place)
    else:
        story.tell(
            "drill-cdc", found.at + chance.minutes(6 * HOUR, 30 * HOUR), what="asymptomatic", place=place
        )
    _reported(story, found, clinic=clinic, cdc=cdc)
    core_at = story.do(
        "core",
        due=found.at + rules.CORE_WITHIN,
        at=found.at + chance.minutes(HOUR, 225 * MINUTE),
        owner=cdc,
    )
    story.tell("drill-cdc", core_at, what="core", place=place)
    hospital_at = story.do(
        "hospital",
        due=found.at + rules.HOSPITAL_WITHIN,
        at=found.at + chance.minutes(40 * MINUTE, 115 * MINUTE),
        owner=("transfer", banner),
    )
    _treated(story, found, hospital_at=hospital_at, cdc=cdc)
    return Known(found.person, place, core_at)


def _reported(story: Story, found: Positive, *, clinic: Owner, cdc: Owner) -> None:
    """The report, its three levels of checking, and the investigation that counts from it."""
    world, chance, place = story.scene.world, story.chance, found.place
    reported_at = story.do(
        "reported",
        due=found.at + rules.REPORT_WITHIN,
        at=found.at + chance.minutes(15 * MINUTE, 115 * MINUTE),
        owner=clinic,
    )
    story.tell("drill-cdc", reported_at, what="reported", place=place)
    investigated_at = story.do(
        "investigated",
        due=reported_at + rules.INVESTIGATE_WITHIN,
        at=reported_at + chance.minutes(6 * HOUR, 23 * HOUR),
        owner=cdc,
    )
    story.tell("drill-cdc", investigated_at, what="investigated", place=place)
    checked_at: int | None = reported_at
    areas = {"banner": cdc[1], "league": world.league(place), "region": world.region()}
    for level, area in areas.items():
        if checked_at is None:
            return
        checked_at = story.do(
            f"verified_{level}",
            due=checked_at + rules.VERIFY_WITHIN,
            at=checked_at + chance.minutes(10 * MINUTE, 110 * MINUTE),
            owner=("cdc", area),
        )
        story.tell("drill-cdc", checked_at, what="verified", place=place, level=level)


def _treated(story: Story, found: Positive, *, hospital_at: int, cdc: Owner) -> None:
    """In hospital: the home is disinfected, the patient reviewed, tested twice, discharged, seen again."""
    chance = story.chance
    hospital = f"{cdc[1]}/hospital-01"
    ward = ("hospital", hospital)
    story.tell("drill-cdc", hospital_at, what="hospital", place=hospital)
    disinfected_at = story.do(
        "disinfected",
        due=hospital_at + rules.DISINFECT_WITHIN,
        at=hospital_at + chance.minutes(3 * HOUR, 22 * HOUR),
        owner=cdc,
    )
    story.tell("drill-cdc", disinfected_at, what="disinfected", place=found.place)
    fit_at = _reviewed(story, ward, hospital_at=hospital_at)
    discharged_at = fit_at + chance.minutes(2 * HOUR, 20 * HOUR)
    laboratory = story.scene.world.laboratory(hospital)
    story.test(fit_at - chance.minutes(20 * HOUR, 30 * HOUR), place=hospital, laboratory=laboratory)
    if story.is_broken_as("without-two-negatives"):
        story.book("two_negatives", due=discharged_at, until=NEVER, owner=ward)
    else:
        story.test(fit_at - chance.minutes(56 * HOUR, 70 * HOUR), place=hospital, laboratory=laboratory)
    story.tell("drill-cdc", discharged_at, what="discharged", place=hospital)
    for key, first_day in (("revisit_2", 7), ("revisit_4", 21)):
        opens = discharged_at + first_day * DAY
        seen_at = story.do(key, due=opens + 7 * DAY, at=opens + chance.minutes(DAY, 6 * DAY), owner=ward)
        story.tell("drill-cdc", seen_at, what="revisited", place=hospital)


def _reviewed(story: Story, ward: Owner, *, hospital_at: int) -> int:
    """Every two days or so; returns when the review came that found them fit."""
    at = hospital_at
    while True:
        due = at + rules.REVIEW_EVERY
        at = story.do("reviewed", due=due, at=at + story.chance.minutes(*BETWEEN_REVIEWS), owner=ward)
        fit = at >= hospital_at + STAY_DAYS * DAY
        story.tell("drill-cdc", at, what="reviewed", place=ward[1], fit="true" if fit else "false")
        if fit:
            return at


def exposures(scene: Scene, known: Sequence[Known]) -> list[tuple[Known, int]]:
    """Whom the cases had met: for each contact the case, and when they met last, on a morning."""
    chance, calendar = scene.chance, scene.calendar
    met = []
    for case in known:
        for _ in range(chance.whole(FEWEST, MOST)):
            day = calendar.day(case.investigated_at) - chance.whole(1, 4)
            met.append((case, calendar.midnight(day) + chance.minutes(8 * HOUR, 11 * HOUR)))
    return met
