"""What is found by ways: subjects by their names, loops by their ids, also where checksums are the same."""

from zlib import crc32

import numpy as np

from fengsui.engines.migrations import migrate, steps, take_back
from fengsui.engines.numbering import Subjects
from fengsui.engines.shown import Shown
from fengsui.engines.sqlite_driver import connect
from tests.engines.test_store import FOLLOW_UP, NOW, T0, WORLD, fact, take

ONE, OTHER = "person/plumless", "person/buckeroo"  # of one checksum
HALF = 1 << 32


def whose(shown: Shown, *loops: int) -> list[int | None]:
    return [shown.subject_of(loop) for loop in loops]


def test_subjects_whose_names_have_one_checksum_are_two(engine):
    assert crc32(ONE.encode()) == crc32(OTHER.encode())
    store = engine(FOLLOW_UP, WORLD)
    take(store, fact("open", ONE, T0, place="150702"))
    assert store.view.loops(now=NOW, subject=OTHER) == []
    take(store, fact("open", OTHER, T0, place="150702"))
    for subject in (ONE, OTHER):
        (head,) = store.view.loops(now=NOW, subject=subject)
        assert head.subject == subject
        assert [found.subject for found in store.facts_of(subject)] == [subject]


def test_a_name_is_found_by_a_process_that_did_not_write_it(tmp_path):
    one, other = connect(tmp_path / "store.sqlite"), connect(tmp_path / "store.sqlite")
    migrate(one)
    first, second = Subjects(one), Subjects(other)
    assert first.numbers(["person/a", ONE]) == [1, 2]
    assert second.known([ONE, OTHER]) == {ONE: 2}
    second.load()
    assert second.numbers([OTHER, "person/a", ONE]) == [3, 1, 2]
    one.close()
    other.close()


def test_a_loop_is_its_last_subjects_and_half_an_id_is_not_enough(tmp_path):
    connection = connect(tmp_path / "store.sqlite")
    migrate(connection)
    shown = Shown(connection)
    shown.add(np.array([5, 5 + HALF, -7]), np.array([1, 2, 3]))
    shown.add(np.array([5, -7]), np.array([1, 4]))  # the first says nothing new
    assert whose(shown, 5, 5 + HALF, -7, 5 + 2 * HALF) == [1, 2, 4, None]
    assert whose(Shown(connection), 5, 5 + HALF, -7, 5 + 2 * HALF) == [1, 2, 4, None]
    assert connection.execute("SELECT count(*) FROM loop_shown").fetchone() == (4,)
    connection.close()


def test_a_file_from_before_loops_and_subjects_were_found_by_ways_is_taken_over(tmp_path):
    connection = connect(tmp_path / "store.sqlite")
    migrate(connection)
    Subjects(connection).numbers(["person/a", "person/b"])
    Shown(connection).add(np.array([9, 4]), np.array([2, 1]))
    last = steps(connection)[-1][0]
    assert take_back(connection, 5) == list(range(last, 5, -1))
    assert connection.execute("SELECT id, subject FROM loop_shown ORDER BY id").fetchall() == [(4, 1), (9, 2)]
    assert migrate(connection) == list(range(6, last + 1))
    assert Subjects(connection).known(["person/a", "person/b", "person/c"]) == {"person/a": 1, "person/b": 2}
    assert whose(Shown(connection), 9, 4, 1) == [2, 1, None]
    connection.close()
