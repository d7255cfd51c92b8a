"""Deriving everything afresh: after a change of protocols, areas or calendars, or to prove the tables right.

The record of what was shown stays. What the new rules show differently is appended to it.
"""

from collections.abc import Callable, Iterator

import numpy as np

from fengsui.engines.people import Records
from fengsui.engines.record import NO_CAUSE, record, shown
from fengsui.engines.sqlite_driver import Connection
from fengsui.engines.state import NOTHING, State, changes
from fengsui.engines.upkeep import Upkeep
from fengsui.loops.strata import Derived

Progress = Callable[[int, int], None]  # subjects done, of how many

DERIVED = ("loop", "duty", "tally", "telling", "mention")
PORTION = 2_000  # subjects at a time


def rebuild(connection: Connection, upkeep: Upkeep, *, lsn: int, progress: Progress) -> int:
    """Empty the derived tables and fill them from the facts; the number of transitions recorded."""
    for table in DERIVED:
        connection.execute(f"DELETE FROM {table}")
    upkeep.load()
    n_subjects = connection.execute("SELECT count(*) FROM subject").fetchone()[0]
    n_passes = 2 if upkeep.derivation.tells else 1
    done = 0
    states: list[State] = []
    for is_last in (False, True)[-n_passes:]:
        for portion in portions(upkeep):
            if is_last:
                states.append(upkeep.state(_once(upkeep, portion)))
                upkeep.worklist.fill(*changes(NOTHING, states[-1]))
            else:
                _hear(upkeep, portion)
            done += len(portion.by_subject)
            progress(done, n_subjects * n_passes)
        if not is_last:
            _settle(upkeep)
    now = State(
        np.concatenate([NOTHING.loops, *(state.loops for state in states)]),
        np.concatenate([NOTHING.duties, *(state.duties for state in states)]),
    )
    loops, duties = shown(connection, now)
    return record(connection, loops, duties, lsn=lsn, causes=NO_CAUSE)


def portions(upkeep: Upkeep) -> Iterator[Records]:
    """All records, some subjects at a time; those who are the same are in one portion."""
    held: dict[str, list] = {}
    merged: set[str] = set()
    for subject, records in upkeep.histories.by_subject():
        if len(upkeep.people.members(upkeep.people.name(subject))) > 1:
            merged.add(subject)
            continue
        held[subject] = records
        if len(held) == PORTION:
            yield upkeep.histories.with_trees(held)
            held = {}
    yield upkeep.histories.with_trees(held)
    yield upkeep.histories.records(merged)


def _once(upkeep: Upkeep, portion: Records) -> dict[str, Derived]:
    histories = portion.histories(upkeep.people)
    return upkeep.derivation.once(histories, upkeep.people, upkeep.tellings.of)


def _hear(upkeep: Upkeep, portion: Records) -> None:
    """Enter who is related to whom, and what is told when nothing has been heard yet."""
    upkeep.tellings.mention(stored for held in portion.by_subject.values() for stored in held)
    histories = portion.histories(upkeep.people)
    upkeep.tellings.write(histories, upkeep.derivation.once(histories, upkeep.people, lambda name: ()))


def _settle(upkeep: Upkeep) -> None:
    """Let everyone who is told something hear it, until no one tells anything new."""
    listeners = upkeep.listeners(upkeep.tellings.every_teller(), upkeep.people)
    _, derived = upkeep.settled(listeners, upkeep.people)
    upkeep.tellings.write(derived, derived)
