"""A loop as FHIR R4 says it: a CarePlan for a person under control, a Task for each duty.

The state of a Task is derived like everything else: it is true of the moment it was asked for. Overdue is
``restriction.period.end`` in the past; ``businessStatus`` says it in our own word.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from fengsui.board.loop_page import LoopPage
from fengsui.kit.instant import NEVER
from fengsui.loops.duty import Status
from fengsui.loops.explanation import DutyLine, Explanation

SYSTEM = "urn:fengsui"
# http://hl7.org/fhir/R4/valueset-task-status.html
STATUS: Mapping[Status, str] = {
    Status.WAITING: "draft",
    Status.SCHEDULED: "requested",
    Status.OPEN: "ready",
    Status.PROVISIONAL: "ready",
    Status.UNKNOWN: "ready",
    Status.BREACHED: "ready",
    Status.MISSED: "failed",
    Status.LATE: "completed",
    Status.FULFILLED: "completed",
    Status.EXCUSED: "cancelled",
    Status.WAIVED: "cancelled",
    Status.CANCELLED: "cancelled",
}


def bundle(page: LoopPage, *, lang: str) -> dict:
    """The loop as a Bundle of type collection, ready to be written as JSON."""
    of = page.explanation
    tasks = [_task(of, line, lang=lang) for line in page.duties]
    plan = [_plan(of, tasks, is_running=page.is_running, lang=lang)] if _is_person(of) else []
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": _instant(of.now),
        "entry": [
            {"fullUrl": f"{SYSTEM}:{one['resourceType']}/{one['id']}", "resource": one}
            for one in (*plan, *tasks)
        ],
    }


def _is_person(of: Explanation) -> bool:
    return of.subject.startswith("person/")


def _plan(of: Explanation, tasks: list[dict], *, is_running: bool, lang: str) -> dict:
    end = {} if of.closed_at == NEVER else {"end": _instant(of.closed_at)}
    return {
        "resourceType": "CarePlan",
        "id": of.loop,
        "status": "active" if is_running else "completed",
        "intent": "order",
        "title": of.title.in_(lang),
        "instantiatesUri": [f"{SYSTEM}:protocol:{of.protocol}:{version}" for version in of.versions],
        "subject": _subject(of),
        "period": {"start": _instant(of.opened_at), **end},
        "activity": [{"reference": {"reference": f"Task/{task['id']}"}} for task in tasks],
    }


def _task(of: Explanation, line: DutyLine, *, lang: str) -> dict:
    task = {
        "resourceType": "Task",
        "id": f"{of.loop}.{line.key}.{line.n}".replace("_", "-"),
        "status": STATUS[line.status],
        "businessStatus": {"coding": [{"system": f"{SYSTEM}:status", "code": line.status.value}]},
        "intent": "order",
        "code": {
            "coding": [{"system": f"{SYSTEM}:step:{of.protocol}", "code": line.key}],
            "text": line.title.in_(lang),
        },
        "for": _subject(of),
        "authoredOn": _instant(of.opened_at),
        "owner": {"display": line.owner.title.in_(lang)},
        "reasonCode": {"text": _law(line, lang)},
    }
    if _is_person(of):
        task["basedOn"] = [{"reference": f"CarePlan/{of.loop}"}]
    begin, due = line.open_at, line.due_at
    if due != NEVER:
        start = {} if begin == NEVER or begin > due else {"start": _instant(begin)}
        task["restriction"] = {"period": {**start, "end": _instant(due)}}
    if line.met_at != NEVER:
        task["executionPeriod"] = {"end": _instant(line.met_at)}
    evidence = [*line.facts("met"), *line.facts("met_with")]
    if evidence:
        task["output"] = [
            {
                "type": {"text": fact.kind},
                "valueReference": {"identifier": {"system": f"{SYSTEM}:fact", "value": fact.id}},
            }
            for fact in evidence
        ]
    return task


def _subject(of: Explanation) -> dict:
    kind = {"type": "Patient"} if _is_person(of) else {}
    return {**kind, "identifier": {"system": f"{SYSTEM}:subject", "value": of.subject}}


def _law(line: DutyLine, lang: str) -> str:
    basis = line.clause.basis
    return " ".join(filter(None, (basis.document.in_(lang), line.clause.where)))


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
