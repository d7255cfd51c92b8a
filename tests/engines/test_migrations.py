"""The schema goes both ways, on every engine, and no fact is lost or changed on the way."""

import pytest

from fengsui.engines.address import connect_to
from fengsui.engines.migrations import migrate, steps, take_back
from fengsui.engines.sqlite_driver import migrating, run_script, schema_version, set_schema_version, tables_of
from fengsui.kit.errors import Refused
from tests.engines.stories import NOW, WORLD, dump, fact, open_at, picture, plain_protocol
from tests.engines.test_store import rules_of, take
from tests.loops.histories import HOUR, T0

RULES = rules_of(plain_protocol("follow-up", opens=("open",)))
TRUE = ("word", "subject", "fact", "correction", "notice", "carrier", "refused", "file_mark")  # step 1
FIRST = 2  # the schema the first release had, before histories were kept


@pytest.fixture
def facts():
    return [
        fact("open" if i % 2 else "a", f"person/{i // 2}", T0 + i * HOUR, place="150702") for i in range(12)
    ]


def begun(address):
    """A database with the tables of the first release."""
    connection = connect_to(address)
    with migrating(connection):
        for number, script in steps(connection)[:FIRST]:
            run_script(connection, script)
            set_schema_version(connection, number)
    return connection


def test_every_step_was_applied_and_a_second_time_nothing_is_done(address):
    connection = connect_to(address)
    known = [number for number, _ in steps(connection)]
    assert known == list(range(1, len(known) + 1))
    assert migrate(connection) == known
    assert migrate(connection) == []
    connection.close()


def test_facts_of_the_first_release_are_the_same_after_going_up_and_back(address, facts, tmp_path):
    written = open_at(tmp_path / "written.db", RULES, WORLD)
    take(written, *facts)
    told, seen = dump(written), picture(written.view, now=NOW)
    written.close()
    old = begun(address)
    for table in TRUE:
        old.execute(f"DELETE FROM {table}")  # noqa: S608
        for row in told[table]:
            old.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
    old.close()
    store = open_at(address, RULES, WORLD)
    assert picture(store.view, now=NOW) == seen
    assert {name: rows for name, rows in dump(store).items() if name in TRUE} == {t: told[t] for t in TRUE}
    taken_back = take_back(store._connection, FIRST)
    assert taken_back == list(range(len(steps(store._connection)), FIRST, -1))
    assert schema_version(store._connection) == FIRST
    assert {name: rows for name, rows in dump(store).items() if name in TRUE} == {t: told[t] for t in TRUE}
    assert "history" not in tables_of(store._connection)
    store.close()


def test_a_database_that_was_taken_back_goes_on_where_it_was(address, facts):
    store = open_at(address, RULES, WORLD)
    take(store, *facts[:6])
    store.audit.write(at=NOW, actor="a", verb="saw", object="person/1")
    take_back(store._connection, FIRST)
    store.close()
    again = open_at(address, RULES, WORLD)
    take(again, *facts)
    fresh = again.view.n_overdue(now=NOW)
    assert again.rebuild(now=NOW) == 0
    assert again.view.n_overdue(now=NOW) == fresh
    assert sorted(f.id for f in again.facts()) == sorted(f.id for f in facts)
    assert again.audit.verify().n == 1
    again.close()


def test_a_step_that_holds_what_is_true_is_not_taken_back_and_none_after_it_is(address, facts):
    store = open_at(address, RULES, WORLD)
    take(store, *facts)
    before = dump(store)
    with pytest.raises(Refused, match="Step 2"):
        take_back(store._connection, 0)
    assert dump(store) == before
    store.close()
