"""People who come in from abroad: manifest, port sample, fourteen days central, seven at home."""

from fengsui.drill import rules
from fengsui.drill.breaks import deal
from fengsui.drill.chance import MINUTE
from fengsui.drill.isolation import (
    Stay,
    admit,
    arrival_at_site,
    is_tested,
    release,
    swab_twice,
    week_at_home,
)
from fengsui.drill.people import Person
from fengsui.drill.positive import Positive
from fengsui.drill.rules import DAY, HOUR
from fengsui.drill.story import Scene, Story
from fengsui.drill.world import Line, Port
from fengsui.kit.instant import NEVER

POSITIVE = 0.004  # share of arrivals
FOREIGN = 0.3
TWO_DOCUMENTS = 0.02  # of residents: the border has a passport, the registry finds who it is
FOUND_WITHIN = 3 * DAY
*NORMAL_DAYS, EXIT_DAY = rules.CENTRAL_TEST_DAYS
NOT_TESTED_TWICE = ("exit-tests-missing", "one-laboratory")


def arrivals(scene: Scene, n: int, *, from_at: int) -> list[Positive]:
    """``n`` people on lines that run from ``from_at`` to the end; those who test positive come back."""
    coming = sorted((_coming(scene, from_at) for _ in range(n)), key=lambda arrival: arrival[0])
    openings = [at for at, _, _ in coming]
    dealt = deal("inbound", openings, end_at=scene.end_at, per_10k=scene.per_10k, chance=scene.chance)
    positives = []
    for i, (at, port, line) in enumerate(coming):
        person = _traveller(scene, at)
        story = Story.of_person(scene, person, protocol=rules.INBOUND, broken=dealt.get(i))
        _enter(story, person, port=port, line=line, entry_at=at)
        found = _lived(story, person, port=port, entry_at=at)
        positives += [found] if found else []
    return positives


def _coming(scene: Scene, from_at: int) -> tuple[int, Port, Line]:
    """One arrival: some line of some port on some day, up to an hour late."""
    chance, calendar = scene.chance, scene.calendar
    port = scene.world.ports.turn(chance)
    line = chance.one_of(port.lines)
    day = chance.whole(calendar.day(from_at), calendar.day(scene.end_at - 1) + 1)
    at = calendar.midnight(day) + line.after_midnight + chance.minutes(0, 70 * MINUTE)
    return min(at, scene.end_at - MINUTE), port, line


def _traveller(scene: Scene, entry_at: int) -> Person:
    if scene.chance.hits(FOREIGN):
        return scene.people.foreigner()
    # Until the registry has found out, the border's traveller and the site's guest are two people, and
    # both have breaks. At the end that must not be so, so nobody comes with two documents too late.
    in_time = entry_at + FOUND_WITHIN < scene.end_at
    return scene.people.resident(by_passport=in_time and scene.chance.hits(TWO_DOCUMENTS))


def _enter(story: Story, person: Person, *, port: Port, line: Line, entry_at: int) -> None:
    said = {"origin": line.origin, "port": port.code, "home": person.home}
    if person.passport:
        said |= {"id_card": "", "passport": person.passport}
        found_at = entry_at + story.chance.minutes(2 * HOUR, FOUND_WITHIN)
        other = {"other_passport": person.passport, "other_country": person.country}
        story.tell("drill-registry", found_at, **other)
    if port.way == "flight":
        seat = f"{story.chance.whole(11, 60)}{story.chance.one_of('ABCDEFHJKL')}"
        story.tell("drill-manifest", entry_at, flight=line.number, seat=seat, **said)
        return
    number = line.number if port.way == "train" else f"{line.number}{story.chance.whole(1000, 9999)}"
    way = "铁路" if port.way == "train" else "公路"
    story.tell("drill-crossing", entry_at, way=way, flight=number, **said)


def _lived(story: Story, person: Person, *, port: Port, entry_at: int) -> Positive | None:
    chance = story.chance
    sampled_at = story.do(
        "sampled",
        due=entry_at + rules.PORT_SAMPLE_WITHIN,
        at=entry_at + chance.minutes(15 * MINUTE, 100 * MINUTE),
        owner=("customs", port.code),
    )
    sample = f"P{chance.whole(10**8, 10**9)}"
    story.tell("drill-customs", sampled_at, port=port.code, sample=sample, specimen="nasopharyngeal")
    admitted_at = story.do(
        "transfer",
        due=entry_at + rules.TRANSFER_WITHIN,
        at=arrival_at_site(story, entry_at),
        owner=("transfer", port.banner),
    )
    if admitted_at is None:
        return None
    stay = admit(story, chance.one_of(port.sites).code, at=admitted_at)
    positive_on = chance.one_of(NORMAL_DAYS) if story.broken is None and chance.hits(POSITIVE) else 0
    positive_at = is_tested(story, stay, key="pcr", days=NORMAL_DAYS, then=EXIT_DAY, positive_on=positive_on)
    if positive_at is not None:
        return Positive(person, stay.place, positive_at)
    lost = story.is_broken_as("lost-after-release")
    week_at_home(story, person.home, released_at=_leave(story, stay), lost=lost)
    if story.broken is not None and story.broken.name in NOT_TESTED_TWICE:
        _book_double_test(story, stay)
    return None


def _leave(story: Story, stay: Stay) -> int | None:
    """Day 14: two laboratories, then the release. Returns when they were released, None if they were not."""
    begin, due = story.calendar.nth_day(stay.began_at, EXIT_DAY)
    if story.is_broken_as("exit-tests-late"):
        return _leave_a_day_late(story, stay, due=due)
    planned = begin + story.chance.minutes(14 * HOUR, 21 * HOUR)
    released_at = story.do("release", due=due, at=planned, owner=stay.owner, n=EXIT_DAY)
    if story.is_broken_as("exit-tests-missing"):
        # The test at home opens the day after the release, which is when day 14 ends.
        story.book("pcr", due=due, until=due, owner=stay.owner, n=EXIT_DAY)
    else:
        swab_twice(story, stay.place, at=_exit_tests_at(story, begin), same_as="one-laboratory")
    release(story, stay, at=released_at)
    return released_at


def _exit_tests_at(story: Story, begin: int) -> tuple[int, int]:
    """Two swabs of one morning."""
    first_at = begin + story.chance.minutes(9 * HOUR, 11 * HOUR)
    return first_at, first_at + story.chance.minutes(MINUTE, 150 * MINUTE)


def _leave_a_day_late(story: Story, stay: Stay, *, due: int) -> int:
    first_at, second_at = _exit_tests_at(story, due)
    swab_twice(story, stay.place, at=(first_at, second_at), same_as="")
    released_at = due + story.chance.minutes(14 * HOUR, 21 * HOUR)
    for key, until in (("pcr", first_at), ("double_test", second_at), ("release", released_at)):
        story.book(key, due=due, until=until, owner=stay.owner, n=EXIT_DAY)
    release(story, stay, at=released_at)
    return released_at


def _book_double_test(story: Story, stay: Stay) -> None:
    """The double test was owed on day 14; a later test at home by another laboratory makes up for it."""
    begin, due = story.calendar.nth_day(stay.began_at, EXIT_DAY)
    results = [(at, laboratory) for at, laboratory in story.tested if at >= begin]
    until = next((at for at, laboratory in results if laboratory != results[0][1]), NEVER)
    story.book("double_test", due=due, until=until, owner=stay.owner, n=EXIT_DAY)
