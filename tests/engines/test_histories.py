"""Histories at hand and in the file: they say what the log says, whatever was rolled back or told late."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from fengsui.engines.kept import Kept
from fengsui.engines.resident import Resident
from fengsui.facts.batch import Batch
from tests.engines.stories import NOW, WORLD, fact, picture, plain_protocol, story
from tests.engines.test_laws import judged, parts
from tests.engines.test_store import rules_of, take
from tests.loops.histories import DAY, HOUR, T0

FOLLOW_UP = rules_of(plain_protocol("follow-up", opens=("open",)))


def at_hand(store, *, from_the_log: bool = False) -> list[list]:
    """What another process would have at hand, of all subjects, as columns."""
    upkeep = store._upkeep
    kept, words = Kept(store._connection), upkeep._log._words
    found = Resident(upkeep.derivation.kernel, kept, connection=store._connection, words=words)
    if from_the_log:
        found._n_kept = 0  # as if nothing was kept
    found.catch_up(upkeep._log.next)
    n = store._connection.execute("SELECT count(*) FROM subject").fetchone()[0]
    cols = found.columns(np.arange(1, n + 1))
    short = (cols.start, cols.when, cols.span, cols.code, cols.place, cols.ref, cols.tie, *cols.extra)
    return [column.tolist() for column in short]


@pytest.mark.parametrize("seed", range(6))
def test_histories_that_are_kept_say_what_the_log_says(engine, seed):
    rng = Random(seed)
    told = story(rng, n_subjects=6)
    store = engine(told.rules, told.world)
    for batch in parts(rng, told.facts):
        store.take(Batch.of(batch), now=NOW)
    assert at_hand(store) == at_hand(store, from_the_log=True)
    assert at_hand(store)[0][-1] > 0


def test_histories_are_kept_once_facts_are_many(engine):
    store = engine(FOLLOW_UP, WORLD)
    facts = [fact("a", "person/1", T0 + i * HOUR) for i in range(9)]
    take(store, *facts[:2])
    assert Kept(store._connection).last() == 0
    take(store, *facts[2:])
    takes_the_short_way = store._upkeep._lane is not None
    assert Kept(store._connection).last() == (9 if takes_the_short_way else 0)


@pytest.mark.parametrize("seed", range(6))
def test_a_batch_that_is_set_aside_leaves_no_trace_in_the_histories(engine, seed):
    rng = Random(seed)
    told = story(rng, tells=False)
    store = engine(told.rules, told.world)
    first = told.facts[0]
    store.take(Batch.of([first]), now=NOW)
    for batch in parts(rng, told.facts[1:]):
        strangers = [fact("a", f"person/never-{i}", T0, key=f"never-{i}", place="150100") for i in range(9)]
        conflict = replace(first, at=first.at + 1)
        assert store.take(Batch.of([*strangers, *batch, conflict]), now=NOW, whole=True).conflicts
        store.take(Batch.of(batch), now=NOW)
    assert at_hand(store) == at_hand(store, from_the_log=True)
    now = T0 + 30 * DAY
    assert picture(store.view, now=now) == picture(judged(told), now=now)
    assert store.rebuild(now=NOW) == 0


def test_a_deed_held_to_an_earlier_record_counts_from_there_in_histories_too(engine):
    """Its source's clock runs ahead by ten hours; another delivery of the record is older by two."""
    store = engine(FOLLOW_UP, WORLD)
    opened = fact("open", "person/1", T0 + 10 * HOUR, recorded_at=T0, key="1", place="150702")
    fillers = [fact("a", f"person/{i}", T0, key=f"f{i}") for i in range(2, 9)]
    take(store, opened, *fillers)
    take(store, replace(opened, recorded_at=T0 - 2 * HOUR), fact("x", "person/9", T0))
    assert at_hand(store) == at_hand(store, from_the_log=True)
    assert T0 - 2 * HOUR in at_hand(store)[1]
    (due,) = [d.due_at for d in store.view.overdue(now=T0 + DAY) if d.key == "soon"]
    assert due == T0 + 3 * HOUR


def test_of_two_deliveries_in_one_batch_the_earlier_record_counts(engine):
    store = engine(FOLLOW_UP, WORLD)
    late = fact("open", "person/1", T0 + 10 * HOUR, recorded_at=T0, key="1", place="150702")
    take(store, late, replace(late, recorded_at=T0 - 2 * HOUR))
    (due,) = [d.due_at for d in store.view.overdue(now=T0 + DAY) if d.key == "soon"]
    assert due == T0 + 3 * HOUR
    assert store.rebuild(now=NOW) == 0


def test_histories_follow_protocols_that_change(engine, tmp_path):
    path = tmp_path / "store.sqlite"
    facts = [fact("open" if i % 2 else "a", f"person/{i // 3}", T0 + i * HOUR) for i in range(12)]
    store = engine(FOLLOW_UP, WORLD, at=path)
    take(store, *facts)
    store.close()
    again = engine(rules_of(plain_protocol("other", opens=("a",))), WORLD, at=path)
    take(again, *(fact("b", f"person/{i}", T0 + DAY) for i in range(7)))
    assert at_hand(again) == at_hand(again, from_the_log=True)
    assert again.rebuild(now=NOW) == 0


def test_histories_kept_by_a_program_that_asks_otherwise_are_read_anew(engine):
    store = engine(FOLLOW_UP, WORLD)
    take(store, *(fact("a", "person/1", T0 + i * HOUR) for i in range(9)))
    store._connection.execute("UPDATE meta SET value = 'otherwise' WHERE name = 'asked'")
    store._connection.execute("UPDATE look SET sight = replace(sight, '\"a\"', '\"b\"')")
    assert at_hand(store) == at_hand(store, from_the_log=True)
    assert Kept(store._connection).last() == 0
