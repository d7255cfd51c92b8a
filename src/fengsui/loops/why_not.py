"""Why an act of the right kind did not count: the list people look at first when they do not agree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fengsui.facts.fact import Fact
from fengsui.kit.instant import NEVER
from fengsui.loops.acts import COLUMNS, Act, passes
from fengsui.loops.allocate import differ, moment
from fengsui.loops.duty import Duty
from fengsui.loops.explanation import Rejected, Seen, seen
from fengsui.loops.reading import Reading
from fengsui.protocols.model import Discharge, Evidence, Frame, Obligation


@dataclass(frozen=True, slots=True)
class Case:
    """One duty with what is needed to judge acts against it."""

    duty: Duty
    obligation: Obligation
    reading: Reading
    duties: Sequence[Duty]  # of the whole loop
    subject: str
    now: int

    def seen(self, fact: Fact) -> Seen:
        """A fact as the explanation names it."""
        return seen(fact, subject=self.subject, areas=self.reading.world.areas)


def rejected(case: Case) -> Iterator[Rejected]:
    """Every fact of a right kind that had happened by now and did not count, in time order.

    What met another duty before this one began to count is nobody's candidate, and left out.
    """
    kinds = set(case.obligation.evidence.pattern.kinds)
    counted = set(supporting(case))
    for act in case.reading.seen:
        fact = act.fact
        if fact.kind not in kinds or act.when > case.now or fact.id in counted:
            continue
        if act.when + act.span < case.duty.anchor_at and _served(case, fact):
            continue
        why, values = _why(case, act)
        yield Rejected(case.seen(fact), why, values)


def supporting(case: Case) -> Iterator[str]:
    """Ids of the facts that met the duty: the completing one, then those it needed beside it."""
    duty, evidence = case.duty, case.obligation.evidence
    if duty.met_fact is None or _met_at(case) == NEVER:
        return
    yield duty.met_fact
    if evidence.count == 1:
        return
    acts = [a for a in case.reading.seen if _is_usable(case, a) and a.fact.id != duty.met_fact]
    last = next((a for a in case.reading.seen if a.fact.id == duty.met_fact), None)
    if last is None:
        return
    before = [a for a in acts if moment(a, duty.open_at) + evidence.apart <= duty.met_at]
    if evidence.distinct:
        before = [a for a in before if all(differ(last, a, field) for field in evidence.distinct)]
        yield from (a.fact.id for a in before[:1])
    else:
        yield from (a.fact.id for a in _spaced(before, evidence, duty.open_at)[: evidence.count - 1])


def _met_at(case: Case) -> int:
    """When it was met, as far as that counts by now: an act after the end is none."""
    met_at = case.duty.met_at
    return met_at if met_at <= min(case.now, case.duty.ended_at) else NEVER


def _spaced(acts: Sequence[Act], evidence: Evidence, floor: int) -> list[Act]:
    chosen: list[Act] = []
    for act in acts:
        if not chosen or moment(act, floor) - moment(chosen[-1], floor) >= evidence.apart:
            chosen.append(act)
    return chosen


def _is_usable(case: Case, act: Act) -> bool:
    """Whether the act passes every test that does not concern its time, and came within the window."""
    evidence = case.obligation.evidence
    fact = act.fact
    if fact.kind not in evidence.pattern.kinds or _failing(evidence, fact) or _person(case, fact):
        return False
    return case.duty.open_at <= moment(act, case.duty.open_at) < case.duty.until_at


Why = tuple[str, dict[str, object]]


def _why(case: Case, act: Act) -> Why:
    """The first reason that holds, read from the top."""
    duty, evidence = case.duty, case.obligation.evidence
    at = moment(act, duty.open_at)
    taken = _met_another(case, act.fact)
    later = _next_one(case, at)
    if failing := _failing(evidence, act.fact):
        return "other_content", failing
    if person := _person(case, act.fact):
        return person, {}
    if duty.anchor_at == NEVER:
        return "not_begun", {}
    if taken and not duty.open_at <= at < duty.until_at:
        return "met_another", {"key": taken.key, "n": taken.n}
    if at < duty.open_at:
        return "before_opening", {"open_at": duty.open_at}
    if _met_at(case) <= at:
        return "surplus", {"met_at": duty.met_at}
    if at > (lifted_at := min(duty.ended_at, duty.waived_at)):
        return "after_end", {"ended_at": lifted_at}
    if taken:
        return "met_another", {"key": taken.key, "n": taken.n}
    if later:
        return "next_one", {"key": later.key, "n": later.n, "open_at": later.open_at}
    if at >= duty.until_at:
        return "too_late", {"until_at": duty.until_at}
    return _among_several(case, act)


def _failing(evidence: Evidence, fact: Fact) -> dict[str, object]:
    """The first condition on the content that does not hold, with what was found; empty if all do."""
    for test in evidence.pattern.where:
        if not passes(test, fact):
            name = COLUMNS.get(test.field)
            found = getattr(fact, name) if name else fact.data.get(test.field)
            return {"field": test.field, "op": test.op, "found": found, "wanted": test.value}
    return {}


def _person(case: Case, fact: Fact) -> str:
    """Why the person who acted may not be the one, or nothing."""
    evidence = case.obligation.evidence
    if evidence.not_by is None and evidence.only_by is None:
        return ""
    if fact.by is None:
        return "no_person"
    if evidence.not_by is not None and _doer(case, evidence.not_by) == fact.by:
        return "same_person"
    return "other_person" if evidence.only_by and _doer(case, evidence.only_by) != fact.by else ""


def _doer(case: Case, milestone: str) -> str | None:
    """Who did a milestone; of the one the duty is anchored at, who did this anchor."""
    own = milestone == case.obligation.start
    acts = case.reading.reached.get(milestone, ())
    acts = [a for a in acts if a.fact and (not own or a.fact.id == case.duty.anchor_fact)]
    return acts[0].fact.by if acts else None


def _series(case: Case) -> list[Duty]:
    keys = {o.key for o in case.reading.version.obligations if o.series == case.obligation.series}
    keys |= {case.duty.key}
    return [d for d in case.duties if d.key in keys and (d.key, d.n) != (case.duty.key, case.duty.n)]


def _met_another(case: Case, fact: Fact) -> Duty | None:
    return next((d for d in _series(case) if d.met_fact == fact.id), None)


def _served(case: Case, fact: Fact) -> bool:
    """Whether the fact met any other duty of the loop."""
    own = (case.duty.key, case.duty.n)
    return any(d.met_fact == fact.id for d in case.duties if (d.key, d.n) != own)


def _next_one(case: Case, at: int) -> Duty | None:
    """The later duty of the series that had opened by then, where each act counts for the latest."""
    if case.obligation.discharge is not Discharge.SLOT:
        return None
    opened = [d for d in _series(case) if case.duty.open_at < d.open_at <= at]
    return max(opened, key=lambda d: d.open_at, default=None)


def _among_several(case: Case, act: Act) -> Why:
    """Why an act within the window does not complete evidence that asks for more than one."""
    evidence, duty = case.obligation.evidence, case.duty
    others = [a for a in case.reading.seen if a.fact.id != act.fact.id and _is_usable(case, a)]
    others = [a for a in others if a.when <= case.now]
    for field in evidence.distinct:
        if act.fact.data.get(field) is None:
            return "no_field", {"field": field}
        if others and not any(differ(act, a, field) for a in others):
            return "same_field", {"field": field, "found": act.fact.data.get(field)}
    at = moment(act, duty.open_at)
    near = [a for a in others if abs(moment(a, duty.open_at) - at) < evidence.apart]
    soon = case.obligation.window.frame is Frame.ROLLING and at < duty.anchor_at + evidence.apart
    if near or soon:
        return "too_soon", {"apart": evidence.apart}
    if evidence.count > 1:
        return "alone", {"count": evidence.count}
    if _met_at(case) == NEVER:
        return "not_needed", {}  # a day without a time may have been before or after the end
    return "surplus", {"met_at": duty.met_at}
