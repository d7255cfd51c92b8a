"""People who come back from medium- and high-risk areas: fourteen days in a site, or at home."""

from dataclasses import dataclass

from fengsui.drill import rules
from fengsui.drill.breaks import Kind, deal
from fengsui.drill.chance import MINUTE
from fengsui.drill.isolation import (
    Stay,
    admit,
    arrival_by_night_too,
    community,
    is_not_tested,
    is_tested,
    received_at_home,
    release,
)
from fengsui.drill.people import Person
from fengsui.drill.positive import Positive
from fengsui.drill.rules import DAY
from fengsui.drill.story import Scene, Story, cells_of
from fengsui.drill.world import Outbreak
from fengsui.kit.instant import NEVER, parse

POSITIVE = 0.003
POSITIVE_ON = 4


@dataclass(frozen=True, slots=True)
class Return:
    """Somebody arrives from a city in a banner of the region."""

    at: int
    city: Outbreak
    here: str


def returns(scene: Scene, n: int, *, from_at: int) -> list[Positive]:
    """``n`` people from risk areas (and some from elsewhere); those who test positive come back."""
    chance, world = scene.chance, scene.world
    moments = sorted(from_at + chance.minutes(0, scene.end_at - from_at) for _ in range(n))
    coming = [Return(at, world.outbreaks.turn(chance), world.gateways.turn(chance)) for at in moments]
    found = []
    for tier, lived in (("high", _in_a_site), ("medium", _at_home)):
        bound = [one for one in coming if one.city.tier == tier]
        openings = [one.at for one in bound]
        flow = f"returnee-{tier}"
        dealt = deal(flow, openings, end_at=scene.end_at, per_10k=scene.per_10k, chance=chance)
        found += [lived(scene, one, broken=dealt.get(i)) for i, one in enumerate(bound)]
    for one in coming:
        if one.city.tier == "low":
            _arrive(scene, one, person=scene.people.resident())
    return [positive for positive in found if positive is not None]


def _arrive(scene: Scene, coming: Return, *, person: Person) -> None:
    """The row every traveller leaves, also those nothing is asked of."""
    city = coming.city
    route = f"DR{scene.chance.whole(1000, 9999)}"
    said = {"from": city.name, "tier": city.tier, "route": route, "here": coming.here, "home": person.home}
    scene.post.send("drill-returnees", coming.at, cells={**cells_of(person), **said})


def _test_days(story: Story, here: str, *, anchored_at: int) -> tuple[int, ...]:
    """The days of the tests: by the local order that held there when they began to be owed, if one did."""
    zone, world = story.calendar.zone, story.scene.world
    around = (world.banner(here), world.league(here))
    stricter = any(
        area in around and parse(began, zone=zone)[0] <= anchored_at < parse(ended, zone=zone)[0]
        for area, began, ended in rules.STRICTER
    )
    return rules.STRICTER_TEST_DAYS if stricter else rules.CENTRAL_TEST_DAYS


def _positive_on(story: Story) -> int:
    return POSITIVE_ON if story.broken is None and story.chance.hits(POSITIVE) else 0


def _in_a_site(scene: Scene, coming: Return, *, broken: Kind | None) -> Positive | None:
    person = scene.people.resident()
    story = Story.of_person(scene, person, protocol=rules.RETURNEE, broken=broken)
    _arrive(scene, coming, person=person)
    admitted_at = story.do(
        "transfer",
        due=coming.at + rules.TRANSFER_WITHIN,
        at=arrival_by_night_too(story, coming.at),
        owner=("transfer", scene.world.banner(coming.here)),
    )
    if admitted_at is None:
        return None
    stay = admit(story, f"{coming.here}/isolation-{scene.chance.whole(1, 4):02d}", at=admitted_at)
    days = _test_days(story, coming.here, anchored_at=admitted_at)
    positive_at = is_tested(story, stay, key="pcr", days=days, positive_on=_positive_on(story))
    if positive_at is not None:
        return Positive(person, stay.place, positive_at)
    released_at = _released(story, stay, key="release", form="drill-sites")
    if released_at is not None:
        received_at_home(story, person.home, released_at=released_at)
    return None


def _at_home(scene: Scene, coming: Return, *, broken: Kind | None) -> Positive | None:
    person = scene.people.resident()
    story = Story.of_person(scene, person, protocol=rules.RETURNEE, broken=broken)
    _arrive(scene, coming, person=person)
    stay = Stay(community(person.home), ("community", person.home), coming.at)
    days = _test_days(story, coming.here, anchored_at=coming.at)
    if story.is_broken_as("returnee-vanished"):
        _vanish(story, stay, days=days)
        return None
    received_at_home(story, person.home, released_at=coming.at, key="home_received")
    positive_at = is_tested(story, stay, key="home_pcr", days=days, positive_on=_positive_on(story))
    if positive_at is not None:
        return Positive(person, stay.place, positive_at)
    _released(story, stay, key="home_release", form="drill-community")
    return None


def _released(story: Story, stay: Stay, *, key: str, form: str) -> int | None:
    """Late in the evening of day 14, when the last result is there."""
    begin, due = story.calendar.nth_day(stay.began_at, rules.CENTRAL_DAYS)
    planned = begin + story.chance.minutes(DAY - 90 * MINUTE, DAY - MINUTE)
    released_at = story.do(key, due=due, at=planned, owner=stay.owner, n=rules.CENTRAL_DAYS)
    release(story, stay, at=released_at, form=form)
    return released_at


def _vanish(story: Story, stay: Stay, *, days: tuple[int, ...]) -> None:
    """Nobody ever sees them: no reception, no tests, no release."""
    due = stay.began_at + rules.RECEIVED_WITHIN
    story.book("home_received", due=due, until=NEVER, owner=stay.owner)
    is_not_tested(story, stay, key="home_pcr", days=days)
    last = story.calendar.nth_day(stay.began_at, rules.CENTRAL_DAYS)[1]
    story.book("home_release", due=last, until=NEVER, owner=stay.owner, n=rules.CENTRAL_DAYS)
