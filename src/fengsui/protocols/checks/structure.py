"""Whether everything is owned, lawful, can become due and can end; and whether somebody is told."""

import re
from collections.abc import Iterable, Iterator

from fengsui.protocols.checks.ground import Ground, at_part, at_step, milestones_of, pattern_of
from fengsui.protocols.message import Message
from fengsui.protocols.model import (
    Agg,
    Basis,
    Discharge,
    Frame,
    Milestone,
    Obligation,
    Pattern,
    Protocol,
    Test,
)

_POST = re.compile(r"[a-z][a-z0-9_]*@(?P<place>[a-z][a-z0-9_]*)(\.(?P<level>[a-z]+))?")


def owned(protocol: Protocol, ground: Ground) -> Iterator[Message]:
    """Every step has an owner, and the level it is lifted to exists."""
    for step in protocol.obligations:
        if not step.by.role:
            yield at_step("no-owner", protocol, of=step, key="by", step=step.key)
        if step.by.level and step.by.level not in ground.levels:
            words = {"what": "level", "what_zh": "层级", "known": ", ".join(ground.levels)}
            yield at_step("unknown-name", protocol, of=step, key="by", name=step.by.level, **words)


def lawful(protocol: Protocol, _: Ground) -> Iterator[Message]:
    """Every step, and whatever moves or ends one, stands on a document and a place in it."""
    for step in protocol.obligations:
        if not _is_law(step.basis):
            yield at_step("no-basis", protocol, of=step, key="basis", step=step.key)
    for part in ("stops", "extensions", "waivers", "pauses"):
        for i, item in enumerate(getattr(protocol, part)):
            if not _is_law(item.basis):
                yield at_part("no-basis", protocol, part=f"{part}.{i}", step=f"{part}[{i}]")


def _is_law(basis: Basis) -> bool:
    return bool(basis.document.zh and (basis.clause or basis.number))


def due(protocol: Protocol, ground: Ground) -> Iterator[Message]:
    """Every step counts from something that can happen."""
    for step in protocol.obligations:
        if not reachable(protocol.milestone(step.start), protocol, ground=ground):
            yield at_step("never-due", protocol, of=step, key="from", step=step.key, name=step.start)


def others_meet(protocol: Protocol, _: Ground) -> Iterator[Message]:
    """What every fact of a milestone starts anew is not met by that very fact."""
    for step in protocol.obligations:
        start, evidence, window = protocol.milestone(step.start), step.evidence, step.window
        if start.agg is not Agg.EACH or start.time or evidence.count > 1 or evidence.not_by == start.name:
            continue
        if (
            step.discharge is Discharge.FIFO
        ):  # then it meets the one before, as a review does that sets the next
            continue
        opens_with_it = window.frame in (Frame.WITHIN, Frame.UNTIL) and not window.opens_after
        meets = set(start.pattern.kinds) & set(evidence.pattern.kinds)
        if opens_with_it and meets and not _contradict((*start.pattern.where, *evidence.pattern.where)):
            words = {"step": step.key, "name": start.name}
            yield at_step("each-meets-itself", protocol, of=step, key="evidence", **words)


def reachable(milestone: Milestone, protocol: Protocol, *, ground: Ground) -> bool:
    """Whether any history at all reaches it."""
    bounds = [protocol.milestone(name) for name in (milestone.after, *(n for n, _ in milestone.of)) if name]
    open_ways = [reachable(bound, protocol, ground=ground) for bound in bounds]
    if milestone.agg is Agg.EARLIER_OF:
        return any(open_ways)
    if not all(open_ways):
        return False
    if milestone.before is not None:
        bound = protocol.milestone(milestone.before)
        if bound.agg is Agg.OPENING and not protocol.opening.looks_back:
            return False
    return milestone.pattern is None or _can_match(milestone.pattern, protocol, ground=ground)


def _can_match(pattern: Pattern, protocol: Protocol, *, ground: Ground) -> bool:
    return not _contradict(pattern.where) and any(
        _can_be(kind, protocol, ground=ground) for kind in pattern.kinds
    )


def _can_be(kind: str, protocol: Protocol, *, ground: Ground) -> bool:
    """Whether a fact of the kind can be about the protocol's subject. What is unknown is said elsewhere."""
    if "#" in kind:
        return any(p.subject == protocol.subject for p, _ in milestones_of(ground, kind))
    known = ground.kinds.kinds.get(kind) if ground.kinds else None
    return known is None or known.is_about(protocol.subject)


def _contradict(where: Iterable[Test]) -> bool:
    """Whether two conditions on one field leave no value."""
    where = tuple(where)
    values: dict[str, set] = {}
    for test in where:
        if test.op in ("eq", "in"):
            allowed = set(test.value) if test.op == "in" else {test.value}
            values[test.field] = values.get(test.field, allowed) & allowed
        if test.op == "present" and test.value is False:
            values[test.field] = set()
    for test in where:
        if test.op == "ne" and test.field in values:
            values[test.field] -= set(test.value) if isinstance(test.value, tuple) else {test.value}
    tested = {test.field for test in where if test.op != "present" and test.op != "ne"}
    least, below = ({t.field: t.value for t in where if t.op == op} for op in ("at_least", "below"))
    if any(least[field] >= below[field] for field in least.keys() & below.keys()):
        return True
    return any(not left for field, left in values.items() if field in tested)


