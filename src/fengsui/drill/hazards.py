"""Hazards of firms: found, graded, removed, looked at by somebody else, struck off, looked at again."""

from fengsui.drill import rules
from fengsui.drill.breaks import Kind, deal
from fengsui.drill.chance import MINUTE
from fengsui.drill.major import Major
from fengsui.drill.rules import DAY, HOUR
from fengsui.drill.story import Scene, Story
from fengsui.drill.world import Firm
from fengsui.kit.instant import NEVER

FAILS = 0.15  # share of first verifications
EXTENDED = 0.06  # share of deadlines moved in time
INSPECTORS = 40


def hazards(scene: Scene, n: int, *, from_at: int) -> None:
    """``n`` hazards found in working hours between ``from_at`` and the end."""
    chance, calendar = scene.chance, scene.calendar
    first, last = calendar.day(from_at), calendar.day(scene.end_at - 1)
    moments = sorted(
        calendar.midnight(chance.whole(first, last + 1)) + chance.minutes(8 * HOUR, 17 * HOUR)
        for _ in range(n)
    )
    found = []
    for at in moments:
        firm = chance.one_of(scene.world.firms)
        found.append((at, firm, chance.hits(firm.major)))
    for flow, is_major in (("hazard", False), ("major", True)):
        numbered = [(i, at, firm) for i, (at, firm, major) in enumerate(found) if major is is_major]
        openings = [at for _, at, _ in numbered]
        dealt = deal(flow, openings, end_at=scene.end_at, per_10k=scene.per_10k, chance=chance)
        for j, (i, at, firm) in enumerate(numbered):
            _Hazard(scene, i, firm=firm, broken=dealt.get(j), is_major=is_major).lived(at)


