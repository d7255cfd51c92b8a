"""A story: what happens to one person, consignment or hazard, deed by deed, and what of it is not done."""

from collections.abc import Mapping
from dataclasses import dataclass

from fengsui.drill.breaks import LATE, NEVER_DONE, Kind
from fengsui.drill.calendar import Calendar
from fengsui.drill.chance import Chance
from fengsui.drill.people import People, Person
from fengsui.drill.post import Post
from fengsui.drill.truth import Break, Injected, Truth
from fengsui.drill.world import Laboratory, World
from fengsui.kit.instant import NEVER

Owner = tuple[str, str]  # role, place


@dataclass(frozen=True)
class Scene:
    """What all stories of a drill share. They begin at ``start_at`` and are cut off at ``end_at``."""

    world: World
    people: People
    post: Post
    truth: Truth
    chance: Chance
    calendar: Calendar
    start_at: int
    end_at: int
    per_10k: float  # breaks in ten thousand loops


class Story:
    """One loop as it is lived. ``who`` are the cells that identify its subject in every file."""

    def __init__(
        self,
        scene: Scene,
        protocol: str,
        *,
        subject: str,
        who: Mapping[str, object],
        broken: Kind | None = None,
    ) -> None:
        self.scene, self.protocol, self.subject = scene, protocol, subject
        self.broken = broken
        self.tested: list[tuple[int, str]] = []  # when, by which laboratory
        self._who = who
        self.chance, self.calendar = scene.chance, scene.calendar
        loops = scene.truth.loops
        loops[protocol] = loops.get(protocol, 0) + 1

    @classmethod
    def of_person(cls, scene: Scene, person: Person, *, protocol: str, broken: Kind | None = None) -> "Story":
        """The story of one person under one protocol."""
        return cls(scene, protocol, subject=person.subject, who=cells_of(person), broken=broken)

    def is_broken_as(self, name: str) -> bool:
        """Whether the break of this story is of that kind."""
        return self.broken is not None and self.broken.name == name

    def tell(self, form: str, at: int | None, **cells: object) -> None:
        """A source records a deed. Nothing is recorded of what never happens."""
        if at is not None:
            self.scene.post.send(form, at, cells={**self._who, **cells})

    def do(self, key: str, *, due: int, at: int, owner: Owner, n: int = 0, until: int = NEVER) -> int | None:
        """When a duty is done: at ``at``, or as this story's break says: late, or never (None).

        ``due`` is when it has to be done by, ``until`` when doing it stops counting. A story whose plan
        is late without having been broken is a mistake of the drill itself: ValueError.
        """
        broken = self.broken
        if broken is not None and (broken.key, broken.n, broken.protocol) == (key, n, self.protocol):
            if broken.how == NEVER_DONE:
                self.book(key, due=due, until=until, owner=owner, n=n)
                return None
            if broken.how == LATE:
                done = due + self.chance.minutes(broken.least, broken.most)
                self.book(key, due=due, until=done, owner=owner, n=n)
                return done
        if at >= due:
            raise ValueError(f"the drill planned {self.protocol} {key} {n} for {at}, due {due}")
        return at

    def book(self, key: str, *, due: int, until: int, owner: Owner, n: int = 0) -> None:
        """Write a break into the truth, if it begins before the drill is over."""
        if due > self.scene.end_at:
            return
        role, place = owner
        broken = Break(self.protocol, self.subject, key, n, due, until, role, place)
        self.scene.truth.breaks.append(Injected(self.broken.name, broken))

    def test(self, at: int | None, *, place: str, laboratory: Laboratory, result: str = "negative") -> None:
        """A laboratory reports the result of a swab that was taken at ``place``."""
        if at is None:
            return
        chance = self.chance
        self.tested.append((at, laboratory.name))
        self.tell(
            laboratory.name,
            at,
            sample=f"{laboratory.name[4].upper()}{chance.whole(10**8, 10**9)}",
            place=place,
            specimen="nasopharyngeal",
            result=result,
            ct=f"{18 + 16 * chance.unit():.1f}" if result == "positive" else "",
            reagent=laboratory.reagent,
        )


def cells_of(person: Person, *, prefix: str = "") -> dict[str, object]:
    """A person as the columns of a file name them; ``prefix`` for those of somebody else in the row."""
    return {
        f"{prefix}{person.scheme}": person.number,
        f"{prefix}country": person.country,
        **({} if prefix else {"name": person.name}),
    }