def closing(protocol: Protocol, ground: Ground) -> Iterator[Message]:
    """Every loop can end."""
    if protocol.closes:
        if not any(reachable(protocol.milestone(name), protocol, ground=ground) for name in protocol.closes):
            why, zh = "none of its closing milestones can be reached", "关闭所依据的里程碑都不可能达到"
            yield at_part("never-closes", protocol, part="closes", why=why, why_zh=zh)
        return
    if not protocol.obligations:
        why, zh = "it has no steps to settle", "没有环节可办结"
        yield at_part("never-closes", protocol, part="closes", why=why, why_zh=zh)
    for step in protocol.obligations:
        if any(step.key in stop.cancels for stop in protocol.stops):
            continue
        if step.window.frame is Frame.ROLLING:
            why, zh = (
                f"{step.key} goes on until a stop, and there is none",
                f"{step.key} 循环不止，又没有 stops",
            )
            yield at_step("never-closes", protocol, of=step, key="rolling", why=why, why_zh=zh)
        elif not _certain(protocol.milestone(step.start), protocol):
            why = f"{step.key} waits for {step.start}, which need not happen"
            zh = f"{step.key} 等待 {step.start}，而它未必发生"
            yield at_step("never-closes", protocol, of=step, key="from", why=why, why_zh=zh)


def _certain(milestone: Milestone, protocol: Protocol, *, passed: frozenset[str] = frozenset()) -> bool:
    """Whether it is reached in every loop in which everyone does what they owe; EACH makes no one wait."""
    if milestone.name in passed:
        return False
    passed |= {milestone.name}
    if milestone.agg in (Agg.OPENING, Agg.EACH):
        return True
    parts = [_certain(protocol.milestone(name), protocol, passed=passed) for name, _ in milestone.of]
    if parts:
        return any(parts) if milestone.agg is Agg.EARLIER_OF else all(parts)
    if milestone.before is not None:
        return False
    return _implies(protocol.opening.pattern, milestone.pattern) or any(
        _implies(step.evidence.pattern, milestone.pattern)
        and _certain(protocol.milestone(step.start), protocol, passed=passed)
        for step in protocol.obligations
    )


def _implies(given: Pattern, asked: Pattern) -> bool:
    return set(given.kinds) <= set(asked.kinds) and set(asked.where) <= set(given.where)


def released(protocol: Protocol, _: Ground) -> Iterator[Message]:
    """Whoever is restricted is owed a release."""
    if any(step.frees for step in protocol.obligations):
        return
    for step in protocol.obligations:
        if step.restricts:
            yield at_step("restriction-no-release", protocol, of=step, key="restricts", step=step.key)


def escalated(protocol: Protocol, ground: Ground) -> Iterator[Message]:
    """A break reaches somebody, and somebody higher the longer it stands."""
    levels = ", ".join(ground.levels)
    if not protocol.escalation:
        yield at_part("escalation-to-nobody", protocol, part="escalate", found="-", levels=levels)
    for i, rung in enumerate(protocol.escalation):
        if not _is_somebody(rung.to, protocol, ground=ground):
            yield at_part(
                "escalation-to-nobody", protocol, part=f"escalate.{i}", found=rung.to, levels=levels
            )
    after = [rung.after for rung in protocol.escalation]
    if after != sorted(set(after)):
        yield at_part("escalation-order", protocol, part="escalate")


def _is_somebody(to: str, protocol: Protocol, *, ground: Ground) -> bool:
    if to == "owner" or to in ground.levels:
        return True
    post = _POST.fullmatch(to)
    if post is None or post["place"] not in [place.name for place in protocol.places]:
        return False
    return post["level"] is None or post["level"] in ground.levels


def handed_over(protocol: Protocol, _: Ground) -> Iterator[Message]:
    """Between two stages there is a step whose evidence is arriving at the second."""
    for i, (start, end) in enumerate(zip(protocol.stages, protocol.stages[1:], strict=False), start=1):
        arriving = pattern_of(protocol, protocol.milestone(end))
        kinds = set(arriving.kinds) if arriving else set()
        if not any(kinds & set(step.evidence.pattern.kinds) for step in protocol.obligations):
            yield at_part("stage-without-step", protocol, part=f"stages.{i}", start=start, end=end)


def allocated(protocol: Protocol, _: Ground) -> Iterator[Message]:
    """The steps of a series agree on how an act is shared among them."""
    how: dict[str, set[Discharge]] = {}
    for step in protocol.obligations:
        how.setdefault(step.series, set()).add(step.discharge)
        if Discharge.FIFO in how[step.series] and len(how[step.series]) > 1:
            yield at_step("mixed-discharge", protocol, of=step, key="discharge", series=step.series)


def deadlines(protocol: Protocol, ground: Ground) -> Iterator[Message]:
    """A deadline carried by a fact is always there, or there is another."""
    for step in protocol.obligations:
        if (
            step.window.frame is Frame.UNTIL
            and step.window.length is None
            and not _is_told(step, protocol, ground=ground)
        ):
            yield at_step("until-no-else", protocol, of=step, key="until", name=f"data.{step.window.data}")


def _is_told(step: Obligation, protocol: Protocol, *, ground: Ground) -> bool:
    pattern = pattern_of(protocol, protocol.milestone(step.start))
    if pattern is None:
        return False
    if Test(step.window.data, "present", True) in pattern.where:
        return True
    kinds = [ground.kinds.kinds.get(kind) if ground.kinds else None for kind in pattern.kinds]
    fields = [kind.fields.get(step.window.data) if kind else None for kind in kinds]
    return all(field is not None and field.required for field in fields)