class _Hazard:
    """One hazard of one firm, as its ledger and the inspectors' tell of it."""

    def __init__(self, scene: Scene, i: int, *, firm: Firm, broken: Kind | None, is_major: bool) -> None:
        number = f"YH2021{i:07d}"
        self.who = {"hazard": number, "place": firm.site.code}
        self.subject = f"hazard/{number}"
        self.firm, self.is_major, self.scene = firm, is_major, scene
        self.broken = broken
        self.story = Story(
            scene, rules.HAZARD, subject=self.subject, who=self.who, broken=None if is_major else broken
        )
        self.enterprise = ("enterprise", firm.site.code)
        self.inspector = ("inspector", firm.site.banner)
        chance = scene.chance
        self.fitter = f"{firm.site.code}-{chance.whole(1, 9)}"  # who removes it
        first = chance.whole(0, INSPECTORS)
        self.inspectors = [f"{firm.site.banner}-{(first + k) % INSPECTORS:02d}" for k in range(3)]

    def lived(self, found_at: int) -> None:
        """From the finding on."""
        story, chance, firm = self.story, self.story.chance, self.firm
        said = {"firm": firm.site.name, "sector": firm.sector}
        story.tell("drill-hazard-firms", found_at, what="found", by=self.fitter, **said)
        day_ends = story.calendar.nth_day(found_at, 1)[1]
        registered_at = story.do(
            "registered",
            due=day_ends,
            at=found_at + chance.minutes(10 * MINUTE, 3 * HOUR),
            owner=self.enterprise,
            n=1,
        )
        story.tell("drill-hazard-firms", registered_at, what="registered", by=self.fitter)
        graded_at = story.do(
            "graded",
            due=found_at + rules.GRADE_WITHIN,
            at=found_at + chance.minutes(HOUR, 20 * HOUR),
            owner=self.enterprise,
        )
        if graded_at is None:
            return
        if self.is_major:
            story.tell("drill-hazard-firms", graded_at, what="graded", level="major", by=self.fitter)
            self._major(graded_at)
            return
        deadline = self._evening(graded_at, chance.whole(3, 9))
        story.tell(
            "drill-hazard-firms", graded_at, what="graded", level="general", deadline=deadline, by=self.fitter
        )
        self._removed(graded_at, self._maybe_extended(graded_at, deadline))

    def _major(self, judged_at: int) -> None:
        if judged_at >= self.scene.end_at:
            return
        story = Story(self.scene, rules.MAJOR_HAZARD, subject=self.subject, who=self.who, broken=self.broken)
        Major(story, self.firm, fitter=self.fitter, inspectors=self.inspectors).lived(judged_at)

    def _maybe_extended(self, graded_at: int, deadline: int) -> int:
        """The deadline, or a later one that was granted while there was still time."""
        story, chance = self.story, self.story.chance
        if story.broken is not None or not chance.hits(EXTENDED):
            return deadline
        granted_at = graded_at + chance.minutes(DAY, 2 * DAY)
        later = self._evening(deadline, chance.whole(2, 10))
        story.tell(
            "drill-hazard-inspectors",
            granted_at,
            what="extended",
            deadline=later,
            obligation="rectify",
            by=self.inspectors[0],
        )
        return later

    def _removed(self, graded_at: int, deadline: int) -> None:
        story, chance = self.story, self.story.chance
        earliest = max(graded_at + HOUR, deadline - 3 * DAY)
        at = earliest + chance.minutes(0, deadline - HOUR - earliest)
        rectified_at = story.do("rectify", due=deadline, at=at, owner=self.enterprise)
        if rectified_at is None:
            return
        story.tell("drill-hazard-firms", rectified_at, what="rectified", by=self.fitter)
        not_reworked = story.is_broken_as("hazard-not-reworked")
        fails = not_reworked or (story.broken is None and chance.hits(FAILS))
        verified_at = self._verified(rectified_at, n=0, result="fail" if fails else "pass")
        if verified_at is None:
            return
        if not fails:
            self._struck(verified_at)
            return
        again_at = self._reworked(verified_at)
        if again_at is not None:
            self._struck(self._verified(again_at, n=1, result="pass"))

    def _verified(self, rectified_at: int, *, n: int, result: str) -> int | None:
        """Somebody else looks at it. Where it is the same hand the duty stays undone."""
        story, chance = self.story, self.story.chance
        due = rectified_at + rules.VERIFY_HAZARD_WITHIN
        at = rectified_at + chance.minutes(4 * HOUR, 66 * HOUR)
        by = self.inspectors[0]
        if story.is_broken_as("hazard-same-hand"):
            by = self.fitter
            story.book("verify", due=due, until=NEVER, owner=self.inspector, n=n)
            verified_at: int | None = at
        else:
            verified_at = story.do("verify", due=due, at=at, owner=self.inspector, n=n)
        if verified_at is None:
            return None
        self._rework_by = self._evening(verified_at, chance.whole(2, 5))
        deadline = self._rework_by if result == "fail" else ""
        story.tell(
            "drill-hazard-inspectors", verified_at, what="verified", result=result, deadline=deadline, by=by
        )
        return verified_at

    def _reworked(self, failed_at: int) -> int | None:
        story, deadline = self.story, self._rework_by
        if story.is_broken_as("hazard-not-reworked"):
            story.book("rework", due=deadline, until=NEVER, owner=self.enterprise)
            return None
        earliest = failed_at + 2 * HOUR
        again_at = earliest + story.chance.minutes(0, deadline - HOUR - earliest)
        story.do("rework", due=deadline, at=again_at, owner=self.enterprise)
        story.tell("drill-hazard-firms", again_at, what="rectified", by=self.fitter)
        return again_at

    def _struck(self, passed_at: int) -> None:
        story, chance = self.story, self.story.chance
        struck_at = story.do(
            "strike",
            due=passed_at + rules.STRIKE_WITHIN,
            at=passed_at + chance.minutes(2 * HOUR, 60 * HOUR),
            owner=("emergency", self.firm.site.banner),
        )
        story.tell("drill-hazard-inspectors", struck_at, what="struck_off", by=self.inspectors[1])
        looked_at = story.do(
            "look_back",
            due=struck_at + rules.LOOK_BACK_WITHIN,
            at=struck_at + chance.minutes(10 * DAY, 28 * DAY),
            owner=self.inspector,
        )
        story.tell(
            "drill-hazard-inspectors", looked_at, what="looked_back", result="pass", by=self.inspectors[2]
        )

    def _evening(self, at: int, days: int) -> int:
        """Six in the evening, so many days later."""
        calendar = self.story.calendar
        return calendar.midnight(calendar.day(at) + days) + 18 * HOUR
