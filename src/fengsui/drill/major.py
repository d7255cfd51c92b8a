"""A major hazard, from the judgement on: reported, controlled, planned, listed, treated, accepted."""

from collections.abc import Sequence

from fengsui.drill import rules
from fengsui.drill.chance import MINUTE
from fengsui.drill.rules import DAY, HOUR
from fengsui.drill.story import Story
from fengsui.drill.world import Firm
from fengsui.kit.instant import NEVER


class Major:
    """The loop of a hazard that was graded major."""

    def __init__(self, story: Story, firm: Firm, *, fitter: str, inspectors: Sequence[str]) -> None:
        self.story, self.firm = story, firm
        self.fitter, self.inspectors = fitter, inspectors
        self.enterprise = ("enterprise", firm.site.code)
        self.emergency = ("emergency", firm.site.banner)

    def lived(self, judged_at: int) -> None:
        """Everything that follows from the judgement."""
        story, chance = self.story, self.story.chance
        controlled_at = story.do(
            "control",
            due=judged_at + rules.CONTROL_WITHIN,
            at=judged_at + chance.minutes(10 * MINUTE, 110 * MINUTE),
            owner=self.enterprise,
        )
        self._tell("controlled", controlled_at, measures="停产撤人、设警戒")
        reported_at = story.do(
            "report",
            due=judged_at + rules.REPORT_MAJOR_WITHIN,
            at=judged_at + chance.minutes(HOUR, 20 * HOUR),
            owner=self.enterprise,
        )
        self._tell("reported", reported_at)
        listed_at = story.do(
            "list",
            due=reported_at + rules.LIST_WITHIN,
            at=reported_at + chance.minutes(DAY, 6 * DAY),
            owner=self.emergency,
        )
        deadline = self._planned(judged_at)
        story.tell(
            "drill-hazard-inspectors", listed_at, what="listed", deadline=deadline, by=self.inspectors[1]
        )
        self._treated(judged_at, deadline)

    def _planned(self, judged_at: int) -> int:
        """The plan with its five commitments, and the deadline it sets; without funds it is none."""
        story, chance, calendar = self.story, self.story.chance, self.story.calendar
        at = judged_at + chance.minutes(DAY, 6 * DAY)
        due = judged_at + rules.PLAN_WITHIN
        without_funds = story.is_broken_as("major-plan-incomplete")
        if without_funds:
            story.book("plan", due=due, until=NEVER, owner=self.enterprise)
        else:
            at = story.do("plan", due=due, at=at, owner=self.enterprise)
        deadline = calendar.midnight(calendar.day(at) + chance.whole(12, 26)) + 18 * HOUR
        self._tell(
            "planned",
            at,
            deadline=deadline,
            responsible=f"{self.firm.site.name}负责人",
            measures="治理方案",
            funds="" if without_funds else f"{chance.whole(5, 300)}万元",
            contingency="应急预案",
        )
        return deadline

    def _treated(self, judged_at: int, deadline: int) -> None:
        story, chance = self.story, self.story.chance
        # Without a plan that counts no deadline is owed; the work is done all the same.
        rectified_at = deadline - chance.minutes(HOUR, 5 * DAY)
        if not story.is_broken_as("major-plan-incomplete"):
            rectified_at = story.do("rectify", due=deadline, at=rectified_at, owner=self.enterprise)
        self._tell("rectified", rectified_at)
        evaluated_at = story.do(
            "evaluate",
            due=rectified_at + rules.EVALUATE_WITHIN,
            at=rectified_at + chance.minutes(DAY, 4 * DAY),
            owner=self.enterprise,
        )
        self._tell("evaluated", evaluated_at)
        accepted_at = story.do(
            "accept",
            due=story.calendar.end_of_period(evaluated_at, rules.ACCEPT_DAYS),
            at=evaluated_at + chance.minutes(2 * DAY, 9 * DAY),
            owner=self.emergency,
        )
        story.tell(
            "drill-hazard-inspectors", accepted_at, what="verified", result="pass", by=self.inspectors[0]
        )
        struck_at = story.do(
            "strike",
            due=accepted_at + rules.STRIKE_WITHIN,
            at=accepted_at + chance.minutes(2 * HOUR, 60 * HOUR),
            owner=self.emergency,
        )
        story.tell("drill-hazard-inspectors", struck_at, what="struck_off", by=self.inspectors[1])
        looked_at = struck_at + rules.MAJOR_LOOK_BACK_OPENS + chance.minutes(5 * DAY, 50 * DAY)
        looked_at = story.do(
            "look_back",
            due=struck_at + rules.MAJOR_LOOK_BACK_OPENS + rules.MAJOR_LOOK_BACK_WITHIN,
            at=looked_at,
            owner=("inspector", story.scene.world.league(self.firm.site.code)),
        )
        story.tell(
            "drill-hazard-inspectors", looked_at, what="looked_back", result="pass", by=self.inspectors[2]
        )

    def _tell(self, what: str, at: int | None, **cells: object) -> None:
        self.story.tell("drill-hazard-firms", at, what=what, by=self.fitter, **cells)
