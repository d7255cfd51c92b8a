"""Contacts of cases, and their contacts: taken in, tested, and free when the period is over."""

from collections.abc import Sequence
from dataclasses import dataclass

from fengsui.drill import rules
from fengsui.drill.breaks import Kind, deal
from fengsui.drill.cases import Known
from fengsui.drill.chance import MINUTE
from fengsui.drill.isolation import (
    Stay,
    admit,
    arrival_by_night_too,
    community,
    is_tested,
    received_at_home,
    release,
    result_on,
    swab_twice,
    week_at_home,
)
from fengsui.drill.people import Person
from fengsui.drill.positive import Positive
from fengsui.drill.rules import DAY, HOUR
from fengsui.drill.story import Owner, Scene, Story, cells_of

POSITIVE = 0.03  # share of close contacts
POSITIVE_ON = 4  # while the period of those listed for them still runs
SECONDARIES = (0, 1, 2, 2, 3, 4, 5)  # how many a close contact has
*NORMAL_DAYS, EXIT_DAY = rules.CENTRAL_TEST_DAYS


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody who is to be listed: whose contact, when, and when they met last."""

    index: Person
    listed_at: int
    exposed_at: int


@dataclass(frozen=True, slots=True)
class CloseContact:
    """A close contact as others know them: who, when they were listed, and when they turned positive."""

    person: Person
    listed_at: int
    positive: Positive | None


def close_contacts(scene: Scene, met: Sequence[tuple[Known, int]]) -> list[CloseContact]:
    """The close contacts of cases, listed within hours of the core investigation."""
    chance = scene.chance
    found = [
        Listed(case.person, case.investigated_at + chance.minutes(30 * MINUTE, 8 * HOUR), exposed_at)
        for case, exposed_at in met
    ]
    found = sorted((x for x in found if x.listed_at < scene.end_at), key=lambda x: x.listed_at)
    openings = [x.listed_at for x in found]
    dealt = deal("close", openings, end_at=scene.end_at, per_10k=scene.per_10k, chance=chance)
    return [_close(scene, x, broken=dealt.get(i)) for i, x in enumerate(found)]


def secondary_contacts(scene: Scene, close: Sequence[CloseContact]) -> None:
    """The contacts of close contacts; when one of those turns positive, theirs become close contacts."""
    chance = scene.chance
    found = [
        (contact, contact.listed_at + chance.minutes(HOUR, 14 * HOUR))
        for contact in close
        for _ in range(chance.one_of(SECONDARIES))
    ]
    found = sorted((x for x in found if x[1] < scene.end_at), key=lambda x: x[1])
    # Those whose contact turned positive are not broken: their story is cut off where the other begins.
    steady = [x for x in found if x[0].positive is None]
    openings = [listed_at for _, listed_at in steady]
    dealt = deal("secondary", openings, end_at=scene.end_at, per_10k=scene.per_10k, chance=chance)
    for i, (contact, listed_at) in enumerate(steady):
        _secondary(scene, contact, listed_at=listed_at, broken=dealt.get(i))
    for contact, listed_at in found:
        if contact.positive is not None:
            _reclassified(scene, contact, listed_at=listed_at)


def _list(story: Story, person: Person, *, listed: Listed, kind: str) -> None:
    """The row that lists a contact; of a close one it also says when the exposure was."""
    story.tell(
        "drill-cdc",
        listed.listed_at,
        what="contact",
        place=person.home,
        home=person.home,
        exposed=listed.exposed_at if kind == "close" else "",
        **{"class": kind, **cells_of(listed.index, prefix="index_")},
    )


def _told_and_taken_in(story: Story, person: Person, *, listed_at: int) -> Stay | None:
    """The notice is served and the person taken to a site of their banner; None if they never are."""
    here = person.home
    notice_at = story.do(
        "notice",
        due=listed_at + rules.NOTICE_WITHIN,
        at=listed_at + story.chance.minutes(20 * MINUTE, 10 * HOUR),
        owner=("community", here),
    )
    story.tell("drill-community", notice_at, what="notice", place=community(here))
    admitted_at = story.do(
        "transfer",
        due=listed_at + rules.TRANSFER_WITHIN,
        at=arrival_by_night_too(story, listed_at),
        owner=("transfer", here),
    )
    if admitted_at is None:
        return None
    return admit(story, f"{here}/isolation-{story.chance.whole(1, 4):02d}", at=admitted_at)


def _close(scene: Scene, listed: Listed, *, broken: Kind | None) -> CloseContact:
    person = scene.people.resident()
    story = Story.of_person(scene, person, protocol=rules.CLOSE, broken=broken)
    _list(story, person, listed=listed, kind="close")
    stay = _told_and_taken_in(story, person, listed_at=listed.listed_at)
    if stay is None:
        return CloseContact(person, listed.listed_at, None)
    positive_on = POSITIVE_ON if broken is None and scene.chance.hits(POSITIVE) else 0
    positive_at = is_tested(story, stay, key="pcr", days=NORMAL_DAYS, then=EXIT_DAY, positive_on=positive_on)
    if positive_at is not None:
        return CloseContact(person, listed.listed_at, Positive(person, stay.place, positive_at))
    free_at = listed.exposed_at + rules.EXPOSURE_PERIOD
    # The last afternoon and evening before the period is over in the morning.
    first_at = free_at - story.chance.minutes(15 * HOUR, 18 * HOUR)
    second_at = first_at + story.chance.minutes(5 * MINUTE, 100 * MINUTE)
    swab_twice(story, stay.place, at=(first_at, second_at), same_as="contact-one-laboratory")
    released_at = _released(story, stay, free_at=free_at, headquarters=("headquarters", person.home))
    if story.is_broken_as("contact-one-laboratory"):
        story.book("double_test", due=free_at, until=released_at, owner=stay.owner)
    lost = story.is_broken_as("contact-lost-after-release")
    week_at_home(story, person.home, released_at=released_at, lost=lost)
    return CloseContact(person, listed.listed_at, None)


def _released(story: Story, stay: Stay, *, free_at: int, headquarters: Owner) -> int:
    """Free once the period is over, within half a day; until then, day 14 is tested if it ends before."""
    released_at = story.do(
        "release",
        due=free_at + rules.RELEASE_AFTER_PERIOD,
        at=free_at + story.chance.minutes(30 * MINUTE, 6 * HOUR),
        owner=headquarters,
    )
    at, begin, due = result_on(story, stay, n=EXIT_DAY)
    already = any(begin <= tested_at < due for tested_at, _ in story.tested)
    if due <= released_at and not already:
        story.test(at, place=stay.place, laboratory=story.scene.world.laboratory(stay.place))
    release(story, stay, at=released_at)
    return released_at


def _secondary(scene: Scene, contact: CloseContact, *, listed_at: int, broken: Kind | None) -> None:
    person = scene.people.resident()
    story = Story.of_person(scene, person, protocol=rules.SECONDARY, broken=broken)
    listed = Listed(contact.person, listed_at, listed_at)
    _list(story, person, listed=listed, kind="secondary")
    stay = _told_and_taken_in(story, person, listed_at=listed_at)
    if stay is None:
        return
    is_tested(story, stay, key="pcr", days=rules.SECONDARY_TEST_DAYS)
    begin, due = story.calendar.nth_day(stay.began_at, rules.SECONDARY_DAYS)
    released_at = story.do(
        "release",
        due=due,
        at=begin + story.chance.minutes(22 * HOUR + 30 * MINUTE, DAY - MINUTE),
        owner=("headquarters", person.home),
        n=rules.SECONDARY_DAYS,
    )
    release(story, stay, at=released_at)
    received_at_home(story, person.home, released_at=released_at)


def _reclassified(scene: Scene, contact: CloseContact, *, listed_at: int) -> None:
    """A secondary contact until theirs tested positive on day 4, and a close contact from then on."""
    person, turned_at = scene.people.resident(), contact.positive.at
    story = Story.of_person(scene, person, protocol=rules.SECONDARY)
    listed = Listed(contact.person, listed_at, listed_at)
    _list(story, person, listed=listed, kind="secondary")
    before = _told_and_taken_in(story, person, listed_at=listed_at)
    for n in rules.SECONDARY_TEST_DAYS:
        at, _, _ = result_on(story, before, n=n)
        if at < turned_at:
            story.test(at, place=before.place, laboratory=scene.world.laboratory(before.place))
    if turned_at >= scene.end_at:
        return
    again = Story.of_person(scene, person, protocol=rules.CLOSE)
    stay = Stay(before.place, before.owner, turned_at)
    is_tested(again, stay, key="pcr", days=NORMAL_DAYS)
    # No exposure is on record, so the period counts from the turn, to the minute.
    free_at = turned_at + rules.EXPOSURE_PERIOD
    first_at = free_at - DAY + again.chance.minutes(5 * MINUTE, 30 * MINUTE)
    second_at = first_at + again.chance.minutes(5 * MINUTE, 30 * MINUTE)
    swab_twice(again, stay.place, at=(first_at, second_at), same_as="")
    released_at = _released(again, stay, free_at=free_at, headquarters=("headquarters", person.home))
    week_at_home(again, person.home, released_at=released_at, lost=False)
