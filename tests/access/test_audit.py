"""The audit: nothing can be changed, left out, put in between or cut off without being found."""

import pytest

from fengsui.engines.audit import BEGINNING, Audit
from fengsui.engines.migrations import migrate
from fengsui.engines.sqlite_driver import connect


@pytest.fixture
def connection(tmp_path):
    opened = connect(tmp_path / "region.db")
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def audit(connection) -> Audit:
    """Five lines of two people."""
    of = Audit(connection)
    for n in range(5):
        of.write(at=100 + n, actor="zhao" if n % 2 else "qian", verb="saw", object=f"loop/{n}", reason="duty")
    return of


def forged(connection, sql: str) -> None:
    """What somebody does who can write to the file and takes the triggers away."""
    connection.execute("DROP TRIGGER audit_is_written_once")
    connection.execute("DROP TRIGGER audit_is_kept")
    connection.execute(
        "CREATE VIEW rest AS SELECT at, actor, verb, object, reason, detail, digest, seal"
        " FROM audit WHERE seq = 5"
    )
    connection.execute(sql)


def test_an_audit_without_lines_is_whole(connection):
    found = Audit(connection).verify()
    assert (found.n, found.seal, found.is_whole) == (0, BEGINNING, True)


def test_every_line_hangs_on_the_one_before(audit):
    found = audit.verify()
    assert (found.n, found.n_erased, found.is_whole) == (5, 0, True)
    assert found.seal == audit.latest(1)[0].seal
    assert len({line.seal for line in audit.lines()}) == 5


CHANGES = (
    "UPDATE audit SET actor = 'li' WHERE seq = 2",
    "UPDATE audit SET object = 'x'",
    "DELETE FROM audit",
)


@pytest.mark.parametrize("sql", CHANGES)
def test_the_database_itself_refuses_to_change_a_line(audit, connection, sql):
    with pytest.raises(Exception, match="a line of the audit is never"):
        connection.execute(sql)
    assert audit.verify().is_whole


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("UPDATE audit SET actor = 'li' WHERE seq = 2", 2),
        ("UPDATE audit SET reason = 'other' WHERE seq = 4", 4),
        ("UPDATE audit SET at = at + 1 WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 3", 3),
        ("UPDATE audit SET digest = 'f' WHERE seq = 5", 5),
        ("INSERT INTO audit SELECT 6, * FROM rest", 6),
    ],
)
def test_whoever_changes_the_file_behind_its_back_is_found_at_the_line(audit, connection, sql, line):
    forged(connection, sql)
    found = audit.verify()
    assert (found.is_whole, found.broken_at) == (False, line)


def test_lines_cut_off_at_the_end_are_found_by_the_seal_noted_down_before(audit, connection):
    noted = audit.verify().seal
    forged(connection, "DELETE FROM audit WHERE seq > 3")
    assert audit.verify().is_whole
    assert not audit.has(noted)


def test_what_a_line_was_about_can_be_erased_and_the_chain_stays_true(audit):
    noted = audit.verify().seal
    assert audit.erase("loop/2") == 1
    found = audit.verify()
    assert (found.n, found.n_erased, found.is_whole, found.seal) == (5, 1, True, noted)
    line = audit.lines()[2]
    assert (line.actor, line.object, line.reason) == ("qian", "", "")


def test_lines_are_found_by_who_and_by_what(audit):
    assert [n.seq for n in audit.lines(actor="zhao")] == [2, 4]
    assert [n.seq for n in audit.lines(object="loop/3")] == [4]
    assert [n.seq for n in audit.lines(after=3)] == [4, 5]
