"""A region backed up, restored and moved, between all engines: every row arrives, or none does."""

from pathlib import Path

import pytest

from fengsui.engines import copying
from fengsui.engines.address import connect_to
from fengsui.engines.copying import back_up, move, rehearse
from fengsui.engines.home import Setting, make_home, open_home
from fengsui.facts.batch import Batch
from fengsui.facts.fact import Fact
from fengsui.kit.errors import Conflict, FengsuiError, NotFound, Refused
from fengsui.kit.instant import DAY, parse
from tests.engines.conftest import ENGINES, address_on
from tests.engines.stories import dump

T0 = parse("2021-08-01 08:00", zone="Asia/Shanghai")[0]
NOW = T0 + 40 * DAY


def quiet(done: int, total: int) -> None:
    assert 0 <= done <= total


@pytest.fixture
def target(request, tmp_path, address):
    """A place on the other engine."""
    engine = ENGINES[isinstance(address, Path)]
    return address_on(engine, tmp_path / "target.db", request)


@pytest.fixture
def beside(request, tmp_path, address):
    """A place on the same engine."""
    engine = ENGINES[not isinstance(address, Path)]
    return address_on(engine, tmp_path / "beside.db", request)


def fact(i: int, what: str, at: int, **data: object) -> Fact:
    return Fact(what, f"person/{i}", at, at + 600, "desk", f"{what}-{i}", place="150781", by="王", data=data)


@pytest.fixture
def source(address):
    """A region in which some travellers arrived, some of them were sampled, and some record was refused."""
    make_home(address, Setting("inner-mongolia"))
    with open_home(address) as home:
        facts = [fact(i, "arrival.inbound", T0 + i * DAY, home="150102") for i in range(30)]
        facts += [fact(i, "sample.collected", T0 + i * DAY + 900, kind="pcr") for i in range(0, 30, 2)]
        home.store.take(Batch.of(facts), now=NOW)
        conflict = Fact(
            "arrival.inbound", "person/1", T0, T0 + 1, "desk", "arrival.inbound-1", place="150781"
        )
        home.store.take(Batch.of([conflict]), now=NOW)
        home.store.audit.write(at=NOW, actor="a", verb="saw", object="person/1")
    return address


def rows(address) -> dict[str, list[tuple]]:
    with open_home(address) as home:
        return dump(home.store)


def test_a_backup_has_every_row_and_is_a_region_itself(source, target, beside):
    before = rows(source)
    tables = back_up(source, target, progress=quiet)
    assert rows(target) == before
    back_up(source, beside, progress=quiet)
    assert rows(beside) == before
    assert {table.name: table.rows for table in tables} == {name: len(held) for name, held in before.items()}
    with open_home(source) as one, open_home(target) as other:
        assert other.store.view.n_overdue(now=NOW) == one.store.view.n_overdue(now=NOW) > 0
        assert [e.why for e in other.store.refused()] == ["conflict"]
        assert other.store.audit.verify().is_whole


def test_what_was_restored_comes_out_the_same_when_derived_anew_and_takes_new_facts(source, target):
    back_up(source, target, progress=quiet)
    assert rehearse(target, progress=quiet) == []
    with open_home(target) as home:
        new = fact(99, "arrival.inbound", T0, home="150102")
        assert (
            home.store.take(Batch.of([new, fact(0, "arrival.inbound", T0, home="150102")]), now=NOW).new == 1
        )
        assert home.store.rebuild(now=NOW) == 0
        assert home.n_facts() == 46


def test_a_backup_in_which_a_row_was_changed_is_found_out(source, target):
    back_up(source, target, progress=quiet)
    connection = connect_to(target)
    connection.execute("UPDATE duty SET due_at = due_at + 1 WHERE area = (SELECT max(area) FROM duty)")
    connection.close()
    assert rehearse(target, progress=quiet) == ["duty"]


def test_a_region_that_was_moved_is_opened_at_its_new_address_alone(source, target):
    before = rows(source)
    move(source, target, progress=quiet)
    assert rows(target) == before
    with pytest.raises(Refused, match="was moved to"):
        open_home(source)


def test_a_copy_that_fails_leaves_nothing_and_can_be_begun_anew(source, target, monkeypatch):
    before = rows(source)
    read = copying._read
    monkeypatch.setattr(copying, "_read", lambda c, table, went: read(c, "word", went))
    with pytest.raises(FengsuiError, match="did not arrive"):
        move(source, target, progress=quiet)
    monkeypatch.undo()
    assert not target.exists()
    assert rows(source) == before
    move(source, target, progress=quiet)
    assert rows(target) == before


def test_nothing_is_copied_over_a_region_or_from_nowhere(source, tmp_path):
    with pytest.raises(Conflict):
        back_up(source, source, progress=quiet)
    with pytest.raises(NotFound):
        back_up(tmp_path / "nothing.db", tmp_path / "other.db", progress=quiet)
    assert not (tmp_path / "other.db").exists()
