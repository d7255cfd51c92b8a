"""Days in isolation and after it, as all protocols for persons share them: tests, reception, home."""

from collections.abc import Sequence
from dataclasses import dataclass

from fengsui.drill import rules
from fengsui.drill.chance import MINUTE
from fengsui.drill.rules import HOUR
from fengsui.drill.story import Owner, Story
from fengsui.kit.instant import NEVER

EVENING, MORNING = 20, 6  # sites take nobody in between these hours


@dataclass(frozen=True, slots=True)
class Stay:
    """Where somebody is kept and tested: the place of the tests, who owes them, when day 1 was."""

    place: str
    owner: Owner
    began_at: int


def arrival_at_site(story: Story, left_at: int) -> int:
    """When a transfer that sets out at ``left_at`` ends: two to five hours later, or in the morning."""
    chance, calendar = story.chance, story.calendar
    at = left_at + chance.minutes(2 * HOUR, 5 * HOUR)
    hour = calendar.hour(at)
    if MORNING <= hour < EVENING:
        return at
    day = calendar.day(at) + (hour >= EVENING)
    return calendar.midnight(day) + MORNING * HOUR + chance.minutes(5 * MINUTE, 50 * MINUTE)


def arrival_by_night_too(story: Story, left_at: int) -> int:
    """When a transfer ends that may arrive at any hour: two to nine hours later."""
    return left_at + story.chance.minutes(2 * HOUR, 9 * HOUR)


def admit(story: Story, code: str, *, at: int) -> Stay:
    """Somebody moves into an isolation site."""
    room = str(story.chance.whole(101, 999))
    story.tell("drill-sites", at, what="admitted", place=code, room=room)
    return Stay(code, ("site", code), at)


def release(story: Story, stay: Stay, *, at: int | None, form: str = "drill-sites") -> None:
    """Somebody leaves with a certificate."""
    certificate = f"JC{story.chance.whole(10**6, 10**7)}"
    story.tell(form, at, what="released", place=stay.place, certificate=certificate)


def result_on(story: Story, stay: Stay, *, n: int) -> tuple[int, int, int]:
    """When the result of day n comes, and that day's [begin, end)."""
    begin, end = story.calendar.nth_day(stay.began_at, n)
    at = max(begin + story.chance.minutes(13 * HOUR, 22 * HOUR), stay.began_at + 20 * MINUTE)
    return min(at, end - MINUTE), begin, end


def is_tested(
    story: Story, stay: Stay, *, key: str, days: Sequence[int], then: int = 0, positive_on: int = 0
) -> int | None:
    """The tests of a stay, one on each of ``days``; when one is positive the rest is not done.

    ``then``: the day on which the test after these opens, if there is one. Returns when the positive
    result came, None if none did.
    """
    laboratory = story.scene.world.laboratory(stay.place)
    for n, following in zip(days, (*days[1:], then), strict=True):
        at, _, due = result_on(story, stay, n=n)
        if n == positive_on:
            story.test(at, place=stay.place, laboratory=laboratory, result="positive")
            return at
        until = _opening(story, stay, n=following)
        done = story.do(key, due=due, at=at, owner=stay.owner, n=n, until=until)
        story.test(done, place=stay.place, laboratory=laboratory)
    return None


def is_not_tested(story: Story, stay: Stay, *, key: str, days: Sequence[int]) -> None:
    """None of these tests is done: each stays broken until the next one opens, the last for good."""
    for n, following in zip(days, (*days[1:], 0), strict=True):
        due = story.calendar.nth_day(stay.began_at, n)[1]
        story.book(key, due=due, until=_opening(story, stay, n=following), owner=stay.owner, n=n)


def swab_twice(story: Story, place: str, *, at: tuple[int, int], same_as: str) -> None:
    """The two swabs before a release; in a story broken as ``same_as`` one laboratory has both."""
    world = story.scene.world
    first_at, second_at = at
    story.test(first_at, place=place, laboratory=world.laboratory(place))
    second = not story.is_broken_as(same_as)
    story.test(second_at, place=place, laboratory=world.laboratory(place, second=second))


def received_at_home(story: Story, home: str, *, released_at: int, key: str = "received") -> None:
    """The community takes somebody over who was released, or who has come to stay at home."""
    done = story.do(
        key,
        due=released_at + rules.RECEIVED_WITHIN,
        at=released_at + story.chance.minutes(3 * HOUR, 20 * HOUR),
        owner=("community", home),
    )
    story.tell("drill-community", done, what="received", place=community(home))


def week_at_home(story: Story, home: str, *, released_at: int | None, lost: bool) -> None:
    """Back home: taken over and tested twice; or lost on the way, and then nothing of it."""
    if released_at is None:
        return
    stay = Stay(community(home), ("community", home), released_at)
    if not lost:
        received_at_home(story, home, released_at=released_at)
        is_tested(story, stay, key="home", days=rules.HOME_TEST_DAYS)
        return
    due = released_at + rules.RECEIVED_WITHIN
    story.book("received", due=due, until=NEVER, owner=stay.owner)
    is_not_tested(story, stay, key="home", days=rules.HOME_TEST_DAYS)


def community(home: str) -> str:
    """Where the community of a banner does its work."""
    return f"{home}/community-01"


def _opening(story: Story, stay: Stay, *, n: int) -> int:
    """When day n of a stay begins; NEVER where there is no such day."""
    return story.calendar.nth_day(stay.began_at, n)[0] if n else NEVER
