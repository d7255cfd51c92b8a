"""The packs' part of a drill: every plot played so often as its share says, and told in its pack's form."""

from collections.abc import Mapping, Sequence

from fengsui.drill.breaks import Kind
from fengsui.drill.pack_forms import Said, cells_of_deed
from fengsui.drill.plan import Plan, plan
from fengsui.drill.plots import Plot, PlotBook, PlotDuty, plot_books
from fengsui.drill.story import Scene
from fengsui.drill.truth import Break, Injected
from fengsui.facts.catalogue import Catalogue
from fengsui.kit.instant import parse

TRIES = 12  # openings drawn until the break lies before the end


def play_packs(scene: Scene, loops: float, *, from_at: int) -> None:
    """Play every plot of every pack in a drill of about so many loops."""
    catalogue = Catalogue.shipped()
    for book in plot_books():
        for plot in book.plots:
            n = round(loops * plot.share / 10_000)
            _play(scene, plot, book=book, n=n, from_at=from_at, catalogue=catalogue)


def _play(scene: Scene, plot: Plot, *, book: PlotBook, n: int, from_at: int, catalogue: Catalogue) -> None:
    first, last = _days(scene, plot, from_at=from_at)
    if last <= first or not n:
        return
    broken = _dealt(scene, plot, n=n)
    for i in range(n):
        course = _course(scene, plot, broken=broken.get(i), days=(first, last))
        _Told(scene, plot, i=i, book=book, catalogue=catalogue).tell(course, broken.get(i))


def _days(scene: Scene, plot: Plot, *, from_at: int) -> tuple[int, int]:
    """The days on which a plot can open, [first, end)."""
    calendar = scene.calendar
    first, end = calendar.day(from_at), calendar.day(scene.end_at - 1) + 1
    if plot.between is None:
        return first, end
    began, ended = (calendar.day(parse(day, zone=calendar.zone)[0]) for day in plot.between)
    return max(first, began), min(end, ended)


def _dealt(scene: Scene, plot: Plot, *, n: int) -> Mapping[int, tuple[Kind, PlotDuty]]:
    """Which loops break, and how: the usual share, but one in three of the few, each in another way."""
    if not scene.per_10k or not plot.kinds:
        return {}
    start = scene.chance.whole(0, len(plot.kinds))
    broken = max(round(n * scene.per_10k / 10_000), min(len(plot.kinds), n // 3))
    step = max(1, n // max(1, broken))
    return {j * step: plot.kinds[(start + j) % len(plot.kinds)] for j in range(broken) if j * step < n}


def _course(scene: Scene, plot: Plot, *, broken: tuple[Kind, PlotDuty] | None, days: tuple[int, int]) -> Plan:
    """One course of a plot; where it is to break, an opening early enough for that, if there is one."""
    calendar, chance = scene.calendar, scene.chance
    for _ in range(TRIES):
        low, high = plot.hours
        opened_at = calendar.midnight(chance.whole(*days)) + chance.minutes(low, high)
        course = plan(plot, opened_at, broken=broken, calendar=calendar, chance=chance)
        if broken is None or any(one.from_at <= scene.end_at for one in course.broken):
            break
    return course


class _Told:
    """One subject of a plot, where it lives, and the rows that tell of it."""

    def __init__(self, scene: Scene, plot: Plot, *, i: int, book: PlotBook, catalogue: Catalogue) -> None:
        self.scene, self.book, self.plot, self.catalogue = scene, book, plot, catalogue
        if plot.subject == "person":
            person = scene.people.resident()
            self.number = person.number
            self.subject = person.subject
            self.who: dict[str, object] = {"id_card": person.number, "name": person.name}
        else:
            self.number = f"{plot.prefix}2021{i:05d}"
            self.subject = f"{plot.subject}/{self.number}"
            self.who = {"number": self.number}
        self.places: dict[str, str] = {}
        for name, kind in plot.places.items():
            self.places[name] = self._place(kind)

    def tell(self, course: Plan, broken: tuple[Kind, PlotDuty] | None) -> None:
        """Send every deed, write every break into the truth, count the loops."""
        loops = self.scene.truth.loops
        opened = [(self.plot.protocol, next(iter(self.plot.deeds))), *self.plot.also.items()]
        for protocol, deed in opened:
            at = course.times[deed]
            if at is not None and at < self.scene.end_at:
                loops[protocol] = loops.get(protocol, 0) + 1
        for deed in self.plot.deeds.values():
            at = course.times[deed.name]
            if at is None:
                continue
            said = Said(deed, self.places[deed.place], self.who, self._words(), course.times)
            cells = cells_of_deed(said, self.plot, catalogue=self.catalogue, calendar=self.scene.calendar)
            self.scene.post.send(self.book.form, at, cells=cells)
        for one in course.broken:
            if one.from_at <= self.scene.end_at:
                duty = one.duty
                owner = self._area(self.places[duty.place], duty.level)
                told = Break(
                    duty.protocol, self.subject, duty.key, duty.n, one.from_at, one.until_at, duty.role, owner
                )
                self.scene.truth.breaks.append(Injected(broken[0].name, told))

    def _words(self) -> Mapping[str, str]:
        return {"number": self.number, **self.places}

    def _place(self, kind: str | Sequence[str]) -> str:
        """A place as the plot asks for it: a level, a port, one of some, or something at another place."""
        world, chance = self.scene.world, self.scene.chance
        if not isinstance(kind, str):
            return chance.one_of(kind)
        if kind == "port":
            return world.ports.turn(chance).code
        if kind in ("banner", "league", "region"):
            return self._area(world.homes.turn(chance), kind)
        name, _, slug = kind.partition("/")
        return f"{self.places[name]}/{slug}"

    def _area(self, place: str, level: str) -> str:
        """The area of a level a place lies in; the place itself without one."""
        world = self.scene.world
        match level:
            case "banner":
                return world.banner(place)
            case "league":
                return world.league(place)
            case "region":
                return world.region()
        return place
