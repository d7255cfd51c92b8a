"""The readable meaning in Python, one subject after the other: what the kernel is the fast twin of."""

from collections import Counter
from collections.abc import Iterator

import msgspec
import pyarrow.parquet as pq

from bench.house.rules import inbound, rules_of, world
from bench.house.watch import Watch
from bench.peers.answer import NEVER, STATES, answer_of
from fengsui.facts.fact import Fact
from fengsui.loops.duty import BROKEN, WAS_BROKEN, broken_from, settled_at, status
from fengsui.loops.semantics import derive

MET = ("fulfilled", "late")
COLUMNS = ["subject", "kind", "at", "recorded_at", "key", "result", "laboratory", "place"]


def from_file(watch: Watch, *, path: str, now: int) -> dict[str, object]:
    """Everything from the Parquet file on; the parts ``read`` and ``derive`` make up ``all``."""
    with watch.part("all"):
        with watch.part("read"):
            subjects = facts_by_subject(path)
        with watch.part("derive"):
            return answer(subjects, now=now)


def facts_by_subject(path: str) -> dict[int, list[Fact]]:
    """The effective facts of every subject: a record sent twice is one fact, as first recorded."""
    codes = msgspec.json.decode(pq.read_schema(path).metadata[b"fengsui"])["codes"]
    first: dict[int, Fact] = {}
    subjects: dict[int, list[Fact]] = {}
    for subject, kind, at, recorded_at, key, result, laboratory, place in _rows(path):
        known = first.get(key)
        if known is not None and known.recorded_at <= recorded_at:
            continue
        tested_by = codes["laboratory"][laboratory]
        found = {
            "result": codes["result"][result],
            "laboratory": tested_by,
            "reagent": codes["reagent"][laboratory],
        }
        fact = Fact(
            kind=codes["kind"][kind],
            subject=f"person/{subject}",
            at=at,
            recorded_at=recorded_at,
            source="bench",
            key=str(key),
            place=codes["place"][place] if place >= 0 else None,
            data=found if result else {},
        )
        if known is not None:
            subjects[subject].remove(known)
        first[key] = fact
        subjects.setdefault(subject, []).append(fact)
    return subjects


def answer(subjects: dict[int, list[Fact]], *, now: int) -> dict[str, object]:
    """Derive every subject and add everything up."""
    versions = rules_of(inbound()).versions[inbound().name]
    states: Counter[int] = Counter()
    since, until, met_by = [], [], 0
    for subject, facts in subjects.items():
        for loop in derive(lambda _area: versions, facts, subject=f"person/{subject}", world=world()):
            for duty in loop.duties:
                found = status(duty, now, confirm_after=inbound().confirm_after)
                states[STATES.index(found)] += 1
                if found in MET:
                    met_by += int(duty.met_fact.partition(":")[2])
                if found in BROKEN | WAS_BROKEN:
                    since.append(broken_from(duty))
                    until.append(min(settled_at(duty), NEVER))
    return answer_of(states, since, until, now=now, met_by=met_by).as_json()


def _rows(path: str) -> Iterator[tuple]:
    table = pq.read_table(path, columns=COLUMNS)
    yield from zip(*(table.column(name).to_pylist() for name in COLUMNS), strict=True)
