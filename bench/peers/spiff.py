"""SpiffWorkflow: one BPMN process a person, fed with their facts in the order in which they happened.

It is given every advantage: facts sorted and freed of repeats before the clock starts, no persistence,
and a clock that can be set, since its timers would otherwise wait for weeks.
"""

import io
from collections import Counter
from datetime import UTC, datetime

import pyarrow.parquet as pq
from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.specs.event_definitions import timer
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from bench.house.watch import Watch
from bench.peers.answer import BREAKS, LATE, NEVER, answer_of, state_of
from bench.peers.inbound_bpmn import MESSAGES, NEGATIVE, PROCESS, drawing
from bench.peers.inbound_sql import TESTS
from bench.peers.steps import (
    ADMITTED,
    CENTRAL_DAYS,
    CONFIRM_AFTER,
    DAY,
    EAST_OF_UTC,
    HOME_DAYS,
    POSITIVE,
    RECEIVED,
    RECEIVED_WITHIN,
    RELEASED,
    SAMPLED,
    SAMPLED_WITHIN,
    TESTED,
    TRANSFERRED_WITHIN,
)

COLUMNS = ["subject", "kind", "at", "recorded_at", "key", "result", "laboratory"]
TOLD_AS = {
    SAMPLED: "sampled",
    ADMITTED: "admitted",
    TESTED: "tested",
    RELEASED: "released",
    RECEIVED: "received",
}
EVENTS = {name: MessageEventDefinition(name) for name in MESSAGES}


class SetClock(datetime):
    """A clock that says what it was set to."""

    current = datetime.fromtimestamp(0, UTC)

    @classmethod
    def now(cls, tz=None):
        """The moment it was set to."""
        return cls.current


def from_file(watch: Watch, *, path: str, now: int, loops: int) -> dict[str, object]:
    """The part ``all``: every process run, every obligation read off; the first ``loops`` persons only."""
    spec, people = _spec(), _people(path, loops)
    timer.datetime = SetClock
    states: Counter[int] = Counter()
    since, until, met_by = [], [], 0
    with watch.part("all"):
        for facts in people:
            for anchor, opens, due, end, (met, key), ended in _obligations(_run(spec, facts, now=now), facts):
                state = state_of(
                    now, anchor=anchor, opens=opens, due=due, until=end, ended=ended, met=met,
                    confirm_after=CONFIRM_AFTER,
                )  # fmt: skip
                states[state] += 1
                met_by += key if state <= LATE else 0
                if state in BREAKS:
                    since.append(due)
                    until.append(min(ended, met if met <= ended else NEVER, max(due, end)))
    return answer_of(states, since, until, now=now, met_by=met_by).as_json()


def _spec():
    parser = BpmnParser()
    parser.add_bpmn_io(io.BytesIO(drawing().encode()))
    return parser.get_spec(PROCESS)


def _people(path: str, loops: int) -> list[list[tuple]]:
    """(when, kind, key, result, laboratory) of each of the first persons, in order, repeats left out."""
    table = pq.read_table(path, columns=COLUMNS, filters=[("subject", "<", loops)])
    seen: set[int] = set()
    people: dict[int, list[tuple]] = {}
    for subject, kind, at, recorded_at, key, result, laboratory in zip(
        *(table.column(name).to_pylist() for name in COLUMNS), strict=True
    ):
        if key not in seen:
            seen.add(key)
            people.setdefault(subject, []).append((min(at, recorded_at), kind, key, result, laboratory))
    return [sorted(facts) for _, facts in sorted(people.items())]


def _run(spec, facts: list[tuple], *, now: int) -> dict[str, dict]:
    """Feed one person's facts to a process; what each message it caught carried, by the name of the step."""
    _set(facts[0][0])
    workflow = BpmnWorkflow(spec)
    workflow.do_engine_steps()
    for when, kind, key, result, laboratory in facts[1:]:
        _set(when)
        workflow.refresh_timers()
        workflow.do_engine_steps()
        payload = {"when": when, "key": key}
        if kind in TOLD_AS:
            _tell(workflow, TOLD_AS[kind], payload | _opened_by(kind, when))
        if kind == TESTED:
            _tell(workflow, "positive" if result == POSITIVE else NEGATIVE[laboratory], payload)
    _set(now)
    workflow.refresh_timers()
    workflow.do_engine_steps()
    return {
        task.task_spec.name: task.internal_data[name]
        for task in workflow.get_tasks(state=TaskState.COMPLETED)
        for name in MESSAGES
        if name in task.internal_data
    }


def _set(moment: int) -> None:
    SetClock.current = datetime.fromtimestamp(moment, UTC)


def _tell(workflow: BpmnWorkflow, name: str, payload: dict) -> None:
    workflow.catch(BpmnEvent(EVENTS[name], payload))
    workflow.do_engine_steps()


def _opened_by(kind: str, when: int) -> dict[str, str]:
    """The windows that follow from an admission or a release, as the timers want them."""
    return {f"open{i}": datetime.fromtimestamp(t, UTC).isoformat() for i, t in _openings(kind, when).items()}


def _openings(kind: str, when: int) -> dict[int, int]:
    days = {ADMITTED: (1, CENTRAL_DAYS), RELEASED: (1 + len(CENTRAL_DAYS), HOME_DAYS)}
    first, numbers = days.get(kind, (1, ()))
    midnight = (when + EAST_OF_UTC) // DAY * DAY - EAST_OF_UTC
    return {i: midnight + (day - 1) * DAY for i, day in enumerate(numbers, first)}


def _obligations(caught: dict[str, dict], facts: list[tuple]):
    """(anchor, open, due, until, (met, key), ended) of each."""

    def met(step: str) -> tuple[int, int]:
        found = caught.get(step)
        return (found["when"], found["key"]) if found else (NEVER, 0)

    def after(moment: int, seconds: int) -> int:
        return NEVER if moment == NEVER else moment + seconds

    entered, ended = facts[0][0], met("reached_positive")[0]
    admitted, released = met("met_transfer")[0], met("reached_released")[0]
    opens = dict.fromkeys(TESTS, NEVER)
    opens |= _openings(ADMITTED, admitted) if admitted != NEVER else {}
    opens |= _openings(RELEASED, released) if released != NEVER else {}
    yield entered, entered, entered + SAMPLED_WITHIN, NEVER, met("met_sampled"), ended
    yield entered, entered, entered + TRANSFERRED_WITHIN, NEVER, met("met_transfer"), ended
    for i in TESTS:
        anchor = admitted if i <= len(CENTRAL_DAYS) else released
        following = min((t for t in opens.values() if t > opens[i]), default=NEVER)
        yield anchor, opens[i], after(opens[i], DAY), following, met(f"test{i}"), ended
    both = min(met(f"second_after_{one}") for one in NEGATIVE)
    yield admitted, opens[4], after(opens[4], DAY), NEVER, both, ended
    yield admitted, opens[4], after(opens[4], DAY), NEVER, met("met_release"), ended
    yield released, released, after(released, RECEIVED_WITHIN), NEVER, met("met_received"), ended
